package llm_test

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/llmgw/llmgw/pkg/llm"
)

func TestKindString(t *testing.T) {
	t.Parallel()
	want := map[llm.Kind]string{
		llm.InvalidRequest: "invalid_request", llm.Authentication: "authentication", llm.Permission: "permission",
		llm.NotFound: "not_found", llm.Conflict: "conflict", llm.TooLarge: "too_large", llm.RateLimited: "rate_limited",
		llm.BudgetExceeded: "budget_exceeded", llm.Overloaded: "overloaded", llm.Timeout: "timeout",
		llm.Canceled: "canceled", llm.Upstream: "upstream", llm.UpstreamAuth: "upstream_auth", llm.Internal: "internal",
	}
	for k := llm.InvalidRequest; k <= llm.Internal; k++ {
		if k.String() != want[k] {
			t.Errorf("kind %d is %q, want %q", k, k, want[k])
		}
	}
	for _, k := range []llm.Kind{0, llm.Internal + 1, 255} {
		if k.String() != "internal" {
			t.Errorf("kind %d is %q, want internal", k, k)
		}
	}
}

func TestErrorText(t *testing.T) {
	t.Parallel()
	e := &llm.Error{Kind: llm.Timeout, Message: "no answer in 30s"}
	if got, want := e.Error(), "timeout: no answer in 30s"; got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
	e.Cause = io.ErrUnexpectedEOF
	if got, want := e.Error(), "timeout: no answer in 30s: unexpected EOF"; got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
	if !errors.Is(e, io.ErrUnexpectedEOF) {
		t.Error("the cause is not found")
	}
}

func TestAsError(t *testing.T) {
	t.Parallel()
	if got := llm.AsError(nil); got != nil {
		t.Errorf("AsError(nil) = %v", got)
	}
	e := &llm.Error{Kind: llm.NotFound, Message: "no such model"}
	if got := llm.AsError(fmt.Errorf("plan: %w", e)); got != e {
		t.Errorf("AsError of a wrapped error = %v, want the error itself", got)
	}
	secret := errors.New("dial 10.0.0.7: refused")
	got := llm.AsError(secret)
	if got.Kind != llm.Internal || got.Message != "internal error" || !errors.Is(got, secret) {
		t.Errorf("AsError of a foreign error = %+v, want an internal error that hides it", got)
	}
}
