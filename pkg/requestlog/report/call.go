package report

import (
	"bytes"
	"encoding/json"
	"math"
	"time"
	"unicode/utf8"

	"github.com/llmgw/llmgw/pkg/requestlog"
)

// call is one line as a report needs it. Texts are found in the line when they are
// asked for; a call is valid as long as the block that it was read from.
type call struct {
	// src holds the texts: the block, or what own holds.
	src []byte
	own []byte
	// seen has a bit for each field that the line has, odd for texts that do not stand
	// in src as they are: with escapes, or perhaps no UTF-8.
	seen, odd uint64
	spans     [numFields]span
	// numbers are microseconds since 1970 (timestamp), nanoseconds (durations),
	// nano-dollars (cost), 0 and 1 (truth values), how many there are (attempts).
	numbers [numFields]int64
}

// span is a text's place in src.
type span struct{ from, to uint32 }

func (c *call) has(f field) bool { return c.seen>>f&1 != 0 }

// number is the value of a field that is no text; 0 where the line has none.
func (c *call) number(f field) int64 {
	if !c.has(f) {
		return 0
	}
	return c.numbers[f]
}

// duration is the value of a field that is one.
func (c *call) duration(f field) time.Duration { return time.Duration(c.number(f)) }

// text is the value of a field that is one, valid UTF-8, valid until the next call;
// nil where the line has none.
func (c *call) text(f field) []byte {
	if !c.has(f) {
		return nil
	}
	raw := c.src[c.spans[f].from:c.spans[f].to]
	if c.odd>>f&1 == 0 || utf8.Valid(raw) && bytes.IndexByte(raw, '\\') < 0 {
		return raw
	}
	var s string
	quoted := append(append([]byte{'"'}, raw...), '"')
	if json.Unmarshal(quoted, &s) != nil {
		return raw // cannot be: the scanner has read it
	}
	return []byte(s)
}

// raw is a field's JSON.
func (c *call) raw(f field) []byte { return c.src[c.spans[f].from:c.spans[f].to] }

// isStatus reports how the call ended.
func (c *call) isStatus(status string) bool { return string(c.text(fieldStatus)) == status }

// read fills in a call from a line that the scanner does not read: any that is not
// written as usual.
func (c *call) read(line []byte) error {
	r, err := requestlog.ParseLine(line)
	if err != nil {
		return err
	}
	c.own, c.seen, c.odd = c.own[:0], 0, 0
	c.setTexts(&r)
	if !r.Timestamp.IsZero() {
		c.set(fieldTimestamp, r.Timestamp.UnixMicro())
	}
	c.set(fieldHTTPStatus, int64(r.HTTPStatus))
	c.set(fieldStream, truth(r.Stream))
	c.set(fieldDuration, int64(r.Duration))
	c.set(fieldTTFT, int64(r.TTFT))
	c.set(fieldUpstreamMS, int64(r.Upstream))
	c.set(fieldOverheadMS, int64(r.Overhead))
	c.set(fieldInput, r.Usage.Input)
	c.set(fieldOutput, r.Usage.Output)
	c.set(fieldCacheRead, r.Usage.CacheRead)
	c.set(fieldCacheWrite, r.Usage.CacheWrite())
	c.set(fieldCacheWrite1h, r.Usage.CacheWrite1h)
	c.set(fieldReasoning, r.Usage.Reasoning)
	c.set(fieldQueries, r.Usage.Queries)
	c.set(fieldCost, int64(r.Cost))
	if !requestlog.IsLiteLLM(line) {
		c.setLost(line)
	}
	c.setAttempts(r.Attempts)
	c.src = c.own
	return nil
}

// setLost sets what a Record does not keep of a line of ours: durations as the line
// has them, not rounded to microseconds, and whether the usage is estimated, as
// opposed to a line that does not say.
func (c *call) setLost(line []byte) {
	var l struct {
		Duration  float64 `json:"duration"`
		TTFT      float64 `json:"ttft"`
		Upstream  float64 `json:"upstream_ms"`
		Overhead  float64 `json:"overhead_ms"`
		Estimated bool    `json:"usage_estimated"`
	}
	if json.Unmarshal(line, &l) != nil {
		return // cannot be: it has been read as a Record
	}
	c.set(fieldDuration, nanos(l.Duration))
	c.set(fieldTTFT, nanos(l.TTFT))
	c.set(fieldUpstreamMS, nanos(l.Upstream))
	c.set(fieldOverheadMS, nanos(l.Overhead))
	c.set(fieldEstimated, truth(l.Estimated))
}

func (c *call) set(f field, n int64) {
	c.seen |= 1 << f
	c.numbers[f] = n
}

func (c *call) setTexts(r *requestlog.Record) {
	for _, t := range []struct {
		field field
		text  string
	}{
		{fieldRequestID, r.RequestID},
		{fieldStatus, r.Status},
		{fieldErrorType, r.ErrorType},
		{fieldError, r.Error},
		{fieldEndpoint, r.Endpoint},
		{fieldDialect, string(r.Dialect)},
		{fieldModel, r.Model},
		{fieldDeployment, r.Deployment},
		{fieldProvider, r.Provider},
		{fieldUpstreamModel, r.UpstreamModel},
		{fieldKeyID, r.KeyID},
		{fieldKeyName, r.KeyName},
		{fieldTeam, r.Team},
		{fieldSessionID, r.SessionID},
		{fieldUserAgent, r.UserAgent},
		{fieldClientIP, r.ClientIP},
		{fieldClientRequestID, r.ClientRequestID},
		{fieldPriceSource, r.PriceSource},
		{fieldCache, r.Cache},
		{fieldStopReason, r.StopReason},
		{fieldUpstreamRequestID, r.UpstreamRequestID},
	} {
		if t.text != "" {
			c.add(t.field, t.text)
		}
	}
}

// add puts a value into own.
func (c *call) add(f field, value string) {
	c.seen |= 1 << f
	from := len(c.own)
	c.own = append(c.own, value...)
	c.spans[f] = span{uint32(from), uint32(len(c.own))}
}

func (c *call) setAttempts(attempts []requestlog.Attempt) {
	if len(attempts) == 0 {
		return
	}
	rows := make([]attempt, len(attempts))
	for i, a := range attempts {
		rows[i] = attempt{Deployment: a.Deployment, Status: a.Status, Error: a.Error, MS: millis(a.Duration)}
	}
	text, err := json.Marshal(rows)
	if err != nil {
		return // cannot be: there is nothing in it that JSON has no form for
	}
	c.add(fieldAttempts, string(text))
	c.numbers[fieldAttempts] = int64(len(attempts))
}

func truth(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// millis is a duration in milliseconds, as lines have it.
func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// nanos is a duration in milliseconds in nanoseconds.
func nanos(ms float64) int64 { return int64(math.Round(ms * 1e6)) }
