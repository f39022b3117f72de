package budget

import (
	"math"
	"time"

	"github.com/llmgw/llmgw/pkg/llm"
)

// Start is when the period that contains t began; zero where the Period never ends.
func (p Period) Start(t time.Time) time.Time {
	n, end := p.Epoch(t)
	if end.IsZero() {
		return time.Time{}
	}
	for back := time.Second; ; back *= 2 {
		m, begun := p.Epoch(t.Add(-back))
		if m == n {
			continue
		}
		for {
			// The period before may have been overstepped.
			m, end = p.Epoch(begun)
			if m == n {
				return begun
			}
			begun = end
		}
	}
}

// Spending is what a budget's period has seen so far.
type Spending struct {
	// Spent was spent since Begun, which is when the period began, or the budget came to
	// be after that. Ends is when the period ends; zero for never.
	Spent       llm.NanoUSD
	Begun, Ends time.Time
	// Before was spent in the whole period before, which lasted BeforeFor; 0 where there
	// was none.
	Before    llm.NanoUSD
	BeforeFor time.Duration
}

// The rate of a period that is young says little: the time before fills it up to
// steady, and a budget without one is looked at as if it were an hour old.
const (
	steady   = day
	youngest = time.Hour
)

// Rate is what is spent in a day, by what was spent of late. false where there is
// nothing to tell it from.
func (s *Spending) Rate(now time.Time) (perDay llm.NanoUSD, ok bool) {
	if s.Begun.IsZero() || now.Before(s.Begun) {
		return 0, false
	}
	full, least := steady, youngest
	if !s.Ends.IsZero() {
		full, least = min(full, s.Ends.Sub(s.Begun)), min(least, s.Ends.Sub(s.Begun))
	}
	spent, length := float64(s.Spent), now.Sub(s.Begun)
	if missing := min(full-length, s.BeforeFor); missing > 0 {
		spent += float64(s.Before) * float64(missing) / float64(s.BeforeFor)
		length += missing
	}
	rate := spent * float64(day) / float64(max(length, least, 1))
	if rate >= math.MaxInt64 {
		return math.MaxInt64, true
	}
	return llm.NanoUSD(rate), true
}

// Until is when an amount is spent at a rate: zero where the period ends before that,
// or that is further away than anybody plans.
func (s *Spending) Until(now time.Time, left, perDay llm.NanoUSD) time.Time {
	const furthest = 100 * 365 // days
	if perDay <= 0 {
		return time.Time{}
	}
	days := float64(max(left, 0)) / float64(perDay)
	if days > furthest {
		return time.Time{}
	}
	at := now.Add(time.Duration(days * float64(day)))
	if !s.Ends.IsZero() && !at.Before(s.Ends) {
		return time.Time{}
	}
	return at
}
