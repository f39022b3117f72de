package openai_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llmgw/llmgw/pkg/dialect/openai"
	"github.com/llmgw/llmgw/pkg/llm"
)

func TestDecodeResponse(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, message, reason string
		want                  []llm.Part
		stop                  llm.Stop
	}{
		{"text", `{"role":"assistant","content":"a\u00e9","refusal":null,"tool_calls":null}`, "stop", []llm.Part{llm.Text{Text: "aé"}}, llm.StopEnd},
		{"nothing", `{"content":null}`, "length", nil, llm.StopLength},
		{"an empty call", `{"content":"a","function_call":{"name":"","arguments":""},"audio":{"data":"","transcript":""},"tool_calls":[]}`, "", []llm.Part{llm.Text{Text: "a"}}, llm.StopEnd},
		{"a refusal", `{"content":null,"refusal":"no"}`, "content_filter", []llm.Part{llm.Refusal{Text: "no"}}, llm.StopSafety},
		{"speech", `{"content":null,"audio":{"id":"x","transcript":"said"}}`, "stop", []llm.Part{llm.Text{Text: "said"}}, llm.StopEnd},
		{"reasoning_content", `{"content":"a","reasoning_content":"t","reasoning":null}`, "eos", []llm.Part{llm.Thinking{Text: "t"}, llm.Text{Text: "a"}}, llm.StopEnd},
		{"two forms of one thought", `{"content":"a","reasoning":"tu","reasoning_details":[{"type":"reasoning.text","text":"t"},{"type":"reasoning.text","text":"u"}]}`, "stop", []llm.Part{llm.Thinking{Text: "tu"}, llm.Text{Text: "a"}}, llm.StopEnd},
		{"details alone", `{"content":"a","reasoning_details":[{"type":"reasoning.summary","summary":"t"},{"type":"reasoning.encrypted","data":"d"}]}`, "stop", []llm.Part{llm.Thinking{Text: "t"}, llm.Text{Text: "a"}}, llm.StopEnd},
		{
			"details that are signed", `{"content":"a","reasoning":"t","reasoning_details":[{"type":"reasoning.text","text":"t","signature":"s","format":"anthropic-claude-v1"},{"type":"reasoning.encrypted","data":"d","format":"anthropic-claude-v1"}]}`, "stop",
			[]llm.Part{llm.Thinking{Text: "t", Signature: "s"}, llm.Redacted{Data: "d"}, llm.Text{Text: "a"}},
			llm.StopEnd,
		},
		{"a signature beside the text", `{"content":"a","reasoning":"t","reasoning_details":[{"signature":"s","format":"anthropic-claude-v1"}]}`, "stop", []llm.Part{llm.Thinking{Text: "t", Signature: "s"}, llm.Text{Text: "a"}}, llm.StopEnd},
		{
			"LiteLLM's blocks", `{"content":"a","reasoning_content":"t","thinking_blocks":[{"type":"thinking","thinking":"t","signature":"s"},{"type":"redacted_thinking","data":"d"}]}`, "stop",
			[]llm.Part{llm.Thinking{Text: "t", Signature: "s"}, llm.Redacted{Data: "d"}, llm.Text{Text: "a"}},
			llm.StopEnd,
		},
		{
			"Mistral's content", `{"content":[{"type":"thinking","thinking":[{"type":"text","text":"t"},{"type":"text","text":"u"}],"closed":true},{"type":"text","text":"a"},{"type":"reference"}]}`, "model_length",
			[]llm.Part{llm.Thinking{Text: "tu"}, llm.Text{Text: "a"}},
			llm.StopLength,
		},
		{"think tags are text", `{"content":"<think>t</think>a"}`, "stop", []llm.Part{llm.Text{Text: "<think>t</think>a"}}, llm.StopEnd},
		{
			"calls", `{"content":"a","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"x\":1.0}"}},{"index":1,"id":"c2","function":{"name":"g","arguments":{"y": 2.50}}},` +
				`{"id":"c3","type":"function","function":{"name":"h","arguments":""},"extra_content":{"google":{"thought_signature":"s"}}}]}`, "stop",
			[]llm.Part{
				llm.Text{Text: "a"},
				llm.ToolCall{ID: "c1", Name: "f", Arguments: `{"x":1.0}`},
				llm.ToolCall{ID: "c2", Name: "g", Arguments: `{"y": 2.50}`},
				llm.ToolCall{ID: "c3", Name: "h", Signature: "s"},
			},
			llm.StopTools,
		},
		{
			"calls without ids", `{"tool_calls":[{"id":null,"function":{"name":"f","arguments":"broken {"}},{"function":{"name":"f","arguments":null}}]}`, "length",
			[]llm.Part{llm.ToolCall{ID: "call_O5T5mUIgXWNlp7UprviPPZjM", Name: "f", Arguments: "broken {"}, llm.ToolCall{ID: "call_HkR5RBAzfgWBxmB0BN8duQMB", Name: "f"}},
			llm.StopLength,
		},
		{"a legacy call", `{"content":null,"function_call":{"name":"f","arguments":"{}"}}`, "function_call", []llm.Part{llm.ToolCall{ID: "call_O5T5mUIgXWNlp7UprviPPZjM", Name: "f", Arguments: "{}"}}, llm.StopTools},
		{
			"a custom call", `{"content":null,"tool_calls":[{"id":"c1","type":"custom","custom":{"name":"f","input":"x"}}]}`, "tool_calls",
			[]llm.Part{llm.Foreign{From: llm.OpenAI, Kind: "custom", Raw: []byte(`{"id":"c1","type":"custom","custom":{"name":"f","input":"x"}}`)}},
			llm.StopTools,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			body := `{"id":"c1","model":"m","choices":[{"index":1,"message":{"content":"other"}},{"index":0,"message":` + tt.message + `,"finish_reason":"` + tt.reason + `"}],` +
				`"usage":{"prompt_tokens":5,"completion_tokens":2}}`
			r, err := openai.Backend{}.DecodeResponse(llm.OpChat, []byte(body))
			if err != nil {
				t.Fatal(err)
			}
			want := &llm.Response{
				Meta:  llm.Meta{ID: "c1", Model: "m", StopReason: tt.reason, Stop: tt.stop, Usage: llm.Usage{Input: 5, Output: 2, Reported: true}},
				Parts: tt.want,
			}
			if diff := cmp.Diff(want, r); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestDecodeResponseOfCompletions(t *testing.T) {
	t.Parallel()
	r, err := openai.Backend{}.DecodeResponse(llm.OpCompletion, []byte(`{"id":"cmpl-1","choices":[{"text":"a","finish_reason":"stop"}]}`))
	if err != nil || cmp.Diff([]llm.Part{llm.Text{Text: "a"}}, r.Parts) != "" || r.Meta.Stop != llm.StopEnd {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestDecodeResponseOfEmbeddings(t *testing.T) {
	t.Parallel()
	numbers := llm.Vector{Numbers: []llm.Number{"1.0", "-2e-1"}}
	text := llm.Vector{Base64: "AACAPw=="}
	tests := []struct {
		data string
		want []llm.Vector
	}{
		{`[{"embedding":[1.0, -2e-1],"index":0},{"embedding":"AACAPw==","index":1}]`, []llm.Vector{numbers, text}},
		{`[{"embedding":"AACAPw==","index":1},{"embedding":[1.0,-2e-1],"index":0}]`, []llm.Vector{numbers, text}},
		{`[{"embedding":"AACAPw=="},{"embedding":[1.0,-2e-1]}]`, []llm.Vector{text, numbers}},
		{`[{"embedding":"AACAPw==","index":0},{"embedding":[1.0,-2e-1],"index":0}]`, []llm.Vector{text, numbers}},
		{`[{"embedding":"AACAPw==","index":9}]`, []llm.Vector{text}},
	}
	for _, tt := range tests {
		body := `{"object":"list","model":"m","data":` + tt.data + `,"usage":{"prompt_tokens":3,"total_tokens":3}}`
		r, err := openai.Backend{}.DecodeResponse(llm.OpEmbeddings, []byte(body))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, r.Vectors); diff != "" || r.Meta.Usage.Input != 3 {
			t.Errorf("%s, usage %+v (-want +got):\n%s", tt.data, r.Meta.Usage, diff)
		}
	}
}

func TestDecodeResponseRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		op   llm.Op
		body string
	}{
		{llm.OpChat, ``},
		{llm.OpChat, `<html>`},
		{llm.OpChat, `{"id":"x"}`},
		{llm.OpChat, `{"choices":[]}`},
		{llm.OpChat, `{"choices":[{"message":{"content":"a"}}],"usage":{`},
		{llm.OpEmbeddings, `{"choices":[{"message":{"content":"a"}}]}`},
		{llm.OpEmbeddings, `{"data":[]}`},
		{llm.OpEmbeddings, `{"data":[{"embedding":{"float":[1]}}]}`},
		{llm.OpEmbeddings, `{"data":[{"embedding":[1,"x"]}]}`},
	}
	for _, tt := range tests {
		if r, err := (openai.Backend{}).DecodeResponse(tt.op, []byte(tt.body)); err == nil {
			t.Errorf("%s reads as %+v", tt.body, r)
		}
	}
	var e *llm.Error
	_, err := openai.Backend{}.DecodeResponse(llm.OpChat, []byte(`{"error":{"message":"no room","code":503}}`))
	if !errors.As(err, &e) || e.Kind != llm.Overloaded || !strings.Contains(e.Message, "no room") {
		t.Errorf("error %v", err)
	}
}
