package anthropic_test

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llmgw/llmgw/pkg/dialect"
	"github.com/llmgw/llmgw/pkg/dialect/anthropic"
	"github.com/llmgw/llmgw/pkg/llm"
)

// outcome is a stream of events that has been read to its end.
type outcome struct {
	parts   []llm.Part
	begin   llm.Meta
	last    llm.Event
	grammar error
	err     error
}

// readEvents collects the parts of a translated stream and checks its grammar.
func readEvents(r io.Reader) outcome {
	s := anthropic.Backend{}.NewEventReader(io.NopCloser(r), dialect.StreamOptions{Op: llm.OpChat})
	defer s.Close()
	var c collected
	for {
		ev, err := s.Next()
		if err != nil {
			if !errors.Is(err, io.EOF) || errors.Is(err, llm.ErrUnexpectedEOF) {
				c.out.err = err
			}
			return c.out
		}
		if err := c.add(ev); err != nil && c.out.grammar == nil {
			c.out.grammar = err
		}
	}
}

// collected puts the pieces of parts together.
type collected struct {
	out             outcome
	part            llm.StreamPart
	text, signature string
	begun, open     bool
	next            int
}

func (c *collected) add(ev llm.Event) error {
	wrong := func() error { return fmt.Errorf("event %d of part %+v stands in the wrong place", ev.Kind, ev.Part) }
	if c.out.last.Kind == llm.End || c.out.last.Kind == llm.Failure {
		return wrong()
	}
	c.out.last = ev
	switch ev.Kind {
	case llm.Begin:
		if c.begun {
			return wrong()
		}
		c.begun, c.out.begin = true, *ev.Meta
	case llm.PartBegin:
		if !c.begun || c.open || ev.Part.Index != c.next {
			return wrong()
		}
		c.open, c.part, c.text, c.signature = true, *ev.Part, "", ""
	case llm.PartDelta, llm.PartSignature, llm.PartEnd:
		if !c.open || ev.Part.Index != c.next || ev.Part.Kind != c.part.Kind {
			return wrong()
		}
		c.piece(ev)
	case llm.End:
		if !c.begun || c.open {
			return wrong()
		}
	case llm.Failure:
		if ev.Err == nil {
			return wrong()
		}
	default:
		return wrong()
	}
	return nil
}

func (c *collected) piece(ev llm.Event) {
	switch ev.Kind {
	case llm.PartDelta:
		c.text += string(ev.Part.Text)
		return
	case llm.PartSignature:
		c.signature += string(ev.Part.Text)
		return
	default:
	}
	c.open = false
	c.next++
	var p llm.Part
	switch c.part.Kind {
	case llm.PartText:
		p = llm.Text{Text: c.text}
	case llm.PartToolCall:
		p = llm.ToolCall{ID: c.part.CallID, Name: c.part.Name, Arguments: c.text}
	case llm.PartThinking:
		p = llm.Thinking{Text: c.text, Signature: c.signature}
	case llm.PartRedacted:
		p = llm.Redacted{Data: c.text}
	case llm.PartRefusal:
		p = llm.Refusal{Text: c.text}
	}
	c.out.parts = append(c.out.parts, p)
}

// blockFrames are the frames of a block.
func blockFrames(index int, start string, deltas ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":%d,\"content_block\":%s}\n\n", index, start)
	for _, d := range deltas {
		fmt.Fprintf(&b, "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":%d,\"delta\":%s}\n\n", index, d)
	}
	fmt.Fprintf(&b, "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":%d}\n\n", index)
	return b.String()
}

func TestEventReader(t *testing.T) {
	t.Parallel()
	text := start + ping +
		blockFrames(0, `{"type":"thinking","thinking":"","signature":""}`, `{"type":"thinking_delta","thinking":"h"}`, `{"type":"thinking_delta","thinking":"m\n"}`, `{"type":"signature_delta","signature":"s+/="}`) +
		blockFrames(1, `{"type":"thinking","thinking":""}`, `{"type":"signature_delta","signature":"only"}`) +
		blockFrames(2, `{"type":"redacted_thinking","data":"r"}`) +
		blockFrames(3, `{"type":"text","text":""}`, `{"type":"text_delta","text":""}`, `{"type":"text_delta","text":"a \u00e9 \ud83d\ude42 é"}`, `{"type":"citations_delta","citation":{"text":"x"}}`, `{"text":"\\","type":"text_delta"}`) +
		blockFrames(4, `{"type":"server_tool_use","id":"st","name":"web_search","input":{}}`, `{"type":"input_json_delta","partial_json":"{\"q\":1}"}`) +
		blockFrames(5, `{"type":"web_search_tool_result","tool_use_id":"st","content":[{"type":"text","text":"x"}]}`) +
		blockFrames(6, `{"type":"text","text":"b"}`) +
		blockFrames(7, `{"type":"text","text":""}`) +
		blockFrames(8, `{"type":"tool_use","id":"t1","name":"f","input":{}}`, `{"type":"input_json_delta","partial_json":""}`, `{"type":"input_json_delta","partial_json":"{\"n\": 1."}`, `{"type":"input_json_delta","partial_json":"0}"}`) +
		blockFrames(9, `{"type":"tool_use","id":"t2","name":"g","input":{}}`) +
		blockFrames(10, `{"type":"tool_use","id":"t3","name":"h","input":{"whole":1.0}}`) +
		blockFrames(11, `{"type":"tool_use","id":"t4","name":"h","input":{"twice":1}}`, `{"type":"input_json_delta","partial_json":"{\"twice\":1}"}`) +
		strings.Replace(ended, `"stop_sequence":null`, `"stop_sequence":"E"`, 1) + stop
	want := []llm.Part{
		llm.Thinking{Text: "hm\n", Signature: "s+/="},
		llm.Thinking{Signature: "only"},
		llm.Redacted{Data: "r"},
		llm.Text{Text: "a é 🙂 é\\"},
		llm.Text{Text: "b"},
		llm.ToolCall{ID: "t1", Name: "f", Arguments: `{"n": 1.0}`},
		llm.ToolCall{ID: "t2", Name: "g"},
		llm.ToolCall{ID: "t3", Name: "h", Arguments: `{"whole":1.0}`},
		llm.ToolCall{ID: "t4", Name: "h", Arguments: `{"twice":1}`},
	}
	for _, r := range []io.Reader{strings.NewReader(text), &perRead{frames: strings.SplitAfter(text, "\n\n")}, newPieces(text, 1)} {
		got := readEvents(r)
		if got.err != nil || got.grammar != nil || got.last.Kind != llm.End {
			t.Fatalf("%v, %v, last event %+v", got.err, got.grammar, got.last)
		}
		if diff := cmp.Diff(want, got.parts); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		meta := llm.Meta{Usage: full, StopReason: "end_turn", Stop: llm.StopEnd, StopSequence: "E", ID: "msg_1", Model: "claude-x"}
		if diff := cmp.Diff(&meta, got.last.Meta); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		begin := llm.Meta{ID: "msg_1", Model: "claude-x", Usage: llm.Usage{Input: 20, Output: 2, CacheRead: 4, CacheWrite5m: 1, CacheWrite1h: 5}}
		if diff := cmp.Diff(begin, got.begin); diff != "" {
			t.Errorf("at the beginning (-want +got):\n%s", diff)
		}
	}
}

func TestEventReaderEnds(t *testing.T) {
	t.Parallel()
	const failure = "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n"
	words := []llm.Part{llm.Text{Text: `Hello "there", {}`}}
	tests := []struct {
		name, text string
		kind       llm.EventKind
		parts      []llm.Part
		cut        bool
	}{
		{"usual", start + delta + ended + stop, llm.End, words, false},
		{"no block frames", start + ended + stop, llm.End, nil, false},
		{"no message_stop", start + delta + ended, llm.End, words, false},
		{"no message_start", delta + ended + stop, llm.End, words, false},
		{"only the end", stop, llm.End, nil, false},
		{"event names only", strings.ReplaceAll(strings.ReplaceAll(start+delta+ended+stop, `"type":"content_block_delta",`, ""), `"type":"message_stop"`, ""), llm.End, words, false},
		{"data only", dataLines(start + delta + ended + stop), llm.End, words, false},
		{"failure", start + delta + failure + stop, llm.Failure, nil, false},
		{"failure first", failure, llm.Failure, nil, false},
		{"failure in the data alone", start + "data: {\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n", llm.Failure, nil, false},
		{"plain failure", `{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}`, llm.Failure, nil, false},
		{"cut", start + delta, llm.PartDelta, nil, true},
		{"empty", ``, 0, nil, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := readEvents(strings.NewReader(tt.text))
			if got.grammar != nil || errors.Is(got.err, llm.ErrUnexpectedEOF) != tt.cut || got.last.Kind != tt.kind {
				t.Fatalf("%v, %v, last event %+v", got.err, got.grammar, got.last)
			}
			if diff := cmp.Diff(tt.parts, got.parts); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if tt.kind == llm.Failure && (got.last.Err.Kind != llm.Overloaded || got.last.Err.Message != "Overloaded") {
				t.Errorf("failure %+v", got.last.Err)
			}
		})
	}
}

// dataLines leaves out the lines that name events.
func dataLines(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "event:") {
			b.WriteString(line)
		}
	}
	return b.String()
}

// pieces reads text in pieces of 1 to 7 bytes.
type pieces struct {
	text string
	rnd  *rand.Rand
}

func newPieces(text string, seed uint64) *pieces {
	return &pieces{text, rand.New(rand.NewPCG(seed, uint64(len(text))))}
}

func (p *pieces) Read(b []byte) (int, error) {
	if p.text == "" {
		return 0, io.EOF
	}
	n := copy(b, p.text[:min(1+p.rnd.IntN(7), len(p.text))])
	p.text = p.text[n:]
	return n, nil
}

// What the writer says, the reader understands.
func TestStreamRoundTrip(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	for range 500 {
		events := randomEvents(r)
		var want collected
		for _, ev := range events {
			if err := want.add(ev); err != nil {
				t.Fatal(err)
			}
		}
		got := readEvents(strings.NewReader(write(events...)))
		if got.err != nil || got.grammar != nil || got.last.Kind != events[len(events)-1].Kind {
			t.Fatalf("%v, %v, last event %+v of %+v", got.err, got.grammar, got.last, events)
		}
		if diff := cmp.Diff(asWritten(want.out.parts), got.parts); got.last.Kind == llm.End && diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
	}
}

// asWritten is what of parts a stream of the Messages API shows.
func asWritten(parts []llm.Part) []llm.Part {
	var shown []llm.Part
	for _, p := range parts {
		switch v := p.(type) {
		case llm.Text:
			if v.Text == "" {
				continue
			}
		case llm.Refusal:
			if v.Text == "" {
				continue
			}
			p = llm.Text{Text: v.Text}
		case llm.Redacted:
			if v.Data == "" {
				continue
			}
		case llm.Thinking:
			if v.Text == "" && v.Signature == "" {
				continue
			}
		}
		shown = append(shown, p)
	}
	return shown
}

func FuzzEventReaderAnthropic(f *testing.F) {
	for _, s := range []string{
		start + delta + ended + stop, delta + stop, start + blockFrames(0, `{"type":"tool_use","id":"a","name":"f","input":{"x":1}}`) + ended,
		blockFrames(0, `{"type":"thinking"}`, `{"type":"signature_delta","signature":"s"}`, `{"type":"text_delta","text":"x"}`) + stop, "event: error\ndata: {}\n\n",
		blockFrames(3, `{"type":"redacted_thinking","data":"x"}`, `{"type":"input_json_delta","partial_json":"{"}`) + ended + stop,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got := readEvents(strings.NewReader(string(body)))
		if got.grammar != nil {
			t.Fatal(got.grammar)
		}
		// The same events make a stream that clients can read.
		frames := rewritten(string(body))
		if got.err == nil {
			checkGrammar(t, frames)
		}
	})
}

func TestEventReaderDoesNotAllocatePerEvent(t *testing.T) {
	if raceDetector {
		t.Skip("the detector allocates")
	}
	open, closing := start+`data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}`+"\n\n", ended+stop
	count := func(text string) float64 {
		frames := strings.SplitAfter(text, "\n\n")
		return testing.AllocsPerRun(50, func() { drainEvents(t, &perRead{frames: frames}) })
	}
	a, b := count(open+delta+closing), count(open+strings.Repeat(delta, 200)+closing)
	if b > a+2 {
		t.Errorf("%v allocations for 5 frames, %v for 204", a, b)
	}
}

func drainEvents(tb testing.TB, r io.ReadCloser) {
	s := anthropic.Backend{}.NewEventReader(r, dialect.StreamOptions{Op: llm.OpChat})
	for {
		if _, err := s.Next(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			tb.Fatal(err)
		}
	}
	_ = s.Close() // perRead's Close returns nil
}

// BenchmarkEventReader is BenchmarkStream for the translated lane.
func BenchmarkEventReader(b *testing.B) {
	frames := strings.SplitAfter(stream53(), "\n\n")
	b.Run(fmt.Sprintf("%d events", len(frames)-1), func(b *testing.B) {
		b.ReportAllocs()
		r := &perRead{}
		for b.Loop() {
			r.frames = frames
			drainEvents(b, r)
		}
	})
}
