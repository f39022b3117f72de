package anthropic

import (
	"bytes"

	"github.com/llmgw/llmgw/pkg/dialect/toplevel"
	"github.com/llmgw/llmgw/pkg/llm"
)

// keepTools leaves out the tools that only another vendor knows.
func (e *requestEncoder) keepTools() ([]llm.Tool, error) {
	kept := make([]llm.Tool, 0, len(e.conv.Tools))
	for i := range e.conv.Tools {
		t := &e.conv.Tools[i]
		if t.Foreign != nil && t.Foreign.From != llm.Anthropic {
			if err := e.losses.Refuse("tools", "Claude has no tool like "+t.Foreign.Kind); err != nil {
				return nil, err
			}
			continue
		}
		kept = append(kept, *t)
	}
	return kept, nil
}

func appendTools(dst []byte, tools []llm.Tool) []byte {
	dst = append(dst, '[')
	for i := range tools {
		dst = appendTool(comma(dst, i), &tools[i])
	}
	return append(dst, ']')
}

func appendTool(dst []byte, t *llm.Tool) []byte {
	if t.Foreign != nil {
		return append(dst, t.Foreign.Raw...)
	}
	dst = append(dst, `{"name":`...)
	dst = toplevel.AppendString(dst, t.Name)
	if t.Description != "" {
		dst = appendField(dst, "description", t.Description)
	}
	dst = appendSchema(append(dst, `,"input_schema":`...), t.Parameters)
	switch {
	case t.Strict == nil:
	case *t.Strict:
		dst = append(dst, `,"strict":true`...)
	default:
		dst = append(dst, `,"strict":false`...)
	}
	return endBlock(dst, t.Cache)
}

// appendSchema appends the schema of a tool's input. The API wants it to be that
// of an object, in so many words.
func appendSchema(dst, schema []byte) []byte {
	const kind = `"type":"object"`
	schema = bytes.TrimSpace(schema)
	switch {
	case !hasMembers(schema):
		return append(dst, "{"+kind+"}"...)
	case toplevel.Find(schema, "type") != nil:
		return append(dst, schema...)
	default:
		return append(append(dst, "{"+kind+","...), schema[1:]...)
	}
}

// toolChoice writes which tools may be called, where there are any. Forbidding
// parallel calls needs a choice to stand in.
func (e *requestEncoder) toolChoice() {
	mode := e.conv.Choice.Mode
	if mode == 0 && e.conv.OneToolAtATime {
		mode = llm.ToolAuto
	}
	if len(e.tools) == 0 {
		if mode == llm.ToolAny || mode == llm.ToolNamed {
			e.losses.Hint("tool_choice")
		}
		return
	}
	word := choiceWord(mode)
	if word == "" {
		return
	}
	e.member("tool_choice")
	e.dst = append(e.dst, `{"type":`...)
	e.dst = toplevel.AppendString(e.dst, word)
	if mode == llm.ToolNamed {
		e.dst = appendField(e.dst, "name", e.conv.Choice.Name)
	}
	if e.conv.OneToolAtATime && mode != llm.ToolNone {
		e.dst = append(e.dst, `,"disable_parallel_tool_use":true`...)
	}
	e.dst = append(e.dst, '}')
}

func choiceWord(mode llm.ToolChoiceMode) string {
	for word, m := range modes {
		if m == mode {
			return word
		}
	}
	return ""
}
