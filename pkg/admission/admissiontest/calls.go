package admissiontest

import (
	"errors"
	"time"

	"github.com/llmgw/llmgw/pkg/admission"
	"github.com/llmgw/llmgw/pkg/llm"
)

var callTests = []test{
	{"one line without room refuses all", allOrNothing},
	{"parallel calls are free when they settle", parallelCalls},
	{"settlement happens once", settleOnce},
	{"a settled id may be used again", idAgain},
	{"an open id may not", idOpen},
	{"the ask is not kept", askNotKept},
	{"invalid asks are errors and count nothing", invalidAsks},
	{"an ask without lines passes", emptyAsk},
	{"reading states makes nothing", statesReadOnly},
	{"holds outlive any silence of their owner's calls", renew},
}

func allOrNothing(s *scene) {
	lines := []admission.Line{
		request(admission.SlidingWindow, 10, time.Minute), tokens(admission.FixedWindow, 1000, 100),
		parallel(10), money("b", 100, 10), soft(money("c", 5, 10)),
	}
	for i := range lines[:4] {
		broken := append([]admission.Line(nil), lines...)
		broken[i].Rule.Limit = 0
		if r := s.refuse("a", broken...); r.Line.Unit != lines[i].Unit {
			s.Errorf("refused by %s, want %s", r.Line.Unit, lines[i].Unit)
		}
	}
	for i := range lines {
		s.counts(lines[i], 0, 0)
	}
	s.pass("a", lines...)
	s.settle("a", admission.Actual{Void: true})
	for i := range lines {
		s.counts(lines[i], 0, 0)
	}
}

func parallelCalls(s *scene) {
	line := parallel(2)
	s.pass("a", line)
	s.pass("b", line)
	s.counts(line, 0, 2)
	s.clock.advance(48 * time.Hour)
	if r := s.refuse("c", line); !r.Held || r.RetryAfter != time.Second || r.State.Window != 0 || !r.State.Reset.IsZero() {
		s.Errorf("refusal = %+v, want held, a second", r)
	}
	s.settle("a", admission.Actual{})
	s.pass("c", line)
	s.settle("b", admission.Actual{Void: true})
	s.counts(line, 0, 1)
	s.settle("c", admission.Actual{Tokens: 10, Money: 10})
	s.counts(line, 0, 0)
	if r := s.refuse("d", limited(0, line)); r.Held {
		s.Errorf("refusal = %+v: no call's end makes room in a limit of 0", r)
	}
}

func settleOnce(s *scene) {
	lines := []admission.Line{
		parallel(5), money("b", 100, 10), tokens(admission.SlidingWindow, 1000, 100),
		request(admission.TokenBucket, 5, time.Hour),
	}
	s.settle("never admitted", admission.Actual{Money: 50, Tokens: 50})
	s.pass("other", lines...)
	s.pass("a", lines...)
	for range 3 {
		s.settle("a", admission.Actual{Money: 7, Tokens: 50})
	}
	s.settle("a", admission.Actual{Void: true})
	s.counts(lines[0], 0, 1)
	s.counts(lines[1], 7, 10)
	s.counts(lines[2], 150, 0)
	s.counts(lines[3], 2, 0)
}

func idAgain(s *scene) {
	line := money("b", 100, 10)
	for range 3 {
		s.pass("a", line)
		s.settle("a", admission.Actual{Money: 5})
	}
	s.counts(line, 15, 0)
}

func idOpen(s *scene) {
	line := money("b", 100, 10)
	s.pass("a", line)
	ask := admission.Ask{ID: "a", Owner: "replica-1", Lines: []admission.Line{line}}
	if _, err := s.Admit(s.Context(), &ask); !errors.Is(err, admission.ErrOpen) {
		s.Errorf("second Admit = %v, want ErrOpen", err)
	}
	s.counts(line, 0, 10)
}

func askNotKept(s *scene) {
	line := money("b", 100, 10)
	ask := admission.Ask{ID: "a", Owner: "replica-1", Lines: []admission.Line{line}}
	if _, err := s.Admit(s.Context(), &ask); err != nil {
		s.Fatal(err)
	}
	ask.ID, ask.Lines[0] = "z", money("x", 1, 1)
	s.settle("a", admission.Actual{Money: 4})
	s.counts(line, 4, 0)
	s.counts(money("x", 1, 1), 0, 0)
}

func invalidAsks(s *scene) {
	line := money("b", 100, 10)
	rule := func(u llm.Unit, r admission.Rule) admission.Line {
		return admission.Line{Account: "b", Unit: u, Rule: r, Want: 1}
	}
	for name, lines := range map[string][]admission.Line{
		"same counter twice":         {line, from(5, limited(50, line))},
		"negative want":              {wanting(-1, line)},
		"floor above every want":     {from(20, wanting(30, line)), money("c", 100, 15)},
		"no kind":                    {rule(llm.Requests, admission.Rule{Limit: 1, Window: time.Minute})},
		"no unit":                    {rule(0, line.Rule)},
		"window of nothing":          {rule(llm.Tokens, admission.Rule{Kind: admission.SlidingWindow, Limit: 1})},
		"window below nothing":       {rule(llm.Tokens, admission.Rule{Kind: admission.TokenBucket, Limit: 1, Window: -1})},
		"window beyond all time":     {rule(llm.Tokens, admission.Rule{Kind: admission.FixedWindow, Limit: 1, Window: 1<<63 - 1})},
		"money in a window":          {rule(llm.Money, admission.Rule{Kind: admission.SlidingWindow, Limit: 1, Window: time.Minute})},
		"requests in a budget":       {rule(llm.Requests, line.Rule)},
		"parallel calls in a bucket": {rule(llm.Parallel, admission.Rule{Kind: admission.TokenBucket, Limit: 1, Window: time.Minute})},
		"too many":                   make([]admission.Line, 100),
	} {
		ask := admission.Ask{ID: "a", Owner: "replica-1", Lines: append([]admission.Line{parallel(1)}, lines...)}
		if g, err := s.Admit(s.Context(), &ask); !errors.Is(err, admission.ErrInvalid) {
			s.Errorf("%s: Admit = %+v, %v; want ErrInvalid", name, g, err)
		}
	}
	if _, err := s.Admit(s.Context(), &admission.Ask{Lines: []admission.Line{line}}); !errors.Is(err, admission.ErrInvalid) {
		s.Errorf("Admit without an id = %v, want ErrInvalid", err)
	}
	if _, err := s.States(s.Context(), []admission.Line{rule(0, line.Rule)}); !errors.Is(err, admission.ErrInvalid) {
		s.Errorf("States of an invalid line = %v, want ErrInvalid", err)
	}
	s.counts(line, 0, 0)
	s.counts(parallel(1), 0, 0)
}

func emptyAsk(s *scene) {
	if g := s.pass("a"); g.Money != 0 || len(g.States) != 0 {
		s.Errorf("grant = %+v, want an empty one", g)
	}
	s.settle("a", admission.Actual{Tokens: 1, Money: 1})
}

func statesReadOnly(s *scene) {
	line := tokens(admission.TokenBucket, 600, 300)
	s.pass("a", line)
	s.clock.advance(10 * time.Second)
	s.counts(line, 200, 0)
	// A state under another limit does not change the rate at which it refills.
	if got := s.state(limited(6, line)); got.Limit != 6 || got.Used != 200 {
		s.Errorf("state = %+v, want 200 of 6", got)
	}
	s.clock.advance(10 * time.Second)
	s.counts(line, 100, 0)
	got, err := s.States(s.Context(), []admission.Line{line, money("nobody", 7, 1), parallel(3)})
	if err != nil || len(got) != 3 {
		s.Fatalf("States = %v, %v", got, err)
	}
	// What the lines want, and how often a counter is named, does not matter here.
	many, err := s.States(s.Context(), []admission.Line{wanting(-1, line), line, from(9, money("b", 7, 1))})
	if err != nil || len(many) != 3 || many[0] != many[1] {
		s.Errorf("States = %+v, %v", many, err)
	}
	if got[0].Used != 100 || got[1].Account != "nobody" || got[1].Limit != 7 || got[1].Used != 0 || got[2].Unit != llm.Parallel {
		s.Errorf("States = %+v", got)
	}
}

func renew(s *scene) {
	line := money("b", 100, 10)
	s.pass("a", line)
	for range 100 {
		s.clock.advance(time.Second)
		if err := s.Renew(s.Context(), "replica-1"); err != nil {
			s.Fatalf("Renew: %v", err)
		}
	}
	s.counts(line, 0, 10)
	s.settle("a", admission.Actual{Money: 8})
	s.counts(line, 8, 0)
}
