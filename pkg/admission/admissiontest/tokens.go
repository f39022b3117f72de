package admissiontest

import (
	"strconv"
	"time"

	"github.com/llmgw/llmgw/pkg/admission"
)

var tokenTests = []test{
	{"what was not used is given back", unusedTokens},
	{"what was used beyond the estimate is debt", tokenDebt},
	{"debt in a fixed window outlives the window", fixedDebt},
	{"debt is at most one limit", debtIsBounded},
	{"a bucket goes down to minus its limit", bucketDebt},
	{"what has left the window is not given back", lateGiveBack},
	{"tokens are given back to where they were taken", giveBackInPlace},
	{"a call larger than the limit passes alone", oversizeAlone},
	{"a call larger than the limit waits for an empty window", oversizeWaits},
	{"a call larger than the limit waits for debt", oversizeWaitsForDebt},
	{"void gives tokens and requests back", voidTokens},
	{"a negative report is nothing", negativeActual},
}

func unusedTokens(s *scene) {
	for _, k := range windowKinds {
		line := of(k.name, tokens(k.kind, 1000, 900))
		s.pass(k.name+"1", line)
		s.refuse(k.name+"2", line)
		s.settle(k.name+"1", admission.Actual{Tokens: 100})
		s.counts(line, 100, 0)
		s.pass(k.name+"2", line)
		s.counts(line, 1000, 0)
	}
}

func tokenDebt(s *scene) {
	line := tokens(admission.SlidingWindow, 1000, 200)
	s.pass("a", line)
	s.clock.advance(30 * time.Second)
	s.settle("a", admission.Actual{Tokens: 1100})
	s.counts(line, 1100, 0)
	s.refuse("b", wanting(1, line))
	// The estimate leaves the window a minute after the start, the debt half a minute
	// later.
	s.clock.advance(30 * time.Second)
	s.counts(line, 900, 0)
	s.pass("b", wanting(100, line))
	s.refuseUntil(30*time.Second, "c", line)
}

func fixedDebt(s *scene) {
	line := tokens(admission.FixedWindow, 1000, 200)
	s.clock.advance(50 * time.Second)
	s.pass("a", line)
	s.settle("a", admission.Actual{Tokens: 1000})
	s.clock.advance(15 * time.Second)
	s.counts(line, 800, 0)
	s.pass("b", line)
	s.refuseUntil(45*time.Second, "c", line)
}

func debtIsBounded(s *scene) {
	for _, k := range windowKinds[:2] {
		line := of(k.name, tokens(k.kind, 1000, 200))
		s.pass(k.name+"1", line)
		s.pass(k.name+"2", line)
		s.settle(k.name+"1", admission.Actual{Tokens: 900})
		s.settle(k.name+"2", admission.Actual{Tokens: 50_000})
		s.counts(line, 400+1000, 0)
	}
}

func bucketDebt(s *scene) {
	line := tokens(admission.TokenBucket, 600, 100)
	s.pass("a", line)
	s.settle("a", admission.Actual{Tokens: 1_000_000})
	if got := s.state(line); got.Limit-got.Used != -600 || got.Left() != 0 {
		s.Errorf("state = %+v, want 600 below nothing", got)
	}
	s.refuseUntil(70*time.Second, "b", line)
}

func lateGiveBack(s *scene) {
	for _, k := range windowKinds {
		line := of(k.name, tokens(k.kind, 1000, 800))
		s.pass(k.name+"1", line)
		s.clock.advance(2 * time.Minute)
		s.pass(k.name+"2", line)
		s.settle(k.name+"1", admission.Actual{})
		if k.kind == admission.TokenBucket {
			s.counts(line, 0, 0) // a bucket does not tell one refill from another
			continue
		}
		s.counts(line, 800, 0)
		s.settle(k.name+"2", admission.Actual{})
		s.counts(line, 0, 0)
	}
}

func giveBackInPlace(s *scene) {
	line := tokens(admission.SlidingWindow, 1000, 500)
	s.pass("a", line)
	s.clock.advance(20 * time.Second)
	s.pass("b", line)
	s.settle("b", admission.Actual{Tokens: 400})
	// 600 are wanted: a's 500 leave first, b's 400 stay 20 s longer.
	s.refuseUntil(40*time.Second, "c", wanting(600, line))
	s.refuseUntil(20*time.Second, "d", wanting(100, line))
}

func oversizeAlone(s *scene) {
	for _, k := range windowKinds {
		line := of(k.name, tokens(k.kind, 1000, 5000))
		s.pass(k.name+"1", line)
		if r := s.refuse(k.name+"2", wanting(1, line)); r.Oversize {
			s.Errorf("%s: a call of 1 of 1000 is called oversize", k.name)
		}
		s.refuse(k.name+"3", line)
		s.settle(k.name+"1", admission.Actual{Tokens: 5000})
		s.refuse(k.name+"2", wanting(1, line))
	}
	s.clock.advance(time.Minute)
	s.pass("sliding", of(windowKinds[0].name, tokens(admission.SlidingWindow, 1000, 5000)))
	s.pass("fixed", of(windowKinds[1].name, tokens(admission.FixedWindow, 1000, 5000)))
	// The bucket went down to -1000 and is full again after two minutes.
	s.clock.advance(59999 * time.Millisecond)
	bucket := of(windowKinds[2].name, tokens(admission.TokenBucket, 1000, 5000))
	if r := s.refuse("bucket", bucket); !r.Oversize || r.RetryAfter != time.Millisecond {
		s.Errorf("bucket: refused for %s, oversize %v", r.RetryAfter, r.Oversize)
	}
	s.clock.advance(time.Millisecond)
	s.pass("bucket", bucket)
}

func oversizeWaits(s *scene) {
	for _, tt := range []struct {
		kind admission.RuleKind
		wait time.Duration
	}{
		{admission.SlidingWindow, time.Minute},
		{admission.FixedWindow, time.Minute},
		{admission.TokenBucket, 6 * time.Second},
	} {
		s.clock.set(s.clock.Now().Truncate(time.Minute).Add(time.Minute))
		account := "key:" + strconv.Itoa(int(tt.kind))
		line := of(account, tokens(tt.kind, 1000, 100))
		s.pass(account, line)
		if r := s.refuse(account+"+", wanting(1001, line)); !r.Oversize || r.Held {
			s.Errorf("kind %d: refusal %+v, want oversize", tt.kind, r)
		}
		s.refuseUntil(tt.wait, account+"+", wanting(1001, line))
	}
}

func oversizeWaitsForDebt(s *scene) {
	line := tokens(admission.SlidingWindow, 1000, 100)
	s.pass("a", line)
	s.clock.advance(20 * time.Second)
	s.settle("a", admission.Actual{Tokens: 101})
	s.refuseUntil(time.Minute, "b", wanting(2000, line))
}

func voidTokens(s *scene) {
	for _, k := range windowKinds {
		line := of(k.name, tokens(k.kind, 1000, 700))
		call := of(k.name, request(k.kind, 1, time.Minute))
		s.pass(k.name+"1", line, call)
		s.settle(k.name+"1", admission.Actual{Tokens: 400, Void: true})
		s.counts(line, 0, 0)
		s.counts(call, 0, 0)
		s.pass(k.name+"2", line, call)
		s.settle(k.name+"2", admission.Actual{Tokens: 700})
		s.counts(line, 700, 0)
		s.counts(call, 1, 0)
	}
}

func negativeActual(s *scene) {
	line := tokens(admission.SlidingWindow, 1000, 700)
	budget := money("b", 100, 10)
	s.pass("a", line, budget)
	s.settle("a", admission.Actual{Tokens: -50, Money: -50})
	s.counts(line, 0, 0)
	s.counts(budget, 0, 0)
}
