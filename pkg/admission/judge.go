package admission

import (
	"time"

	"github.com/llmgw/llmgw/pkg/llm"
)

// claim is a line together with the hold that it wants to add to.
type claim struct {
	line *Line
	hold *hold
}

// obstacle is a line without room, and how long it will be one.
type obstacle struct {
	line *Line
	// until is when there is room: never, or the moment itself for a held budget.
	until          int64
	held, oversize bool
}

// judge finds what every Money line gets and the line that stands in the way
// longest; its line is nil where there is room for all.
func judge(now int64, claims []claim, money, floor int64) (got int64, worst obstacle) {
	got = money
	for i := range claims {
		c := &claims[i]
		need := c.line.Want
		if c.line.Unit == llm.Money {
			need = money
		}
		if c.line.Soft || need <= 0 {
			continue
		}
		if c.line.Unit == llm.Money {
			need = floor
			got = min(got, share(money, floor, c.room()))
		}
		if c.fits(need) {
			continue
		}
		if o := c.obstacle(now, need); worst.line == nil || o.until > worst.until {
			worst = o
		}
	}
	return got, worst
}

// share is what a call gets of a budget with that much room: all it wants where
// that fits. Else at most half, so that calls which ask for much and use little
// leave room for others, but all of it where half would be less than the floor.
func share(want, floor, room int64) int64 {
	switch {
	case want <= room:
		return want
	case room/2 >= floor:
		return room / 2
	default:
		return room
	}
}

func (c *claim) room() int64 {
	return c.hold.counter.meter.room(&c.hold.counter.rule)
}

// fits reports whether want may be added to the hold. A call that has or wants
// more tokens than the whole limit may pass alone, where nothing but its own is
// in the window.
func (c *claim) fits(want int64) bool {
	room := c.room()
	if want <= room {
		return true
	}
	all := c.hold.counter.rule.capacity()
	if c.line.Unit != llm.Tokens || all == 0 {
		return false
	}
	used := all - room
	return used <= c.hold.own()
}

// obstacle says how long there is no room for want.
func (c *claim) obstacle(now, want int64) obstacle {
	r, meter := &c.hold.counter.rule, c.hold.counter.meter
	all := r.capacity()
	o := obstacle{line: c.line, oversize: want > all}
	switch {
	case !r.windowed():
		o.until, o.held = meter.wait(now, r, want)
	case all == 0 || o.oversize && c.line.Unit != llm.Tokens:
		o.until = now + int64(r.Window) // it will not pass then either
	default:
		o.until, _ = meter.wait(now, r, min(want, all))
	}
	return o
}

// refusal turns the obstacle into an answer.
func (o *obstacle) refusal(now int64, s llm.LimitState) *Refusal {
	wait := o.until - now
	if o.until == never {
		wait = 0
	}
	return &Refusal{
		Line: *o.line, State: s, RetryAfter: time.Duration(wait),
		Held: o.held, Oversize: o.oversize,
	}
}
