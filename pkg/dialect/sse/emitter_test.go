package sse_test

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llmgw/llmgw/pkg/dialect/sse"
	"github.com/llmgw/llmgw/pkg/llm"
)

// once is a decoder that does one thing with the first frame, which is the last.
type once func(*sse.Emitter)

func (o once) Decode(_ sse.Frame, e *sse.Emitter) sse.Verdict {
	o(e)
	return sse.Last
}

func (once) Finish(*sse.Emitter)            {}
func (once) Meta() *llm.Meta                { return &llm.Meta{ID: "final"} }
func (once) Failure() *llm.Error            { return nil }
func quoted(text string) []byte             { return fmt.Appendf(nil, "%q", text) }
func stream(o once) llm.Stream              { return sse.NewEventStream(io.NopCloser(strings.NewReader(d("x"))), o) }
func emitted(t *testing.T, o once) []string { return tell(t, stream(o)) }

// kinds are the events' names in tests.
var kinds = map[llm.EventKind]string{
	llm.Begin: "begin", llm.PartBegin: "part", llm.PartDelta: "delta", llm.PartSignature: "signature",
	llm.PartEnd: "end of part", llm.End: "end", llm.Failure: "failure",
}

// tell reads a stream to its end, an event a line.
func tell(t *testing.T, s llm.Stream) []string {
	t.Helper()
	var all []string
	for {
		ev, err := s.Next()
		if err == io.EOF {
			return all
		}
		if err != nil {
			return append(all, err.Error())
		}
		all = append(all, line(ev))
	}
}

func line(ev llm.Event) string {
	text := kinds[ev.Kind]
	if p := ev.Part; p != nil {
		text += fmt.Sprintf(" %d of %d", p.Index, p.Kind)
		if p.CallID != "" || p.Name != "" {
			text += " " + p.CallID + " " + p.Name
		}
		if ev.Kind == llm.PartDelta || ev.Kind == llm.PartSignature {
			text += fmt.Sprintf(": %s", p.Text)
		}
	}
	if ev.Kind == llm.Begin || ev.Kind == llm.End {
		text += " " + ev.Meta.ID
	}
	if ev.Err != nil {
		text += ": " + ev.Err.Message
	}
	return text
}

func TestEmitter(t *testing.T) {
	t.Parallel()
	begun := func(o once) once {
		return func(e *sse.Emitter) {
			e.Begin(&llm.Meta{ID: "first"})
			o(e)
		}
	}
	tests := []struct {
		name string
		do   once
		want []string
	}{
		{"nothing", func(*sse.Emitter) {}, []string{"begin final", "end final"}},
		{"begun once", func(e *sse.Emitter) {
			e.Begin(&llm.Meta{ID: "first"})
			e.Begin(&llm.Meta{ID: "second"})
		}, []string{"begin first", "end final"}},
		{"text in pieces", begun(func(e *sse.Emitter) {
			e.Text(llm.PartText, quoted("a\n"))
			e.Text(llm.PartText, quoted("b"))
		}), []string{"begin first", "part 0 of 1", "delta 0 of 1: a\n", "delta 0 of 1: b", "end of part 0 of 1", "end final"}},
		{"another kind is another part", begun(func(e *sse.Emitter) {
			e.Text(llm.PartThinking, quoted("hm"))
			e.Signature(quoted("sig"))
			e.Text(llm.PartText, quoted("a"))
		}), []string{
			"begin first", "part 0 of 3", "delta 0 of 3: hm", "signature 0 of 3: sig", "end of part 0 of 3",
			"part 1 of 1", "delta 1 of 1: a", "end of part 1 of 1", "end final",
		}},
		{"calls", begun(func(e *sse.Emitter) {
			e.Open(llm.PartToolCall, "c1", "f")
			e.Delta(quoted("{}"))
			e.Open(llm.PartToolCall, "c2", "g")
			e.Plain([]byte(`{"a":1}`))
			e.Close()
			e.Close()
		}), []string{
			"begin first", "part 0 of 2 c1 f", "delta 0 of 2: {}", "end of part 0 of 2",
			"part 1 of 2 c2 g", `delta 1 of 2: {"a":1}`, "end of part 1 of 2", "end final",
		}},
		{"nothing without a part", begun(func(e *sse.Emitter) {
			e.Delta(quoted("a"))
			e.Plain([]byte("a"))
			e.Signature(quoted("a"))
			e.Close()
		}), []string{"begin first", "end final"}},
		{"empty adds nothing", begun(func(e *sse.Emitter) {
			e.Text(llm.PartText, quoted(""))
			e.Text(llm.PartText, nil)
			e.Open(llm.PartThinking, "", "")
			e.Delta(quoted(""))
			e.Plain(nil)
			e.Signature(quoted(""))
		}), []string{"begin first", "part 0 of 3", "end of part 0 of 3", "end final"}},
		{"what is no string begins nothing", begun(func(e *sse.Emitter) {
			for _, v := range []string{"null", "12345", `{"a":"b"}`, `"`, `"abc`, `"\x"`, `"ab\u12"`, `"ab\"`} {
				if e.Text(llm.PartText, []byte(v)) {
					t.Errorf("%s adds something", v)
				}
			}
		}), []string{"begin first", "end final"}},
		{"what is no string ends nothing", begun(func(e *sse.Emitter) {
			e.Text(llm.PartThinking, quoted("a"))
			e.Text(llm.PartText, []byte(`"broken \x"`))
			e.Delta([]byte(`"broken \x"`))
			e.Signature([]byte(`"broken \x"`))
			e.Text(llm.PartThinking, quoted("b"))
		}), []string{
			"begin first", "part 0 of 3", "delta 0 of 3: a", "delta 0 of 3: b", "end of part 0 of 3", "end final",
		}},
		{"only thoughts are signed", begun(func(e *sse.Emitter) {
			e.Text(llm.PartText, quoted("a"))
			e.Signature(quoted("sig"))
		}), []string{"begin first", "part 0 of 1", "delta 0 of 1: a", "end of part 0 of 1", "end final"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, emitted(t, tt.do)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestEmitterKind(t *testing.T) {
	t.Parallel()
	emitted(t, func(e *sse.Emitter) {
		if k := e.Kind(); k != 0 {
			t.Errorf("kind before the first part = %d", k)
		}
		if !e.Text(llm.PartRefusal, quoted("no")) || e.Kind() != llm.PartRefusal {
			t.Errorf("kind = %d, want that of a refusal", e.Kind())
		}
		e.Close()
		if k := e.Kind(); k != 0 {
			t.Errorf("kind after the part = %d", k)
		}
	})
}

// Text that has been queued stays what it was while more is added: the buffer
// moves when it grows.
func TestEmitterKeepsText(t *testing.T) {
	t.Parallel()
	const deltas = 1000
	want := make([]string, deltas)
	s := stream(func(e *sse.Emitter) {
		for i := range want {
			want[i] = strings.Repeat(string(rune('a'+i%26)), i%50+1)
			e.Text(llm.PartText, quoted(want[i]))
		}
	})
	n := 0
	for {
		ev, err := s.Next()
		if err != nil {
			break
		}
		if ev.Kind != llm.PartDelta {
			continue
		}
		if got := string(ev.Part.Text); got != want[n] {
			t.Fatalf("delta %d = %q, want %q", n, got, want[n])
		}
		n++
	}
	if n != deltas {
		t.Errorf("%d deltas, want %d", n, deltas)
	}
}
