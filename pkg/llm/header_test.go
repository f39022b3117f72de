package llm_test

import (
	"net/http"
	"testing"

	"github.com/llmgw/llmgw/pkg/llm"
)

func TestHeader(t *testing.T) {
	t.Parallel()
	h := llm.Header{}
	if got := h.Get("x-api-key"); got != "" {
		t.Errorf("Get of nothing = %q", got)
	}
	h.Set("x-request-id", "a")
	h.Set("X-REQUEST-ID", "b")
	if got := h.Get("X-Request-Id"); got != "b" || len(h) != 1 {
		t.Errorf("Get = %q of %v, want b alone", got, h)
	}
	std := http.Header(h) // the same map, as the server and the providers use it
	std.Add("X-Request-Id", "c")
	if got := h.Get("x-request-id"); got != "b" || len(h["X-Request-Id"]) != 2 {
		t.Errorf("Get = %q of %v, want the first of two", got, h)
	}
	h.Del("x-request-id")
	if len(h) != 0 || std.Get("X-Request-Id") != "" {
		t.Errorf("Del leaves %v", h)
	}
	h["X-Empty"] = nil
	if got := h.Get("x-empty"); got != "" {
		t.Errorf("Get of no values = %q", got)
	}
}
