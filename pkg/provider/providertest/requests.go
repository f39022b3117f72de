package providertest

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llmgw/llmgw/pkg/llm"
)

// testRequests checks that a request arrives where it should, changed in nothing
// but the model.
func (s Subject) testRequests(t *testing.T) {
	for op, path := range s.Ops {
		t.Run(op.String(), func(t *testing.T) {
			c := s.conversations()[op]
			v := newVendor(t, s).answers(write(http.StatusOK, "application/json", c.Answer))
			if _, err := v.provider.Do(t.Context(), s.request(t, op)); err != nil {
				t.Fatal(err)
			}
			got := v.seen.Load()
			if got.method != http.MethodPost || got.uri != s.Base+path {
				t.Errorf("got %s %s, want POST %s", got.method, got.uri, s.Base+path)
			}
			if want := strings.Replace(c.Request, `"asked"`, `"org/given"`, 1); string(got.body) != want {
				t.Errorf("got body\n%s\nwant\n%s", got.body, want)
			}
		})
	}
}

// testHeader checks that the vendor gets the provider's credential and never a
// client's, nor what else a client's request has on it.
func (s Subject) testHeader(t *testing.T) {
	c := s.conversations()[llm.OpChat]
	v := newVendor(t, s).answers(write(http.StatusOK, "application/json", c.Answer))
	req := s.request(t, llm.OpChat)
	for _, name := range []string{
		"Authorization", "X-Api-Key", "Api-Key", "X-Goog-Api-Key", "X-Litellm-Api-Key", "Anthropic-Api-Key",
		"Anthropic-Auth-Token", "Cookie", "Proxy-Authorization", "Openai-Organization", "Openai-Project",
		"Anthropic-Organization-Id", "Anthropic-Workspace-Id",
		"X-Stainless-Lang", "X-App", "X-Forwarded-For", "X-Real-Ip", "Forwarded", "User-Agent", "Referer", "Origin",
		"Connection", "Keep-Alive", "Te", "Trailer", "Upgrade", "Transfer-Encoding", "Content-Length", "Content-Encoding",
		"Accept-Encoding", "Host", "Idempotency-Key", "X-Claude-Code-Session-Id",
	} {
		req.Header[name] = []string{canary}
	}
	maps.Copy(req.Header, s.Forwarded)
	before := maps.Clone(req.Header)
	if _, err := v.provider.Do(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	got := v.seen.Load().header
	for name, values := range got {
		if slices.Contains(values, canary) {
			t.Errorf("the client's %s reached the vendor", name)
		}
	}
	want := http.Header{"Accept-Encoding": {"identity"}, "Content-Type": {"application/json"}}
	maps.Copy(want, s.Credential)
	maps.Copy(want, http.Header(s.Forwarded))
	for name, values := range want {
		if diff := cmp.Diff(values, got[name]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if !strings.HasPrefix(got.Get("User-Agent"), "llmgw") {
		t.Errorf("got User-Agent %q", got.Get("User-Agent"))
	}
	if !maps.EqualFunc(before, req.Header, slices.Equal) {
		t.Error("the client's header was changed")
	}
}
