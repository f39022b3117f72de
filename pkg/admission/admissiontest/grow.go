package admissiontest

import (
	"errors"
	"time"

	"github.com/llmgw/llmgw/pkg/admission"
)

var growTests = []test{
	{"grow adds to a hold", growAdds},
	{"grow is all or none", growAllOrNone},
	{"grow gets the same of every budget", growEqual},
	{"a negative grow gives back", growBack},
	{"a negative grow never refuses", growBackOverspent},
	{"grown tokens are given back, the newest first", growTokens},
	{"a call alone in its window may grow beyond the limit", growAlone},
	{"only open calls grow, and only their own lines", growInvalid},
}

func growAdds(s *scene) {
	line := money("b", 100, 40)
	s.pass("a", line, parallel(2))
	if g := s.grow("a", wanting(30, line)); g.Money != 30 || g.ID != "a" || g.States[0].Held != 70 {
		s.Errorf("grant = %+v, want 30 more, 70 held", g)
	}
	if r := s.grow("a", wanting(31, line)).Refused; r == nil || !r.Held {
		s.Errorf("refusal = %+v, want held", r)
	}
	s.counts(line, 0, 70)
	s.settle("a", admission.Actual{Money: 65})
	s.counts(line, 65, 0)
	s.counts(parallel(2), 0, 0)
}

func growAllOrNone(s *scene) {
	wide, narrow := money("wide", 1000, 10), money("narrow", 20, 10)
	limit := tokens(admission.SlidingWindow, 1000, 100)
	s.pass("a", wide, narrow, limit)
	s.pass("b", wanting(1, limit))
	g := s.grow("a", wanting(500, limit), wanting(11, wide), wanting(11, narrow))
	if g.Refused == nil || g.Refused.Line.Account != "narrow" || g.Money != 0 {
		s.Errorf("grant = %+v, want narrow to refuse", g)
	}
	s.counts(wide, 0, 10)
	s.counts(narrow, 0, 10)
	s.counts(limit, 101, 0)
	g = s.grow("a", wanting(900, limit), wanting(1, wide))
	if g.Refused == nil || g.Refused.RetryAfter != time.Minute {
		s.Errorf("refusal = %+v, want tokens for 60s", g.Refused)
	}
	s.counts(wide, 0, 10)
}

func growEqual(s *scene) {
	wide, narrow := money("wide", 1000, 10), money("narrow", 50, 10)
	s.pass("a", wide, narrow)
	if g := s.grow("a", from(5, wanting(100, wide)), from(1, wanting(60, narrow))); g.Money != 20 {
		s.Errorf("Money = %d, want half of the 40 that are free in one of them", g.Money)
	}
	s.counts(wide, 0, 30)
	s.counts(narrow, 0, 30)
}

func growBack(s *scene) {
	line := money("b", 100, 40)
	limit := tokens(admission.SlidingWindow, 1000, 100)
	s.pass("a", line, limit)
	if g := s.grow("a", wanting(-15, line), wanting(-60, limit)); g.Refused != nil || g.Money != -15 {
		s.Errorf("grant = %+v, want 15 given back", g)
	}
	s.counts(line, 0, 25)
	s.counts(limit, 40, 0)
	if g := s.grow("a", wanting(-99, line), wanting(-99, limit)); g.Money != -25 {
		s.Errorf("Money = %d, want -25: no more than is held", g.Money)
	}
	s.counts(line, 0, 0)
	s.counts(limit, 0, 0)
	s.settle("a", admission.Actual{Money: 3, Tokens: 5})
	s.counts(line, 3, 0)
	s.counts(limit, 5, 0)
}

func growBackOverspent(s *scene) {
	line := money("b", 100, 40)
	s.pass("a", line)
	s.pass("b", line)
	s.settle("b", admission.Actual{Money: 500})
	if g := s.grow("a", wanting(-10, line)); g.Refused != nil {
		s.Errorf("refused: %+v", *g.Refused)
	}
	s.counts(line, 500, 30)
}

func growTokens(s *scene) {
	line := tokens(admission.SlidingWindow, 1000, 300)
	s.pass("a", line)
	s.clock.advance(20 * time.Second)
	s.grow("a", line)
	s.counts(line, 600, 0)
	s.clock.advance(20 * time.Second)
	s.settle("a", admission.Actual{Tokens: 400})
	s.counts(line, 400, 0)
	// 100 of what was grown is left, and stays 20 s longer than the first 300.
	s.refuseUntil(20*time.Second, "b", wanting(601, line))
	s.counts(line, 701, 0)
	s.refuseUntil(20*time.Second, "c", wanting(300, line))
}

func growAlone(s *scene) {
	for _, k := range windowKinds {
		line := of(k.name, tokens(k.kind, 1000, 800))
		s.pass(k.name+"1", line)
		if g := s.grow(k.name+"1", line); g.Refused != nil {
			s.Errorf("%s: refused: %+v", k.name, *g.Refused)
		}
		s.counts(line, 1600, 0)
		s.settle(k.name+"1", admission.Actual{Tokens: 300})
		s.pass(k.name+"2", wanting(100, line))
		if g := s.grow(k.name+"2", line); g.Refused == nil {
			s.Errorf("%s: grown beyond the limit beside another", k.name)
		}
		s.counts(line, 400, 0)
	}
}

func growInvalid(s *scene) {
	line := money("b", 100, 40)
	for _, id := range []string{"a", "unknown"} {
		if _, err := s.Grow(s.Context(), id, []admission.Line{line}); !errors.Is(err, admission.ErrNotOpen) {
			s.Errorf("Grow(%s) = %v, want ErrNotOpen", id, err)
		}
		s.pass("a", line)
		s.settle("a", admission.Actual{})
	}
	s.pass("a", line)
	if _, err := s.Grow(s.Context(), "a", []admission.Line{line, money("other", 100, 1)}); !errors.Is(err, admission.ErrInvalid) {
		s.Errorf("Grow with another line = %v, want ErrInvalid", err)
	}
	s.counts(line, 0, 40)
}
