package admissiontest

import (
	"errors"
	"strings"
	"time"

	"github.com/llmgw/llmgw/pkg/admission"
	"github.com/llmgw/llmgw/pkg/llm"
)

var restoreTests = []test{
	{"balances and open calls are restored", restore},
	{"restored calls count above the limit", restoreAbove},
	{"an invalid restore restores nothing", restoreInvalid},
	{"windows go on where they were", restoreWindows},
	{"a day goes on where it was", restoreDay},
	{"debt goes on where it was", restoreDebt},
	{"what is long over does not come back", restoreOver},
	{"what the clock has not come to yet counts from now on", restoreFuture},
}

func restore(s *scene) {
	budget, calls := money("b", 100, 30), parallel(2)
	rate := request(admission.SlidingWindow, 2, time.Minute)
	base := []admission.Balance{
		{Account: "b", Epoch: 1, Unit: llm.Money, Spent: 60},
		{Account: "b", Epoch: 0, Unit: llm.Money, Spent: 999},
	}
	open := []admission.Ask{{ID: "old", Owner: "replica-1", Lines: []admission.Line{budget, calls, rate}}}
	for range 2 { // restoring is idempotent
		if err := s.Restore(s.Context(), base, open); err != nil {
			s.Fatalf("Restore: %v", err)
		}
	}
	s.counts(budget, 60, 30)
	s.counts(calls, 0, 1)
	s.counts(rate, 1, 0)
	if r := s.refuse("a", wanting(11, budget)); !r.Held {
		s.Errorf("refusal = %+v, want held", r)
	}
	s.grow("old", wanting(5, budget))
	s.settle("old", admission.Actual{Money: 20})
	s.counts(budget, 80, 0)
	s.counts(calls, 0, 0)
	s.pass("a", wanting(20, budget))
}

func restoreAbove(s *scene) {
	budget, rate := money("b", 10, 30), tokens(admission.SlidingWindow, 100, 500)
	open := []admission.Ask{{ID: "old", Owner: "replica-1", Lines: []admission.Line{budget, rate}}}
	if err := s.Restore(s.Context(), nil, open); err != nil {
		s.Fatalf("Restore: %v", err)
	}
	s.counts(budget, 0, 30)
	s.counts(rate, 500, 0)
	s.refuse("a", wanting(1, budget))
	s.settle("old", admission.Actual{Money: 2, Tokens: 50})
	s.pass("a", wanting(8, budget), wanting(50, rate))
}

func restoreInvalid(s *scene) {
	good := admission.Balance{Account: "b", Epoch: 1, Unit: llm.Money, Spent: 60}
	never := admission.Balance{Account: "b", Unit: llm.Requests, Spent: 1}
	negative := admission.Balance{Account: "b", Unit: llm.Tokens, Spent: -1, At: start}
	ended := admission.Balance{Account: "b", Unit: llm.Parallel, Spent: 1, At: start}
	twice := admission.Ask{ID: "old", Lines: []admission.Line{parallel(1), parallel(2)}}
	for name, err := range map[string]error{
		"requests at no time": s.Restore(s.Context(), []admission.Balance{good, never}, nil),
		"less than no tokens": s.Restore(s.Context(), []admission.Balance{good, negative}, nil),
		"parallel calls":      s.Restore(s.Context(), []admission.Balance{good, ended}, nil),
		"line twice":          s.Restore(s.Context(), []admission.Balance{good}, []admission.Ask{twice}),
	} {
		if !errors.Is(err, admission.ErrInvalid) || !strings.Contains(err.Error(), "restore") {
			s.Errorf("%s: %v, want ErrInvalid", name, err)
		}
	}
	s.counts(money("b", 100, 0), 0, 0)
}

// used is a balance of a minute's window.
func used(u llm.Unit, n int64, ago time.Duration) admission.Balance {
	return admission.Balance{Account: "key:a", Unit: u, Spent: n, At: start.Add(-ago)}
}

// restored restores balances, twice: that is idempotent.
func (s *scene) restored(base ...admission.Balance) {
	s.Helper()
	for range 2 {
		if err := s.Restore(s.Context(), base, nil); err != nil {
			s.Fatalf("Restore: %v", err)
		}
	}
}

func restoreWindows(s *scene) {
	s.restored(used(llm.Requests, 2, 40*time.Second), used(llm.Requests, 3, 10*time.Second),
		used(llm.Tokens, 900, 20*time.Second))
	sliding, fixed := request(admission.SlidingWindow, 6, time.Minute), request(admission.FixedWindow, 6, time.Minute)
	bucket := request(admission.TokenBucket, 6, time.Minute)
	s.counts(sliding, 5, 0)
	s.counts(fixed, 0, 0)  // a minute has just begun
	s.counts(bucket, 2, 0) // the first two came back in 30 s, and one of the three in 10 s
	s.pass("a", sliding)
	s.refuseUntil(20*time.Second, "b", sliding)
	s.counts(tokens(admission.SlidingWindow, 1000, 0), 900, 0)
}

func restoreDay(s *scene) {
	day := request(admission.FixedWindow, 100, 24*time.Hour)
	s.restored(used(llm.Requests, 50, 24*time.Hour), used(llm.Requests, 60, 10*time.Hour), used(llm.Requests, 39, time.Second))
	s.counts(day, 99, 0)
	s.pass("a", day)
	s.refuseUntil(14*time.Hour, "b", day)
}

func restoreDebt(s *scene) {
	owed := used(llm.Tokens, 5000, 30*time.Second)
	owed.Debt = true
	s.restored(owed)
	for _, k := range windowKinds[:2] {
		s.counts(tokens(k.kind, 1000, 0), 1000, 0)
	}
	// Down to minus a minute's worth, and half a minute's worth back.
	s.counts(tokens(admission.TokenBucket, 1000, 0), 1500, 0)
}

func restoreOver(s *scene) {
	s.restored(used(llm.Requests, 9, 61*time.Second), used(llm.Requests, 9, 2*time.Minute))
	line := request(admission.SlidingWindow, 1, time.Minute)
	s.counts(line, 0, 0)
	s.pass("a", line)
	s.clock.advance(10 * time.Minute)
	for i := range 50 { // idle counters are forgotten
		other := request(admission.SlidingWindow, 1, time.Minute)
		other.Account = "key:" + strings.Repeat("x", i+1)
		s.pass(other.Account, other)
	}
	s.counts(line, 0, 0)
	s.clock.advance(48 * time.Hour)
	s.pass("b", request(admission.TokenBucket, 1, time.Minute))
}

func restoreFuture(s *scene) {
	s.restored(used(llm.Requests, 1, -time.Hour))
	line := request(admission.SlidingWindow, 1, time.Minute)
	s.refuseUntil(time.Minute, "a", line)
}
