// Package cache keeps whole answers to be given again to exactly the same call.
//
// It derives keys, bounds memory and time, and replays an answer as a stream.
// Whether a call may use it is decided by the gateway's cache stage, its only
// caller; similarity is not its business: a key is a hash of every byte that
// matters.
package cache

import (
	"context"
	"crypto/sha256"
	"io"
	"strings"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/llmgw/llmgw/pkg/llm"
)

// Key names an answer.
type Key [sha256.Size]byte

// Entry is an answer as it was given. It is immutable.
type Entry struct {
	Status  int
	Header  llm.Header
	Dialect llm.Dialect
	// Body is the whole answer: a document, or all frames of a stream.
	Body []byte
	// Stream says that Body is frames.
	Stream bool
	Meta   llm.Meta
	// Stored is when it was put in.
	Stored time.Time
}

// Store keeps entries for a time. Implementations are safe for concurrent use.
type Store interface {
	// Get returns the entry of a key; ok is false where there is none.
	Get(ctx context.Context, k Key) (e *Entry, ok bool, err error)
	// Set keeps an entry for the store's time to live.
	Set(ctx context.Context, k Key, e *Entry) error
}

// Scope says who shares answers.
type Scope string

// The scopes.
const (
	// ScopeTeam shares within a team; a key without one is its own team.
	ScopeTeam Scope = "team"
	// ScopeKey shares with nobody.
	ScopeKey Scope = "key"
	// ScopeGlobal shares with everybody.
	ScopeGlobal Scope = "global"
)

// Call is what a key is derived from.
type Call struct {
	Dialect llm.Dialect
	Op      llm.Op
	Group   string
	// Owner is whom the scope names: a team, a key, or "" for everybody.
	Owner string
	// Version is the part of the header that changes the answer: API version and
	// betas.
	Version string
	Body    []byte
	// Without are the spans of Body that do not matter (the vendor's user
	// metadata), in order.
	Without []llm.Span
}

// KeyOf derives the key of a call. Two calls have the same key only where every
// part is the same: parts are hashed with their lengths' ends marked.
func KeyOf(prefix string, c *Call) Key {
	h := sha256.New()
	for _, part := range []string{prefix, string(c.Dialect), c.Op.String(), c.Group, c.Owner, c.Version} {
		// hash.Hash never returns an error; the NUL cannot stand in any part.
		_, _ = io.WriteString(h, strings.ReplaceAll(part, "\x00", "\x00\x00"))
		_, _ = h.Write([]byte{0, 1})
	}
	from := 0
	for _, s := range c.Without {
		_, _ = h.Write(c.Body[from:s.Start])
		from = s.End
	}
	_, _ = h.Write(c.Body[from:])
	var k Key
	h.Sum(k[:0])
	return k
}

// Memory is a Store in this process, bounded by bytes: what is used least goes
// first.
type Memory struct{ entries *otter.Cache[Key, *Entry] }

// entryOverhead is about what an entry costs beside its body and header.
const entryOverhead = 512

// maxWeight bounds one entry's weight as otter counts it.
const maxWeight = 1 << 30

// NewMemory makes a Store of at most maxBytes in which entries live for ttl.
func NewMemory(maxBytes int64, ttl time.Duration) (*Memory, error) {
	c, err := otter.New(&otter.Options[Key, *Entry]{
		MaximumWeight:    uint64(max(maxBytes, 1)),
		Weigher:          func(_ Key, e *Entry) uint32 { return uint32(min(len(e.Body)+entryOverhead, maxWeight)) },
		ExpiryCalculator: otter.ExpiryWriting[Key, *Entry](ttl),
	})
	if err != nil {
		return nil, err
	}
	return &Memory{c}, nil
}

// Get implements Store. It never fails.
func (m *Memory) Get(_ context.Context, k Key) (*Entry, bool, error) {
	e, ok := m.entries.GetIfPresent(k)
	return e, ok, nil
}

// Set implements Store. It never fails.
func (m *Memory) Set(_ context.Context, k Key, e *Entry) error {
	m.entries.Set(k, e)
	return nil
}

// Replay gives an entry back as an answer.
func (e *Entry) Replay() *llm.Answer {
	a := &llm.Answer{Status: e.Status, Header: e.Header, Dialect: e.Dialect, Meta: e.Meta}
	if e.Stream {
		a.Stream = &replay{entry: e}
	} else {
		a.Body = e.Body
	}
	return a
}

// replay gives the frames of an entry as one event, then End.
type replay struct {
	entry *Entry
	step  int
}

// Next implements llm.Stream.
func (r *replay) Next() (llm.Event, error) {
	r.step++
	switch r.step {
	case 1:
		return llm.Event{Kind: llm.Frames, Raw: r.entry.Body, Meta: &r.entry.Meta}, nil
	case 2:
		return llm.Event{Kind: llm.End, Meta: &r.entry.Meta}, nil
	default:
		return llm.Event{}, io.EOF
	}
}

// Close implements llm.Stream.
func (r *replay) Close() error { return nil }
