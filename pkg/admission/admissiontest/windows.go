package admissiontest

import (
	"strconv"
	"time"

	"github.com/llmgw/llmgw/pkg/admission"
)

var windowTests = []test{
	{"a sliding window never admits more than the limit in any window", slidingNeverExceeds(10, 3*time.Second, 500*time.Millisecond)},
	{"a sliding window of a minute", slidingNeverExceeds(25, time.Minute, 500*time.Millisecond)},
	{"a sliding window shorter than a sub-bucket", slidingNeverExceeds(2, 300*time.Millisecond, 500*time.Millisecond)},
	{"a sliding window of no whole sub-buckets", slidingNeverExceeds(3, 1700*time.Millisecond, 500*time.Millisecond)},
	{"a long sliding window has coarser sub-buckets", slidingNeverExceeds(9, time.Hour, 30*time.Second)},
	{"a sliding window says when it frees", slidingRetryAfter},
	{"a fixed window is aligned to UTC", fixedAligned},
	{"a token bucket refills evenly", bucketRefills},
	{"a token bucket does not drift", bucketDoesNotDrift},
	{"a token bucket has a burst of its own", bucketBurst},
	{"refused calls count nothing", refusedCountNothing},
	{"of several lines the one that frees last refuses", lastToFreeRefuses},
	{"an account may have several windows", severalWindows},
	{"a changed limit keeps the history", changedLimitKeepsHistory},
	{"a limit of zero admits nothing", zeroLimit},
	{"soft lines count and never refuse", softWindow},
	{"what was used and when it is whole again", windowStates},
}

// slidingNeverExceeds sends calls faster than the limit and compares every
// decision with the list of those that passed.
func slidingNeverExceeds(limit int, window, late time.Duration) func(*scene) {
	return func(s *scene) {
		line := request(admission.SlidingWindow, int64(limit), window)
		step := window / time.Duration(3*limit+1)
		var passed []time.Time
		since := func(d time.Duration) (n int) {
			for _, p := range passed {
				if s.clock.Now().Sub(p) < d {
					n++
				}
			}
			return n
		}
		for i := range 20 * limit {
			if s.ask(strconv.Itoa(i), line).Refused == nil {
				passed = append(passed, s.clock.Now())
				if n := since(window); n > limit {
					s.Fatalf("call %d: %d passed within %s, limit %d", i, n, window, limit)
				}
			} else if n := since(window + late); n < limit {
				s.Fatalf("call %d refused with %d passed within %s", i, n, window+late)
			}
			s.clock.advance(step)
		}
		if len(passed) <= limit {
			s.Fatalf("only %d calls passed in several windows", len(passed))
		}
	}
}

func slidingRetryAfter(s *scene) {
	line := request(admission.SlidingWindow, 2, time.Minute)
	s.clock.advance(200 * time.Millisecond)
	s.pass("a", line)
	s.clock.advance(10 * time.Second)
	s.pass("b", line)
	s.clock.advance(5 * time.Second)
	s.refuseUntil(45*time.Second, "c", line)
	s.refuseUntil(10*time.Second, "d", line)
	// Of one sub-bucket the last counts for all.
	s.clock.set(start.Add(time.Hour))
	s.pass("e", line)
	s.clock.advance(400 * time.Millisecond)
	s.pass("f", line)
	s.clock.advance(200 * time.Millisecond)
	s.refuseUntil(time.Minute-200*time.Millisecond, "g", line)
	s.pass("h", line)
}

func fixedAligned(s *scene) {
	line := request(admission.FixedWindow, 2, 24*time.Hour)
	s.pass("a", line)
	g := s.pass("b", line)
	midnight := time.Date(2026, time.November, 3, 0, 0, 0, 0, time.UTC)
	if !g.States[0].Reset.Equal(midnight) {
		s.Errorf("Reset = %s, want %s", g.States[0].Reset, midnight)
	}
	s.refuseUntil(14*time.Hour, "c", line)
	s.pass("d", line)
	s.refuse("e", line)
}

func bucketRefills(s *scene) {
	line := request(admission.TokenBucket, 3, time.Minute)
	for _, id := range []string{"a", "b", "c"} {
		s.pass(id, line)
	}
	s.refuseUntil(20*time.Second, "d", line)
	s.clock.advance(5 * time.Second)
	s.refuseUntil(15*time.Second, "e", line)
	s.clock.advance(time.Hour)
	for _, id := range []string{"f", "g", "h"} {
		s.pass(id, line)
	}
	s.refuse("i", line)
}

func bucketDoesNotDrift(s *scene) {
	line := request(admission.TokenBucket, 7, time.Minute)
	passed := 0
	for i := 0; s.clock.Now().Before(start.Add(time.Hour)); i++ {
		if s.ask(strconv.Itoa(i), line).Refused == nil {
			passed++
		}
		s.clock.advance(997 * time.Millisecond)
	}
	// The capacity, and what came in until the last call, an instant before the
	// hour is full.
	if passed != 7+7*60-1 {
		s.Errorf("%d calls passed in an hour, want %d", passed, 7+7*60-1)
	}
}

func bucketBurst(s *scene) {
	line := request(admission.TokenBucket, 60, time.Minute)
	line.Rule.Burst = 2
	s.pass("a", line)
	s.pass("b", line)
	if got := s.state(line); got.Limit != 2 || got.Used != 2 || got.Left() != 0 {
		s.Errorf("state = %+v, want 2 of 2 used", got)
	}
	s.refuseUntil(time.Second, "c", line)
}

func refusedCountNothing(s *scene) {
	for _, k := range windowKinds {
		wide := of(k.name, request(k.kind, 10, time.Minute))
		narrow := of(k.name+" narrow", request(k.kind, 1, time.Minute))
		s.pass(k.name, wide, narrow)
		for range 20 {
			s.refuse(k.name+" more", wide, narrow)
		}
		s.counts(wide, 1, 0)
		s.counts(narrow, 1, 0)
	}
}

func lastToFreeRefuses(s *scene) {
	short := of("short", request(admission.SlidingWindow, 1, 10*time.Second))
	long := of("long", request(admission.SlidingWindow, 1, 30*time.Second))
	free := of("free", request(admission.SlidingWindow, 5, time.Hour))
	s.pass("a", short, long, free)
	for _, lines := range [][]admission.Line{{short, free, long}, {long, short, free}} {
		r := s.refuse("b", lines...)
		if r.Line.Account != "long" || r.State.Account != "long" || r.RetryAfter != 30*time.Second {
			s.Errorf("refused by %s (state of %s) for %s, want long for 30s", r.Line.Account, r.State.Account, r.RetryAfter)
		}
	}
	s.refuseUntil(30*time.Second, "b", short, long, free)
}

func severalWindows(s *scene) {
	minute := request(admission.SlidingWindow, 1, time.Minute)
	hour := request(admission.SlidingWindow, 9, time.Hour)
	day := request(admission.FixedWindow, 2, 24*time.Hour)
	s.pass("a", minute, hour, day)
	s.refuseUntil(time.Minute, "b", minute, hour, day)
	s.clock.advance(2 * time.Minute)
	s.counts(minute, 0, 0)
	s.counts(hour, 2, 0)
	if r := s.refuse("c", minute, hour, day); r.Line.Rule.Window != 24*time.Hour {
		s.Errorf("refused by the window of %s, want the day's", r.Line.Rule.Window)
	}
}

func changedLimitKeepsHistory(s *scene) {
	for _, k := range windowKinds {
		line := of(k.name, request(k.kind, 3, time.Minute))
		s.pass(k.name+"1", line)
		s.pass(k.name+"2", line)
		s.refuse(k.name+"3", limited(2, line))
		s.pass(k.name+"3", limited(3, line))
		s.refuse(k.name+"4", limited(3, line))
		s.pass(k.name+"4", limited(4, line))
	}
}

func zeroLimit(s *scene) {
	for _, k := range windowKinds {
		line := request(k.kind, 0, time.Minute)
		if r := s.refuse(k.name, line); !r.Oversize || r.RetryAfter != time.Minute {
			s.Errorf("%s: refused for %s, oversize %v; want a minute, oversize", k.name, r.RetryAfter, r.Oversize)
		}
		s.refuse(k.name, tokens(k.kind, 0, 1))
		s.pass(k.name, wanting(0, line))
	}
}

func softWindow(s *scene) {
	for _, k := range windowKinds {
		line := of(k.name, request(k.kind, 1, time.Minute))
		s.pass(k.name+"1", line)
		s.refuse(k.name+"2", line)
		s.pass(k.name+"2", soft(line))
		s.counts(line, 2, 0)
	}
}

func windowStates(s *scene) {
	s.clock.advance(100 * time.Millisecond)
	for _, tt := range []struct {
		kind  admission.RuleKind
		reset time.Duration
	}{
		{admission.SlidingWindow, 60100 * time.Millisecond},
		{admission.FixedWindow, time.Minute},
		{admission.TokenBucket, 15100 * time.Millisecond},
	} {
		line := request(tt.kind, 4, time.Minute)
		if got := s.state(line); got.Used != 0 || !got.Reset.IsZero() || got.Limit != 4 {
			s.Errorf("kind %d: untouched state = %+v", tt.kind, got)
		}
		got := s.pass(strconv.Itoa(int(tt.kind)), line).States[0]
		if got.Used != 1 || got.Held != 0 || got.Limit != 4 || got.Window != time.Minute ||
			got.Account != line.Account || got.Unit != line.Unit || !got.Reset.Equal(start.Add(tt.reset)) {
			s.Errorf("kind %d: state = %+v, want 1 of 4 until %s", tt.kind, got, start.Add(tt.reset))
		}
	}
}
