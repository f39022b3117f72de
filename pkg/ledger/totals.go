package ledger

import (
	"cmp"
	"math"
	"slices"
	"sync"

	"github.com/llmgw/llmgw/pkg/admission"
	"github.com/llmgw/llmgw/pkg/journal"
	"github.com/llmgw/llmgw/pkg/llm"
)

// keepEpochs is how many epochs of a unit an account keeps. Older ones are
// history, which is the database's.
const keepEpochs = 32

// Total is what an account has used of one unit in one epoch.
type Total struct {
	Epoch int64
	Unit  llm.Unit
	// Amount is in the unit: requests, tokens, nano-dollars.
	Amount int64
}

// totals sums what was booked, in the journal's order. Safe for concurrent use.
type totals struct {
	mu sync.Mutex // guards everything below
	// seq is the entry up to which everything is in.
	seq journal.Seq
	// accounts have their totals by unit, then epoch.
	accounts map[string][]Total
	// recent is what windows have to be told after a restart.
	recent recents
}

// position is the entry up to which everything is in.
func (t *totals) position() journal.Seq {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.seq
}

// fold adds what an entry books. An entry that is in already changes nothing.
func (t *totals) fold(s journal.Seq, e *entry) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if s <= t.seq {
		return
	}
	t.seq = s
	if e.kind != kindSettlement {
		return
	}
	for i := range e.lines {
		t.add(&e.lines[i])
		if e.admitted != 0 && e.lines[i].kind.Windowed() {
			t.recent.add(&e.lines[i], e.admitted, e.settled)
		}
	}
}

// add adds a booking. The caller holds mu.
func (t *totals) add(l *entryLine) {
	account := t.accounts[string(l.account)]
	want := Total{Epoch: l.epoch, Unit: l.unit}
	i, found := slices.BinarySearchFunc(account, want, func(a, b Total) int {
		return cmp.Or(cmp.Compare(a.Unit, b.Unit), cmp.Compare(a.Epoch, b.Epoch))
	})
	if found {
		account[i].Amount = addUp(account[i].Amount, l.amount)
		return
	}
	want.Amount = l.amount
	if t.accounts == nil {
		t.accounts = make(map[string][]Total)
	}
	t.accounts[string(l.account)] = forgetEpochs(slices.Insert(account, i, want), l.unit)
}

// forgetEpochs drops the oldest epoch of a unit where there are too many.
func forgetEpochs(account []Total, u llm.Unit) []Total {
	first := slices.IndexFunc(account, func(t Total) bool { return t.Unit == u })
	n := 0
	for _, t := range account {
		if t.Unit == u {
			n++
		}
	}
	if n > keepEpochs {
		return slices.Delete(account, first, first+1)
	}
	return account
}

// addUp adds without overflowing.
func addUp(a, b int64) int64 {
	switch {
	case b > 0 && a > math.MaxInt64-b:
		return math.MaxInt64
	case b < 0 && a < math.MinInt64-b:
		return math.MinInt64
	default:
		return a + b
	}
}

// of returns a copy of an account's totals.
func (t *totals) of(account string) []Total {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.accounts[account])
}

// balances returns what has been spent of money and what windows count of requests
// and tokens: the base of admission.
func (t *totals) balances() []admission.Balance {
	t.mu.Lock()
	defer t.mu.Unlock()
	var balances []admission.Balance
	for name, account := range t.accounts {
		for _, a := range account {
			if a.Unit == llm.Money {
				balances = append(balances, admission.Balance{Account: name, Epoch: a.Epoch, Unit: a.Unit, Spent: a.Amount})
			}
		}
	}
	return t.recent.appendBalances(balances)
}
