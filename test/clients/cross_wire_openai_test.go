package clients

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// openAIWire is chat completions as vendors speak them.
type openAIWire struct {
	// returned says that the vendor wants its thoughts back, which others refuse.
	returned bool
}

func (openAIWire) path() string { return "/v1/chat/completions" }

// chatRequest is all that the mock knows of a body: other members are refused, as
// OpenAI refuses them.
type chatRequest struct {
	Model               string            `json:"model"`
	Messages            []chatMessage     `json:"messages"`
	Tools               []chatTool        `json:"tools"`
	ToolChoice          json.RawMessage   `json:"tool_choice"`
	ParallelToolCalls   *bool             `json:"parallel_tool_calls"`
	ResponseFormat      json.RawMessage   `json:"response_format"`
	MaxTokens           int64             `json:"max_tokens"`
	MaxCompletionTokens int64             `json:"max_completion_tokens"`
	Temperature         *float64          `json:"temperature"`
	TopP                *float64          `json:"top_p"`
	Stop                []string          `json:"stop"`
	Seed                *int64            `json:"seed"`
	User                string            `json:"user"`
	Metadata            map[string]string `json:"metadata"`
	ServiceTier         string            `json:"service_tier"`
	ReasoningEffort     string            `json:"reasoning_effort"`
	Stream              bool              `json:"stream"`
	StreamOptions       *struct {
		IncludeUsage bool `json:"include_usage"`
	} `json:"stream_options"`
}

type chatMessage struct {
	Role       string          `json:"role"`
	Content    json.RawMessage `json:"content"`
	Name       string          `json:"name"`
	Refusal    *string         `json:"refusal"`
	ToolCalls  []chatToolCall  `json:"tool_calls"`
	ToolCallID string          `json:"tool_call_id"`
	Reasoning  string          `json:"reasoning_content"`
}

type chatToolCall struct {
	ID       string `json:"id"`
	Type     string `json:"type"`
	Function struct {
		Name      string `json:"name"`
		Arguments string `json:"arguments"`
	} `json:"function"`
}

type chatTool struct {
	Type     string `json:"type"`
	Function struct {
		Name        string          `json:"name"`
		Description string          `json:"description"`
		Parameters  json.RawMessage `json:"parameters"`
		Strict      *bool           `json:"strict"`
	} `json:"function"`
}

type chatPart struct {
	Type     string `json:"type"`
	Text     string `json:"text"`
	ImageURL *struct {
		URL    string `json:"url"`
		Detail string `json:"detail"`
	} `json:"image_url"`
	File *struct {
		Filename string `json:"filename"`
		FileData string `json:"file_data"`
		FileID   string `json:"file_id"`
	} `json:"file"`
}

// decodeStrictly refuses members that to has no place for.
func decodeStrictly(text []byte, to any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	return d.Decode(to)
}

// refusal implements wire.
func (o openAIWire) refusal(body []byte) error {
	var req chatRequest
	if err := decodeStrictly(body, &req); err != nil {
		return err
	}
	switch {
	case req.Model == "" || len(req.Messages) == 0:
		return errors.New("model and messages are required")
	case req.MaxTokens != 0 && req.MaxCompletionTokens != 0:
		return errors.New("max_tokens beside max_completion_tokens")
	case len(req.Stop) > 4:
		return errors.New("stop: four at most")
	case len(req.Tools) == 0 && (req.ToolChoice != nil || req.ParallelToolCalls != nil):
		return errors.New("tool_choice or parallel_tool_calls without tools")
	case !req.Stream && req.StreamOptions != nil:
		return errors.New("stream_options without stream")
	}
	if !o.returned && slices.ContainsFunc(req.Messages, func(m chatMessage) bool { return m.Reasoning != "" }) {
		return errors.New("reasoning_content in a request")
	}
	for _, tool := range req.Tools {
		var schema struct{ Type string }
		if err := json.Unmarshal(tool.Function.Parameters, &schema); err != nil || schema.Type != "object" || tool.Type != "function" {
			return fmt.Errorf("tool %s: parameters %s: %w", tool.Function.Name, tool.Function.Parameters, err)
		}
	}
	return chatOrder(req.Messages)
}

// chatOrder checks each message, and that tool results follow their calls at once.
func chatOrder(messages []chatMessage) error {
	var open []string // calls without a result
	for i, m := range messages {
		if len(open) > 0 && m.Role != "tool" {
			return fmt.Errorf("messages[%d]: no result for %v before it", i, open)
		}
		if err := m.refusal(); err != nil {
			return fmt.Errorf("messages[%d]: %w", i, err)
		}
		for _, c := range m.ToolCalls {
			open = append(open, c.ID)
		}
		if m.Role == "tool" {
			at := slices.Index(open, m.ToolCallID)
			if at < 0 {
				return fmt.Errorf("messages[%d]: a result of no call: %s", i, m.ToolCallID)
			}
			open = slices.Delete(open, at, at+1)
		}
	}
	return nil
}

// refusal is what is wrong with a message by itself.
func (m chatMessage) refusal() error {
	parts, err := chatParts(m.Content)
	if err != nil {
		return err
	}
	textOnly := !slices.ContainsFunc(parts, func(p chatPart) bool { return p.Type != "text" })
	switch m.Role {
	case "user":
		if len(parts) == 0 {
			return errors.New("no content")
		}
	case "system", "developer", "tool":
		if len(parts) == 0 || !textOnly {
			return fmt.Errorf("%s has to be text: %s", m.Role, m.Content)
		}
	case "assistant":
		if !textOnly || len(parts) == 0 && len(m.ToolCalls) == 0 {
			return fmt.Errorf("an assistant's content: %s", m.Content)
		}
	default:
		return fmt.Errorf("role %q", m.Role)
	}
	for _, c := range m.ToolCalls {
		if c.ID == "" || c.Type != "function" || c.Function.Name == "" || !json.Valid([]byte(c.Function.Arguments)) {
			return fmt.Errorf("tool call %+v", c)
		}
	}
	return nil
}

// chatParts reads the content of a message: nothing, a string, or parts.
func chatParts(content json.RawMessage) ([]chatPart, error) {
	var text string
	switch {
	case len(content) == 0, string(content) == "null":
		return nil, nil
	case json.Unmarshal(content, &text) == nil:
		return []chatPart{{Type: "text", Text: text}}, nil
	}
	var parts []chatPart
	if err := decodeStrictly(content, &parts); err != nil {
		return nil, fmt.Errorf("content: %w", err)
	}
	for i, p := range parts {
		switch {
		case p.Type == "text" && p.Text != "":
		case p.Type == "image_url" && p.ImageURL != nil &&
			(strings.HasPrefix(p.ImageURL.URL, "data:image/") || strings.HasPrefix(p.ImageURL.URL, "https://")):
		case p.Type == "file" && p.File != nil && (strings.HasPrefix(p.File.FileData, "data:") || p.File.FileID != ""):
		default:
			return nil, fmt.Errorf("content[%d]: %s", i, content)
		}
	}
	return parts, nil
}

// transcript implements wire.
func (openAIWire) transcript(body []byte) ([]string, error) {
	var req chatRequest
	if err := json.Unmarshal(body, &req); err != nil {
		return nil, err
	}
	var lines []string
	for _, m := range req.Messages {
		parts, err := chatParts(m.Content)
		if err != nil {
			return nil, err
		}
		var said []string
		if m.Reasoning != "" {
			said = append(said, "thinking "+m.Reasoning)
		}
		for _, p := range parts {
			switch p.Type {
			case "text":
				said = append(said, p.Text)
			case "image_url":
				said = append(said, "image "+p.ImageURL.URL)
			case "file":
				said = append(said, "file "+p.File.Filename+" "+p.File.FileData+p.File.FileID)
			}
		}
		for _, c := range m.ToolCalls {
			said = append(said, "call "+c.ID+" "+c.Function.Name+" "+c.Function.Arguments)
		}
		who := m.Role
		if m.ToolCallID != "" {
			who += " " + m.ToolCallID
		}
		lines = append(lines, who+": "+strings.Join(said, " | "))
	}
	return lines, nil
}

// fail implements wire.
func (openAIWire) fail(w http.ResponseWriter, f vendorFailure) {
	if f.RetryAfter != "" {
		w.Header().Set("Retry-After", f.RetryAfter)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(f.Status)
	writeJSON(w, openAIError(f))
}

func openAIError(f vendorFailure) object {
	e := object{"message": f.Message, "type": f.Kind, "param": nil, "code": nil}
	if f.Code != "" {
		e["code"] = f.Code
	}
	return object{"error": e}
}

// stop is the finish reason.
func (openAIWire) stop(turn *vendorTurn) string {
	switch {
	case turn.Stop != "":
		return turn.Stop
	case len(turn.Calls) > 0:
		return "tool_calls"
	default:
		return "stop"
	}
}

// usage counts as OpenAI does: with what was cached and what was thought.
func (openAIWire) usage(turn *vendorTurn) object {
	const input = vendorInput + vendorCacheRead + vendorCacheWrite
	reasoning := 0
	if turn.Thinking != "" {
		reasoning = vendorReasoning
	}
	return object{
		"prompt_tokens": input, "completion_tokens": vendorOutput, "total_tokens": input + vendorOutput,
		"prompt_tokens_details":     object{"cached_tokens": vendorCacheRead, "cache_write_tokens": vendorCacheWrite},
		"completion_tokens_details": object{"reasoning_tokens": reasoning},
	}
}

// whole implements wire.
func (o openAIWire) whole(w http.ResponseWriter, model string, turn *vendorTurn) {
	message := object{"role": "assistant", "content": nil, "refusal": nil}
	if turn.Text != "" {
		message["content"] = turn.Text
	}
	if turn.Thinking != "" {
		message["reasoning_content"] = turn.Thinking
	}
	if turn.Refusal != "" {
		message["refusal"] = turn.Refusal
	}
	var calls []object
	for _, c := range turn.Calls {
		calls = append(calls, object{"id": c.ID, "type": "function", "function": object{"name": c.Name, "arguments": c.Arguments}})
	}
	if calls != nil {
		message["tool_calls"] = calls
	}
	writeJSON(w, object{
		"id": "chatcmpl-scripted", "object": "chat.completion", "created": 1700000000, "model": model,
		"choices": []object{{"index": 0, "message": message, "logprobs": nil, "finish_reason": o.stop(turn)}},
		"usage":   o.usage(turn), "service_tier": "default", "system_fingerprint": "fp_scripted",
	})
}

// chatStream writes the chunks of one answer.
type chatStream struct {
	w     http.ResponseWriter
	model string
	usage bool // the client asked for it
	err   error
}

// stream implements wire.
func (o openAIWire) stream(w http.ResponseWriter, body []byte, turn *vendorTurn) error {
	var req chatRequest
	if err := json.Unmarshal(body, &req); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	s := &chatStream{w: w, model: req.Model, usage: req.StreamOptions != nil && req.StreamOptions.IncludeUsage}
	s.delta(object{"role": "assistant", "content": "", "refusal": nil})
	s.pieces(turn.Thinking, func(piece string) object { return object{"reasoning_content": piece} })
	s.pieces(turn.Text, func(piece string) object { return object{"content": piece} })
	s.pieces(turn.Refusal, func(piece string) object { return object{"refusal": piece} })
	turn.hold()
	switch {
	case turn.Late:
		s.data(openAIError(*turn.Failure))
		return s.err
	case turn.Cut:
		return s.err
	}
	for i, c := range turn.Calls {
		s.delta(object{"tool_calls": []object{{
			"index": i, "id": c.ID, "type": "function", "function": object{"name": c.Name, "arguments": ""},
		}}})
		s.pieces(c.Arguments, func(piece string) object {
			return object{"tool_calls": []object{{"index": i, "function": object{"arguments": piece}}}}
		})
	}
	s.chunk([]object{{"index": 0, "delta": object{}, "logprobs": nil, "finish_reason": o.stop(turn)}}, nil)
	if s.usage {
		s.chunk([]object{}, o.usage(turn))
	}
	s.write("[DONE]")
	return s.err
}

// pieces sends a text in deltas of a few characters.
func (s *chatStream) pieces(text string, delta func(piece string) object) {
	for piece := range slices.Chunk([]rune(text), 5) {
		s.delta(delta(string(piece)))
	}
}

func (s *chatStream) delta(delta object) {
	s.chunk([]object{{"index": 0, "delta": delta, "logprobs": nil, "finish_reason": nil}}, nil)
}

func (s *chatStream) chunk(choices []object, usage object) {
	c := object{
		"id": "chatcmpl-scripted", "object": "chat.completion.chunk", "created": 1700000000, "model": s.model,
		"choices": choices, "service_tier": "default", "system_fingerprint": "fp_scripted", "obfuscation": "aX3",
	}
	if s.usage {
		c["usage"] = usage
	}
	s.data(c)
}

func (s *chatStream) data(v object) {
	text, err := json.Marshal(v)
	if err != nil {
		s.err = err
		return
	}
	s.write(string(text))
}

func (s *chatStream) write(data string) {
	if s.err != nil {
		return
	}
	if _, s.err = fmt.Fprintf(s.w, "data: %s\n\n", data); s.err == nil {
		s.err = http.NewResponseController(s.w).Flush()
	}
}

// TestOpenAIWireIsStrict holds the mock to what it is for: it refuses what a
// vendor refuses.
func TestOpenAIWireIsStrict(t *testing.T) {
	t.Parallel()
	const call = `{"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}]}`
	for body, ok := range map[string]bool{
		`{"model":"m","messages":[{"role":"user","content":"hi"}]}`:                                                               true,
		`{"model":"m","messages":[{"role":"user","content":"hi"},` + call + `,{"role":"tool","tool_call_id":"a","content":"r"}]}`: true,
		`{"model":"m","messages":[{"role":"user","content":"hi"},` + call + `,{"role":"user","content":"r"}]}`:                    false,
		`{"model":"m","messages":[{"role":"tool","tool_call_id":"a","content":"r"}]}`:                                             false,
		`{"model":"m","messages":[{"role":"user","content":[]}]}`:                                                                 false,
		`{"model":"m","messages":[{"role":"user","content":[{"type":"image","source":{}}]}]}`:                                     false,
		`{"model":"m","messages":[{"role":"user","content":"hi"}],"context_management":{}}`:                                       false,
		`{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"hi","cache_control":{}}]}]}`:                   false,
		`{"model":"m","messages":[{"role":"user","content":"hi"}],"stop":["1","2","3","4","5"]}`:                                  false,
	} {
		if err := (openAIWire{}).refusal([]byte(body)); (err == nil) != ok {
			t.Errorf("%s: %v, want to pass: %v", body, err, ok)
		}
	}
}
