package anthropic

import (
	"encoding/base64"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/llmgw/llmgw/pkg/dialect"
	"github.com/llmgw/llmgw/pkg/llm"
)

// turn is what becomes one message: all that one side says before the other does.
// It has at least one part, and each part can be written as it is.
type turn struct {
	assistant bool
	parts     []llm.Part
}

// opening stands before a conversation that the assistant begins, or that has
// nothing but a system prompt: the API wants the user to begin.
const opening = "."

// collect puts messages into turns. What has nothing to show is left out, since
// the API refuses empty text; what it has no place for goes to l.
func collect(messages []llm.Message, l *dialect.Losses) ([]turn, error) {
	c := collector{losses: l}
	for i := range messages {
		c.place = "messages." + strconv.Itoa(i)
		if err := c.message(&messages[i]); err != nil {
			return nil, err
		}
	}
	if len(c.turns) == 0 || c.turns[0].assistant {
		c.turns = slices.Insert(c.turns, 0, turn{parts: []llm.Part{llm.Text{Text: opening}}})
	}
	for i := range c.turns {
		c.turns[i].order()
	}
	c.trim()
	return c.turns, nil
}

type collector struct {
	turns  []turn
	losses *dialect.Losses
	place  string // of the message
}

func (c *collector) message(m *llm.Message) error {
	if m.Name != "" {
		c.losses.Hint("name")
	}
	if m.Role == llm.System {
		c.instruction(m)
		return nil
	}
	for i, p := range m.Parts {
		kept, err := c.keep(p, c.place+".content."+strconv.Itoa(i))
		if err != nil {
			return err
		}
		if kept != nil {
			c.add(m.Role == llm.Assistant, kept)
		}
	}
	return nil
}

// instruction puts a system message into the user's turn, marked as what it is.
// The API's own role for it is refused by many models, and moving it to the front
// would make it older than what it speaks of.
func (c *collector) instruction(m *llm.Message) {
	var texts []string
	var cache *llm.CacheMark
	for _, p := range m.Parts {
		if t, ok := p.(llm.Text); ok && !blank(t.Text) {
			texts, cache = append(texts, t.Text), t.Cache
		}
	}
	if len(texts) > 0 {
		c.add(false, llm.Text{Text: "<system>\n" + strings.Join(texts, "\n") + "\n</system>", Cache: cache})
	}
}

func (c *collector) add(assistant bool, p llm.Part) {
	if n := len(c.turns); n == 0 || c.turns[n-1].assistant != assistant {
		c.turns = append(c.turns, turn{assistant: assistant})
	}
	last := &c.turns[len(c.turns)-1]
	last.parts = append(last.parts, p)
}

// keep returns a part as it can be written; nil where it is left out.
func (c *collector) keep(p llm.Part, place string) (llm.Part, error) {
	switch p := p.(type) {
	case llm.Text:
		if blank(p.Text) {
			return nil, nil
		}
		return p, nil
	case llm.Refusal:
		return c.keep(llm.Text{Text: p.Text}, place)
	case llm.Thinking:
		// Only what the API has signed may be sent back to it.
		if p.Signature == "" {
			return nil, nil
		}
		return p, nil
	case llm.ToolCall:
		return c.keepCall(p, place)
	case llm.ToolResult:
		return c.keepResult(p, place)
	case llm.Media:
		return c.keepMedia(p, place)
	case llm.Foreign:
		if p.From != llm.Anthropic {
			c.losses.Hint(partsDropped)
			return nil, nil
		}
	}
	return p, nil
}

// partsDropped tells of parts that were left out. It is one name for all, however
// many there are: the client reads it in a header field.
const partsDropped = "messages.content"

// refuse is Losses.Refuse for a part; an error names its place.
func (c *collector) refuse(place, why string) error {
	if c.losses.Drop {
		c.losses.Hint(partsDropped)
		return nil
	}
	return c.losses.Refuse(place, why)
}

func (c *collector) keepCall(p llm.ToolCall, place string) (llm.Part, error) {
	p.ID = toolID(p.ID)
	input, ok := object(p.Arguments)
	if !ok {
		if err := c.refuse(place, "the arguments of the call of "+p.Name+" are not a JSON object"); err != nil {
			return nil, err
		}
		input = string(appendInvalidArguments(nil, p.Arguments))
	}
	p.Arguments = input
	return p, nil
}

func (c *collector) keepResult(p llm.ToolResult, place string) (llm.Part, error) {
	p.CallID = toolID(p.CallID)
	parts := p.Parts
	p.Parts = nil
	for i, inner := range parts {
		kept, err := c.keep(inner, place+".content."+strconv.Itoa(i))
		if err != nil {
			return nil, err
		}
		if kept != nil {
			p.Parts = append(p.Parts, kept)
		}
	}
	return p, nil
}

// keepMedia checks media against what the API takes: docs.anthropic.com/en/docs/build-with-claude/vision
// and …/pdf-support, as of 2026-11.
func (c *collector) keepMedia(m llm.Media, place string) (llm.Part, error) {
	m.Type = strings.ToLower(m.Type)
	why := ""
	switch {
	case m.Data == "" && m.URL == "" && m.FileID == "" && m.Text == "":
		why = "there is nothing in it"
	case m.Kind == llm.Audio:
		why = "Claude does not listen to audio"
	case m.Data == "":
	case m.Kind == llm.Image:
		if m.Type == "image/jpg" {
			m.Type = "image/jpeg"
		}
		if !slices.Contains(imageTypes, m.Type) {
			why = "Claude takes images of type " + strings.Join(imageTypes, ", ") + ", not " + strconv.Quote(m.Type)
		}
	case m.Type != "application/pdf":
		if text, ok := plainText(&m); ok {
			m.Text, m.Data, m.Type = text, "", ""
		} else {
			why = "Claude takes documents that are PDF or text, not " + strconv.Quote(m.Type)
		}
	}
	if why != "" {
		return nil, c.refuse(place, why)
	}
	return m, nil
}

var imageTypes = []string{"image/jpeg", "image/png", "image/gif", "image/webp"}

// plainText is the text of a document that came as data.
func plainText(m *llm.Media) (string, bool) {
	if !strings.HasPrefix(m.Type, "text/") && m.Type != "application/json" {
		return "", false
	}
	text, err := base64.StdEncoding.DecodeString(m.Data)
	return string(text), err == nil && utf8.Valid(text)
}

// toolID makes an id one that the API takes: letters, digits, _ and -. Calls and
// results with the same id get the same one, and different ids stay different.
func toolID(id string) string {
	ok := func(r rune) bool {
		return r == '_' || r == '-' || r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r))
	}
	if id != "" && strings.IndexFunc(id, func(r rune) bool { return !ok(r) }) < 0 {
		return id
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(id)) // a hash takes everything
	clean := strings.Map(func(r rune) rune {
		if ok(r) {
			return r
		}
		return '_'
	}, id)
	return clean + "_" + strconv.FormatUint(h.Sum64(), 16)
}

// order puts first what the API wants there: the results of tools in the user's
// turn, thoughts in the assistant's. Thoughts in between stay where they are, as
// long as the turn begins with some: they may not be moved among each other.
func (t *turn) order() {
	first := isResult
	if t.assistant {
		first = isThought
		if isThought(t.parts[0]) {
			return
		}
	}
	slices.SortStableFunc(t.parts, func(a, b llm.Part) int {
		switch {
		case first(a) == first(b):
			return 0
		case first(a):
			return -1
		default:
			return 1
		}
	})
}

func isResult(p llm.Part) bool {
	_, ok := p.(llm.ToolResult)
	return ok
}

func isThought(p llm.Part) bool {
	switch p.(type) {
	case llm.Thinking, llm.Redacted:
		return true
	default:
		return false
	}
}

// thought reports whether the turn begins with thoughts.
func (t *turn) thought() bool { return isThought(t.parts[0]) }

// calls reports whether the turn calls tools.
func (t *turn) calls() bool {
	return slices.ContainsFunc(t.parts, func(p llm.Part) bool {
		_, ok := p.(llm.ToolCall)
		return ok
	})
}

// trim takes the white space off the end of a turn that the model is to go on
// with: the API refuses it there.
func (c *collector) trim() {
	last := &c.turns[len(c.turns)-1]
	if !last.assistant {
		return
	}
	if t, ok := last.parts[len(last.parts)-1].(llm.Text); ok {
		t.Text = strings.TrimRightFunc(t.Text, unicode.IsSpace)
		last.parts[len(last.parts)-1] = t
	}
}
