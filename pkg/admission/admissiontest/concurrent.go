package admissiontest

import (
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/llmgw/llmgw/pkg/admission"
)

var concurrentTests = []test{
	{"of many at once exactly as many pass as there is room for", exactlyTheLimit},
	{"a budget is never exceeded while calls come and go", budgetHolds},
	{"calls that share no order never wait for each other", crossedAccounts},
}

// callers is how many goroutines ask at once.
const callers = 200

// together runs f in many goroutines that start at one time.
func together(f func(i int)) {
	var wg sync.WaitGroup
	gate := make(chan struct{})
	for i := range callers {
		wg.Go(func() {
			<-gate
			f(i)
		})
	}
	close(gate)
	wg.Wait()
}

// try asks from any goroutine.
func (s *scene) try(id string, lines ...admission.Line) admission.Grant {
	g, err := s.Admit(s.Context(), &admission.Ask{ID: id, Owner: "replica-1", Lines: lines})
	if err != nil {
		s.Errorf("Admit(%s): %v", id, err)
	}
	return g
}

func exactlyTheLimit(s *scene) {
	for _, lines := range [][]admission.Line{
		{request(admission.SlidingWindow, 37, time.Minute)},
		{request(admission.FixedWindow, 37, time.Minute)},
		{request(admission.TokenBucket, 37, time.Minute)},
		{tokens(admission.SlidingWindow, 379, 10)},
		{parallel(37)},
		{money("b", 379, 10)},
		{of("all", request(admission.SlidingWindow, 37, time.Hour)), of("all", parallel(100)), money("all", 500, 10)},
	} {
		prefix := fmt.Sprintf("%s-%d-%d-", lines[0].Account, lines[0].Unit, lines[0].Rule.Kind)
		var passed atomic.Int64
		together(func(i int) {
			if s.try(fmt.Sprint(prefix, i), lines...).Refused == nil {
				passed.Add(1)
			}
		})
		if got := passed.Load(); got != 37 {
			s.Errorf("%s: %d of %d passed, want 37", prefix, got, callers)
		}
	}
}

func budgetHolds(s *scene) {
	const limit = 10_000
	line := from(1, money("b", limit, 90))
	var spent, open atomic.Int64
	together(func(i int) {
		for n := range 20 {
			id := fmt.Sprintf("%d-%d", i, n)
			g := s.try(id, line, of("b", parallel(8)))
			if g.Refused != nil {
				continue
			}
			if now := open.Add(1); now > 8 {
				s.Errorf("%d calls open, limit 8", now)
			}
			used := g.Money - int64(i+n)%7
			open.Add(-1)
			if err := s.Settle(s.Context(), id, admission.Actual{Money: max(0, used)}); err != nil {
				s.Errorf("Settle(%s): %v", id, err)
			}
			spent.Add(max(0, used))
		}
	})
	got := s.state(line)
	if got.Used != spent.Load() || got.Used > limit || got.Held != 0 {
		s.Errorf("state = %+v, want %d spent of %d and nothing held", got, spent.Load(), limit)
	}
	if got.Used < limit/2 {
		s.Errorf("only %d spent: the calls hardly passed", got.Used)
	}
}

func crossedAccounts(s *scene) {
	a, b := money("a", 1<<40, 10), money("b", 1<<40, 10)
	together(func(i int) {
		lines := []admission.Line{a, b}
		if i%2 == 1 {
			lines[0], lines[1] = b, a
		}
		id := strconv.Itoa(i)
		if g := s.try(id, lines...); g.Refused != nil {
			s.Errorf("refused: %+v", *g.Refused)
		}
		if err := s.Settle(s.Context(), id, admission.Actual{Money: 3}); err != nil {
			s.Errorf("Settle(%s): %v", id, err)
		}
	})
	s.counts(a, 3*callers, 0)
	s.counts(b, 3*callers, 0)
}
