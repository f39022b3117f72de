package admission

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/llmgw/llmgw/pkg/llm"
)

// testClock is moved by the test alone.
type testClock struct{ now time.Time }

func newTestMemory() (*Memory, *testClock) {
	c := &testClock{now: time.Date(2026, time.November, 2, 10, 0, 0, 0, time.UTC)}
	return NewMemory(MemoryOptions{Now: func() time.Time { return c.now }}), c
}

// keyLines are the limits of one key with a budget of an hour.
func keyLines(account string, now time.Time) []Line {
	epoch := now.Unix() / 3600
	rate := func(k RuleKind, u llm.Unit) Line {
		return Line{Account: account, Unit: u, Want: 1, Rule: Rule{Kind: k, Limit: 50, Window: time.Minute}}
	}
	return []Line{
		rate(SlidingWindow, llm.Requests), rate(FixedWindow, llm.Requests), rate(TokenBucket, llm.Tokens),
		{Account: account, Unit: llm.Parallel, Want: 1, Rule: Rule{Kind: Concurrency, Limit: 5}},
		{Account: account, Epoch: epoch, Unit: llm.Money, Want: 10, Rule: Rule{
			Kind: Budget, Limit: 100, Window: time.Hour, Resets: time.Unix((epoch+1)*3600, 0),
		}},
	}
}

func TestMemoryForgetsIdleKeys(t *testing.T) {
	t.Parallel()
	m, clock := newTestMemory()
	most := 0
	for i := range 30_000 { // two and a half hours
		id := fmt.Sprint("key:", i)
		if g, err := m.Admit(t.Context(), &Ask{ID: id, Lines: keyLines(id, clock.now)}); err != nil || g.Refused != nil {
			t.Fatalf("Admit: %+v, %v", g, err)
		}
		var cost int64
		if i%100 == 0 {
			cost = 1
		}
		if err := m.Settle(t.Context(), id, Actual{Tokens: 1, Money: cost}); err != nil {
			t.Fatal(err)
		}
		clock.now = clock.now.Add(300 * time.Millisecond)
		most = max(most, len(m.counters.all))
		if len(m.counters.all) != len(m.counters.byKey) {
			t.Fatalf("%d counters in the list, %d in the map", len(m.counters.all), len(m.counters.byKey))
		}
	}
	// A minute has 200 keys with three windows each, and two hours have 240 keys
	// that spent something.
	if used := 200*3 + 240; most > 4*used {
		t.Errorf("up to %d counters, about %d in use", most, used)
	}
	if len(m.open) != 0 {
		t.Errorf("%d calls are open", len(m.open))
	}
}

func TestMemoryKeepsWhatCounts(t *testing.T) {
	t.Parallel()
	m, clock := newTestMemory()
	lines := keyLines("kept", clock.now)
	late, forever := lines[4], lines[4]
	late.Account = "late"
	forever.Account, forever.Rule.Resets = "total", time.Time{}
	admit := func(id string, lines ...Line) {
		t.Helper()
		if g, err := m.Admit(t.Context(), &Ask{ID: id, Lines: lines}); err != nil || g.Refused != nil {
			t.Fatalf("Admit(%s): %+v, %v", id, g, err)
		}
	}
	sweepAll := func() {
		for i := range 2000 {
			id := strconv.Itoa(i)
			admit(id, keyLines("other:"+id, clock.now)...)
			_ = m.Settle(t.Context(), id, Actual{Void: true}) // never fails in memory
		}
	}
	admit("settled", lines[4], late, forever)
	if err := m.Settle(t.Context(), "settled", Actual{Money: 7}); err != nil {
		t.Fatal(err)
	}
	admit("open", lines...)
	for _, tt := range []struct {
		after            time.Duration
		old, late, total int64
	}{
		{0, 7, 7, 7},
		{90 * time.Minute, 7, 7, 7}, // the epoch ended half an hour ago
		{time.Hour, 7, 0, 7},        // more than an hour; a call is open in one
		{30 * 24 * time.Hour, 7, 0, 7},
	} {
		clock.now = clock.now.Add(tt.after)
		sweepAll()
		got, err := m.States(t.Context(), []Line{lines[4], late, forever, lines[3]})
		if err != nil || got[0].Used != tt.old || got[1].Used != tt.late || got[2].Used != tt.total || got[3].Held != 1 {
			t.Errorf("after %s: states = %+v, %v", tt.after, got, err)
		}
	}
	if err := m.Settle(t.Context(), "open", Actual{Money: 1}); err != nil {
		t.Fatal(err)
	}
	sweepAll()
	got, err := m.States(t.Context(), []Line{lines[4], forever})
	if err != nil || got[0].Used != 0 || got[1].Used != 7 {
		t.Errorf("the old epoch is kept, or the total is not: %+v, %v", got, err)
	}
}

func TestMemoryKeepsABoundedNumberOfSpareCalls(t *testing.T) {
	t.Parallel()
	m, clock := newTestMemory()
	for i := range 3 * maxSpare {
		id := strconv.Itoa(i)
		if _, err := m.Admit(t.Context(), &Ask{ID: id, Lines: keyLines(id, clock.now)}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 3 * maxSpare {
		if err := m.Settle(t.Context(), strconv.Itoa(i), Actual{}); err != nil {
			t.Fatal(err)
		}
	}
	if len(m.spare) != maxSpare {
		t.Errorf("%d spare calls, want %d", len(m.spare), maxSpare)
	}
}

// TestClockThatStepsBack proves that a limit neither opens nor stays shut when
// the machine's clock is set.
func TestClockThatStepsBack(t *testing.T) {
	t.Parallel()
	for _, kind := range []RuleKind{SlidingWindow, FixedWindow, TokenBucket} {
		t.Run(fmt.Sprint(kind), func(t *testing.T) {
			t.Parallel()
			m, clock := newTestMemory()
			line := Line{
				Account: "a", Unit: llm.Requests, Want: 1,
				Rule: Rule{Kind: kind, Limit: 2, Window: time.Minute},
			}
			passes := func(id string) bool {
				g, err := m.Admit(t.Context(), &Ask{ID: id, Lines: []Line{line}})
				if err != nil {
					t.Fatal(err)
				}
				return g.Refused == nil
			}
			if !passes("1") || !passes("2") || passes("3") {
				t.Fatal("want two of three to pass")
			}
			clock.now = clock.now.Add(-30 * time.Second)
			if passes("a little back") {
				t.Error("a small step back opens the limit")
			}
			clock.now = clock.now.Add(-24 * time.Hour)
			if _ = passes("far back"); kind == TokenBucket {
				clock.now = clock.now.Add(time.Minute) // it refills from here
			}
			if !passes("far back, again") {
				t.Error("a large step back shuts the limit")
			}
		})
	}
}
