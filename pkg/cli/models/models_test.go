package models

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llmgw/llmgw/pkg/cli"
	"github.com/llmgw/llmgw/pkg/cli/terminal"
	"github.com/llmgw/llmgw/pkg/llm"
)

const configText = `
model_list:
  - model_name: opus
    litellm_params: {model: anthropic/claude-opus-4-5-20251101, api_key: sk-Canary}
  - model_name: opus
    litellm_params: {model: openai/prod-7, api_key: sk-Canary, input_cost_per_token: 2e-06}
    model_info: {id: second, base_model: gpt-4o}
  - model_name: house
    litellm_params: {model: openai/house, api_key: sk-Canary}
  - model_name: claude-*
    litellm_params: {model: anthropic/claude-*, api_key: sk-Canary}
  - model_name: filed
    litellm_params: {model: openai/filed, api_key: sk-Canary}
  - model_name: echo
    litellm_params: {model: echo/hello}
general_settings: {price_file: "PRICES"}
`

const priceText = `{"openai/filed": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 1e-06, "output_cost_per_token": 2e-06,
	"input_cost_per_token_above_200k_tokens": 3e-06, "output_cost_per_reasoning_token": 4e-06, "input_cost_per_query": 0.005, "input_cost_per_request": 0.001}}`

// run runs a command line with the configuration above.
func run(t *testing.T, args ...string) (out, errOut string, err error) {
	t.Helper()
	dir := t.TempDir()
	prices, file := filepath.Join(dir, "prices.json"), filepath.Join(dir, "llmgw.yaml")
	for path, text := range map[string]string{prices: priceText, file: strings.ReplaceAll(configText, "PRICES", filepath.ToSlash(prices))} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	io, o, e := terminal.Test()
	cmd := NewCmd(&cli.Factory{IO: io})
	cmd.SetArgs(append(args, "--config", file))
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	err = cmd.ExecuteContext(t.Context())
	if text := o.String() + e.String(); strings.Contains(text, "Canary") {
		t.Errorf("a credential is shown in:\n%s", text)
	}
	return o.String(), e.String(), err
}

func TestList(t *testing.T) {
	t.Parallel()
	want := strings.Join([]string{
		"opus\tanthropic/claude-opus-4-5-20251101\tchat\t200000\t64000\t5\t25\tcatalog",
		"opus\topenai/prod-7\tchat\t128000\t16384\t2\t10\tconfig",
		"house\topenai/house\t\t\t\t\t\tunknown",
		"claude-*\tanthropic/claude-*\t\t\t\t\t\tof each model",
		"filed\topenai/filed\tchat\t\t\t1\t2\tfile",
		"echo\techo/hello\t\t\t\t0\t0\tcatalog",
	}, "\n") + "\n"
	for _, args := range [][]string{nil, {"list"}} {
		got, errOut, err := run(t, args...)
		if diff := cmp.Diff(want, got); diff != "" || errOut != "" || err != nil {
			t.Errorf("%v: %v, %q, -want +got:\n%s", args, err, errOut, diff)
		}
	}
}

func TestListOfAProvider(t *testing.T) {
	t.Parallel()
	got, _, err := run(t, "list", "--provider", "echo")
	if want := "echo\techo/hello\t\t\t\t0\t0\tcatalog\n"; got != want || err != nil {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
	got, errOut, err := run(t, "list", "--provider", "nobody")
	if got != "" || errOut != "No models of \"nobody\" are configured.\n" || err != nil {
		t.Errorf("%q, %q, %v", got, errOut, err)
	}
	got, errOut, _ = run(t, "list", "--catalog", "--provider", "nobody", "-o", "json")
	if got != "[]\n" || errOut != "The catalogue knows no model of \"nobody\".\n" {
		t.Errorf("%q, %q", got, errOut)
	}
}

func TestListOfTheCatalogue(t *testing.T) {
	t.Parallel()
	for _, flag := range []string{"--catalog", "--all"} {
		got, errOut, err := run(t, "list", flag)
		if err != nil || errOut != "" || strings.Count(got, "\n") < 2500 {
			t.Fatalf("%s: %d lines, %q, %v", flag, strings.Count(got, "\n"), errOut, err)
		}
		for _, line := range []string{
			"anthropic/claude-opus-4-5-20251101\tchat\t200000\t64000\t5\t25\tcatalog\tcatwalk+\t2026-08\n",
			"openai/filed\tchat\t\t\t1\t2\tfile\tfile\t\n",
			"github_copilot/gpt-4o\tchat\t64000\t4096\t\t\tunknown\tlitellm\t2026-04\n",
		} {
			if !strings.Contains(got, line) {
				t.Errorf("%s: no line %q", flag, line)
			}
		}
	}
}

func TestListAsJSON(t *testing.T) {
	t.Parallel()
	got, _, err := run(t, "list", "--provider", "openai", "-o", "json")
	if err != nil {
		t.Fatal(err)
	}
	want := `[
  {
    "model": "opus",
    "provider": "openai",
    "upstream_model": "prod-7",
    "deployment": "second",
    "mode": "chat",
    "context_tokens": 128000,
    "max_output_tokens": 16384,
    "capabilities": [
      "tools",
      "parallel_tools",
      "tool_choice",
      "vision",
      "pdf",
      "json_schema",
      "prompt_cache"
    ],
    "price": {
      "input": 2,
      "output": 10,
      "cache_read": 1,
      "cache_write_5m": 2,
      "cache_write_1h": 2
    },
    "price_source": "config",
    "source": "config"
  },
  {
    "model": "house",
    "provider": "openai",
    "upstream_model": "house",
    "deployment": "ID",
    "price": null,
    "price_source": "unknown",
    "source": "config"
  },
  {
    "model": "filed",
    "provider": "openai",
    "upstream_model": "filed",
    "deployment": "ID",
    "mode": "chat",
    "price": {
      "input": 1,
      "output": 2,
      "cache_read": 1,
      "cache_write_5m": 1,
      "cache_write_1h": 1,
      "reasoning": 4,
      "query": 0.005,
      "request": 0.001,
      "tiers": [
        {
          "above_input_tokens": 200000,
          "input": 3,
          "output": 2,
          "cache_read": 3,
          "cache_write_5m": 3,
          "cache_write_1h": 3,
          "reasoning": 4
        }
      ]
    },
    "price_source": "file",
    "source": "file"
  }
]
`
	if diff := cmp.Diff(want, withoutIDs(got)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// withoutIDs hides the ids of deployments that are made of their entries.
func withoutIDs(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if id, ok := strings.CutPrefix(line, `    "deployment": "`); ok && !strings.HasPrefix(id, "second") {
			line = `    "deployment": "ID",` + "\n"
		}
		b.WriteString(line)
	}
	return b.String()
}

func TestShowADeployment(t *testing.T) {
	t.Parallel()
	got, errOut, err := run(t, "show", "opus")
	if err != nil || errOut != "" {
		t.Fatal(err, errOut)
	}
	_, second, _ := strings.Cut(got, "\nmodel\topus")
	want := strings.Join([]string{
		"\t\t", "served by\topenai/prod-7\t\t", "deployment\tsecond\t\t", "known as\topenai/gpt-4o\t\texact", "mode\tchat\t\t",
		"context\t128000\ttokens\t", "output\t16384\ttokens\t", "can\ttools, parallel_tools, tool_choice\t\t",
		"can\tvision, pdf, json_schema\t\t", "can\tprompt_cache\t\t", "facts\tconfig\t\t", "price\tconfig\t\t",
		"input\t2\tUSD/M tokens\tconfig", "output\t10\tUSD/M tokens\tcatalog", "cache read\t1\tUSD/M tokens\tin proportion",
		"cache write 5m\t2\tUSD/M tokens\tin proportion", "cache write 1h\t2\tUSD/M tokens\tin proportion",
	}, "\n") + "\n"
	if diff := cmp.Diff(want, second); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestShow(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, model, want string }{
		{"a price file's", "filed", "input above 200000\t3\tUSD/M tokens\tfile\n"},
		{"its fees", "filed", "search\t0.005\tUSD each\tfile\ncall\t0.001\tUSD each\tfile\n"},
		{"nothing known", "house", "price\tunknown\t\t\n"},
		{"a pattern's model", "claude-opus-4-8-20990101", "known as\tanthropic/claude-opus-4-8\t\tundated\n"},
		{"the pattern", "claude-*", "price\tof each model\t\t\n"},
		{"the catalogue's, with its provider", "bedrock/converse/us.anthropic.claude-3-5-sonnet-20240620", "known as\tbedrock/us.anthropic.claude-3-5-sonnet-20240620-v1:0\t\tspelling\n"},
		{"the catalogue's, with every provider", "gpt-4o-mini", "served by\tazure/gpt-4o-mini\t\t\n"},
		{"the dearest of two", "gpt-4o-mini", "served by\topenai/gpt-4o-mini\t\t\n"},
		{"retired", "anthropic/claude-3-opus-20240229", "retires\t2026-05-01\t\t\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, errOut, err := run(t, "show", tt.model)
			if err != nil || errOut != "" || !strings.Contains(got, tt.want) {
				t.Errorf("%v, %q, no %q in:\n%s", err, errOut, tt.want, got)
			}
		})
	}
}

func TestShowAsJSON(t *testing.T) {
	t.Parallel()
	got, _, err := run(t, "show", "filed", "-o", "json")
	if err != nil {
		t.Fatal(err)
	}
	var list []model
	if err := json.Unmarshal([]byte(got), &list); err != nil || len(list) != 1 {
		t.Fatalf("%v of %s", err, got)
	}
	m := list[0]
	if m.Match == nil || m.Match.Name != "filed" || m.Price.Origins.Input != "file" || m.Price.Origins.CacheWrite1h != "as 5m write" ||
		m.Price.Tiers[0].Origins.Output != "file" || m.Price.Tiers[0].Origins.CacheRead != "in proportion" {
		t.Errorf("%s", got)
	}
}

func TestShowNothing(t *testing.T) {
	t.Parallel()
	out, _, err := run(t, "show", "nobody/knows-it")
	e, ok := err.(*cli.Error)
	if !ok || e.Code != cli.ExitFailed || e.Hint == "" || out != "" || !strings.Contains(e.Error(), `"nobody/knows-it"`) {
		t.Errorf("%q, %v", out, err)
	}
}

func TestFlags(t *testing.T) {
	t.Parallel()
	io, _, _ := terminal.Test()
	f := &cli.Factory{IO: io}
	var list ListOptions
	cmd := NewListCmd(f, func(o *ListOptions) error { list = *o; return nil })
	cmd.SetArgs(strings.Fields("-c a.yaml --all --provider xai -o json"))
	if err := cmd.ExecuteContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	if want := (ListOptions{IO: io, ConfigFile: "a.yaml", Catalog: true, Provider: "xai", Output: terminal.FormatJSON}); list != want {
		t.Errorf("%+v, want %+v", list, want)
	}
	var show ShowOptions
	cmd = NewShowCmd(f, func(o *ShowOptions) error { show = *o; return nil })
	cmd.SetArgs(strings.Fields("m"))
	if err := cmd.ExecuteContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	if want := (ShowOptions{IO: io, Model: "m", Output: terminal.FormatTable}); show != want {
		t.Errorf("%+v, want %+v", show, want)
	}
}

func TestPerMillion(t *testing.T) {
	t.Parallel()
	for price, want := range map[llm.PicoUSD]string{
		0: "0", 1: "0.000001", 250_000: "0.25", 3_000_000: "3", 600_000_000: "600", 9_223_372_036_854_775_807: "9223372036854.775807",
	} {
		if got := perMillion(price); got.String() != want {
			t.Errorf("perMillion(%d) = %s, want %s", price, got, want)
		}
	}
	if got := fee(5_000_000_001); got != "0.005000001" {
		t.Errorf("fee = %s", got)
	}
}
