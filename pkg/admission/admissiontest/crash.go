package admissiontest

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/llmgw/llmgw/pkg/admission"
	"github.com/llmgw/llmgw/pkg/llm"
)

// book is what a journal knows of the calls of a walk: when each was admitted for
// how much, and what it used. Money is in the model.
type book struct {
	open map[string]opened
	uses []admission.Balance
}

// opened is a call that is open in the book.
type opened struct {
	at    time.Time
	lines []admission.Line
}

// keepUses is how long a book keeps what was used: longer than any window.
const keepUses = 25 * time.Hour

// opened writes that a call was admitted.
func (b *book) opened(now time.Time, a *admission.Ask) {
	b.open[a.ID] = opened{at: now, lines: slices.Clone(a.Lines)}
}

// settled writes what a call used: each account once, however many limits it has.
func (b *book) settled(now time.Time, id string, a admission.Actual) {
	c := b.open[id]
	delete(b.open, id)
	if a.Void {
		return
	}
	type name struct {
		account string
		unit    llm.Unit
	}
	seen := map[name]bool{}
	for _, l := range c.lines {
		n := name{l.Account, l.Unit}
		if seen[n] {
			continue
		}
		seen[n] = true
		switch l.Unit {
		case llm.Requests:
			b.used(c.at, &l, l.Want, false)
		case llm.Tokens:
			b.used(c.at, &l, min(l.Want, a.Tokens), false)
			b.used(now, &l, a.Tokens-l.Want, true)
		case llm.Parallel, llm.Money:
		}
	}
	b.uses = slices.DeleteFunc(b.uses, func(u admission.Balance) bool { return now.Sub(u.At) > keepUses })
}

func (b *book) used(at time.Time, l *admission.Line, n int64, debt bool) {
	if n > 0 {
		b.uses = append(b.uses, admission.Balance{Account: l.Account, Unit: l.Unit, Spent: n, At: at, Debt: debt})
	}
}

// renewOrCrash is the life of replicas. That they renew changes nothing while they
// are alive, and a crash leaves what the book says.
func (w *walk) renewOrCrash() {
	if w.IntN(4) == 0 {
		w.crash()
		return
	}
	if err := w.Renew(w.Context(), w.owner()); err != nil {
		w.Fatalf("step %d: Renew: %v", w.step, err)
	}
	w.states()
}

// crash goes on with another store, which knows of the first what is restored:
// calls that were cut are booked at all they held of money, and at what was seen of
// their tokens.
func (w *walk) crash() {
	base := w.model.balances()
	for _, id := range slices.Sorted(maps.Keys(w.book.open)) {
		w.book.settled(w.clock.Now(), id, admission.Actual{Tokens: int64(w.IntN(60))})
	}
	base = append(base, w.book.uses...)
	w.Store = w.open(w.TB, w.clock.Now)
	w.model = newModel()
	w.model.now = w.clock.Now().UnixNano()
	if err := w.Restore(w.Context(), base, nil); err != nil {
		w.Fatalf("step %d: Restore: %v", w.step, err)
	}
	w.model.restore(base, nil)
	w.states()
}

// balances are what all budgets have spent or hold.
func (m *model) balances() []admission.Balance {
	var base []admission.Balance
	for n, h := range m.counters {
		if n.unit == llm.Money {
			base = append(base, admission.Balance{Account: n.account, Epoch: n.epoch, Unit: n.unit, Spent: h.total(m.now)})
		}
	}
	slices.SortFunc(base, func(a, b admission.Balance) int {
		if c := strings.Compare(a.Account, b.Account); c != 0 {
			return c
		}
		return int(a.Epoch - b.Epoch)
	})
	return base
}
