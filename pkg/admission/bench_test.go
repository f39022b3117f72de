package admission_test

import (
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/llmgw/llmgw/pkg/admission"
	"github.com/llmgw/llmgw/pkg/llm"
)

// callLines are the lines of an ordinary call: two rates, a parallel limit and
// the budgets of the key and of the gateway.
func callLines(account string) []admission.Line {
	rate := admission.Rule{Kind: admission.SlidingWindow, Limit: 1 << 40, Window: time.Minute}
	budget := admission.Rule{Kind: admission.Budget, Limit: 1 << 60, Window: time.Hour, Resets: time.Now().Add(time.Hour)}
	return []admission.Line{
		{Account: account, Unit: llm.Requests, Rule: rate, Want: 1},
		{Account: account, Unit: llm.Tokens, Rule: rate, Want: 1200},
		{Account: account, Unit: llm.Parallel, Rule: admission.Rule{Kind: admission.Concurrency, Limit: 1 << 20}, Want: 1},
		{Account: account, Epoch: 7, Unit: llm.Money, Rule: budget, Want: 90_000_000, Floor: 1_000_000},
		{Account: "gateway", Epoch: 3, Unit: llm.Money, Rule: budget, Want: 90_000_000, Floor: 1_000_000},
	}
}

func callIDs(prefix string) []string {
	ids := make([]string, 1024)
	for i := range ids {
		ids[i] = prefix + strconv.Itoa(i)
	}
	return ids
}

func admitSettle(b *testing.B, s admission.Store, a *admission.Ask) {
	g, err := s.Admit(b.Context(), a)
	if err != nil || g.Refused != nil {
		b.Fatalf("Admit: %+v, %v", g.Refused, err)
	}
	if err := s.Settle(b.Context(), a.ID, admission.Actual{Tokens: 900, Money: 7_000_000}); err != nil {
		b.Fatal(err)
	}
}

func BenchmarkAdmitSettle(b *testing.B) {
	for name, s := range map[string]admission.Store{
		"memory": admission.NewMemory(admission.MemoryOptions{}),
		"queue":  admission.NewQueue(admission.NewMemory(admission.MemoryOptions{}), 0),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			a, ids := &admission.Ask{Owner: "replica-1", Lines: callLines("key:a")}, callIDs("call-")
			for i := 0; b.Loop(); i++ {
				a.ID = ids[i%len(ids)]
				admitSettle(b, s, a)
			}
		})
	}
}

func BenchmarkAdmitSettleParallel(b *testing.B) {
	b.ReportAllocs()
	s := admission.NewMemory(admission.MemoryOptions{})
	var workers atomic.Int64
	b.RunParallel(func(pb *testing.PB) {
		worker := strconv.FormatInt(workers.Add(1), 10)
		a, ids := &admission.Ask{Owner: "replica-1", Lines: callLines("key:" + worker)}, callIDs(worker+"-")
		for i := 0; pb.Next(); i++ {
			a.ID = ids[i%len(ids)]
			admitSettle(b, s, a)
		}
	})
}

func BenchmarkAdmitRefused(b *testing.B) {
	b.ReportAllocs()
	s := admission.NewMemory(admission.MemoryOptions{})
	a := &admission.Ask{ID: "a", Owner: "replica-1", Lines: callLines("key:a")}
	a.Lines[2].Rule.Limit = 1
	if g, err := s.Admit(b.Context(), a); err != nil || g.Refused != nil {
		b.Fatalf("Admit: %+v, %v", g, err)
	}
	a.ID = "b"
	for b.Loop() {
		if g, err := s.Admit(b.Context(), a); err != nil || g.Refused == nil {
			b.Fatalf("Admit: %+v, %v", g, err)
		}
	}
}

// BenchmarkAdmitSettleManyKeys has a call of another key each time, and all the
// forgetting that goes with it.
func BenchmarkAdmitSettleManyKeys(b *testing.B) {
	b.ReportAllocs()
	s := admission.NewMemory(admission.MemoryOptions{})
	asks := make([]admission.Ask, 10_000)
	for i := range asks {
		asks[i] = admission.Ask{ID: strconv.Itoa(i), Owner: "replica-1", Lines: callLines("key:" + strconv.Itoa(i))}
	}
	for i := 0; b.Loop(); i++ {
		admitSettle(b, s, &asks[i%len(asks)])
	}
}
