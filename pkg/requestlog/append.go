package requestlog

import (
	"strconv"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/llmgw/llmgw/pkg/llm"
)

// How many bytes of each text stand in a line. Texts come from clients and
// providers; a line must not grow with what they send.
const (
	maxWord  = 64   // words of our own: status, cache, price source
	maxID    = 256  // ids and names
	maxModel = 512  // models and deployments
	maxText  = 1024 // error, user agent
	// maxAttempts is how many attempts are written: the last ones.
	maxAttempts = 32
)

// AppendJSON appends the record as one line of JSON, without the line's end. It
// is always valid JSON and valid UTF-8 on one line: bytes that are no UTF-8 are
// replaced, control characters are escaped (a log is also looked at on a
// terminal), long texts are cut. ParseRecord reads it back.
//
// Beyond the documented fields a line has cache_write_1h_tokens and queries
// where they are not zero, so that it says all of Usage. It has usage_estimated
// where there were tokens or the provider reported none.
func (r *Record) AppendJSON(dst []byte) []byte {
	dst = append(dst, `{"timestamp":"`...)
	dst = appendTime(dst, r.Timestamp)
	dst = append(dst, '"')
	dst = r.appendOutcome(dst)
	dst = r.appendRoute(dst)
	dst = r.appendCaller(dst)
	dst = r.appendTimes(dst)
	dst = appendUsage(dst, r.Usage)
	dst = append(dst, `,"cost":`...)
	dst = r.Cost.AppendText(dst)
	dst = appendText(dst, `,"price_source":"`, r.PriceSource, maxWord)
	dst = appendText(dst, `,"cache":"`, r.Cache, maxWord)
	dst = appendText(dst, `,"stop_reason":"`, r.StopReason, maxID)
	dst = appendText(dst, `,"upstream_request_id":"`, r.UpstreamRequestID, maxID)
	dst = appendAttempts(dst, r.Attempts)
	return append(dst, '}')
}

func (r *Record) appendOutcome(dst []byte) []byte {
	dst = appendText(dst, `,"request_id":"`, r.RequestID, maxID)
	dst = appendText(dst, `,"status":"`, r.Status, maxWord)
	dst = appendNonZero(dst, `,"http_status":`, int64(r.HTTPStatus))
	dst = appendText(dst, `,"error_type":"`, r.ErrorType, maxWord)
	return appendText(dst, `,"error":"`, r.Error, maxText)
}

func (r *Record) appendRoute(dst []byte) []byte {
	dst = appendText(dst, `,"endpoint":"`, r.Endpoint, maxModel)
	dst = appendText(dst, `,"dialect":"`, string(r.Dialect), maxWord)
	dst = appendText(dst, `,"model":"`, r.Model, maxModel)
	dst = appendText(dst, `,"deployment":"`, r.Deployment, maxModel)
	dst = appendText(dst, `,"provider":"`, r.Provider, maxID)
	dst = appendText(dst, `,"upstream_model":"`, r.UpstreamModel, maxModel)
	dst = append(dst, `,"stream":`...)
	return strconv.AppendBool(dst, r.Stream)
}

func (r *Record) appendCaller(dst []byte) []byte {
	dst = appendText(dst, `,"key_id":"`, r.KeyID, maxID)
	dst = appendText(dst, `,"key_name":"`, r.KeyName, maxID)
	dst = appendText(dst, `,"team":"`, r.Team, maxID)
	dst = appendText(dst, `,"session_id":"`, r.SessionID, maxID)
	dst = appendText(dst, `,"user_agent":"`, r.UserAgent, maxText)
	dst = appendText(dst, `,"client_ip":"`, r.ClientIP, maxID)
	return appendText(dst, `,"client_request_id":"`, r.ClientRequestID, maxID)
}

func (r *Record) appendTimes(dst []byte) []byte {
	dst = append(dst, `,"duration":`...)
	dst = appendMillis(dst, r.Duration)
	dst = appendSpan(dst, `,"ttft":`, r.TTFT)
	dst = appendSpan(dst, `,"upstream_ms":`, r.Upstream)
	return appendSpan(dst, `,"overhead_ms":`, r.Overhead)
}

// appendUsage appends all tokens, zeros too: reports sum them.
func appendUsage(dst []byte, u llm.Usage) []byte {
	dst = append(dst, `,"input_tokens":`...)
	dst = strconv.AppendInt(dst, u.Input, 10)
	dst = append(dst, `,"output_tokens":`...)
	dst = strconv.AppendInt(dst, u.Output, 10)
	dst = append(dst, `,"cache_read_tokens":`...)
	dst = strconv.AppendInt(dst, u.CacheRead, 10)
	dst = append(dst, `,"cache_write_tokens":`...)
	dst = strconv.AppendInt(dst, u.CacheWrite(), 10)
	dst = appendNonZero(dst, `,"cache_write_1h_tokens":`, u.CacheWrite1h)
	dst = append(dst, `,"reasoning_tokens":`...)
	dst = strconv.AppendInt(dst, u.Reasoning, 10)
	dst = appendNonZero(dst, `,"queries":`, u.Queries)
	if !u.Reported && u == (llm.Usage{}) {
		return dst // nothing was used, so nothing is estimated
	}
	dst = append(dst, `,"usage_estimated":`...)
	return strconv.AppendBool(dst, !u.Reported)
}

func appendAttempts(dst []byte, attempts []Attempt) []byte {
	if len(attempts) == 0 {
		return dst
	}
	dst = append(dst, `,"attempts":[`...)
	for i, a := range attempts[max(len(attempts)-maxAttempts, 0):] {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"deployment":"`...)
		dst = appendString(dst, a.Deployment, maxModel)
		dst = append(dst, '"')
		dst = appendNonZero(dst, `,"status":`, int64(a.Status))
		dst = appendText(dst, `,"error":"`, a.Error, maxText)
		dst = append(dst, `,"ms":`...)
		dst = appendMillis(dst, a.Duration)
		dst = append(dst, '}')
	}
	return append(dst, ']')
}

// appendText appends a field, whose name comes with comma, colon and the opening
// quote, unless it is empty.
func appendText(dst []byte, name, value string, limit int) []byte {
	if value == "" {
		return dst
	}
	dst = append(dst, name...)
	dst = appendString(dst, value, limit)
	return append(dst, '"')
}

// appendNonZero appends a number unless it is zero.
func appendNonZero(dst []byte, name string, value int64) []byte {
	if value == 0 {
		return dst
	}
	dst = append(dst, name...)
	return strconv.AppendInt(dst, value, 10)
}

// appendSpan appends a duration unless it is zero in the line's precision.
func appendSpan(dst []byte, name string, d time.Duration) []byte {
	if micros(d) == 0 {
		return dst
	}
	dst = append(dst, name...)
	return appendMillis(dst, d)
}

// micros is a duration as the line has it: whole microseconds, never negative.
func micros(d time.Duration) int64 { return max(int64(d.Round(time.Microsecond)/time.Microsecond), 0) }

// appendMillis appends a duration as milliseconds with up to three decimals.
func appendMillis(dst []byte, d time.Duration) []byte {
	us := micros(d)
	dst = strconv.AppendInt(dst, us/1000, 10)
	rest := us % 1000
	if rest == 0 {
		return dst
	}
	dst = append(dst, '.')
	for unit := int64(100); rest > 0; unit /= 10 {
		dst = append(dst, byte('0'+rest/unit))
		rest %= unit
	}
	return dst
}

// appendTime appends an instant as RFC 3339 in UTC with milliseconds. Years that
// RFC 3339 cannot write become the zero time.
func appendTime(dst []byte, t time.Time) []byte {
	t = t.UTC()
	year, month, day := t.Date()
	if year < 0 || year > 9999 {
		return append(dst, "0001-01-01T00:00:00.000Z"...)
	}
	hour, minute, second := t.Clock()
	dst = appendDigits(dst, year, 1000)
	dst = append(dst, '-')
	dst = appendDigits(dst, int(month), 10)
	dst = append(dst, '-')
	dst = appendDigits(dst, day, 10)
	dst = append(dst, 'T')
	dst = appendDigits(dst, hour, 10)
	dst = append(dst, ':')
	dst = appendDigits(dst, minute, 10)
	dst = append(dst, ':')
	dst = appendDigits(dst, second, 10)
	dst = append(dst, '.')
	dst = appendDigits(dst, t.Nanosecond()/int(time.Millisecond), 100)
	return append(dst, 'Z')
}

// appendDigits appends a number from the digit of the given unit down to ones.
func appendDigits(dst []byte, n, unit int) []byte {
	for ; unit > 0; unit /= 10 {
		dst = append(dst, byte('0'+n/unit%10))
	}
	return dst
}

// appendString appends the inside of a JSON string: at most limit bytes of s, cut
// between characters.
func appendString(dst []byte, s string, limit int) []byte {
	n := min(len(s), limit)
	for i := range n {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return appendEscaped(append(dst, s[:i]...), s[i:], limit-i)
		}
	}
	return append(dst, s[:n]...)
}

// appendEscaped is appendString for texts that need a closer look. The limit is
// on the text as a reader gets it, so that reading and writing it again changes
// nothing.
func appendEscaped(dst []byte, s string, limit int) []byte {
	for _, r := range s { // bytes that are no UTF-8 come as utf8.RuneError
		if limit -= utf8.RuneLen(r); limit < 0 {
			break
		}
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r == '\n':
			dst = append(dst, '\\', 'n')
		case unicode.IsControl(r) || r == '\u2028' || r == '\u2029':
			dst = appendUnicode(dst, r)
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return dst
}

// appendUnicode appends a character of the first plane as \uXXXX.
func appendUnicode(dst []byte, r rune) []byte {
	const hex = "0123456789abcdef"
	return append(dst, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
}
