package config

import (
	"errors"
	"regexp"
	"strings"
	"testing"
)

// testVendors are some beside the own ones.
func testVendors() []Vendor {
	chat := []string{"chat"}
	return []Vendor{
		{Name: "groq", KeyVars: []string{"GROQ_API_KEY"}, BaseURL: "https://api.groq.com/openai/v1", Modes: chat},
		{Name: "hosted_vllm", Aliases: []string{"vllm_server"}, BaseVars: []string{"HOSTED_VLLM_API_BASE"}, KeyVars: []string{"HOSTED_VLLM_API_KEY"}, Keyless: true, Modes: chat},
		{Name: "cloud", KeyVars: []string{"CLOUD_KEY"}, BaseURL: "https://{CLOUD_ACCOUNT|CLOUD_ID}.example.com/v1", Modes: chat},
		{Name: "nothing", KeyVars: []string{"NOTHING_KEY"}, BaseURL: "https://example.com"},
	}
}

func initial(t *testing.T, o InitialOptions, env map[string]string) string {
	t.Helper()
	env["HOME"] = "/h"
	o.Vendors, o.LookupEnv, o.Name = testVendors(), lookup(env), "llmgw.yaml"
	text, err := Initial(o)
	if err != nil {
		t.Fatal(err)
	}
	cfg, report, err := load("llmgw.yaml", text, o.withDefaults())
	if err != nil || len(report.Problems) > 0 {
		t.Fatalf("%v\n%s\n%s", err, render(report), text)
	}
	if cfg.Models[0].Group != "echo/hello" {
		t.Errorf("the first model is %s", cfg.Models[0].Group)
	}
	return string(text)
}

func TestInitialHasWhatIsSetUp(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		providers []string
		env       map[string]string
		has       []string
		hasNot    []string
	}{
		"nothing": {
			env:    map[string]string{},
			has:    []string{"  # ANTHROPIC_API_KEY is not set", "  # - model_name: claude-*\n", "  # - model_name: openai/*\n"},
			hasNot: []string{"\n  - model_name: claude", "groq"},
		},
		"keys": {
			env:    map[string]string{"ANTHROPIC_API_KEY": "k", "GROQ_API_KEY": "k"},
			has:    []string{"\n  - model_name: claude-*\n", "      api_key: os.environ/ANTHROPIC_API_KEY\n", "\n  - model_name: groq/*\n", "  # - model_name: gpt-*\n"},
			hasNot: []string{"hosted_vllm"},
		},
		"only echo": {providers: []string{"echo"}, env: map[string]string{"GROQ_API_KEY": "k"}, hasNot: []string{"groq", "claude", "openai"}},
		"an address": {
			providers: []string{"vllm_server", "hosted_vllm"}, env: map[string]string{},
			has: []string{"  # HOSTED_VLLM_API_BASE is not set", "  #     model: hosted_vllm/*\n"}, hasNot: []string{"api_key: os"},
		},
		"an address that is set": {env: map[string]string{"HOSTED_VLLM_API_BASE": "http://h/v1"}, has: []string{"\n  - model_name: hosted_vllm/*\n"}},
		"a part of it": {
			providers: []string{"cloud"}, env: map[string]string{"CLOUD_KEY": "k"}, has: []string{"  # CLOUD_ACCOUNT is not set"},
		},
		"both": {providers: []string{"cloud"}, env: map[string]string{}, has: []string{"  # CLOUD_KEY and CLOUD_ACCOUNT are not set"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := initial(t, InitialOptions{Providers: tt.providers}, tt.env)
			for _, want := range tt.has {
				if !strings.Contains(got, want) {
					t.Errorf("no %q in:\n%s", want, got)
				}
			}
			for _, not := range tt.hasNot {
				if strings.Contains(got, not) {
					t.Errorf("%q in:\n%s", not, got)
				}
			}
		})
	}
}

// TestInitialCommentsCanBeUsed takes the marks from the sections and models that are
// comments.
func TestInitialCommentsCanBeUsed(t *testing.T) {
	t.Parallel()
	text := initial(t, InitialOptions{}, map[string]string{})
	comment := regexp.MustCompile(`(?m)^( *)# ((?:[a-z_]+:|  +[a-z_]+:|- model_name:).*)$`)
	used := comment.ReplaceAllString(text, "$1$2")
	env := map[string]string{"HOME": "/h", "ANTHROPIC_API_KEY": "k", "OPENAI_API_KEY": "k", "LLMGW_MASTER_KEY": "sk-m"}
	cfg, report, err := load("llmgw.yaml", []byte(used), Options{LookupEnv: lookup(env)}.withDefaults())
	if err != nil || len(report.Problems) > 0 {
		t.Fatalf("%v\n%s\n%s", err, render(report), used)
	}
	if len(cfg.Models) < 5 || cfg.DefaultLimits.RPM != 60 || cfg.GatewayBudget == nil || cfg.Document.CacheSettings.Type != "memory" || cfg.Routing.Retries != 2 {
		t.Errorf("the comments were not used:\n%s", used)
	}
}

func TestInitialWithLimits(t *testing.T) {
	t.Parallel()
	o := InitialOptions{RPM: "30", Budget: "12.5", Providers: []string{"echo"}}
	text := initial(t, o, map[string]string{})
	cfg, _, err := load("llmgw.yaml", []byte(text), Options{LookupEnv: lookup(map[string]string{"HOME": "/h"})}.withDefaults())
	if err != nil || cfg.DefaultLimits.RPM != 30 || cfg.GatewayBudget.Limit != 12_500_000_000 {
		t.Errorf("%v in:\n%s", err, text)
	}
}

func TestInitialRefusesUnknownProviders(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"antropic": "did you mean anthropic?", "grok": "did you mean groq", "nothing": "no models", "zzzzzz": "llmgw providers lists them", "vllm": "vllm_server",
	} {
		_, err := Initial(InitialOptions{Options: Options{Vendors: testVendors()}, Providers: []string{name}})
		if !errors.Is(err, ErrUnknownProvider) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
}

func TestReady(t *testing.T) {
	t.Parallel()
	env := map[string]string{"HOME": "/h", "GROQ_API_KEY": "k", "HOSTED_VLLM_API_BASE": "http://h/v1", "NOTHING_KEY": "k", "CLOUD_KEY": "k"}
	got := Ready(Options{Vendors: testVendors(), LookupEnv: lookup(env)})
	if want := "groq hosted_vllm"; strings.Join(got, " ") != want {
		t.Errorf("Ready = %v, want %s", got, want)
	}
}
