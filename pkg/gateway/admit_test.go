package gateway_test

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/llmgw/llmgw/pkg/admission"
	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/ratelimit"
)

// Of n simultaneous calls exactly as many pass as the limit allows.
func TestExactlyTheLimitPasses(t *testing.T) {
	t.Parallel()
	// A call is estimated at its bytes/4 and 256 tokens of output.
	perCall := int64((len(message)+3)/4 + 256)
	for _, tt := range []struct {
		name   string
		limits ratelimit.Limits
		policy ratelimit.Policy
		calls  int
		want   int64
		part   string
	}{
		{"sliding window", ratelimit.Limits{RPM: 20}, ratelimit.Policy{}, 64, 20, "requests per minute"},
		{"fixed window", ratelimit.Limits{RPM: 20}, ratelimit.Policy{Strategy: admission.FixedWindow}, 64, 20, "requests per minute"},
		{"bucket", ratelimit.Limits{RPM: 20}, ratelimit.Policy{Strategy: admission.TokenBucket, Burst: 7}, 64, 7, "requests per minute"},
		{"day", ratelimit.Limits{RPD: 9}, ratelimit.Policy{}, 64, 9, "requests per day"},
		{"parallel", ratelimit.Limits{Parallel: 5}, ratelimit.Policy{}, 64, 5, "are open already"},
		{"tokens", ratelimit.Limits{TPM: 3 * perCall}, ratelimit.Policy{}, 64, 3, "tokens per minute"},
		{"fewer than the limit", ratelimit.Limits{RPM: 20}, ratelimit.Policy{}, 8, 8, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var passed, refused atomic.Int64
				// All that pass are open together, so that parallel calls count.
				s := serving(plays(after(time.Second, answers(used(1, 1)))))
				s.limits, s.policy = tt.limits, tt.policy
				l := newLab(t, s)
				var wg sync.WaitGroup
				for range tt.calls {
					wg.Go(func() {
						r := l.send(t.Context(), message)
						if r.status == 200 {
							passed.Add(1)
							return
						}
						refused.Add(1)
						r.want(t, 429, tt.part)
						retry, err := strconv.Atoi(r.header.Get("Retry-After"))
						if err != nil || retry < 1 {
							t.Errorf("retry-after = %q, want seconds", r.header.Get("Retry-After"))
						}
						if r.record.ErrorType != "rate_limited" || len(r.record.Attempts) != 0 {
							t.Errorf("record = %+v", r.record)
						}
					})
				}
				wg.Wait()
				if passed.Load() != tt.want || refused.Load() != int64(tt.calls)-tt.want {
					t.Errorf("%d passed and %d were refused of %d, want %d", passed.Load(), refused.Load(), tt.calls, tt.want)
				}
			})
		})
	}
}

// A refused call is not counted, and the refusal's retry-after is true.
func TestALimitFreesWhenItSays(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := serving(plays(answers(used(1, 1))))
		s.limits = ratelimit.Limits{RPM: 2}
		l := newLab(t, s)
		for range 2 {
			r := l.send(t.Context(), message)
			r.want(t, 200, "")
		}
		var retry int
		for range 5 {
			r := l.send(t.Context(), message)
			r.want(t, 429, "")
			retry, _ = strconv.Atoi(r.header.Get("Retry-After"))
		}
		time.Sleep(time.Duration(retry) * time.Second)
		r := l.send(t.Context(), message)
		r.want(t, 200, "")
	})
}

func TestRealUsageIsBookedOnTokens(t *testing.T) {
	t.Parallel()
	s := serving(plays(answers(used(900, 100))))
	s.limits = ratelimit.Limits{TPM: 1500}
	l := newLab(t, s)
	first := l.send(t.Context(), message)
	first.want(t, 200, "")
	second := l.send(t.Context(), message) // estimated at some 280, of which 500 are left
	second.want(t, 200, "")
	third := l.send(t.Context(), message)
	third.want(t, 429, "1500 tokens per minute")
}

func TestACallLargerThanTheWholeLimit(t *testing.T) {
	t.Parallel()
	big := strings.Replace(message, "hi", strings.Repeat("long ", 2000), 1)
	t.Run("passes alone", func(t *testing.T) {
		t.Parallel()
		s := serving(plays(answers(used(2500, 1))))
		s.limits = ratelimit.Limits{TPM: 1000}
		l := newLab(t, s)
		first, second := l.send(t.Context(), big), l.send(t.Context(), big)
		first.want(t, 200, "")
		second.want(t, 429, "more than the limit")
	})
	t.Run("is refused where that is wanted", func(t *testing.T) {
		t.Parallel()
		s := serving(plays(answers(used(10, 1))))
		s.limits, s.refuseOversize = ratelimit.Limits{TPM: 1000}, true
		l := newLab(t, s)
		for range 2 { // with nothing else in the window, and with something
			r := l.send(t.Context(), big)
			r.want(t, 400, "more than the limit of 1000 tokens per minute")
			if r.header.Get("X-Should-Retry") != "false" || r.header.Get("Retry-After") != "" {
				t.Errorf("header = %v: trying again cannot help", r.header)
			}
			small := l.send(t.Context(), message)
			small.want(t, 200, "")
		}
	})
}

// count_tokens is apart from everything: it neither uses nor needs limits and
// money, and has a limit of its own.
func TestCountTokensIsApart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := plays(answers(llm.Usage{Input: 7, Reported: true}))
		s := serving(p)
		s.limits = ratelimit.Limits{RPM: 1, TPM: 1, Parallel: 1}
		b := dollars("b", "0.0000001", true)
		s.budgets = append(s.budgets, b)
		l := newLab(t, s)
		var passed int
		for range 610 {
			if r := l.send(t.Context(), message, counting); r.status == 200 {
				passed++
				if r.record.Cost != 0 || r.record.Usage.Total() != 0 {
					t.Fatalf("record = %+v, want nothing used", r.record)
				}
			}
		}
		if passed != 600 {
			t.Errorf("%d passed, want 600", passed)
		}
		if used, held := l.spent(b); used != 0 || held != 0 {
			t.Errorf("spent %v, held %v, want nothing", used, held)
		}
	})
}

func TestLimitsAreToldAsTheyStand(t *testing.T) {
	t.Parallel()
	s := serving(plays(answers(used(1, 1))))
	s.limits = ratelimit.Limits{RPM: 5, TPM: 10_000}
	l := newLab(t, s)
	r := l.send(t.Context(), message)
	if len(r.limits) != 2 || r.limits[0].Left() != 4 || r.limits[1].Left() >= 10_000 {
		t.Errorf("limits = %+v, want 4 requests left and fewer tokens", r.limits)
	}
}

// A client that leaves while its call waits for money is no failure of the store.
func TestLeavingWhileWaitingForABudget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := serving(plays(after(time.Minute, answers(used(10, 10)))))
		s.budgets = append(s.budgets, dollars("b", "0.006", true)) // room for one
		s.money.HoldWait = 10 * time.Second
		l := newLab(t, s)
		text := body(`"max_tokens":1024,`)
		first := make(chan result)
		go func() { first <- l.send(t.Context(), text) }()
		synctest.Wait()
		ctx, leave := context.WithTimeout(t.Context(), time.Second)
		defer leave()
		r := l.send(ctx, text)
		if r.record.ErrorType != "canceled" || r.record.HTTPStatus != 499 {
			t.Errorf("record = %s %d %s, want canceled 499", r.record.ErrorType, r.record.HTTPStatus, r.record.Error)
		}
		<-first
	})
}
