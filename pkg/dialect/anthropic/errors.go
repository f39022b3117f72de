package anthropic

import (
	"strconv"
	"strings"
	"time"

	"github.com/llmgw/llmgw/pkg/dialect"
	"github.com/llmgw/llmgw/pkg/dialect/toplevel"
	"github.com/llmgw/llmgw/pkg/llm"
)

// row is how a kind of error looks on the wire.
type row struct {
	status int
	kind   string
}

// table has a row for each kind. Types: docs.anthropic.com/en/api/errors, as of
// 2026-11. A spent budget is billing_error with 429, as in Anthropic's own
// gateway.
var table = map[llm.Kind]row{
	llm.InvalidRequest: {400, "invalid_request_error"},
	llm.Authentication: {401, "authentication_error"},
	llm.Permission:     {403, "permission_error"},
	llm.NotFound:       {404, "not_found_error"},
	llm.Conflict:       {409, "conflict_error"},
	llm.TooLarge:       {413, "request_too_large"},
	llm.RateLimited:    {429, "rate_limit_error"},
	llm.BudgetExceeded: {429, "billing_error"},
	llm.Canceled:       {499, "api_error"},
	llm.Internal:       {500, "api_error"},
	llm.Upstream:       {502, "api_error"},
	llm.UpstreamAuth:   {502, "api_error"},
	llm.Timeout:        {504, "timeout_error"},
	llm.Overloaded:     {529, "overloaded_error"},
}

// byStatus names the type for a status that another vendor sent.
var byStatus = map[int]string{
	401: "authentication_error", 402: "billing_error", 403: "permission_error", 404: "not_found_error",
	408: "timeout_error", 409: "conflict_error", 413: "request_too_large", 429: "rate_limit_error",
	503: "overloaded_error", 504: "timeout_error", 529: "overloaded_error",
}

// look finds status and type of an error. A provider that answered gives the
// status, except where it refused the gateway's credential: that is not the
// client's affair.
func look(e *llm.Error) row {
	r, ok := table[e.Kind]
	if !ok {
		r = table[llm.Internal]
	}
	if e.Kind == llm.UpstreamAuth || e.Upstream == nil || e.Upstream.Status < 400 {
		return r
	}
	status := e.Upstream.Status
	switch kind, ok := byStatus[status]; {
	case ok:
		return row{status, kind}
	case status < 500:
		return row{status, "invalid_request_error"}
	default:
		return row{status, "api_error"}
	}
}

// tooLong begins what the API says of a prompt that does not fit. Claude Code knows
// it by these words, and compacts the conversation (measured with 2.1.330).
const tooLong = "prompt is too long"

// message is what the client is told.
func message(e *llm.Error) string {
	o := e.Overflow
	switch {
	case o == nil:
		return e.Message
	case o.Tokens > 0 && o.Limit > 0:
		return tooLong + ": " + strconv.FormatInt(o.Tokens, 10) + " tokens > " + strconv.FormatInt(o.Limit, 10) + " maximum"
	case strings.Contains(e.Message, tooLong):
		return e.Message
	default:
		return strings.TrimSuffix(tooLong+": "+e.Message, ": ")
	}
}

// AppendError implements dialect.Frontend. A prompt that is too long is told as
// the API does, whatever the status and the words of the vendor that refused it.
func (Frontend) AppendError(dst []byte, e *llm.Error, requestID string) (status int, body []byte) {
	r := look(e)
	if e.Overflow != nil {
		r = table[llm.InvalidRequest]
	}
	dst = append(dst, `{"type":"error","error":{"type":`...)
	dst = toplevel.AppendString(dst, r.kind)
	dst = append(dst, `,"message":`...)
	dst = toplevel.AppendString(dst, message(e))
	dst = append(dst, '}')
	if requestID != "" {
		dst = append(dst, `,"request_id":`...)
		dst = toplevel.AppendString(dst, requestID)
	}
	return r.status, append(dst, '}')
}

// The fields of rate limits: docs.anthropic.com/en/api/rate-limits, as of 2026-11.
var (
	requestFields = dialect.LimitFields{Limit: "Anthropic-Ratelimit-Requests-Limit", Remaining: "Anthropic-Ratelimit-Requests-Remaining", Reset: "Anthropic-Ratelimit-Requests-Reset"}
	tokenFields   = dialect.LimitFields{Limit: "Anthropic-Ratelimit-Tokens-Limit", Remaining: "Anthropic-Ratelimit-Tokens-Remaining", Reset: "Anthropic-Ratelimit-Tokens-Reset"}
)

// SetLimits implements dialect.Frontend.
func (Frontend) SetLimits(h llm.Header, states []llm.LimitState) {
	dialect.SetLimit(h, &requestFields, dialect.Tightest(states, llm.Requests), appendReset)
	dialect.SetLimit(h, &tokenFields, dialect.Tightest(states, llm.Tokens), appendReset)
}

// appendReset writes whole seconds, rounded up: a client that waits until then must
// not come too early.
func appendReset(dst []byte, s *llm.LimitState) []byte {
	return s.Reset.Add(time.Second-1).UTC().Truncate(time.Second).AppendFormat(dst, time.RFC3339)
}
