package openai

import (
	"strings"

	"github.com/llmgw/llmgw/pkg/dialect/toplevel"
	"github.com/llmgw/llmgw/pkg/llm"
)

// thoughts reads what a model thought before an earlier answer, in the form that
// says most: LiteLLM's thinking_blocks, which this gateway answers with too,
// OpenRouter's reasoning_details, or plain text.
func (d *chatDecoder) thoughts(m *wireMessage) ([]llm.Part, error) {
	if m.blocks != nil {
		parts, err := d.blocks(m.blocks)
		if err != nil || len(parts) > 0 {
			return parts, within("thinking_blocks", err)
		}
	}
	if parts := d.details(m.details); len(parts) > 0 {
		return parts, nil
	}
	if text, _ := d.text(m.reasoning); text != "" {
		return []llm.Part{llm.Thinking{Text: text}}, nil
	}
	return nil, nil
}

func (d *chatDecoder) blocks(v []byte) ([]llm.Part, error) {
	var parts []llm.Part
	err := each(v, func(v []byte) error {
		p, err := d.part(v)
		switch p.(type) {
		case llm.Thinking, llm.Redacted:
			parts = append(parts, p)
		default:
			if err == nil {
				err = within("type", wrong(`must be "thinking" or "redacted_thinking"`))
			}
		}
		return err
	})
	return parts, err
}

// details reads what can be said in words, or is Anthropic's own: another
// vendor's tokens are of use to nobody but OpenRouter.
func (r *reader) details(v []byte) []llm.Part {
	var parts []llm.Part
	for l := toplevel.Array(v); l.Next(); {
		t := readDetail(l.Value())
		parts = r.thought(parts, &t)
	}
	return parts
}

// thinkingBlocks reads LiteLLM's thinking_blocks in an answer.
func (r *reader) thinkingBlocks(v []byte) []llm.Part {
	var parts []llm.Part
	for l := toplevel.Array(v); l.Next(); {
		t := readBlock(l.Value())
		parts = r.thought(parts, &t)
	}
	return parts
}

// thought adds what one of the elements says, if it says something.
func (r *reader) thought(parts []llm.Part, t *detail) []llm.Part {
	text, _ := r.text(t.text)
	var signature, data string
	if t.anthropic {
		signature, _ = r.text(t.signature)
		data, _ = r.text(t.data)
	}
	switch {
	case data != "":
		return append(parts, llm.Redacted{Data: data})
	case text != "" || signature != "":
		return append(parts, llm.Thinking{Text: text, Signature: signature})
	}
	return parts
}

// detail is an element of reasoning_details or of thinking_blocks.
type detail struct {
	text, signature, data []byte
	// anthropic says that signature and data are what Anthropic gave.
	anthropic bool
}

func readDetail(v []byte) detail {
	var t detail
	for m := toplevel.Object(v); m.Next(); {
		switch string(m.Name()) {
		case "text", "summary":
			t.text = m.Value()
		case "signature":
			t.signature = m.Value()
		case "data":
			t.data = m.Value()
		case "format":
			t.anthropic = strings.HasPrefix(string(m.Value()), `"anthropic`)
		}
	}
	return t
}

func readBlock(v []byte) detail {
	t := detail{anthropic: true}
	for m := toplevel.Object(v); m.Next(); {
		switch string(m.Name()) {
		case "thinking":
			t.text = m.Value()
		case "signature":
			t.signature = m.Value()
		case "data":
			t.data = m.Value()
		}
	}
	return t
}

// thoughtText reads the text of a thought: a string or, as Mistral has it, a
// list of texts.
func (r *reader) thoughtText(v []byte) string {
	if toplevel.IsString(v) {
		text, _ := r.text(v)
		return text
	}
	var all strings.Builder
	for l := toplevel.Array(v); l.Next(); {
		text, _ := r.text(toplevel.Find(l.Value(), "text"))
		all.WriteString(text)
	}
	return all.String()
}
