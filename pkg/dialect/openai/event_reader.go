package openai

import (
	"bytes"
	"io"

	"github.com/llmgw/llmgw/pkg/dialect"
	"github.com/llmgw/llmgw/pkg/dialect/sse"
	"github.com/llmgw/llmgw/pkg/dialect/toplevel"
	"github.com/llmgw/llmgw/pkg/llm"
)

// NewEventReader implements dialect.Backend. The stream ends as that of
// NewStreamReader does.
func (Backend) NewEventReader(r io.ReadCloser, _ dialect.StreamOptions) llm.Stream {
	return sse.NewEventStream(r, &eventDecoder{})
}

// eventDecoder implements sse.Decoder.
type eventDecoder struct {
	answer  answer
	failure *llm.Error
	done    bool
	calls   callQueue
	// spoke says that something has been emitted.
	spoke bool
	// plain says that thoughts come as plain text: other forms beside it repeat it.
	plain bool
	// signed says that the open thinking part has its signature: what is thought
	// from here on is another part.
	signed bool
}

// Decode implements sse.Decoder.
func (d *eventDecoder) Decode(f sse.Frame, e *sse.Emitter) sse.Verdict {
	if bytes.HasPrefix(f.Data, []byte("[DONE]")) {
		return sse.Last
	}
	if len(f.Data) == 0 {
		return sse.Pass
	}
	d.answer.read(f.Data)
	failed := d.answer.chunk.failed || string(f.Event) == "error"
	if failed && d.answer.meta.StopReason != "" {
		// The answer is whole already: OpenRouter says so why it was cut short.
		return sse.Closing
	}
	if failed {
		d.failure = dialect.DecodeError(0, nil, f.Data)
		return sse.Failed
	}
	if c, ok := firstChoice(d.answer.chunk.choices); ok {
		e.Begin(&d.answer.meta)
		d.choice(&c, e)
		if d.calls.tooMuch() {
			d.failure = &llm.Error{Kind: llm.Upstream, Message: "the provider's answer calls more tools than can be kept in order"}
			return sse.Failed
		}
	}
	if d.answer.meta.StopReason != "" {
		return sse.Closing
	}
	return sse.Pass
}

// choice emits what a chunk adds. Perplexity sends beside the delta all that has
// been said so far; others send a whole message in place of deltas.
func (d *eventDecoder) choice(c *choice, e *sse.Emitter) {
	switch {
	case toplevel.IsObject(c.delta):
		d.piece(readPiece(c.delta), e)
	case toplevel.IsObject(c.message) && !d.spoke:
		d.piece(readPiece(c.message), e)
	case c.text != nil:
		d.say(llm.PartText, c.text, e)
	}
}

func (d *eventDecoder) piece(p piece, e *sse.Emitter) {
	if p.reasoning != nil {
		d.plain = true
		d.say(llm.PartThinking, p.reasoning, e)
	}
	if p.details != nil || p.blocks != nil {
		d.thoughts(&p, e)
	}
	if isArray(p.content) {
		d.contents(p.content, e)
	} else {
		d.say(llm.PartText, p.content, e)
	}
	if p.audio != nil {
		d.say(llm.PartText, toplevel.Find(p.audio, "transcript"), e)
	}
	d.say(llm.PartRefusal, p.refusal, e)
	for l := toplevel.Array(p.toolCalls); l.Next(); {
		d.call(readCall(l.Value()), e)
	}
	if toplevel.IsObject(p.functionCall) {
		c := wireCall{index: legacyIndex, indexed: true}
		c.readFunction(p.functionCall)
		d.call(c, e)
	}
}

// legacyIndex tells a call of the legacy kind, of which an answer has one, from
// those of tools.
const legacyIndex = -1

// say adds the string v to the answer, unless it says nothing.
func (d *eventDecoder) say(kind llm.PartKind, v []byte, e *sse.Emitter) {
	if saysNothing(v) {
		return
	}
	d.spoke = true
	if d.calls.busy() {
		d.calls.hold(kind, v)
		return
	}
	d.calls.leave()
	if kind == llm.PartRedacted || d.signed && kind == llm.PartThinking {
		e.Open(kind, "", "")
	}
	d.signed = false
	e.Text(kind, v)
}

// sign gives the signature of the thinking that is going on, or of some that is
// not shown.
func (d *eventDecoder) sign(v []byte, e *sse.Emitter) {
	switch {
	case saysNothing(v), d.signed:
		return
	case e.Kind() == 0 && !d.spoke:
		d.spoke = true
		e.Open(llm.PartThinking, "", "")
	}
	if e.Kind() == llm.PartThinking {
		d.signed = true
		e.Signature(v)
	}
}

// contents reads content that is a list, as Mistral's is when the model thinks.
func (d *eventDecoder) contents(list []byte, e *sse.Emitter) {
	for l := toplevel.Array(list); l.Next(); {
		part := l.Value()
		thought := toplevel.Find(part, "thinking")
		switch {
		case thought == nil:
			d.say(llm.PartText, toplevel.Find(part, "text"), e)
		case toplevel.IsString(thought):
			d.say(llm.PartThinking, thought, e)
		default:
			for t := toplevel.Array(thought); t.Next(); {
				d.say(llm.PartThinking, toplevel.Find(t.Value(), "text"), e)
			}
		}
	}
}

// thoughts reads OpenRouter's details and LiteLLM's blocks: the texts unless they
// repeat others, and the tokens that are Anthropic's.
func (d *eventDecoder) thoughts(p *piece, e *sse.Emitter) {
	for l := toplevel.Array(p.details); l.Next(); {
		t := readDetail(l.Value())
		d.thought(&t, e)
	}
	for l := toplevel.Array(p.blocks); l.Next(); {
		t := readBlock(l.Value())
		d.thought(&t, e)
	}
}

func (d *eventDecoder) thought(t *detail, e *sse.Emitter) {
	if !d.plain {
		d.say(llm.PartThinking, t.text, e)
	}
	if t.anthropic {
		d.sign(t.signature, e)
		d.say(llm.PartRedacted, t.data, e)
	}
}

// Finish implements sse.Decoder.
func (d *eventDecoder) Finish(e *sse.Emitter) {
	d.done = true
	d.calls.flush(e, d.answer.meta.ID)
}

// Meta implements sse.Decoder.
func (d *eventDecoder) Meta() *llm.Meta {
	m := &d.answer.meta
	if d.done || m.StopReason != "" {
		m.Stop = stopOf(m.StopReason, len(d.calls.all) > 0)
	}
	return m
}

// Failure implements sse.Decoder.
func (d *eventDecoder) Failure() *llm.Error { return d.failure }
