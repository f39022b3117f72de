package admission

// fixedWindow is the meter of FixedWindow: windows begin at multiples of their
// length since 1970 in UTC, so that 24 hours are a UTC day. Debt is older than
// the window it falls into and ends at its own time, a window after it was
// booked.
type fixedWindow struct {
	length int64
	// index is the number of the current window, count what was taken in it.
	index, count int64
	debt         subBuckets
}

func (w *fixedWindow) advance(now int64, _ *Rule) {
	// One window back is a clock that was set back a little: time stands still.
	if index := now / w.length; index > w.index || index < w.index-1 {
		w.index, w.count = index, 0
	}
	w.debt.expire(now)
}

// end is where the current window ends.
func (w *fixedWindow) end() int64 { return (w.index + 1) * w.length }

func (w *fixedWindow) used() int64 { return addUp(w.count, w.debt.sum) }

func (w *fixedWindow) room(r *Rule) int64 { return r.capacity() - w.used() }

func (w *fixedWindow) wait(now int64, r *Rule, n int64) (until int64, held bool) {
	most := r.capacity() - n
	within := w.debt.fallsTo(now, most-w.count)
	after := max(w.end(), w.debt.fallsTo(now, most))
	return min(within, after), false
}

func (w *fixedWindow) take(_ int64, _ *Rule, n int64) part {
	w.count = addUp(w.count, n)
	return part{slot: w.index, amount: n}
}

func (w *fixedWindow) giveBack(p part) {
	if w.live(p) {
		w.count = max(0, w.count-p.amount)
	}
}

func (w *fixedWindow) live(p part) bool { return p.slot == w.index }

func (w *fixedWindow) book(now int64, r *Rule, n int64) { w.debt.owe(now, n, r.capacity()) }

func (w *fixedWindow) state(*Rule) (used, held, reset int64) {
	reset = w.debt.emptyAt()
	if w.count > 0 {
		reset = max(reset, w.end())
	}
	return w.used(), 0, reset
}

func (w *fixedWindow) idle(int64, *Rule) bool { return w.used() == 0 }
