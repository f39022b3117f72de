package admission

// slidingWindow is the meter of SlidingWindow: at most Limit in any stretch of
// Window, and debt on top of it for the Window that follows it.
type slidingWindow struct{ subBuckets }

func (w *slidingWindow) advance(now int64, _ *Rule) { w.expire(now) }

func (w *slidingWindow) room(r *Rule) int64 { return r.capacity() - w.sum }

func (w *slidingWindow) wait(now int64, r *Rule, n int64) (until int64, held bool) {
	return w.fallsTo(now, r.capacity()-n), false
}

func (w *slidingWindow) take(now int64, _ *Rule, n int64) part {
	return part{slot: w.add(now, n), amount: n}
}

func (w *slidingWindow) giveBack(p part) { w.sub(p.slot, p.amount) }

func (w *slidingWindow) live(p part) bool {
	_, found := w.find(p.slot)
	return found
}

func (w *slidingWindow) book(now int64, r *Rule, n int64) { w.owe(now, n, r.capacity()) }

func (w *slidingWindow) state(*Rule) (used, held, reset int64) { return w.sum, 0, w.emptyAt() }

func (w *slidingWindow) idle(int64, *Rule) bool { return w.sum == 0 }
