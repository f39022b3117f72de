package gateway

import (
	"testing"
	"time"

	"github.com/llmgw/llmgw/pkg/admission"
	"github.com/llmgw/llmgw/pkg/budget"
	"github.com/llmgw/llmgw/pkg/dialect/anthropic"
	"github.com/llmgw/llmgw/pkg/keys"
	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/llm/catalog"
	"github.com/llmgw/llmgw/pkg/ratelimit"
	"github.com/llmgw/llmgw/pkg/router"
)

// admissions makes calls that are admitted and settled, and nothing else: no
// journal, no provider.
type admissions struct {
	tb   testing.TB
	call Call
}

func newAdmissions(tb testing.TB, hard bool) *admissions {
	tb.Helper()
	month, err := budget.ParsePeriod("monthly", nil)
	if err != nil {
		tb.Fatal(err)
	}
	g := New(Options{Admission: admission.NewQueue(admission.NewMemory(admission.MemoryOptions{}), 0), Owner: "bench"}, &Snapshot{})
	price := &catalog.Price{Input: 3_000_000, Output: 15_000_000, CacheWrite5m: 3_750_000, CacheWrite1h: 6_000_000}
	d := &router.Deployment{ID: "d", Model: "claude-sonnet-4-5", Facts: router.Facts{Price: price, ContextTokens: 200_000, MaxOutputTokens: 64_000}}
	a := &admissions{tb: tb}
	a.call = Call{
		ID: "req_bench", Op: llm.OpChat, Frontend: anthropic.Frontend{}, gateway: g, Snapshot: &Snapshot{},
		Caller: NewCaller(
			&keys.Key{ID: "key"}, ratelimit.Limits{RPM: 1 << 40, TPM: 1 << 50, Parallel: 1 << 20},
			[]*budget.Budget{{Name: "b", Account: "budget:b", Limit: 1_000_000_000 * llm.USD, Period: month, Hard: hard, Alert: 0.8}},
		),
		raw:   []byte(`{"model":"m","max_tokens":1000,"messages":[{"role":"user","content":"hello"}]}`),
		group: &router.Group{Name: "m"}, plan: []router.Candidate{{Deployment: d, Model: d.Model, Facts: d.Facts}},
	}
	a.call.size = int64(len(a.call.raw))
	a.call.head.MaxOutput, a.call.head.Choices = 1000, 1
	a.call.log.Timestamp = time.Now()
	return a
}

// one admits and settles a call, as admit and finish do.
func (a *admissions) one() {
	c := &a.call
	c.asking = asking{lines: c.asking.lines[:0]}
	if err := c.ask(); err != nil {
		a.tb.Fatal(err)
	}
	c.asking.ask.Lines = c.asking.lines
	grant, err := c.gateway.opts.Admission.Await(a.tb.Context(), &c.asking.ask, admission.QueueOptions{Wait: c.patience()})
	if err != nil || grant.Refused != nil {
		a.tb.Fatalf("refused: %+v %v", grant.Refused, err)
	}
	c.Limits = append(c.Limits[:0], grant.States...)
	c.holding = holding{open: true, money: llm.NanoUSD(grant.Money), hard: hardMoney(c.asking.lines)}
	c.watchAdmitted(a.tb.Context(), grant.States)
	used := llm.Usage{Input: 20, Output: 300, Reported: true}
	cost := c.plan[0].Facts.Price.Cost(used)
	c.gateway.settle(a.tb.Context(), c, admission.Actual{Tokens: used.Total(), Money: int64(cost)})
	c.remember(nil, used)
	c.watchSettled(a.tb.Context(), cost)
}

// Admission and settlement must stay cheap: every call pays for them.
//
//nolint:paralleltest // allocations are counted in the whole process
func TestAdmissionAllocatesLittle(t *testing.T) {
	for _, hard := range []bool{false, true} {
		a := newAdmissions(t, hard)
		for range 300 { // until there is a history
			a.one()
		}
		if n := testing.AllocsPerRun(1000, a.one); n > 5 {
			t.Errorf("hard %v: %v allocations, want at most 5", hard, n)
		}
	}
}

func BenchmarkAdmissionAndSettlement(b *testing.B) {
	for name, hard := range map[string]bool{"soft": false, "hard": true} {
		b.Run(name, func(b *testing.B) {
			a := newAdmissions(b, hard)
			b.ReportAllocs()
			for b.Loop() {
				a.one()
			}
		})
	}
}
