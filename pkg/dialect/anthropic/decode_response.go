package anthropic

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/llmgw/llmgw/pkg/dialect/toplevel"
	"github.com/llmgw/llmgw/pkg/llm"
)

// What DecodeResponse finds wrong with an answer.
var (
	errNotJSON    = errors.New("the answer is not valid JSON")
	errNotMessage = errors.New("the answer is not a message")
	errNotCount   = errors.New("the answer has no input_tokens")
)

// DecodeResponse implements dialect.ProviderSide. Blocks of tools that ran at the
// provider stay as they are.
func (b Backend) DecodeResponse(op llm.Op, body []byte) (*llm.Response, error) {
	if !json.Valid(body) {
		return nil, errNotJSON
	}
	body = bytes.ToValidUTF8(body, []byte("\ufffd"))
	if op == llm.OpCountTokens {
		n, ok := toplevel.Int(toplevel.Find(body, "input_tokens"))
		if !ok || n < 0 {
			return nil, errNotCount
		}
		return &llm.Response{Count: n}, nil
	}
	blocks := toplevel.Find(body, "content")
	if !isArray(blocks) && string(toplevel.Find(body, "type")) != `"message"` {
		return nil, errNotMessage
	}
	r := &llm.Response{Meta: b.ReadMeta(op, body)}
	r.Meta.Stop = readStop(r.Meta.StopReason)
	r.Meta.StopSequence, _ = toplevel.String(toplevel.Find(body, "stop_sequence"))
	list := toplevel.Array(blocks)
	for i := 0; list.Next(); i++ {
		p, err := decodeAnswerBlock(list.Value())
		if err != nil {
			return nil, fmt.Errorf("content block %d: %w", i, err)
		}
		r.Parts = append(r.Parts, p)
	}
	return r, nil
}

// decodeAnswerBlock reads a block of an answer.
func decodeAnswerBlock(v []byte) (llm.Part, error) {
	kind, err := requiredString(v, "type")
	if err != nil {
		return nil, err
	}
	switch kind {
	case "text":
		text, err := requiredString(v, "text")
		return llm.Text{Text: text}, err
	case "tool_use":
		return decodeCall(v)
	case "thinking":
		return decodeThinking(v)
	case "redacted_thinking":
		data, err := requiredString(v, "data")
		return llm.Redacted{Data: data}, err
	default:
		return *foreign(kind, v), nil
	}
}

// decodeCall reads a call. Its input is kept whatever it is: clients can be told
// what the model wrote.
func decodeCall(v []byte) (llm.Part, error) {
	id, err := optionalString(v, "id")
	if err != nil {
		return nil, err
	}
	name, err := requiredString(v, "name")
	if err != nil {
		return nil, err
	}
	c := llm.ToolCall{ID: id, Name: name}
	if input := toplevel.Find(v, "input"); !isUnset(input) {
		c.Arguments = string(input)
	}
	return c, nil
}
