package openai

import (
	"strconv"

	"github.com/llmgw/llmgw/pkg/dialect"
	"github.com/llmgw/llmgw/pkg/dialect/toplevel"
	"github.com/llmgw/llmgw/pkg/llm"
)

// NewStreamWriter implements dialect.Frontend.
func (f Frontend) NewStreamWriter(op llm.Op, opts dialect.StreamWriterOptions) dialect.StreamWriter {
	return &streamWriter{front: f, opts: opts, completion: op == llm.OpCompletion}
}

// maxThought bounds what is kept of a thought: a longer one goes out without its
// signature.
const maxThought = 1 << 20

// streamWriter writes the chunks of an answer. What a chunk has before and behind
// its delta is made once.
type streamWriter struct {
	front      Frontend
	opts       dialect.StreamWriterOptions
	completion bool

	head  []byte // up to the delta, or the text of a completion
	tail  []byte // from the delta's end on, without a finish reason
	calls int    // begun so far
	empty bool   // the open call has no arguments yet

	// thought is the open thinking part, or all of a redacted one, and signature its
	// signature: they go out together, when the part ends.
	thought, signature []byte
	blocks             int // of thinking_blocks
}

// Append implements dialect.StreamWriter.
//
// The signature of a thought, and thinking that is redacted, come as an element
// of thinking_blocks that is complete: a client that adds up deltas, and sends
// the message back, sends what the vendor wants to see again.
func (w *streamWriter) Append(dst []byte, ev llm.Event) []byte {
	if ev.Kind == llm.Failure {
		return w.failure(dst, ev.Err)
	}
	if ev.Meta == nil {
		ev.Meta = new(llm.Meta)
	}
	if w.head == nil {
		dst = w.begin(dst, ev.Meta)
	}
	switch ev.Kind {
	case llm.PartBegin, llm.PartDelta, llm.PartSignature, llm.PartEnd:
		if w.completion {
			return w.completionDelta(dst, &ev)
		}
		return w.part(dst, &ev)
	case llm.End:
		return w.end(dst, ev.Meta)
	default:
		return dst
	}
}

func (w *streamWriter) begin(dst []byte, m *llm.Meta) []byte {
	model := m.Model
	if model == "" {
		model = w.opts.Model
	}
	kind, prefix := "chat.completion.chunk", "chatcmpl-"
	if w.completion {
		kind, prefix = "text_completion", "cmpl-"
	}
	w.head = appendEnvelope(nil, `data: {"id":`, answerID(prefix, m.ID, w.opts.RequestID), kind, model)
	w.tail = append(w.tail, `,"logprobs":null,"finish_reason":null}]`...)
	if w.opts.IncludeUsage {
		w.tail = append(w.tail, `,"usage":null`...)
	}
	w.tail = append(w.tail, "}\n\n"...)
	if w.completion {
		return dst
	}
	dst = w.open(dst)
	dst = append(dst, `{"role":"assistant","content":""}`...)
	return append(dst, w.tail...)
}

// open begins a chunk up to its delta.
func (w *streamWriter) open(dst []byte) []byte {
	dst = append(dst, w.head...)
	if w.completion {
		return append(dst, `,"choices":[{"index":0,"text":`...)
	}
	return append(dst, `,"choices":[{"index":0,"delta":`...)
}

// text appends a chunk whose delta is one string.
func (w *streamWriter) text(dst []byte, member string, text []byte) []byte {
	dst = w.open(dst)
	dst = append(dst, member...)
	dst = toplevel.AppendQuoted(dst, text)
	dst = append(dst, '}')
	return append(dst, w.tail...)
}

func (w *streamWriter) part(dst []byte, ev *llm.Event) []byte {
	switch p := ev.Part; p.Kind {
	case llm.PartText:
		return w.plain(dst, ev, `{"content":`)
	case llm.PartRefusal:
		return w.plain(dst, ev, `{"refusal":`)
	case llm.PartToolCall:
		return w.call(dst, ev)
	case llm.PartThinking, llm.PartRedacted:
		return w.think(dst, ev)
	default:
		return dst
	}
}

func (w *streamWriter) plain(dst []byte, ev *llm.Event, member string) []byte {
	if ev.Kind != llm.PartDelta {
		return dst
	}
	return w.text(dst, member, ev.Part.Text)
}

// call writes a call of a tool, of which there are arguments in any case.
func (w *streamWriter) call(dst []byte, ev *llm.Event) []byte {
	switch {
	case ev.Kind == llm.PartBegin:
		w.calls++
		w.empty = true
		return w.callBegin(dst, ev.Part)
	case ev.Kind == llm.PartDelta && len(ev.Part.Text) > 0:
		w.empty = false
		return w.arguments(dst, ev.Part.Text)
	case ev.Kind == llm.PartEnd && w.empty:
		return w.arguments(dst, []byte("{}"))
	default:
		return dst
	}
}

func (w *streamWriter) callBegin(dst []byte, p *llm.StreamPart) []byte {
	dst = w.open(dst)
	dst = append(dst, `{"tool_calls":[{"index":`...)
	dst = strconv.AppendInt(dst, int64(w.calls-1), 10)
	dst = append(dst, `,"id":`...)
	dst = toplevel.AppendString(dst, p.CallID)
	dst = append(dst, `,"type":"function","function":{"name":`...)
	dst = toplevel.AppendString(dst, p.Name)
	dst = append(dst, `,"arguments":""}}]}`...)
	return append(dst, w.tail...)
}

func (w *streamWriter) arguments(dst, text []byte) []byte {
	dst = w.open(dst)
	dst = append(dst, `{"tool_calls":[{"index":`...)
	dst = strconv.AppendInt(dst, int64(w.calls-1), 10)
	dst = append(dst, `,"function":{"arguments":`...)
	dst = toplevel.AppendQuoted(dst, text)
	dst = append(dst, `}}]}`...)
	return append(dst, w.tail...)
}

func (w *streamWriter) think(dst []byte, ev *llm.Event) []byte {
	p := ev.Part
	switch ev.Kind {
	case llm.PartBegin:
		w.thought, w.signature = w.thought[:0], w.signature[:0]
	case llm.PartDelta:
		if len(w.thought) <= maxThought {
			w.thought = append(w.thought, p.Text...)
		}
		if p.Kind == llm.PartThinking {
			return w.text(dst, `{"reasoning_content":`, p.Text)
		}
	case llm.PartSignature:
		w.signature = append(w.signature, p.Text...)
	case llm.PartEnd:
		if len(w.thought) <= maxThought && (p.Kind == llm.PartRedacted || len(w.signature) > 0) {
			return w.block(dst, p.Kind)
		}
	default:
	}
	return dst
}

func (w *streamWriter) block(dst []byte, kind llm.PartKind) []byte {
	dst = w.open(dst)
	dst = append(dst, `{"thinking_blocks":[{"index":`...)
	dst = strconv.AppendInt(dst, int64(w.blocks), 10)
	w.blocks++
	if kind == llm.PartRedacted {
		dst = append(dst, `,"type":"redacted_thinking","data":`...)
		dst = toplevel.AppendQuoted(dst, w.thought)
	} else {
		dst = append(dst, `,"type":"thinking","thinking":`...)
		dst = toplevel.AppendQuoted(dst, w.thought)
		dst = append(dst, `,"signature":`...)
		dst = toplevel.AppendQuoted(dst, w.signature)
	}
	dst = append(dst, `}]}`...)
	return append(dst, w.tail...)
}

// completionDelta writes a piece of a legacy completion, which has text only.
func (w *streamWriter) completionDelta(dst []byte, ev *llm.Event) []byte {
	if ev.Kind != llm.PartDelta || ev.Part.Kind != llm.PartText {
		return dst
	}
	dst = w.open(dst)
	dst = toplevel.AppendQuoted(dst, ev.Part.Text)
	return append(dst, w.tail...)
}

func (w *streamWriter) end(dst []byte, m *llm.Meta) []byte {
	dst = w.open(dst)
	if w.completion {
		dst = append(dst, `""`...)
	} else {
		dst = append(dst, `{}`...)
	}
	dst = append(dst, `,"logprobs":null,"finish_reason":"`...)
	dst = append(dst, finishReason(m.Stop, w.calls > 0)...)
	dst = append(dst, `"}]`...)
	if w.opts.IncludeUsage {
		dst = append(dst, `,"usage":null`...)
	}
	dst = append(dst, "}\n\n"...)
	if w.opts.IncludeUsage {
		dst = append(dst, w.head...)
		dst = append(dst, `,"choices":[],"usage":`...)
		dst = appendUsage(dst, m.Usage)
		dst = append(dst, "}\n\n"...)
	}
	return append(dst, "data: [DONE]\n\n"...)
}

func (w *streamWriter) failure(dst []byte, e *llm.Error) []byte {
	if e == nil {
		e = &llm.Error{Kind: llm.Internal, Message: "internal error"}
	}
	dst = append(dst, "data: "...)
	_, dst = w.front.AppendError(dst, e, w.opts.RequestID)
	return append(dst, "\n\n"...)
}
