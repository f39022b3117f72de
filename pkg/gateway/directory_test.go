package gateway_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/llmgw/llmgw/pkg/gateway"
	"github.com/llmgw/llmgw/pkg/keys"
	"github.com/llmgw/llmgw/pkg/ratelimit"
)

// entered puts a caller under a secret.
func entered(secret string, k *keys.Key) gateway.Change {
	return gateway.Change{Hash: keys.Sum(secret), Entry: gateway.Entry{Caller: gateway.NewCaller(k, ratelimit.Limits{}, nil)}}
}

func TestDirectoryAppliesChangesInTheirOrder(t *testing.T) {
	t.Parallel()
	a, b := entered("sk-a", &keys.Key{ID: "a"}), entered("sk-b", &keys.Key{ID: "b"})
	again := entered("sk-a", &keys.Key{ID: "a2"})
	gone := gateway.Change{Hash: a.Hash}
	for _, tt := range []struct {
		name    string
		changes [][]gateway.Change
		a, b    string
	}{
		{"nothing", nil, "", ""},
		{"two at once", [][]gateway.Change{{a, b}}, "a", "b"},
		{"two in turn", [][]gateway.Change{{a}, {b}}, "a", "b"},
		{"one is replaced", [][]gateway.Change{{a, b}, {again}}, "a2", "b"},
		{"one is taken out", [][]gateway.Change{{a, b}, {gone}}, "", "b"},
		{"one is taken out and put in", [][]gateway.Change{{a}, {gone, again, b}}, "a2", "b"},
		{"one is put in and taken out", [][]gateway.Change{{b, a, gone}}, "", "b"},
		{"what is not there is taken out", [][]gateway.Change{{gone}, {b}}, "", "b"},
	} {
		d := gateway.NewDirectory(nil)
		for _, c := range tt.changes {
			d.Apply(c)
		}
		id := func(h keys.Hash) string {
			if c := d.Find(h).Caller; c != nil {
				return c.ID
			}
			return ""
		}
		if id(a.Hash) != tt.a || id(b.Hash) != tt.b {
			t.Errorf("%s: %q and %q, want %q and %q", tt.name, id(a.Hash), id(b.Hash), tt.a, tt.b)
		}
		all := map[string]bool{"": true}
		for h, e := range d.All() {
			if d.Find(h) != e {
				t.Errorf("%s: All and Find disagree", tt.name)
			}
			all[e.Caller.ID] = true
		}
		if !all[tt.a] || !all[tt.b] || len(all) > 3 {
			t.Errorf("%s: All gives %v", tt.name, all)
		}
	}
}

func TestDirectoryIsReadWhileItChanges(t *testing.T) {
	t.Parallel()
	d := gateway.NewDirectory([]gateway.Change{entered("sk-stays", &keys.Key{ID: "stays"})})
	done := make(chan struct{})
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if d.Find(keys.Sum("sk-stays")).Caller == nil {
					t.Error("a caller that stays was not there")
					return
				}
			}
		})
	}
	for i := range 5000 {
		c := entered(fmt.Sprintf("sk-%d", i%300), &keys.Key{ID: "x"})
		if i%3 == 0 {
			c.Caller = nil
		}
		d.Apply([]gateway.Change{c})
	}
	close(done)
	readers.Wait()
}

func TestASecretAfterItsRotation(t *testing.T) {
	t.Parallel()
	l := newLab(t, serving(plays(answers(used(1, 1)))))
	c := gateway.NewCaller(&keys.Key{ID: "key_r", Name: "ci"}, ratelimit.Limits{}, nil)
	l.gateway.Snapshot().Callers.Apply([]gateway.Change{
		{Hash: keys.Sum("sk-in-its-grace"), Entry: gateway.Entry{Caller: c, Until: time.Now().Add(time.Hour)}},
		{Hash: keys.Sum("sk-after-the-grace"), Entry: gateway.Entry{Caller: c, Until: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}},
	})
	r := l.send(t.Context(), message, with("sk-in-its-grace"))
	r.want(t, 200, "")
	r = l.send(t.Context(), message, with("sk-after-the-grace"))
	r.want(t, 401, "sk-…race was replaced on rotation, and the time for both ended on 2026-01-02T03:04:05Z")
	if r.record.KeyID != "key_r" {
		t.Errorf("key in the log = %q", r.record.KeyID)
	}
}

func TestAnUnknownSecretWhileCallersAreMissing(t *testing.T) {
	t.Parallel()
	l := newLab(t, serving(plays(answers(used(1, 1)))))
	callers := l.gateway.Snapshot().Callers
	callers.MarkPartial()
	r := l.send(t.Context(), message, with("sk-nobody-knows-it"))
	r.want(t, 529, "cannot read its keys yet")
	if r.header.Get("Retry-After") == "" || r.header.Get("X-Should-Retry") == "false" {
		t.Errorf("header = %v, want that it may be tried again", r.header)
	}
	r = l.send(t.Context(), message)
	r.want(t, 200, "")
	callers.MarkComplete()
	r = l.send(t.Context(), message, with("sk-nobody-knows-it"))
	r.want(t, 401, "is not known")
}

// BenchmarkDirectory is what looking for a caller takes, known or not, and what a
// change of one does, among 100,000.
func BenchmarkDirectory(b *testing.B) {
	const many = 100_000
	changes := make([]gateway.Change, many)
	for i := range changes {
		changes[i] = entered(fmt.Sprintf("sk-%d", i), &keys.Key{ID: "x"})
	}
	d := gateway.NewDirectory(changes)
	unknown := make([]keys.Hash, 1024)
	for i := range unknown {
		unknown[i] = keys.Sum(fmt.Sprintf("sk-unknown-%d", i))
	}
	i := 0
	b.Run("known", func(b *testing.B) {
		for b.Loop() {
			if d.Find(changes[i%many].Hash).Caller == nil {
				b.Fatal("not found")
			}
			i++
		}
	})
	b.Run("unknown", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if d.Find(unknown[i%len(unknown)]).Caller != nil {
				b.Fatal("found")
			}
			i++
		}
	})
	b.Run("change", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			d.Apply(changes[i%many : i%many+1])
			i++
		}
	})
}
