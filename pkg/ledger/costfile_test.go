package ledger

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/llmgw/llmgw/pkg/journal"
	"github.com/llmgw/llmgw/pkg/llm"
)

const costsName = "costs.jsonl"

// costsIn is a flush to a file in a directory, often enough that a kill hits it.
func costsIn(dir string) Flush {
	return Flush{Name: "costs", Sink: NewCostFile(filepath.Join(dir, costsName)), Every: pace}
}

// readCosts adds up a file of costs, and wants every batch in it whole and once.
func readCosts(t testing.TB, path string) map[rowKey]int64 {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	sums := make(map[rowKey]int64)
	var last costRow
	for line := range bytes.Lines(content) {
		var r costRow
		if err := json.Unmarshal(line, &r); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		follows := r.Sequence == last.Sequence && r.Row == last.Row+1 && r.Rows == last.Rows
		begins := r.Sequence > last.Sequence && r.Row == 1 && last.Row == last.Rows
		if !follows && !begins || r.Instance == "" || r.Time.IsZero() {
			t.Fatalf("%+v comes after %+v", r, last)
		}
		sums[rowKey{r.Account, Total{Epoch: r.Epoch, Unit: llm.Unit(r.Unit)}}] += r.Amount
		last = r
	}
	if last.Row != last.Rows {
		t.Errorf("the last batch is not whole: %+v", last)
	}
	return sums
}

// wantCosts wants a book's file of costs to add up to its totals.
func wantCosts(t testing.TB, b *book, accounts ...string) {
	t.Helper()
	want := make(map[rowKey]int64)
	for _, a := range accounts {
		for _, total := range b.Totals(a) {
			amount := total.Amount
			total.Amount = 0
			want[rowKey{a, total}] = amount
		}
	}
	if diff := cmp.Diff(want, readCosts(t, filepath.Join(b.dir, costsName)), cmp.AllowUnexported(rowKey{})); diff != "" {
		t.Errorf("costs (-totals +file):\n%s", diff)
	}
}

func TestCostsAreFlushedAtIntervalsAndAtTheEnd(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	flush := costsIn(dir)
	flush.Every = time.Hour
	b := newBook(t, dir, flush)
	for i := range 5 {
		b.oneCall(t, fmt.Sprint("r", i))
	}
	b.drain(t)
	wantCosts(t, b, "key:1", "budget:b")
	text, err := os.ReadFile(filepath.Join(dir, costsName))
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	want := fmt.Sprintf(`"instance":%q,"sequence":10,"row":1,"rows":3,"account":"budget:b","epoch":4,"unit":"nano_usd","amount":5}`, b.journal.Instance())
	if !strings.HasPrefix(first, `{"time":"`) || !strings.HasSuffix(first, want) {
		t.Errorf("the first line is %s, want it to end with %s", first, want)
	}
	b.shut(t)
	for range 2 {
		b = newBook(t, dir, flush)
		b.drain(t) // without news nothing is written
		b.shut(t)
	}
	if again, err := os.ReadFile(filepath.Join(dir, costsName)); err != nil || !bytes.Equal(again, text) {
		t.Errorf("without news the file has changed: %s, %v", again, err)
	}
}

func TestFlushGoesOnAfterACrash(t *testing.T) {
	t.Parallel()
	// What the last run has left of its second batch.
	for _, left := range []string{"nothing", "half", "all but the last byte", "whole lines", "all, not acknowledged"} {
		t.Run(left, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path := filepath.Join(dir, costsName)
			b := newBook(t, dir, costsIn(dir))
			b.oneCall(t, "r1")
			b.drain(t)
			one, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			b.oneCall(t, "r2")
			b.shut(t)
			// A run whose acknowledgement is lost.
			b = newBook(t, dir, costsIn(dir))
			f := b.newFlusher(costsIn(dir))
			if err := f.find(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := b.journal.Replay(f.position, func(s journal.Seq, entryBytes []byte) error {
				var e entry
				b.read(&e, s, entryBytes)
				f.add(&e)
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			if err := f.Sink.Flush(t.Context(), &Batch{Instance: b.journal.Instance(), Seq: b.journal.Last(), Time: time.Now(), Rows: f.rows()}); err != nil {
				t.Fatal(err)
			}
			both, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			second := both[len(one):]
			keep := map[string]int{
				"nothing": 0, "half": len(second) / 2, "all but the last byte": len(second) - 1,
				"whole lines": bytes.LastIndexByte(second[:len(second)-1], '\n') + 1, "all, not acknowledged": len(second),
			}[left]
			if err := os.WriteFile(path, both[:len(one)+keep], 0o600); err != nil {
				t.Fatal(err)
			}
			b.shut(t)
			b = newBook(t, dir, costsIn(dir))
			b.oneCall(t, "r3")
			b.drain(t)
			wantCosts(t, b, "key:1", "budget:b")
		})
	}
}

// flakySink fails while it is told to: before it has the batch, or after it.
type flakySink struct {
	Sink
	refuse, lie bool
}

func (f *flakySink) Flush(ctx context.Context, b *Batch) error {
	if f.refuse {
		return errors.New("refused")
	}
	if err := f.Sink.Flush(ctx, b); err != nil || !f.lie {
		return err
	}
	return errors.New("who knows")
}

func TestAFailedFlushIsTriedAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	flush := costsIn(dir)
	sink := &flakySink{Sink: flush.Sink}
	flush.Sink = sink
	b := newBook(t, dir, flush)
	f := b.newFlusher(flush)
	for i, how := range []flakySink{{}, {refuse: true}, {lie: true}, {}} {
		sink.refuse, sink.lie = how.refuse, how.lie
		b.oneCall(t, fmt.Sprint("r", i))
		if err := f.pass(t.Context()); (err != nil) != (how.refuse || how.lie) {
			t.Errorf("round %d: %v", i, err)
		}
	}
	b.drain(t)
	wantCosts(t, b, "key:1", "budget:b")
}

func TestLargeBatchesAreFoundFromTheEnd(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), costsName)
	c := NewCostFile(path)
	large := &Batch{Instance: "i", Seq: 1, Time: time.Now()}
	for i := range 3000 {
		large.Rows = append(large.Rows, Row{Account: fmt.Sprintf("key:%05d", i), Total: Total{Unit: llm.Tokens, Amount: 1}})
	}
	for range 3 {
		if err := c.Flush(t.Context(), large); err != nil {
			t.Fatal(err)
		}
		large.Seq++
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	third := len(whole) / 3
	for _, end := range []int{len(whole), len(whole) - 1, 2*third + third/2, 2*third + 200, 2 * third, third - 1, 10, 0} {
		if err := os.WriteFile(path, whole[:end], 0o600); err != nil {
			t.Fatal(err)
		}
		want := journal.Seq(end / third)
		if at, err := c.Position(t.Context(), "i"); err != nil || at != want {
			t.Errorf("%d bytes: position %d, %v, want %d", end, at, err, want)
		}
		if at, err := c.Position(t.Context(), "another"); err != nil || at != 0 {
			t.Errorf("of another journal: %d, %v", at, err)
		}
		if info, err := os.Stat(path); err != nil || info.Size() != int64(want)*int64(third) {
			t.Errorf("%d bytes were left, %v", info.Size(), err)
		}
	}
}

func TestLinesOfOthersStay(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), costsName)
	c := NewCostFile(path)
	for _, text := range []string{"# mine\n", "{\"account\":\"x\"}\n", "a\nb\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		b := &Batch{Instance: "i", Seq: 7, Time: time.Now(), Rows: []Row{{Account: "<a&b>", Total: Total{Unit: llm.Money, Amount: 1}}}}
		if err := c.Flush(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		if err != nil || !strings.HasPrefix(string(got), text) || !strings.Contains(string(got), `"<a&b>"`) {
			t.Errorf("%q became %q, %v", text, got, err)
		}
		if at, err := c.Position(t.Context(), "i"); err != nil || at != 7 {
			t.Errorf("position %d, %v", at, err)
		}
	}
}

func FuzzCostFile(f *testing.F) {
	f.Add([]byte(`{"instance":"i","sequence":1,"row":1,"rows":2}` + "\n" + `{"instance":"i","sequence":1,"row":2,"rows":2}` + "\n{"))
	f.Add([]byte("\n\n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		path := filepath.Join(t.TempDir(), costsName)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		c := NewCostFile(path)
		if _, err := c.Position(t.Context(), "i"); err != nil {
			t.Fatal(err)
		}
		left, err := os.ReadFile(path)
		if err != nil || !bytes.HasPrefix(content, left) {
			t.Fatalf("%q became %q, %v", content, left, err)
		}
		if err := c.Flush(t.Context(), &Batch{Instance: "j", Seq: 9, Rows: []Row{{Account: "a", Total: Total{Unit: llm.Tokens, Amount: 1}}}}); err != nil {
			t.Fatal(err)
		}
		if at, err := c.Position(t.Context(), "j"); err != nil || at != 9 {
			t.Errorf("position %d, %v", at, err)
		}
	})
}
