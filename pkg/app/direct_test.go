package app_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/llmgw/llmgw/pkg/app"
)

// direct starts a gateway in this process until the end of the test.
func (p *place) direct(text string, models ...string) *app.Direct {
	p.t.Helper()
	d, err := app.NewDirect(p.t.Context(), p.config(text), app.DirectOptions{Version: "1.2.3", Models: models})
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() {
		if err := d.Close(context.WithoutCancel(p.t.Context())); err != nil {
			p.t.Error(err)
		}
	})
	return d
}

// call posts a body and gives the status with the answer.
func call(ctx context.Context, d *app.Direct, path, body string) (int, string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.URL()+path, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("Authorization", "Bearer "+d.Key().Reveal())
	resp, err := (&http.Client{Transport: d.Transport()}).Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text), err
}

const directText = `
model_list:
  - model_name: one
    litellm_params: {model: echo/hello}
    model_info: {id: first}
  - model_name: two
    litellm_params: {model: echo/hello}
    model_info: {id: second}
  - model_name: two
    litellm_params: {model: echo/error-500}
    model_info: {id: third}
  - model_name: two#1
    litellm_params: {model: echo/tools, api_key: sk-x}
    model_info: {id: fourth, mode: chat}
  - model_name: any/*
    litellm_params: {model: echo/*}
    model_info: {id: fifth}
router_settings:
  num_retries: 3
  fallbacks: [{two: [one]}]
  model_group_alias: {short: one}
general_settings: {master_key: ` + masterKey + `}
security_settings: {valid_api_keys: [` + firstKey + `], max_budget: 0.000001, rpm_limit: 1}
cache_settings: {type: memory}
`

func TestDirectTargets(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		models       []string
		want         string
		wantPatterns []string
	}{
		"all":                {nil, "one=first two#2=second two#3=third two#1=fourth", []string{"any/*"}},
		"a name":             {[]string{"one"}, "one=first", nil},
		"a pattern":          {[]string{"t*"}, "two#2=second two#3=third two#1=fourth", nil},
		"an alias":           {[]string{"short"}, "one=first", nil},
		"an id":              {[]string{"third"}, "two=third", nil},
		"of a pattern":       {[]string{"any/hello", "any/tools", "any/hello"}, "any/hello=fifth any/tools=fifth-2", nil},
		"the pattern itself": {[]string{"any/*"}, "", []string{"any/*"}},
		"nobody":             {[]string{"nobody"}, "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newPlace(t).direct(directText, tt.models...)
			var got []string
			for _, target := range d.Targets {
				got = append(got, target.Name+"="+target.Deployment)
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, " ")); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(tt.wantPatterns, d.Patterns); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDirectCallsEachDeploymentByItself(t *testing.T) {
	t.Parallel()
	d := newPlace(t).direct(directText, "two", "any/hello")
	for model, want := range map[string]int{"two#1": 200, "two#2": 500, "any/hello": 200, "one": 404} {
		for range 3 { // no limits, no cache, no cooldown
			status, text, err := call(t.Context(), d, "/v1/chat/completions", fmt.Sprintf(`{"model":%q,"messages":[{"role":"user","content":"hi"}]}`, model))
			if err != nil || status != want {
				t.Errorf("%s: %d, %v, want %d: %s", model, status, err, want, text)
			}
		}
	}
}

func TestDirectStreamsAndCancels(t *testing.T) {
	t.Parallel()
	d := newPlace(t).direct(directText, "any/stall", "any/hello")
	status, text, err := call(t.Context(), d, "/v1/messages", `{"model":"any/hello","stream":true,"max_tokens":9,"messages":[{"role":"user","content":"hi"}]}`)
	if err != nil || status != 200 || !strings.Contains(text, "event: message_stop") {
		t.Errorf("%d, %v: %s", status, err, text)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, _, err := call(ctx, d, "/v1/messages", `{"model":"any/stall","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}`); err == nil {
		t.Error("a call that stalls came back")
	}
}

func TestDirectLeavesNothingBehind(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	p := newPlace(t)
	d, err := app.NewDirect(t.Context(), p.config(directText), app.DirectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if _, _, err := call(t.Context(), d, "/v1/models", ""); err == nil {
		t.Error("it still answers")
	}
	left, err := os.ReadDir(os.TempDir())
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if _, err := os.Stat(p.dir); !os.IsNotExist(err) {
		t.Errorf("the data directory of the configuration was touched: %v", err)
	}
}
