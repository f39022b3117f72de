package dialect

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/llmgw/llmgw/pkg/dialect/toplevel"
	"github.com/llmgw/llmgw/pkg/llm"
)

// maxMessage bounds what is kept of a vendor's message, in characters.
const maxMessage = 2000

// DecodeError reads a vendor's report of a failed call, in any of the shapes
// that Anthropic, OpenAI and the vendors compatible with them send. A status
// below 400 means that the report came inside of a stream: then the body alone
// decides. The result's Upstream is not set.
//
// What a vendor says of the gateway's own credential goes into Cause, never into
// Message.
func DecodeError(status int, h llm.Header, body []byte) *llm.Error {
	v := readVendorError(body)
	status = v.statusOr(status)
	e := &llm.Error{
		Kind:       v.kind(status),
		Code:       v.code,
		Param:      v.param,
		Message:    truncate(v.message),
		RetryAfter: retryAfter(h),
	}
	if mayOverflow(e.Kind) {
		if e.Overflow = v.overflow(); e.Overflow != nil {
			e.Kind = llm.InvalidRequest
		}
	}
	if e.Message == "" {
		e.Message = generic(status)
		e.Cause = vendorText(string(body))
	}
	if e.Kind == llm.UpstreamAuth {
		if e.Cause == nil {
			e.Cause = vendorText(e.Message)
		}
		e.Code, e.Param, e.NoRetry = "", "", true
		e.Message = "the provider did not accept the gateway's credential"
	}
	if v.is("insufficient_quota") || status == 402 || h.Get("X-Should-Retry") == "false" {
		e.NoRetry = true
	}
	return e
}

func generic(status int) string {
	if status < 400 {
		return "the provider reported an error in its stream"
	}
	return fmt.Sprintf("the provider answered with status %d", status)
}

// vendorText is a vendor's text for the log; nil where there is none.
func vendorText(s string) error {
	const kept = 500 // characters; what is no JSON is mostly a web page
	if s = strings.TrimSpace(s); s == "" {
		return nil
	}
	return errors.New(cut(s, kept))
}

// vendorError is what vendors' errors have in common. Codes may be numbers.
type vendorError struct {
	kindName string // "type", or Google's "status"
	code     string
	param    string
	message  string
	status   int64 // a status inside the body
	// promptTokens and contextTokens are how long a prompt is and may be, where
	// that is told in members of their own.
	promptTokens, contextTokens int64
}

// readVendorError accepts {"error": {…}}, {"error": "text"}, {"message": …},
// {"detail": …} and an array of one of these. What is no JSON reads as nothing.
func readVendorError(body []byte) vendorError {
	var v vendorError
	if list := toplevel.Array(body); list.Next() {
		body = list.Value()
	}
	v.read(body)
	if inner := toplevel.Find(body, "error"); toplevel.IsObject(inner) {
		// What stands inside says more: outside, "type" is only "error".
		outer := v
		v = vendorError{code: outer.code, param: outer.param, message: outer.message}
		v.read(inner)
	}
	return v
}

func (v *vendorError) read(object []byte) {
	for m := toplevel.Object(object); m.Next(); {
		value := m.Value()
		switch string(m.Name()) {
		case "message", "detail", "error":
			if s := text(value); s != "" {
				v.message = s
			}
		case "type", "error_type":
			v.kindName = text(value)
		case "status":
			if s := text(value); s != "" && v.kindName == "" {
				v.kindName = s
			}
		case "param":
			v.param = text(value)
		case "code":
			v.code = text(value)
			v.note(value)
		case "status_code", "raw_status_code":
			v.note(value)
		case "n_prompt_tokens", "n_ctx":
			v.noteCounts(string(m.Name()), value)
		}
	}
}

// note keeps a number that is an error's status.
func (v *vendorError) note(value []byte) {
	if n, ok := toplevel.Int(value); ok && n >= 400 && n < 600 {
		v.status = n
	}
}

// text reads a string, or a number as it is written, or the message in the first
// element of a list (validation errors).
func text(value []byte) string {
	if s, ok := toplevel.String(value); ok {
		return s
	}
	if _, ok := toplevel.Int(value); ok {
		return string(value)
	}
	if list := toplevel.Array(value); list.Next() {
		s, _ := toplevel.String(toplevel.Find(list.Value(), "msg"))
		return s
	}
	return ""
}

// statusOr is the answer's status or, inside of a stream, the body's.
func (v *vendorError) statusOr(status int) int {
	if status < 400 {
		return int(v.status)
	}
	return status
}

func (v *vendorError) is(word string) bool { return v.code == word || v.kindName == word }

// kind classes the error. The body goes before the status where vendors are
// known to send a status that means something else.
func (v *vendorError) kind(status int) llm.Kind {
	switch {
	case v.badKey():
		return llm.UpstreamAuth
	case v.is("overloaded_error"):
		return llm.Overloaded
	case v.is("insufficient_quota"):
		return llm.RateLimited
	}
	if k, ok := statusKinds[status]; ok {
		return k
	}
	switch {
	case status >= 500:
		return llm.Upstream
	case status >= 400:
		return llm.InvalidRequest
	}
	return v.kindByName()
}

// statusKinds are the statuses that mean more than "yours" and "ours". 402 is an
// account without money and 424 a model's failure at Bedrock; 498 is Groq's, 529
// Anthropic's word for overload.
var statusKinds = map[int]llm.Kind{
	401: llm.UpstreamAuth, 402: llm.Upstream, 403: llm.UpstreamAuth, 404: llm.NotFound, 408: llm.Timeout,
	409: llm.Conflict, 413: llm.TooLarge, 424: llm.Upstream, 429: llm.RateLimited, 498: llm.Overloaded,
	503: llm.Overloaded, 504: llm.Timeout, 529: llm.Overloaded,
}

// kindByName classes an error inside of a stream, which has no status.
// Names: docs.anthropic.com/en/api/errors and platform.openai.com/docs/guides/error-codes, as of 2026-11.
func (v *vendorError) kindByName() llm.Kind {
	for _, word := range []string{v.kindName, v.code} {
		switch word {
		case "authentication_error", "permission_error":
			return llm.UpstreamAuth
		case "invalid_request_error":
			return llm.InvalidRequest
		case "not_found_error", "model_not_found":
			return llm.NotFound
		case "request_too_large":
			return llm.TooLarge
		case "rate_limit_error", "rate_limit_exceeded":
			return llm.RateLimited
		case "timeout_error":
			return llm.Timeout
		}
	}
	return llm.Upstream
}

// badKey reports whether the vendor complains of the key. xAI and Gemini do so
// with status 400, and with nothing but the wording in common.
func (v *vendorError) badKey() bool {
	if v.is("invalid_api_key") || v.is("authentication_error") || v.is("UNAUTHENTICATED") {
		return true
	}
	m := strings.ToLower(v.message)
	return strings.Contains(m, "incorrect api key") || strings.Contains(m, "invalid api key") ||
		strings.Contains(m, "api key not valid") || strings.Contains(m, "api key expired")
}

// retryAfter reads when the vendor wants to be asked again: milliseconds, or
// seconds, or an HTTP date. It is 0 where that is unknown or over.
func retryAfter(h llm.Header) time.Duration {
	if d, ok := parseWait(h.Get("Retry-After-Ms"), time.Millisecond); ok {
		return d
	}
	value := h.Get("Retry-After")
	if d, ok := parseWait(value, time.Second); ok {
		return d
	}
	// The preferred form of RFC 9110, section 5.6.7.
	if t, err := time.Parse("Mon, 02 Jan 2006 15:04:05 GMT", value); err == nil {
		return max(0, time.Until(t))
	}
	return 0
}

// parseWait reads a positive number of units; up to about a year.
func parseWait(s string, unit time.Duration) (time.Duration, bool) {
	const longest = 366 * 24 * time.Hour
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(f) || f <= 0 {
		return 0, false
	}
	return time.Duration(min(f*float64(unit), float64(longest))), true
}

func truncate(s string) string { return cut(s, maxMessage) }

// cut shortens s to n characters.
func cut(s string, n int) string {
	if len(s) <= n || utf8.RuneCountInString(s) <= n {
		return s
	}
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}
