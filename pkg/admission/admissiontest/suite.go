// Package admissiontest is the suite that every implementation of
// admission.Store passes, so that a limit means the same in memory, in Redis and
// in PostgreSQL. Tests of stores call it; nothing else does.
//
//	func TestStore(t *testing.T) {
//		admissiontest.Run(t, func(t testing.TB, now func() time.Time) admission.Store {
//			return newStore(t, now)
//		})
//	}
package admissiontest

import (
	"sync"
	"testing"
	"time"

	"github.com/llmgw/llmgw/pkg/admission"
	"github.com/llmgw/llmgw/pkg/llm"
)

// Open makes an empty store for one test, apart from those of all others, that
// reads the time from now.
type Open func(t testing.TB, now func() time.Time) admission.Store

// Run runs the whole suite, each test on a store of its own.
func Run(t *testing.T, open Open) {
	t.Helper()
	suite := []struct {
		name  string
		tests []test
	}{
		{"windows", windowTests},
		{"tokens", tokenTests},
		{"intervals", intervalTests},
		{"money", moneyTests},
		{"grow", growTests},
		{"calls", callTests},
		{"restore", restoreTests},
		{"concurrent", concurrentTests},
		{"model", modelTests},
	}
	for _, part := range suite {
		t.Run(part.name, func(t *testing.T) {
			t.Parallel()
			for _, tt := range part.tests {
				t.Run(tt.name, func(t *testing.T) {
					t.Parallel()
					tt.run(newScene(t, open))
				})
			}
		})
	}
}

// test is one sentence of what a store does.
type test struct {
	name string
	run  func(s *scene)
}

// start is where every test's clock stands first: the beginning of a minute.
var start = time.Date(2026, time.November, 2, 10, 0, 0, 0, time.UTC)

// clock is a clock that stands still until it is moved.
type clock struct {
	mu  sync.Mutex // guards now
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = t
}

func (c *clock) advance(d time.Duration) { c.set(c.Now().Add(d)) }

// scene is a store, its clock and the test they are in.
type scene struct {
	testing.TB
	admission.Store
	clock *clock
	// open makes another store, for what comes after a crash.
	open Open
}

func newScene(t testing.TB, open Open) *scene {
	t.Helper()
	c := &clock{now: start}
	return &scene{TB: t, Store: open(t, c.Now), clock: c, open: open}
}

// ask admits or not.
func (s *scene) ask(id string, lines ...admission.Line) admission.Grant {
	s.Helper()
	g, err := s.Admit(s.Context(), &admission.Ask{ID: id, Owner: "replica-1", Lines: lines})
	if err != nil {
		s.Fatalf("Admit(%s): %v", id, err)
	}
	if len(g.States) != len(lines) {
		s.Fatalf("Admit(%s): %d states for %d lines", id, len(g.States), len(lines))
	}
	return g
}

// pass admits and fails the test where that is refused.
func (s *scene) pass(id string, lines ...admission.Line) admission.Grant {
	s.Helper()
	g := s.ask(id, lines...)
	if g.Refused != nil {
		s.Fatalf("Admit(%s) at %s: refused by %+v", id, s.clock.Now(), *g.Refused)
	}
	if g.ID != id {
		s.Errorf("Grant.ID = %q, want %q", g.ID, id)
	}
	return g
}

// refuse fails the test where the call is admitted.
func (s *scene) refuse(id string, lines ...admission.Line) admission.Refusal {
	s.Helper()
	g := s.ask(id, lines...)
	if g.Refused == nil {
		s.Fatalf("Admit(%s) at %s: admitted, want a refusal", id, s.clock.Now())
	}
	return *g.Refused
}

// refuseUntil wants a refusal for exactly that long: still there one nanosecond
// before it ends, and gone when it does.
func (s *scene) refuseUntil(wait time.Duration, id string, lines ...admission.Line) {
	s.Helper()
	if r := s.refuse(id, lines...); r.RetryAfter != wait || r.Held {
		s.Fatalf("Admit(%s): refused for %s (held %v), want %s", id, r.RetryAfter, r.Held, wait)
	}
	s.clock.advance(wait - 1)
	if r := s.refuse(id, lines...); r.RetryAfter != 1 {
		s.Fatalf("Admit(%s) 1 ns early: refused for %s, want 1ns", id, r.RetryAfter)
	}
	s.clock.advance(1)
	s.pass(id, lines...)
}

// settle books what a call used.
func (s *scene) settle(id string, a admission.Actual) {
	s.Helper()
	if err := s.Settle(s.Context(), id, a); err != nil {
		s.Fatalf("Settle(%s): %v", id, err)
	}
}

// grow adds to an open call.
func (s *scene) grow(id string, lines ...admission.Line) admission.Grant {
	s.Helper()
	g, err := s.Grow(s.Context(), id, lines)
	if err != nil {
		s.Fatalf("Grow(%s): %v", id, err)
	}
	return g
}

// state reads one limit.
func (s *scene) state(l admission.Line) llm.LimitState {
	s.Helper()
	states, err := s.States(s.Context(), []admission.Line{l})
	if err != nil || len(states) != 1 {
		s.Fatalf("States: %d states, error %v", len(states), err)
	}
	return states[0]
}

// counts wants a limit to stand at used and held.
func (s *scene) counts(l admission.Line, used, held int64) {
	s.Helper()
	if got := s.state(l); got.Used != used || got.Held != held {
		s.Errorf("%s of %s: used %d held %d, want used %d held %d",
			l.Unit, l.Account, got.Used, got.Held, used, held)
	}
}
