package admission

import "time"

// keepOldEpochs is how long a balance that nobody holds is remembered after its
// reset: replicas' clocks differ, and calls that were planned before the reset
// may be admitted after it.
const keepOldEpochs = time.Hour

// balance is the meter of Budget: what was spent in one epoch, and what open
// calls hold of it.
type balance struct{ spent, held int64 }

func (b *balance) advance(int64, *Rule) {}

func (b *balance) room(r *Rule) int64 { return r.capacity() - addUp(b.spent, b.held) }

// wait is now where only holds are in the way: any moment may free them.
func (b *balance) wait(now int64, r *Rule, n int64) (until int64, held bool) {
	switch {
	case n <= r.capacity()-b.spent:
		return now, true
	case r.Resets.IsZero():
		return never, false
	default:
		return max(now, r.Resets.UnixNano()), false
	}
}

func (b *balance) take(_ int64, _ *Rule, n int64) part {
	before := b.held
	b.held = addUp(b.held, n)
	return part{amount: b.held - before}
}

func (b *balance) giveBack(p part) { b.held -= p.amount }

func (b *balance) live(part) bool { return true }

func (b *balance) book(_ int64, _ *Rule, n int64) { b.spent = addUp(b.spent, n) }

func (b *balance) state(r *Rule) (used, held, reset int64) {
	if !r.Resets.IsZero() {
		reset = r.Resets.UnixNano()
	}
	return b.spent, b.held, reset
}

// idle keeps what was spent until well after the reset, and for good where there
// is none.
func (b *balance) idle(now int64, r *Rule) bool {
	return b.spent == 0 || !r.Resets.IsZero() && r.Resets.Add(keepOldEpochs).UnixNano() < now
}
