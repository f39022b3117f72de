package tokens

import (
	"bytes"
	"encoding/json"

	"github.com/llmgw/llmgw/pkg/llm"
)

// Count estimates how many tokens of input a conversation takes with the model,
// which is named as its provider names it. It reads up to 2 MiB of text in full
// and samples what is longer, so that it takes well below a second. Safe for
// concurrent use.
func Count(model string, c *llm.Conversation) int64 {
	if c == nil {
		return 0
	}
	f := familyOf(model)
	t := tally{family: f, picture: pictureRule(f, model), fixed: f.request}
	t.conversation(c)
	return t.tokens()
}

// tally collects what a conversation consists of.
type tally struct {
	family  *family
	picture rule
	// prompt are texts that the model reads as they stand, schemas those that the
	// vendor puts into a form of its own.
	prompt, schemas []string
	// fixed are tokens of what is no text.
	fixed int64
}

func (t *tally) conversation(c *llm.Conversation) {
	if len(c.System) > 0 {
		t.fixed += t.family.system
	}
	if r := c.Reasoning; r != nil && !r.Off && !r.Adaptive {
		t.fixed += t.family.reasoning
	}
	for i := range c.System {
		t.add(c.System[i].Text)
	}
	turn := lastTurn(c.Messages)
	for i := range c.Messages {
		t.fixed += t.family.message
		if c.Messages[i].Name != "" {
			t.fixed++
			t.add(c.Messages[i].Name)
		}
		t.parts(c.Messages[i].Parts, t.family.allThoughts || i >= turn)
	}
	t.tools(c.Tools)
	if c.Format.Kind == llm.FormatSchema && t.family.format > 0 {
		t.fixed += t.family.format
		t.schema(c.Format.Schema)
	}
}

// lastTurn gives the index of the last message in which the user says something
// new: vendors leave out what was thought before.
func lastTurn(messages []llm.Message) int {
	for i := len(messages) - 1; i > 0; i-- {
		if messages[i].Role != llm.User {
			continue
		}
		for _, p := range messages[i].Parts {
			if _, result := p.(llm.ToolResult); !result {
				return i
			}
		}
	}
	return 0
}

func (t *tally) parts(parts []llm.Part, thoughts bool) {
	for _, p := range parts {
		switch p := p.(type) {
		case llm.Text:
			t.add(p.Text)
		case llm.Media:
			t.media(&p)
		case llm.ToolCall:
			t.fixed += t.family.call
			t.add(p.Name)
			t.add(p.Arguments)
		case llm.ToolResult:
			t.parts(p.Parts, thoughts)
		case llm.Refusal:
			t.add(p.Text)
		case llm.Foreign:
			t.add(string(p.Raw))
		case llm.Thinking:
			if thoughts {
				t.add(p.Text)
			}
		case llm.Redacted:
			if thoughts {
				t.fixed += int64(len(p.Data)) / bytesPerSecret
			}
		}
	}
}

// bytesPerSecret is how much of an encrypted thought stands for a token: base64
// of about three bytes of text.
const bytesPerSecret = 4

func (t *tally) tools(tools []llm.Tool) {
	if len(tools) > 0 {
		t.fixed += t.family.tools
	}
	for i := range tools {
		t.fixed += t.family.tool
		if tools[i].Foreign != nil {
			t.schema(tools[i].Foreign.Raw)
			continue
		}
		t.schemas = append(t.schemas, tools[i].Name, tools[i].Description)
		t.schema(tools[i].Parameters)
	}
}

// schema adds JSON without white space: no vendor shows the model the client's.
func (t *tally) schema(text []byte) {
	var b bytes.Buffer
	if json.Compact(&b, text) == nil {
		text = b.Bytes()
	}
	t.schemas = append(t.schemas, string(text))
}

func (t *tally) add(text string) {
	if text != "" {
		t.prompt = append(t.prompt, text)
	}
}

// tokens works out the sum.
func (t *tally) tokens() int64 {
	v := t.family.vocabulary()
	stride := (size(t.prompt)+size(t.schemas))/maxRead + 1
	plain, wide := v.sample(t.prompt, stride)
	sum := plain*t.family.plain + wide*t.family.wide
	plain, wide = v.sample(t.schemas, stride)
	sum += (plain + wide) * t.family.schema
	return t.fixed + (sum+percent/2)/percent
}

// percent is what the factors of a family are given in.
const percent = 100
