package ledger

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/llmgw/llmgw/pkg/journal"
	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/requestlog"
)

// inBubble runs a test with a running ledger, in fake time.
func inBubble(t *testing.T, f func(t *testing.T, b *book)) {
	t.Helper()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		b := newBook(t, dir)
		ctx, stop := context.WithCancel(t.Context())
		running := make(chan error, 1)
		go func() { running <- b.Run(ctx) }()
		f(t, b)
		stop()
		if err := <-running; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

func TestRunDeliversWithinItsPace(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, b *book) {
		<-time.After(time.Minute)
		for i := range 100 {
			b.oneCall(t, fmt.Sprint("r", i))
			<-time.After(time.Millisecond)
		}
		<-time.After(2 * pace)
		wantTotals(t, b.Ledger, 100, 1000, 100)
		if n := len(b.logged(t)); n != 100 {
			t.Errorf("%d lines", n)
		}
		if n := b.lines.batches.Load(); n > 4 {
			t.Errorf("%d writes within 200 ms, want one in each %v", n, pace)
		}
	})
}

func TestRunRetriesWhatIsRefused(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, b *book) {
		b.oneCall(t, "r0")
		<-time.After(time.Second)
		b.lines.full.Store(true)
		open(t, b.Ledger, ask("late"))
		b.journal.full.Store(true)
		settle(t, b.Ledger, "late", 10, 1)
		<-time.After(time.Minute)
		b.journal.full.Store(false)
		b.oneCall(t, "r1")
		<-time.After(5 * time.Minute)
		if n := b.lines.refused.Load(); n < 50 || n > 120 {
			t.Errorf("%d tries in five minutes, want one every %v", n, maxBackoff)
		}
		wantTotals(t, b.Ledger, 3, 30, 3)
		b.lines.full.Store(false)
		<-time.After(2 * maxBackoff)
		got := ids(b.logged(t))
		slices.Sort(got)
		if !slices.Equal(got, []string{"late", "r0", "r1"}) {
			t.Errorf("logged %v", got)
		}
		for text, want := range map[string]int{"tries again": 2, "works again": 2} {
			if n := strings.Count(b.out.String(), text); n != want {
				t.Errorf("%q was told %d times, want once for the journal and once for the log:\n%s", text, n, b.out)
			}
		}
		if b.Stats().Failures == 0 {
			t.Error("failures are not counted")
		}
	})
}

func TestRunWritesTotalsNowAndThen(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, b *book) {
		path := filepath.Join(b.dir, checkpointName)
		b.oneCall(t, "r0")
		<-time.After(5 * time.Second)
		if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("totals were written before their time: %v", err)
		}
		<-time.After(10 * time.Second)
		before, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if a := b.journal.Acked(totalsConsumer); a != 2 {
			t.Errorf("totals are acknowledged up to %d, want 2", a)
		}
		if a := b.journal.Acked(callsConsumer); a != 2 {
			t.Errorf("calls are acknowledged up to %d, want 2", a)
		}
		<-time.After(time.Minute)
		if after, err := os.Stat(path); err != nil || !os.SameFile(before, after) {
			t.Errorf("totals were written again without news: %v", err)
		}
	})
}

func TestRunEndsWhenTheJournalIsClosed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		b := newBook(t, dir)
		running := make(chan error, 1)
		go func() { running <- b.Run(t.Context()) }()
		<-time.After(time.Minute)
		if err := b.journal.Close(); err != nil {
			t.Fatal(err)
		}
		if err := <-running; !errors.Is(err, journal.ErrClosed) {
			t.Errorf("Run = %v", err)
		}
	})
}

func TestLinesOfTheLastRunAreNotRepeated(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b := newBook(t, dir)
	for i := range 4 {
		b.oneCall(t, fmt.Sprint("r", i))
	}
	// The last run wrote two lines and was killed before it acknowledged them.
	for _, id := range []string{"r0", "r1"} {
		r := requestlog.Record{RequestID: id}
		if err := b.file.Append(append(r.AppendJSON(nil), '\n')); err != nil {
			t.Fatal(err)
		}
	}
	b.shut(t)
	b = newBook(t, dir)
	b.oneCall(t, "r4")
	b.drain(t)
	if got := ids(b.logged(t)); !slices.Equal(got, []string{"r0", "r1", "r2", "r3", "r4"}) {
		t.Errorf("logged %v", got)
	}
}

func TestBatchesAreBounded(t *testing.T) {
	t.Parallel()
	b := newBook(t, t.TempDir())
	for i := range 3000 {
		s := &Settlement{ID: strconv.Itoa(i), Record: &requestlog.Record{
			RequestID: strconv.Itoa(i), Error: strings.Repeat("e", 1000), Usage: llm.Usage{Input: 1},
		}}
		if err := b.Settle(s); err != nil {
			t.Fatal(err)
		}
	}
	b.drain(t)
	if n := b.lines.batches.Load(); n != 4 {
		t.Errorf("%d batches for 3.6 MB", n)
	}
	if n := len(b.logged(t)); n != 3000 {
		t.Errorf("%d lines", n)
	}
}
