package cache

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/llmgw/llmgw/pkg/llm"
)

func TestKeyOfTellsCallsApart(t *testing.T) {
	t.Parallel()
	base := Call{Dialect: llm.OpenAI, Op: llm.OpChat, Group: "g", Owner: "key:a", Version: "v", Body: []byte(`{"model":"g","user":"u"}`)}
	key := KeyOf("p", &base)
	if KeyOf("p", &base) != key {
		t.Fatal("the same call has two keys")
	}
	changes := map[string]func(*Call){
		"dialect": func(c *Call) { c.Dialect = llm.Anthropic },
		"op":      func(c *Call) { c.Op = llm.OpCompletion },
		"group":   func(c *Call) { c.Group = "h" },
		"owner":   func(c *Call) { c.Owner = "key:b" },
		"version": func(c *Call) { c.Version = "w" },
		"body":    func(c *Call) { c.Body = []byte(`{"model":"g","user":"v"}`) },
		// A byte must not be able to wander from one part to the next.
		"shifted":     func(c *Call) { c.Group, c.Owner = "gk", "ey:a" },
		"nul":         func(c *Call) { c.Group, c.Owner = "g\x00\x01key:a", "" },
		"into prefix": func(c *Call) { c.Dialect = "\x00" + c.Dialect },
	}
	for name, change := range changes {
		other := base
		change(&other)
		if KeyOf("p", &other) == key {
			t.Errorf("%s: another call has the same key", name)
		}
	}
	if KeyOf("q", &base) == key {
		t.Error("another prefix has the same key")
	}
}

func TestKeyOfLeavesSpansOut(t *testing.T) {
	t.Parallel()
	body := func(user string) *Call {
		raw := []byte(`{"user":"` + user + `","n":1}`)
		return &Call{Body: raw, Without: []llm.Span{{Start: 8, End: 10 + len(user)}}}
	}
	if KeyOf("", body("anna")) != KeyOf("", body("bob")) {
		t.Error("what was left out counts")
	}
}

func TestMemory(t *testing.T) {
	t.Parallel()
	m, err := NewMemory(64<<10, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	if _, ok, _ := m.Get(ctx, Key{1}); ok {
		t.Error("an empty cache has an entry")
	}
	e := &Entry{Status: 200, Body: []byte("answer")}
	if err := m.Set(ctx, Key{1}, e); err != nil {
		t.Fatal(err)
	}
	if got, ok, _ := m.Get(ctx, Key{1}); !ok || got != e {
		t.Error("the entry is not there")
	}
}

func TestMemoryIsBoundedByBytes(t *testing.T) {
	t.Parallel()
	m, err := NewMemory(64<<10, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	for i := range 1000 {
		if err := m.Set(ctx, Key{byte(i), byte(i >> 8)}, &Entry{Body: make([]byte, 4<<10)}); err != nil {
			t.Fatal(err)
		}
	}
	m.entries.CleanUp()
	if n := m.entries.WeightedSize(); n > 64<<10 {
		t.Errorf("it holds %d bytes", n)
	}
}

func TestMemoryExpires(t *testing.T) {
	t.Parallel()
	m, err := NewMemory(1<<20, time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	if err := m.Set(ctx, Key{1}, &Entry{}); err != nil {
		t.Fatal(err)
	}
	<-time.After(20 * time.Millisecond)
	if _, ok, _ := m.Get(ctx, Key{1}); ok {
		t.Error("an entry outlived its time")
	}
}

func TestReplay(t *testing.T) {
	t.Parallel()
	whole := (&Entry{Status: 200, Body: []byte("{}")}).Replay()
	if whole.Stream != nil || string(whole.Body) != "{}" {
		t.Errorf("answer %+v", whole)
	}
	e := &Entry{Status: 200, Stream: true, Body: []byte("data: 1\n\ndata: [DONE]\n\n"), Meta: llm.Meta{StopReason: "stop"}}
	s := e.Replay().Stream
	var raw bytes.Buffer
	var kinds []llm.EventKind
	for {
		ev, err := s.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		raw.Write(ev.Raw)
		kinds = append(kinds, ev.Kind)
	}
	if raw.String() != string(e.Body) || len(kinds) != 2 || kinds[1] != llm.End {
		t.Errorf("replayed %q as %v", raw.String(), kinds)
	}
	if _, err := s.Next(); !errors.Is(err, io.EOF) {
		t.Error("the end does not stay the end")
	}
}
