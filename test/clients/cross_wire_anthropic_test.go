package clients

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// anthropicWire is the Messages API as Anthropic speaks it.
type anthropicWire struct{}

func (anthropicWire) path() string { return "/v1/messages" }

// messagesRequest is all that the mock knows of a body: other members are
// refused, as Anthropic refuses them.
type messagesRequest struct {
	Model         string            `json:"model"`
	MaxTokens     int64             `json:"max_tokens"`
	System        json.RawMessage   `json:"system"`
	Messages      []messagesMessage `json:"messages"`
	Tools         []messagesTool    `json:"tools"`
	ToolChoice    *messagesChoice   `json:"tool_choice"`
	Thinking      *messagesThinking `json:"thinking"`
	OutputConfig  json.RawMessage   `json:"output_config"`
	StopSequences []string          `json:"stop_sequences"`
	Temperature   *float64          `json:"temperature"`
	TopP          *float64          `json:"top_p"`
	TopK          *int64            `json:"top_k"`
	Metadata      json.RawMessage   `json:"metadata"`
	ServiceTier   string            `json:"service_tier"`
	Stream        bool              `json:"stream"`
}

type messagesMessage struct {
	Role    string          `json:"role"`
	Content json.RawMessage `json:"content"`
}

type messagesBlock struct {
	Type         string          `json:"type"`
	Text         string          `json:"text"`
	Thinking     string          `json:"thinking"`
	Signature    string          `json:"signature"`
	Data         string          `json:"data"`
	Source       *messagesSource `json:"source"`
	Title        string          `json:"title"`
	ID           string          `json:"id"`
	Name         string          `json:"name"`
	Input        json.RawMessage `json:"input"`
	ToolUseID    string          `json:"tool_use_id"`
	Content      json.RawMessage `json:"content"`
	IsError      bool            `json:"is_error"`
	CacheControl json.RawMessage `json:"cache_control"`
}

type messagesSource struct {
	Type      string `json:"type"`
	MediaType string `json:"media_type"`
	Data      string `json:"data"`
	URL       string `json:"url"`
}

type messagesTool struct {
	Type         string          `json:"type"`
	Name         string          `json:"name"`
	Description  string          `json:"description"`
	InputSchema  json.RawMessage `json:"input_schema"`
	Strict       *bool           `json:"strict"`
	CacheControl json.RawMessage `json:"cache_control"`
}

type messagesChoice struct {
	Type                   string `json:"type"`
	Name                   string `json:"name"`
	DisableParallelToolUse bool   `json:"disable_parallel_tool_use"`
}

type messagesThinking struct {
	Type         string `json:"type"`
	BudgetTokens int64  `json:"budget_tokens"`
	Display      string `json:"display"`
}

// toolID is the form of the ids that Anthropic takes.
var toolID = regexp.MustCompile(`^[a-zA-Z0-9_-]+$`)

// refusal implements wire.
func (anthropicWire) refusal(body []byte) error {
	var req messagesRequest
	if err := decodeStrictly(body, &req); err != nil {
		return err
	}
	switch {
	case req.Model == "" || len(req.Messages) == 0 || req.MaxTokens < 1:
		return errors.New("model, messages and max_tokens are required")
	case req.Messages[0].Role != "user":
		return errors.New("messages.0: the first one is the user's")
	case req.Temperature != nil && (*req.Temperature < 0 || *req.Temperature > 1):
		return errors.New("temperature: range: 0..1")
	case req.ToolChoice != nil && len(req.Tools) == 0:
		return errors.New("tool_choice without tools")
	case slices.ContainsFunc(req.StopSequences, func(s string) bool { return strings.TrimSpace(s) == "" }):
		return errors.New("stop_sequences: each must contain non-whitespace")
	}
	for i, tool := range req.Tools {
		var schema struct{ Type string }
		if err := json.Unmarshal(tool.InputSchema, &schema); err != nil || schema.Type != "object" {
			return fmt.Errorf("tools.%d.input_schema: %s", i, tool.InputSchema)
		}
	}
	if _, err := messagesBlocks(req.System, "text"); err != nil {
		return fmt.Errorf("system: %w", err)
	}
	turns, err := messagesTurns(req.Messages)
	if err != nil {
		return err
	}
	if err := messagesOrder(turns); err != nil {
		return err
	}
	return req.thinkingRefusal(turns)
}

// thinkingRefusal is what does not go together with thinking.
func (r *messagesRequest) thinkingRefusal(turns []messagesTurn) error {
	if r.Thinking == nil || r.Thinking.Type == "disabled" {
		return nil
	}
	switch {
	case r.Thinking.Type == "enabled" && (r.Thinking.BudgetTokens < 1024 || r.Thinking.BudgetTokens >= r.MaxTokens):
		return fmt.Errorf("thinking.budget_tokens: %d, of max_tokens %d", r.Thinking.BudgetTokens, r.MaxTokens)
	case r.Temperature != nil && *r.Temperature != 1, r.TopK != nil:
		return errors.New("temperature may only be 1, and top_k must be unset, when thinking is on")
	case r.ToolChoice != nil && r.ToolChoice.Type != "auto" && r.ToolChoice.Type != "none":
		return errors.New("thinking may not be on when tool_choice forces tool use")
	}
	for i := len(turns) - 1; i >= 0 && r.Thinking.Type == "enabled"; i-- {
		if turns[i].role != "assistant" {
			continue
		}
		b := turns[i].blocks
		calls := slices.ContainsFunc(b, func(b messagesBlock) bool { return b.Type == "tool_use" })
		if calls && b[0].Type != "thinking" && b[0].Type != "redacted_thinking" {
			return fmt.Errorf("messages: expected thinking before tool_use, found %s", b[0].Type)
		}
		break
	}
	return nil
}

// messagesTurn is what Anthropic makes of neighbouring messages of one role.
type messagesTurn struct {
	role   string
	blocks []messagesBlock
}

func messagesTurns(messages []messagesMessage) ([]messagesTurn, error) {
	var turns []messagesTurn
	for i, m := range messages {
		kinds := []string{"text", "image", "document", "tool_result"}
		if m.Role == "assistant" {
			kinds = []string{"text", "tool_use", "thinking", "redacted_thinking"}
		} else if m.Role != "user" {
			return nil, fmt.Errorf("messages.%d: role %q", i, m.Role)
		}
		blocks, err := messagesBlocks(m.Content, kinds...)
		if err == nil && len(blocks) == 0 {
			err = errors.New("no content")
		}
		if err != nil {
			return nil, fmt.Errorf("messages.%d: %w", i, err)
		}
		if n := len(turns); n > 0 && turns[n-1].role == m.Role {
			turns[n-1].blocks = append(turns[n-1].blocks, blocks...)
			continue
		}
		turns = append(turns, messagesTurn{m.Role, blocks})
	}
	return turns, nil
}

// messagesBlocks reads content: nothing, a string, or blocks of the given kinds.
func messagesBlocks(content json.RawMessage, kinds ...string) ([]messagesBlock, error) {
	if len(content) == 0 {
		return nil, nil
	}
	var text string
	var blocks []messagesBlock
	if json.Unmarshal(content, &text) == nil {
		blocks = []messagesBlock{{Type: "text", Text: text}}
	} else if err := decodeStrictly(content, &blocks); err != nil {
		return nil, err
	}
	for i, b := range blocks {
		if !slices.Contains(kinds, b.Type) {
			return nil, fmt.Errorf("content.%d: a block of type %q", i, b.Type)
		}
		if err := b.refusal(); err != nil {
			return nil, fmt.Errorf("content.%d: %w", i, err)
		}
	}
	return blocks, nil
}

// refusal is what is wrong with a block by itself.
func (b messagesBlock) refusal() error {
	switch b.Type {
	case "text":
		if strings.TrimSpace(b.Text) == "" {
			return errors.New("text content blocks must contain non-whitespace text")
		}
	case "image":
		types := []string{"image/jpeg", "image/png", "image/gif", "image/webp"}
		inline := b.Source != nil && b.Source.Type == "base64" && b.Source.Data != "" && slices.Contains(types, b.Source.MediaType)
		linked := b.Source != nil && b.Source.Type == "url" && strings.HasPrefix(b.Source.URL, "https://")
		if !inline && !linked {
			return fmt.Errorf("source: %+v", b.Source)
		}
	case "thinking":
		if b.Signature != vendorSignature {
			return fmt.Errorf("invalid signature %q in thinking block", b.Signature)
		}
	case "tool_use":
		var input map[string]json.RawMessage
		if err := json.Unmarshal(b.Input, &input); err != nil || !toolID.MatchString(b.ID) || b.Name == "" {
			return fmt.Errorf("tool_use %q with input %s", b.ID, b.Input)
		}
	case "tool_result":
		_, err := messagesBlocks(b.Content, "text", "image", "document")
		return err
	}
	return nil
}

// messagesOrder checks that calls are answered in the turn that follows, before
// anything else in it, and that thoughts come first.
func messagesOrder(turns []messagesTurn) error {
	var open []string // calls without a result
	for i, turn := range turns {
		other := "" // a block that has come before
		for _, b := range turn.blocks {
			switch {
			case b.Type == "tool_result":
				at := slices.Index(open, b.ToolUseID)
				if at < 0 || other != "" {
					return fmt.Errorf("turn %d: a result of %q out of place, after %q", i, b.ToolUseID, other)
				}
				open = slices.Delete(open, at, at+1)
				continue
			case len(open) > 0:
				return fmt.Errorf("turn %d: tool_use ids %v were found without tool_result blocks immediately after", i, open)
			case (b.Type == "thinking" || b.Type == "redacted_thinking") && other != "":
				return fmt.Errorf("turn %d: thinking after %q", i, other)
			}
			if b.Type != "thinking" && b.Type != "redacted_thinking" {
				other = b.Type
			}
		}
		if len(open) > 0 {
			return fmt.Errorf("turn %d: no result for %v", i, open)
		}
		for _, b := range turn.blocks {
			if b.Type == "tool_use" {
				open = append(open, b.ID)
			}
		}
	}
	return nil
}

// transcript implements wire. The system prompt is a line of its own.
func (anthropicWire) transcript(body []byte) ([]string, error) {
	var req messagesRequest
	if err := json.Unmarshal(body, &req); err != nil {
		return nil, err
	}
	var lines []string
	system, err := messagesBlocks(req.System, "text")
	if err != nil {
		return nil, err
	}
	if len(system) > 0 {
		lines = append(lines, "system: "+said(system))
	}
	for _, m := range req.Messages {
		turns, err := messagesTurns([]messagesMessage{m})
		if err != nil {
			return nil, err
		}
		lines = append(lines, m.Role+": "+said(turns[0].blocks))
	}
	return lines, nil
}

// said is what blocks say.
func said(blocks []messagesBlock) string {
	var out []string
	for _, b := range blocks {
		switch b.Type {
		case "text":
			out = append(out, b.Text)
		case "thinking":
			out = append(out, "thinking "+b.Thinking)
		case "redacted_thinking":
			out = append(out, "redacted "+b.Data)
		case "image":
			out = append(out, strings.TrimSpace("image "+b.Source.MediaType+b.Source.URL+" "+b.Source.Data))
		case "tool_use":
			out = append(out, "call "+b.ID+" "+b.Name+" "+string(b.Input))
		case "tool_result":
			// What cannot be read was refused before.
			inner, _ := messagesBlocks(b.Content, "text", "image", "document")
			failed := ""
			if b.IsError {
				failed = " failed"
			}
			out = append(out, "result "+b.ToolUseID+failed+" "+said(inner))
		default:
			out = append(out, b.Type+" "+b.Title)
		}
	}
	return strings.Join(out, " | ")
}

// fail implements wire.
func (anthropicWire) fail(w http.ResponseWriter, f vendorFailure) {
	if f.RetryAfter != "" {
		w.Header().Set("Retry-After", f.RetryAfter)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(f.Status)
	writeJSON(w, anthropicError(f))
}

func anthropicError(f vendorFailure) object {
	kind := f.Kind
	if kind == "" {
		kind = "invalid_request_error"
	}
	return object{"type": "error", "error": object{"type": kind, "message": f.Message}, "request_id": "req_scripted"}
}

// message is a turn with the given content, and usage as Anthropic counts: input
// without what was cached.
func (anthropicWire) message(model string, content []object, output int) object {
	return object{
		"id": "msg_scripted", "type": "message", "role": "assistant", "model": model,
		"content": content, "stop_reason": nil, "stop_sequence": nil,
		"usage": object{
			"input_tokens": vendorInput, "cache_read_input_tokens": vendorCacheRead, "cache_creation_input_tokens": vendorCacheWrite,
			"cache_creation": object{"ephemeral_5m_input_tokens": vendorCacheWrite, "ephemeral_1h_input_tokens": 0},
			"output_tokens":  output, "service_tier": "standard",
		},
	}
}

// stop is the stop reason, and the sequence that the scripts stop at.
func (anthropicWire) stop(turn *vendorTurn) object {
	switch {
	case turn.Stop == "stop_sequence":
		return object{"stop_reason": turn.Stop, "stop_sequence": "HALT"}
	case turn.Stop != "":
		return object{"stop_reason": turn.Stop, "stop_sequence": nil}
	case len(turn.Calls) > 0:
		return object{"stop_reason": "tool_use", "stop_sequence": nil}
	default:
		return object{"stop_reason": "end_turn", "stop_sequence": nil}
	}
}

// whole implements wire.
func (a anthropicWire) whole(w http.ResponseWriter, model string, turn *vendorTurn) {
	content := []object{}
	if turn.Thinking != "" {
		content = append(content, object{"type": "thinking", "thinking": turn.Thinking, "signature": vendorSignature})
	}
	if turn.Redacted != "" {
		content = append(content, object{"type": "redacted_thinking", "data": turn.Redacted})
	}
	if turn.Text != "" {
		content = append(content, object{"type": "text", "text": turn.Text})
	}
	for _, c := range turn.Calls {
		content = append(content, object{"type": "tool_use", "id": c.ID, "name": c.Name, "input": json.RawMessage(c.Arguments)})
	}
	m := a.message(model, content, vendorOutput)
	for name, value := range a.stop(turn) {
		m[name] = value
	}
	writeJSON(w, m)
}

// messagesStream writes the events of one answer.
type messagesStream struct {
	w     http.ResponseWriter
	index int
	err   error
}

// stream implements wire.
func (a anthropicWire) stream(w http.ResponseWriter, body []byte, turn *vendorTurn) error {
	var req messagesRequest
	if err := json.Unmarshal(body, &req); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	s := &messagesStream{w: w}
	s.event(object{"type": "message_start", "message": a.message(req.Model, []object{}, 1)})
	if turn.Thinking != "" {
		s.block(object{"type": "thinking", "thinking": "", "signature": ""}, "thinking_delta", "thinking", turn.Thinking)
	}
	if turn.Redacted != "" {
		s.block(object{"type": "redacted_thinking", "data": turn.Redacted}, "", "", "")
	}
	if turn.Text != "" {
		s.block(object{"type": "text", "text": ""}, "text_delta", "text", turn.Text)
	}
	turn.hold()
	switch {
	case turn.Late:
		s.event(anthropicError(*turn.Failure))
		return s.err
	case turn.Cut:
		return s.err
	}
	for _, c := range turn.Calls {
		s.block(object{"type": "tool_use", "id": c.ID, "name": c.Name, "input": object{}}, "input_json_delta", "partial_json", c.Arguments)
	}
	s.event(object{
		"type": "message_delta", "delta": a.stop(turn),
		"usage": object{
			"input_tokens": vendorInput, "cache_read_input_tokens": vendorCacheRead,
			"cache_creation_input_tokens": vendorCacheWrite, "output_tokens": vendorOutput,
		},
	})
	s.event(object{"type": "message_stop"})
	return s.err
}

// block sends one block in deltas of a few characters; the first one of a tool
// call is empty, as Anthropic's are.
func (s *messagesStream) block(start object, delta, member, text string) {
	s.event(object{"type": "content_block_start", "index": s.index, "content_block": start})
	s.event(object{"type": "ping"})
	if delta == "input_json_delta" {
		s.delta(object{"type": delta, member: ""})
	}
	for piece := range slices.Chunk([]rune(text), 5) {
		s.delta(object{"type": delta, member: string(piece)})
	}
	if delta == "thinking_delta" {
		s.delta(object{"type": "signature_delta", "signature": vendorSignature})
	}
	s.event(object{"type": "content_block_stop", "index": s.index})
	s.index++
}

func (s *messagesStream) delta(delta object) {
	s.event(object{"type": "content_block_delta", "index": s.index, "delta": delta})
}

func (s *messagesStream) event(e object) {
	if s.err == nil {
		s.err = writeEvent(s.w, e)
	}
}

// TestAnthropicWireIsStrict holds the mock to what it is for: it refuses what
// Anthropic refuses.
func TestAnthropicWireIsStrict(t *testing.T) {
	t.Parallel()
	const (
		hi     = `{"role":"user","content":"hi"}`
		call   = `{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"f","input":{}}]}`
		result = `{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":"r"}]}`
		late   = `{"role":"user","content":[{"type":"text","text":"x"},{"type":"tool_result","tool_use_id":"a","content":"r"}]}`
	)
	for _, tt := range []struct {
		messages, rest string
		ok             bool
	}{
		{hi, "", true},
		{hi + "," + call + "," + result, "", true},
		{hi + "," + call + "," + hi, "", false},
		{hi + "," + call + "," + late, "", false},
		{hi + "," + result, "", false},
		{call, "", false},
		{`{"role":"system","content":"x"}`, "", false},
		{`{"role":"user","content":[{"type":"text","text":""}]}`, "", false},
		{hi + `,{"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"forged"},{"type":"text","text":"x"}]}`, "", false},
		{hi, `,"n":2`, false},
		{hi, `,"temperature":1.5`, false},
		{hi, `,"thinking":{"type":"enabled","budget_tokens":5000}`, false},
		{hi, `,"thinking":{"type":"enabled","budget_tokens":1024}`, true},
		{hi, `,"thinking":{"type":"enabled","budget_tokens":1024},"temperature":0.5`, false},
		{hi + "," + call + "," + result, `,"thinking":{"type":"enabled","budget_tokens":1024}`, false},
		{hi, `,"tools":[{"name":"f","input_schema":{}}]`, false},
	} {
		body := `{"model":"m","max_tokens":2000,"messages":[` + tt.messages + `]` + tt.rest + `}`
		if err := (anthropicWire{}).refusal([]byte(body)); (err == nil) != tt.ok {
			t.Errorf("%s: %v, want to pass: %v", body, err, tt.ok)
		}
	}
}
