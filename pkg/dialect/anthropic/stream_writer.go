package anthropic

import (
	"strconv"

	"github.com/llmgw/llmgw/pkg/dialect"
	"github.com/llmgw/llmgw/pkg/dialect/toplevel"
	"github.com/llmgw/llmgw/pkg/llm"
)

// NewStreamWriter implements dialect.ClientSide.
func (Frontend) NewStreamWriter(_ llm.Op, opts dialect.StreamWriterOptions) dialect.StreamWriter {
	return &streamWriter{opts: opts}
}

// streamWriter writes the events of the Messages API. Parts become blocks when
// they have something to show, so that the blocks' indexes have no holes.
type streamWriter struct {
	opts   dialect.StreamWriterOptions
	begun  bool
	done   bool
	called bool         // a tool call has begun
	index  int          // of the open block, or of the next one
	open   llm.PartKind // of the open block; 0 where none is
	// signed says that the open block has its signature.
	signed bool
	// data collects a part that cannot be shown in pieces.
	data []byte
}

// Append implements dialect.StreamWriter.
func (w *streamWriter) Append(dst []byte, ev llm.Event) []byte {
	if w.done {
		return dst
	}
	if ev.Meta == nil {
		ev.Meta = new(llm.Meta)
	}
	switch ev.Kind {
	case llm.Begin:
		return w.begin(dst, ev.Meta)
	case llm.End:
		return w.end(dst, ev.Meta)
	case llm.Failure:
		return w.fail(dst, ev.Err)
	case llm.PartBegin, llm.PartDelta, llm.PartSignature, llm.PartEnd:
		if ev.Part != nil {
			return w.part(w.begin(dst, ev.Meta), ev.Kind, ev.Part)
		}
	case llm.Frames, llm.Chunk:
	}
	return dst
}

func (w *streamWriter) part(dst []byte, kind llm.EventKind, p *llm.StreamPart) []byte {
	switch kind {
	case llm.PartBegin:
		dst = w.stop(dst)
		if p.Kind == llm.PartToolCall {
			return w.start(dst, p)
		}
	case llm.PartDelta:
		return w.delta(dst, p)
	case llm.PartSignature:
		return w.signature(dst, p)
	default:
		return w.partEnd(dst, p)
	}
	return dst
}

// begin writes message_start, once.
func (w *streamWriter) begin(dst []byte, m *llm.Meta) []byte {
	if w.begun {
		return dst
	}
	w.begun = true
	id, model := m.ID, m.Model
	if id == "" {
		id = w.opts.RequestID
	}
	if model == "" {
		model = w.opts.Model
	}
	dst = append(dst, "event: message_start\ndata: {\"type\":\"message_start\",\"message\":"...)
	dst = appendMessageStart(dst, id, model)
	dst = append(dst, `],"stop_reason":null,"stop_sequence":null,"usage":`...)
	dst = appendUsage(dst, m.Usage)
	return append(dst, "}}\n\n"...)
}

// start writes content_block_start for the part.
func (w *streamWriter) start(dst []byte, p *llm.StreamPart) []byte {
	w.open, w.signed = p.Kind, false
	dst = append(dst, "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":"...)
	dst = strconv.AppendInt(dst, int64(w.index), 10)
	dst = append(dst, `,"content_block":{"type":"`...)
	switch p.Kind {
	case llm.PartToolCall:
		w.called = true
		dst = append(dst, `tool_use","id":`...)
		dst = toplevel.AppendString(dst, w.callID(p.CallID))
		dst = append(dst, `,"name":`...)
		dst = toplevel.AppendString(dst, p.Name)
		dst = append(dst, `,"input":{}`...)
	case llm.PartThinking:
		dst = append(dst, `thinking","thinking":"","signature":""`...)
	case llm.PartRedacted:
		dst = append(dst, `redacted_thinking","data":`...)
		dst = toplevel.AppendQuoted(dst, w.data)
	default:
		dst = append(dst, `text","text":""`...)
	}
	return append(dst, "}}\n\n"...)
}

// callID is the call's id in letters that clients may send back, or one made of
// ours where the vendor gave none.
func (w *streamWriter) callID(id string) string {
	if id != "" {
		return toolID(id)
	}
	return "toolu_" + w.opts.RequestID + "_" + strconv.Itoa(w.index)
}

func (w *streamWriter) delta(dst []byte, p *llm.StreamPart) []byte {
	if len(p.Text) == 0 {
		return dst
	}
	if p.Kind == llm.PartRedacted {
		w.data = append(w.data, p.Text...)
		return dst
	}
	if w.open != p.Kind {
		dst = w.start(w.stop(dst), p)
	}
	dst = w.deltaStart(dst)
	switch p.Kind {
	case llm.PartToolCall:
		dst = append(dst, `input_json_delta","partial_json":`...)
	case llm.PartThinking:
		dst = append(dst, `thinking_delta","thinking":`...)
	default:
		dst = append(dst, `text_delta","text":`...)
	}
	dst = toplevel.AppendQuoted(dst, p.Text)
	return append(dst, "}}\n\n"...)
}

func (w *streamWriter) deltaStart(dst []byte) []byte {
	dst = append(dst, "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":"...)
	dst = strconv.AppendInt(dst, int64(w.index), 10)
	return append(dst, `,"delta":{"type":"`...)
}

func (w *streamWriter) signature(dst []byte, p *llm.StreamPart) []byte {
	if p.Kind != llm.PartThinking || len(p.Text) == 0 {
		return dst
	}
	if w.open != p.Kind {
		dst = w.start(w.stop(dst), p)
	}
	return w.sign(dst, p.Text)
}

func (w *streamWriter) sign(dst, signature []byte) []byte {
	w.signed = true
	dst = append(w.deltaStart(dst), `signature_delta","signature":`...)
	return append(toplevel.AppendQuoted(dst, signature), "}}\n\n"...)
}

func (w *streamWriter) partEnd(dst []byte, p *llm.StreamPart) []byte {
	if p.Kind == llm.PartRedacted && len(w.data) > 0 {
		dst = w.start(w.stop(dst), p)
		w.data = w.data[:0]
	}
	return w.stop(dst)
}

// stop writes content_block_stop for the open block, if there is one. Thoughts
// get a signature before.
func (w *streamWriter) stop(dst []byte) []byte {
	if w.open == 0 {
		return dst
	}
	if w.open == llm.PartThinking && !w.signed {
		dst = w.sign(dst, []byte(unsigned))
	}
	dst = append(dst, "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":"...)
	dst = strconv.AppendInt(dst, int64(w.index), 10)
	w.open = 0
	w.index++
	return append(dst, "}\n\n"...)
}

func (w *streamWriter) end(dst []byte, m *llm.Meta) []byte {
	dst = w.stop(w.begin(dst, m))
	w.done = true
	dst = append(dst, "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":"...)
	dst = appendStop(dst, *m, w.called)
	dst = append(dst, `},"usage":`...)
	dst = appendUsage(dst, m.Usage)
	return append(dst, "}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"...)
}

func (w *streamWriter) fail(dst []byte, e *llm.Error) []byte {
	w.done = true
	if e == nil {
		e = &llm.Error{Kind: llm.Internal, Message: "internal error"}
	}
	dst = append(dst, "event: error\ndata: "...)
	_, dst = Frontend{}.AppendError(dst, e, w.opts.RequestID)
	return append(dst, "\n\n"...)
}
