package admissiontest

import (
	"math"
	"time"

	"github.com/llmgw/llmgw/pkg/admission"
)

var moneyTests = []test{
	{"all budgets get the smallest amount that fits", moneyIsEqual},
	{"what does not fit gets half of what is free, or all where half is below the floor", moneyShare},
	{"less than a floor is refused", moneyFloor},
	{"a held budget is told from a spent one", heldOrSpent},
	{"a spent budget is refused until its reset", spentUntilReset},
	{"a budget without a reset is refused without a time", spentForGood},
	{"of several budgets the spent one refuses", spentBeforeHeld},
	{"soft budgets hold and count", softBudget},
	{"settlement books what was used, above the hold too", settleMoney},
	{"settlement goes into the epoch of the ask", oldEpoch},
	{"a new epoch starts at nothing", newEpoch},
	{"reset keeps open holds", resetBalance},
	{"a changed limit keeps what was spent", changedBudget},
	{"an overspent budget refuses a floor of zero", overspent},
	{"a call that costs nothing passes a spent budget", freeCall},
}

func moneyIsEqual(s *scene) {
	g := s.pass("a",
		from(10, money("wide", 1000, 500)), from(10, money("narrow", 120, 400)), from(20, money("third", 1000, 450)))
	if g.Money != 60 {
		s.Errorf("Money = %d, want half of the 120 that are free in one of them", g.Money)
	}
	for _, account := range []string{"wide", "narrow", "third"} {
		s.counts(money(account, 1000, 0), 0, 60)
	}
	if g := s.pass("b", from(1, money("wide", 1000, 500)), from(1, money("third", 1000, 450))); g.Money != 450 {
		s.Errorf("Money = %d, want the smallest Want, 450", g.Money)
	}
}

func moneyShare(s *scene) {
	for i, want := range []int64{500, 250, 125} {
		if g := s.pass(string(rune('a'+i)), from(100, money("b", 1000, 2000))); g.Money != want {
			s.Errorf("call %d got %d, want %d", i, g.Money, want)
		}
	}
	if g := s.pass("all", from(100, money("b", 1000, 2000))); g.Money != 125 {
		s.Errorf("got %d, want all 125 that are free: half is below the floor", g.Money)
	}
	s.refuse("none", from(100, money("b", 1000, 2000)))
}

func moneyFloor(s *scene) {
	s.pass("a", money("narrow", 100, 60))
	wide := from(10, money("wide", 1000, 50))
	r := s.refuse("b", wide, from(41, money("narrow", 100, 50)))
	if r.Line.Account != "narrow" || r.State.Held != 60 || r.Oversize {
		s.Errorf("refusal = %+v, want narrow with 60 held", r)
	}
	// The floor of one line holds for all: they get the same.
	if r := s.refuse("b", from(41, wide), from(10, money("narrow", 100, 50))); r.Line.Account != "narrow" {
		s.Errorf("refused by %s, want narrow", r.Line.Account)
	}
	s.counts(wide, 0, 0)
	if g := s.pass("b", wide, from(40, money("narrow", 100, 50))); g.Money != 40 {
		s.Errorf("Money = %d, want 40", g.Money)
	}
}

func heldOrSpent(s *scene) {
	s.pass("a", money("b", 100, 70))
	if r := s.refuse("b", money("b", 100, 50)); !r.Held || r.RetryAfter != 0 {
		s.Errorf("refusal = %+v, want held", r)
	}
	s.settle("a", admission.Actual{Money: 51})
	if r := s.refuse("b", money("b", 100, 50)); r.Held || r.RetryAfter != time.Hour {
		s.Errorf("refusal = %+v, want spent for an hour", r)
	}
	s.pass("b", money("b", 100, 49))
	if r := s.refuse("c", money("b", 100, 101)); !r.Oversize || r.Held {
		s.Errorf("refusal = %+v, want oversize", r)
	}
}

func spentUntilReset(s *scene) {
	s.pass("a", money("b", 100, 100))
	s.settle("a", admission.Actual{Money: 100})
	s.clock.advance(59 * time.Minute)
	r := s.refuse("b", money("b", 100, 1))
	if r.RetryAfter != time.Minute || !r.State.Reset.Equal(start.Add(time.Hour)) || r.State.Window != time.Hour {
		s.Errorf("refusal = %+v, want a minute", r)
	}
	s.clock.advance(2 * time.Minute)
	if r := s.refuse("b", money("b", 100, 1)); r.RetryAfter != 0 {
		s.Errorf("RetryAfter = %s after the reset, want 0", r.RetryAfter)
	}
}

func spentForGood(s *scene) {
	line := money("b", 100, 100)
	line.Rule.Resets = time.Time{}
	s.pass("a", line)
	s.settle("a", admission.Actual{Money: 100})
	r := s.refuse("b", wanting(1, line), request(admission.SlidingWindow, 0, time.Hour))
	if r.Line.Account != "b" || r.RetryAfter != 0 || r.Held || !r.State.Reset.IsZero() {
		s.Errorf("refusal = %+v, want the budget's, without a time", r)
	}
}

func spentBeforeHeld(s *scene) {
	s.pass("a", money("spent", 10, 10))
	s.settle("a", admission.Actual{Money: 10})
	s.pass("b", money("held", 10, 10))
	for _, lines := range [][]admission.Line{
		{money("spent", 10, 1), money("held", 10, 1)},
		{money("held", 10, 1), money("spent", 10, 1)},
	} {
		if r := s.refuse("c", lines...); r.Line.Account != "spent" || r.Held {
			s.Errorf("refused by %s, want spent", r.Line.Account)
		}
	}
}

func softBudget(s *scene) {
	line := soft(money("b", 100, 80))
	s.pass("a", line)
	if g := s.pass("b", line); g.Money != 80 {
		s.Errorf("Money = %d, want 80", g.Money)
	}
	s.counts(line, 0, 160)
	s.settle("a", admission.Actual{Money: 300})
	s.counts(line, 300, 80)
	if got := s.state(line).Left(); got != 0 {
		s.Errorf("Left = %d, want 0", got)
	}
}

func settleMoney(s *scene) {
	line := money("b", 1000, 100)
	other := money("c", 2000, 100)
	s.pass("a", line, other)
	s.pass("b", line)
	s.settle("a", admission.Actual{Money: 30})
	s.counts(line, 30, 100)
	s.counts(other, 30, 0)
	s.settle("b", admission.Actual{Money: 1500})
	s.counts(line, 1530, 0)
	s.pass("c", soft(line), other)
	s.counts(line, 1530, 100)
	s.settle("c", admission.Actual{Money: 9, Void: true})
	s.counts(line, 1530, 0)
	s.counts(other, 30, 0)
}

func oldEpoch(s *scene) {
	old, current := money("b", 100, 60), money("b", 100, 60)
	current.Epoch, current.Rule.Resets = 2, start.Add(2*time.Hour)
	s.pass("a", old)
	s.clock.advance(time.Hour)
	s.pass("b", current)
	s.settle("a", admission.Actual{Money: 55})
	s.counts(old, 55, 0)
	s.counts(current, 0, 60)
	// A call open far beyond the reset still goes where it belongs.
	s.clock.advance(100 * time.Hour)
	s.settle("b", admission.Actual{Money: 58})
	s.counts(current, 58, 0)
}

func newEpoch(s *scene) {
	line := money("b", 100, 100)
	s.pass("a", line)
	s.settle("a", admission.Actual{Money: 100})
	s.refuse("b", line)
	s.clock.advance(time.Hour)
	line.Epoch, line.Rule.Resets = 2, start.Add(2*time.Hour)
	s.pass("b", line)
	s.counts(line, 0, 100)
}

func resetBalance(s *scene) {
	line := money("b", 100, 40)
	s.pass("a", line)
	s.settle("a", admission.Actual{Money: 40})
	s.pass("b", line)
	for _, account := range []string{"b", "nobody"} {
		if err := s.Reset(s.Context(), account, 1, math.MaxInt64); err != nil {
			s.Fatalf("Reset(%s): %v", account, err)
		}
	}
	if err := s.Reset(s.Context(), "b", 7, 1); err != nil {
		s.Fatalf("Reset of an unknown epoch: %v", err)
	}
	s.counts(line, 0, 40)
	s.settle("b", admission.Actual{Money: 12})
	s.counts(line, 12, 0)
	// What was spent since somebody looked stays.
	if err := s.Reset(s.Context(), "b", 1, 10); err != nil {
		s.Fatalf("Reset of a part: %v", err)
	}
	s.counts(line, 2, 0)
}

func changedBudget(s *scene) {
	line := money("b", 100, 100)
	s.pass("a", line)
	s.settle("a", admission.Actual{Money: 100})
	s.refuse("b", wanting(50, line))
	s.pass("b", wanting(50, limited(150, line)))
	if r := s.refuse("c", wanting(1, limited(60, line))); r.Held || r.State.Used != 100 || r.State.Limit != 60 {
		s.Errorf("refusal = %+v, want 100 of 60 spent", r)
	}
}

func overspent(s *scene) {
	line := money("b", 100, 10)
	s.pass("a", line)
	s.settle("a", admission.Actual{Money: 101})
	s.refuse("b", from(0, line))
	if g := s.pass("b", from(0, limited(101, line))); g.Money != 0 {
		s.Errorf("Money = %d, want 0", g.Money)
	}
}

func freeCall(s *scene) {
	line := money("b", 100, 10)
	s.pass("a", line)
	s.settle("a", admission.Actual{Money: 200})
	if g := s.pass("b", wanting(0, line)); g.Money != 0 {
		s.Errorf("Money = %d, want 0", g.Money)
	}
}
