package admission

import "github.com/llmgw/llmgw/pkg/llm"

// call is what one open call holds.
type call struct{ holds []hold }

// find returns the call's hold on a counter, or nil.
func (c *call) find(k counterKey) *hold {
	for i := range c.holds {
		if c.holds[i].counter.key == k {
			return &c.holds[i]
		}
	}
	return nil
}

// hold is what a call has reserved of one counter.
type hold struct {
	counter *counter
	// amount is what was admitted: the sum of the parts, or more where a bucket
	// could not be emptied further.
	amount int64
	// first is what Admit took, grown what Grow added, oldest first.
	first part
	grown []part
}

// add takes n, room or not.
func (h *hold) add(now, n int64) {
	p := h.counter.meter.take(now, &h.counter.rule, n)
	h.amount = addUp(h.amount, n)
	switch last := h.last(); {
	case last.slot == p.slot || last.amount == 0:
		p.amount += last.amount
		*last = p
	default:
		h.grown = append(h.grown, p)
	}
}

// last is the newest part.
func (h *hold) last() *part {
	if n := len(h.grown); n > 0 {
		return &h.grown[n-1]
	}
	return &h.first
}

// taken is what the parts come to.
func (h *hold) taken() int64 {
	sum := h.first.amount
	for _, p := range h.grown {
		sum += p.amount
	}
	return sum
}

// own is the part of it that its window still counts.
func (h *hold) own() int64 {
	var sum int64
	if h.counter.meter.live(h.first) {
		sum = h.first.amount
	}
	for _, p := range h.grown {
		if h.counter.meter.live(p) {
			sum += p.amount
		}
	}
	return sum
}

// shrink gives back what the hold has above amount, the newest first, each part
// to where it was taken from.
func (h *hold) shrink(amount int64) {
	h.amount = amount
	for excess := h.taken() - amount; excess > 0; {
		last := h.last()
		back := part{slot: last.slot, amount: min(excess, last.amount)}
		h.counter.meter.giveBack(back)
		excess -= back.amount
		last.amount -= back.amount
		if n := len(h.grown); n > 0 && last.amount == 0 {
			h.grown = h.grown[:n-1]
		}
	}
}

// settle replaces the hold by what was used.
func (h *hold) settle(now int64, a Actual) {
	c := h.counter
	c.meter.advance(now, &c.rule)
	if a.Void {
		h.shrink(0)
		return
	}
	switch c.key.unit {
	case llm.Tokens:
		if used := max(0, a.Tokens); used <= h.amount {
			h.shrink(used)
		} else {
			c.meter.book(now, &c.rule, used-h.amount)
		}
	case llm.Money:
		h.shrink(0)
		c.meter.book(now, &c.rule, max(0, a.Money))
	case llm.Parallel:
		h.shrink(0)
	case llm.Requests: // stay as they were admitted
	}
}
