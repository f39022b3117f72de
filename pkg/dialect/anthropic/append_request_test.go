package anthropic_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llmgw/llmgw/pkg/dialect"
	"github.com/llmgw/llmgw/pkg/dialect/anthropic"
	"github.com/llmgw/llmgw/pkg/llm"
)

// encode gives the body for a conversation, with what was dropped.
func encode(req *llm.Request) (body string, dropped []string, err error) {
	l := dialect.Losses{Drop: req.Translate.DropParams, Spell: req.Translate.ParamName}
	b, err := anthropic.Backend{}.AppendRequest([]byte("before"), req, &l)
	return strings.TrimPrefix(string(b), "before"), l.Dropped, err
}

// request is a call of the model m for a conversation that begins with a hello
// where it has no messages.
func request(c llm.Conversation) *llm.Request {
	if c.Messages == nil {
		c.Messages = []llm.Message{says("hello")}
	}
	return &llm.Request{Op: llm.OpChat, Model: "m", Translate: &llm.Translation{Conversation: &c}}
}

func says(text string) llm.Message {
	return llm.Message{Role: llm.User, Parts: []llm.Part{llm.Text{Text: text}}}
}

func replies(parts ...llm.Part) llm.Message {
	return llm.Message{Role: llm.Assistant, Parts: parts}
}

func userSends(parts ...llm.Part) llm.Message {
	return llm.Message{Role: llm.User, Parts: parts}
}

// same compares JSON texts: members in any order, numbers as they are written.
func same(t *testing.T, want, got string) {
	t.Helper()
	if diff := cmp.Diff(parse(t, want), parse(t, got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func parse(t *testing.T, text string) any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return v
}

func TestAppendRequest(t *testing.T) {
	t.Parallel()
	no := false
	req := request(llm.Conversation{
		System: []llm.Text{{Text: "Be brief."}, {Text: " "}, {Text: "Be <kind>.", Cache: hourMark}},
		Messages: []llm.Message{
			says("one"), says("two"),
			replies(llm.Text{Text: "calling"}, llm.Thinking{Text: "hm", Signature: "sig"}, llm.Thinking{Text: "unsigned"}, llm.Redacted{Data: "r"},
				llm.ToolCall{ID: "call:1", Name: "f", Arguments: `{"n": 1.0}`}, llm.ToolCall{ID: "c2", Name: "g", Cache: mark}),
			userSends(llm.ToolResult{CallID: "call:1", Parts: []llm.Part{llm.Text{Text: "1"}, llm.Media{Kind: llm.Image, URL: "u"}}}),
			userSends(llm.Text{Text: "and"}, llm.ToolResult{CallID: "c2", Parts: []llm.Part{llm.Text{Text: "no"}}, Failed: true, Cache: mark}),
		},
		Tools: []llm.Tool{
			{Name: "f", Description: "d", Parameters: []byte(` {"properties":{"n":{"minimum":1.0}}}`), Strict: &yes, Cache: mark},
			{Name: "g", Strict: &no},
			{Name: "bash", Foreign: &llm.Foreign{From: llm.Anthropic, Kind: "bash_20250124", Raw: []byte(`{"type":"bash_20250124","name":"bash"}`)}},
		},
		Choice: llm.ToolChoice{Mode: llm.ToolAuto}, OneToolAtATime: true,
		Format: llm.Format{Kind: llm.FormatSchema, Name: "n", Schema: []byte(`{"type":"object"}`)}, MaxOutput: 9000,
		Stop: []string{"END", " \n"}, Choices: 1, Sampling: llm.Sampling{TopP: "0.95", Seed: "5"},
		Reasoning: &llm.Reasoning{Effort: "low"}, User: "u", Cache: mark, ServiceTier: "auto",
		Extra: []llm.Parameter{
			{Name: "container", Value: []byte(`"c"`), From: llm.Anthropic}, {Name: "store", Value: []byte("true"), From: llm.OpenAI, Hint: true},
		},
	})
	req.Stream = true
	body, dropped, err := encode(req)
	if err != nil {
		t.Fatal(err)
	}
	same(t, `{"model":"m","max_tokens":9000,
		"system":[{"type":"text","text":"Be brief."},{"type":"text","text":"Be <kind>.","cache_control":{"type":"ephemeral","ttl":"1h"}}],
		"messages":[
			{"role":"user","content":[{"type":"text","text":"one"},{"type":"text","text":"two"}]},
			{"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"sig"},{"type":"redacted_thinking","data":"r"},
				{"type":"text","text":"calling"},{"type":"tool_use","id":"call_1_95b5b0995da20468","name":"f","input":{"n":1.0}},
				{"type":"tool_use","id":"c2","name":"g","input":{},"cache_control":{"type":"ephemeral"}}]},
			{"role":"user","content":[
				{"type":"tool_result","tool_use_id":"call_1_95b5b0995da20468","content":[{"type":"text","text":"1"},{"type":"image","source":{"type":"url","url":"u"}}]},
				{"type":"tool_result","tool_use_id":"c2","content":"no","is_error":true,"cache_control":{"type":"ephemeral"}},
				{"type":"text","text":"and"}]}],
		"tools":[{"name":"f","description":"d","input_schema":{"type":"object","properties":{"n":{"minimum":1.0}}},"strict":true,"cache_control":{"type":"ephemeral"}},
			{"name":"g","input_schema":{"type":"object"},"strict":false},{"type":"bash_20250124","name":"bash"}],
		"tool_choice":{"type":"auto","disable_parallel_tool_use":true},
		"thinking":{"type":"enabled","budget_tokens":2048},
		"output_config":{"format":{"type":"json_schema","schema":{"type":"object"}}},
		"cache_control":{"type":"ephemeral"},"top_p":0.95,"stop_sequences":["END"],"metadata":{"user_id":"u"},"service_tier":"auto",
		"stream":true,"container":"c"}`, body)
	if diff := cmp.Diff([]string{"seed", "stop", "store"}, dropped); diff != "" {
		t.Errorf("dropped (-want +got):\n%s", diff)
	}
}

func TestAppendRequestMessages(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		messages []llm.Message
		want     string
		dropped  []string
	}{
		{"no messages", []llm.Message{}, `[{"role":"user","content":"."}]`, nil},
		{"the assistant begins", []llm.Message{replies(llm.Text{Text: "hi"}), says("ho")}, `[{"role":"user","content":"."},{"role":"assistant","content":"hi"},{"role":"user","content":"ho"}]`, nil},
		{
			"nothing to show",
			[]llm.Message{says("a"), replies(llm.Text{Text: " "}, llm.Thinking{Text: "x"}), says(""), says("b")},
			`[{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}]`, nil,
		},
		{
			"an instruction in between",
			[]llm.Message{says("a"), {Role: llm.System, Parts: []llm.Part{llm.Text{Text: "x"}, llm.Text{Text: "y", Cache: mark}}}, replies(llm.Text{Text: "b"})},
			`[{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"<system>\nx\ny\n</system>","cache_control":{"type":"ephemeral"}}]},{"role":"assistant","content":"b"}]`, nil,
		},
		{
			"an instruction between call and result",
			[]llm.Message{says("a"), replies(llm.ToolCall{ID: "1", Name: "f", Arguments: "null"}), {Role: llm.System, Parts: []llm.Part{llm.Text{Text: "x"}}}, userSends(llm.ToolResult{CallID: "1"})},
			`[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"tool_use","id":"1","name":"f","input":{}}]},` +
				`{"role":"user","content":[{"type":"tool_result","tool_use_id":"1"},{"type":"text","text":"<system>\nx\n</system>"}]}]`, nil,
		},
		{"prefill", []llm.Message{says("a"), replies(llm.Text{Text: "{ \n"})}, `[{"role":"user","content":"a"},{"role":"assistant","content":"{"}]`, nil},
		{"refusal", []llm.Message{says("a"), replies(llm.Refusal{Text: "no"}), says("b")}, `[{"role":"user","content":"a"},{"role":"assistant","content":"no"},{"role":"user","content":"b"}]`, nil},
		{
			"thoughts in between",
			[]llm.Message{says("a"), replies(llm.Thinking{Text: "1", Signature: "s"}, llm.Text{Text: "t"}, llm.Thinking{Signature: "s2"}), says("b")},
			`[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"thinking","thinking":"1","signature":"s"},{"type":"text","text":"t"},` +
				`{"type":"thinking","thinking":"","signature":"s2"}]},{"role":"user","content":"b"}]`, nil,
		},
		{
			"media",
			[]llm.Message{userSends(
				llm.Media{Kind: llm.Image, Type: "image/JPG", Data: "aGk=", Detail: "low", Cache: mark}, llm.Media{Kind: llm.Image, FileID: "f"},
				llm.Media{Kind: llm.Document, Type: "application/pdf", Data: "aGk=", Title: "T", Context: "C"}, llm.Media{Kind: llm.Document, URL: "u"},
				llm.Media{Kind: llm.Document, FileID: "f"}, llm.Media{Kind: llm.Document, Text: "words"}, llm.Media{Kind: llm.Document, Type: "text/markdown", Data: "aGk=", Title: "a.md"},
			)},
			`[{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/jpeg","data":"aGk="},"cache_control":{"type":"ephemeral"}},` +
				`{"type":"image","source":{"type":"file","file_id":"f"}},{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"aGk="},"title":"T","context":"C"},` +
				`{"type":"document","source":{"type":"url","url":"u"}},{"type":"document","source":{"type":"file","file_id":"f"}},` +
				`{"type":"document","source":{"type":"text","media_type":"text/plain","data":"words"}},{"type":"document","source":{"type":"text","media_type":"text/plain","data":"hi"},"title":"a.md"}]}]`, nil,
		},
		{
			"foreign",
			[]llm.Message{userSends(llm.Text{Text: "a"}, llm.Foreign{From: llm.Anthropic, Kind: "x", Raw: []byte(`{"type":"x"}`)}, llm.Foreign{From: llm.OpenAI, Kind: "y", Raw: []byte(`{}`)})},
			`[{"role":"user","content":[{"type":"text","text":"a"},{"type":"x"}]}]`,
			[]string{"messages.content"},
		},
		{"a name", []llm.Message{{Role: llm.User, Name: "Ann", Parts: []llm.Part{llm.Text{Text: "a"}}}}, `[{"role":"user","content":"a"}]`, []string{"name"}},
		{
			"ids",
			[]llm.Message{says("a"), replies(llm.ToolCall{ID: "a b", Name: "f"}, llm.ToolCall{ID: "a.b", Name: "f"}, llm.ToolCall{Name: "f"}), userSends(llm.ToolResult{CallID: "a.b"})},
			`[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"tool_use","id":"a_b_e63f991904833892","name":"f","input":{}},{"type":"tool_use","id":"a_b_e61d99190466522c","name":"f","input":{}},` +
				`{"type":"tool_use","id":"_cbf29ce484222325","name":"f","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"a_b_e61d99190466522c"}]}]`, nil,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			body, dropped, err := encode(request(llm.Conversation{Messages: tt.messages}))
			if err != nil {
				t.Fatal(err)
			}
			same(t, `{"model":"m","max_tokens":4096,"messages":`+tt.want+`}`, body)
			if diff := cmp.Diff(tt.dropped, dropped); diff != "" {
				t.Errorf("dropped (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAppendRequestParameters(t *testing.T) {
	t.Parallel()
	tool := []llm.Tool{{Name: "f", Parameters: []byte(`{"type":"object"}`)}}
	const tools = `"tools":[{"name":"f","input_schema":{"type":"object"}}],`
	tests := []struct {
		name    string
		conv    llm.Conversation
		want    string // beside model, max_tokens and messages
		dropped []string
	}{
		{"system", llm.Conversation{System: []llm.Text{{Text: "s"}}}, `"system":"s"`, nil},
		{"system with a mark", llm.Conversation{System: []llm.Text{{Text: "s", Cache: mark}}}, `"system":[{"type":"text","text":"s","cache_control":{"type":"ephemeral"}}]`, nil},
		{"some JSON", llm.Conversation{Format: llm.Format{Kind: llm.FormatJSON}}, `"system":"Answer with one JSON object and nothing else: no prose around it, no code fence."`, nil},
		{"no tools called", llm.Conversation{Tools: tool, Choice: llm.ToolChoice{Mode: llm.ToolNone}, OneToolAtATime: true}, tools + `"tool_choice":{"type":"none"}`, nil},
		{"any tool", llm.Conversation{Tools: tool, Choice: llm.ToolChoice{Mode: llm.ToolAny}}, tools + `"tool_choice":{"type":"any"}`, nil},
		{"a named tool", llm.Conversation{Tools: tool, Choice: llm.ToolChoice{Mode: llm.ToolNamed, Name: "f"}}, tools + `"tool_choice":{"type":"tool","name":"f"}`, nil},
		{"one tool at a time", llm.Conversation{Tools: tool, OneToolAtATime: true}, tools + `"tool_choice":{"type":"auto","disable_parallel_tool_use":true}`, nil},
		{"choice without tools", llm.Conversation{Choice: llm.ToolChoice{Mode: llm.ToolAuto}, OneToolAtATime: true}, ``, nil},
		{"forced without tools", llm.Conversation{Choice: llm.ToolChoice{Mode: llm.ToolAny}}, ``, []string{"tool_choice"}},
		{"sampling", llm.Conversation{Sampling: llm.Sampling{Temperature: "0.70", TopK: "5"}}, `"temperature":0.70,"top_k":5`, nil},
		{"both samplings", llm.Conversation{Sampling: llm.Sampling{Temperature: "0.7", TopP: "0.9"}}, `"temperature":0.7,"top_p":0.9`, nil},
		{"a top_p that means nothing", llm.Conversation{Sampling: llm.Sampling{Temperature: "0.7", TopP: "1.0"}}, `"temperature":0.7`, nil},
		{
			"nothing like it",
			llm.Conversation{Sampling: llm.Sampling{Seed: "1", FrequencyPenalty: "0.5", PresencePenalty: "0.0", LogitBias: []byte("{}"), TopLogprobs: "0"}, ServiceTier: "flex"},
			``,
			[]string{"seed", "frequency_penalty", "service_tier"},
		},
		{"usual tier", llm.Conversation{ServiceTier: "default"}, `"service_tier":"standard_only"`, nil},
		{"thinking off", llm.Conversation{Reasoning: &llm.Reasoning{Off: true}, Sampling: llm.Sampling{Temperature: "0.5"}}, `"thinking":{"type":"disabled"},"temperature":0.5`, nil},
		{"adaptive", llm.Conversation{Reasoning: &llm.Reasoning{Adaptive: true, Effort: "minimal", Display: "omitted"}}, `"thinking":{"type":"adaptive","display":"omitted"},"output_config":{"effort":"low"}`, nil},
		{
			"adaptive with a schema",
			llm.Conversation{Reasoning: &llm.Reasoning{Adaptive: true, Effort: "high"}, Format: llm.Format{Kind: llm.FormatSchema, Schema: []byte(`{"a":1}`)}},
			`"thinking":{"type":"adaptive"},"output_config":{"effort":"high","format":{"type":"json_schema","schema":{"a":1}}}`, nil,
		},
		{"budget", llm.Conversation{Reasoning: &llm.Reasoning{Budget: 3500, Display: "summarized"}}, `"thinking":{"type":"enabled","budget_tokens":3500,"display":"summarized"}`, nil},
		{"small budget", llm.Conversation{Reasoning: &llm.Reasoning{Budget: 5}}, `"thinking":{"type":"enabled","budget_tokens":1024}`, nil},
		{"budget over the limit", llm.Conversation{Reasoning: &llm.Reasoning{Budget: 10000}}, `"thinking":{"type":"enabled","budget_tokens":3072}`, nil},
		{"effort over the limit", llm.Conversation{Reasoning: &llm.Reasoning{Effort: "high"}}, `"thinking":{"type":"enabled","budget_tokens":3072}`, nil},
		{"unknown effort", llm.Conversation{Reasoning: &llm.Reasoning{Effort: "wild"}}, ``, []string{"reasoning_effort"}},
		{"says nothing", llm.Conversation{Reasoning: &llm.Reasoning{Display: "omitted"}}, ``, nil},
		{
			"sampling with thinking",
			llm.Conversation{Reasoning: &llm.Reasoning{Effort: "minimal"}, Sampling: llm.Sampling{Temperature: "1.5", TopP: "0.5", TopK: "4"}},
			`"thinking":{"type":"enabled","budget_tokens":1024}`,
			[]string{"temperature", "top_p", "top_k"},
		},
		{"temperature 1 with thinking", llm.Conversation{Reasoning: &llm.Reasoning{Effort: "low"}, Sampling: llm.Sampling{Temperature: "1.0"}}, `"thinking":{"type":"enabled","budget_tokens":2048},"temperature":1.0`, nil},
		{
			"forced tools with thinking",
			llm.Conversation{Tools: tool, Choice: llm.ToolChoice{Mode: llm.ToolAny}, Reasoning: &llm.Reasoning{Effort: "low"}, Sampling: llm.Sampling{TopK: "4"}},
			tools + `"tool_choice":{"type":"any"},"top_k":4`,
			[]string{"reasoning_effort"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			body, dropped, err := encode(request(tt.conv))
			if err != nil {
				t.Fatal(err)
			}
			want := `{"model":"m","max_tokens":4096,"messages":[{"role":"user","content":"hello"}]`
			if tt.want != "" {
				want += "," + tt.want
			}
			same(t, want+"}", body)
			if diff := cmp.Diff(tt.dropped, dropped); diff != "" {
				t.Errorf("dropped (-want +got):\n%s", diff)
			}
		})
	}
}

// Thinking goes with an assistant's last turn only where that begins with thoughts.
func TestAppendRequestThinkingInLoops(t *testing.T) {
	t.Parallel()
	call := llm.ToolCall{ID: "1", Name: "f"}
	result := userSends(llm.ToolResult{CallID: "1"})
	tests := []struct {
		name     string
		messages []llm.Message
		want     bool
	}{
		{"no assistant", []llm.Message{says("a")}, true},
		{"words", []llm.Message{says("a"), replies(llm.Text{Text: "b"}), says("c")}, true},
		{"signed", []llm.Message{says("a"), replies(call, llm.Thinking{Signature: "s"}), result}, true},
		{"redacted", []llm.Message{says("a"), replies(llm.Redacted{Data: "r"}, call), result}, true},
		{"unsigned", []llm.Message{says("a"), replies(llm.Thinking{Text: "t"}, call), result}, false},
		{"none", []llm.Message{says("a"), replies(call), result}, false},
		{"none, then words", []llm.Message{says("a"), replies(call), result, says("b")}, false},
		{"an older one", []llm.Message{says("a"), replies(call), result, replies(llm.Text{Text: "b"}), says("c")}, true},
		{"prefill", []llm.Message{says("a"), replies(llm.Text{Text: "b"})}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, r := range []llm.Reasoning{{Effort: "low"}, {Budget: 2000}} {
				body, dropped, err := encode(request(llm.Conversation{Messages: tt.messages, Reasoning: &r}))
				if err != nil {
					t.Fatal(err)
				}
				if got := strings.Contains(body, `"thinking":{"type":"enabled"`); got != tt.want || got != (len(dropped) == 0) {
					t.Errorf("thinking is %v, dropped %v: %s", got, dropped, body)
				}
			}
		})
	}
}

func TestAppendRequestLimit(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		edit  func(r *llm.Request)
		limit string
	}{
		{"nobody says", func(*llm.Request) {}, "4096"},
		{"the model's", func(r *llm.Request) { r.Translate.Model.MaxOutput = 7 }, "7"},
		{"the deployment's", func(r *llm.Request) {
			r.Translate.Model.MaxOutput = 7
			r.Edits.Defaults = []llm.Default{{Name: "max_tokens", Value: []byte("8")}}
		}, "8"},
		{"the deployment's, by OpenAI's name", func(r *llm.Request) {
			r.Edits.Defaults = []llm.Default{{Name: "max_completion_tokens", Value: []byte("8")}}
		}, "8"},
		{"the client's", func(r *llm.Request) {
			r.Translate.Conversation.MaxOutput = 9
			r.Edits.Defaults = []llm.Default{{Name: "max_tokens", Value: []byte("8")}}
		}, "9"},
		{"the gateway's", func(r *llm.Request) { r.Translate.Conversation.MaxOutput, r.Edits.MaxOutput = 9, 10 }, "10"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			req := request(llm.Conversation{})
			tt.edit(req)
			body, _, err := encode(req)
			if err != nil {
				t.Fatal(err)
			}
			same(t, `{"model":"m","max_tokens":`+tt.limit+`,"messages":[{"role":"user","content":"hello"}]}`, body)
		})
	}
	req := request(llm.Conversation{MaxOutput: 1024, Reasoning: &llm.Reasoning{Effort: "low"}})
	body, dropped, err := encode(req)
	if err != nil || strings.Contains(body, "thinking") || !cmp.Equal(dropped, []string{"reasoning_effort"}) {
		t.Errorf("no room for thoughts: %s, dropped %v, %v", body, dropped, err)
	}
}

func TestAppendRequestDefaults(t *testing.T) {
	t.Parallel()
	defaults := []llm.Default{
		{Name: "temperature", Value: []byte("0.5")},
		{Name: "top_k", Value: []byte("3")},
		{Name: "stop_sequences", Value: []byte(`["x"]`)},
		{Name: "tool_choice", Value: []byte(`{"type":"any"}`)},
		{Name: "model", Value: []byte(`"n"`)},
		{Name: "new", Value: []byte("1.0")},
	}
	thinking := llm.Default{Name: "thinking", Value: []byte(`{"type":"enabled","budget_tokens":2000}`)}
	const always = `"stop_sequences":["x"],"new":1.0`
	tests := []struct {
		name     string
		conv     llm.Conversation
		defaults []llm.Default
		want     string
	}{
		{"all", llm.Conversation{}, defaults, always + `,"temperature":0.5,"top_k":3`},
		{"the client's first", llm.Conversation{Sampling: llm.Sampling{Temperature: "0.1"}, Stop: []string{"y"}}, defaults, `"temperature":0.1,"stop_sequences":["y"],"top_k":3,"new":1.0`},
		{"not with thinking", llm.Conversation{Reasoning: &llm.Reasoning{Budget: 2000}}, defaults, always + `,"thinking":{"type":"enabled","budget_tokens":2000}`},
		{"thinking", llm.Conversation{}, append(defaults[:2:2], thinking), `"thinking":{"type":"enabled","budget_tokens":2000}`},
		{"no thinking beside a temperature", llm.Conversation{Sampling: llm.Sampling{Temperature: "0.1"}}, []llm.Default{thinking}, `"temperature":0.1`},
		{"no thinking in a small answer", llm.Conversation{MaxOutput: 1500}, []llm.Default{thinking}, ``},
		{"no thinking for who wants none", llm.Conversation{Reasoning: &llm.Reasoning{Off: true}}, []llm.Default{thinking}, `"thinking":{"type":"disabled"}`},
		{"effort", llm.Conversation{}, []llm.Default{{Name: "reasoning_effort", Value: []byte(`"low"`)}}, `"thinking":{"type":"enabled","budget_tokens":2048}`},
		{"names of OpenAI's", llm.Conversation{}, []llm.Default{{Name: "user", Value: []byte(`"u"`)}}, ``},
		{"broken thinking", llm.Conversation{}, []llm.Default{{Name: "thinking", Value: []byte(`"x"`)}}, ``},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			req := request(tt.conv)
			req.Edits.Defaults = tt.defaults
			body, dropped, err := encode(req)
			if err != nil || dropped != nil {
				t.Fatalf("%v, dropped %v", err, dropped)
			}
			got, _ := parse(t, body).(map[string]any)
			for _, name := range []string{"model", "messages", "max_tokens"} {
				delete(got, name)
			}
			if diff := cmp.Diff(parse(t, "{"+tt.want+"}"), any(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestAppendRequestRefuses(t *testing.T) {
	t.Parallel()
	sampling := func(s llm.Sampling) llm.Conversation { return llm.Conversation{Sampling: s} }
	sent := func(parts ...llm.Part) llm.Conversation {
		return llm.Conversation{Messages: []llm.Message{says("a"), userSends(parts...)}}
	}
	const plain, two = `"hello"`, `"a"`
	tests := []struct {
		name, param string
		conv        llm.Conversation
		with        string // the members beside model, max_tokens and messages where all may be dropped
		content     string
	}{
		{"n", "n", llm.Conversation{Choices: 2}, ``, plain},
		{"logprobs", "logprobs", sampling(llm.Sampling{Logprobs: true}), ``, plain},
		{"top_logprobs", "top_logprobs", sampling(llm.Sampling{TopLogprobs: "3"}), ``, plain},
		{"logit_bias", "logit_bias", sampling(llm.Sampling{LogitBias: []byte(`{"5":1}`)}), ``, plain},
		{"temperature", "temperature", sampling(llm.Sampling{Temperature: "1.2"}), `,"temperature":1`, plain},
		{"extra", "prediction", llm.Conversation{Extra: []llm.Parameter{{Name: "prediction", Value: []byte(`{}`), From: llm.OpenAI}}}, ``, plain},
		{"tool", "tools", llm.Conversation{Tools: []llm.Tool{{Foreign: &llm.Foreign{From: llm.OpenAI, Kind: "custom", Raw: []byte(`{}`)}}}}, ``, plain},
		{"audio", "messages.1.content.0", sent(llm.Media{Kind: llm.Audio, Data: "x"}), ``, two},
		{"bitmap", "messages.1.content.0", sent(llm.Media{Kind: llm.Image, Type: "image/bmp", Data: "x"}), ``, two},
		{"spreadsheet", "messages.1.content.0", sent(llm.Media{Kind: llm.Document, Type: "application/vnd.ms-excel", Data: "x"}), ``, two},
		{"broken text", "messages.1.content.0", sent(llm.Media{Kind: llm.Document, Type: "text/plain", Data: "/w=="}), ``, two},
		{"empty image", "messages.1.content.0", sent(llm.Media{Kind: llm.Image}), ``, two},
		{
			"audio in a result", "messages.1.content.0.content.1", sent(llm.ToolResult{CallID: "1", Parts: []llm.Part{llm.Text{Text: "b"}, llm.Media{Kind: llm.Audio, Data: "x"}}}), ``,
			`[{"type":"tool_result","tool_use_id":"1","content":"b"},{"type":"text","text":"a"}]`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			req := request(tt.conv)
			req.Translate.ParamName = func(name string) string { return "the " + name }
			_, _, err := encode(req)
			var e *llm.Error
			if !errors.As(err, &e) || e.Kind != llm.InvalidRequest || e.Param != "the "+tt.param || !strings.Contains(e.Message, "the "+tt.param) {
				t.Errorf("%v, want an error of %s", err, tt.param)
			}
			req.Translate.DropParams = true
			body, dropped, err := encode(req)
			left := tt.param
			if strings.HasPrefix(left, "messages.") {
				left = "messages.content"
			}
			if err != nil || !cmp.Equal(dropped, []string{"the " + left}) {
				t.Fatalf("dropping: %v, dropped %v", err, dropped)
			}
			same(t, `{"model":"m","max_tokens":4096,"messages":[{"role":"user","content":`+tt.content+`}]`+tt.with+`}`, body)
		})
	}
}

// What a model wrote in place of arguments is told, or kept: it is never lost.
func TestAppendRequestInvalidArguments(t *testing.T) {
	t.Parallel()
	for _, arguments := range []string{`{"a":`, `[1]`, `"x"`, `5`, `words`} {
		req := request(llm.Conversation{Messages: []llm.Message{says("a"), replies(llm.ToolCall{ID: "1", Name: "f", Arguments: arguments})}})
		_, _, err := encode(req)
		var e *llm.Error
		if !errors.As(err, &e) || e.Param != "messages.1.content.0" || !strings.Contains(e.Message, "call of f") {
			t.Errorf("%s: %v", arguments, err)
		}
		req.Translate.DropParams = true
		body, dropped, err := encode(req)
		if err != nil || !cmp.Equal(dropped, []string{"messages.content"}) {
			t.Fatalf("%s: %v, dropped %v", arguments, err, dropped)
		}
		quoted, _ := json.Marshal(arguments)
		same(t, `{"model":"m","max_tokens":4096,"messages":[{"role":"user","content":"a"},`+
			`{"role":"assistant","content":[{"type":"tool_use","id":"1","name":"f","input":{"invalid_arguments":`+string(quoted)+`}}]}]}`, body)
	}
}

// Counting takes fewer members than answering.
func TestAppendRequestCount(t *testing.T) {
	t.Parallel()
	req := request(llm.Conversation{
		System: []llm.Text{{Text: "s"}}, MaxOutput: 5, Stop: []string{"x"}, Sampling: llm.Sampling{Temperature: "0.5", Logprobs: true}, User: "u",
		Choices: 3, Reasoning: &llm.Reasoning{Budget: 5000}, Extra: []llm.Parameter{{Name: "x", Value: []byte("1"), From: llm.Anthropic}},
	})
	req.Op, req.Edits.Defaults = llm.OpCountTokens, []llm.Default{{Name: "top_k", Value: []byte("3")}}
	body, dropped, err := encode(req)
	if err != nil || dropped != nil {
		t.Fatalf("%v, dropped %v", err, dropped)
	}
	same(t, `{"model":"m","system":"s","messages":[{"role":"user","content":"hello"}],"thinking":{"type":"enabled","budget_tokens":5000}}`, body)
	if _, _, err := encode(&llm.Request{Op: llm.OpEmbeddings, Translate: &llm.Translation{Embed: &llm.Embed{}}}); err == nil {
		t.Error("embeddings are encoded")
	}
}

// checkEncodes checks that a conversation becomes a body that decodes again.
func checkEncodes(t *testing.T, tr *llm.Translation) {
	t.Helper()
	tr.DropParams = true
	body, _, err := encode(&llm.Request{Op: llm.OpChat, Model: "m", Translate: tr, Stream: true})
	if err != nil {
		t.Fatal(err)
	}
	if !json.Valid([]byte(body)) {
		t.Fatalf("no JSON: %s", body)
	}
	var again llm.Translation
	if err := (anthropic.Frontend{}).DecodeRequest(llm.OpChat, []byte(body), &again); err != nil {
		t.Fatalf("%v of %s", err, body)
	}
}

func BenchmarkTranslateRequest(b *testing.B) {
	body := agentBody(60 << 10)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	var dst []byte
	for b.Loop() {
		var tr llm.Translation
		if err := (anthropic.Frontend{}).DecodeRequest(llm.OpChat, body, &tr); err != nil {
			b.Fatal(err)
		}
		var err error
		req := llm.Request{Op: llm.OpChat, Model: "m", Translate: &tr}
		if dst, err = (anthropic.Backend{}).AppendRequest(dst[:0], &req, &dialect.Losses{}); err != nil {
			b.Fatal(err)
		}
	}
}
