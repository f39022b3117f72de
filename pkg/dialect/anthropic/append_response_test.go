package anthropic_test

import (
	"strings"
	"testing"

	"github.com/llmgw/llmgw/pkg/dialect/anthropic"
	"github.com/llmgw/llmgw/pkg/llm"
)

// respond gives the body of a whole answer.
func respond(op llm.Op, r llm.Response) string {
	return strings.TrimPrefix(string(anthropic.Frontend{}.AppendResponse([]byte("before"), op, &r)), "before")
}

func TestAppendResponse(t *testing.T) {
	t.Parallel()
	got := respond(llm.OpChat, llm.Response{
		Meta: llm.Meta{ID: "chatcmpl-1", Model: "gpt", Stop: llm.StopTools, Usage: full},
		Parts: []llm.Part{
			llm.Thinking{Text: "a", Signature: "s"},
			llm.Thinking{Text: "b"},
			llm.Thinking{},
			llm.Redacted{Data: "r"},
			llm.Text{},
			llm.Text{Text: "<hi>\n"},
			llm.ToolCall{ID: "c1", Name: "f", Arguments: ` {"n": 1.0}`},
			llm.ToolCall{ID: "c2", Name: "g"},
			llm.Foreign{From: llm.Anthropic, Kind: "x", Raw: []byte(`{"type":"x"}`)},
			llm.Foreign{From: llm.OpenAI, Raw: []byte(`{}`)},
		},
	})
	const begins = `{"id":"msg_chatcmpl-1","type":"message","role":"assistant","model":"gpt","content":[{"type":"thinking"`
	if !strings.HasPrefix(got, begins) {
		t.Errorf("%s does not begin with %s", got, begins)
	}
	same(t, begins+`,"thinking":"a","signature":"s"},{"type":"thinking","thinking":"b","signature":"llmgw-unsigned"},
		{"type":"redacted_thinking","data":"r"},{"type":"text","text":"<hi>\n"},{"type":"tool_use","id":"c1","name":"f","input":{"n":1.0}},
		{"type":"tool_use","id":"c2","name":"g","input":{}},{"type":"x"}],"stop_reason":"tool_use","stop_sequence":null,
		"usage":{"input_tokens":10,"cache_creation_input_tokens":6,"cache_read_input_tokens":4,
		"cache_creation":{"ephemeral_5m_input_tokens":1,"ephemeral_1h_input_tokens":5},"output_tokens":30,
		"output_tokens_details":{"thinking_tokens":12},"server_tool_use":{"web_search_requests":2}}}`, got)
}

func TestAppendResponseOfNothing(t *testing.T) {
	t.Parallel()
	got := respond(llm.OpChat, llm.Response{Meta: llm.Meta{ID: "msg_1", Usage: llm.Usage{Input: 2, CacheRead: 5}}})
	same(t, `{"id":"msg_1","type":"message","role":"assistant","model":"","content":[],"stop_reason":"end_turn","stop_sequence":null,
		"usage":{"input_tokens":0,"cache_creation_input_tokens":0,"cache_read_input_tokens":5,
		"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},"output_tokens":0}}`, got)
	if got := respond(llm.OpChat, llm.Response{}); !strings.HasPrefix(got, `{"id":"msg_`) || strings.HasPrefix(got, `{"id":"msg_"`) {
		t.Errorf("an answer without an id becomes %s", got)
	}
	if got := respond(llm.OpCountTokens, llm.Response{Count: 14}); got != `{"input_tokens":14}` {
		t.Errorf("a count becomes %s", got)
	}
}

func TestAppendResponseStop(t *testing.T) {
	t.Parallel()
	call, words, no := llm.ToolCall{ID: "1", Name: "f"}, llm.Text{Text: "a"}, llm.Refusal{Text: "no"}
	tests := []struct {
		stop llm.Stop
		part llm.Part
		want string
	}{
		{0, words, "end_turn"},
		{llm.StopEnd, words, "end_turn"},
		{llm.StopEnd, call, "tool_use"},
		{llm.StopEnd, no, "end_turn"},
		{llm.StopSafety, no, "refusal"},
		{llm.StopSequence, words, "stop_sequence"},
		{llm.StopSequence, call, "tool_use"},
		{llm.StopLength, words, "max_tokens"},
		{llm.StopLength, call, "max_tokens"},
		{llm.StopContext, call, "model_context_window_exceeded"},
		{llm.StopTools, words, "end_turn"},
		{llm.StopTools, call, "tool_use"},
		{llm.StopSafety, words, "refusal"},
		{llm.StopPause, words, "pause_turn"},
		{llm.StopMalformed, words, "end_turn"},
		{llm.StopMalformed, call, "tool_use"},
	}
	for _, tt := range tests {
		got := respond(llm.OpChat, llm.Response{Meta: llm.Meta{Stop: tt.stop}, Parts: []llm.Part{tt.part}})
		if !strings.Contains(got, `"stop_reason":"`+tt.want+`","stop_sequence":null`) {
			t.Errorf("stop %d with %T: %s, want %s", tt.stop, tt.part, got, tt.want)
		}
	}
	got := respond(llm.OpChat, llm.Response{Meta: llm.Meta{Stop: llm.StopSequence, StopSequence: "E\n"}, Parts: []llm.Part{words}})
	if !strings.Contains(got, `"stop_reason":"stop_sequence","stop_sequence":"E\n"`) {
		t.Error(got)
	}
	if got := respond(llm.OpChat, llm.Response{Parts: []llm.Part{no}}); !strings.Contains(got, `"content":[{"type":"text","text":"no"}]`) {
		t.Errorf("a refusal becomes %s", got)
	}
}

// Whatever stands in place of arguments reaches the client, inside of an object.
func TestAppendResponseArguments(t *testing.T) {
	t.Parallel()
	for arguments, want := range map[string]string{
		``: `{}`, ` `: `{}`, `null`: `{}`, `{}`: `{}`, `{"a":1e400}`: `{"a":1e400}`,
		`{"a":`: `{"invalid_arguments":"{\"a\":"}`, `[1]`: `{"invalid_arguments":"[1]"}`, `"{}"`: `{"invalid_arguments":"\"{}\""}`,
		`{"a":1} {`: `{"invalid_arguments":"{\"a\":1} {"}`,
	} {
		got := respond(llm.OpChat, llm.Response{Parts: []llm.Part{llm.ToolCall{ID: "1", Name: "f", Arguments: arguments}}})
		if !strings.Contains(got, `"input":`+want+`}]`) {
			t.Errorf("%q becomes %s, want %s", arguments, got, want)
		}
		parse(t, got)
	}
	got := respond(llm.OpChat, llm.Response{Parts: []llm.Part{llm.ToolCall{Name: "f"}}})
	if !strings.Contains(got, `"id":"toolu_`) {
		t.Errorf("a call without an id becomes %s", got)
	}
}

func TestAppendErrorOverflow(t *testing.T) {
	t.Parallel()
	tests := []struct {
		e    llm.Error
		want string
	}{
		{llm.Error{Kind: llm.InvalidRequest, Message: "too many", Overflow: &llm.Overflow{Tokens: 200001, Limit: 200000}}, "prompt is too long: 200001 tokens > 200000 maximum"},
		{llm.Error{Kind: llm.InvalidRequest, Message: "maximum context length is 9", Overflow: &llm.Overflow{Limit: 9}}, "prompt is too long: maximum context length is 9"},
		{llm.Error{Kind: llm.TooLarge, Message: "prompt is too long for m", Overflow: &llm.Overflow{}}, "prompt is too long for m"},
		{llm.Error{Kind: llm.Upstream, Overflow: &llm.Overflow{}, Upstream: &llm.Answer{Status: 500}}, "prompt is too long"},
	}
	for _, tt := range tests {
		status, body := anthropic.Frontend{}.AppendError(nil, &tt.e, "")
		want := `{"type":"error","error":{"type":"invalid_request_error","message":"` + tt.want + `"}}`
		if status != 400 || string(body) != want {
			t.Errorf("%d %s, want 400 %s", status, body, want)
		}
	}
}
