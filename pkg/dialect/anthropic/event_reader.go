package anthropic

import (
	"io"

	"github.com/llmgw/llmgw/pkg/dialect"
	"github.com/llmgw/llmgw/pkg/dialect/sse"
	"github.com/llmgw/llmgw/pkg/dialect/toplevel"
	"github.com/llmgw/llmgw/pkg/llm"
)

// NewEventReader implements dialect.ProviderSide. Blocks of tools that ran at the
// provider are skipped: a stream has no word for them.
func (Backend) NewEventReader(r io.ReadCloser, _ dialect.StreamOptions) llm.Stream {
	return sse.NewEventStream(r, &eventDecoder{})
}

// eventDecoder implements sse.Decoder. It follows one block at a time, as the API
// sends them.
type eventDecoder struct {
	meter
	meta  llm.Meta
	begun bool
	// skipping says that the block is one that the stream has no word for.
	skipping bool
	// input is that of a call whose block came with it; it counts where no pieces
	// follow.
	input []byte
}

// Decode implements sse.Decoder. Nearly all frames are deltas of text: one walk
// finds their members, and nothing is allocated.
func (d *eventDecoder) Decode(f sse.Frame, e *sse.Emitter) sse.Verdict {
	var kind, inner []byte
	for m := toplevel.Object(f.Data); m.Next(); {
		switch string(m.Name()) {
		case "type":
			kind = unquoted(m.Value())
		case "delta", "content_block":
			inner = m.Value()
		}
	}
	if kind == nil {
		kind = eventType(f)
	}
	switch string(kind) {
	case "content_block_delta":
		d.delta(inner, e)
	case "content_block_start":
		d.start(inner, e)
	case "content_block_stop":
		d.stop(e)
	case "message_start", "message_delta", "message_stop", "error":
		return d.message(f, e)
	}
	return sse.Pass
}

// message reads the events of the message as a whole, as the native lane does.
func (d *eventDecoder) message(f sse.Frame, e *sse.Emitter) sse.Verdict {
	verdict := d.Read(f)
	if delta := toplevel.Find(f.Data, "delta"); delta != nil {
		if s, ok := toplevel.String(toplevel.Find(delta, "stop_sequence")); ok {
			d.meta.StopSequence = s
		}
	}
	sequence := d.meta.StopSequence
	d.meta = *d.meter.Meta()
	d.meta.Stop, d.meta.StopSequence = readStop(d.meta.StopReason), sequence
	if verdict != sse.Failed {
		d.begin(e)
	}
	return verdict
}

func (d *eventDecoder) begin(e *sse.Emitter) {
	if !d.begun {
		d.begun = true
		e.Begin(&d.meta)
	}
}

// start begins a block. The part of a text or a thought begins with its first
// words, so that an empty one is none.
func (d *eventDecoder) start(v []byte, e *sse.Emitter) {
	d.stop(e)
	d.begin(e)
	switch string(unquoted(toplevel.Find(v, "type"))) {
	case "text":
		e.Text(llm.PartText, toplevel.Find(v, "text"))
	case "thinking":
		e.Text(llm.PartThinking, toplevel.Find(v, "thinking"))
		d.signature(toplevel.Find(v, "signature"), e)
	case "tool_use":
		id, _ := toplevel.String(toplevel.Find(v, "id"))
		name, _ := toplevel.String(toplevel.Find(v, "name"))
		e.Open(llm.PartToolCall, id, name)
		if input := toplevel.Find(v, "input"); hasMembers(input) {
			d.input = append(d.input, input...)
		}
	case "redacted_thinking":
		e.Text(llm.PartRedacted, toplevel.Find(v, "data"))
	default:
		d.skipping = true
	}
}

func (d *eventDecoder) delta(v []byte, e *sse.Emitter) {
	if d.skipping {
		return
	}
	d.begin(e)
	var kind, text []byte
	for m := toplevel.Object(v); m.Next(); {
		switch string(m.Name()) {
		case "type":
			kind = unquoted(m.Value())
		case "text", "thinking", "partial_json", "signature":
			text = m.Value()
		}
	}
	switch string(kind) {
	case "text_delta":
		e.Text(llm.PartText, text)
	case "thinking_delta":
		e.Text(llm.PartThinking, text)
	case "signature_delta":
		d.signature(text, e)
	case "input_json_delta":
		if e.Kind() == llm.PartToolCall && e.Delta(text) {
			d.input = d.input[:0]
		}
	}
}

// signature gives a thought its signature, which may be all that is shown of it.
// Our own marker says that there is none.
func (d *eventDecoder) signature(v []byte, e *sse.Emitter) {
	if s := unquoted(v); len(s) == 0 || string(s) == unsigned {
		return
	}
	if e.Kind() != llm.PartThinking {
		e.Open(llm.PartThinking, "", "")
	}
	e.Signature(v)
}

// stop ends the block, if there is one.
func (d *eventDecoder) stop(e *sse.Emitter) {
	if e.Kind() == llm.PartToolCall {
		e.Plain(d.input)
	}
	d.input, d.skipping = d.input[:0], false
	e.Close()
}

// Finish implements sse.Decoder.
func (d *eventDecoder) Finish(e *sse.Emitter) { d.stop(e) }

// Meta implements sse.Decoder.
func (d *eventDecoder) Meta() *llm.Meta { return &d.meta }

// unquoted is the text of a JSON string as it is written; nil where v is none.
func unquoted(v []byte) []byte {
	if len(v) < 2 || !toplevel.IsString(v) {
		return nil
	}
	return v[1 : len(v)-1]
}
