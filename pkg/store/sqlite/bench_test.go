package sqlite_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/llmgw/llmgw/pkg/keys"
)

// ignoring follows and keeps nothing.
type ignoring struct{ keys int }

func (*ignoring) Team(keys.Team)      {}
func (i *ignoring) Key(*keys.Record)  { i.keys++ }
func (*ignoring) Gone(string)         {}
func (*ignoring) Budget(*keys.Budget) {}
func (*ignoring) GoneBudget(string)   {}

// many makes n keys, each with limits and a budget.
func many(n int) []keys.Record {
	records := make([]keys.Record, n)
	for i := range records {
		secret := fmt.Sprintf("sk-bench-%d", i)
		h := keys.Sum(secret)
		records[i] = keys.Record{
			ID: "key_" + h.String()[:16], Hash: h, Name: keys.Mask(secret), Alias: fmt.Sprintf("bench %d", i),
			Limits: keys.Limits{RPM: 60}, Budget: &keys.Terms{ID: "budget_" + h.String()[:16], Limit: 1e9, Period: "monthly", Hard: true},
			CreatedAt: time.Now(), UpdatedAt: time.Now(),
		}
	}
	return records
}

// BenchmarkOpen is what a start pays for a database that is there.
func BenchmarkOpen(b *testing.B) {
	file := filepath.Join(b.TempDir(), "llmgw.db")
	open(b, file)
	for b.Loop() {
		s := open(b, file)
		if _, err := s.Changes(b.Context(), 0, &ignoring{}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkMake is what a first start pays.
func BenchmarkMake(b *testing.B) {
	for b.Loop() {
		open(b, filepath.Join(b.TempDir(), "llmgw.db"))
	}
}

// BenchmarkPoll is what the feed costs while nothing changes.
func BenchmarkPoll(b *testing.B) {
	s := open(b, filepath.Join(b.TempDir(), "llmgw.db"))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Changes(b.Context(), 0, &ignoring{}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCreate makes one key at a time: each is on the disk before the next.
func BenchmarkCreate(b *testing.B) {
	s := open(b, filepath.Join(b.TempDir(), "llmgw.db"))
	records := many(100_000)
	i := 0
	for b.Loop() {
		if _, err := s.Create(b.Context(), records[i%len(records):i%len(records)+1]); err != nil {
			b.Fatal(err)
		}
		i++
	}
}

// BenchmarkFind finds one of 100,000 keys.
func BenchmarkFind(b *testing.B) {
	s := open(b, filepath.Join(b.TempDir(), "llmgw.db"))
	records := many(100_000)
	if _, err := s.Create(b.Context(), records); err != nil {
		b.Fatal(err)
	}
	r := records[len(records)/2]
	for name, by := range map[string]keys.Lookup{"id": {ID: r.ID}, "alias": {Alias: r.Alias}, "hash": {Hash: r.Hash}} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := s.Find(b.Context(), by); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("page", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.List(b.Context(), keys.Query{Offset: 50_000, Limit: 100}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkLoad reads 100,000 keys at a start.
func BenchmarkLoad(b *testing.B) {
	s := open(b, filepath.Join(b.TempDir(), "llmgw.db"))
	if _, err := s.Create(b.Context(), many(100_000)); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.ResetTimer()
	for b.Loop() {
		var f ignoring
		if _, err := s.Changes(b.Context(), 0, &f); err != nil || f.keys != 100_000 {
			b.Fatal(f.keys, err)
		}
	}
}
