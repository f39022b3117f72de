package admission

import (
	"context"
	"fmt"

	"github.com/llmgw/llmgw/pkg/llm"
)

// Restore implements Store. Each line of an open call holds its Want, room or
// not, from now on. Calls that are open already stay as they are. Where it returns
// an error, which wraps ErrInvalid, nothing was restored.
func (m *Memory) Restore(_ context.Context, base []Balance, open []Ask) error {
	for i := range base {
		if err := base[i].validate(); err != nil {
			return fmt.Errorf("restore: %w", err)
		}
	}
	for i := range open {
		if err := open[i].validate(); err != nil {
			return fmt.Errorf("restore: %w", err)
		}
	}
	now := m.now().UnixNano()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.counters.past = newPast(now, base)
	for i := range base {
		if base[i].Unit == llm.Money {
			m.counters.setSpent(now, &base[i])
		}
	}
	for i := range open {
		m.reopen(now, &open[i])
	}
	m.counters.sweep(now)
	return nil
}

// reopen makes the Ask an open call.
func (m *Memory) reopen(now int64, a *Ask) {
	if m.open[a.ID] != nil {
		return
	}
	c := m.claim(now, a)
	m.forgetClaims()
	for i := range c.holds {
		c.holds[i].add(now, a.Lines[i].Want)
	}
	m.enter(a.ID, c)
}
