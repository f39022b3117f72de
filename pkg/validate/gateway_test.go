package validate_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/llmgw/llmgw/pkg/app"
	"github.com/llmgw/llmgw/pkg/client"
	"github.com/llmgw/llmgw/pkg/config"
	"github.com/llmgw/llmgw/pkg/secret"
	"github.com/llmgw/llmgw/pkg/validate"
)

const masterKey = "sk-validate-test-of-the-master"

// models has one model for each fault, and some without any.
const models = `
model_list:
  - {model_name: good, litellm_params: {model: echo/hello}}
  - {model_name: claude, litellm_params: {model: "echo/hello,speaks-anthropic"}}
  - {model_name: gpt, litellm_params: {model: "echo/hello,speaks-openai"}}
  - {model_name: thinker, litellm_params: {model: "echo/thinking,long-300"}}
  - {model_name: agent, litellm_params: {model: "echo/tools,speaks-anthropic"}}
  - {model_name: cached, litellm_params: {model: echo/cached}}
  - {model_name: vectors, litellm_params: {model: echo/hello}, model_info: {mode: embedding}}
  - {model_name: dead, litellm_params: {model: echo/error-500, num_retries: 0}}
  - {model_name: silent, litellm_params: {model: echo/no-usage}}
  - {model_name: broken, litellm_params: {model: echo/broken-tool-args}}
  - {model_name: slow, litellm_params: {model: echo/delay-1100ms}, model_info: {mode: embedding}}
  - {model_name: wrong-key, litellm_params: {model: echo/auth}}
  - {model_name: echo/*, litellm_params: {model: echo/*}}
general_settings: {master_key: ` + masterKey + `, drain_timeout: 100ms}
`

// faults are what is to be found, and nothing else.
const faults = `error dead call-failed
error silent no-usage
error broken tool-arguments
error wrong-key credential-refused
warning slow slow
`

func load(t *testing.T, text string) *config.Config {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "llmgw.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"LLMGW_DATA_DIR": filepath.Join(dir, "data"), "HOME": dir}
	cfg, _, err := config.Load(config.Options{File: file, Listen: "127.0.0.1:0", LookupEnv: func(name string) (string, bool) {
		v, ok := env[name]
		return v, ok
	}})
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func found(r *validate.Report) string {
	var b strings.Builder
	for i := range r.Findings {
		f := &r.Findings[i]
		fmt.Fprintf(&b, "%s %s %s\n", f.Severity, f.Subject, f.Code)
	}
	return b.String()
}

const slow = time.Second

func TestGatewayWithFiveFaults(t *testing.T) {
	t.Parallel()
	a, err := app.New(t.Context(), load(t, models), app.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	c, err := client.New(client.Options{URL: "http://" + a.Addr(), Key: secret.New(masterKey), Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	r := validate.Run(t.Context(), validate.Options{Client: c, Slow: slow, Parallel: 4})
	transport.CloseIdleConnections()
	if err := a.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	if got := found(r); got != faults || !r.Bad() || r.Outcome != validate.Finished {
		t.Errorf("found:\n%swant:\n%s", got, faults)
	}
	if r.Connection.Message != "Connection successful" || len(r.Models) != 12 {
		t.Errorf("connection %+v, %d models", r.Connection, len(r.Models))
	}
	for i := range r.Models {
		if m := &r.Models[i]; m.Deployment == "" {
			t.Errorf("%s has no deployment", m.Name)
		}
	}
	if s := r.Summary(); !s.Spent.Costed || s.Spent.Cost != 0 || s.Spent.Input == 0 || s.Errors != 4 || s.Warnings != 1 {
		t.Errorf("summary %+v", s)
	}
}

func TestProvidersWithFiveFaults(t *testing.T) {
	t.Parallel()
	d, err := app.NewDirect(t.Context(), load(t, models), app.DirectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	targets := make([]validate.Target, len(d.Targets))
	for i, target := range d.Targets {
		targets[i] = validate.Target{Name: target.Name, Provider: target.Provider, Model: target.Model, Mode: target.Mode, Deployments: []string{target.Deployment}}
	}
	c, err := client.New(client.Options{URL: d.URL(), Key: d.Key(), Transport: d.Transport()})
	if err != nil {
		t.Fatal(err)
	}
	r := validate.Run(t.Context(), validate.Options{Client: c, Targets: targets, Slow: slow, Repeat: 2})
	if err := d.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if got := found(r); got != faults || r.Mode != validate.Direct || r.Connection != nil {
		t.Errorf("found:\n%swant:\n%s", got, faults)
	}
}
