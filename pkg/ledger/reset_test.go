package ledger

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/llmgw/llmgw/pkg/journal"
	"github.com/llmgw/llmgw/pkg/llm"
)

// balanceIn is what a state gives admission of the account and epoch of ask.
func balanceIn(state State) int64 {
	for _, b := range state.Balances {
		if b.Account == "budget:b" && b.Epoch == 4 && b.Unit == llm.Money {
			return b.Spent
		}
	}
	return 0
}

// moneyOf are the totals of the budget of ask.
func moneyOf(l *Ledger) Total {
	for _, t := range l.Totals("budget:b") {
		if t.Epoch == 4 && t.Unit == llm.Money {
			return t
		}
	}
	return Total{}
}

func TestAResetOutlivesACrash(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*testing.T, *book){
		"a crash":     func(t *testing.T, b *book) { t.Helper(); b.shut(t) },
		"an ordinary": func(t *testing.T, b *book) { t.Helper(); b.drain(t); b.shut(t) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			b := newBook(t, dir)
			for _, id := range []string{"one", "two", "three"} {
				open(t, b.Ledger, ask(id))
			}
			settle(t, b.Ledger, "one", 1, 100)
			settle(t, b.Ledger, "two", 1, 20)
			if err := b.Reset(&Reset{Account: "budget:b", Epoch: 4, Amount: 120, Time: time.Now()}); err != nil {
				t.Fatal(err)
			}
			settle(t, b.Ledger, "three", 1, 7)
			end(t, b)
			for range 2 {
				b = newBook(t, dir)
				if got := balanceIn(b.state); got != 7 {
					t.Errorf("%d counts after the restart, want 7", got)
				}
				if got := moneyOf(b.Ledger); got.Amount != 127 || got.Reset != 120 || got.Balance() != 7 {
					t.Errorf("totals = %+v, want what was really spent beside what was reset", got)
				}
				b.drain(t)
				b.shut(t)
			}
		})
	}
}

func TestAResetNeedsARecovery(t *testing.T) {
	t.Parallel()
	b := assemble(t, t.TempDir())
	if err := b.Reset(&Reset{Account: "a", Amount: 1}); err == nil {
		t.Error("Reset = nil before Recover")
	}
	b.shut(t)
}

func TestAResetOfClosedBooks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b := newBook(t, dir)
	open(t, b.Ledger, ask("one"))
	settle(t, b.Ledger, "one", 1, 100)
	b.drain(t)
	open(t, b.Ledger, ask("two"))
	settle(t, b.Ledger, "two", 1, 20) // not in the file of totals
	open(t, b.Ledger, ask("cut"))
	b.shut(t)

	for i, want := range []llm.NanoUSD{120, 0} {
		j, err := journal.Open(filepath.Join(dir, "journal"), journal.Options{Consumers: Consumers()})
		if err != nil {
			t.Fatal(err)
		}
		got, err := ResetClosed(Options{Journal: j, Dir: dir}, "budget:b", 4)
		if err != nil || got != want {
			t.Errorf("reset %d = %d, %v, want %d", i, got, err, want)
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	}
	saved, err := ReadSaved(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range saved.Totals("budget:b") {
		if a.Unit == llm.Money && a.Epoch == 4 && a.Balance() != 0 {
			t.Errorf("the file says %+v", a)
		}
	}
	b = newBook(t, dir)
	if got := balanceIn(b.state); len(b.state.Cut) != 1 || got != hold {
		t.Errorf("%d counts and %d calls were cut, want what the one has held", got, len(b.state.Cut))
	}
	b.shut(t)
}

// A budget that gets another period has epochs of another size: the newest must not be
// taken for the oldest.
func TestTotalsOutliveAnotherPeriod(t *testing.T) {
	t.Parallel()
	const hours, months = 490_000, 24_000
	for name, numbers := range map[string][2]int64{"hours to months": {hours, months}, "months to hours": {months, hours}, "days to for ever": {20_000, 0}} {
		var sum totals
		seq := journal.Seq(0)
		booked := func(epoch, amount int64) {
			seq++
			sum.fold(seq, &entry{kind: kindSettlement, lines: []entryLine{{account: []byte("a"), unit: llm.Money, epoch: epoch, amount: amount}}})
		}
		for epoch := range int64(2 * keepEpochs) {
			booked(numbers[0]+epoch, 1)
		}
		booked(numbers[1], 5)
		booked(numbers[0]+2*keepEpochs, 1) // a late one of before
		booked(numbers[1], 5)
		if got := sum.balance("a", numbers[1]); got != 10 {
			t.Errorf("%s: %d counts, want 10", name, got)
		}
	}
}
