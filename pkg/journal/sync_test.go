package journal

import (
	"bytes"
	"testing"
)

// policies are all sync policies by the names that the configuration has for them.
var policies = []struct {
	name   string
	policy SyncPolicy
}{
	{"never", SyncNever}, {"interval", SyncInterval}, {"always", SyncAlways},
}

// appendCall appends what an ordinary call does: an opening and a settlement.
func appendCall(b *testing.B, l *Log, record []byte) {
	for range 2 {
		if _, err := l.Append(record); err != nil {
			b.Error(err)
			return
		}
	}
}

// BenchmarkSync measures the journal's part of a call by sync policy, for calls one
// after the other and for 64 at a time, which share writes and syncs. The figures in
// the package comment are its: -benchtime 3s, on the disk that TMPDIR names.
func BenchmarkSync(b *testing.B) {
	record := bytes.Repeat([]byte("r"), 700)
	for _, p := range policies {
		b.Run(p.name+"/1", func(b *testing.B) {
			l := newLog(b, b.TempDir(), Options{Sync: p.policy, Consumers: []string{"c"}})
			for b.Loop() {
				appendCall(b, l, record)
			}
		})
		b.Run(p.name+"/64", func(b *testing.B) {
			l := newLog(b, b.TempDir(), Options{Sync: p.policy, Consumers: []string{"c"}})
			b.SetParallelism(32) // times GOMAXPROCS
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					appendCall(b, l, record)
				}
			})
		})
	}
}
