package openai_test

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/provider/openai"
	"github.com/llmgw/llmgw/pkg/provider/providertest"
	"github.com/llmgw/llmgw/pkg/secret"
)

func TestProvider(t *testing.T) {
	providertest.Run(t, providertest.Subject{
		New: func(e providertest.Endpoint) (llm.Provider, error) {
			return openai.New(openai.Options{
				BaseURL: e.BaseURL, Credential: e.Credential, Header: e.Header, Timeouts: e.Timeouts, Transport: e.Transport,
			})
		},
		Base:    "/v1",
		Dialect: llm.OpenAI,
		Ops: map[llm.Op]string{
			llm.OpChat: "/chat/completions", llm.OpCompletion: "/completions", llm.OpEmbeddings: "/embeddings",
		},
		Credential: http.Header{"Authorization": {"Bearer sk-own"}},
		Forwarded:  llm.Header{"Openai-Beta": {"assistants=v2", "x"}},
	})
}

// capture answers every request and keeps the last one.
type capture struct {
	req  *http.Request
	body string
}

func (c *capture) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	c.req, c.body = req, string(body)
	_ = req.Body.Close()
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader("{}")), ContentLength: 2,
	}, nil
}

func TestRequestsWithoutCredential(t *testing.T) {
	t.Parallel()
	for base, want := range map[string]string{
		"":                           "https://api.openai.com/v1/chat/completions",
		"http://localhost:11434":     "http://localhost:11434/chat/completions",
		"http://localhost:11434/v1/": "http://localhost:11434/v1/chat/completions",
		"https://h.example/a?v=1":    "https://h.example/a/chat/completions?v=1",
	} {
		var c capture
		p, err := openai.New(openai.Options{BaseURL: base, Transport: &c, Header: llm.Header{"openai-beta": {"own"}}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = p.Do(t.Context(), &llm.Request{
			Op: llm.OpChat, Dialect: llm.OpenAI, Body: llm.BytesBody("{}"), Query: "key=CANARY&a=b",
			Header: llm.Header{"Openai-Beta": {"theirs"}},
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := c.req.URL.String(); got != want || !strings.HasPrefix(c.req.URL.RequestURI(), "/") {
			t.Errorf("%q: got %s, want %s", base, got, want)
		}
		if _, ok := c.req.Header["Authorization"]; ok {
			t.Errorf("%q: an empty credential was sent", base)
		}
		if got := c.req.Header["Openai-Beta"]; !slices.Equal(got, []string{"own"}) {
			t.Errorf("got beta %q, want the configured one", got)
		}
	}
}

func TestModesRestrictOperations(t *testing.T) {
	t.Parallel()
	ops := []llm.Op{llm.OpChat, llm.OpCompletion, llm.OpEmbeddings}
	for mode, want := range map[openai.Mode][]llm.Op{
		openai.AnyMode: ops, openai.ChatMode: ops[:1], openai.CompletionMode: ops[1:2], openai.EmbeddingMode: ops[2:],
	} {
		p, err := openai.New(openai.Options{Mode: mode})
		if err != nil {
			t.Fatal(err)
		}
		for _, op := range ops {
			if got := len(p.Dialects(op)) > 0; got != slices.Contains(want, op) {
				t.Errorf("mode %q takes %s: %v", mode, op, got)
			}
		}
	}
}

func TestNewRefusesWhatCannotWork(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string]openai.Options{
		"mode":         {Mode: "telepathy"},
		"address":      {BaseURL: "https://u:CANARY@h.example"},
		"credential":   {Credential: secret.New("CANARY\n")},
		"header field": {Header: llm.Header{"Host": {"CANARY"}}},
	} {
		opts.Name = "acme"
		if _, err := openai.New(opts); err == nil || strings.Contains(err.Error(), "CANARY") || !strings.HasPrefix(err.Error(), "acme: ") {
			t.Errorf("%s: got %v, want an error of acme that shows no value", name, err)
		}
	}
}
