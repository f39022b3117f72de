package replay

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// heard is what a client has understood of an answer, in the terms of a view.
type heard struct {
	Text     string
	Thinking string
	Tools    []toolCall
	// Stop is the class of the reason why the answer ended; "" where it did not.
	Stop string
	// Usage counts tokens by kind; kinds that the answer does not name are absent.
	Usage map[string]int64
	// Failure is what the client was told of a failure inside the answer.
	Failure string
}

// toolCall is a call of one of the client's functions.
type toolCall struct {
	Name string
	// Arguments is JSON text.
	Arguments string
}

// anthropicStops are the classes of Anthropic's stop reasons.
var anthropicStops = map[string]string{
	"end_turn": "stop", "stop_sequence": "stop", "max_tokens": "length", "model_context_window_exceeded": "length",
	"tool_use": "tool", "refusal": "safety", "pause_turn": "pause",
}

// openaiStops are the classes of OpenAI's finish reasons.
var openaiStops = map[string]string{
	"stop": "stop", "length": "length", "tool_calls": "tool", "function_call": "tool", "content_filter": "safety",
}

// anthropicMessage is a whole answer in Anthropic's dialect, or one that is put
// together from a stream.
type anthropicMessage struct {
	Content    []anthropicBlock `json:"content"`
	StopReason string           `json:"stop_reason"`
	Usage      anthropicUsage   `json:"usage"`
}

// anthropicBlock is a block of content of any type.
type anthropicBlock struct {
	Type     string          `json:"type"`
	Text     string          `json:"text"`
	Thinking string          `json:"thinking"`
	Name     string          `json:"name"`
	Input    json.RawMessage `json:"input"`

	pieces string // of Input, from a stream
}

// anthropicUsage has the counts that were named.
type anthropicUsage struct {
	Input      *int64 `json:"input_tokens"`
	Output     *int64 `json:"output_tokens"`
	CacheRead  *int64 `json:"cache_read_input_tokens"`
	CacheWrite *int64 `json:"cache_creation_input_tokens"`
	Details    *struct {
		Thinking *int64 `json:"thinking_tokens"`
	} `json:"output_tokens_details"`
}

// readAnthropic reads a whole answer as Anthropic's SDKs do.
func readAnthropic(body string) (heard, error) {
	var m anthropicMessage
	if err := json.Unmarshal([]byte(body), &m); err != nil {
		return heard{}, err
	}
	return m.heard(), nil
}

// readAnthropicStream puts the events of a stream together as Anthropic's SDKs do
// (github.com/anthropics/anthropic-sdk-python, lib/streaming/_messages.py, read
// 2026-11-23): frames without the name of an event are not seen, later counts
// replace earlier ones, and an error event ends it all.
func readAnthropicStream(body string) (heard, error) {
	var m anthropicMessage
	for _, ev := range parseSSE(body) {
		failure, err := m.take(ev)
		if err != nil {
			return heard{}, fmt.Errorf("%w in %s", err, ev.Data)
		}
		if failure != "" {
			h := m.heard()
			h.Stop, h.Failure = "", failure
			return h, nil
		}
	}
	return m.heard(), nil
}

// errNoBlock is an event about a block that has not begun.
var errNoBlock = errors.New("no such content block")

// take adds an event to the message and returns what an error event says.
func (m *anthropicMessage) take(ev event) (failure string, err error) {
	var data struct {
		Index        int              `json:"index"`
		Message      anthropicMessage `json:"message"`
		ContentBlock anthropicBlock   `json:"content_block"`
		Delta        struct {
			Type        string `json:"type"`
			Text        string `json:"text"`
			Thinking    string `json:"thinking"`
			PartialJSON string `json:"partial_json"`
			StopReason  string `json:"stop_reason"`
		} `json:"delta"`
		Usage anthropicUsage `json:"usage"`
		Error struct {
			Message string `json:"message"`
		} `json:"error"`
	}
	if err := json.Unmarshal([]byte(ev.Data), &data); err != nil {
		return "", err
	}
	switch ev.Name {
	case "message_start":
		*m = data.Message
	case "content_block_start":
		m.Content = append(m.Content, data.ContentBlock)
	case "content_block_delta":
		if data.Index < 0 || data.Index >= len(m.Content) {
			return "", errNoBlock
		}
		b := &m.Content[data.Index]
		b.Text += data.Delta.Text
		b.Thinking += data.Delta.Thinking
		b.pieces += data.Delta.PartialJSON
	case "message_delta":
		m.StopReason = data.Delta.StopReason
		m.Usage.merge(data.Usage)
	case "error":
		return "error: " + data.Error.Message, nil
	}
	return "", nil
}

// merge replaces the counts that u names.
func (u *anthropicUsage) merge(newer anthropicUsage) {
	for _, field := range []struct{ old, newer **int64 }{
		{&u.Input, &newer.Input},
		{&u.Output, &newer.Output},
		{&u.CacheRead, &newer.CacheRead},
		{&u.CacheWrite, &newer.CacheWrite},
	} {
		if *field.newer != nil {
			*field.old = *field.newer
		}
	}
	if newer.Details != nil {
		u.Details = newer.Details
	}
}

// heard is the message in the terms of a view.
func (m *anthropicMessage) heard() heard {
	h := heard{Usage: m.Usage.kinds()}
	for _, b := range m.Content {
		h.Text += b.Text
		h.Thinking += b.Thinking
		if b.Type == "tool_use" {
			arguments := string(b.Input)
			if b.pieces != "" {
				arguments = b.pieces
			}
			h.Tools = append(h.Tools, toolCall{b.Name, arguments})
		}
	}
	h.Stop = class(anthropicStops, m.StopReason)
	return h
}

// kinds are the counts in the convention of views: input with what is cached.
func (u *anthropicUsage) kinds() map[string]int64 {
	kinds := map[string]int64{}
	put(kinds, "cache_read", u.CacheRead)
	put(kinds, "cache_write", u.CacheWrite)
	put(kinds, "output", u.Output)
	if u.Details != nil {
		put(kinds, "reasoning", u.Details.Thinking)
	}
	if u.Input != nil {
		kinds["input"] = *u.Input + kinds["cache_read"] + kinds["cache_write"]
	}
	return kinds
}

// put adds a count that was named.
func put(kinds map[string]int64, kind string, n *int64) {
	if n != nil {
		kinds[kind] = *n
	}
}

// class is the class of a reason to stop, or the reason where it has none.
func class(classes map[string]string, reason string) string {
	if c, ok := classes[reason]; ok {
		return c
	}
	return reason
}

// chatCompletion is a whole answer in OpenAI's dialect, or one that is put
// together from a stream; only its choice 0 counts.
type chatCompletion struct {
	Choices []struct {
		Index        int         `json:"index"`
		Message      chatMessage `json:"message"`
		FinishReason string      `json:"finish_reason"`
	} `json:"choices"`
	Usage *openaiUsage `json:"usage"`
}

// chatMessage is a message, or what a chunk adds to it.
type chatMessage struct {
	Content   string         `json:"content"`
	Refusal   string         `json:"refusal"`
	Reasoning string         `json:"reasoning_content"`
	ToolCalls []chatToolCall `json:"tool_calls"`
}

// chatToolCall is a call, or what a chunk adds to it.
type chatToolCall struct {
	Index    int `json:"index"`
	Function struct {
		Name      string `json:"name"`
		Arguments string `json:"arguments"`
	} `json:"function"`
}

// openaiUsage has the counts that were named.
type openaiUsage struct {
	Prompt     *int64 `json:"prompt_tokens"`
	Completion *int64 `json:"completion_tokens"`
	PromptOf   struct {
		Cached     *int64 `json:"cached_tokens"`
		CacheWrite *int64 `json:"cache_write_tokens"`
	} `json:"prompt_tokens_details"`
	CompletionOf struct {
		Reasoning *int64 `json:"reasoning_tokens"`
	} `json:"completion_tokens_details"`
}

// readOpenAI reads a whole answer as OpenAI's SDKs do.
func readOpenAI(body string) (heard, error) {
	var c chatCompletion
	if err := json.Unmarshal([]byte(body), &c); err != nil {
		return heard{}, err
	}
	if len(c.Choices) == 0 {
		return heard{}, errors.New("no choices")
	}
	return c.Choices[0].Message.heard(c.Choices[0].FinishReason, c.Usage), nil
}

// readOpenAIStream puts the chunks of a stream together as OpenAI's SDKs do
// (github.com/openai/openai-python, _streaming.py and lib/streaming, read
// 2026-11-23): strings are joined, tool calls found by their index, an error ends
// it all, and so does [DONE].
func readOpenAIStream(body string) (heard, error) {
	var m chatMessage
	var finish string
	var usage *openaiUsage
	for _, ev := range parseSSE(body) {
		if strings.HasPrefix(ev.Data, "[DONE]") {
			return m.heard(finish, usage), nil
		}
		var chunk struct {
			Choices []struct {
				Delta        chatMessage `json:"delta"`
				FinishReason string      `json:"finish_reason"`
			} `json:"choices"`
			Usage *openaiUsage `json:"usage"`
			Error *struct {
				Message string `json:"message"`
			} `json:"error"`
		}
		if err := json.Unmarshal([]byte(ev.Data), &chunk); err != nil {
			return heard{}, fmt.Errorf("%w in %s", err, ev.Data)
		}
		if chunk.Error != nil {
			h := m.heard("", usage)
			h.Failure = "error: " + chunk.Error.Message
			return h, nil
		}
		if chunk.Usage != nil {
			usage = chunk.Usage
		}
		for _, c := range chunk.Choices {
			if err := m.add(c.Delta); err != nil {
				return heard{}, fmt.Errorf("%w in %s", err, ev.Data)
			}
			finish += c.FinishReason
		}
	}
	return m.heard(finish, usage), nil
}

// add adds what a chunk has.
func (m *chatMessage) add(delta chatMessage) error {
	m.Content += delta.Content
	m.Refusal += delta.Refusal
	m.Reasoning += delta.Reasoning
	for _, d := range delta.ToolCalls {
		if d.Index == len(m.ToolCalls) {
			m.ToolCalls = append(m.ToolCalls, chatToolCall{Index: d.Index})
		}
		if d.Index < 0 || d.Index >= len(m.ToolCalls) {
			return fmt.Errorf("tool call %d of %d", d.Index, len(m.ToolCalls))
		}
		call := &m.ToolCalls[d.Index]
		call.Function.Name += d.Function.Name
		call.Function.Arguments += d.Function.Arguments
	}
	return nil
}

// heard is the message in the terms of a view. A refusal is text like any other.
func (m *chatMessage) heard(finish string, usage *openaiUsage) heard {
	h := heard{
		Text: m.Content + m.Refusal, Thinking: m.Reasoning,
		Stop: class(openaiStops, finish), Usage: map[string]int64{},
	}
	for _, c := range m.ToolCalls {
		h.Tools = append(h.Tools, toolCall{c.Function.Name, c.Function.Arguments})
	}
	if usage != nil {
		put(h.Usage, "input", usage.Prompt)
		put(h.Usage, "output", usage.Completion)
		put(h.Usage, "cache_read", usage.PromptOf.Cached)
		put(h.Usage, "cache_write", usage.PromptOf.CacheWrite)
		put(h.Usage, "reasoning", usage.CompletionOf.Reasoning)
	}
	return h
}

func TestReadersAgree(t *testing.T) {
	t.Parallel()
	want := heard{
		Text: "Hi there.", Thinking: "Greet.", Stop: "tool", Tools: []toolCall{{"add", `{"n":1.0}`}, {"none", "{}"}},
		Usage: map[string]int64{"input": 10, "output": 7, "cache_read": 4, "cache_write": 1, "reasoning": 2},
	}
	for _, tt := range []struct {
		name string
		read func(string) (heard, error)
		body string
	}{
		{"Anthropic", readAnthropic, `{"content":[{"type":"thinking","thinking":"Greet.","signature":"s"},{"type":"text","text":"Hi there."},
			{"type":"tool_use","id":"t1","name":"add","input":{"n":1.0}},{"type":"tool_use","id":"t2","name":"none","input":{}}],
			"stop_reason":"tool_use","usage":{"input_tokens":5,"cache_read_input_tokens":4,"cache_creation_input_tokens":1,
			"output_tokens":7,"output_tokens_details":{"thinking_tokens":2}}}`},
		{"Anthropic's stream", readAnthropicStream, goodAnthropicStream},
		{"OpenAI", readOpenAI, `{"choices":[{"index":0,"message":{"role":"assistant","content":"Hi there.","refusal":null,
			"reasoning_content":"Greet.","tool_calls":[{"id":"t1","type":"function","function":{"name":"add","arguments":"{\"n\":1.0}"}},
			{"id":"t2","type":"function","function":{"name":"none","arguments":"{}"}}]},"finish_reason":"tool_calls"}],
			"usage":{"prompt_tokens":10,"completion_tokens":7,"prompt_tokens_details":{"cached_tokens":4,"cache_write_tokens":1},
			"completion_tokens_details":{"reasoning_tokens":2}}}`},
		{"OpenAI's stream", readOpenAIStream, goodOpenAIStream},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := tt.read(tt.body)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestReadersHearOfFailures(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		read func(string) (heard, error)
		body string
	}{
		{"Anthropic", readAnthropicStream, "event: message_start\ndata: {\"message\":{\"content\":[]}}\n\n" +
			"event: content_block_start\ndata: {\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n" +
			"event: content_block_delta\ndata: {\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"Hi\"}}\n\n" +
			"event: error\ndata: {\"type\":\"error\",\"error\":{\"message\":\"busy\"}}\n\n"},
		{"OpenAI", readOpenAIStream, "data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}\n\n" +
			"data: {\"error\":{\"message\":\"busy\"}}\n\ndata: [DONE]\n\n"},
	} {
		got, err := tt.read(tt.body)
		if err != nil || got.Failure != "error: busy" || got.Text != "Hi" || got.Stop != "" {
			t.Errorf("%s: %+v, %v, want the text and the failure", tt.name, got, err)
		}
	}
}

func TestReadersRefuse(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		read func(string) (heard, error)
		body string
	}{
		{"no JSON", readAnthropic, "<html>"},
		{"no JSON in a stream", readAnthropicStream, "event: ping\ndata: <html>\n\n"},
		{"a delta of no block", readAnthropicStream, "event: content_block_delta\ndata: {\"index\":0,\"delta\":{}}\n\n"},
		{"no chat", readOpenAI, `[]`},
		{"no choices", readOpenAI, `{"choices":[]}`},
		{"no chunk", readOpenAIStream, "data: hello\n\n"},
		{"a call out of order", readOpenAIStream, "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":1}]}}]}\n\n"},
	} {
		if got, err := tt.read(tt.body); err == nil {
			t.Errorf("%s: read as %+v", tt.name, got)
		}
	}
}
