package openai_test

import (
	"errors"
	"io"
	"strings"

	"github.com/llmgw/llmgw/pkg/dialect"
	"github.com/llmgw/llmgw/pkg/dialect/openai"
	"github.com/llmgw/llmgw/pkg/llm"
)

// write gives the frames that a client reads of a translated stream.
func write(s llm.Stream, op llm.Op, opts dialect.StreamWriterOptions) []byte {
	w := openai.Frontend{}.NewStreamWriter(op, opts)
	var out []byte
	for {
		ev, err := s.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			panic(err)
		}
		out = w.Append(out, ev)
	}
}

// sayableOf is what of a request the dialect can say to a vendor: no marks of a
// cache, no thoughts, texts of one turn in one piece.
func sayableOf(t *llm.Translation) llm.Translation {
	if t.Conversation == nil {
		return llm.Translation{Embed: t.Embed}
	}
	c := *t.Conversation
	c.System = nil
	if texts := joinTexts(t.Conversation.System); texts != "" {
		c.System = []llm.Text{{Text: texts}}
	}
	c.Messages = nil
	for _, m := range t.Conversation.Messages {
		var parts []llm.Part
		var texts []llm.Text
		for _, p := range m.Parts {
			switch p := p.(type) {
			case llm.Thinking, llm.Redacted:
			case llm.Text:
				p.Cache = nil
				texts = append(texts, p)
				if m.Role == llm.User {
					parts = append(parts, p)
				}
			case llm.Media:
				p.Cache = nil
				parts = append(parts, p)
			case llm.ToolCall:
				p.Cache = nil
				p.Signature = ""
				if p.Arguments == "" {
					p.Arguments = "{}"
				}
				parts = append(parts, p)
			default:
				parts = append(parts, p)
			}
		}
		if m.Role != llm.User && len(texts) > 0 {
			parts = append([]llm.Part{llm.Text{Text: joinTexts(texts)}}, parts...)
		}
		c.Messages = append(c.Messages, llm.Message{Role: m.Role, Name: m.Name, Parts: parts})
	}
	c.Cache, c.Reasoning, c.Sampling.TopK = nil, nil, ""
	return llm.Translation{Conversation: &c}
}

func joinTexts(texts []llm.Text) string {
	all := make([]string, 0, len(texts))
	for _, t := range texts {
		all = append(all, t.Text)
	}
	return strings.Join(all, "\n\n")
}

// shown is what of an answer a client is shown: thoughts, text and a refusal in
// one piece each, then the calls.
func shown(r *llm.Response) []llm.Part {
	var thoughts []llm.Part
	var thinking, text, refusal string
	opaque := false
	var calls []llm.Part
	for _, p := range r.Parts {
		switch p := p.(type) {
		case llm.Thinking:
			thinking += p.Text
			opaque = opaque || p.Signature != ""
			thoughts = append(thoughts, p)
		case llm.Redacted:
			opaque = true
			thoughts = append(thoughts, p)
		case llm.Text:
			text += p.Text
		case llm.Refusal:
			refusal += p.Text
		case llm.ToolCall:
			p.Signature = ""
			if p.Arguments == "" {
				p.Arguments = "{}"
			}
			calls = append(calls, p)
		}
	}
	var all []llm.Part
	switch {
	case opaque:
		all = thoughts
	case thinking != "":
		all = append(all, llm.Thinking{Text: thinking})
	}
	if text != "" {
		all = append(all, llm.Text{Text: text})
	}
	if refusal != "" {
		all = append(all, llm.Refusal{Text: refusal})
	}
	return append(all, calls...)
}

// showsResults reports whether a result of a tool has something else than text.
func showsResults(t *llm.Translation) bool {
	if t.Conversation == nil {
		return false
	}
	for _, m := range t.Conversation.Messages {
		for _, p := range m.Parts {
			r, _ := p.(llm.ToolResult)
			for _, p := range r.Parts {
				if _, ok := p.(llm.Media); ok {
					return true
				}
			}
		}
	}
	return false
}
