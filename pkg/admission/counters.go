package admission

import "github.com/llmgw/llmgw/pkg/llm"

// counters are the counters of a Memory. They forget what is idle: each step
// looks at one, and at two more for each that it made, so that no more than
// about twice what is in use is ever kept. Not safe for concurrent use.
type counters struct {
	byKey map[counterKey]*counter
	// all are the same counters in the order in which they are looked at; next is
	// whose turn it is.
	all  []*counter
	next int
	// due is how many are to be looked at because of new ones.
	due int
	// past is what new counters have missed.
	past past
}

// sweepPerNew is how many counters are looked at for each new one.
const sweepPerNew = 2

func newCounters() counters {
	return counters{byKey: make(map[counterKey]*counter)}
}

// get returns the line's counter as of now, under the line's rule, and makes it
// where it is missing.
func (cs *counters) get(now int64, l *Line) *counter {
	k := l.key()
	c := cs.byKey[k]
	if c == nil {
		c = cs.make(now, k, &l.Rule)
		cs.past.hasTold(k)
		cs.byKey[k] = c
		cs.all = append(cs.all, c)
		cs.due += sweepPerNew
	}
	c.adopt(now, &l.Rule)
	return c
}

// make returns a new counter, which nobody has yet.
func (cs *counters) make(now int64, k counterKey, r *Rule) *counter {
	c := &counter{key: k, rule: *r, meter: newMeter(r)}
	cs.past.tell(now, c)
	return c
}

// read returns how the line's limit stands, and changes nothing.
func (cs *counters) read(now int64, l *Line) llm.LimitState {
	c := cs.byKey[l.key()]
	if c == nil {
		c = cs.make(now, l.key(), &l.Rule)
	}
	c.meter.advance(now, &c.rule)
	return c.state(&l.Rule)
}

// balance returns the balance of an account's epoch, or nil.
func (cs *counters) balance(account string, epoch int64) *balance {
	c := cs.byKey[counterKey{account: account, epoch: epoch, unit: llm.Money, kind: Budget}]
	if c == nil {
		return nil
	}
	b, _ := c.meter.(*balance)
	return b
}

// setSpent sets a balance, and makes it where it is missing. Until a line names
// it nobody knows when it resets.
func (cs *counters) setSpent(now int64, b *Balance) {
	if cs.balance(b.Account, b.Epoch) == nil {
		cs.get(now, &Line{Account: b.Account, Epoch: b.Epoch, Unit: llm.Money, Rule: Rule{Kind: Budget}})
	}
	cs.balance(b.Account, b.Epoch).spent = b.Spent
}

// sweep forgets some of what is idle. No counter may be in use without a hold.
func (cs *counters) sweep(now int64) {
	for n := 1 + cs.due; n > 0 && len(cs.all) > 0; n-- {
		if cs.next >= len(cs.all) {
			cs.next = 0
		}
		if !cs.forget(now, cs.next) {
			cs.next++
		}
	}
	cs.due = 0
}

// forget drops the i-th counter where it is idle.
func (cs *counters) forget(now int64, i int) bool {
	c := cs.all[i]
	if c.holds > 0 {
		return false
	}
	c.meter.advance(now, &c.rule)
	if !c.meter.idle(now, &c.rule) {
		return false
	}
	last := len(cs.all) - 1
	cs.all[i], cs.all[last] = cs.all[last], nil
	cs.all = cs.all[:last]
	delete(cs.byKey, c.key)
	return true
}
