package anthropic_test

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llmgw/llmgw/pkg/dialect"
	"github.com/llmgw/llmgw/pkg/dialect/anthropic"
	"github.com/llmgw/llmgw/pkg/llm"
)

// part makes an event of a part.
func part(kind llm.EventKind, p llm.PartKind, text string) llm.Event {
	return llm.Event{Kind: kind, Part: &llm.StreamPart{Kind: p, Text: []byte(text)}}
}

// call begins a call of a tool.
func call(id, name string) llm.Event {
	return llm.Event{Kind: llm.PartBegin, Part: &llm.StreamPart{Kind: llm.PartToolCall, CallID: id, Name: name}}
}

// write gives the frames of events.
func write(events ...llm.Event) string {
	w := anthropic.Frontend{}.NewStreamWriter(llm.OpChat, dialect.StreamWriterOptions{RequestID: "r1", Model: "asked"})
	var b []byte
	for _, ev := range events {
		b = w.Append(b, ev)
	}
	return string(b)
}

// short is a stream as a list of the data of its frames; the event lines are
// checked.
func short(t *testing.T, frames string) []string {
	t.Helper()
	var all []string
	for f := range strings.SplitSeq(strings.TrimSuffix(frames, "\n\n"), "\n\n") {
		event, data, ok := strings.Cut(f, "\ndata: ")
		var v struct{ Type string }
		if err := json.Unmarshal([]byte(data), &v); err != nil || !ok || event != "event: "+v.Type {
			t.Fatalf("frame %q: %v", f, err)
		}
		all = append(all, data)
	}
	return all
}

const noUsage = `{"input_tokens":0,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},"output_tokens":0}`

func TestStreamWriter(t *testing.T) {
	t.Parallel()
	begin := llm.Event{Kind: llm.Begin, Meta: &llm.Meta{ID: "chatcmpl-1", Model: "gpt", Usage: llm.Usage{Input: 7, CacheRead: 4, Output: 1}}}
	end := llm.Event{Kind: llm.End, Meta: &llm.Meta{Stop: llm.StopEnd, Usage: full}}
	got := short(t, write(begin,
		part(llm.PartBegin, llm.PartThinking, ""), part(llm.PartDelta, llm.PartThinking, "hm"), part(llm.PartSignature, llm.PartThinking, "sig"), part(llm.PartEnd, llm.PartThinking, ""),
		part(llm.PartBegin, llm.PartThinking, ""), part(llm.PartDelta, llm.PartThinking, "so"), part(llm.PartEnd, llm.PartThinking, ""),
		part(llm.PartBegin, llm.PartThinking, ""), part(llm.PartSignature, llm.PartThinking, "only"), part(llm.PartEnd, llm.PartThinking, ""),
		part(llm.PartBegin, llm.PartThinking, ""), part(llm.PartEnd, llm.PartThinking, ""),
		part(llm.PartBegin, llm.PartRedacted, ""), part(llm.PartDelta, llm.PartRedacted, "r"), part(llm.PartEnd, llm.PartRedacted, ""),
		part(llm.PartBegin, llm.PartText, ""), part(llm.PartEnd, llm.PartText, ""),
		part(llm.PartBegin, llm.PartText, ""), part(llm.PartDelta, llm.PartText, ""), part(llm.PartDelta, llm.PartText, "<a>\n"), part(llm.PartDelta, llm.PartText, "é"), part(llm.PartEnd, llm.PartText, ""),
		call("c1", "f"), part(llm.PartDelta, llm.PartToolCall, `{"n":`), part(llm.PartDelta, llm.PartToolCall, `1.0}`), part(llm.PartEnd, llm.PartToolCall, ""),
		call("", "g"), part(llm.PartEnd, llm.PartToolCall, ""),
		end, part(llm.PartDelta, llm.PartText, "late"), end))
	want := []string{
		`{"type":"message_start","message":{"id":"msg_chatcmpl-1","type":"message","role":"assistant","model":"gpt","content":[],"stop_reason":null,"stop_sequence":null,` +
			`"usage":{"input_tokens":3,"cache_creation_input_tokens":0,"cache_read_input_tokens":4,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},"output_tokens":1}}}`,
		`{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}`,
		`{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"hm"}}`,
		`{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"sig"}}`,
		`{"type":"content_block_stop","index":0}`,
		`{"type":"content_block_start","index":1,"content_block":{"type":"thinking","thinking":"","signature":""}}`,
		`{"type":"content_block_delta","index":1,"delta":{"type":"thinking_delta","thinking":"so"}}`,
		`{"type":"content_block_delta","index":1,"delta":{"type":"signature_delta","signature":"llmgw-unsigned"}}`,
		`{"type":"content_block_stop","index":1}`,
		`{"type":"content_block_start","index":2,"content_block":{"type":"thinking","thinking":"","signature":""}}`,
		`{"type":"content_block_delta","index":2,"delta":{"type":"signature_delta","signature":"only"}}`,
		`{"type":"content_block_stop","index":2}`,
		`{"type":"content_block_start","index":3,"content_block":{"type":"redacted_thinking","data":"r"}}`,
		`{"type":"content_block_stop","index":3}`,
		`{"type":"content_block_start","index":4,"content_block":{"type":"text","text":""}}`,
		`{"type":"content_block_delta","index":4,"delta":{"type":"text_delta","text":"<a>\n"}}`,
		`{"type":"content_block_delta","index":4,"delta":{"type":"text_delta","text":"é"}}`,
		`{"type":"content_block_stop","index":4}`,
		`{"type":"content_block_start","index":5,"content_block":{"type":"tool_use","id":"c1","name":"f","input":{}}}`,
		`{"type":"content_block_delta","index":5,"delta":{"type":"input_json_delta","partial_json":"{\"n\":"}}`,
		`{"type":"content_block_delta","index":5,"delta":{"type":"input_json_delta","partial_json":"1.0}"}}`,
		`{"type":"content_block_stop","index":5}`,
		`{"type":"content_block_start","index":6,"content_block":{"type":"tool_use","id":"toolu_r1_6","name":"g","input":{}}}`,
		`{"type":"content_block_stop","index":6}`,
		`{"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"input_tokens":10,"cache_creation_input_tokens":6,"cache_read_input_tokens":4,` +
			`"cache_creation":{"ephemeral_5m_input_tokens":1,"ephemeral_1h_input_tokens":5},"output_tokens":30,"output_tokens_details":{"thinking_tokens":12},"server_tool_use":{"web_search_requests":2}}}`,
		`{"type":"message_stop"}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestStreamWriterEnds(t *testing.T) {
	t.Parallel()
	const started = `{"type":"message_start","message":{"id":"msg_r1","type":"message","role":"assistant","model":"asked","content":[],"stop_reason":null,"stop_sequence":null,"usage":` + noUsage + `}}`
	stopped := func(word, sequence string) string {
		return `{"type":"message_delta","delta":{"stop_reason":"` + word + `","stop_sequence":` + sequence + `},"usage":` + noUsage + `}`
	}
	const stop = `{"type":"message_stop"}`
	const failed = `{"type":"error","error":{"type":"overloaded_error","message":"no room"},"request_id":"r1"}`
	failure := llm.Event{Kind: llm.Failure, Err: &llm.Error{Kind: llm.Overloaded, Message: "no room"}}
	end := llm.Event{Kind: llm.End}
	textStart := `{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}`
	textDelta := `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"no"}}`
	textStop := `{"type":"content_block_stop","index":0}`
	tests := []struct {
		name   string
		events []llm.Event
		want   []string
	}{
		{"nothing", []llm.Event{end}, []string{started, stopped("end_turn", "null"), stop}},
		{"a refusal", []llm.Event{part(llm.PartBegin, llm.PartRefusal, ""), part(llm.PartDelta, llm.PartRefusal, "no"), part(llm.PartEnd, llm.PartRefusal, ""), {Kind: llm.End, Meta: &llm.Meta{Stop: llm.StopSafety}}}, []string{started, textStart, textDelta, textStop, stopped("refusal", "null"), stop}},
		{"a stop sequence", []llm.Event{{Kind: llm.End, Meta: &llm.Meta{Stop: llm.StopSequence, StopSequence: "E"}}}, []string{started, stopped("stop_sequence", `"E"`), stop}},
		{"parts that are not ended", []llm.Event{part(llm.PartDelta, llm.PartText, "no"), end}, []string{started, textStart, textDelta, textStop, stopped("end_turn", "null"), stop}},
		{"failure first", []llm.Event{failure, end}, []string{failed}},
		{"failure in a part", []llm.Event{{Kind: llm.Begin}, part(llm.PartBegin, llm.PartText, ""), part(llm.PartDelta, llm.PartText, "no"), failure, part(llm.PartEnd, llm.PartText, ""), end}, []string{started, textStart, textDelta, failed}},
		{"failure without a reason", []llm.Event{{Kind: llm.Failure}}, []string{`{"type":"error","error":{"type":"api_error","message":"internal error"},"request_id":"r1"}`}},
		{"begins once", []llm.Event{{Kind: llm.Begin}, {Kind: llm.Begin}, {Kind: llm.Chunk}, {Kind: llm.PartDelta}, end}, []string{started, stopped("end_turn", "null"), stop}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, short(t, write(tt.events...))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// checkGrammar reads frames as strict clients do.
func checkGrammar(t *testing.T, frames string) {
	t.Helper()
	next, open, begun, delta, done := 0, false, false, false, false
	var signed, thought bool
	for _, data := range short(t, frames) {
		var v struct {
			Type         string
			Index        *int
			ContentBlock struct{ Type string } `json:"content_block"`
			Delta        struct{ Type string }
		}
		if err := json.Unmarshal([]byte(data), &v); err != nil {
			t.Fatal(err)
		}
		ok := begun && !done && !delta
		switch v.Type {
		case "message_start":
			ok = !begun
			begun = true
		case "content_block_start":
			ok = ok && !open && v.Index != nil && *v.Index == next
			open, signed, thought = true, false, v.ContentBlock.Type == "thinking"
		case "content_block_delta":
			ok = ok && open && *v.Index == next
			signed = signed || v.Delta.Type == "signature_delta"
		case "content_block_stop":
			ok = ok && open && *v.Index == next && signed == thought
			open = false
			next++
		case "message_delta":
			ok = ok && !open
			delta = true
		case "message_stop":
			ok = delta && !done
			done = true
		case "error":
			ok = !done
			done = true
		}
		if !ok {
			t.Fatalf("%s stands in the wrong place of:\n%s", data, frames)
		}
	}
	if !done {
		t.Fatalf("no end of:\n%s", frames)
	}
}

// randomEvents makes a stream of any parts, in the grammar of the vocabulary.
func randomEvents(r *rand.Rand) []llm.Event {
	events := []llm.Event{{Kind: llm.Begin, Meta: &llm.Meta{ID: "x"}}}
	for index := range r.IntN(6) {
		p := llm.StreamPart{Index: index, Kind: llm.PartKind(1 + r.IntN(5)), CallID: "id", Name: "f"}
		add := func(kind llm.EventKind, text string) {
			piece := p
			piece.Text = []byte(text)
			events = append(events, llm.Event{Kind: kind, Part: &piece})
		}
		add(llm.PartBegin, "")
		for range r.IntN(4) {
			add(llm.PartDelta, []string{"", "a", "\n\"é", "{}"}[r.IntN(4)])
		}
		if r.IntN(2) == 0 {
			add(llm.PartSignature, "s")
		}
		add(llm.PartEnd, "")
	}
	if r.IntN(5) == 0 {
		return append(events, llm.Event{Kind: llm.Failure, Err: &llm.Error{Kind: llm.Upstream, Message: "m"}})
	}
	return append(events, llm.Event{Kind: llm.End, Meta: &llm.Meta{Stop: llm.Stop(r.IntN(9))}})
}

func TestStreamWriterKeepsTheGrammar(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		checkGrammar(t, write(randomEvents(r)...))
	}
}

func BenchmarkStreamWriter(b *testing.B) {
	w := anthropic.Frontend{}.NewStreamWriter(llm.OpChat, dialect.StreamWriterOptions{RequestID: "r1"})
	dst := w.Append(nil, llm.Event{Kind: llm.Begin})
	p := &llm.StreamPart{Kind: llm.PartText, Text: []byte("Hello \"there\", how are you?")}
	dst = w.Append(dst, llm.Event{Kind: llm.PartBegin, Part: p})
	ev := llm.Event{Kind: llm.PartDelta, Part: p, Meta: &llm.Meta{Usage: full}}
	b.ReportAllocs()
	for b.Loop() {
		dst = w.Append(dst[:0], ev)
	}
	b.SetBytes(int64(len(dst)))
	if !strings.Contains(string(dst), "text_delta") {
		b.Fatalf("%q", dst)
	}
}
