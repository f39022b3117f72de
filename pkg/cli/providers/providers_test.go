package providers

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llmgw/llmgw/pkg/cli"
	"github.com/llmgw/llmgw/pkg/cli/terminal"
	"github.com/llmgw/llmgw/pkg/config"
	"github.com/llmgw/llmgw/pkg/llm/catalog"
	"github.com/llmgw/llmgw/pkg/secret"
)

func TestCollect(t *testing.T) {
	t.Parallel()
	known, err := catalog.Default()
	if err != nil {
		t.Fatal(err)
	}
	cfg := &config.Config{Catalog: known, Models: []config.Model{
		{Provider: "anthropic", APIKey: secret.New("sk-Canary")}, {Provider: "anthropic"}, {Provider: "echo"},
	}}
	env := map[string]string{"OPENAI_API_KEY": "sk-Canary", "OPENAI_BASE_URL": "https://proxy.example.com/v1"}
	got := collect(cfg, config.Vendors(config.Options{
		LookupEnv: func(name string) (string, bool) { v, ok := env[name]; return v, ok },
		Vendors: []config.Vendor{
			{Name: "house", Aliases: []string{"home"}, KeyVars: []string{"HOUSE_KEY", "HOME_KEY"}, BaseURL: "https://{HOUSE}.example.com"},
			{Name: "local", KeyVars: []string{"LOCAL_KEY"}, Keyless: true, BaseURL: "http://127.0.0.1:1234/v1", Modes: []string{"chat"}},
		},
	}))
	all := []string{"chat", "completion", "embedding"}
	want := []provider{
		{
			Provider: "anthropic", Address: "https://api.anthropic.com", Modes: []string{"chat"}, Deployments: 2,
			Credential:    credential{Required: true, Set: true, From: "config", Variables: []string{"ANTHROPIC_API_KEY"}},
			CatalogModels: len(known.ModelsOf("anthropic")),
		},
		{
			Provider: "openai", Address: "https://proxy.example.com/v1", AddressFrom: "OPENAI_BASE_URL", Modes: all,
			Credential:    credential{Required: true, Set: true, From: "OPENAI_API_KEY", Variables: []string{"OPENAI_API_KEY"}},
			CatalogModels: len(known.ModelsOf("openai")),
		},
		{Provider: "echo", Modes: all, Deployments: 1},
		{
			Provider: "house", Aliases: []string{"home"}, Address: "https://{HOUSE}.example.com", Modes: []string{},
			Credential: credential{Required: true, Variables: []string{"HOUSE_KEY", "HOME_KEY"}},
		},
		{
			Provider: "local", Address: "http://127.0.0.1:1234/v1", Modes: []string{"chat"},
			Credential: credential{Variables: []string{"LOCAL_KEY"}},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// run runs the command with a small configuration.
func run(t *testing.T, tty bool, args ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "llmgw.yaml")
	text := "model_list: [{model_name: m, litellm_params: {model: anthropic/claude-x, api_key: sk-Canary}}]\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	io, out, _ := terminal.Test()
	io.OutTTY, io.OutWidth = tty, 100
	cmd := NewCmd(&cli.Factory{IO: io}, nil)
	cmd.SetArgs(append(args, "-c", file))
	if err := cmd.ExecuteContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "Canary") {
		t.Errorf("a credential is shown in:\n%s", out)
	}
	return out.String()
}

func TestList(t *testing.T) {
	t.Parallel()
	got := run(t, false)
	for _, want := range []string{"anthropic\tset: ", "\necho\tnot needed\t\tchat, completion, embedding\t0\t0\n", "\ngroq\t", "\nopenrouter\t"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in:\n%s", want, got)
		}
	}
	if head, _, _ := strings.Cut(run(t, true), "\n"); !strings.HasPrefix(head, "PROVIDER ") {
		t.Errorf("the heads are %q", head)
	}
	if got := run(t, false, "-o", "json"); !strings.HasPrefix(got, "[\n  {\n    \"provider\": \"anthropic\",") {
		t.Errorf("as JSON: %.100q", got)
	}
}

func TestFlags(t *testing.T) {
	t.Parallel()
	io, _, _ := terminal.Test()
	var got Options
	cmd := NewCmd(&cli.Factory{IO: io}, func(o *Options) error { got = *o; return nil })
	cmd.SetArgs(strings.Fields("--config a.yaml --output json"))
	if err := cmd.ExecuteContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	if want := (Options{IO: io, ConfigFile: "a.yaml", Output: terminal.FormatJSON}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}
