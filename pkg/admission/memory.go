package admission

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/llmgw/llmgw/pkg/llm"
)

// MemoryOptions say how a Memory works. The zero value is right in production.
type MemoryOptions struct {
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Memory is the Store of a gateway that runs as one process. What is idle is
// forgotten as calls come in; it has no goroutine and needs no closing.
type Memory struct {
	now func() time.Time

	mu       sync.Mutex // guards all below
	counters counters
	open     map[string]*call
	// spare are calls to be used again, claims the scratch of one step.
	spare  []*call
	claims []claim
}

var _ Store = (*Memory)(nil)

// maxSpare bounds the memory that a burst of calls leaves behind.
const maxSpare = 1024

// NewMemory returns a store in which nothing is counted yet.
func NewMemory(opts MemoryOptions) *Memory {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	return &Memory{now: opts.Now, counters: newCounters(), open: make(map[string]*call)}
}

// Admit implements Store. It returns an error that wraps ErrInvalid or ErrOpen.
func (m *Memory) Admit(_ context.Context, a *Ask) (Grant, error) {
	if err := a.validate(); err != nil {
		return Grant{}, err
	}
	now := m.now().UnixNano()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.open[a.ID] != nil {
		return Grant{}, fmt.Errorf("admit %s: %w", a.ID, ErrOpen)
	}
	defer m.counters.sweep(now)
	defer m.forgetClaims()
	c := m.claim(now, a)
	g := m.step(now, a.ID, a.Lines)
	if g.Refused != nil {
		m.recycle(c)
		return g, nil
	}
	m.enter(a.ID, c)
	return g, nil
}

// Grow implements Store. It returns an error that wraps ErrInvalid or ErrNotOpen.
func (m *Memory) Grow(_ context.Context, id string, add []Line) (Grant, error) {
	if err := validateLines(add); err != nil {
		return Grant{}, fmt.Errorf("grow %s: %w", id, err)
	}
	now := m.now().UnixNano()
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.open[id]
	if c == nil {
		return Grant{}, fmt.Errorf("grow %s: %w", id, ErrNotOpen)
	}
	defer m.forgetClaims()
	for i := range add {
		h := c.find(add[i].key())
		if h == nil {
			return Grant{}, fmt.Errorf("grow %s: line %d is none of the call's: %w", id, i, ErrInvalid)
		}
		m.claims = append(m.claims, claim{line: &add[i], hold: h})
	}
	for _, cl := range m.claims {
		cl.hold.counter.adopt(now, &cl.line.Rule)
	}
	return m.step(now, id, add), nil
}

// Settle implements Store.
func (m *Memory) Settle(_ context.Context, id string, actual Actual) error {
	now := m.now().UnixNano()
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.open[id]
	if c == nil {
		return nil
	}
	delete(m.open, id)
	for i := range c.holds {
		c.holds[i].settle(now, actual)
		c.holds[i].counter.holds--
	}
	m.recycle(c)
	return nil
}

// Renew implements Store. Holds in memory end with their owner; no lease is
// needed to find that out.
func (m *Memory) Renew(context.Context, string) error { return nil }

// States implements Store. It returns an error that wraps ErrInvalid.
func (m *Memory) States(_ context.Context, lines []Line) ([]llm.LimitState, error) {
	if err := validateRules(lines); err != nil {
		return nil, fmt.Errorf("states: %w", err)
	}
	now := m.now().UnixNano()
	m.mu.Lock()
	defer m.mu.Unlock()
	states := make([]llm.LimitState, len(lines))
	for i := range lines {
		states[i] = m.counters.read(now, &lines[i])
	}
	return states, nil
}

// Reset implements Store.
func (m *Memory) Reset(_ context.Context, account string, epoch, amount int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if b := m.counters.balance(account, epoch); b != nil {
		b.spent = max(0, b.spent-amount)
	}
	return nil
}

// claim makes the call of an Ask, with empty holds, and a claim for each line.
func (m *Memory) claim(now int64, a *Ask) *call {
	c := m.newCall(len(a.Lines))
	for i := range a.Lines {
		h := &c.holds[i]
		h.counter = m.counters.get(now, &a.Lines[i])
		m.claims = append(m.claims, claim{line: &a.Lines[i], hold: h})
	}
	return c
}

// forgetClaims lets go of the caller's lines.
func (m *Memory) forgetClaims() {
	clear(m.claims)
	m.claims = m.claims[:0]
}

// step grants all claims or none and says how the limits stand then.
func (m *Memory) step(now int64, id string, lines []Line) Grant {
	g := Grant{ID: id, States: make([]llm.LimitState, len(m.claims))}
	money, floor := moneyRange(lines)
	money, worst := judge(now, m.claims, money, floor)
	if worst.line == nil {
		g.Money = m.take(now, money)
	}
	for i, c := range m.claims {
		g.States[i] = c.hold.counter.state(&c.line.Rule)
		if c.line == worst.line {
			g.Refused = worst.refusal(now, g.States[i])
		}
	}
	return g
}

// take adds to all claimed holds, or gives back of them, and returns what the
// money lines got.
func (m *Memory) take(now, money int64) (got int64) {
	got = max(0, money)
	for _, c := range m.claims {
		want, before := c.line.Want, c.hold.amount
		if c.line.Unit == llm.Money {
			want = money
		}
		if want >= 0 {
			c.hold.add(now, want)
		} else {
			c.hold.shrink(max(0, before+want))
		}
		if c.line.Unit == llm.Money {
			got = min(got, c.hold.amount-before)
		}
	}
	return got
}

// enter makes the call an open one.
func (m *Memory) enter(id string, c *call) {
	m.open[id] = c
	for i := range c.holds {
		c.holds[i].counter.holds++
	}
}

func (m *Memory) newCall(lines int) *call {
	c := m.takeSpare()
	if c == nil {
		c = &call{}
	}
	if cap(c.holds) < lines {
		c.holds = make([]hold, lines)
	}
	c.holds = c.holds[:lines]
	return c
}

func (m *Memory) takeSpare() *call {
	last := len(m.spare) - 1
	if last < 0 {
		return nil
	}
	c := m.spare[last]
	m.spare[last] = nil
	m.spare = m.spare[:last]
	return c
}

// recycle keeps the call's memory for another. Nothing may refer to it any more.
func (m *Memory) recycle(c *call) {
	clear(c.holds)
	if len(m.spare) < maxSpare {
		m.spare = append(m.spare, c)
	}
}
