package gateway_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/router"
)

// retrying is a setup with one deployment that may be tried again.
func retrying(p llm.Provider, retries int) setup {
	s := serving(p)
	s.groups[0].Retries = retries
	return s
}

func TestWhatIsTriedAgain(t *testing.T) {
	t.Parallel()
	timeout := llm.Error{Kind: llm.Timeout, Message: "the provider did not answer in time"}
	reset := llm.Error{Kind: llm.Upstream, Message: "the connection to the provider failed", Cause: errors.New("reset")}
	for _, tt := range []struct {
		name  string
		first reply
		again bool
	}{
		{"408", refuses(408, 0), true},
		{"409", refuses(409, 0), true},
		{"429", refuses(429, 0), true},
		{"500", refuses(500, 0), true},
		{"502", refuses(502, 0), true},
		{"503", refuses(503, 0), true},
		{"529", refuses(529, 0), true},
		{"a time-out", breaks(timeout), true},
		{"a reset", breaks(reset), true},
		{"no connection", breaks(unreachable), true},
		{"400", refuses(400, 0), false},
		{"401", refuses(401, 0), false},
		{"403", refuses(403, 0), false},
		{"404", refuses(404, 0), false},
		{"413", refuses(413, 0), false},
		{"422", refuses(422, 0), false},
		{"soon enough", refuses(429, 5*time.Second), true},
		{"too late", refuses(429, 6*time.Second), false},
	} {
		for _, stream := range []bool{false, true} {
			t.Run(tt.name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					text, good := message, answers(used(1, 1))
					if stream {
						text, good = body(`"stream":true,`), streams(ended(used(1, 1)))
					}
					p := plays(tt.first, good)
					l := newLab(t, retrying(p, 1))
					r := l.send(t.Context(), text)
					if got := len(p.attempts()) == 2; got != tt.again || (r.status == 200) != tt.again {
						t.Errorf("attempts = %d, status %d, want again: %v", len(p.attempts()), r.status, tt.again)
					}
					if r.facts.Attempts != len(r.record.Attempts) || r.facts.Attempts != len(p.attempts()) {
						t.Errorf("facts %d, record %d attempts", r.facts.Attempts, len(r.record.Attempts))
					}
				})
			})
		}
	}
}

func TestPausesBetweenAttempts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := plays(refuses(500, 0), refuses(500, 0), refuses(500, 0), refuses(429, 3*time.Second), answers(used(1, 1)))
		l := newLab(t, retrying(p, 6))
		r := l.send(t.Context(), message)
		r.want(t, 200, "")
		var pauses []time.Duration
		calls := p.attempts()
		for i := 1; i < len(calls); i++ {
			pauses = append(pauses, calls[i].at.Sub(calls[i-1].at))
		}
		want := []time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second}
		if !slices.Equal(pauses, want) {
			t.Errorf("pauses = %v, want %v", pauses, want)
		}
	})
}

// A provider that asks for more patience than the gateway has: its own words and
// its retry-after reach the client.
func TestRetryAfterIsPassedOn(t *testing.T) {
	t.Parallel()
	l := newLab(t, retrying(plays(refuses(429, time.Minute)), 3))
	r := l.send(t.Context(), message)
	r.want(t, 429, "the vendor's own words")
	if r.header.Get("Retry-After") != "60" || r.facts.Attempts != 1 {
		t.Errorf("retry-after = %q after %d attempts", r.header.Get("Retry-After"), r.facts.Attempts)
	}
}

func TestTheGatewaysOwnCredentialRefused(t *testing.T) {
	t.Parallel()
	l := newLab(t, serving(plays(refuses(401, 0))))
	r := l.send(t.Context(), message)
	r.want(t, 502, "did not accept the gateway's credential")
	if strings.Contains(r.body, "vendor's own") || r.header.Get("X-Should-Retry") != "false" {
		t.Errorf("answer = %s %v", r.body, r.header)
	}
	if r.record.ErrorType != "upstream_auth" || r.record.Attempts[0].Status != 401 {
		t.Errorf("record = %+v", r.record)
	}
}

func TestFallbackOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		bad := func() *fake { return plays(refuses(500, 0)) }
		last := plays(answers(used(1, 1)))
		second := grouped("second", deployed("s1", bad()))
		third := grouped("third", deployed("t1", last))
		first := grouped("m", deployed("f1", bad()), deployed("f2", bad()))
		first.Retries, first.Fallbacks = 2, []*router.Group{second, third}
		l := newLab(t, setup{groups: []*router.Group{first, second, third}})
		r := l.send(t.Context(), message)
		r.want(t, 200, "")
		var order []string
		for _, a := range r.record.Attempts {
			order = append(order, a.Deployment)
		}
		if want := []string{"f1", "f2", "f1", "s1", "t1"}; !slices.Equal(order, want) {
			t.Errorf("order = %v, want %v", order, want)
		}
		if r.facts.Deployment != "t1" || r.facts.Attempts != 5 || r.record.Deployment != "t1" {
			t.Errorf("facts = %+v, record %s", r.facts, r.record.Deployment)
		}
		if last.attempts()[0].model != "up-t1" {
			t.Errorf("model = %s", last.attempts()[0].model)
		}
	})
}

// What is the client's own fault is not carried to the next deployment.
func TestAnInvalidCallIsNotPassedOn(t *testing.T) {
	t.Parallel()
	next := plays(answers(used(1, 1)))
	l := newLab(t, setup{groups: []*router.Group{grouped("m", deployed("a", plays(refuses(400, 0))), deployed("b", next))}})
	r := l.send(t.Context(), message)
	r.want(t, 400, "the vendor's own words")
	if len(next.attempts()) != 0 {
		t.Error("the next deployment was called")
	}
}

// After the first byte there is no second answer.
func TestNoRetryAfterTheFirstByte(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		end  frame
		kind string
	}{
		{"broken", broken(llm.ErrUnexpectedEOF), "upstream"},
		{"failed", failed(llm.Overloaded), "overloaded"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := plays(streams(text("a"), tt.end), streams(text("b"), ended(used(1, 1))))
			l := newLab(t, retrying(p, 3))
			r := l.send(t.Context(), body(`"stream":true,`))
			if len(p.attempts()) != 1 || strings.Contains(r.body, "b") && tt.name == "broken" || slices.Contains(r.kinds, llm.End) {
				t.Errorf("attempts %d, body %q, kinds %v", len(p.attempts()), r.body, r.kinds)
			}
			if r.record.ErrorType != tt.kind || r.record.Status != "error" || r.record.HTTPStatus != 200 {
				t.Errorf("record = %s %s %d", r.record.Status, r.record.ErrorType, r.record.HTTPStatus)
			}
		})
	}
}

// Before the first byte a stream's failure is as good as a refusal.
func TestAStreamThatFailsAtOnceIsTriedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, first := range []frame{failed(llm.Overloaded), broken(llm.ErrUnexpectedEOF)} {
			p := plays(streams(first), streams(text("b"), ended(used(1, 1))))
			l := newLab(t, retrying(p, 1))
			r := l.send(t.Context(), body(`"stream":true,`))
			if r.status != 200 || r.body != "data: b\n\ndata: end\n\n" || r.facts.Attempts != 2 {
				t.Errorf("answer = %d %q after %d attempts", r.status, r.body, r.facts.Attempts)
			}
		}
	})
}

func TestFailuresCoolADeployment(t *testing.T) {
	t.Parallel()
	a, b := plays(refuses(401, 0)), plays(answers(used(1, 1)))
	l := newLab(t, setup{groups: []*router.Group{grouped("m", deployed("a", a), deployed("b", b))}})
	for range 3 {
		r := l.send(t.Context(), message)
		r.want(t, 200, "")
	}
	if len(a.attempts()) != 1 || len(b.attempts()) != 3 {
		t.Errorf("attempts = %d and %d, want 1 and 3", len(a.attempts()), len(b.attempts()))
	}
}

// A client that leaves during the pause is not worth another attempt, not at the
// next deployment either.
func TestLeavingDuringThePause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		next := plays(answers(used(1, 1)))
		fallback := grouped("fallback", deployed("b", next))
		g := grouped("m", deployed("a", plays(refuses(500, 0))))
		g.Retries, g.Fallbacks = 3, []*router.Group{fallback}
		l := newLab(t, setup{groups: []*router.Group{g, fallback}, grace: time.Minute})
		ctx, leave := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer leave()
		r := l.send(ctx, message)
		if len(next.attempts()) != 0 || r.facts.Attempts != 1 {
			t.Errorf("attempts = %d, at the next %d", r.facts.Attempts, len(next.attempts()))
		}
	})
}

// Before a further attempt the hold grows to what earlier ones may have been
// billed and this one's worst case.
func TestTheHoldGrowsBeforeAFurtherAttempt(t *testing.T) {
	t.Parallel()
	timeout := llm.Error{Kind: llm.Timeout, Message: "too slow"}
	text := body(`"max_tokens":2000,`)
	one := worst(t, text, 2000)
	lost := worst(t, text, 0) // what a time-out is booked at
	for _, tt := range []struct {
		name   string
		limit  llm.NanoUSD
		status int
		capped bool
	}{
		{"with room for both", one + lost, 200, false},
		{"with room for less", one + lost - 1, 200, true},
		{"with none", one - (one - worst(t, text, 1024)) + lost - 1, 429, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := plays(breaks(timeout), answers(used(10, 10)))
				b := dollars("b", tt.limit.String(), true)
				s := paying(p, b)
				s.groups[0].Retries = 1
				l := newLab(t, s)
				r := l.send(t.Context(), text)
				r.want(t, tt.status, "")
				if (r.facts.Capped != 0) != tt.capped {
					t.Errorf("capped = %d, want %v", r.facts.Capped, tt.capped)
				}
				want := lost
				if tt.status == 200 {
					want += price.Cost(used(10, 10))
				}
				if spent, held := l.spent(b); spent != want || held != 0 {
					t.Errorf("spent %v, held %v, want %v: the lost input and what was used", spent, held, want)
				}
			})
		})
	}
}

// A budget that cannot pay for another attempt says nothing about the deployment,
// and another one may be cheaper.
func TestAnAttemptThatCannotBePaidFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		dear, cheap := deployed("dear", plays(answers(used(1, 1)))), deployed("cheap", plays(answers(used(10, 10))))
		expensive := *price
		expensive.Output *= 100
		dear.Facts.Price = &expensive
		first := deployed("first", plays(refuses(500, 0)))
		text := body(`"max_tokens":1024,`)
		s := setup{groups: []*router.Group{grouped("m", first, dear, cheap)}}
		s.budgets = append(s.budgets, dollars("b", worst(t, text, 1024).String(), true))
		l := newLab(t, s)
		r := l.send(t.Context(), text)
		r.want(t, 200, "")
		if r.facts.Deployment != "cheap" {
			t.Errorf("deployment = %s, want cheap", r.facts.Deployment)
		}
		if ok, why := dear.Health.Healthy(time.Now()); !ok || !dear.Health.Ready(time.Now()) {
			t.Errorf("the deployment that was never called counts as unhealthy: %s", why)
		}
	})
}

func TestDefaultsOfTheDeployment(t *testing.T) {
	t.Parallel()
	defaults := []llm.Default{
		{Name: "temperature", Value: []byte("0.2")}, {Name: "max_tokens", Value: []byte("77")}, {Name: "stop", Value: []byte(`["x"]`)},
	}
	for _, tt := range []struct{ name, body, want string }{
		{"are added", `{"model":"m"}`, `{"model":"up-d1","temperature":0.2,"max_tokens":77,"stop":["x"]}`},
		{"yield to the client's", `{"model":"m","temperature":1,"max_tokens":5,"stop":null}`, `{"model":"up-d1","temperature":1,"max_tokens":5,"stop":null}`},
		{
			"keep a thinking call valid", `{"model":"m","thinking":{"type":"enabled","budget_tokens":1024}}`,
			`{"model":"up-d1","thinking":{"type":"enabled","budget_tokens":1024},"stop":["x"]}`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := plays(answers(used(1, 1)))
			s := serving(p)
			s.groups[0].Deployments[0].Defaults = defaults
			l := newLab(t, s)
			l.send(t.Context(), tt.body)
			if got := p.attempts()[0].body; got != tt.want {
				t.Errorf("the provider got %s, want %s", got, tt.want)
			}
		})
	}
}

// OpenAI's streams carry no usage unless it is asked for.
func TestUsageIsAskedForInOpenAIsStreams(t *testing.T) {
	t.Parallel()
	p := plays(streams(ended(used(1, 1))))
	l := newLab(t, serving(p))
	l.send(t.Context(), `{"model":"m","stream":true}`, openAI(llm.OpChat))
	l.send(t.Context(), `{"model":"m","stream":true}`)
	if got := p.attempts()[0].body; !strings.Contains(got, `"stream_options":{"include_usage":true}`) {
		t.Errorf("OpenAI's got %s", got)
	}
	if got := p.attempts()[1].body; strings.Contains(got, "stream_options") {
		t.Errorf("Anthropic's got %s", got)
	}
}
