package ledger

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/llmgw/llmgw/pkg/admission"
	"github.com/llmgw/llmgw/pkg/journal"
	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/requestlog"
)

// flakyJournal refuses appends while it is told to.
type flakyJournal struct {
	journal.Journal
	full atomic.Bool
}

func (j *flakyJournal) Append(b []byte) (journal.Seq, error) {
	if j.full.Load() {
		return 0, syscall.ENOSPC
	}
	return j.Journal.Append(b)
}

// flakyLines refuses lines while it is told to.
type flakyLines struct {
	Lines
	full    atomic.Bool
	refused atomic.Int64
	batches atomic.Int64
}

func (f *flakyLines) Append(b []byte) error {
	if f.full.Load() {
		f.refused.Add(1)
		return syscall.ENOSPC
	}
	f.batches.Add(1)
	return f.Lines.Append(b)
}

// book is a ledger with real parts around it, in one directory.
type book struct {
	*Ledger
	dir     string
	journal *flakyJournal
	lines   *flakyLines
	file    *requestlog.File
	out     *syncBuffer
	state   State
}

// syncBuffer collects log output from several goroutines.
type syncBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// seenPrice is what the tests' cut calls cost: a nano-dollar a token.
func seenPrice(_ *requestlog.Record, u llm.Usage) llm.NanoUSD { return llm.NanoUSD(u.Total()) }

// assemble makes a ledger in a directory that has not recovered yet.
func assemble(t testing.TB, dir string, flushes ...Flush) *book {
	t.Helper()
	out := new(syncBuffer)
	logger := slog.New(slog.NewTextHandler(out, nil))
	j, err := journal.Open(filepath.Join(dir, "journal"), journal.Options{
		SegmentBytes: 64 << 10, Consumers: Consumers(flushes...), Logger: logger,
	})
	if err != nil {
		t.Fatal(err)
	}
	f, err := requestlog.OpenFile(filepath.Join(dir, "requests.jsonl"), requestlog.FileOptions{})
	if err != nil {
		t.Fatal(errors.Join(err, j.Close()))
	}
	b := &book{dir: dir, journal: &flakyJournal{Journal: j}, lines: &flakyLines{Lines: f}, file: f, out: out}
	b.Ledger = New(Options{
		Journal: b.journal, Log: b.lines, Dir: dir, Price: seenPrice, Logger: logger, Checkpoint: 10 * time.Second,
		Flushes: flushes,
	})
	t.Cleanup(func() { b.shut(t) })
	return b
}

// newBook makes a ledger in a directory and recovers it.
func newBook(t testing.TB, dir string, flushes ...Flush) *book {
	t.Helper()
	b := assemble(t, dir, flushes...)
	state, err := b.Recover(t.Context())
	if err != nil {
		t.Fatalf("Recover: %v", err)
	}
	b.state = state
	return b
}

// shut closes what is around the ledger, as a crash would do with it: nothing is
// finished.
func (b *book) shut(t testing.TB) {
	t.Helper()
	if err := errors.Join(b.journal.Close(), b.file.Close()); err != nil {
		t.Errorf("close: %v", err)
	}
}

// drain runs the ledger for what there is to do.
func (b *book) drain(t testing.TB) {
	t.Helper()
	done, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.Run(done); err != nil {
		t.Fatalf("Run: %v", err)
	}
}

// logged returns the request log's records.
func (b *book) logged(t testing.TB) []requestlog.Record {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(b.dir, "requests.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	var records []requestlog.Record
	for row := range bytes.Lines(content) {
		r, err := requestlog.ParseRecord(row)
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, r)
	}
	return records
}

func ids(records []requestlog.Record) []string {
	var got []string
	for _, r := range records {
		got = append(got, r.RequestID)
	}
	return got
}

const hold = 1000

// ask is what the tests' calls ask for: two limits on requests, tokens, parallel
// calls and a hard budget of one key.
func ask(id string) *admission.Ask {
	return &admission.Ask{ID: id, Owner: "replica", Lines: []admission.Line{
		{Account: "key:1", Unit: llm.Requests, Want: 1},
		{Account: "key:1", Unit: llm.Requests, Want: 1, Rule: admission.Rule{Limit: 5}},
		{Account: "key:1", Unit: llm.Tokens, Want: 77},
		{Account: "key:1", Unit: llm.Parallel, Want: 1},
		{Account: "budget:b", Epoch: 4, Unit: llm.Money, Want: 5 * hold},
	}}
}

func open(t testing.TB, l *Ledger, a *admission.Ask) {
	t.Helper()
	err := l.Open(&Opening{Ask: a, Money: hold, Start: time.UnixMilli(1_700_000_000_000), Record: &requestlog.Record{
		RequestID: a.ID, Model: "m", KeyID: "1", Usage: llm.Usage{Input: 10},
	}})
	if err != nil {
		t.Fatalf("Open(%s): %v", a.ID, err)
	}
}

func settlement(id string, tokens, money int64) *Settlement {
	return &Settlement{
		ID: id, Lines: ask(id).Lines, Actual: admission.Actual{Tokens: tokens, Money: money},
		Record: &requestlog.Record{
			RequestID: id, Status: requestlog.StatusSuccess, Cost: llm.NanoUSD(money),
			Usage: llm.Usage{Input: tokens, Reported: true},
		},
	}
}

func settle(t testing.TB, l *Ledger, id string, tokens, money int64) {
	t.Helper()
	if err := l.Settle(settlement(id, tokens, money)); err != nil {
		t.Fatalf("Settle(%s): %v", id, err)
	}
}

// wantTotals compares the totals of ask's accounts.
func wantTotals(t testing.TB, l *Ledger, requests, tokens, money int64) {
	t.Helper()
	want := []Total{{Unit: llm.Requests, Amount: requests}, {Unit: llm.Tokens, Amount: tokens}}
	if diff := cmp.Diff(want, l.Totals("key:1")); diff != "" {
		t.Errorf("totals of the key (-want +got):\n%s", diff)
	}
	want = []Total{{Epoch: 4, Unit: llm.Money, Amount: money}}
	if diff := cmp.Diff(want, l.Totals("budget:b")); diff != "" {
		t.Errorf("totals of the budget (-want +got):\n%s", diff)
	}
}

func TestSettledCallsAreSummedAndLoggedOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b := newBook(t, dir)
	for i := range 5 {
		id := fmt.Sprint("r", i)
		open(t, b.Ledger, ask(id))
		settle(t, b.Ledger, id, 100, 7)
	}
	b.drain(t)
	wantTotals(t, b.Ledger, 5, 500, 35)
	want := []string{"r0", "r1", "r2", "r3", "r4"}
	if got := ids(b.logged(t)); !slices.Equal(got, want) {
		t.Errorf("logged %v", got)
	}
	for range 3 {
		b.shut(t)
		b = newBook(t, dir)
		b.drain(t)
		wantTotals(t, b.Ledger, 5, 500, 35)
		if got := ids(b.logged(t)); !slices.Equal(got, want) {
			t.Errorf("logged after a restart: %v", got)
		}
		wantBalances := []admission.Balance{{Account: "budget:b", Epoch: 4, Unit: llm.Money, Spent: 35}}
		if diff := cmp.Diff(wantBalances, b.state.Balances); diff != "" {
			t.Errorf("balances (-want +got):\n%s", diff)
		}
	}
}

func TestRulesOfEntries(t *testing.T) {
	t.Parallel()
	b := assemble(t, t.TempDir())
	early := map[string]error{
		"Open":     b.Open(&Opening{Ask: ask("r")}),
		"Grow":     b.Grow(&Growth{ID: "r"}),
		"Progress": b.Progress(&Progress{ID: "r"}),
		"Settle":   b.Settle(settlement("r", 1, 1)),
		"Run":      b.Run(t.Context()),
	}
	for name, err := range early {
		if !errors.Is(err, ErrNotRecovered) {
			t.Errorf("%s before Recover = %v", name, err)
		}
	}
	if _, err := b.Recover(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Recover(t.Context()); err == nil {
		t.Error("a second Recover would settle calls that are open")
	}
	open(t, b.Ledger, ask("r"))
	refused := settlement("refused", 0, 0)
	refused.Lines = nil
	void := settlement("void", 9, 9)
	void.Actual.Void = true
	steps := []struct {
		name string
		err  error
		want error
	}{
		{"open again", b.Open(&Opening{Ask: ask("r")}), ErrOpen},
		{"grow", b.Grow(&Growth{ID: "r", Money: 5}), nil},
		{"progress", b.Progress(&Progress{ID: "r"}), nil},
		{"settle", b.Settle(settlement("r", 3, 3)), nil},
		{"settle again", b.Settle(settlement("r", 3, 3)), ErrNotOpen},
		{"grow after it", b.Grow(&Growth{ID: "r", Money: 5}), ErrNotOpen},
		{"progress after it", b.Progress(&Progress{ID: "r"}), ErrNotOpen},
		{"settle a call that was refused", b.Settle(refused), nil},
		{"settle a void call", b.Settle(void), nil},
		{"settle what was never opened", b.Settle(settlement("other", 3, 3)), ErrNotOpen},
	}
	for _, s := range steps {
		if !errors.Is(s.err, s.want) {
			t.Errorf("%s = %v, want %v", s.name, s.err, s.want)
		}
	}
	b.drain(t)
	wantTotals(t, b.Ledger, 1, 3, 3)
	if got := ids(b.logged(t)); !slices.Equal(got, []string{"r", "refused", "void"}) {
		t.Errorf("logged %v", got)
	}
}

func TestSegmentsWithOpenCallsStay(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b := newBook(t, dir)
	open(t, b.Ledger, ask("long"))
	for i := range 1000 {
		id := fmt.Sprint("r", i)
		open(t, b.Ledger, ask(id))
		settle(t, b.Ledger, id, 1, 1)
	}
	b.drain(t)
	segments := func() int {
		files, err := filepath.Glob(filepath.Join(dir, "journal", "*.seg"))
		if err != nil {
			t.Fatal(err)
		}
		return len(files)
	}
	if n := segments(); n < 3 {
		t.Fatalf("%d segments while the first call is open", n)
	}
	settle(t, b.Ledger, "long", 1, 1)
	b.drain(t)
	if n := segments(); n != 1 {
		t.Errorf("%d segments when no call is open", n)
	}
	b.shut(t)
	if b = newBook(t, dir); len(b.state.Cut) != 0 {
		t.Errorf("cut: %v", b.state.Cut)
	}
	wantTotals(t, b.Ledger, 1001, 1001, 1001)
}

func TestEntriesFromManyGoroutines(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b := newBook(t, dir)
	ctx, stop := context.WithCancel(t.Context())
	running := make(chan error, 1)
	go func() { running <- b.Run(ctx) }()
	const callers, calls = 16, 60
	var wg sync.WaitGroup
	for c := range callers {
		wg.Go(func() {
			for i := range calls {
				id := fmt.Sprintf("r%d-%d", c, i)
				open(t, b.Ledger, ask(id))
				if err := b.Grow(&Growth{ID: id, Money: 1}); err != nil {
					t.Errorf("Grow: %v", err)
				}
				if err := b.Progress(&Progress{ID: id, Bytes: 1}); err != nil {
					t.Errorf("Progress: %v", err)
				}
				settle(t, b.Ledger, id, 2, 3)
				b.Totals("key:1")
			}
		})
	}
	wg.Wait()
	stop()
	if err := <-running; err != nil {
		t.Fatalf("Run: %v", err)
	}
	wantTotals(t, b.Ledger, callers*calls, callers*calls*2, callers*calls*3)
	got := ids(b.logged(t))
	slices.Sort(got)
	if n := len(slices.Compact(got)); n != callers*calls || len(got) != n {
		t.Errorf("%d lines of %d calls", len(got), n)
	}
}

func TestConsumersAreNamedOnce(t *testing.T) {
	t.Parallel()
	if c := Consumers(); len(c) != 3 || slices.Contains(c, "") || strings.Join(c, ",") != "calls,totals,requestlog" {
		t.Errorf("Consumers() = %v: a new name reads the whole journal again", c)
	}
}
