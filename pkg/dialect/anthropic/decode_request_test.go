package anthropic_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llmgw/llmgw/pkg/dialect/anthropic"
	"github.com/llmgw/llmgw/pkg/llm"
)

// decode reads a body whose members stand in rest, behind a message of the user.
func decode(t *testing.T, rest string) *llm.Conversation {
	t.Helper()
	var tr llm.Translation
	if err := (anthropic.Frontend{}).DecodeRequest(llm.OpChat, []byte(`{"model":"m"`+rest+`}`), &tr); err != nil {
		t.Fatal(err)
	}
	return tr.Conversation
}

const hello = `,"messages":[{"role":"user","content":"hello"}]`

var (
	yes      = true
	mark     = &llm.CacheMark{}
	hourMark = &llm.CacheMark{Lifetime: "1h"}
)

func TestDecodeRequest(t *testing.T) {
	t.Parallel()
	got := decode(t, `,"max_tokens":100,"stream":true,"system":[{"type":"text","text":"x-anthropic-billing-header: cc_version=1;"},`+
		`{"type":"text","text":"Be brief.","cache_control":{"type":"ephemeral","ttl":"1h"}}],`+
		`"messages":[{"role":"user","content":"hi"},{"role":"system","content":"now"},{"role":"assistant","content":[{"type":"text","text":"ho"}]}],`+
		`"tools":[{"name":"f","description":"d","input_schema":{"type":"object","x":1.0},"strict":true,"cache_control":{"type":"ephemeral"},"defer_loading":true},`+
		`{"type":"custom","name":"g","input_schema":{"type":"object"}},{"type":"bash_20250124","name":"bash"}],`+
		`"tool_choice":{"type":"tool","name":"f","disable_parallel_tool_use":true},"stop_sequences":["a","b"],`+
		`"temperature":1.0,"top_p":0.90,"top_k":5,"thinking":{"type":"enabled","budget_tokens":2000,"display":"omitted"},`+
		`"output_config":{"effort":"high","format":{"type":"json_schema","schema":{"type":"object"}}},`+
		`"metadata":{"user_id":"u"},"service_tier":"auto","cache_control":{"type":"ephemeral"},`+
		`"context_management":{"edits":[]},"container":"c","future":[1.0],"num_retries":3,"fallbacks":[{"model":"n"}],"mcp_servers":null`)
	want := &llm.Conversation{
		System: []llm.Text{{Text: "Be brief.", Cache: hourMark}},
		Messages: []llm.Message{
			{Role: llm.User, Parts: []llm.Part{llm.Text{Text: "hi"}}},
			{Role: llm.System, Parts: []llm.Part{llm.Text{Text: "now"}}},
			{Role: llm.Assistant, Parts: []llm.Part{llm.Text{Text: "ho"}}},
		},
		Tools: []llm.Tool{
			{Name: "f", Description: "d", Parameters: []byte(`{"type":"object","x":1.0}`), Strict: &yes, Cache: mark},
			{Name: "g", Parameters: []byte(`{"type":"object"}`)},
			{Name: "bash", Foreign: &llm.Foreign{From: llm.Anthropic, Kind: "bash_20250124", Raw: []byte(`{"type":"bash_20250124","name":"bash"}`)}},
		},
		Choice: llm.ToolChoice{Mode: llm.ToolNamed, Name: "f"}, OneToolAtATime: true,
		Format:    llm.Format{Kind: llm.FormatSchema, Schema: []byte(`{"type":"object"}`)},
		MaxOutput: 100, Stop: []string{"a", "b"}, Choices: 1,
		Sampling:  llm.Sampling{Temperature: "1.0", TopP: "0.90", TopK: "5"},
		Reasoning: &llm.Reasoning{Budget: 2000, Display: "omitted", Effort: "high"},
		User:      "u", Cache: mark, ServiceTier: "auto",
		Extra: []llm.Parameter{
			{Name: "context_management", Value: []byte(`{"edits":[]}`), From: llm.Anthropic, Hint: true},
			{Name: "container", Value: []byte(`"c"`), From: llm.Anthropic},
			{Name: "future", Value: []byte(`[1.0]`), From: llm.Anthropic, Hint: true},
			{Name: "fallbacks", Value: []byte(`[{"model":"n"}]`), From: llm.Anthropic, Hint: true},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestDecodeRequestMembers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, rest string
		want       func(c *llm.Conversation)
	}{
		{"nothing", ``, func(*llm.Conversation) {}},
		{"nulls", `,"system":null,"tools":null,"thinking":null,"max_tokens":null,"metadata":null`, func(*llm.Conversation) {}},
		{"system text", `,"system":"s"`, func(c *llm.Conversation) { c.System = []llm.Text{{Text: "s"}} }},
		{"system empty", `,"system":""`, func(*llm.Conversation) {}},
		{"attribution alone", `,"system":"x-anthropic-billing-header: a"`, func(*llm.Conversation) {}},
		{
			"attribution elsewhere", `,"system":[{"type":"text","text":"a"},{"type":"text","text":"x-anthropic-billing-header: b"}]`,
			func(c *llm.Conversation) {
				c.System = []llm.Text{{Text: "a"}, {Text: "x-anthropic-billing-header: b"}}
			},
		},
		{"escaped name", `,"syst\u0065m":"s"`, func(c *llm.Conversation) { c.System = []llm.Text{{Text: "s"}} }},
		{"adaptive", `,"thinking":{"type":"adaptive","display":"summarized"}`, func(c *llm.Conversation) {
			c.Reasoning = &llm.Reasoning{Adaptive: true, Display: "summarized"}
		}},
		{"no thinking", `,"thinking":{"type":"disabled"}`, func(c *llm.Conversation) { c.Reasoning = &llm.Reasoning{Off: true} }},
		{"effort alone", `,"output_config":{"effort":"max"}`, func(c *llm.Conversation) { c.Reasoning = &llm.Reasoning{Effort: "max"} }},
		{"old format", `,"output_format":{"type":"json_schema","schema":{"a":1}}`, func(c *llm.Conversation) {
			c.Format = llm.Format{Kind: llm.FormatSchema, Schema: []byte(`{"a":1}`)}
		}},
		{"choice", `,"tool_choice":{"type":"any"}`, func(c *llm.Conversation) { c.Choice.Mode = llm.ToolAny }},
		{"no tools", `,"tool_choice":{"type":"none"}`, func(c *llm.Conversation) { c.Choice.Mode = llm.ToolNone }},
		{
			"more metadata", `,"metadata":{"user_id":"u","x":1}`, func(c *llm.Conversation) {
				c.User = "u"
				c.Extra = []llm.Parameter{{Name: "metadata", Value: []byte(`{"user_id":"u","x":1}`), From: llm.Anthropic, Hint: true}}
			},
		},
		{"controls", `,"timeout":5,"cache":{}`, func(*llm.Conversation) {}},
		{"large numbers", `,"top_p":1e-400,"top_k":123456789012345678901234567890`, func(c *llm.Conversation) {
			c.Sampling.TopP, c.Sampling.TopK = "1e-400", "123456789012345678901234567890"
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			want := &llm.Conversation{
				Choices: 1, Messages: []llm.Message{{Role: llm.User, Parts: []llm.Part{llm.Text{Text: "hello"}}}},
			}
			tt.want(want)
			if diff := cmp.Diff(want, decode(t, hello+tt.rest)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestDecodeContent(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, role, content string
		want                []llm.Part
	}{
		{"string", "user", `"a\nb"`, []llm.Part{llm.Text{Text: "a\nb"}}},
		{"empty string", "user", `""`, []llm.Part{llm.Text{}}},
		{"text", "user", `[{"type":"text","text":"é","cache_control":{"type":"ephemeral"}}]`, []llm.Part{llm.Text{Text: "é", Cache: mark}}},
		{
			"images", "user", `[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"aGk="},"cache_control":null},` +
				`{"type":"image","source":{"type":"url","url":"https://x/y"}},{"type":"image","source":{"type":"file","file_id":"f"}}]`,
			[]llm.Part{
				llm.Media{Kind: llm.Image, Type: "image/png", Data: "aGk="},
				llm.Media{Kind: llm.Image, URL: "https://x/y"},
				llm.Media{Kind: llm.Image, FileID: "f"},
			},
		},
		{
			"documents", "user", `[{"type":"document","title":"T","context":"C","citations":{"enabled":true},"source":{"type":"base64","media_type":"application/pdf","data":"aGk="}},` +
				`{"type":"document","source":{"type":"text","media_type":"text/plain","data":"words"}},` +
				`{"type":"document","source":{"type":"url","url":"u"}},{"type":"document","source":{"type":"file","file_id":"f"}},` +
				`{"type":"document","title":null,"source":{"type":"content","content":"c"}},` +
				`{"type":"document","title":"T","source":{"type":"content","content":[{"type":"text","text":"c"},{"type":"text","text":"d"}]},"cache_control":{"type":"ephemeral"}},` +
				`{"type":"document","title":"T","source":{"type":"content","content":[{"type":"text","text":"c"},{"type":"image","source":{"type":"url","url":"u"}}]}}]`,
			[]llm.Part{
				llm.Media{Kind: llm.Document, Type: "application/pdf", Data: "aGk=", Title: "T", Context: "C"},
				llm.Media{Kind: llm.Document, Text: "words"},
				llm.Media{Kind: llm.Document, URL: "u"},
				llm.Media{Kind: llm.Document, FileID: "f"},
				llm.Media{Kind: llm.Document, Text: "c"},
				llm.Media{Kind: llm.Document, Text: "c\n\nd", Title: "T", Cache: mark},
				llm.Text{Text: "T"},
				llm.Text{Text: "c"},
				llm.Media{Kind: llm.Image, URL: "u"},
			},
		},
		{
			"calls", "assistant", `[{"type":"thinking","thinking":"hm","signature":"sig"},{"type":"redacted_thinking","data":"xyz"},` +
				`{"type":"tool_use","id":"t1","name":"f","input":{ "n": 1.0, "big":12345678901234567890 },"cache_control":{"type":"ephemeral"}},` +
				`{"type":"tool_use","id":"t2","name":"g","input":{}}]`,
			[]llm.Part{
				llm.Thinking{Text: "hm", Signature: "sig"},
				llm.Redacted{Data: "xyz"},
				llm.ToolCall{ID: "t1", Name: "f", Arguments: `{ "n": 1.0, "big":12345678901234567890 }`, Cache: mark},
				llm.ToolCall{ID: "t2", Name: "g", Arguments: `{}`},
			},
		},
		{
			"our own marker", "assistant", `[{"type":"thinking","thinking":"a","signature":"llmgw-unsigned"},{"type":"thinking","thinking":"b"}]`,
			[]llm.Part{llm.Thinking{Text: "a"}, llm.Thinking{Text: "b"}},
		},
		{
			"results", "user", `[{"type":"tool_result","tool_use_id":"t1","content":"ok","is_error":false},{"type":"tool_result","tool_use_id":"t2","is_error":true},` +
				`{"type":"tool_result","tool_use_id":"t3","content":[{"type":"text","text":"a"},{"type":"image","source":{"type":"url","url":"u"}},` +
				`{"type":"document","source":{"type":"text","data":"d"}},{"type":"tool_reference","tool_name":"f"}],"cache_control":{"type":"ephemeral","ttl":"1h"}},{"type":"text","text":"go on"}]`,
			[]llm.Part{
				llm.ToolResult{CallID: "t1", Parts: []llm.Part{llm.Text{Text: "ok"}}},
				llm.ToolResult{CallID: "t2", Failed: true},
				llm.ToolResult{CallID: "t3", Cache: hourMark, Parts: []llm.Part{
					llm.Text{Text: "a"},
					llm.Media{Kind: llm.Image, URL: "u"},
					llm.Media{Kind: llm.Document, Text: "d"},
					llm.Text{Text: `{"type":"tool_reference","tool_name":"f"}`},
				}},
				llm.Text{Text: "go on"},
			},
		},
		{
			"foreign", "assistant", `[{"type":"server_tool_use","id":"s","name":"web_search","input":{"query":"q"}},{"type":"web_search_tool_result","tool_use_id":"s","content":[]}]`,
			[]llm.Part{
				llm.Foreign{From: llm.Anthropic, Kind: "server_tool_use", Raw: []byte(`{"type":"server_tool_use","id":"s","name":"web_search","input":{"query":"q"}}`)},
				llm.Foreign{From: llm.Anthropic, Kind: "web_search_tool_result", Raw: []byte(`{"type":"web_search_tool_result","tool_use_id":"s","content":[]}`)},
			},
		},
		{"not UTF-8", "user", "\"a\xffb\"", []llm.Part{llm.Text{Text: "a\ufffdb"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := decode(t, `,"messages":[{"role":"`+tt.role+`","content":`+tt.content+`}]`)
			if diff := cmp.Diff(tt.want, got.Messages[0].Parts); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestDecodeRequestRefuses(t *testing.T) {
	t.Parallel()
	in := func(content string) string { return `{"messages":[{"role":"user","content":` + content + `}]}` }
	of := func(content string) string { return `{"messages":[{"role":"assistant","content":` + content + `}]}` }
	with := func(member string) string { return `{"model":"m"` + hello + `,` + member + `}` }
	tests := []struct{ name, body, param string }{
		{"no JSON", `{"messages":[`, ""},
		{"broken inside", in(`[{"type":"text","text":"a","x":{a}}]`), ""},
		{"no object", `[]`, ""},
		{"no messages", `{}`, "messages"},
		{"messages null", `{"messages":null}`, "messages"},
		{"messages empty", `{"messages":[]}`, "messages"},
		{"messages string", `{"messages":"hi"}`, "messages"},
		{"message string", `{"messages":["hi"]}`, "messages.0"},
		{"role", `{"messages":[{"role":"tool","content":""}]}`, "messages.0.role"},
		{"role number", `{"messages":[{"role":5,"content":""}]}`, "messages.0.role"},
		{"content", in(`5`), "messages.0.content"},
		{"content null", in(`null`), "messages.0.content"},
		{"block", in(`["a"]`), "messages.0.content.0.type"},
		{"text", in(`[{"type":"text","text":"a"},{"type":"text"}]`), "messages.0.content.1.text"},
		{"image", in(`[{"type":"image"}]`), "messages.0.content.0.source"},
		{"image type", in(`[{"type":"image","source":{"type":"ftp"}}]`), "messages.0.content.0.source.type"},
		{"image of text", in(`[{"type":"image","source":{"type":"text","data":"x"}}]`), "messages.0.content.0.source.type"},
		{"image data", in(`[{"type":"image","source":{"type":"base64","media_type":"image/png","data":""}}]`), "messages.0.content.0.source.data"},
		{"image media type", in(`[{"type":"image","source":{"type":"base64","data":"x"}}]`), "messages.0.content.0.source.media_type"},
		{"passage", in(`[{"type":"document","source":{"type":"content","content":[{"type":"document"}]}}]`), "messages.0.content.0.source.content.0.type"},
		{"title", in(`[{"type":"document","title":5,"source":{"type":"text","data":"x"}}]`), "messages.0.content.0.title"},
		{"cache", in(`[{"type":"text","text":"a","cache_control":"x"}]`), "messages.0.content.0.cache_control"},
		{"lifetime", in(`[{"type":"text","text":"a","cache_control":{"ttl":5}}]`), "messages.0.content.0.cache_control.ttl"},
		{"call of the user", in(`[{"type":"tool_use","id":"a","name":"f","input":{}}]`), "messages.0.content.0.type"},
		{"result of the assistant", of(`[{"type":"tool_result","tool_use_id":"a"}]`), "messages.0.content.0.type"},
		{"input", of(`[{"type":"tool_use","id":"a","name":"f","input":"{}"}]`), "messages.0.content.0.input"},
		{"call without a name", of(`[{"type":"tool_use","id":"a","input":{}}]`), "messages.0.content.0.name"},
		{"result's content", in(`[{"type":"tool_result","tool_use_id":"a","content":[{"type":"text","text":5}]}]`), "messages.0.content.0.content.0.text"},
		{"system", with(`"system":5`), "system"},
		{"system image", with(`"system":[{"type":"image"}]`), "system.0.type"},
		{"system text", with(`"system":[{"type":"text","text":"a"},{"type":"text","text":null}]`), "system.1.text"},
		{"max_tokens", with(`"max_tokens":"9"`), "max_tokens"},
		{"max_tokens none", with(`"max_tokens":0`), "max_tokens"},
		{"temperature", with(`"temperature":"hot"`), "temperature"},
		{"stop", with(`"stop_sequences":"a"`), "stop_sequences"},
		{"a stop", with(`"stop_sequences":["a",5]`), "stop_sequences.1"},
		{"thinking", with(`"thinking":true`), "thinking"},
		{"thinking type", with(`"thinking":{"type":"deep"}`), "thinking.type"},
		{"thinking budget", with(`"thinking":{"type":"enabled"}`), "thinking.budget_tokens"},
		{"display", with(`"thinking":{"type":"adaptive","display":true}`), "thinking.display"},
		{"effort", with(`"output_config":{"effort":5}`), "output_config.effort"},
		{"format", with(`"output_config":{"format":{"type":"xml"}}`), "output_config.format.type"},
		{"format schema", with(`"output_format":{"type":"json_schema"}`), "output_format.schema"},
		{"metadata", with(`"metadata":"u"`), "metadata"},
		{"user", with(`"metadata":{"user_id":5}`), "metadata.user_id"},
		{"tier", with(`"service_tier":5`), "service_tier"},
		{"tools", with(`"tools":{}`), "tools"},
		{"tool", with(`"tools":["f"]`), "tools.0"},
		{"tool name", with(`"tools":[{"name":"f"},{"description":"d"}]`), "tools.1.name"},
		{"tool schema", with(`"tools":[{"name":"f","input_schema":"x"}]`), "tools.0.input_schema"},
		{"choice", with(`"tool_choice":"auto"`), "tool_choice.type"},
		{"choice name", with(`"tool_choice":{"type":"tool"}`), "tool_choice.name"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var tr llm.Translation
			err := anthropic.Frontend{}.DecodeRequest(llm.OpChat, []byte(tt.body), &tr)
			var e *llm.Error
			if !errors.As(err, &e) {
				t.Fatalf("error = %v, want an *llm.Error", err)
			}
			if e.Kind != llm.InvalidRequest || e.Param != tt.param || !strings.HasPrefix(e.Message, tt.param) || tr.Conversation != nil {
				t.Errorf("%+v, want invalid_request of %q", e, tt.param)
			}
		})
	}
	var tr llm.Translation
	if err := (anthropic.Frontend{}).DecodeRequest(llm.OpEmbeddings, []byte(`{}`), &tr); err == nil {
		t.Error("embeddings are decoded")
	}
}

// What is kept must not refer to the body, whose memory is used again.
func TestDecodeRequestCopies(t *testing.T) {
	t.Parallel()
	text := []byte(`{"messages":[{"role":"assistant","content":[{"type":"new","x":1},{"type":"tool_use","id":"i","name":"n","input":{"a":1}}]}],` +
		`"tools":[{"name":"f","input_schema":{"b":1}},{"type":"t_20250101"}],"output_config":{"format":{"type":"json_schema","schema":{"c":1}}},"container":{"d":1}}`)
	var got, want llm.Translation
	body := bytes.Clone(text)
	if err := (anthropic.Frontend{}).DecodeRequest(llm.OpChat, body, &got); err != nil {
		t.Fatal(err)
	}
	for i := range body {
		body[i] = 'x'
	}
	if err := (anthropic.Frontend{}).DecodeRequest(llm.OpChat, text, &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmp.FilterPath(func(p cmp.Path) bool { return p.String() == "ParamName" }, cmp.Ignore())); diff != "" {
		t.Errorf("the body's memory shows (-want +got):\n%s", diff)
	}
}

func TestParamName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"stop": "stop_sequences", "max_completion_tokens": "max_tokens", "user": "metadata.user_id", "temperature": "temperature",
		"reasoning_effort": "thinking", "response_format": "output_config.format", "messages.3": "messages.3",
	} {
		if got := (anthropic.Frontend{}).ParamName(name); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
}

func FuzzDecodeRequestAnthropic(f *testing.F) {
	for _, s := range []string{
		`{"messages":[{"role":"user","content":"hi"}]}`,
		`{"system":[{"type":"text","text":"s"}],"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"x"}}]}]}],"tools":[{"name":"f","input_schema":{}}]}`,
		`{"messages":[{"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"s"},{"type":"tool_use","id":"a b","name":"f","input":{}}]}],"thinking":{"type":"enabled","budget_tokens":1}}`,
		`{"messages":[{"role":"user","content":[{"type":"document","source":{"type":"content","content":[]}}]}],"tool_choice":{"type":"any"},"x":1}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var tr llm.Translation
		if err := (anthropic.Frontend{}).DecodeRequest(llm.OpChat, body, &tr); err != nil {
			var e *llm.Error
			if !errors.As(err, &e) || e.Kind != llm.InvalidRequest || e.Message == "" {
				t.Fatalf("%v of %q", err, body)
			}
			return
		}
		checkEncodes(t, &tr)
	})
}
