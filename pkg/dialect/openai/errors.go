package openai

import (
	"fmt"
	"strings"
	"time"

	"github.com/llmgw/llmgw/pkg/dialect"
	"github.com/llmgw/llmgw/pkg/dialect/toplevel"
	"github.com/llmgw/llmgw/pkg/llm"
)

// row is how a kind of error looks on the wire; code "" is null.
type row struct {
	status int
	kind   string
	code   string
}

// table has a row for each kind. Where OpenAI has no type of its own
// (platform.openai.com/docs/guides/error-codes, as of 2026-11), the gateway's
// other dialect lends its word.
var table = map[llm.Kind]row{
	llm.InvalidRequest: {400, "invalid_request_error", ""},
	llm.Authentication: {401, "invalid_request_error", "invalid_api_key"},
	llm.Permission:     {403, "permission_error", "permission_denied"},
	llm.NotFound:       {404, "invalid_request_error", "model_not_found"},
	llm.Conflict:       {409, "invalid_request_error", "conflict"},
	llm.TooLarge:       {413, "invalid_request_error", "request_too_large"},
	llm.RateLimited:    {429, "rate_limit_error", "rate_limit_exceeded"},
	llm.BudgetExceeded: {429, "billing_error", "budget_exceeded"},
	llm.Canceled:       {499, "api_error", "canceled"},
	llm.Internal:       {500, "api_error", "internal_error"},
	llm.Upstream:       {502, "api_error", "upstream_error"},
	llm.UpstreamAuth:   {502, "api_error", "upstream_auth"},
	llm.Overloaded:     {503, "overloaded_error", "overloaded"},
	llm.Timeout:        {504, "api_error", "timeout"},
}

// byStatus names type and code for a status that another vendor sent.
var byStatus = map[int]row{
	401: {401, "invalid_request_error", "invalid_api_key"},
	402: {402, "billing_error", "insufficient_quota"},
	403: {403, "permission_error", "permission_denied"},
	404: {404, "invalid_request_error", "model_not_found"},
	429: {429, "rate_limit_error", "rate_limit_exceeded"},
	503: {503, "overloaded_error", "overloaded"},
	529: {529, "overloaded_error", "overloaded"},
}

// look finds status, type and code of an error. A provider that answered gives
// the status, except where it refused the gateway's credential: that is not the
// client's affair.
func look(e *llm.Error) row {
	r, ok := table[e.Kind]
	if !ok {
		r = table[llm.Internal]
	}
	if e.Kind != llm.UpstreamAuth && e.Upstream != nil && e.Upstream.Status >= 400 {
		r = lookStatus(e.Upstream.Status)
	}
	switch {
	case e.Overflow != nil:
		r.kind, r.code = "invalid_request_error", "context_length_exceeded"
	case e.Code != "":
		r.code = e.Code
	}
	return r
}

// message is what is wrong. A prompt that is too long is told in the words that
// clients of this API look for, beside those of the provider.
func message(e *llm.Error) string {
	o := e.Overflow
	if o == nil || o.Tokens == 0 || o.Limit == 0 || strings.Contains(e.Message, "maximum context length") {
		return e.Message
	}
	return fmt.Sprintf("%s (This model's maximum context length is %d tokens. However, your messages resulted in %d tokens.)",
		e.Message, o.Limit, o.Tokens)
}

func lookStatus(status int) row {
	if r, ok := byStatus[status]; ok {
		return r
	}
	if status < 500 {
		return row{status, "invalid_request_error", ""}
	}
	return row{status, "api_error", "upstream_error"}
}

// AppendError implements dialect.Frontend. The envelope has no place for the
// request id; the answer's header has it.
func (Frontend) AppendError(dst []byte, e *llm.Error, _ string) (status int, body []byte) {
	r := look(e)
	dst = append(dst, `{"error":{"message":`...)
	dst = toplevel.AppendString(dst, message(e))
	dst = append(dst, `,"type":`...)
	dst = toplevel.AppendString(dst, r.kind)
	dst = append(dst, `,"param":`...)
	dst = appendOrNull(dst, e.Param)
	dst = append(dst, `,"code":`...)
	dst = appendOrNull(dst, r.code)
	return r.status, append(dst, '}', '}')
}

func appendOrNull(dst []byte, s string) []byte {
	if s == "" {
		return append(dst, "null"...)
	}
	return toplevel.AppendString(dst, s)
}

// The fields of rate limits: platform.openai.com/docs/guides/rate-limits, as of
// 2026-11.
var (
	requestFields = dialect.LimitFields{Limit: "X-Ratelimit-Limit-Requests", Remaining: "X-Ratelimit-Remaining-Requests", Reset: "X-Ratelimit-Reset-Requests"}
	tokenFields   = dialect.LimitFields{Limit: "X-Ratelimit-Limit-Tokens", Remaining: "X-Ratelimit-Remaining-Tokens", Reset: "X-Ratelimit-Reset-Tokens"}
)

// SetLimits implements dialect.Frontend.
func (Frontend) SetLimits(h llm.Header, states []llm.LimitState) {
	dialect.SetLimit(h, &requestFields, dialect.Tightest(states, llm.Requests), appendReset)
	dialect.SetLimit(h, &tokenFields, dialect.Tightest(states, llm.Tokens), appendReset)
}

// appendReset writes durations as OpenAI and Go do, rounded up: 17ms, 1s, 6m0s.
func appendReset(dst []byte, s *llm.LimitState) []byte {
	left := max(0, time.Until(s.Reset)) + time.Millisecond - 1
	return append(dst, left.Truncate(time.Millisecond).String()...)
}
