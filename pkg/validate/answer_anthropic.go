package validate

import "encoding/json"

// anthropicUsage is the usage of Anthropic's dialect; nil for what is not said.
type anthropicUsage struct {
	Input      *int64 `json:"input_tokens"`
	Output     *int64 `json:"output_tokens"`
	CacheRead  int64  `json:"cache_read_input_tokens"`
	CacheWrite int64  `json:"cache_creation_input_tokens"`
}

// onto lays what is said over what was said before.
func (u *anthropicUsage) onto(before usage) usage {
	if u == nil {
		return before
	}
	if u.Input != nil {
		before.input = *u.Input + u.CacheRead + u.CacheWrite
	}
	if u.Output != nil {
		before.output = *u.Output
	}
	return before
}

// anthropicBlock is a block of content.
type anthropicBlock struct {
	Type     string          `json:"type"`
	Text     string          `json:"text"`
	Thinking string          `json:"thinking"`
	Name     string          `json:"name"`
	Input    json.RawMessage `json:"input"`
}

const (
	blockText     = "text"
	blockThinking = "thinking"
	blockRedacted = "redacted_thinking"
	blockTool     = "tool_use"
	stopMaxTokens = "max_tokens"
)

// readMessage reads an answer of the Messages API.
func readMessage(body []byte) (reply, *issue) {
	var a struct {
		Type       string           `json:"type"`
		Content    []anthropicBlock `json:"content"`
		StopReason string           `json:"stop_reason"`
		Usage      *anthropicUsage  `json:"usage"`
	}
	if bad := decode(body, &a); bad != nil {
		return reply{}, bad
	}
	if a.Type != "message" {
		return reply{}, failure(CodeMalformed, hintServer, "the answer is no message (type %q): %s", clip(a.Type), clip(string(body)))
	}
	r := reply{stop: a.StopReason, length: a.StopReason == stopMaxTokens, usage: a.Usage.onto(unsaid())}
	for i := range a.Content {
		switch b := &a.Content[i]; b.Type {
		case blockText:
			r.text = r.text || b.Text != ""
		case blockThinking, blockRedacted:
			r.thought = true
		case blockTool:
			r.calls = append(r.calls, toolCall{b.Name, string(b.Input)})
		}
	}
	return r, nil
}

// readCount reads an answer of count_tokens.
func readCount(body []byte) (reply, *issue) {
	var a struct {
		InputTokens int64 `json:"input_tokens"`
	}
	if bad := decode(body, &a); bad != nil {
		return reply{}, bad
	}
	return reply{count: a.InputTokens}, nil
}
