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
	// Reset is how much of Amount counts no more for limits, because somebody has
	// reset them.
	Reset int64
}

// tally is a Total, and the entry that was the last one to change it in this run.
type tally struct {
	Total
	last journal.Seq
}

// totals sums what was booked, in the journal's order. Safe for concurrent use.
type totals struct {
	mu sync.Mutex // guards everything below
	// seq is the entry up to which everything is in.
	seq journal.Seq
	// accounts have their totals by unit, then epoch.
	accounts map[string][]tally
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
	switch e.kind {
	case kindSettlement:
	case kindReset:
		t.takeOff(e.lines)
		return
	default:
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
	a := t.total(l)
	a.Amount = addUp(a.Amount, l.amount)
}

// total is the one that a line names, for change. The caller holds mu.
func (t *totals) total(l *entryLine) *tally {
	account := t.accounts[string(l.account)]
	want := Total{Epoch: l.epoch, Unit: l.unit}
	i, found := slices.BinarySearchFunc(account, want, func(a tally, b Total) int {
		return cmp.Or(cmp.Compare(a.Unit, b.Unit), cmp.Compare(a.Epoch, b.Epoch))
	})
	if !found {
		if t.accounts == nil {
			t.accounts = make(map[string][]tally)
		}
		account, i = forgetEpoch(slices.Insert(account, i, tally{Total: want}), i)
		t.accounts[string(l.account)] = account
	}
	account[i].last = t.seq
	return &account[i]
}

// forgetEpoch drops an epoch where there are too many of the unit of the one at i,
// which is new, and says where that is then. It drops what was not booked for the
// longest time: the numbers say nothing where a budget has got another period.
func forgetEpoch(account []tally, i int) ([]tally, int) {
	oldest, n := -1, 0
	for j := range account {
		if account[j].Unit != account[i].Unit {
			continue
		}
		n++
		if j != i && (oldest < 0 || account[j].last < account[oldest].last) {
			oldest = j
		}
	}
	if n <= keepEpochs {
		return account, i
	}
	if oldest < i {
		i--
	}
	return slices.Delete(account, oldest, oldest+1), i
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
	list := make([]Total, 0, len(t.accounts[account]))
	for _, a := range t.accounts[account] {
		list = append(list, a.Total)
	}
	return list
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
				balances = append(balances, admission.Balance{Account: name, Epoch: a.Epoch, Unit: a.Unit, Spent: a.Balance()})
			}
		}
	}
	return t.recent.appendBalances(balances)
}
