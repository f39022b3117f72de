package admissiontest

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/llmgw/llmgw/pkg/admission"
)

// intervalTests write down what was admitted and look, in the end, at every interval
// of that log: what a limit promises holds in each.
var intervalTests = []test{
	{"requests in a sliding window", requestLog(admission.SlidingWindow, 13, 0)},
	{"requests in a fixed window", requestLog(admission.FixedWindow, 13, 0)},
	{"requests in a bucket of a minute's worth", requestLog(admission.TokenBucket, 13, 0)},
	{"requests in a bucket with a small burst", requestLog(admission.TokenBucket, 60, 4)},
	{"requests in a bucket with a large burst", requestLog(admission.TokenBucket, 7, 40)},
	{"tokens in a sliding window", tokenLog(admission.SlidingWindow)},
	{"tokens in a fixed window", tokenLog(admission.FixedWindow)},
	{"tokens in a bucket", tokenLog(admission.TokenBucket)},
}

// pause is how long a caller pauses: bursts, steady traffic, silence.
func pause(r *rand.Rand) time.Duration {
	longest := []time.Duration{1, 5 * time.Millisecond, time.Second, time.Second, 4 * time.Second, 90 * time.Second}
	return time.Duration(r.Int64N(int64(longest[r.IntN(len(longest))]) + 1))
}

// admitted is an entry of a log of admissions.
type admitted struct {
	at int64
	n  int64
}

// requestLog makes calls at random, waits out some refusals, and judges the log.
func requestLog(kind admission.RuleKind, limit, burst int64) func(*scene) {
	return func(s *scene) {
		for seed := range uint64(3) {
			r := rand.New(rand.NewPCG(seed, uint64(kind)))
			line := of(fmt.Sprint("seed ", seed), request(kind, limit, time.Minute))
			line.Rule.Burst = burst
			var log []admitted
			for i := range 1500 {
				s.clock.advance(pause(r))
				g := s.ask(fmt.Sprintf("%d-%d", seed, i), line)
				if g.Refused != nil {
					s.atMostAWindow(g.Refused)
					if r.IntN(4) > 0 {
						continue
					}
					s.clock.advance(g.Refused.RetryAfter)
					s.pass(fmt.Sprintf("%d-%d, later", seed, i), line)
				}
				log = append(log, admitted{s.clock.Now().UnixNano(), 1})
			}
			s.judge(&line.Rule, log)
		}
	}
}

// atMostAWindow: nobody is told to wait for longer than a window, but at a bucket in
// debt.
func (s *scene) atMostAWindow(r *admission.Refusal) {
	s.Helper()
	if r.Line.Rule.Kind != admission.TokenBucket && r.RetryAfter > r.Line.Rule.Window {
		s.Fatalf("a call has to wait for %s, longer than the window of %s", r.RetryAfter, r.Line.Rule.Window)
	}
}

// judge looks at every interval that begins and ends with an admission: longer ones
// have no more in them, and shorter ones less room.
func (s *scene) judge(rule *admission.Rule, log []admitted) {
	s.Helper()
	window := int64(rule.Window)
	for i := range log {
		var n int64
		for j := i; j < len(log); j++ {
			n += log[j].n
			span := log[j].at - log[i].at
			switch rule.Kind {
			case admission.SlidingWindow:
				if span < window && n > rule.Limit {
					s.Fatalf("%d admitted within %s, limit %d", n, time.Duration(span), rule.Limit)
				}
			case admission.FixedWindow:
				if log[i].at/window == log[j].at/window && n > rule.Limit {
					s.Fatalf("%d admitted in the minute of %s, limit %d", n, time.Unix(0, log[j].at).UTC(), rule.Limit)
				}
			case admission.TokenBucket:
				burst := rule.Burst
				if burst == 0 {
					burst = rule.Limit
				}
				// n ≤ burst + limit · span / window, in whole numbers.
				if (n-burst)*window > rule.Limit*span {
					s.Fatalf("%d admitted within %s, burst %d and %d a minute", n, time.Duration(span), burst, rule.Limit)
				}
			case admission.Concurrency, admission.Budget:
			}
		}
	}
}

// tokenCall is a call of a tokenLog that is open.
type tokenCall struct {
	id   string
	want int64
	// entry is its place in the log.
	entry int
}

// tokenLog makes calls that use less, more or far more than their estimate, some of
// them larger than the limit, and judges each admission by what counted then.
func tokenLog(kind admission.RuleKind) func(*scene) {
	const limit = 1000
	return func(s *scene) {
		for seed := range uint64(3) {
			t := &tokenWalk{
				scene: s, Rand: rand.New(rand.NewPCG(seed, uint64(kind))), kind: kind,
				line: of(fmt.Sprint("seed ", seed), tokens(kind, limit, 0)),
			}
			for i := range 1500 {
				s.clock.advance(pause(t.Rand))
				if len(t.open) > 0 && t.IntN(2) == 0 {
					t.settleOne()
				}
				t.ask(fmt.Sprintf("%d-%d", seed, i))
			}
			if t.alone == 0 || t.owed == 0 || t.refused == 0 {
				s.Errorf("%d passed alone, %d had debt, %d were refused: the log proves little", t.alone, t.owed, t.refused)
			}
		}
	}
}

// tokenWalk is a walk with one limit on tokens.
type tokenWalk struct {
	*scene
	*rand.Rand
	kind admission.RuleKind
	line admission.Line
	open []tokenCall
	// used is what calls were admitted for, and what they used once they are settled;
	// debt what they used above that, when it became known.
	used, debt []admitted
	// alone, owed and refused count what happened.
	alone, owed, refused int
}

func (t *tokenWalk) now() int64 { return t.clock.Now().UnixNano() }

// counted is what has to count now, by the log: less than the store counts, which
// knows instants to a half second.
func (t *tokenWalk) counted(log []admitted, aligned bool) (sum int64) {
	window := int64(t.line.Rule.Window)
	for _, e := range log {
		if aligned && e.at/window == t.now()/window || !aligned && t.now()-e.at < window {
			sum += e.n
		}
	}
	return sum
}

// ask admits a call or not, and judges that.
func (t *tokenWalk) ask(id string) {
	t.Helper()
	limit := t.line.Rule.Limit
	want := 1 + t.Int64N(limit/2)
	if t.IntN(10) == 0 {
		want = limit + 1 + t.Int64N(3*limit)
	}
	counted := t.counted(t.used, t.kind == admission.FixedWindow) + t.counted(t.debt, false)
	line := wanting(want, t.line)
	g := t.scene.ask(id, line)
	if g.Refused != nil {
		t.refused++
		t.atMostAWindow(g.Refused)
		if t.IntN(4) > 0 {
			return
		}
		t.clock.advance(g.Refused.RetryAfter)
		g = t.pass(id, line)
		counted = t.counted(t.used, t.kind == admission.FixedWindow) + t.counted(t.debt, false)
	}
	switch {
	case want > limit:
		t.alone++
		if t.kind != admission.TokenBucket && counted > 0 {
			t.Fatalf("call %s of %d passed a limit of %d with %d in the window", id, want, limit, counted)
		}
		if before := g.States[0].Used; t.kind == admission.TokenBucket && before > 2*limit {
			t.Fatalf("call %s: %d are missing from a bucket of %d", id, before, limit)
		}
	case g.States[0].Used > limit:
		t.Fatalf("call %s of %d: %d used after it, limit %d", id, want, g.States[0].Used, limit)
	case t.kind != admission.TokenBucket && counted+want > limit:
		t.Fatalf("call %s of %d passed with %d counted, limit %d", id, want, counted, limit)
	}
	t.used = append(t.used, admitted{t.now(), want})
	t.open = append(t.open, tokenCall{id: id, want: want, entry: len(t.used) - 1})
}

// settleOne ends a call and judges its debt.
func (t *tokenWalk) settleOne() {
	t.Helper()
	i := t.IntN(len(t.open))
	c := t.open[i]
	t.open = append(t.open[:i], t.open[i+1:]...)
	used := t.Int64N(2*c.want + 2)
	if t.IntN(12) == 0 {
		used = 20 * t.line.Rule.Limit
	}
	before := t.state(t.line)
	t.settle(c.id, admission.Actual{Tokens: used})
	after := t.state(t.line)
	if after.Used > before.Used {
		t.debt = append(t.debt, admitted{t.now(), after.Used - before.Used})
		t.owed++
	}
	t.used[c.entry].n = min(used, c.want)
	limit := t.line.Rule.Limit
	if t.kind == admission.TokenBucket {
		if after.Limit-after.Used < -limit {
			t.Fatalf("a bucket of %d is down to %d", limit, after.Limit-after.Used)
		}
		return
	}
	if owed := t.counted(t.debt, false); owed > limit {
		t.Fatalf("%d of debt count, limit %d", owed, limit)
	}
}
