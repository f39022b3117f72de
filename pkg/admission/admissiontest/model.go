package admissiontest

import (
	"math"
	"slices"
	"time"

	"github.com/llmgw/llmgw/pkg/admission"
	"github.com/llmgw/llmgw/pkg/llm"
)

// model is a store written down in the plainest way: it keeps every event and
// asks all of them each time. It is the judge of what the stores answer.
type model struct {
	now      int64
	counters map[counterName]*history
	open     map[string]*modelCall
	// past are the uses from before a restart, in their order.
	past []admission.Balance
}

// counterName is what tells one counter from another.
type counterName struct {
	account string
	epoch   int64
	unit    llm.Unit
	kind    admission.RuleKind
	window  time.Duration
}

func nameOf(l *admission.Line) counterName {
	n := counterName{l.Account, l.Epoch, l.Unit, l.Rule.Kind, l.Rule.Window}
	if l.Unit == llm.Money || l.Unit == llm.Parallel {
		n.window = 0
	}
	return n
}

// modelCall is an open call: its counters in the order of the ask, and what it
// was granted of each.
type modelCall struct {
	names   []counterName
	granted map[counterName]int64
}

func newModel() *model {
	return &model{counters: map[counterName]*history{}, open: map[string]*modelCall{}}
}

func (m *model) history(l *admission.Line) *history {
	n := nameOf(l)
	h := m.counters[n]
	if h == nil {
		h = m.begin(l)
		m.counters[n] = h
	}
	return h
}

// look is history for who only looks.
func (m *model) look(l *admission.Line) *history {
	if h := m.counters[nameOf(l)]; h != nil {
		return h
	}
	return m.begin(l)
}

// begin is the history of a counter that is named for the first time.
func (m *model) begin(l *admission.Line) *history {
	h := newHistory(l, math.MinInt64/2)
	for _, b := range m.past {
		if b.Account != l.Account || b.Unit != l.Unit || !h.windowed() {
			continue
		}
		at := min(b.At.UnixNano(), m.now)
		if b.Debt {
			h.owe(at, b.Spent)
		} else {
			h.take(at, "", b.Spent)
		}
	}
	return h
}

// admit is Store.Admit.
func (m *model) admit(a *admission.Ask) admission.Grant {
	c := &modelCall{granted: map[counterName]int64{}}
	for i := range a.Lines {
		m.history(&a.Lines[i]).adopt(m.now, a.Lines[i].Rule)
		c.names = append(c.names, nameOf(&a.Lines[i]))
	}
	g := m.grant(a.ID, a.Lines, c)
	if g.Refused == nil {
		m.open[a.ID] = c
	}
	return g
}

// grow is Store.Grow of an open call.
func (m *model) grow(id string, lines []admission.Line) admission.Grant {
	for i := range lines {
		m.history(&lines[i]).adopt(m.now, lines[i].Rule)
	}
	return m.grant(id, lines, m.open[id])
}

func (m *model) grant(id string, lines []admission.Line, c *modelCall) admission.Grant {
	g := admission.Grant{ID: id}
	least, floor := moneyOf(lines)
	refused, until := -1, int64(0)
	money := least
	for i := range lines {
		l, h := &lines[i], m.history(&lines[i])
		need := l.Want
		if l.Unit == llm.Money {
			need = least
		}
		if l.Soft || need <= 0 {
			continue
		}
		if l.Unit == llm.Money {
			need = floor
			money = min(money, modelShare(least, floor, h.capacity()-h.total(m.now)))
		}
		if h.admits(m.now, id, need) {
			continue
		}
		if at := h.freeAt(m.now, need); refused < 0 || at > until {
			refused, until = i, at
			g.Refused = h.refusal(m.now, l, need, at)
		}
	}
	if refused < 0 {
		g.Money = m.take(id, lines, c, money)
	}
	for i := range lines {
		g.States = append(g.States, m.history(&lines[i]).state(m.now, &lines[i]))
	}
	if refused >= 0 {
		g.Refused.State = g.States[refused]
	}
	return g
}

// modelShare: all that is wanted, else half of what is free, else all of it.
func modelShare(want, floor, free int64) int64 {
	if free >= want {
		return want
	}
	if half := free / 2; half >= floor {
		return half
	}
	return free
}

func moneyOf(lines []admission.Line) (want, floor int64) {
	want = math.MaxInt64
	for _, l := range lines {
		if l.Unit == llm.Money {
			want, floor = min(want, l.Want), max(floor, l.Floor)
		}
	}
	if want == math.MaxInt64 {
		return 0, 0
	}
	return want, floor
}

func (m *model) take(id string, lines []admission.Line, c *modelCall, money int64) (got int64) {
	got = max(0, money)
	for i := range lines {
		n, want := nameOf(&lines[i]), lines[i].Want
		if lines[i].Unit == llm.Money {
			want = money
		}
		before := c.granted[n]
		c.granted[n] = max(0, before+want)
		if want >= 0 {
			m.counters[n].take(m.now, id, want)
		} else {
			m.counters[n].keep(m.now, id, c.granted[n])
		}
		if lines[i].Unit == llm.Money {
			got = min(got, c.granted[n]-before)
		}
	}
	return got
}

// settle is Store.Settle.
func (m *model) settle(id string, a admission.Actual) {
	c := m.open[id]
	if c == nil {
		return
	}
	delete(m.open, id)
	for _, n := range c.names {
		h := m.counters[n]
		switch {
		case a.Void || n.unit == llm.Parallel:
			h.keep(m.now, id, 0)
		case n.unit == llm.Money:
			h.keep(m.now, id, 0)
			h.spent += a.Money
		case n.unit == llm.Tokens && a.Tokens <= c.granted[n]:
			h.keep(m.now, id, a.Tokens)
		case n.unit == llm.Tokens:
			h.owe(m.now, a.Tokens-c.granted[n])
		}
		h.forget(id)
	}
}

// reset is Store.Reset.
func (m *model) reset(account string, epoch int64) {
	for n, h := range m.counters {
		if n.account == account && n.epoch == epoch && n.unit == llm.Money {
			h.spent = 0
		}
	}
}

// restore is Store.Restore.
func (m *model) restore(base []admission.Balance, open []admission.Ask) {
	for _, b := range base {
		if b.Unit != llm.Money {
			m.past = append(m.past, b)
			continue
		}
		m.history(&admission.Line{
			Account: b.Account, Epoch: b.Epoch, Unit: b.Unit, Rule: admission.Rule{Kind: admission.Budget},
		}).spent = b.Spent
	}
	slices.SortStableFunc(m.past, func(a, b admission.Balance) int { return a.At.Compare(b.At) })
	for i := range open {
		a := &open[i]
		if m.open[a.ID] != nil {
			continue
		}
		c := &modelCall{granted: map[counterName]int64{}}
		for j := range a.Lines {
			l := &a.Lines[j]
			m.history(l).adopt(m.now, l.Rule)
			m.history(l).take(m.now, a.ID, l.Want)
			c.names = append(c.names, nameOf(l))
			c.granted[nameOf(l)] = l.Want
		}
		m.open[a.ID] = c
	}
}

// openIDs are the open calls in a fixed order.
func (m *model) openIDs() []string {
	var ids []string
	for id := range m.open {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}
