package openai

import (
	"crypto/rand"
	"strconv"
	"strings"
	"time"

	"github.com/llmgw/llmgw/pkg/dialect/toplevel"
	"github.com/llmgw/llmgw/pkg/llm"
)

// AppendResponse implements dialect.Frontend. Beside what OpenAI has, a message
// carries the model's thoughts as vendors compatible with it do: in
// reasoning_content, and, where another call will need the vendor's tokens for
// them, in thinking_blocks as LiteLLM does. Vectors are written in the form they
// have: see [ConvertVectors].
func (Frontend) AppendResponse(dst []byte, op llm.Op, r *llm.Response) []byte {
	switch op {
	case llm.OpEmbeddings:
		return appendEmbeddings(dst, r)
	case llm.OpCompletion:
		return appendCompletion(dst, r)
	default:
		return appendChat(dst, r)
	}
}

func appendChat(dst []byte, r *llm.Response) []byte {
	dst = appendEnvelope(dst, `{"id":`, answerID("chatcmpl-", r.Meta.ID, ""), "chat.completion", r.Meta.Model)
	dst = append(dst, `,"choices":[{"index":0,"message":`...)
	dst, calls := appendAnswer(dst, r.Parts)
	dst = append(dst, `,"logprobs":null,"finish_reason":"`...)
	dst = append(dst, finishReason(r.Meta.Stop, calls)...)
	dst = append(dst, `"}],"usage":`...)
	return append(appendUsage(dst, r.Meta.Usage), '}')
}

func appendCompletion(dst []byte, r *llm.Response) []byte {
	dst = appendEnvelope(dst, `{"id":`, answerID("cmpl-", r.Meta.ID, ""), "text_completion", r.Meta.Model)
	dst = append(dst, `,"choices":[{"text":`...)
	dst = toplevel.AppendString(dst, textOf(r.Parts))
	dst = append(dst, `,"index":0,"logprobs":null,"finish_reason":"`...)
	dst = append(dst, finishReason(r.Meta.Stop, false)...)
	dst = append(dst, `"}],"usage":`...)
	return append(appendUsage(dst, r.Meta.Usage), '}')
}

// appendEnvelope appends what answers and chunks begin with; opening is the text
// before the id.
func appendEnvelope(dst []byte, opening, id, kind, model string) []byte {
	dst = append(dst, opening...)
	dst = toplevel.AppendString(dst, id)
	dst = append(dst, `,"object":"`...)
	dst = append(dst, kind...)
	dst = append(dst, `","created":`...)
	dst = strconv.AppendInt(dst, time.Now().Unix(), 10)
	dst = append(dst, `,"model":`...)
	return toplevel.AppendString(dst, model)
}

// answerID is the id of an answer, in OpenAI's look where the provider's is not
// of this dialect. Fallback is used where the provider gives none.
func answerID(prefix, id, fallback string) string {
	switch {
	case id == "" && fallback == "":
		return prefix + rand.Text()
	case id == "":
		return prefix + fallback
	case strings.HasPrefix(id, "chatcmpl"), strings.HasPrefix(id, "cmpl-"), strings.HasPrefix(id, "gen-"):
		return id
	}
	return prefix + id
}

// textOf joins the texts of an answer.
func textOf(parts []llm.Part) string {
	var only string
	var all strings.Builder
	n := 0
	for _, p := range parts {
		t, ok := p.(llm.Text)
		if !ok {
			continue
		}
		n++
		only = t.Text
		all.WriteString(t.Text)
	}
	if n == 1 {
		return only
	}
	return all.String()
}

// appendAnswer appends the message and reports whether it has calls of tools.
func appendAnswer(dst []byte, parts []llm.Part) (out []byte, calls bool) {
	var refusal, thoughts strings.Builder
	var hasText, opaque bool
	for _, p := range parts {
		switch p := p.(type) {
		case llm.Text:
			hasText = true
		case llm.Refusal:
			refusal.WriteString(p.Text)
		case llm.ToolCall:
			calls = true
		case llm.Thinking:
			thoughts.WriteString(p.Text)
			opaque = opaque || p.Signature != ""
		case llm.Redacted:
			opaque = true
		}
	}
	dst = append(dst, `{"role":"assistant","content":`...)
	if hasText {
		dst = toplevel.AppendString(dst, textOf(parts))
	} else {
		dst = append(dst, "null"...)
	}
	dst = append(dst, `,"refusal":`...)
	dst = appendOrNull(dst, refusal.String())
	if thoughts.Len() > 0 {
		dst = append(dst, `,"reasoning_content":`...)
		dst = toplevel.AppendString(dst, thoughts.String())
	}
	if opaque {
		dst = appendBlocks(dst, parts)
	}
	if calls {
		dst = appendCalls(dst, parts)
	}
	return append(dst, '}'), calls
}

// appendBlocks appends the thoughts that another call needs unchanged.
func appendBlocks(dst []byte, parts []llm.Part) []byte {
	dst = append(dst, `,"thinking_blocks":`...)
	opening := byte('[')
	for _, p := range parts {
		switch p := p.(type) {
		case llm.Thinking:
			dst = append(dst, opening)
			dst = append(dst, `{"type":"thinking","thinking":`...)
			dst = toplevel.AppendString(dst, p.Text)
			dst = append(dst, `,"signature":`...)
			dst = toplevel.AppendString(dst, p.Signature)
		case llm.Redacted:
			dst = append(dst, opening)
			dst = append(dst, `{"type":"redacted_thinking","data":`...)
			dst = toplevel.AppendString(dst, p.Data)
		default:
			continue
		}
		dst = append(dst, '}')
		opening = ','
	}
	return append(dst, ']')
}

func appendCalls(dst []byte, parts []llm.Part) []byte {
	dst = append(dst, `,"tool_calls":`...)
	opening := byte('[')
	for _, p := range parts {
		c, ok := p.(llm.ToolCall)
		if !ok {
			continue
		}
		dst = append(dst, opening)
		dst = appendCall(dst, c.ID, &c)
		if c.Signature != "" {
			// As Google's own OpenAI-compatible API gives it (ai.google.dev/gemini-api/docs/openai,
			// as of 2026-11).
			dst = append(dst, `,"extra_content":{"google":{"thought_signature":`...)
			dst = toplevel.AppendString(dst, c.Signature)
			dst = append(dst, '}', '}')
		}
		dst = append(dst, '}')
		opening = ','
	}
	return append(dst, ']')
}

// appendCall appends a call without its closing brace.
func appendCall(dst []byte, id string, c *llm.ToolCall) []byte {
	dst = append(dst, `{"id":`...)
	dst = toplevel.AppendString(dst, id)
	dst = append(dst, `,"type":"function","function":{"name":`...)
	dst = toplevel.AppendString(dst, c.Name)
	dst = append(dst, `,"arguments":`...)
	dst = toplevel.AppendString(dst, orObject(c.Arguments))
	return append(dst, '}')
}

// orObject is an empty object in place of no arguments: clients parse them.
func orObject(arguments string) string {
	if arguments == "" {
		return "{}"
	}
	return arguments
}

// appendUsage appends a usage object. The vendor's cache is told of as OpenAI
// does; what was written to it, by lifetime, is this gateway's extension.
func appendUsage(dst []byte, u llm.Usage) []byte {
	dst = appendCount(dst, `{"prompt_tokens":`, u.Input)
	dst = appendCount(dst, `,"completion_tokens":`, u.Output)
	dst = appendCount(dst, `,"total_tokens":`, u.Total())
	dst = appendCount(dst, `,"prompt_tokens_details":{"cached_tokens":`, u.CacheRead)
	if u.CacheWrite() > 0 {
		dst = appendCount(dst, `,"cache_write_tokens":`, u.CacheWrite())
		dst = appendCount(dst, `,"cache_creation":{"ephemeral_5m_input_tokens":`, u.CacheWrite5m)
		dst = appendCount(dst, `,"ephemeral_1h_input_tokens":`, u.CacheWrite1h)
		dst = append(dst, '}')
	}
	dst = appendCount(dst, `},"completion_tokens_details":{"reasoning_tokens":`, u.Reasoning)
	return append(dst, '}', '}')
}

func appendCount(dst []byte, name string, n int64) []byte {
	return strconv.AppendInt(append(dst, name...), n, 10)
}

func appendEmbeddings(dst []byte, r *llm.Response) []byte {
	dst = append(dst, `{"object":"list","data":[`...)
	for i := range r.Vectors {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendCount(dst, `{"object":"embedding","index":`, int64(i))
		dst = append(dst, `,"embedding":`...)
		dst = append(appendVector(dst, &r.Vectors[i]), '}')
	}
	dst = append(dst, `],"model":`...)
	dst = toplevel.AppendString(dst, r.Meta.Model)
	dst = appendCount(dst, `,"usage":{"prompt_tokens":`, r.Meta.Usage.Input)
	dst = appendCount(dst, `,"total_tokens":`, r.Meta.Usage.Total())
	return append(dst, '}', '}')
}

func appendVector(dst []byte, v *llm.Vector) []byte {
	if v.Base64 != "" {
		return toplevel.AppendString(dst, v.Base64)
	}
	dst = append(dst, '[')
	for i, n := range v.Numbers {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, n...)
	}
	return append(dst, ']')
}
