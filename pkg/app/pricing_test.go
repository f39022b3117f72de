package app_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/llmgw/llmgw/pkg/app"
	"github.com/llmgw/llmgw/pkg/config"
)

// upstream answers chat completions with 1,000 tokens of input and 100 of output.
func upstream(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"id":"c1","object":"chat.completion","model":"m","choices":[{"index":0,"finish_reason":"stop",`+
			`"message":{"role":"assistant","content":"Hi"}}],"usage":{"prompt_tokens":1000,"completion_tokens":100,"total_tokens":1100}}`)
	}))
	t.Cleanup(s.Close)
	return s.URL + "/v1"
}

// startWithVendors is start with the whole table of vendors.
func (p *place) startWithVendors(text string) *running {
	p.t.Helper()
	vendors, err := app.Vendors()
	if err != nil {
		p.t.Fatal(err)
	}
	file := filepath.Join(p.t.TempDir(), "llmgw.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
	env := map[string]string{"LLMGW_DATA_DIR": p.dir}
	cfg, _, err := config.Load(config.Options{File: file, Listen: p.listen, Vendors: vendors, LookupEnv: func(name string) (string, bool) {
		v, ok := env[name]
		return v, ok
	}})
	if err != nil {
		p.t.Fatal(err)
	}
	log := &lockedBuffer{}
	a, err := app.New(p.t.Context(), cfg, app.Options{Logger: slog.New(slog.NewTextHandler(log, nil)), Version: "1.2.3"})
	if err != nil {
		p.t.Fatal(err)
	}
	transport := &http.Transport{}
	r := &running{App: a, t: p.t, scheme: "http", client: &http.Client{Transport: transport}, log: log}
	p.t.Cleanup(func() {
		transport.CloseIdleConnections()
		r.end()
	})
	if err := a.Start(p.t.Context()); err != nil {
		p.t.Fatal(err)
	}
	return r
}

// chat asks a model in OpenAI's dialect.
func (r *running) chat(key, model string) (status int, body string) {
	r.t.Helper()
	return r.send(http.MethodPost, "/v1/chat/completions", key,
		fmt.Sprintf(`{"model":%q,"max_tokens":100,"messages":[{"role":"user","content":"Hi"}]}`, model))
}

// logged reads how the calls were booked, by model, once the gateway has ended.
func (p *place) logged() map[string]string {
	p.t.Helper()
	text, err := os.ReadFile(filepath.Join(p.dir, "requests.jsonl"))
	if err != nil {
		p.t.Fatal(err)
	}
	booked := make(map[string]string)
	for line := range strings.Lines(string(text)) {
		var record struct {
			Model       string      `json:"model"`
			Cost        json.Number `json:"cost"`
			PriceSource string      `json:"price_source"`
		}
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			p.t.Fatal(err)
		}
		booked[record.Model] = record.Cost.String() + " " + record.PriceSource
	}
	return booked
}

// pricing is a configuration with a model for each place that a price can come from.
func pricing(t *testing.T) string {
	t.Helper()
	prices := filepath.Join(t.TempDir(), "prices.json")
	text := `{"openai/filed": {"litellm_provider": "openai", "input_cost_per_token": 1e-06, "output_cost_per_token": 2e-06}}`
	if err := os.WriteFile(prices, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return strings.NewReplacer("UPSTREAM", upstream(t), "PRICES", filepath.ToSlash(prices)).Replace(`
model_list:
  - model_name: listed
    litellm_params: {model: openai/gpt-4o, api_base: UPSTREAM, api_key: k}
  - model_name: filed
    litellm_params: {model: openai/filed, api_base: UPSTREAM, api_key: k}
  - model_name: stated
    litellm_params: {model: openai/stated, api_base: UPSTREAM, api_key: k, input_cost_per_token: 3e-06, output_cost_per_token: 4e-06}
  - model_name: unknown
    litellm_params: {model: groq/nobody-knows-it, api_base: UPSTREAM, api_key: k}
  - model_name: priceless
    litellm_params: {model: hosted_vllm/nobody-knows-it, api_base: UPSTREAM, api_key: k}
general_settings: {master_key: ` + masterKey + `, price_file: "PRICES"}
security_settings: {valid_api_keys: [` + firstKey + `, ` + secondKey + `]}
budget_settings: {budgets: [{name: b, api_keys: [` + firstKey + `], limit: 1000}]}
`)
}

// groqDearest is what 1,000 and 100 tokens cost at the dearest prices that the
// catalogue knows of Groq: 1 and 3 dollars for a million (kimi-k2).
const groqDearest = "0.0013"

// TestPriceSources: each call says in the log where its price comes from, and a hard
// budget books what is not known at the dearest price of the provider.
func TestPriceSources(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	r := p.startWithVendors(pricing(t))
	for _, model := range []string{"listed", "filed", "stated", "unknown"} {
		if status, body := r.chat(firstKey, model); status != http.StatusOK {
			t.Errorf("%s = %d %s", model, status, body)
		}
	}
	r.end()
	want := map[string]string{
		"listed": "0.0035 catalog", "filed": "0.0012 file", "stated": "0.0034 config", "unknown": groqDearest + " assumed",
	}
	got := p.logged()
	for model, booked := range want {
		if got[model] != booked {
			t.Errorf("%s was booked at %q, want %q", model, got[model], booked)
		}
	}
}

// TestUnknownPrices: without a hard budget calls pass and are marked; under one they
// are refused where nothing is known of the provider, and where the operator says so.
func TestUnknownPrices(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, key, settings string
		status              map[string]int
	}{
		{"no hard budget", secondKey, "", map[string]int{"unknown": 200, "priceless": 200, "listed": 200}},
		{"a hard budget", firstKey, "", map[string]int{"unknown": 200, "priceless": 403, "listed": 200}},
		{"blocked", firstKey, ", unknown_price: block", map[string]int{"unknown": 403, "priceless": 403, "listed": 200}},
		{"blocked, no hard budget", secondKey, ", unknown_price: block", map[string]int{"unknown": 200, "priceless": 200, "listed": 200}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t)
			r := p.startWithVendors(strings.Replace(pricing(t), "limit: 1000}]", "limit: 1000}]"+tt.settings, 1))
			for model, want := range tt.status {
				status, body := r.chat(tt.key, model)
				if status != want {
					t.Errorf("%s = %d %s, want %d", model, status, body, want)
				}
				if status == http.StatusForbidden && (!strings.Contains(body, `"code":"model_unpriced"`) || !strings.Contains(body, "input_cost_per_token")) {
					t.Errorf("%s is refused with %s", model, body)
				}
			}
			r.end()
			if tt.key == secondKey {
				if got := p.logged()["priceless"]; got != "0 unknown" {
					t.Errorf("booked at %q", got)
				}
			}
		})
	}
}

// TestPriceFilesAreReadAgain: a reload takes the new prices.
func TestPriceFilesAreReadAgain(t *testing.T) {
	t.Parallel()
	prices := filepath.Join(t.TempDir(), "prices.json")
	write := func(output string) {
		text := `{"openai/filed": {"litellm_provider": "openai", "input_cost_per_token": 1e-06, "output_cost_per_token": ` + output + `}}`
		if err := os.WriteFile(prices, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("2e-06")
	text := strings.NewReplacer("UPSTREAM", upstream(t), "PRICES", filepath.ToSlash(prices)).Replace(`
model_list: [{model_name: filed, litellm_params: {model: openai/filed, api_base: UPSTREAM, api_key: k}}]
general_settings: {master_key: ` + masterKey + `, price_file: "PRICES"}
`)
	p := newPlace(t)
	r := p.start(text)
	if status, body := r.chat(masterKey, "filed"); status != http.StatusOK {
		t.Fatal(status, body)
	}
	write("3e-06")
	if err := r.Reload(p.config(text)); err != nil {
		t.Fatal(err)
	}
	if status, body := r.chat(masterKey, "filed"); status != http.StatusOK {
		t.Fatal(status, body)
	}
	r.end()
	log, err := os.ReadFile(filepath.Join(p.dir, "requests.jsonl"))
	if err != nil || !strings.Contains(string(log), `"cost":0.0012,`) || !strings.Contains(string(log), `"cost":0.0013,`) {
		t.Errorf("log %s, %v", log, err)
	}
}
