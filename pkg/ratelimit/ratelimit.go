// Package ratelimit turns a key's limits on requests, tokens and parallel calls
// into lines of an admission, and a refusal into the error a caller sees.
//
// It counts nothing itself (package admission does) and knows no header (the
// dialects do). The gateway's admit stage calls it; app resolves which limits a
// key has.
package ratelimit

import (
	"fmt"
	"math"
	"time"

	"github.com/llmgw/llmgw/pkg/admission"
	"github.com/llmgw/llmgw/pkg/llm"
)

const day = 24 * time.Hour

// Limits are what one account may use; a limit that is 0 is not set.
type Limits struct {
	// RPM and TPM are requests and tokens in a minute, RPD requests in a UTC day.
	RPM, TPM, RPD int64
	// Parallel is how many calls may be open at one time.
	Parallel int64
}

// Or fills what is not set from other.
func (l Limits) Or(other Limits) Limits {
	first := func(a, b int64) int64 {
		if a != 0 {
			return a
		}
		return b
	}
	return Limits{
		RPM: first(l.RPM, other.RPM), TPM: first(l.TPM, other.TPM),
		RPD: first(l.RPD, other.RPD), Parallel: first(l.Parallel, other.Parallel),
	}
}

// CountTokens are the limits of count_tokens calls, which are free and come in
// bursts: Claude Code's /context sends 25 within 1.3 seconds (measured with
// 2.1.330, 2026-08).
var CountTokens = Limits{RPM: 600, Parallel: 64}

// Policy says how per-minute limits are counted.
type Policy struct {
	// Strategy is SlidingWindow, FixedWindow or TokenBucket; the zero value counts
	// as SlidingWindow.
	Strategy admission.RuleKind
	// Burst is the capacity of a request bucket; 0 is one minute's worth. Only with
	// TokenBucket.
	Burst int64
}

// AppendCountLines appends the lines of one count_tokens call of an account. The
// burst is that of other calls.
func (p Policy) AppendCountLines(dst []admission.Line, account string) []admission.Line {
	return Policy{Strategy: p.Strategy}.AppendLines(dst, account, CountTokens, 0)
}

// AppendLines appends the lines of one call of an account: one request, the
// tokens it is estimated to use, one open call.
func (p Policy) AppendLines(dst []admission.Line, account string, l Limits, tokens int64) []admission.Line {
	strategy := p.Strategy
	if strategy == 0 {
		strategy = admission.SlidingWindow
	}
	add := func(unit llm.Unit, want int64, rule admission.Rule) {
		if rule.Limit > 0 {
			dst = append(dst, admission.Line{Account: account, Unit: unit, Rule: rule, Want: want, Floor: want})
		}
	}
	add(llm.Requests, 1, admission.Rule{Kind: strategy, Limit: l.RPM, Window: time.Minute, Burst: p.Burst})
	add(llm.Requests, 1, admission.Rule{Kind: admission.FixedWindow, Limit: l.RPD, Window: day})
	add(llm.Tokens, tokens, admission.Rule{Kind: strategy, Limit: l.TPM, Window: time.Minute})
	add(llm.Parallel, 1, admission.Rule{Kind: admission.Concurrency, Limit: l.Parallel})
	return dst
}

// Error tells a caller which limit refused the call and when it frees.
func Error(r *admission.Refusal, now time.Time) *llm.Error {
	e := &llm.Error{Kind: llm.RateLimited, RetryAfter: max(r.RetryAfter, time.Second)}
	what := describe(r.Line)
	switch {
	case r.Line.Unit == llm.Parallel:
		e.Message = what + " are open already; try again when one has ended"
	case r.Oversize:
		e.Message = fmt.Sprintf("this call needs about %d tokens, more than the limit of %s; it passes alone once nothing else counts, in %s",
			r.Line.Want, what, seconds(r.RetryAfter))
	default:
		e.Message = fmt.Sprintf("the limit of %s is used up; it frees in %s (at %s)",
			what, seconds(r.RetryAfter), now.Add(r.RetryAfter+time.Second-1).UTC().Truncate(time.Second).Format(time.RFC3339))
	}
	return e
}

// describe gives a limit in words: "100 requests per minute".
func describe(l admission.Line) string {
	switch {
	case l.Unit == llm.Parallel:
		return fmt.Sprintf("%d parallel calls", l.Rule.Limit)
	case l.Rule.Window == day:
		return fmt.Sprintf("%d %s per day (UTC)", l.Rule.Limit, l.Unit)
	default:
		return fmt.Sprintf("%d %s per minute", l.Rule.Limit, l.Unit)
	}
}

// seconds rounds up to whole seconds, as retry-after does.
func seconds(d time.Duration) string {
	return fmt.Sprintf("%d s", int64(math.Ceil(max(d, time.Second).Seconds())))
}
