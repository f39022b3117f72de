package dialect

import (
	"io"

	"github.com/llmgw/llmgw/pkg/llm"
)

// Replay gives a whole answer as the events of a translated stream, for clients
// who asked for a stream where the provider did not send one. Close does nothing.
func Replay(r *llm.Response) llm.Stream {
	s := &replay{meta: r.Meta}
	s.add(llm.Begin, llm.StreamPart{})
	index := 0
	for _, p := range r.Parts {
		if s.part(index, p) {
			index++
		}
	}
	s.add(llm.End, llm.StreamPart{})
	return s
}

type replay struct {
	meta   llm.Meta
	events []llm.Event
	next   int
}

// part adds the events of a part; false where a stream has no word for it.
func (s *replay) part(index int, p llm.Part) bool {
	part := llm.StreamPart{Index: index}
	var text, signature string
	switch p := p.(type) {
	case llm.Text:
		part.Kind, text = llm.PartText, p.Text
	case llm.ToolCall:
		part.Kind, part.CallID, part.Name, text = llm.PartToolCall, p.ID, p.Name, p.Arguments
	case llm.Thinking:
		part.Kind, text, signature = llm.PartThinking, p.Text, p.Signature
	case llm.Redacted:
		part.Kind, text = llm.PartRedacted, p.Data
	case llm.Refusal:
		part.Kind, text = llm.PartRefusal, p.Text
	default:
		return false
	}
	s.add(llm.PartBegin, part)
	s.text(llm.PartDelta, part, text)
	s.text(llm.PartSignature, part, signature)
	s.add(llm.PartEnd, part)
	return true
}

func (s *replay) text(kind llm.EventKind, part llm.StreamPart, text string) {
	if text != "" {
		part.Text = []byte(text)
		s.add(kind, part)
	}
}

func (s *replay) add(kind llm.EventKind, part llm.StreamPart) {
	s.events = append(s.events, llm.Event{Kind: kind, Meta: &s.meta, Part: &part, More: kind != llm.End})
}

// Next implements llm.Stream.
func (s *replay) Next() (llm.Event, error) {
	if s.next == len(s.events) {
		return llm.Event{}, io.EOF
	}
	s.next++
	return s.events[s.next-1], nil
}

// Close implements llm.Stream.
func (s *replay) Close() error { return nil }
