package admissiontest

import (
	"math"
	"math/big"
	"slices"
	"time"

	"github.com/llmgw/llmgw/pkg/admission"
	"github.com/llmgw/llmgw/pkg/llm"
)

// forever is an instant that does not come.
const forever = math.MaxInt64

// history is all that ever happened to one counter of the model.
type history struct {
	unit   llm.Unit
	rule   admission.Rule
	events []*event
	// lasts are when something happened last in a sub-bucket.
	lasts map[int64]int64
	// spent is a budget's.
	spent int64
	// missing is what a bucket lacked at the instant at.
	missing *big.Rat
	at      int64
}

// event is an amount that was taken by a call, or owed by no one in particular.
type event struct {
	at, amount int64
	call       string
	debt       bool
}

func newHistory(l *admission.Line, now int64) *history {
	return &history{unit: l.Unit, rule: l.Rule, lasts: map[int64]int64{}, missing: new(big.Rat), at: now}
}

func (h *history) is(kinds ...admission.RuleKind) bool { return slices.Contains(kinds, h.rule.Kind) }

func (h *history) windowed() bool {
	return h.is(admission.SlidingWindow, admission.FixedWindow, admission.TokenBucket)
}

func (h *history) capacity() int64 {
	if h.is(admission.TokenBucket) && h.rule.Burst > 0 && h.rule.Limit > 0 {
		return h.rule.Burst
	}
	return h.rule.Limit
}

// adopt refills a bucket at the old rate and goes on with the new rule.
func (h *history) adopt(now int64, r admission.Rule) {
	h.missing, h.at = h.missingAt(now), now
	h.rule = r
}

// missingAt is exactly what a bucket lacks then, if nothing happens until then.
func (h *history) missingAt(at int64) *big.Rat {
	if h.rule.Window == 0 {
		return new(big.Rat)
	}
	refill := new(big.Rat).Mul(big.NewRat(at-h.at, int64(h.rule.Window)), big.NewRat(h.rule.Limit, 1))
	left := refill.Sub(h.missing, refill)
	if left.Sign() < 0 {
		left.SetInt64(0)
	}
	return left
}

// ends is the instant from which an event of a window counts no more.
func (h *history) ends(e *event) int64 {
	window := int64(h.rule.Window)
	if h.is(admission.FixedWindow) && !e.debt {
		return (e.at/window + 1) * window
	}
	// All of a sub-bucket count until the last of it is over.
	return h.lasts[h.subBucket(e.at)] + window
}

// subBucket is the number of the sub-bucket of an instant.
func (h *history) subBucket(at int64) int64 {
	return at / max(int64(500*time.Millisecond), int64(h.rule.Window)/120)
}

// add writes an event down.
func (h *history) add(e *event) {
	h.events = append(h.events, e)
	if h.is(admission.SlidingWindow) || h.is(admission.FixedWindow) && e.debt {
		i := h.subBucket(e.at)
		h.lasts[i] = max(h.lasts[i], e.at)
	}
}

// total is what is in the counter at an instant, if nothing happens until then.
func (h *history) total(at int64) int64 {
	if h.is(admission.TokenBucket) {
		return ceil(h.missingAt(at))
	}
	sum := h.spent
	for _, e := range h.events {
		if !h.windowed() || at < h.ends(e) {
			sum += e.amount
		}
	}
	return sum
}

// own is what a call has in the counter.
func (h *history) own(at int64, id string) int64 {
	var sum int64
	for _, e := range h.events {
		if e.call == id && (h.is(admission.TokenBucket) || at < h.ends(e)) {
			sum += e.amount
		}
	}
	return sum
}

func (h *history) admits(now int64, id string, need int64) bool {
	total, all := h.total(now), h.capacity()
	if total+need <= all {
		return true
	}
	if h.unit != llm.Tokens || all == 0 {
		return false
	}
	own := h.own(now, id)
	return own+need > all && total <= own
}

// freeAt tries every instant at which something changes.
func (h *history) freeAt(now, need int64) int64 {
	all := h.capacity()
	switch {
	case h.is(admission.Concurrency):
		return now + int64(time.Second)
	case h.is(admission.Budget):
		if h.spent+need <= all {
			return now
		}
		if h.rule.Resets.IsZero() {
			return forever
		}
		return max(now, h.rule.Resets.UnixNano())
	case all == 0, need > all && h.unit != llm.Tokens:
		return now + int64(h.rule.Window)
	case h.is(admission.TokenBucket):
		return h.bucketFalls(max(0, all-need))
	}
	var instants []int64
	for _, e := range h.events {
		if at := h.ends(e); at > now {
			instants = append(instants, at)
		}
	}
	slices.Sort(instants)
	for _, at := range instants {
		if h.total(at)+min(need, all) <= all {
			return at
		}
	}
	return forever
}

// bucketFalls is the first instant at which no more than target is missing.
func (h *history) bucketFalls(target int64) int64 {
	wait := new(big.Rat).Sub(h.missing, big.NewRat(target, 1))
	wait.Mul(wait, big.NewRat(int64(h.rule.Window), h.rule.Limit))
	return h.at + ceil(wait)
}

func (h *history) refusal(now int64, l *admission.Line, need, until int64) *admission.Refusal {
	r := &admission.Refusal{Line: *l, RetryAfter: time.Duration(until - now), Oversize: need > h.capacity()}
	if until == forever {
		r.RetryAfter = 0
	}
	r.Held = h.is(admission.Concurrency, admission.Budget) && h.spent+need <= h.capacity()
	return r
}

func (h *history) take(now int64, id string, n int64) {
	if h.is(admission.TokenBucket) {
		n = h.drain(now, n)
	}
	if n == 0 {
		return
	}
	h.add(&event{at: now, amount: n, call: id})
}

// drain takes n out of a bucket, which goes down to minus its limit, and returns
// how much it took.
func (h *history) drain(now, n int64) int64 {
	before := h.missingAt(now)
	n = max(0, min(n, h.capacity()+h.rule.Limit-ceil(before)))
	h.missing, h.at = before.Add(before, big.NewRat(n, 1)), now
	return n
}

// keep leaves the call with no more than amount, the newest going first.
func (h *history) keep(now int64, id string, amount int64) {
	var taken int64
	for _, e := range h.events {
		if e.call == id {
			taken += e.amount
		}
	}
	for _, e := range slices.Backward(h.events) {
		if e.call != id || taken <= amount {
			continue
		}
		back := min(e.amount, taken-amount)
		e.amount -= back
		taken -= back
		h.missing, h.at = h.missingAt(now), now
		h.missing.Sub(h.missing, big.NewRat(back, 1))
		if h.missing.Sign() < 0 {
			h.missing.SetInt64(0)
		}
	}
}

// owe books what no estimate covered, as long as debt stays within the limit.
func (h *history) owe(now, n int64) {
	if h.is(admission.TokenBucket) {
		h.drain(now, n)
		return
	}
	debt := int64(0)
	for _, e := range h.events {
		if e.debt && now < h.ends(e) {
			debt += e.amount
		}
	}
	if n = min(n, h.capacity()-debt); n > 0 {
		h.add(&event{at: now, amount: n, debt: true})
	}
}

// forget leaves the events of a settled call to no one.
func (h *history) forget(id string) {
	for _, e := range h.events {
		if e.call == id {
			e.call = ""
		}
	}
}

// state is how the line's limit stands.
func (h *history) state(now int64, l *admission.Line) llm.LimitState {
	asked := &history{unit: h.unit, rule: l.Rule, events: h.events, lasts: h.lasts, spent: h.spent, missing: h.missingAt(now), at: now}
	s := llm.LimitState{
		Account: l.Account, Unit: l.Unit, Window: l.Rule.Window,
		Limit: asked.capacity(), Used: asked.total(now),
	}
	if !h.windowed() {
		s.Used, s.Held = h.spent, asked.total(now)-h.spent
		if h.is(admission.Budget) {
			s.Reset = l.Rule.Resets
		}
		return s
	}
	reset := int64(0)
	if h.is(admission.TokenBucket) {
		if s.Used > 0 && l.Rule.Limit > 0 {
			reset = asked.bucketFalls(0)
		}
	} else {
		for _, e := range h.events {
			if e.amount > 0 && h.ends(e) > now {
				reset = max(reset, h.ends(e))
			}
		}
	}
	if reset > 0 {
		s.Reset = time.Unix(0, reset).UTC()
	}
	return s
}

// ceil rounds up.
func ceil(r *big.Rat) int64 {
	q, m := new(big.Int).DivMod(r.Num(), r.Denom(), new(big.Int))
	if m.Sign() > 0 {
		return q.Int64() + 1
	}
	return q.Int64()
}
