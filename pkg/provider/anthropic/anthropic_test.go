package anthropic_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/provider/anthropic"
	"github.com/llmgw/llmgw/pkg/provider/providertest"
	"github.com/llmgw/llmgw/pkg/secret"
)

func TestProvider(t *testing.T) {
	providertest.Run(t, providertest.Subject{
		New: func(e providertest.Endpoint) (llm.Provider, error) {
			return anthropic.New(anthropic.Options{
				BaseURL: e.BaseURL, Credential: e.Credential, Header: e.Header, Timeouts: e.Timeouts, Transport: e.Transport,
			})
		},
		Dialect:    llm.Anthropic,
		Ops:        map[llm.Op]string{llm.OpChat: "/v1/messages", llm.OpCountTokens: "/v1/messages/count_tokens"},
		Credential: http.Header{"X-Api-Key": {"sk-own"}, "Authorization": nil},
		Forwarded: llm.Header{
			"Anthropic-Version": {"2024-01-01"}, "Anthropic-Beta": {"a-1,b-2", "c 3"}, "Anthropic-Never-Heard-Of": {"x"},
		},
	})
}

// capture answers every request and keeps the last one.
type capture struct{ req *http.Request }

func (c *capture) RoundTrip(req *http.Request) (*http.Response, error) {
	c.req = req
	_ = req.Body.Close()
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader("{}")), ContentLength: 2,
	}, nil
}

// sent makes one call and returns the request that the vendor would get.
func sent(t *testing.T, opts anthropic.Options, req *llm.Request) *http.Request {
	t.Helper()
	var c capture
	opts.Transport = &c
	p, err := anthropic.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	req.Op, req.Dialect, req.Body = llm.OpChat, llm.Anthropic, llm.BytesBody("{}")
	if _, err := p.Do(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	return c.req
}

func TestRequestURI(t *testing.T) {
	t.Parallel()
	for base, want := range map[string]string{
		"":                                  "https://api.anthropic.com/v1/messages?beta=true",
		"https://h.example":                 "https://h.example/v1/messages?beta=true",
		"https://h.example/":                "https://h.example/v1/messages?beta=true",
		"https://h.example/v1/":             "https://h.example/v1/messages?beta=true",
		"https://h.example/v1/messages":     "https://h.example/v1/messages?beta=true",
		"https://h.example/anthropic":       "https://h.example/anthropic/v1/messages?beta=true",
		"https://h.example/p%2Fq?version=1": "https://h.example/p%2Fq/v1/messages?version=1&beta=true",
	} {
		got := sent(t, anthropic.Options{BaseURL: base}, &llm.Request{Query: "beta=true&key=CANARY"}).URL
		if got.String() != want || !strings.HasPrefix(got.RequestURI(), "/") {
			t.Errorf("%q: got %s, want %s", base, got, want)
		}
	}
}

func TestCredentialsAndBetas(t *testing.T) {
	t.Parallel()
	client := llm.Header{"Anthropic-Beta": {"b-1", "b-2"}}
	for name, c := range map[string]struct {
		opts   anthropic.Options
		client llm.Header
		want   http.Header
	}{
		"key": {
			anthropic.Options{Credential: secret.New("sk-ant-api03-x")},
			client,
			http.Header{"X-Api-Key": {"sk-ant-api03-x"}, "Anthropic-Beta": {"b-1", "b-2"}, "Anthropic-Version": {"2023-06-01"}},
		},
		"none": {anthropic.Options{}, nil, http.Header{"X-Api-Key": nil, "Authorization": nil}},
		"OAuth token": {
			anthropic.Options{Credential: secret.New("sk-ant-oat01-x")},
			client,
			http.Header{"Authorization": {"Bearer sk-ant-oat01-x"}, "X-Api-Key": nil, "Anthropic-Beta": {"oauth-2025-04-20,b-1,b-2"}},
		},
		"configured fields": {
			anthropic.Options{
				Credential: secret.New("sk-1"),
				Header:     llm.Header{"anthropic-beta": {"own"}, "anthropic-version": {"own"}, "x-api-key": {"own"}, "X-Proxy": {"p"}},
			},
			llm.Header{"Anthropic-Beta": {"b-1"}, "Anthropic-Version": {"theirs"}},
			http.Header{"Anthropic-Beta": {"own,b-1"}, "Anthropic-Version": {"own"}, "X-Api-Key": {"own"}, "X-Proxy": {"p"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := sent(t, c.opts, &llm.Request{Header: c.client}).Header
			for field, want := range c.want {
				if diff := cmp.Diff(want, got[field]); diff != "" {
					t.Errorf("%s (-want +got):\n%s", field, diff)
				}
			}
		})
	}
}

func TestNewRefusesWhatCannotWork(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string]anthropic.Options{
		"address":      {BaseURL: "api.anthropic.com"},
		"credential":   {Credential: secret.New("CANARY\n")},
		"header field": {Header: llm.Header{"Transfer-Encoding": {"CANARY"}}},
	} {
		if _, err := anthropic.New(opts); err == nil || strings.Contains(err.Error(), "CANARY") {
			t.Errorf("%s: got %v, want an error that shows no value", name, err)
		}
	}
}
