package requestlog

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/llmgw/llmgw/pkg/llm"
)

// priceSourceLiteLLM is the price source of costs that LiteLLM has worked out.
const priceSourceLiteLLM = "litellm"

// payload is LiteLLM's StandardLoggingPayload, as far as a Record has a place for it
// (docs.litellm.ai/docs/proxy/logging_spec, read 2026-11). Words, numbers and times
// come in several spellings, by version and by destination of the log.
type payload struct {
	ID          word    `json:"id"`
	TraceID     word    `json:"trace_id"`
	CallType    word    `json:"call_type"`
	Status      word    `json:"status"`
	Stream      word    `json:"stream"`
	Start       moment  `json:"startTime"`           //nolint:tagliatelle // LiteLLM's spelling, here and below
	End         moment  `json:"endTime"`             //nolint:tagliatelle // see above
	First       moment  `json:"completionStartTime"` //nolint:tagliatelle // see above
	Seconds     seconds `json:"response_time"`
	Prompt      tally   `json:"prompt_tokens"`
	Completion  tally   `json:"completion_tokens"`
	Cost        dollars `json:"response_cost"`
	Model       word    `json:"model"`
	Group       word    `json:"model_group"`
	ModelID     word    `json:"model_id"`
	Provider    word    `json:"custom_llm_provider"`
	CacheHit    word    `json:"cache_hit"`
	RequesterIP word    `json:"requester_ip_address"`
	Error       word    `json:"error_str"`
	Failure     struct {
		Code     word `json:"error_code"`
		Class    word `json:"error_class"`
		Provider word `json:"llm_provider"`
		Message  word `json:"error_message"`
	} `json:"error_information"`
	Metadata struct {
		KeyHash     word         `json:"user_api_key_hash"`
		KeyAlias    word         `json:"user_api_key_alias"`
		TeamID      word         `json:"user_api_key_team_id"`
		TeamAlias   word         `json:"user_api_key_team_alias"`
		RequesterIP word         `json:"requester_ip_address"`
		UserAgent   word         `json:"user_agent"`
		Usage       payloadUsage `json:"usage_object"`
	} `json:"metadata"`
}

// payloadUsage is the provider's own word on what was used.
type payloadUsage struct {
	CacheRead  tally `json:"cache_read_input_tokens"`
	CacheWrite tally `json:"cache_creation_input_tokens"`
	Prompt     struct {
		Cached tally `json:"cached_tokens"`
	} `json:"prompt_tokens_details"`
	Completion struct {
		Reasoning tally `json:"reasoning_tokens"`
	} `json:"completion_tokens_details"`
}

// ParseLiteLLM reads one line of LiteLLM's log: a StandardLoggingPayload. Its status
// "failure" is StatusError, its model group the model asked for, its key's and team's
// aliases their names. Times without a zone are in UTC. It returns an error that
// wraps ErrRecord for anything else; it never changes b.
func ParseLiteLLM(b []byte) (Record, error) {
	var p payload
	if err := json.Unmarshal(b, &p); err != nil {
		return Record{}, fmt.Errorf("%w: %w", ErrRecord, err)
	}
	r := Record{
		Timestamp: time.Time(p.Start), RequestID: string(p.ID), Status: string(p.Status), SessionID: string(p.TraceID),
		Endpoint: string(p.CallType), Model: first(p.Group, p.Model), UpstreamModel: string(p.Model),
		Deployment: string(p.ModelID), Provider: first(p.Provider, p.Failure.Provider), Stream: p.Stream.isTrue(),
		KeyID: string(p.Metadata.KeyHash), KeyName: string(p.Metadata.KeyAlias), Team: first(p.Metadata.TeamAlias, p.Metadata.TeamID),
		ClientIP: first(p.RequesterIP, p.Metadata.RequesterIP), UserAgent: string(p.Metadata.UserAgent),
		Duration: p.duration(), Usage: p.usage(), Cost: llm.NanoUSD(p.Cost), Cache: p.cache(),
	}
	if p.Cost != 0 {
		r.PriceSource = priceSourceLiteLLM
	}
	if begin := time.Time(p.First); r.Stream && !r.Timestamp.IsZero() && begin.After(r.Timestamp) {
		r.TTFT = begin.Sub(r.Timestamp)
	}
	p.outcome(&r)
	return r, nil
}

// outcome fills in how the call ended.
func (p *payload) outcome(r *Record) {
	switch r.Status {
	case StatusSuccess:
		r.HTTPStatus = 200
	case "failure":
		r.Status = StatusError
		r.ErrorType, r.Error = string(p.Failure.Class), first(p.Error, p.Failure.Message)
		if code, err := strconv.Atoi(string(p.Failure.Code)); err == nil {
			r.HTTPStatus = code
		}
	}
}

// duration is response_time, else what the times say.
func (p *payload) duration() time.Duration {
	if p.Seconds > 0 {
		return time.Duration(p.Seconds)
	}
	start, end := time.Time(p.Start), time.Time(p.End)
	if start.IsZero() || !end.After(start) {
		return 0
	}
	return min(end.Sub(start), maxMillis*time.Millisecond)
}

func (p *payload) usage() llm.Usage {
	u := &p.Metadata.Usage
	return llm.Usage{
		Input: int64(p.Prompt), Output: int64(p.Completion),
		CacheRead: int64(max(u.CacheRead, u.Prompt.Cached)), CacheWrite5m: int64(u.CacheWrite),
		Reasoning: int64(u.Completion.Reasoning), Reported: true,
	}
}

func (p *payload) cache() string {
	switch {
	case p.CacheHit == "":
		return ""
	case p.CacheHit.isTrue():
		return "hit"
	default:
		return "miss"
	}
}

// first is the first word that is not empty.
func first(words ...word) string {
	for _, w := range words {
		if w != "" {
			return string(w)
		}
	}
	return ""
}

// word is a text, or a number or truth value that stands in a text's place; "" for
// null, lists and objects.
type word string

// UnmarshalJSON implements json.Unmarshaler.
func (w *word) UnmarshalJSON(b []byte) error {
	switch b[0] {
	case '"':
		if text := b[1 : len(b)-1]; isASCII(text) && bytes.IndexByte(text, '\\') < 0 {
			*w = word(text)
			return nil
		}
		return json.Unmarshal(b, (*string)(w))
	case 'n', '[', '{':
		return nil
	default:
		*w = word(b)
		return nil
	}
}

func isASCII(text []byte) bool {
	for _, c := range text {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func (w word) isTrue() bool { return strings.EqualFold(string(w), "true") }

// tally is a number of tokens, which some versions write as a float.
type tally int64

// UnmarshalJSON implements json.Unmarshaler.
func (t *tally) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return nil
	}
	if n, err := strconv.ParseInt(string(b), 10, 64); err == nil && n >= 0 {
		*t = tally(n)
		return nil
	}
	n, err := strconv.ParseFloat(string(b), 64)
	if err != nil || n < 0 || n != math.Trunc(n) || n > 1<<53 {
		return fmt.Errorf("%.20s is no count", b)
	}
	*t = tally(n)
	return nil
}

// seconds is a duration that is written in seconds.
type seconds time.Duration

// UnmarshalJSON implements json.Unmarshaler.
func (s *seconds) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return nil
	}
	n, err := strconv.ParseFloat(string(b), 64)
	if err != nil || n < 0 || n > maxMillis/1000 {
		return fmt.Errorf("%.20s is no duration in seconds", b)
	}
	*s = seconds(math.Round(n * 1e9))
	return nil
}

// moment is an instant: seconds since 1970, or ISO 8601, in UTC where it names no
// zone.
type moment time.Time

// UnmarshalJSON implements json.Unmarshaler.
func (m *moment) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return nil
	}
	text := string(bytes.Trim(b, `"`))
	if n, err := strconv.ParseFloat(text, 64); err == nil && math.Abs(n) < 1e11 {
		whole, part := math.Modf(n)
		// A float of this size tells microseconds, and noise behind them.
		*m = moment(time.Unix(int64(whole), int64(math.Round(part*1e6))*1000).UTC())
		return nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05Z07:00", time.DateTime} {
		if t, err := time.Parse(layout, text); err == nil {
			*m = moment(t.UTC())
			return nil
		}
	}
	return fmt.Errorf("%.40s is no time", b)
}
