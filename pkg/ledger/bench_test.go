package ledger

import (
	"testing"
	"time"

	"github.com/llmgw/llmgw/pkg/journal"
)

// newBenchmark makes a ledger whose journal is as it is in production.
func newBenchmark(b *testing.B) *Ledger {
	b.Helper()
	j, err := journal.Open(b.TempDir(), journal.Options{Consumers: Consumers()})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := j.Close(); err != nil {
			b.Error(err)
		}
	})
	l := New(Options{Journal: j, Dir: b.TempDir()})
	if _, err := l.Recover(b.Context()); err != nil {
		b.Fatal(err)
	}
	return l
}

func BenchmarkCall(b *testing.B) {
	l := newBenchmark(b)
	a := ask("id")
	s := settlement("id", 10, 1)
	o := &Opening{Ask: a, Money: hold, Start: time.Now(), Record: s.Record}
	b.ReportAllocs()
	for b.Loop() {
		if err := l.Open(o); err != nil {
			b.Fatal(err)
		}
		if err := l.Settle(s); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCallParallel64(b *testing.B) {
	l := newBenchmark(b)
	b.ReportAllocs()
	b.SetParallelism(32) // times GOMAXPROCS
	ids := make(chan string, 64)
	for i := range 64 {
		ids <- string(rune('A' + i))
	}
	b.RunParallel(func(pb *testing.PB) {
		s := settlement(<-ids, 10, 1)
		o := &Opening{Ask: ask(s.ID), Money: hold, Start: time.Now(), Record: s.Record}
		for pb.Next() {
			if err := l.Open(o); err != nil {
				b.Error(err)
				return
			}
			if err := l.Settle(s); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

func BenchmarkDecodeAndFold(b *testing.B) {
	content := encoded(func(e *encoder) { e.settlement(settlement("id", 1, 1)) })
	var sum totals
	var e entry
	b.ReportAllocs()
	for b.Loop() {
		if err := e.decode(content); err != nil {
			b.Fatal(err)
		}
		sum.fold(sum.seq+1, &e)
	}
}
