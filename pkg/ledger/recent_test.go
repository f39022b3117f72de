package ledger

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/llmgw/llmgw/pkg/admission"
	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/requestlog"
)

// The limits of the calls of these tests.
const (
	testRPM = 20
	testTPM = 4000
	testRPD = 500
)

// limitLines are the limits of a key that counts minutes by one kind of rule.
func limitLines(kind admission.RuleKind, tokens int64) []admission.Line {
	line := func(unit llm.Unit, want, limit int64, k admission.RuleKind, window time.Duration) admission.Line {
		return admission.Line{Account: "key:1", Unit: unit, Want: want, Floor: want, Rule: admission.Rule{Kind: k, Limit: limit, Window: window}}
	}
	return []admission.Line{
		line(llm.Requests, 1, testRPM, kind, time.Minute),
		line(llm.Requests, 1, testRPD, admission.FixedWindow, 24*time.Hour),
		line(llm.Tokens, tokens, testTPM, kind, time.Minute),
	}
}

// counted is a book and the store whose counters it has to bring over a restart.
type counted struct {
	*book
	store *admission.Memory
	calls int
}

// call admits a call and writes it down; false where it is refused.
func (c *counted) call(t *testing.T, kind admission.RuleKind, tokens int64) (id string, lines []admission.Line, ok bool) {
	t.Helper()
	c.calls++
	id = fmt.Sprint(t.Name(), c.calls)
	a := &admission.Ask{ID: id, Lines: limitLines(kind, tokens)}
	g, err := c.store.Admit(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	if g.Refused != nil {
		return id, nil, false
	}
	open(t, c.Ledger, a)
	return id, a.Lines, true
}

func (c *counted) end(t *testing.T, id string, lines []admission.Line, used int64) {
	t.Helper()
	actual := admission.Actual{Tokens: used}
	if err := c.store.Settle(t.Context(), id, actual); err != nil {
		t.Fatal(err)
	}
	err := c.Settle(&Settlement{ID: id, Lines: lines, Actual: actual, Record: &requestlog.Record{RequestID: id}})
	if err != nil {
		t.Fatal(err)
	}
}

// restart ends the run, writing the totals before that or not, and begins another
// with an empty store.
func (c *counted) restart(t *testing.T, drained bool) {
	t.Helper()
	if drained {
		c.drain(t)
	}
	c.shut(t)
	c.book = newBook(t, c.dir)
	c.store = admission.NewMemory(admission.MemoryOptions{})
	if err := c.store.Restore(t.Context(), c.state.Balances, nil); err != nil {
		t.Fatal(err)
	}
}

func (c *counted) states(t *testing.T, kind admission.RuleKind) []llm.LimitState {
	t.Helper()
	states, err := c.store.States(t.Context(), limitLines(kind, 0))
	if err != nil {
		t.Fatal(err)
	}
	return states
}

// TestWindowsOutliveARestart makes calls at random and wants every counter to stand
// after a restart where it stood before.
func TestWindowsOutliveARestart(t *testing.T) {
	t.Parallel()
	for _, kind := range []admission.RuleKind{admission.SlidingWindow, admission.FixedWindow, admission.TokenBucket} {
		for seed := range uint64(3) {
			t.Run(fmt.Sprintf("kind %d, seed %d", kind, seed), func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				synctest.Test(t, func(t *testing.T) { walkOverRestarts(t, dir, kind, seed) })
			})
		}
	}
}

func walkOverRestarts(t *testing.T, dir string, kind admission.RuleKind, seed uint64) {
	c := &counted{book: newBook(t, dir), store: admission.NewMemory(admission.MemoryOptions{})}
	r := rand.New(rand.NewPCG(seed, uint64(kind)))
	refused := 0
	for round := range 12 {
		for range 10 + r.IntN(40) {
			<-time.After(time.Duration(r.Int64N(int64(4 * time.Second))))
			id, lines, ok := c.call(t, kind, 1+r.Int64N(600))
			if !ok {
				refused++
				continue
			}
			<-time.After(time.Duration(r.Int64N(int64(time.Second))))
			c.end(t, id, lines, r.Int64N(900))
		}
		before := c.states(t, kind)
		c.restart(t, round%2 == 0)
		after := c.states(t, kind)
		if kind == admission.TokenBucket {
			// What it lacked ten minutes ago is not known exactly.
			notBelow(t, &before[0], &after[0], testRPM)
			notBelow(t, &before[2], &after[2], testTPM)
		}
		if diff := cmp.Diff(before, after); diff != "" {
			t.Fatalf("round %d: states (-before +after):\n%s", round, diff)
		}
	}
	if refused == 0 {
		t.Error("no call was refused: the limits were never reached")
	}
}

// notBelow takes a state that is not below another, nor far above it, for the same.
func notBelow(t *testing.T, before, after *llm.LimitState, far int64) {
	t.Helper()
	if over := after.Used - before.Used; over < 0 || over > far {
		t.Errorf("%d %s are used after the restart, %d before", after.Used, after.Unit, before.Used)
	}
	after.Used, after.Reset = before.Used, before.Reset
}

// TestABucketIsExactAfterItWasFull: it is full now and then in ten minutes, unless
// calls use all that comes in.
func TestABucketIsExactAfterItWasFull(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		c := &counted{book: newBook(t, dir), store: admission.NewMemory(admission.MemoryOptions{})}
		r := rand.New(rand.NewPCG(1, 1))
		for range 500 {
			<-time.After(time.Duration(r.Int64N(int64(12 * time.Second))))
			id, lines, ok := c.call(t, admission.TokenBucket, 1+r.Int64N(300))
			if !ok {
				t.Fatal("refused")
			}
			c.end(t, id, lines, r.Int64N(400))
		}
		before := c.states(t, admission.TokenBucket)
		c.restart(t, false)
		after := c.states(t, admission.TokenBucket)
		// In the half second of the last calls nothing came back.
		notBelow(t, &before[0], &after[0], testRPM/120+1)
		notBelow(t, &before[2], &after[2], testTPM/120+1)
		if before[2].Used == 0 {
			t.Error("the bucket is full: nothing is proved")
		}
	})
}

// TestCutCallsCountInWindows: a call that a crash cut was one.
func TestCutCallsCountInWindows(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		c := &counted{book: newBook(t, dir), store: admission.NewMemory(admission.MemoryOptions{})}
		if _, _, ok := c.call(t, admission.SlidingWindow, 500); !ok {
			t.Fatal("refused")
		}
		<-time.After(3 * time.Second)
		c.restart(t, false)
		states := c.states(t, admission.SlidingWindow)
		// Of its tokens those that were seen: the 10 of the opening's record.
		if states[0].Used != 1 || states[1].Used != 1 || states[2].Used != 10 {
			t.Errorf("states %+v", states)
		}
	})
}

func TestTheFileForgetsWhatNoWindowCounts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	rows := func(t *testing.T) map[string][]accountRecent {
		t.Helper()
		content, err := os.ReadFile(filepath.Join(dir, checkpointName))
		if err != nil {
			t.Fatal(err)
		}
		var c checkpoint
		if err := json.Unmarshal(content, &c); err != nil {
			t.Fatal(err)
		}
		return c.Recent
	}
	synctest.Test(t, func(t *testing.T) {
		c := &counted{book: newBook(t, dir), store: admission.NewMemory(admission.MemoryOptions{})}
		round := func(after time.Duration, limited bool) map[string][]accountRecent {
			<-time.After(after)
			if limited {
				id, lines, _ := c.call(t, admission.SlidingWindow, 100)
				c.end(t, id, lines, 150)
			} else {
				c.oneCall(t, fmt.Sprint("without limits ", time.Now()))
			}
			c.drain(t)
			return rows(t)
		}
		if got := round(0, false); len(got) != 0 {
			t.Errorf("accounts without limits are in the file: %v", got)
		}
		got := round(time.Second, true)["key:1"]
		if len(got) != 2 || got[0].Amount != 1 || len(got[0].Slots) != 1 || got[1].Amount != 150 || got[1].Slots[0][0] != 100 || got[1].Slots[0][2] != 50 {
			t.Errorf("after one call: %+v", got)
		}
		if got := round(15*time.Minute, false)["key:1"]; len(got) != 2 || len(got[0].Slots) != 0 || got[0].Amount != 1 {
			t.Errorf("a quarter of an hour later: %+v, want the day's sums alone", got)
		}
		if got := round(24*time.Hour, false); len(got) != 0 {
			t.Errorf("a day later: %+v", got)
		}
	})
}
