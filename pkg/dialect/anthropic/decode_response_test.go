package anthropic_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llmgw/llmgw/pkg/dialect/anthropic"
	"github.com/llmgw/llmgw/pkg/llm"
)

func TestDecodeResponse(t *testing.T) {
	t.Parallel()
	body := []byte(`{"id":"msg_1","type":"message","role":"assistant","model":"claude-x","content":[{"type":"thinking","thinking":"hm","signature":"s"},` +
		`{"type":"thinking","thinking":"","signature":"only"},{"type":"redacted_thinking","data":"r"},{"type":"text","text":"é\n","citations":null},` +
		`{"type":"server_tool_use","id":"st","name":"web_search","input":{}},{"type":"tool_use","id":"t1","name":"f","input":{ "n":1.0 }},` +
		`{"type":"tool_use","id":"t2","name":"g","input":{}},{"type":"tool_use","id":"t3","name":"h"}],"stop_reason":"stop_sequence","stop_sequence":"E\u000a",` +
		`"usage":{"input_tokens":10,"cache_read_input_tokens":4,"cache_creation_input_tokens":6,"cache_creation":{"ephemeral_5m_input_tokens":1,"ephemeral_1h_input_tokens":5},` +
		`"output_tokens":30,"output_tokens_details":{"thinking_tokens":12},"server_tool_use":{"web_search_requests":2}}}`)
	want := &llm.Response{
		Meta: llm.Meta{Usage: full, StopReason: "stop_sequence", Stop: llm.StopSequence, StopSequence: "E\n", ID: "msg_1", Model: "claude-x"},
		Parts: []llm.Part{
			llm.Thinking{Text: "hm", Signature: "s"},
			llm.Thinking{Signature: "only"},
			llm.Redacted{Data: "r"},
			llm.Text{Text: "é\n"},
			llm.Foreign{From: llm.Anthropic, Kind: "server_tool_use", Raw: []byte(`{"type":"server_tool_use","id":"st","name":"web_search","input":{}}`)},
			llm.ToolCall{ID: "t1", Name: "f", Arguments: `{ "n":1.0 }`},
			llm.ToolCall{ID: "t2", Name: "g", Arguments: `{}`},
			llm.ToolCall{ID: "t3", Name: "h"},
		},
	}
	got, err := anthropic.Backend{}.DecodeResponse(llm.OpChat, body)
	if err != nil {
		t.Fatal(err)
	}
	for i := range body {
		body[i] = 'x' // whose memory is used again
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestDecodeResponseKinds(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]llm.Stop{
		"end_turn": llm.StopEnd, "max_tokens": llm.StopLength, "tool_use": llm.StopTools, "refusal": llm.StopSafety, "pause_turn": llm.StopPause,
		"model_context_window_exceeded": llm.StopContext, "compaction": llm.StopPause, "new_reason": llm.StopEnd,
	} {
		r, err := anthropic.Backend{}.DecodeResponse(llm.OpChat, []byte(`{"type":"message","content":null,"stop_reason":"`+word+`"}`))
		if err != nil || r.Meta.Stop != want || r.Meta.StopReason != word || len(r.Parts) > 0 {
			t.Errorf("%s is %+v, %v", word, r, err)
		}
	}
	r, err := anthropic.Backend{}.DecodeResponse(llm.OpCountTokens, []byte(`{"input_tokens":14}`))
	if err != nil || r.Count != 14 {
		t.Errorf("a count is %+v, %v", r, err)
	}
}

func TestDecodeResponseRefuses(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		``, `{`, `[]`, `"x"`, `{}`, `{"type":"error","error":{"type":"api_error","message":"m"}}`, `{"input_tokens":1}`, `{"content":"text"}`,
		`{"content":["text"]}`, `{"content":[{"text":"a"}]}`, `{"content":[{"type":"text"}]}`, `{"content":[{"type":"tool_use","id":"1"}]}`,
	} {
		if r, err := (anthropic.Backend{}).DecodeResponse(llm.OpChat, []byte(body)); err == nil {
			t.Errorf("%s is %+v", body, r)
		}
	}
	for _, body := range []string{`{}`, `{"input_tokens":"1"}`, `{"input_tokens":-1}`, `x`} {
		if r, err := (anthropic.Backend{}).DecodeResponse(llm.OpCountTokens, []byte(body)); err == nil {
			t.Errorf("%s is %+v", body, r)
		}
	}
}

func FuzzDecodeResponseAnthropic(f *testing.F) {
	for _, s := range []string{
		`{"id":"m","type":"message","content":[{"type":"text","text":"a"},{"type":"tool_use","id":"1","name":"f","input":{}}],"stop_reason":"tool_use"}`,
		`{"content":[{"type":"thinking","thinking":"a","signature":"b"},{"type":"x"}]}`, `{"content":[{"type":"tool_use","name":"f","input":"{"}]}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := anthropic.Backend{}.DecodeResponse(llm.OpChat, body)
		if err != nil {
			return
		}
		parse(t, respond(llm.OpChat, *r))
	})
}
