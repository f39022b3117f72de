package echo

import (
	"encoding/json"
	"fmt"
)

// chatBody is what is read of a request to chat completions.
type chatBody struct {
	Model               string `json:"model"`
	Stream              bool   `json:"stream"`
	MaxTokens           int    `json:"max_tokens"`
	MaxCompletionTokens int    `json:"max_completion_tokens"`
	N                   *int   `json:"n"`
	Messages            []struct {
		Role    string          `json:"role"`
		Content json.RawMessage `json:"content"`
	} `json:"messages"`
	Stop          json.RawMessage `json:"stop"`
	StreamOptions struct {
		IncludeUsage bool `json:"include_usage"`
	} `json:"stream_options"`
	Tools []struct {
		Type     string   `json:"type"`
		Function function `json:"function"`
	} `json:"tools"`
	ToolChoice        json.RawMessage `json:"tool_choice"`
	ParallelToolCalls *bool           `json:"parallel_tool_calls"`
	ResponseFormat    struct {
		Type       string `json:"type"`
		JSONSchema struct {
			Schema json.RawMessage `json:"schema"`
		} `json:"json_schema"`
	} `json:"response_format"`
}

// function is a tool, or the choice of one.
type function struct {
	Name       string          `json:"name"`
	Parameters json.RawMessage `json:"parameters"`
}

// readChat reads a request to chat completions.
func readChat(body []byte) (*ask, error) {
	var b chatBody
	if err := decode(body, &b); err != nil {
		return nil, err
	}
	a := &ask{
		model: b.Model, stream: b.Stream, includeUsage: b.StreamOptions.IncludeUsage,
		limit:    b.MaxCompletionTokens,
		oneByOne: b.ParallelToolCalls != nil && !*b.ParallelToolCalls,
		anyJSON:  b.ResponseFormat.Type == "json_object",
	}
	if a.limit == 0 {
		a.limit = b.MaxTokens
	}
	for _, t := range b.Tools {
		if t.Type == "function" {
			a.tools = append(a.tools, tool{t.Function.Name, t.Function.Parameters})
		}
	}
	if b.ResponseFormat.Type == "json_schema" {
		a.schema = b.ResponseFormat.JSONSchema.Schema
	}
	if err := a.readChoices(b.N, b.Stop); err != nil {
		return nil, err
	}
	if err := a.readToolChoice(b.ToolChoice); err != nil {
		return nil, err
	}
	return a, a.readOpenAITurns(&b, body)
}

// readChoices reads n and stop.
func (a *ask) readChoices(n *int, stop json.RawMessage) (err error) {
	a.choices = 1
	if n != nil {
		a.choices = *n
	}
	if a.choices < 1 || a.choices > maxChoices {
		return fmt.Errorf("%w: n must be from 1 to %d", errAsk, maxChoices)
	}
	a.stops, err = texts(stop)
	return err
}

// readToolChoice reads a word or the choice of one function.
func (a *ask) readToolChoice(raw json.RawMessage) error {
	if len(raw) == 0 || raw[0] != '{' {
		// Anything but a word leaves the choice free.
		_ = json.Unmarshal(raw, &a.choice)
		return nil
	}
	var named struct {
		Function function `json:"function"`
	}
	if err := decode(raw, &named); err != nil {
		return err
	}
	a.namedTool = named.Function.Name
	return nil
}

// readOpenAITurns finds the last user message, and the tools' results after it.
func (a *ask) readOpenAITurns(b *chatBody, body []byte) error {
	for i, m := range b.Messages {
		list, err := parts(m.Content)
		if err != nil {
			return fmt.Errorf("messages.%d: %w", i, err)
		}
		switch m.Role {
		case "user":
			a.prompt, a.results = textOf(list), nil
		case "tool", "function":
			a.results = append(a.results, textOf(list))
		}
	}
	return a.countInput(body, "messages", "tools", "functions")
}

// completionBody is what is read of a request to the legacy completions.
type completionBody struct {
	Model         string          `json:"model"`
	Stream        bool            `json:"stream"`
	MaxTokens     int             `json:"max_tokens"`
	N             *int            `json:"n"`
	Prompt        json.RawMessage `json:"prompt"`
	Stop          json.RawMessage `json:"stop"`
	StreamOptions struct {
		IncludeUsage bool `json:"include_usage"`
	} `json:"stream_options"`
}

// readCompletion reads a request to the legacy completions. Prompts in tokens
// are taken, but nothing can be said about them.
func readCompletion(body []byte) (*ask, error) {
	var b completionBody
	if err := decode(body, &b); err != nil {
		return nil, err
	}
	a := &ask{model: b.Model, stream: b.Stream, includeUsage: b.StreamOptions.IncludeUsage, limit: b.MaxTokens}
	inputs, err := readInputs(b.Prompt)
	if err != nil {
		return nil, fmt.Errorf("prompt: %w", err)
	}
	for _, in := range inputs {
		a.prompts = append(a.prompts, in.text)
	}
	if err := a.readChoices(b.N, b.Stop); err != nil {
		return nil, err
	}
	return a, a.countInput(body, "prompt")
}
