package anthropic

import (
	"crypto/rand"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/llmgw/llmgw/pkg/dialect/toplevel"
	"github.com/llmgw/llmgw/pkg/llm"
)

// AppendResponse implements dialect.ClientSide. The id comes first: that is how
// people check that an answer is a message (docs of Claude Code, "LLM gateway
// configuration", as of 2026-11).
func (Frontend) AppendResponse(dst []byte, op llm.Op, r *llm.Response) []byte {
	if op == llm.OpCountTokens {
		dst = append(dst, `{"input_tokens":`...)
		return append(strconv.AppendInt(dst, r.Count, 10), '}')
	}
	id := r.Meta.ID
	if id == "" {
		id = rand.Text()
	}
	dst = appendMessageStart(dst, id, r.Meta.Model)
	called := false
	blocks := 0
	for _, p := range r.Parts {
		before := len(dst)
		if blocks > 0 {
			dst = append(dst, ',')
		}
		with := appendAnswerBlock(dst, p)
		if len(with) == len(dst) {
			dst = dst[:before]
			continue
		}
		dst = with
		blocks++
		if _, ok := p.(llm.ToolCall); ok {
			called = true
		}
	}
	dst = append(dst, `],"stop_reason":`...)
	dst = appendStop(dst, r.Meta, called)
	dst = append(dst, `,"usage":`...)
	return append(appendUsage(dst, r.Meta.Usage), '}')
}

// messagePrefix begins the id of every message.
const messagePrefix = "msg_"

// appendMessageStart appends the beginning of a message, up to its first block.
func appendMessageStart(dst []byte, id, model string) []byte {
	if !strings.HasPrefix(id, messagePrefix) {
		id = messagePrefix + id
	}
	dst = append(dst, `{"id":`...)
	dst = toplevel.AppendString(dst, id)
	dst = append(dst, `,"type":"message","role":"assistant","model":`...)
	dst = toplevel.AppendString(dst, model)
	return append(dst, `,"content":[`...)
}

// appendStop appends the values of stop_reason and, with its name, stop_sequence.
func appendStop(dst []byte, m llm.Meta, called bool) []byte {
	word := stopWord(m.Stop, called)
	dst = append(append(append(dst, '"'), word...), `","stop_sequence":`...)
	if word != "stop_sequence" || m.StopSequence == "" {
		return append(dst, "null"...)
	}
	return toplevel.AppendString(dst, m.StopSequence)
}

// appendAnswerBlock appends a part of an answer as a block; nothing where the part
// has nothing to show, which clients could not send back: the API refuses it.
func appendAnswerBlock(dst []byte, p llm.Part) []byte {
	switch p := p.(type) {
	case llm.Text:
		return appendTextBlock(dst, p.Text)
	case llm.Refusal:
		return appendTextBlock(dst, p.Text)
	case llm.ToolCall:
		return appendCallBlock(dst, &p)
	case llm.Thinking:
		return appendThinkingBlock(dst, p)
	case llm.Redacted:
		dst = append(dst, `{"type":"redacted_thinking","data":`...)
		return append(toplevel.AppendString(dst, p.Data), '}')
	case llm.Foreign:
		if p.From == llm.Anthropic {
			return append(dst, p.Raw...)
		}
	}
	return dst
}

func appendTextBlock(dst []byte, text string) []byte {
	if text == "" {
		return dst
	}
	dst = append(dst, `{"type":"text","text":`...)
	return append(toplevel.AppendString(dst, text), '}')
}

func appendThinkingBlock(dst []byte, t llm.Thinking) []byte {
	if t.Text == "" && t.Signature == "" {
		return dst
	}
	if t.Signature == "" {
		t.Signature = unsigned
	}
	dst = append(dst, `{"type":"thinking","thinking":`...)
	dst = toplevel.AppendString(dst, t.Text)
	dst = append(dst, `,"signature":`...)
	return append(toplevel.AppendString(dst, t.Signature), '}')
}

func appendCallBlock(dst []byte, c *llm.ToolCall) []byte {
	id := c.ID
	if id == "" {
		id = "toolu_" + rand.Text()
	}
	dst = append(dst, `{"type":"tool_use","id":`...)
	dst = toplevel.AppendString(dst, toolID(id))
	dst = append(dst, `,"name":`...)
	dst = toplevel.AppendString(dst, c.Name)
	dst = append(dst, `,"input":`...)
	input, ok := object(c.Arguments)
	if !ok {
		return append(appendInvalidArguments(dst, c.Arguments), '}')
	}
	return append(append(dst, input...), '}')
}

// object returns arguments as a JSON object; false where they are none. No
// arguments are an empty one.
func object(arguments string) (string, bool) {
	s := strings.TrimSpace(arguments)
	switch {
	case s == "" || s == "null":
		return "{}", true
	case s[0] == '{' && json.Valid([]byte(s)):
		return s, true
	default:
		return "", false
	}
}

// appendInvalidArguments appends an object around what a model wrote in place of
// one. The client's tool complains of it, and the model can see what it did.
func appendInvalidArguments(dst []byte, arguments string) []byte {
	dst = append(dst, `{"invalid_arguments":`...)
	return append(toplevel.AppendString(dst, arguments), '}')
}

// appendUsage appends a usage object in Anthropic's convention, in which input and
// cached input are apart.
func appendUsage(dst []byte, u llm.Usage) []byte {
	dst = append(dst, `{"input_tokens":`...)
	dst = strconv.AppendInt(dst, max(0, u.Input-u.CacheRead-u.CacheWrite()), 10)
	dst = append(dst, `,"cache_creation_input_tokens":`...)
	dst = strconv.AppendInt(dst, u.CacheWrite(), 10)
	dst = append(dst, `,"cache_read_input_tokens":`...)
	dst = strconv.AppendInt(dst, u.CacheRead, 10)
	dst = append(dst, `,"cache_creation":{"ephemeral_5m_input_tokens":`...)
	dst = strconv.AppendInt(dst, u.CacheWrite5m, 10)
	dst = append(dst, `,"ephemeral_1h_input_tokens":`...)
	dst = strconv.AppendInt(dst, u.CacheWrite1h, 10)
	dst = append(dst, `},"output_tokens":`...)
	dst = strconv.AppendInt(dst, u.Output, 10)
	if u.Reasoning > 0 {
		dst = append(dst, `,"output_tokens_details":{"thinking_tokens":`...)
		dst = append(strconv.AppendInt(dst, u.Reasoning, 10), '}')
	}
	if u.Queries > 0 {
		dst = append(dst, `,"server_tool_use":{"web_search_requests":`...)
		dst = append(strconv.AppendInt(dst, u.Queries, 10), '}')
	}
	return append(dst, '}')
}
