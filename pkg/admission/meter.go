package admission

import (
	"math"
	"time"

	"github.com/llmgw/llmgw/pkg/llm"
)

// never is an instant that does not come.
const never = math.MaxInt64

// A meter is the arithmetic of one counter. Instants are Unix nanoseconds. The
// clock may step back: by less than a window, and the meter's time stands still
// until it has caught up; by more, and the meter begins anew.
//
// A meter is advanced to now before anything is read of it or done with it.
type meter interface {
	// advance forgets what is over at now. Doing so often or seldom makes no
	// difference to what the meter says.
	advance(now int64, r *Rule)
	// room is how much fits in; negative where too much is in already.
	room(r *Rule) int64
	// wait is the first instant at which n would fit in if nothing else came; n is
	// at most the rule's capacity. held says that open calls are in the way and
	// nothing else is.
	wait(now int64, r *Rule, n int64) (until int64, held bool)
	// take puts n in, room or not, and says where.
	take(now int64, r *Rule, n int64) part
	// giveBack undoes a take, or as much of it as the part says.
	giveBack(p part)
	// live reports whether what was taken still counts.
	live(p part) bool
	// book counts n that no hold covered.
	book(now int64, r *Rule, n int64)
	// state is what limit states say: reset is when all is free again, 0 for now
	// or never.
	state(r *Rule) (used, held, reset int64)
	// idle reports whether a new meter would say the same, given that nobody holds
	// anything.
	idle(now int64, r *Rule) bool
}

// part is an amount that was taken at one time. slot is the meter's own name for
// that time.
type part struct{ slot, amount int64 }

func newMeter(r *Rule) meter {
	switch r.Kind {
	case SlidingWindow:
		return &slidingWindow{newSubBuckets(r.Window)}
	case FixedWindow:
		return &fixedWindow{length: int64(r.Window), debt: newSubBuckets(r.Window)}
	case TokenBucket:
		return &tokenBucket{window: int64(r.Window)}
	case Concurrency:
		return &concurrency{}
	default:
		return &balance{}
	}
}

// counterKey names a counter.
type counterKey struct {
	account string
	epoch   int64
	// window is 0 where the rule's Window is not part of the arithmetic.
	window time.Duration
	unit   llm.Unit
	kind   RuleKind
}

func (l *Line) key() counterKey {
	k := counterKey{account: l.Account, epoch: l.Epoch, unit: l.Unit, kind: l.Rule.Kind}
	if l.Rule.windowed() {
		k.window = l.Rule.Window
	}
	return k
}

// counter is one account's count of one unit under one kind of rule.
type counter struct {
	key counterKey
	// rule is that of the last line that named the counter.
	rule  Rule
	meter meter
	// holds is how many open calls hold something here.
	holds int
}

// adopt brings the counter to now, under the rule it had so far, and gives it
// the line's rule.
func (c *counter) adopt(now int64, r *Rule) {
	c.meter.advance(now, &c.rule)
	c.rule = *r
}

// state is the counter as told to clients, under a rule that need not be its own.
func (c *counter) state(r *Rule) llm.LimitState {
	used, held, reset := c.meter.state(r)
	s := llm.LimitState{
		Account: c.key.account, Unit: c.key.unit, Window: r.Window,
		Limit: r.capacity(), Used: used, Held: held,
	}
	if reset != 0 {
		s.Reset = time.Unix(0, reset).UTC()
	}
	return s
}

// addUp is a+b without wrapping around, for b ≥ 0.
func addUp(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}
