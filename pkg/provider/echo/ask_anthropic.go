package echo

import (
	"encoding/json"
	"fmt"
)

// messagesBody is what is read of a request to the Messages API.
type messagesBody struct {
	Model     string `json:"model"`
	Stream    bool   `json:"stream"`
	MaxTokens int    `json:"max_tokens"`
	Messages  []struct {
		Role    string          `json:"role"`
		Content json.RawMessage `json:"content"`
	} `json:"messages"`
	StopSequences []string `json:"stop_sequences"`
	Tools         []struct {
		Name        string          `json:"name"`
		InputSchema json.RawMessage `json:"input_schema"`
	} `json:"tools"`
	ToolChoice struct {
		Type                   string `json:"type"`
		Name                   string `json:"name"`
		DisableParallelToolUse bool   `json:"disable_parallel_tool_use"`
	} `json:"tool_choice"`
	OutputConfig struct {
		Format format `json:"format"`
	} `json:"output_config"`
}

// format is a structured output as Anthropic writes it.
type format struct {
	Type   string          `json:"type"`
	Schema json.RawMessage `json:"schema"`
}

// readMessages reads a request in the Anthropic dialect; count_tokens has the
// same form.
func readMessages(body []byte) (*ask, error) {
	var b messagesBody
	if err := decode(body, &b); err != nil {
		return nil, err
	}
	a := &ask{
		model: b.Model, stream: b.Stream, includeUsage: true, limit: b.MaxTokens, stops: b.StopSequences,
		choices: 1, oneByOne: b.ToolChoice.DisableParallelToolUse,
	}
	switch b.ToolChoice.Type {
	case "any":
		a.choice = choiceRequired
	case "tool":
		a.namedTool = b.ToolChoice.Name
	default:
		a.choice = b.ToolChoice.Type
	}
	for _, t := range b.Tools {
		if len(t.InputSchema) > 0 { // the others run at the vendor
			a.tools = append(a.tools, tool{t.Name, t.InputSchema})
		}
	}
	if b.OutputConfig.Format.Type == "json_schema" {
		a.schema = b.OutputConfig.Format.Schema
	}
	return a, a.readAnthropicTurns(&b, body)
}

// readAnthropicTurns finds the last user turn and the tools' results in it.
func (a *ask) readAnthropicTurns(b *messagesBody, body []byte) error {
	for i, m := range b.Messages {
		if m.Role != "user" {
			continue
		}
		list, err := parts(m.Content)
		if err != nil {
			return fmt.Errorf("messages.%d: %w", i, err)
		}
		if text := textOf(list); text != "" {
			a.prompt = text
		}
		a.results = nil
		for _, p := range list {
			if p.Type != "tool_result" {
				continue
			}
			result, err := parts(p.Content)
			if err != nil {
				return fmt.Errorf("messages.%d: %w", i, err)
			}
			a.results = append(a.results, textOf(result))
		}
	}
	return a.countInput(body, "system", "messages", "tools")
}

// countInput estimates the input from the JSON text of the named members.
func (a *ask) countInput(body []byte, names ...string) error {
	var members map[string]json.RawMessage
	if err := decode(body, &members); err != nil {
		return err
	}
	total := 0
	for _, name := range names {
		total += len(members[name])
	}
	a.input = max(tokens(total), 1)
	return nil
}
