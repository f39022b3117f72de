package anthropic

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/llmgw/llmgw/pkg/dialect/toplevel"
	"github.com/llmgw/llmgw/pkg/llm"
)

// DecodeRequest implements dialect.ClientSide. What only Claude's API knows stays
// as it is: blocks and tools as Foreign, members of the body as Extra.
func (Frontend) DecodeRequest(op llm.Op, body []byte, t *llm.Translation) error {
	if op != llm.OpChat && op != llm.OpCountTokens {
		return &llm.Error{Kind: llm.InvalidRequest, Message: "the Messages API has no operation " + op.String()}
	}
	body, err := sound(body)
	if err != nil {
		return err
	}
	d := requestDecoder{conv: &llm.Conversation{Choices: 1}}
	if err := d.read(body); err != nil {
		return asInvalid(err)
	}
	t.Conversation = d.conv
	return nil
}

// sound checks that body is JSON, so that whatever is taken out of it is, too.
// Bytes that are not UTF-8 become U+FFFD.
func sound(body []byte) ([]byte, error) {
	if !json.Valid(body) {
		var v json.RawMessage
		return nil, &llm.Error{
			Kind: llm.InvalidRequest, Message: "the body is not valid JSON: " + errorText(json.Unmarshal(body, &v)),
		}
	}
	if !utf8.Valid(body) {
		body = bytes.ToValidUTF8(body, []byte("\ufffd"))
	}
	return body, nil
}

func errorText(err error) string {
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return "byte " + strconv.FormatInt(syntax.Offset, 10) + ": " + syntax.Error()
	case err != nil:
		return err.Error()
	default:
		return "unknown"
	}
}

// placeError says what is wrong in a body, and where, as Anthropic writes places:
// messages.3.content.0.source. The place grows from the inside out.
type placeError struct{ place, problem string }

func (e *placeError) Error() string { return e.place + ": " + e.problem }

func wrong(place, problem string) error { return &placeError{place, problem} }

// within adds the outer part of the place to an error.
func within(err error, outer string) error {
	if p, ok := errors.AsType[*placeError](err); ok {
		p.place = strings.TrimSuffix(outer+"."+p.place, ".")
	}
	return err
}

// withinItem is within for an element of a list; the error may be of the element
// itself.
func withinItem(err error, list string, i int) error {
	return within(err, list+"."+strconv.Itoa(i))
}

func asInvalid(err error) error {
	if p, ok := errors.AsType[*placeError](err); ok {
		return &llm.Error{Kind: llm.InvalidRequest, Param: p.place, Message: p.Error()}
	}
	return &llm.Error{Kind: llm.InvalidRequest, Message: err.Error()}
}

// requestDecoder reads one body. All of it is known to be valid JSON.
type requestDecoder struct{ conv *llm.Conversation }

// members are the top-level members with a word in the vocabulary.
var members = map[string]func(*requestDecoder, []byte) error{
	"system":         (*requestDecoder).system,
	"messages":       (*requestDecoder).messages,
	"tools":          (*requestDecoder).tools,
	"tool_choice":    (*requestDecoder).toolChoice,
	"max_tokens":     (*requestDecoder).maxTokens,
	"stop_sequences": (*requestDecoder).stopSequences,
	"temperature":    (*requestDecoder).temperature,
	"top_p":          (*requestDecoder).topP,
	"top_k":          (*requestDecoder).topK,
	"thinking":       (*requestDecoder).thinking,
	"output_config":  (*requestDecoder).outputConfig,
	"output_format":  (*requestDecoder).outputFormat,
	"metadata":       (*requestDecoder).metadata,
	"service_tier":   (*requestDecoder).serviceTier,
	"cache_control":  (*requestDecoder).cacheControl,
}

func (d *requestDecoder) read(body []byte) error {
	m := toplevel.Object(body)
	for m.Next() {
		name, v := unescaped(m.Name()), m.Value()
		decode, known := members[name]
		switch {
		case toplevel.IsNull(v):
		case known:
			if err := decode(d, v); err != nil {
				return err
			}
		case name != "model" && name != "stream" && !slices.Contains(controls, name):
			d.extra(name, v)
		}
	}
	if m.Err() != nil {
		return errors.New("the body is not a JSON object")
	}
	if len(d.conv.Messages) == 0 {
		return wrong("messages", "at least one message is required")
	}
	return nil
}

// unescaped is a member's name as a decoder reads it.
func unescaped(name []byte) string {
	if toplevel.Plain(name) {
		return string(name)
	}
	quoted := append(append([]byte{'"'}, name...), '"')
	s, _ := toplevel.AppendUnquoted(nil, quoted) // part of a valid body
	return string(s)
}

func (d *requestDecoder) extra(name string, v []byte) {
	d.conv.Extra = append(d.conv.Extra, llm.Parameter{
		Name: name, Value: bytes.Clone(v), From: llm.Anthropic, Hint: !essential[name],
	})
}

// attribution begins the block in which Claude Code tells Anthropic's API about
// itself. It is the first of the system prompt, and no instruction to a model.
const attribution = "x-anthropic-billing-header:"

func (d *requestDecoder) system(v []byte) error {
	if s, ok := readString(v); ok {
		if s != "" && !strings.HasPrefix(s, attribution) {
			d.conv.System = []llm.Text{{Text: s}}
		}
		return nil
	}
	if !isArray(v) {
		return wrong("system", "must be a string or a list of text blocks")
	}
	list := toplevel.Array(v)
	for i := 0; list.Next(); i++ {
		kind, _ := readString(toplevel.Find(list.Value(), "type"))
		if kind != "text" {
			return wrong("system."+strconv.Itoa(i)+".type", "must be text")
		}
		text, err := decodeText(list.Value())
		if err != nil {
			return withinItem(err, "system", i)
		}
		if i > 0 || !strings.HasPrefix(text.Text, attribution) {
			d.conv.System = append(d.conv.System, text)
		}
	}
	return nil
}

// roles are the words for whose turn it is.
var roles = map[string]llm.Role{"user": llm.User, "assistant": llm.Assistant, "system": llm.System}

func (d *requestDecoder) messages(v []byte) error {
	if !isArray(v) {
		return wrong("messages", "must be a list of messages")
	}
	list := toplevel.Array(v)
	for i := 0; list.Next(); i++ {
		m, err := decodeMessage(list.Value())
		if err != nil {
			return withinItem(err, "messages", i)
		}
		d.conv.Messages = append(d.conv.Messages, m)
	}
	return nil
}

func decodeMessage(v []byte) (llm.Message, error) {
	if !toplevel.IsObject(v) {
		return llm.Message{}, wrong("", "must be an object with role and content")
	}
	word, _ := readString(toplevel.Find(v, "role"))
	role, ok := roles[word]
	if !ok {
		return llm.Message{}, wrong("role", "must be user, assistant or system")
	}
	parts, err := decodeContent(toplevel.Find(v, "content"), role)
	return llm.Message{Role: role, Parts: parts}, err
}
