package anthropic

import (
	"github.com/llmgw/llmgw/pkg/dialect"
	"github.com/llmgw/llmgw/pkg/dialect/toplevel"
)

var _ dialect.Counter = Frontend{}

// counted are the members that count_tokens takes; it refuses the others of a
// message: docs.anthropic.com/en/api/messages-count-tokens, as of 2026-11.
var counted = map[string]bool{
	"model": true, "messages": true, "system": true, "tools": true, "tool_choice": true, "thinking": true,
	"cache_control": true, "context_management": true, "mcp_servers": true, "output_config": true, "output_format": true,
}

// AppendCount implements dialect.Counter.
func (Frontend) AppendCount(dst, body []byte) []byte {
	dst = append(dst, '{')
	first := true
	for m := toplevel.Object(body); m.Next(); {
		if !counted[string(m.Name())] {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(append(append(dst, '"'), m.Name()...), `":`...)
		dst = append(dst, m.Value()...)
	}
	return append(dst, '}')
}

// ReadCount implements dialect.Counter.
func (Frontend) ReadCount(body []byte) int64 {
	n, ok := toplevel.Int(toplevel.Find(body, "input_tokens"))
	if !ok {
		return 0
	}
	return max(0, n)
}
