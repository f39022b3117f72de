package report

import (
	"math"
	"slices"
	"time"

	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/requestlog"
)

// tally adds up calls. Tallies of parts of a log add up to that of the whole,
// whatever the parts are.
type tally struct {
	total, successful, failed, refused int64
	estimated, cacheHits               int64
	tokens                             Tokens
	cost                               int64
	// first and last are when the first and last call began; noTime where none says so.
	first, last int64
	// Eight bytes for each call that took time, and for each with a first byte.
	durations, ttfts []time.Duration
}

func newTally() *tally { return &tally{first: math.MaxInt64, last: math.MinInt64} }

// add adds a call.
func (t *tally) add(c *call) {
	t.total++
	switch {
	case c.isStatus(requestlog.StatusSuccess):
		t.successful++
	case c.isStatus(requestlog.StatusError):
		t.failed++
		if isRefused(c) {
			t.refused++
		}
	}
	t.estimated += c.number(fieldEstimated)
	if string(c.text(fieldCache)) == "hit" {
		t.cacheHits++
	}
	t.tokens.add(Tokens{
		Input: c.number(fieldInput), Output: c.number(fieldOutput), CacheRead: c.number(fieldCacheRead),
		CacheWrite: c.number(fieldCacheWrite), Reasoning: c.number(fieldReasoning),
	})
	t.cost = saturate(t.cost, c.number(fieldCost))
	if c.has(fieldTimestamp) {
		t.first, t.last = min(t.first, c.numbers[fieldTimestamp]), max(t.last, c.numbers[fieldTimestamp])
	}
	if d := c.duration(fieldDuration); d > 0 {
		t.durations = append(t.durations, d)
	}
	if d := c.duration(fieldTTFT); d > 0 {
		t.ttfts = append(t.ttfts, d)
	}
}

// isRefused reports whether a call that failed was turned away by the gateway itself:
// for want of money, or, before a deployment was tried, for any reason that is not the
// gateway's own failure. LiteLLM's lines do not tell.
func isRefused(c *call) bool {
	switch string(c.text(fieldErrorType)) {
	case "budget_exceeded":
		return true
	case "invalid_request", "authentication", "permission", "not_found", "conflict", "too_large", "rate_limited", "overloaded":
		return c.number(fieldAttempts) == 0
	default:
		return false
	}
}

// merge adds another tally.
func (t *tally) merge(o *tally) {
	t.total += o.total
	t.successful += o.successful
	t.failed += o.failed
	t.refused += o.refused
	t.estimated += o.estimated
	t.cacheHits += o.cacheHits
	t.tokens.add(o.tokens)
	t.cost = saturate(t.cost, o.cost)
	t.first, t.last = min(t.first, o.first), max(t.last, o.last)
	t.durations = append(t.durations, o.durations...)
	t.ttfts = append(t.ttfts, o.ttfts...)
}

// saturate adds two numbers, at most as far as there are numbers.
func saturate(a, b int64) int64 {
	sum := a + b
	switch {
	case a > 0 && b > 0 && sum < 0:
		return math.MaxInt64
	case a < 0 && b < 0 && sum >= 0:
		return math.MinInt64
	}
	return sum
}

// Tokens are sums of tokens. Those read from and written to a cache are part of
// Input, reasoning is part of Output.
type Tokens struct {
	Input, Output, CacheRead, CacheWrite, Reasoning int64
}

// Total are input and output.
func (t Tokens) Total() int64 { return saturate(t.Input, t.Output) }

func (t *Tokens) add(o Tokens) {
	t.Input, t.Output = saturate(t.Input, o.Input), saturate(t.Output, o.Output)
	t.CacheRead, t.CacheWrite = saturate(t.CacheRead, o.CacheRead), saturate(t.CacheWrite, o.CacheWrite)
	t.Reasoning = saturate(t.Reasoning, o.Reasoning)
}

// Spread says how durations are distributed, with missing ones and zeros left out.
// All are 0 where there are none. Percentiles are interpolated as numpy.percentile
// does, and exact to the nanosecond.
type Spread struct {
	Average, Min, Max, P50, P95, P99 time.Duration
}

// spread works one out, and changes the order of durations.
func spread(durations []time.Duration) Spread {
	if len(durations) == 0 {
		return Spread{}
	}
	return Spread{
		Average: mean(durations), Min: slices.Min(durations), Max: slices.Max(durations),
		P50: percentile(durations, 50), P95: percentile(durations, 95), P99: percentile(durations, 99),
	}
}

// Summary says what calls did, took and cost. The zero value is that of no calls.
type Summary struct {
	// Total are all calls, Failed those of status "error", Refused those among them
	// that the gateway turned away itself.
	Total, Successful, Failed, Refused int64
	// Latency is how long calls took, TTFT how long until their first byte.
	Latency, TTFT Spread
	Tokens        Tokens
	Cost          llm.NanoUSD
	// Estimated are the calls whose provider did not report their usage.
	Estimated int64
	// CacheHits are the calls that the cache answered.
	CacheHits int64
	// First and Last are when the first and the last call began, zero where no line
	// says so.
	First, Last time.Time
}

// ErrorRate is the share of calls that failed, from 0 to 1.
func (s *Summary) ErrorRate() float64 { return s.share(s.Failed) }

// EstimatedShare is the share of calls whose usage is estimated, from 0 to 1.
func (s *Summary) EstimatedShare() float64 { return s.share(s.Estimated) }

func (s *Summary) share(n int64) float64 {
	if s.Total == 0 {
		return 0
	}
	return float64(n) / float64(s.Total)
}

// PerSecond is how many calls began in a second between the first and the last one; 0
// where there is no time between them.
func (s *Summary) PerSecond() float64 {
	if seconds := s.Last.Sub(s.First).Seconds(); seconds > 0 {
		return float64(s.Total) / seconds
	}
	return 0
}

// summary works out what the tally amounts to; it changes the order of durations.
func (t *tally) summary() Summary {
	s := Summary{
		Total: t.total, Successful: t.successful, Failed: t.failed, Refused: t.refused,
		Latency: spread(t.durations), TTFT: spread(t.ttfts), Tokens: t.tokens, Cost: llm.NanoUSD(t.cost),
		Estimated: t.estimated, CacheHits: t.cacheHits,
	}
	if t.first <= t.last {
		s.First, s.Last = time.UnixMicro(t.first).UTC(), time.UnixMicro(t.last).UTC()
	}
	return s
}
