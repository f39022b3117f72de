package requestlog

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/llmgw/llmgw/pkg/llm"
)

// ErrRecord is what ParseRecord wraps: the line is no record.
var ErrRecord = errors.New("not a request log line")

// line is a record as JSON has it.
type line struct {
	Timestamp         time.Time    `json:"timestamp"`
	RequestID         string       `json:"request_id"`
	Status            string       `json:"status"`
	HTTPStatus        int          `json:"http_status"`
	ErrorType         string       `json:"error_type"`
	Error             string       `json:"error"`
	Endpoint          string       `json:"endpoint"`
	Dialect           llm.Dialect  `json:"dialect"`
	Model             string       `json:"model"`
	Deployment        string       `json:"deployment"`
	Provider          string       `json:"provider"`
	UpstreamModel     string       `json:"upstream_model"`
	Stream            bool         `json:"stream"`
	KeyID             string       `json:"key_id"`
	KeyName           string       `json:"key_name"`
	Team              string       `json:"team"`
	SessionID         string       `json:"session_id"`
	UserAgent         string       `json:"user_agent"`
	ClientIP          string       `json:"client_ip"`
	ClientRequestID   string       `json:"client_request_id"`
	Duration          millis       `json:"duration"`
	TTFT              millis       `json:"ttft"`
	Upstream          millis       `json:"upstream_ms"`
	Overhead          millis       `json:"overhead_ms"`
	InputTokens       count        `json:"input_tokens"`
	OutputTokens      count        `json:"output_tokens"`
	CacheReadTokens   count        `json:"cache_read_tokens"`
	CacheWriteTokens  count        `json:"cache_write_tokens"`
	CacheWrite1h      count        `json:"cache_write_1h_tokens"`
	ReasoningTokens   count        `json:"reasoning_tokens"`
	Queries           count        `json:"queries"`
	UsageEstimated    *bool        `json:"usage_estimated"`
	Cost              dollars      `json:"cost"`
	PriceSource       string       `json:"price_source"`
	Cache             string       `json:"cache"`
	StopReason        string       `json:"stop_reason"`
	UpstreamRequestID string       `json:"upstream_request_id"`
	Attempts          []attemptRow `json:"attempts"`
}

type attemptRow struct {
	Deployment string `json:"deployment"`
	Status     int    `json:"status"`
	Error      string `json:"error"`
	Duration   millis `json:"ms"`
}

// millis is a duration written in milliseconds.
type millis time.Duration

// maxMillis is ten years: more is no duration of a call, and it is far from where
// durations overflow.
const maxMillis = 10 * 365 * 24 * 3600 * 1000

// UnmarshalJSON reads a number of milliseconds, rounded to microseconds.
func (m *millis) UnmarshalJSON(b []byte) error {
	var ms float64
	if err := json.Unmarshal(b, &ms); err != nil {
		return err
	}
	if ms < 0 || ms > maxMillis {
		return fmt.Errorf("%s is no duration in milliseconds", b)
	}
	*m = millis(time.Duration(math.Round(ms*1000)) * time.Microsecond)
	return nil
}

// count is a number of tokens.
type count int64

// UnmarshalJSON reads a whole number that is not negative.
func (c *count) UnmarshalJSON(b []byte) error {
	var n int64
	if err := json.Unmarshal(b, &n); err != nil {
		return err
	}
	if n < 0 {
		return fmt.Errorf("%d is no count", n)
	}
	*c = count(n)
	return nil
}

// dollars is an amount written as a decimal number.
type dollars llm.NanoUSD

// UnmarshalJSON reads the number's digits: a float would lose some.
func (d *dollars) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return nil
	}
	n, err := llm.ParseUSD(string(b))
	*d = dollars(n)
	return err
}

// ParseRecord reads one line as AppendJSON writes it. Fields it does not know are
// skipped. It returns an error that wraps ErrRecord for what is not a JSON object
// with the documented types; it never changes b.
func ParseRecord(b []byte) (Record, error) {
	var l line
	if err := json.Unmarshal(b, &l); err != nil {
		return Record{}, fmt.Errorf("%w: %w", ErrRecord, err)
	}
	if l.CacheWrite1h > l.CacheWriteTokens {
		return Record{}, fmt.Errorf("%w: cache_write_1h_tokens is more than cache_write_tokens", ErrRecord)
	}
	return l.record(), nil
}

func (l *line) record() Record {
	return Record{
		Timestamp: l.Timestamp.UTC(), RequestID: l.RequestID,
		Status: l.Status, HTTPStatus: l.HTTPStatus, ErrorType: l.ErrorType, Error: l.Error,
		Endpoint: l.Endpoint, Dialect: l.Dialect, Model: l.Model, Deployment: l.Deployment,
		Provider: l.Provider, UpstreamModel: l.UpstreamModel, Stream: l.Stream,
		KeyID: l.KeyID, KeyName: l.KeyName, Team: l.Team, SessionID: l.SessionID,
		UserAgent: l.UserAgent, ClientIP: l.ClientIP, ClientRequestID: l.ClientRequestID,
		Duration: time.Duration(l.Duration), TTFT: time.Duration(l.TTFT),
		Upstream: time.Duration(l.Upstream), Overhead: time.Duration(l.Overhead),
		Usage: l.usage(), Cost: llm.NanoUSD(l.Cost), PriceSource: l.PriceSource, Cache: l.Cache,
		StopReason: l.StopReason, UpstreamRequestID: l.UpstreamRequestID, Attempts: l.attempts(),
	}
}

func (l *line) usage() llm.Usage {
	return llm.Usage{
		Input: int64(l.InputTokens), Output: int64(l.OutputTokens),
		CacheRead:    int64(l.CacheReadTokens),
		CacheWrite5m: int64(l.CacheWriteTokens - l.CacheWrite1h), CacheWrite1h: int64(l.CacheWrite1h),
		Reasoning: int64(l.ReasoningTokens), Queries: int64(l.Queries),
		Reported: l.UsageEstimated != nil && !*l.UsageEstimated,
	}
}

func (l *line) attempts() []Attempt {
	if len(l.Attempts) == 0 {
		return nil
	}
	attempts := make([]Attempt, len(l.Attempts))
	for i, a := range l.Attempts {
		attempts[i] = Attempt{Deployment: a.Deployment, Status: a.Status, Error: a.Error, Duration: time.Duration(a.Duration)}
	}
	return attempts
}
