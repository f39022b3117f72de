package gateway_test

import (
	"context"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/llmgw/llmgw/pkg/budget"
	"github.com/llmgw/llmgw/pkg/llm"
)

// expecting is a setup with a hard budget that may be exceeded by open calls.
func expecting(p llm.Provider, limit llm.NanoUSD) setup {
	s := paying(p, dollars("b", limit.String(), true))
	s.money.Expected = true
	return s
}

// What is held is what 99 of 100 such calls used, so that many more calls run side
// by side than by their output limits.
func TestExpectedHoldsWhatSuchCallsUsed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		text := body(`"max_tokens":8000,`)
		s := expecting(plays(after(time.Second, answers(used(20, 400)))), 1000*llm.USD)
		l := newLab(t, s)
		var callers sync.WaitGroup
		for range 200 {
			callers.Go(func() { l.send(t.Context(), text) })
		}
		callers.Wait()
		b := s.budgets[0]
		before, _ := l.spent(b)
		callers.Go(func() {
			r := l.send(t.Context(), text)
			if r.facts.Capped != 0 {
				t.Errorf("capped at %d: nothing is capped where the budget may be exceeded", r.facts.Capped)
			}
		})
		synctest.Wait()
		_, held := l.spent(b)
		callers.Wait()
		after, _ := l.spent(b)
		cost := after - before
		if held < cost || held > cost*5/4 {
			t.Errorf("held %v for a call that cost %v, want little more: 8,000 tokens are never used", held, cost)
		}
	})
}

// Before there is a history an answer has the least useful output.
func TestExpectedWithoutAHistory(t *testing.T) {
	t.Parallel()
	text := body(`"max_tokens":8000,`)
	need := worst(t, text, 1024)
	for limit, status := range map[llm.NanoUSD]int{need: 200, need - 1: 429} {
		p := plays(answers(used(10, 10)))
		r := newLab(t, expecting(p, limit)).send(t.Context(), text)
		r.want(t, status, "")
		if status == 200 && (r.facts.Capped != 0 || !strings.Contains(p.attempts()[0].body, `"max_tokens":8000`)) {
			t.Errorf("capped = %d, want the client's own limit", r.facts.Capped)
		}
	}
}

// A call that asks for less than such calls use holds no more than it can use.
func TestExpectedIsNoMoreThanTheWorstCase(t *testing.T) {
	t.Parallel()
	text := body(`"max_tokens":10,`)
	need := worst(t, text, 10)
	for limit, status := range map[llm.NanoUSD]int{need: 200, need - 1: 429} {
		r := newLab(t, expecting(plays(answers(used(10, 10))), limit)).send(t.Context(), text)
		r.want(t, status, "")
	}
}

// How far a budget is exceeded is measured: by what the calls in flight used beyond
// what such calls use, and by no more. Answers are of log-normal length, as those of
// agents are: half of them below 400 tokens, one in a hundred above 4,100.
func TestExpectedOvershoot(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(20261124, 1))
		var mu sync.Mutex // guards r
		var most int64
		answer := func(ctx context.Context, req *llm.Request) (*llm.Answer, error) {
			mu.Lock()
			n := min(8000, int64(400*math.Exp(r.NormFloat64())))
			most = max(most, n)
			mu.Unlock()
			return after(time.Duration(n)*10*time.Millisecond, answers(used(20, n)))(ctx, req)
		}
		s := expecting(plays(answer), 1000*llm.USD)
		l := newLab(t, s)
		text := body(`"max_tokens":8000,`)
		for range 500 {
			l.send(t.Context(), text)
		}
		own := dollars("own", "1", true)
		s.budgets = []*budget.Budget{own}
		l.gateway.Swap(s.snapshot())
		var callers sync.WaitGroup
		for range 64 {
			callers.Go(func() {
				for {
					if r := l.send(t.Context(), text); r.status != 200 && r.header.Get("X-Should-Retry") == "false" {
						return
					} else if r.status != 200 {
						time.Sleep(2 * time.Second)
					}
				}
			})
		}
		callers.Wait()
		spent, held := l.spent(own)
		over := spent - own.Limit
		t.Logf("%v USD spent of %v: %+.2f %%", spent, own.Limit, 100*float64(over)/float64(own.Limit))
		if one := price.Cost(used(20, most)); over > one || held != 0 {
			t.Errorf("exceeded by %v, %v held: want at most what one long answer costs, %v", over, held, one)
		}
		if spent < own.Limit*95/100 {
			t.Errorf("only %v are spent", spent)
		}
	})
}
