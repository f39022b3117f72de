package gateway

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/llmgw/llmgw/pkg/admission"
	"github.com/llmgw/llmgw/pkg/budget"
	"github.com/llmgw/llmgw/pkg/ledger"
	"github.com/llmgw/llmgw/pkg/llm"
)

// alarms find out when budgets pass their marks, each once in a period. Safe for
// concurrent use. Accounts come from the configuration and the keys, so it is
// bounded by them.
type alarms struct {
	byAccount sync.Map // string -> *alarm
	// cut is what calls were booked at that a crash had cut: it passes marks that the
	// last run did not. It is only read.
	cut map[period]int64
}

// period is a budget's account in one of its periods.
type period struct {
	account string
	epoch   int64
}

// alarm is what has been told of a budget in its current period.
type alarm struct {
	epoch int64
	// seen is no less than what has been spent: what was settled elsewhere is known
	// from the last admission, and may be in it twice.
	seen atomic.Int64
	told atomic.Uint32 // a bit for each mark
}

// bookedAtRecovery is what the calls were booked at that the last run has left.
func bookedAtRecovery(cut []ledger.Call) map[period]int64 {
	booked := make(map[period]int64)
	for i := range cut {
		for j := range cut[i].Lines {
			if l := &cut[i].Lines[j]; l.Unit == llm.Money {
				booked[period{l.Account, l.Epoch}] += cut[i].Actual.Money
			}
		}
	}
	return booked
}

// of is the alarm of a line's period, made where there is none; nil for a period
// that is over. used is what is known to be spent: when a period is seen for the
// first time, the marks that this passes were told of by the last run.
func (a *alarms) of(b *budget.Budget, l *admission.Line, used int64) *alarm {
	for {
		v, ok := a.byAccount.Load(l.Account)
		known, _ := v.(*alarm)
		switch {
		case ok && known.epoch == l.Epoch:
			return known
		case ok && known.epoch > l.Epoch:
			return nil
		case ok:
			a.byAccount.CompareAndSwap(l.Account, known, a.begin(b, l, used))
		default:
			a.byAccount.LoadOrStore(l.Account, a.begin(b, l, used))
		}
	}
}

// begin makes the alarm of a period that is seen for the first time.
func (a *alarms) begin(b *budget.Budget, l *admission.Line, used int64) *alarm {
	first := &alarm{epoch: l.Epoch}
	first.seen.Store(used)
	used -= a.cut[period{l.Account, l.Epoch}]
	for m := range budget.Marks {
		if used >= int64(b.At(m)) {
			first.told.Or(1 << m)
		}
	}
	return first
}

// raise makes seen no less than used.
func (a *alarm) raise(used int64) {
	for {
		seen := a.seen.Load()
		if seen >= used || a.seen.CompareAndSwap(seen, used) {
			return
		}
	}
}

// due reports whether a mark may have been passed that nobody was told of.
func (a *alarm) due(b *budget.Budget) bool {
	seen, told := a.seen.Load(), a.told.Load()
	for m := range budget.Marks {
		if told&(1<<m) == 0 && seen >= int64(b.At(m)) {
			return true
		}
	}
	return false
}

// eachBudget calls yield for each of the call's budgets with its line.
func (c *Call) eachBudget(yield func(b *budget.Budget, n int)) {
	for _, b := range c.Caller.Budgets {
		for n := range c.asking.lines {
			if l := &c.asking.lines[n]; l.Rule.Kind == admission.Budget && l.Account == b.Account {
				yield(b, n)
				break
			}
		}
	}
}

// watchAdmitted takes note of what the call's budgets have spent, as the admission
// found it.
func (c *Call) watchAdmitted(ctx context.Context, states []llm.LimitState) {
	c.eachBudget(func(b *budget.Budget, n int) {
		if n >= len(states) {
			return
		}
		a := c.gateway.alarms.of(b, &c.asking.lines[n], states[n].Used)
		if a == nil {
			return
		}
		a.raise(states[n].Used)
		if a.due(b) {
			c.tell(ctx, a, b, n)
		}
	})
}

// watchSettled takes note of what the call has cost.
func (c *Call) watchSettled(ctx context.Context, cost llm.NanoUSD) {
	c.eachBudget(func(b *budget.Budget, n int) {
		a := c.gateway.alarms.of(b, &c.asking.lines[n], 0)
		if a == nil {
			return
		}
		a.seen.Add(int64(cost))
		if a.due(b) {
			c.tell(ctx, a, b, n)
		}
	})
}

// tell looks at what is really spent, and tells of the marks that it passes.
func (c *Call) tell(ctx context.Context, a *alarm, b *budget.Budget, n int) {
	l := c.asking.lines[n]
	states, err := c.gateway.opts.Admission.States(context.WithoutCancel(ctx), []admission.Line{l})
	if err != nil || len(states) != 1 {
		return // the next call will tell
	}
	s := &states[0]
	for m := range budget.Marks {
		if s.Used < int64(b.At(m)) || m == budget.OverMark && s.Held > 0 {
			continue
		}
		if a.told.Or(1<<m)&(1<<m) == 0 {
			c.gateway.tell(budget.Event{Budget: b, Mark: m, Spent: llm.NanoUSD(s.Used), Epoch: l.Epoch, Ends: l.Rule.Resets})
		}
	}
}

// tell logs an event and hands it on.
func (g *Gateway) tell(e budget.Event) {
	facts := []any{
		"budget", e.Budget.Name, "mark", e.Mark.String(), "spent_usd", e.Spent.String(), "limit_usd", e.Budget.Limit.String(),
		"over_usd", max(0, e.Spent-e.Budget.Limit).String(),
	}
	if !e.Ends.IsZero() {
		facts = append(facts, "resets", e.Ends.UTC())
	}
	if e.Mark == budget.OverMark {
		g.opts.Logger.Warn("budget exceeded by the calls that were open", facts...)
	} else {
		g.opts.Logger.Warn("budget threshold reached", facts...)
	}
	if g.opts.BudgetEvent != nil {
		g.opts.BudgetEvent(e)
	}
}
