package anthropic

import (
	"github.com/llmgw/llmgw/pkg/dialect/toplevel"
	"github.com/llmgw/llmgw/pkg/llm"
)

func appendTurns(dst []byte, turns []turn) []byte {
	dst = append(dst, '[')
	for i := range turns {
		dst = append(comma(dst, i), `{"role":"`...)
		if turns[i].assistant {
			dst = append(dst, `assistant","content":`...)
		} else {
			dst = append(dst, `user","content":`...)
		}
		dst = append(appendContent(dst, turns[i].parts), '}')
	}
	return append(dst, ']')
}

// appendContent appends parts as a string where that says it all, else as blocks.
func appendContent(dst []byte, parts []llm.Part) []byte {
	if len(parts) == 1 {
		if t, ok := parts[0].(llm.Text); ok && t.Cache == nil {
			return toplevel.AppendString(dst, t.Text)
		}
	}
	dst = append(dst, '[')
	for i, p := range parts {
		dst = appendPart(comma(dst, i), p)
	}
	return append(dst, ']')
}

// appendPart appends a part that collect has kept as a block.
func appendPart(dst []byte, p llm.Part) []byte {
	switch p := p.(type) {
	case llm.Text:
		dst = append(dst, `{"type":"text","text":`...)
		return endBlock(toplevel.AppendString(dst, p.Text), p.Cache)
	case llm.Media:
		return appendMedia(dst, &p)
	case llm.ToolCall:
		dst = append(dst, `{"type":"tool_use","id":`...)
		dst = toplevel.AppendString(dst, p.ID)
		dst = appendField(dst, "name", p.Name)
		dst = append(dst, `,"input":`...)
		return endBlock(append(dst, p.Arguments...), p.Cache)
	case llm.ToolResult:
		return appendResult(dst, &p)
	case llm.Thinking:
		dst = append(dst, `{"type":"thinking","thinking":`...)
		dst = toplevel.AppendString(dst, p.Text)
		return append(appendField(dst, "signature", p.Signature), '}')
	case llm.Redacted:
		dst = append(dst, `{"type":"redacted_thinking","data":`...)
		return append(toplevel.AppendString(dst, p.Data), '}')
	case llm.Foreign:
		return append(dst, p.Raw...)
	}
	return dst
}

// endBlock ends a block, with its cache mark.
func endBlock(dst []byte, c *llm.CacheMark) []byte {
	if c != nil {
		dst = appendCacheMark(append(dst, `,"cache_control":`...), c)
	}
	return append(dst, '}')
}

func appendCacheMark(dst []byte, c *llm.CacheMark) []byte {
	dst = append(dst, `{"type":"ephemeral"`...)
	if c.Lifetime != "" {
		dst = appendField(dst, "ttl", c.Lifetime)
	}
	return append(dst, '}')
}

// appendField appends a further member that is a string.
func appendField(dst []byte, name, s string) []byte {
	dst = append(append(append(dst, `,"`...), name...), `":`...)
	return toplevel.AppendString(dst, s)
}

func appendMedia(dst []byte, m *llm.Media) []byte {
	if m.Kind == llm.Image {
		dst = append(dst, `{"type":"image","source":{"type":`...)
	} else {
		dst = append(dst, `{"type":"document","source":{"type":`...)
	}
	switch {
	case m.Data != "":
		dst = append(dst, `"base64"`...)
		dst = appendField(dst, "media_type", m.Type)
		dst = appendField(dst, "data", m.Data)
	case m.URL != "":
		dst = appendField(append(dst, `"url"`...), "url", m.URL)
	case m.FileID != "":
		dst = appendField(append(dst, `"file"`...), "file_id", m.FileID)
	default:
		dst = appendField(append(dst, `"text","media_type":"text/plain"`...), "data", m.Text)
	}
	dst = append(dst, '}')
	if m.Title != "" {
		dst = appendField(dst, "title", m.Title)
	}
	if m.Context != "" {
		dst = appendField(dst, "context", m.Context)
	}
	return endBlock(dst, m.Cache)
}

func appendResult(dst []byte, r *llm.ToolResult) []byte {
	dst = append(dst, `{"type":"tool_result","tool_use_id":`...)
	dst = toplevel.AppendString(dst, r.CallID)
	if len(r.Parts) > 0 {
		dst = appendContent(append(dst, `,"content":`...), r.Parts)
	}
	if r.Failed {
		dst = append(dst, `,"is_error":true`...)
	}
	return endBlock(dst, r.Cache)
}
