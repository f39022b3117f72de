package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/llmgw/llmgw/pkg/budget"
	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/router"
)

// biller is a provider that keeps a bill of its own: what it charges is what it
// used, whether or not anybody reads the answer. It uses up to all it may.
type biller struct {
	t      *testing.T
	billed atomic.Int64 // nano-dollars
	calls  atomic.Int64
}

func (b *biller) Dialects(op llm.Op) []llm.Dialect {
	if op == llm.OpCountTokens {
		return nil
	}
	return anthropicOnly
}

func (b *biller) Do(ctx context.Context, req *llm.Request) (*llm.Answer, error) {
	raw, err := req.Body.Bytes(ctx)
	if err != nil {
		return nil, err
	}
	patched, err := backend(req.Dialect).Patch(nil, raw, req.Op, req.Edits)
	if err != nil {
		return nil, err
	}
	limit := maxTokensOf(b.t, string(patched))
	output := limit - rand.Int64N(limit/2+1) // at least half, now and then all
	u := llm.Usage{Input: int64(len(patched)), CacheWrite1h: int64(len(patched)), Output: output, Reported: true}
	bill := func() {
		b.calls.Add(1)
		b.billed.Add(int64(price.Cost(u)))
	}
	switch how := rand.IntN(10); {
	case how == 0:
		return refuses(500, 0)(ctx, req)
	case how == 1:
		// The answer is lost on the way, but not the bill for its input.
		u.Output = 0
		u.CacheWrite1h = 0
		bill()
		return nil, &llm.Error{Kind: llm.Upstream, Message: "reset", Cause: errors.New("reset")}
	case req.Stream:
		bill()
		return streams(text("a"), text("b").later(time.Duration(rand.IntN(3))*time.Millisecond), stopped(llm.Usage{}), ended(u))(ctx, req)
	default:
		bill()
		return after(time.Duration(rand.IntN(3))*time.Millisecond, answers(u))(ctx, req)
	}
}

// A hard budget is never exceeded, by the provider's own bill, whatever callers
// do: 64 at a time, whole and streamed, with fallbacks, some leaving anywhere.
func TestAHardBudgetIsNeverExceeded(t *testing.T) {
	t.Parallel()
	for _, limit := range []string{"0.1", "0.5", "2"} {
		t.Run(limit+" USD", func(t *testing.T) {
			t.Parallel()
			p := &biller{t: t}
			own, all := dollars("own", limit, true), dollars("all", limit, true)
			g := grouped("m", deployed("a", p), deployed("b", p))
			for _, d := range g.Deployments {
				d.Health.Cooldown = 0
			}
			s := setup{groups: []*router.Group{g}, budgets: []*budget.Budget{own, all}, grace: time.Second}
			s.money.Overhead = 64 // for what the gateway itself writes into a body
			s.money.HoldWait = 20 * time.Millisecond
			l := newLab(t, s)
			booked := callers{lab: l}.run(t, 64, 12)

			billed := llm.NanoUSD(p.billed.Load())
			if billed > own.Limit {
				t.Errorf("the provider billed %v USD of %v", billed, own.Limit)
			}
			if p.calls.Load() < 3 {
				t.Errorf("only %d calls were answered: the test shows nothing", p.calls.Load())
			}
			for _, b := range s.budgets {
				spent, held := l.spent(b)
				if held != 0 || spent > b.Limit || spent < billed || spent != booked {
					t.Errorf("%s: spent %v, held %v, billed %v, in the records %v", b.Name, spent, held, billed, booked)
				}
			}
			if l.gateway.Open() != 0 || l.ledger.Stats().Open != 0 {
				t.Errorf("open calls: %d, in the ledger %d", l.gateway.Open(), l.ledger.Stats().Open)
			}
		})
	}
}

// callers make calls of all kinds.
type callers struct{ lab *lab }

// run makes n callers call several times each, and sums what the records say.
func (c callers) run(t *testing.T, n, each int) llm.NanoUSD {
	t.Helper()
	var wg sync.WaitGroup
	var booked atomic.Int64
	for range n {
		wg.Go(func() {
			for range each {
				booked.Add(int64(c.one(t).Cost))
			}
		})
	}
	wg.Wait()
	return llm.NanoUSD(booked.Load())
}

// one makes one call and may leave before its end.
func (c callers) one(t *testing.T) (r struct{ Cost llm.NanoUSD }) {
	stream := rand.IntN(2) == 0
	words := strings.Repeat("word ", rand.IntN(200))
	text := fmt.Sprintf(`{"model":"m","stream":%v,"max_tokens":%d,"messages":%q}`, stream, 1+rand.IntN(4000), words)
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	if rand.IntN(4) == 0 {
		timer := time.AfterFunc(time.Duration(rand.IntN(3000))*time.Microsecond, leave)
		defer timer.Stop()
	}
	call := c.lab.call(text)
	id := call.ID
	a := c.lab.gateway.Handle(ctx, call)
	var broken error
	if a.Stream != nil {
		broken = c.read(a.Stream)
	}
	call.Release(broken)
	r.Cost = c.lab.records.of(id).Cost
	return r
}

// read reads a stream, now and then only a part of it.
func (c callers) read(s llm.Stream) error {
	defer s.Close()
	for range 1 + rand.IntN(6) {
		if _, err := s.Next(); err != nil {
			return nil
		}
	}
	return errors.New("write: broken pipe")
}
