package app_test

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/llmgw/llmgw/pkg/app"
	"github.com/llmgw/llmgw/pkg/config"
	"github.com/llmgw/llmgw/pkg/provider"
)

// TestEveryVendorBecomesAProvider: each row of the table can be configured under
// its name and its aliases, and a gateway can be built of all of them.
func TestEveryVendorBecomesAProvider(t *testing.T) {
	t.Parallel()
	rows, err := provider.Vendors()
	if err != nil {
		t.Fatal(err)
	}
	text := basic
	for i := range rows {
		if len(rows[i].Capabilities) == 0 {
			continue
		}
		for _, name := range append([]string{rows[i].ID}, rows[i].Aliases...) {
			text = strings.Replace(text, "model_list:\n", fmt.Sprintf("model_list:\n  - {model_name: %q, litellm_params: "+
				"{model: %q, api_key: sk-x, api_base: 'http://127.0.0.1:1/v1'}}\n", name, name+"/m"), 1)
		}
	}
	p := newPlace(t)
	cfg := p.config(text)
	if len(cfg.Models) < len(rows) {
		t.Errorf("%d models of %d vendors", len(cfg.Models), len(rows))
	}
	a, _, err := p.build(text)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Stop(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestEveryVendorIsFoundByItsVariables: without a configuration each vendor is
// there once its variables are set.
func TestEveryVendorIsFoundByItsVariables(t *testing.T) {
	t.Parallel()
	rows, err := provider.Vendors()
	if err != nil {
		t.Fatal(err)
	}
	vendors, err := app.Vendors()
	if err != nil {
		t.Fatal(err)
	}
	// What a row cannot say by itself.
	others := map[string]string{"AWS_REGION": "eu-central-1", "SNOWFLAKE_ACCOUNT_ID": "org-account"}
	for i := range rows {
		v := &rows[i]
		env := map[string]string{"HOME": t.TempDir()}
		for _, name := range v.KeyVars {
			env[name] = "sk-x"
		}
		for _, name := range v.BaseVars {
			env[name] = "https://vendor.example/v1"
		}
		maps.Copy(env, others)
		o := config.Options{Vendors: vendors, LookupEnv: func(name string) (string, bool) {
			value, ok := env[name]
			return value, ok
		}}
		found := strings.Contains(string(config.Builtin(o)), fmt.Sprintf("%q", v.ID+"/*"))
		callable := len(v.Capabilities) > 0 && (v.BaseURL != "" && len(v.KeyVars) > 0 || len(v.BaseVars) > 0)
		if found != callable {
			t.Errorf("%s is there: %v", v.ID, found)
		}
		if _, report, err := config.Load(o); err != nil {
			t.Errorf("%s: %v, %v", v.ID, err, report.Problems)
		}
	}
}

// TestCallsReachVendors: a call goes where the row of its vendor says, with what
// the row says, whatever name of the model the client used.
func TestCallsReachVendors(t *testing.T) {
	t.Parallel()
	type call struct{ path, model, header string }
	seen := make(chan call, 1)
	mock := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		_, model, _ := strings.Cut(string(body), `"model":"`)
		model, _, _ = strings.Cut(model, `"`)
		seen <- call{
			r.URL.Path, model,
			strings.Join([]string{r.Header.Get("Authorization"), r.Header.Get("Api-Subscription-Key"), r.Header.Get("X-Title")}, "|"),
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"id":"c","choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}]}`)
	}))
	defer mock.Close()
	p := newPlace(t)
	p.env = map[string]string{
		"GROQ_API_KEY": "sk-groq", "GROQ_API_BASE": mock.URL + "/openai/v1", "OR_APP_NAME": "two words", "RAGFLOW_API_KEY": "sk-rag",
	}
	entry := func(model, more string) string {
		return fmt.Sprintf("  - {model_name: %q, litellm_params: {model: %q%s}}\n", model, model, more)
	}
	at := fmt.Sprintf(", api_key: sk-x, api_base: %q", mock.URL)
	r := p.start(strings.Replace(basic, "model_list:\n", "model_list:\n"+entry("groq/*", "")+entry("sarvam/*", at)+entry("openrouter/*", at)+
		entry("ragflow/*", fmt.Sprintf(", api_base: %q", mock.URL))+entry("fireworks_ai/*", at)+entry("heroku/m", at)+entry("mistral/m", at), 1))
	for model, want := range map[string]call{
		"groq/llama-3.3-70b":          {"/openai/v1/chat/completions", "llama-3.3-70b", "Bearer sk-groq||"},
		"sarvam/sarvam-m":             {"/chat/completions", "sarvam-m", "Bearer sk-x|sk-x|"},
		"openrouter/anthropic/claude": {"/chat/completions", "anthropic/claude", "Bearer sk-x||two words"},
		"ragflow/chat/c1/m":           {"/api/v1/chats_openai/c1/chat/completions", "m", "Bearer sk-rag||"},
		"ragflow/plain":               {"/chat/completions", "plain", "Bearer sk-rag||"},
		"fireworks_ai/llama":          {"/chat/completions", "accounts/fireworks/models/llama", "Bearer sk-x||"},
		"fireworks_ai/accounts/a/m":   {"/chat/completions", "accounts/a/m", "Bearer sk-x||"},
		"heroku/m":                    {"/v1/chat/completions", "m", "Bearer sk-x||"},
		"mistral/m":                   {"/chat/completions", "m", "Bearer sk-x||"},
	} {
		status, body := r.send(http.MethodPost, "/v1/chat/completions", firstKey, fmt.Sprintf(`{"model":%q,"messages":[]}`, model))
		if status != http.StatusOK {
			t.Errorf("%s: %d %s", model, status, body)
			continue
		}
		if got := <-seen; got != want {
			t.Errorf("%s: got %q, want %q", model, got, want)
		}
	}
}

// TestVendorsWithoutModelsAreLeftOut: what a vendor has must be something that the
// gateway can call.
func TestVendorsWithoutModelsAreLeftOut(t *testing.T) {
	t.Parallel()
	vendors, err := app.Vendors()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "llmgw.yaml")
	if err := os.WriteFile(file, []byte("model_list: [{model_name: a, litellm_params: {model: recraft/v3}}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := func(name string) (string, bool) { return "/h", name == "HOME" }
	cfg, report, err := config.Load(config.Options{Vendors: vendors, File: file, LookupEnv: env})
	if err != nil || !strings.Contains(fmt.Sprint(report.Problems), "recraft has no models") {
		t.Fatalf("got %v, %v", err, report.Problems)
	}
	if len(cfg.Models) != 0 || len(cfg.Inactive) != 1 || cfg.Inactive[0].Provider != "recraft" {
		t.Errorf("%d models, left out: %v", len(cfg.Models), cfg.Inactive)
	}
}
