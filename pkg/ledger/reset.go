package ledger

import (
	"fmt"
	"time"

	"github.com/llmgw/llmgw/pkg/admission"
	"github.com/llmgw/llmgw/pkg/llm"
)

// Reset is an amount of money that an account has spent in an epoch and that counts no
// more for its limit. Totals keep what was spent.
type Reset struct {
	Account string
	Epoch   int64
	Amount  llm.NanoUSD
	Time    time.Time
}

// Balance is what counts for a limit: Amount without Reset.
func (t Total) Balance() int64 { return max(0, addUp(t.Amount, -t.Reset)) }

// Reset writes that an amount counts no more: when it returns nil, no crash brings it
// back. It says how much, not from when on: what is settled meanwhile counts, in
// whatever order the entries come.
func (l *Ledger) Reset(r *Reset) error {
	if !l.isRecovered() {
		return ErrNotRecovered
	}
	e := l.encoder()
	defer l.release(e)
	e.reset(r)
	return l.append(e.entry)
}

// ResetClosed resets all that an account has spent in an epoch, in the books that a
// ledger has closed, and says how much that was. o.Log is not used. Calls that a crash
// has left open are left to the next ledger: what they cost counts.
func ResetClosed(o Options, account string, epoch int64) (llm.NanoUSD, error) {
	l := New(o)
	if err := l.loadTotals(); err != nil {
		return 0, fmt.Errorf("reset %s: %w", account, err)
	}
	if err := l.sumUp(); err != nil {
		return 0, fmt.Errorf("reset %s: %w", account, err)
	}
	r := Reset{Account: account, Epoch: epoch, Amount: l.totals.balance(account, epoch), Time: time.Now()}
	if r.Amount > 0 {
		e := l.encoder()
		defer l.release(e)
		e.reset(&r)
		if err := l.append(e.entry); err != nil {
			return 0, fmt.Errorf("reset %s: %w", account, err)
		}
		if err := l.sumUp(); err != nil {
			return 0, fmt.Errorf("reset %s: %w", account, err)
		}
	}
	return r.Amount, l.saveTotals()
}

func (e *encoder) reset(r *Reset) {
	e.begin(kindReset, "")
	e.entry = appendNumber(e.entry, fieldStart, r.Time.UnixNano())
	e.line(&admission.Line{Account: r.Account, Epoch: r.Epoch, Unit: llm.Money}, int64(r.Amount), 0)
}

// takeOff takes what a reset says off the balances. The caller holds mu.
func (t *totals) takeOff(lines []entryLine) {
	for i := range lines {
		a := t.total(&lines[i])
		a.Reset = addUp(a.Reset, lines[i].amount)
	}
}

// balance is what an account has spent in an epoch, as far as it counts.
func (t *totals) balance(account string, epoch int64) llm.NanoUSD {
	for _, a := range t.of(account) {
		if a.Unit == llm.Money && a.Epoch == epoch {
			return llm.NanoUSD(a.Balance())
		}
	}
	return 0
}
