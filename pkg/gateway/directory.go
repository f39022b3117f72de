package gateway

import (
	"iter"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/llmgw/llmgw/pkg/keys"
)

// parts is how many parts a directory has. A change copies one of them: of 100,000
// callers some 25.
const parts = 1 << 12

// partOf is the part that a hash belongs to.
func partOf(h keys.Hash) int { return (int(h[0])<<8 | int(h[1])) % parts }

// Directory finds callers by the hash of a presented secret. It holds every caller
// there is, so that an unknown secret costs one miss of a map, and no store is asked
// during a call.
//
// Looking up takes no lock: a part is replaced whole when something in it changes,
// which the next call sees. Safe for concurrent use.
//
// A caller of a store takes some 820 bytes with all that belongs to it, budget and
// limits included; a start reads 100,000 of them in 0.9 s, a reload that puts them
// under other rules takes 0.35 s (BenchmarkRoster in package app, 2026-11).
type Directory struct {
	parts [parts]atomic.Pointer[map[keys.Hash]Entry]
	// partial says that callers are missing, see MarkPartial.
	partial atomic.Bool

	mu sync.Mutex // one writer at a time: it reads a part, and replaces it
}

// Entry is what a secret gives access to.
type Entry struct {
	// Caller is nil for none: an entry that is taken out.
	Caller *Caller
	// Until is when the secret ends, where it was replaced by a rotation; zero else.
	Until time.Time
}

// Change is an entry to put in, or to take out where it has no caller.
type Change struct {
	Hash keys.Hash
	Entry
}

// NewDirectory makes a directory with the entries of changes.
func NewDirectory(changes []Change) *Directory {
	d := new(Directory)
	d.Apply(changes)
	return d
}

// Apply makes changes, in their order. Readers may see some of them before others.
func (d *Directory) Apply(changes []Change) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(changes) == 1 {
		d.replace(partOf(changes[0].Hash), changes)
		return
	}
	byPart := make(map[int][]Change)
	for _, c := range changes {
		i := partOf(c.Hash)
		byPart[i] = append(byPart[i], c)
	}
	for i, part := range byPart {
		d.replace(i, part)
	}
}

// replace makes changes in one part. The caller holds mu.
func (d *Directory) replace(part int, changes []Change) {
	old := d.part(part)
	next := make(map[keys.Hash]Entry, len(old)+len(changes))
	maps.Copy(next, old)
	for _, c := range changes {
		if c.Caller == nil {
			delete(next, c.Hash)
			continue
		}
		next[c.Hash] = c.Entry
	}
	d.parts[part].Store(&next)
}

func (d *Directory) part(i int) map[keys.Hash]Entry {
	if m := d.parts[i].Load(); m != nil {
		return *m
	}
	return nil
}

// Find finds the entry of a hash; it has no caller where there is none.
func (d *Directory) Find(h keys.Hash) Entry { return d.part(partOf(h))[h] }

// All goes through the entries as they are while it does.
func (d *Directory) All() iter.Seq2[keys.Hash, Entry] {
	return func(yield func(keys.Hash, Entry) bool) {
		for i := range d.parts {
			for h, e := range d.part(i) {
				if !yield(h, e) {
					return
				}
			}
		}
	}
}

// MarkPartial says that callers are missing, because their store could not be read:
// then it cannot be said of an unknown secret that it is none.
func (d *Directory) MarkPartial() { d.partial.Store(true) }

// MarkComplete says that all callers are there, as they are at first.
func (d *Directory) MarkComplete() { d.partial.Store(false) }
