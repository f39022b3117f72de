package validate

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/llmgw/llmgw/pkg/config"
)

// loaded reads a configuration as the command does.
func loaded(t *testing.T, text, listen string) Loaded {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "llmgw.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, report, err := config.Load(config.Options{File: file, Listen: listen, LookupEnv: func(name string) (string, bool) {
		return map[string]string{"HOME": dir}[name], name == "HOME"
	}})
	l := Loaded{File: file, Config: cfg, Problems: report.Problems, Now: time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)}
	if _, invalid := errors.AsType[*config.InvalidError](err); err != nil && !invalid {
		l.Err = err
	}
	return l
}

const hello = "model_list: [{model_name: m, litellm_params: {model: echo/hello}}]\n"

func TestConfigurations(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		text, listen string
		found        string
		says         string
	}{
		"nothing wrong": {text: hello},
		"an unknown price": {
			text:  "model_list: [{model_name: m, litellm_params: {model: openai/nobody-knows, api_key: sk-x}}]\n",
			found: "warning model_list[0] (m) unknown-price []\n", says: "cost nothing in reports",
		},
		"an unknown price under a budget": {
			text:  "model_list: [{model_name: m, litellm_params: {model: openai/nobody-knows, api_key: sk-x}}]\nsecurity_settings: {max_budget: 1}\n",
			found: "warning model_list[0] (m) unknown-price []\n", says: "the dearest known price",
		},
		"an unknown price that is blocked": {
			text:  "model_list: [{model_name: m, litellm_params: {model: openai/nobody-knows, api_key: sk-x}}]\nsecurity_settings: {max_budget: 1}\nbudget_settings: {unknown_price: block}\n",
			found: "warning model_list[0] (m) unknown-price []\n", says: "refuse its calls",
		},
		"a price of its own": {
			text: "model_list: [{model_name: m, litellm_params: {model: openai/nobody-knows, api_key: sk-x, input_cost_per_token: 1e-6, output_cost_per_token: 1e-6}}]\n",
		},
		"a pattern": {text: "model_list: [{model_name: openai/*, litellm_params: {model: openai/*, api_key: sk-x}}]\n"},
		"retired": {
			text:  "model_list: [{model_name: m, litellm_params: {model: anthropic/claude-3-opus-20240229, api_key: sk-x}}]\n",
			found: "warning model_list[0] (m) model-retired []\n", says: "2026-05-01",
		},
		"an example key": {
			text:  hello + "general_settings: {master_key: sk-litellm-master-key-123456}\n",
			found: "warning general_settings.master_key example-secret []\n", says: "openssl rand",
		},
		"a key nobody knows": {text: hello + "genral_settings: {}\n", found: "error genral_settings unknown-key []\n"},
		"no YAML":            {text: "a: [", found: "error configuration yaml-syntax []\n"},
		"a model that is left out": {
			text: `
model_list:
  - {model_name: a, litellm_params: {model: sagemaker/x}}
  - {model_name: a, litellm_params: {model: echo/hello}}
  - {model_name: b, litellm_params: {model: sagemaker/x}}
  - {model_name: any/b, litellm_params: {model: sagemaker/x}}
  - {model_name: any/*, litellm_params: {model: echo/*}}
`,
			found: "warning model_list[0] not-implemented []\nwarning model_list[2] not-implemented []\nwarning model_list[3] not-implemented []\n" +
				"warning b no-deployment []\nwarning any/b no-deployment []\n", says: "the pattern any/* serves it",
		},
		"exposed": {
			text: hello + "monitoring_settings: {prometheus_port: 9090}\n", listen: "0.0.0.0:4000",
			found: "warning listen exposed-listener []\nwarning monitoring_settings.prometheus_port exposed-metrics []\n",
		},
		"behind a proxy": {
			text: hello + "general_settings: {trusted_proxies: [10.0.0.0/8]}\n", listen: "[::]:4000", found: "info listen exposed-listener []\n",
		},
		"on this machine": {text: hello + "monitoring_settings: {prometheus_port: 9090}\n", listen: "localhost:4000"},
		"metrics for all": {
			text:  hello + "monitoring_settings: {prometheus_port: 9090, prometheus_host: 0.0.0.0}\n",
			found: "warning monitoring_settings.prometheus_port exposed-metrics []\n",
		},
		"fallbacks in a ring": {
			text: `
model_list:
  - {model_name: a, litellm_params: {model: echo/hello}}
  - {model_name: b, litellm_params: {model: echo/hello}}
  - {model_name: c, litellm_params: {model: echo/hello}}
  - {model_name: d, litellm_params: {model: echo/hello}}
router_settings: {fallbacks: [{a: [b]}, {b: [c]}, {c: [a]}, {d: [a]}, {"*": [a]}]}
`,
			found: "info fallbacks fallback-cycle []\n", says: "a, b, c",
		},
		"taken from a pattern": {
			text: `
model_list:
  - {model_name: any/x, litellm_params: {model: echo/hello}}
  - {model_name: any/y, litellm_params: {model: openai/gpt-4o, api_key: sk-x}}
  - {model_name: any/*, litellm_params: {model: openai/*, api_key: sk-x}}
`,
			found: "info model_list[0] (any/x) shadowed-pattern []\n", says: "go to echo, not to openai",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := Config(loaded(t, tt.text, tt.listen))
			if got := found(r); got != tt.found || !strings.Contains(messages(r), tt.says) {
				t.Errorf("found:\n%s%s\nwant:\n%s%s", got, messages(r), tt.found, tt.says)
			}
			if r.Bad() != strings.Contains(tt.found, "error") || r.Mode != Offline || len(r.Checks) != 5 || r.Summary().Total != 5 {
				t.Errorf("bad %v, %+v", r.Bad(), r.Checks)
			}
			if r.Unreadable() != strings.Contains(tt.found, "syntax") {
				t.Errorf("unreadable: %v", r.Unreadable())
			}
		})
	}
}

func TestConfigurationsThatAreNotThere(t *testing.T) {
	t.Parallel()
	r := Config(Loaded{File: "none.yaml", Err: os.ErrNotExist})
	if found(r) != "error configuration config-unreadable []\n" || !r.Unreadable() || !r.Bad() || r.Summary().Skipped != 4 {
		t.Errorf("%s%+v", found(r), r.Checks)
	}
}

func TestRetiring(t *testing.T) {
	t.Parallel()
	l := loaded(t, "model_list: [{model_name: m, litellm_params: {model: anthropic/claude-3-opus-20240229, api_key: sk-x}}]\n", "")
	for now, want := range map[string]string{
		"2026-01-01": "", "2026-04-01": "warning model_list[0] (m) model-retiring []\n", "2026-05-01": "warning model_list[0] (m) model-retired []\n",
	} {
		var err error
		if l.Now, err = time.Parse(time.DateOnly, now); err != nil {
			t.Fatal(err)
		}
		if r := Config(l); found(r) != want {
			t.Errorf("on %s: %s, want %s", now, found(r), want)
		}
	}
}
