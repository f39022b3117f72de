package admission

import (
	"math"
	"math/bits"
)

// tokenBucket is the meter of TokenBucket. It remembers what is missing from a
// full bucket, so that the zero value is full and a change of the capacity
// leaves alone what was taken. The bucket holds at least minus Limit.
type tokenBucket struct {
	window int64
	// missing less frac/window is what is missing at the instant at: whole numbers
	// only, so that nothing drifts. frac is below window, and 0 in a full bucket.
	missing int64
	frac    uint64
	at      int64
}

func (b *tokenBucket) advance(now int64, r *Rule) {
	elapsed := now - b.at
	if elapsed < 0 && elapsed >= -b.window {
		return
	}
	b.at = now
	if elapsed <= 0 || b.missing == 0 || r.Limit <= 0 {
		return
	}
	hi, lo := bits.Mul64(uint64(elapsed), uint64(r.Limit))
	lo, carry := bits.Add64(lo, b.frac, 0)
	hi += carry
	if hi >= uint64(b.window) {
		b.missing, b.frac = 0, 0
		return
	}
	whole, frac := bits.Div64(hi, lo, uint64(b.window))
	if whole >= uint64(b.missing) {
		b.missing, b.frac = 0, 0
		return
	}
	b.missing -= int64(whole)
	b.frac = frac
}

func (b *tokenBucket) room(r *Rule) int64 { return r.capacity() - b.missing }

func (b *tokenBucket) wait(now int64, r *Rule, n int64) (until int64, held bool) {
	return b.fallsTo(now, r, r.capacity()-n), false
}

// fallsTo is the first instant at which no more than target is missing.
func (b *tokenBucket) fallsTo(now int64, r *Rule, target int64) int64 {
	if b.missing <= target {
		return now
	}
	if r.Limit <= 0 || target < 0 {
		return never
	}
	rate := uint64(r.Limit)
	hi, lo := bits.Mul64(uint64(b.missing-target), uint64(b.window))
	lo, borrow := bits.Sub64(lo, b.frac, 0)
	hi -= borrow
	lo, carry := bits.Add64(lo, rate-1, 0) // rounded up
	hi += carry
	if hi >= rate {
		return never
	}
	wait, _ := bits.Div64(hi, lo, rate)
	return addUp(b.at, int64(min(wait, math.MaxInt64)))
}

func (b *tokenBucket) take(_ int64, r *Rule, n int64) part {
	before := b.missing
	most := addUp(r.capacity(), max(0, r.Limit))
	b.missing = max(before, min(addUp(before, n), most))
	return part{amount: b.missing - before}
}

func (b *tokenBucket) giveBack(p part) {
	b.missing -= p.amount
	if b.missing <= 0 {
		b.missing, b.frac = 0, 0
	}
}

// live is always true: what was taken is never told from what came in since.
func (b *tokenBucket) live(part) bool { return true }

func (b *tokenBucket) book(now int64, r *Rule, n int64) { b.take(now, r, n) }

func (b *tokenBucket) state(r *Rule) (used, held, reset int64) {
	if b.missing == 0 {
		return 0, 0, 0
	}
	full := b.fallsTo(b.at, r, 0)
	if full == never {
		full = 0
	}
	return b.missing, 0, full
}

func (b *tokenBucket) idle(int64, *Rule) bool { return b.missing == 0 }
