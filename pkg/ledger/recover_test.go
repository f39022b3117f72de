package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/llmgw/llmgw/pkg/admission"
	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/requestlog"
)

func TestCutCalls(t *testing.T) {
	t.Parallel()
	soft := ask("r")
	for i := range soft.Lines {
		soft.Lines[i].Soft = true
	}
	seen := &Progress{ID: "r", Bytes: 999, OutputTokens: 30, Usage: llm.Usage{Input: 12, Output: 5, CacheRead: 3, Reported: true}, TTFT: 40 * time.Millisecond}
	tests := []struct {
		name      string
		ask       *admission.Ask
		grow      []int64
		progress  *Progress
		wantUsage llm.Usage
		wantMoney int64
	}{
		{name: "opened, hard budget", ask: ask("r"), wantUsage: llm.Usage{Input: 10}, wantMoney: hold},
		{name: "opened, soft budget", ask: soft, wantUsage: llm.Usage{Input: 10}, wantMoney: 10},
		{name: "grown", ask: ask("r"), grow: []int64{500, -100}, wantUsage: llm.Usage{Input: 10}, wantMoney: hold + 400},
		{
			name: "streaming, hard budget", ask: ask("r"), progress: seen,
			wantUsage: llm.Usage{Input: 12, Output: 30, CacheRead: 3}, wantMoney: hold,
		},
		{
			name: "streaming, soft budget", ask: soft, progress: seen,
			wantUsage: llm.Usage{Input: 12, Output: 30, CacheRead: 3}, wantMoney: 42,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			b := newBook(t, dir)
			open(t, b.Ledger, ask("done"))
			open(t, b.Ledger, tt.ask)
			settle(t, b.Ledger, "done", 1, 1)
			for _, n := range tt.grow {
				if err := b.Grow(&Growth{ID: "r", Money: n}); err != nil {
					t.Fatal(err)
				}
			}
			if tt.progress != nil {
				if err := b.Progress(tt.progress); err != nil {
					t.Fatal(err)
				}
			}
			b.shut(t)
			b = newBook(t, dir)
			if len(b.state.Cut) != 1 {
				t.Fatalf("cut: %+v", b.state.Cut)
			}
			cut := b.state.Cut[0]
			want := requestlog.Record{
				Timestamp: time.UnixMilli(1_700_000_000_000).UTC(), RequestID: "r", Model: "m", KeyID: "1",
				Status: "error", ErrorType: "interrupted", Error: interruptedMessage,
				Usage: tt.wantUsage, Cost: llm.NanoUSD(tt.wantMoney),
			}
			want.TTFT = cut.Record.TTFT
			if tt.progress != nil && want.TTFT != 40*time.Millisecond {
				t.Errorf("ttft %v", want.TTFT)
			}
			cut.Record.Timestamp = cut.Record.Timestamp.UTC()
			if diff := cmp.Diff(want, cut.Record); diff != "" {
				t.Errorf("record (-want +got):\n%s", diff)
			}
			if cut.ID != "r" || cut.Owner != "replica" || cut.Actual.Money != tt.wantMoney {
				t.Errorf("cut: %+v", cut)
			}
			wantBalances := []admission.Balance{{Account: "budget:b", Epoch: 4, Unit: llm.Money, Spent: 1 + tt.wantMoney}}
			if diff := cmp.Diff(wantBalances, b.state.Balances); diff != "" {
				t.Errorf("balances (-want +got):\n%s", diff)
			}
			b.drain(t)
			wantTotals(t, b.Ledger, 2, 1+tt.wantUsage.Total(), 1+tt.wantMoney)
			if got := ids(b.logged(t)); !slices.Equal(got, []string{"done", "r"}) {
				t.Errorf("logged %v", got)
			}
			b.shut(t)
			if b = newBook(t, dir); len(b.state.Cut) != 0 {
				t.Errorf("cut again: %+v", b.state.Cut)
			}
		})
	}
}

func TestRecordsOfLaterEntriesReplaceTheFirst(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b := newBook(t, dir)
	open(t, b.Ledger, ask("grown"))
	open(t, b.Ledger, ask("streaming"))
	if err := b.Grow(&Growth{ID: "grown", Record: &requestlog.Record{Deployment: "second"}}); err != nil {
		t.Fatal(err)
	}
	if err := b.Progress(&Progress{ID: "streaming", Record: &requestlog.Record{Deployment: "third"}}); err != nil {
		t.Fatal(err)
	}
	if err := b.Progress(&Progress{ID: "streaming"}); err != nil {
		t.Fatal(err)
	}
	b.shut(t)
	b = newBook(t, dir)
	var got []string
	for _, c := range b.state.Cut {
		got = append(got, c.ID+" "+c.Record.Deployment)
	}
	if !slices.Equal(got, []string{"grown second", "streaming third"}) {
		t.Errorf("cut %v", got)
	}
}

func TestRecoverGoesOnAfterAFailure(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b := newBook(t, dir)
	for i := range 3 {
		open(t, b.Ledger, ask(fmt.Sprint("r", i)))
	}
	b.shut(t)
	b = assemble(t, dir)
	b.journal.full.Store(true)
	if _, err := b.Recover(t.Context()); err == nil || !strings.Contains(err.Error(), "r0") {
		t.Fatalf("Recover = %v", err)
	}
	b.journal.full.Store(false)
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.Recover(canceled); !errors.Is(err, context.Canceled) {
		t.Fatalf("Recover = %v", err)
	}
	state, err := b.Recover(t.Context())
	if err != nil || len(state.Cut) != 3 {
		t.Fatalf("Recover = %+v, %v", state, err)
	}
	b.drain(t)
	wantTotals(t, b.Ledger, 3, 30, 3*hold)
}

// editCheckpoint changes the file of totals.
func editCheckpoint(t *testing.T, dir string, f func(*checkpoint)) {
	t.Helper()
	path := filepath.Join(dir, checkpointName)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var c checkpoint
	if err := json.Unmarshal(content, &c); err != nil {
		t.Fatal(err)
	}
	f(&c)
	if content, err = json.Marshal(c); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// oneCall opens and settles a call, and stops without finishing anything.
func (b *book) oneCall(t *testing.T, id string) {
	t.Helper()
	open(t, b.Ledger, ask(id))
	settle(t, b.Ledger, id, 10, 1)
}

func TestTotalsThatAreAheadOfTheJournal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b := newBook(t, dir)
	b.oneCall(t, "r1")
	b.drain(t)
	b.shut(t)
	// A loss of power took entries away that are in the totals.
	editCheckpoint(t, dir, func(c *checkpoint) { c.Seq += 100 })
	for i := range 2 {
		b = newBook(t, dir)
		wantTotals(t, b.Ledger, int64(1+i), int64(10+10*i), int64(1+i))
		b.oneCall(t, fmt.Sprint("new", i))
		b.shut(t)
	}
	b = newBook(t, dir)
	wantTotals(t, b.Ledger, 3, 30, 3)
}

func TestTotalsOfAnotherJournal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b := newBook(t, dir)
	for i := range 5 {
		b.oneCall(t, fmt.Sprint("r", i))
	}
	b.drain(t)
	b.shut(t)
	if err := os.RemoveAll(filepath.Join(dir, "journal")); err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		b = newBook(t, dir)
		wantTotals(t, b.Ledger, int64(5+i), int64(50+10*i), int64(5+i))
		b.oneCall(t, fmt.Sprint("new", i))
		b.shut(t)
	}
	b = newBook(t, dir)
	wantTotals(t, b.Ledger, 7, 70, 7)
}

func TestUnreadableTotalsAreAnError(t *testing.T) {
	t.Parallel()
	for _, content := range []string{
		"", "{", `{"version":2}`, `{"version":1,"accounts":{"a":[{"unit":"parallel"}]}}`, `{"version":1,"seq":-1}`,
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, checkpointName)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		b := assemble(t, dir)
		if _, err := b.Recover(t.Context()); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%q: Recover = %v, want an error that names the file", content, err)
		}
	}
}

func TestUnreadableEntriesAreSkipped(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b := newBook(t, dir)
	b.oneCall(t, "r1")
	for _, entry := range []string{"\xff\xff\xff", "\x2a\x03\xff\xff\xff", "\x08\x63\x12\x01x"} {
		if _, err := b.journal.Append([]byte(entry)); err != nil {
			t.Fatal(err)
		}
	}
	b.oneCall(t, "r2")
	b.shut(t)
	b = newBook(t, dir)
	b.drain(t)
	wantTotals(t, b.Ledger, 2, 20, 2)
	if got := ids(b.logged(t)); !slices.Equal(got, []string{"r1", "r2"}) {
		t.Errorf("logged %v", got)
	}
	// Two of the three cannot be read, by each of the consumers; the third is of a
	// kind from the future.
	if n := b.Stats().Unreadable; n != 2*int64(len(Consumers())) {
		t.Errorf("%d entries could not be read", n)
	}
}

func TestCutCallWithoutARecord(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b := newBook(t, dir)
	start := time.UnixMilli(1_600_000_000_000)
	if err := b.Open(&Opening{Ask: &admission.Ask{ID: "bare"}, Start: start}); err != nil {
		t.Fatal(err)
	}
	b.shut(t)
	b = newBook(t, dir)
	b.drain(t)
	got := b.logged(t)
	if len(got) != 1 || got[0].RequestID != "bare" || !got[0].Timestamp.Equal(start) || got[0].Cost != 0 {
		t.Errorf("logged %+v", got)
	}
}
