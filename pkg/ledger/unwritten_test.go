package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/llmgw/llmgw/pkg/admission"
	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/requestlog"
)

// softAsk is ask under a budget that only counts.
func softAsk(id string) *admission.Ask {
	a := ask(id)
	for i := range a.Lines {
		a.Lines[i].Soft = a.Lines[i].Unit == llm.Money
	}
	return a
}

func TestFullDiskRefusesCallsUnderAHardBudget(t *testing.T) {
	t.Parallel()
	b := newBook(t, t.TempDir())
	if why := b.Trouble(); why != "" {
		t.Errorf("Trouble = %q before there is any", why)
	}
	b.journal.full.Store(true)
	if err := b.Open(&Opening{Ask: ask("hard")}); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("Open under a hard budget = %v", err)
	}
	if s := b.Stats(); s.Open != 0 || s.Unwritten != 0 {
		t.Errorf("stats %+v", s)
	}
	if why := b.Trouble(); why != syscall.ENOSPC.Error() {
		t.Errorf("Trouble = %q", why)
	}
	b.journal.full.Store(false)
	open(t, b.Ledger, ask("hard"))
	if why := b.Trouble(); why != "" {
		t.Errorf("Trouble = %q when there is room again", why)
	}
}

// TestFullDiskLosesNothing has calls in every state while the journal refuses
// entries.
func TestFullDiskLosesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b := newBook(t, dir)
	open(t, b.Ledger, ask("before"))
	open(t, b.Ledger, ask("longer"))
	b.journal.full.Store(true)
	settle(t, b.Ledger, "before", 5, 5)
	if err := b.Settle(settlement("before", 5, 5)); !errors.Is(err, ErrNotOpen) {
		t.Errorf("settling it again = %v, although it waits to be written", err)
	}
	open(t, b.Ledger, softAsk("during"))
	if err := b.Progress(&Progress{ID: "during", OutputTokens: 1}); err != nil {
		t.Errorf("Progress = %v", err)
	}
	settle(t, b.Ledger, "during", 6, 6)
	open(t, b.Ledger, softAsk("from during to after"))
	open(t, b.Ledger, softAsk("cut"))
	if err := b.Settle(&Settlement{ID: "refused", Record: &requestlog.Record{RequestID: "refused"}}); err != nil {
		t.Errorf("Settle of a refused call = %v", err)
	}
	if s := b.Stats(); s.Unwritten != 5 || s.Open != 5 {
		t.Errorf("stats %+v", s)
	}
	b.journal.full.Store(false)
	b.drain(t)
	settle(t, b.Ledger, "from during to after", 7, 7)
	settle(t, b.Ledger, "longer", 8, 8)
	b.drain(t)
	want := []string{"before", "during", "refused", "from during to after", "longer"}
	if got := ids(b.logged(t)); !slices.Equal(got, want) {
		t.Errorf("logged %v, want %v", got, want)
	}
	if s := b.Stats(); s.Unwritten != 0 || s.Open != 1 || s.Dropped != 0 {
		t.Errorf("stats %+v", s)
	}
	wantTotals(t, b.Ledger, 4, 26, 26)
	b.shut(t)
	b = newBook(t, dir)
	if len(b.state.Cut) != 1 || b.state.Cut[0].ID != "cut" {
		t.Errorf("cut: %+v", b.state.Cut)
	}
}

func TestTooManyUnwrittenCallsAreRefused(t *testing.T) {
	t.Parallel()
	b := newBook(t, t.TempDir())
	open(t, b.Ledger, ask("r"))
	b.journal.full.Store(true)
	for i := range maxUnwritten {
		b.keep(strconv.Itoa(i), nil)
	}
	if err := b.Open(&Opening{Ask: softAsk("soft")}); !errors.Is(err, ErrTooManyUnwritten) || !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("Open = %v", err)
	}
	b.keep("refused", nil)
	if s := b.Stats(); s.Dropped != 1 || s.Unwritten != maxUnwritten {
		t.Errorf("stats %+v", s)
	}
	// What was made is never lost.
	settle(t, b.Ledger, "r", 5, 5)
	if s := b.Stats(); s.Dropped != 1 || s.Unwritten != maxUnwritten+1 {
		t.Errorf("stats %+v", s)
	}
}

// TestAnOpeningNeverComesAfterItsSettlement: a restart would take the call for open.
func TestAnOpeningNeverComesAfterItsSettlement(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b := newBook(t, dir)
	ctx, stop := context.WithCancel(t.Context())
	running := make(chan error, 1)
	go func() { running <- b.Run(ctx) }()
	const callers, calls = 8, 200
	var wg sync.WaitGroup
	for c := range callers {
		wg.Go(func() {
			for i := range calls {
				b.journal.full.Store((c+i)%3 > 0)
				id := fmt.Sprintf("r%d-%d", c, i)
				open(t, b.Ledger, softAsk(id))
				if i%10 == 0 {
					<-time.After(time.Millisecond)
				}
				settle(t, b.Ledger, id, 2, 3)
			}
		})
	}
	wg.Wait()
	b.journal.full.Store(false)
	stop()
	if err := <-running; err != nil {
		t.Fatal(err)
	}
	wantTotals(t, b.Ledger, callers*calls, callers*calls*2, callers*calls*3)
	b.shut(t)
	b = newBook(t, dir)
	if len(b.state.Cut) != 0 {
		t.Errorf("%d calls look as if they were cut", len(b.state.Cut))
	}
	got := ids(b.logged(t))
	slices.Sort(got)
	if n := len(slices.Compact(got)); n != callers*calls || len(got) != n {
		t.Errorf("%d lines of %d calls", len(got), n)
	}
}
