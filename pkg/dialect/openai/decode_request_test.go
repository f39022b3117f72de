package openai_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llmgw/llmgw/pkg/dialect/openai"
	"github.com/llmgw/llmgw/pkg/llm"
)

// conversation decodes a body.
func conversation(t *testing.T, op llm.Op, body string) *llm.Conversation {
	t.Helper()
	var tr llm.Translation
	if err := (openai.Frontend{}).DecodeRequest(op, []byte(body), &tr); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	return tr.Conversation
}

func user(parts ...llm.Part) llm.Message { return llm.Message{Role: llm.User, Parts: parts} }

func assistant(parts ...llm.Part) llm.Message {
	return llm.Message{Role: llm.Assistant, Parts: parts}
}

func TestDecodeMessages(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, messages string
		system         []llm.Text
		want           []llm.Message
	}{
		{"text", `[{"role":"user","content":"hi \"you\" \u00e9","name":"bob"}]`, nil, []llm.Message{{Role: llm.User, Name: "bob", Parts: []llm.Part{llm.Text{Text: `hi "you" é`}}}}},
		{"nothing said", `[{"role":"user","content":null},{"role":"user","content":""},{"role":"user"}]`, nil, []llm.Message{user(), user(), user()}},
		{
			"instructions", `[{"role":"system","content":"a"},{"role":"developer","content":[{"type":"text","text":"b","cache_control":{"type":"ephemeral","ttl":"1h"}}]},` +
				`{"role":"user","content":"c"},{"role":"developer","content":"d"}]`,
			[]llm.Text{{Text: "a"}, {Text: "b", Cache: &llm.CacheMark{Lifetime: "1h"}}},
			[]llm.Message{user(llm.Text{Text: "c"}), {Role: llm.System, Parts: []llm.Part{llm.Text{Text: "d"}}}},
		},
		{
			"images", `[{"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"data:IMAGE/jpg;base64,aa==","detail":"low"}},` +
				`{"type":"image_url","image_url":"https://x/y.png"}]}]`, nil,
			[]llm.Message{user(llm.Text{Text: "a"}, llm.Media{Kind: llm.Image, Type: "image/jpeg", Data: "aa==", Detail: "low"}, llm.Media{Kind: llm.Image, URL: "https://x/y.png"})},
		},
		{
			"sounds and files", `[{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"aa","format":"mp3"}},{"type":"input_audio","input_audio":"bb"},` +
				`{"type":"file","file":{"filename":"f.pdf","file_data":"data:application/pdf;base64,cc"}},{"type":"file","file":{"file_id":"file-1"}},` +
				`{"type":"document_url","document_url":"https://x/d.pdf","document_name":"d"},` +
				`{"type":"file","file":{"file_data":"data:text/plain;base64,aGk="}},{"type":"file","file":{"file_data":"data:,a%20b"}}]}]`, nil,
			[]llm.Message{user(
				llm.Media{Kind: llm.Audio, Type: "audio/mpeg", Data: "aa"}, llm.Media{Kind: llm.Audio, Data: "bb"},
				llm.Media{Kind: llm.Document, Type: "application/pdf", Data: "cc", Title: "f.pdf"}, llm.Media{Kind: llm.Document, FileID: "file-1"},
				llm.Media{Kind: llm.Document, URL: "https://x/d.pdf", Title: "d"},
				llm.Media{Kind: llm.Document, Type: "text/plain", Text: "hi"}, llm.Media{Kind: llm.Document, Type: "text/plain", Text: "a b"},
			)},
		},
		{
			"a part of another kind", `[{"role":"user","content":[{"type":"video_url","video_url":{"url":"x"}},"words"]}]`, nil,
			[]llm.Message{user(llm.Foreign{From: llm.OpenAI, Kind: "video_url", Raw: []byte(`{"type":"video_url","video_url":{"url":"x"}}`)}, llm.Text{Text: "words"})},
		},
		{
			"an answer", `[{"role":"assistant","content":[{"type":"text","text":"a"},{"type":"refusal","refusal":"no"}],"refusal":"never","audio":{"id":"a1"}}]`, nil,
			[]llm.Message{assistant(llm.Text{Text: "a"}, llm.Refusal{Text: "no"}, llm.Refusal{Text: "never"}, llm.Foreign{From: llm.OpenAI, Kind: "audio", Raw: []byte(`{"id":"a1"}`)})},
		},
		{
			"calls and results", `[{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"x\":1.0}"}},` +
				`{"id":"c2","type":"function","function":{"name":"g","arguments":{"y":2}},"cache_control":{"type":"ephemeral"}},{"id":"c3","type":"custom","custom":{"name":"h","input":"z"}}]},` +
				`{"role":"tool","tool_call_id":"c1","content":"one"},{"role":"tool","tool_call_id":"c2","content":[{"type":"text","text":"two"},{"type":"image_url","image_url":{"url":"data:image/png;base64,aa"}}],` +
				`"cache_control":{"type":"ephemeral","ttl":"5m"}},{"role":"user","content":"go on"},{"role":"tool","tool_call_id":"c3","content":null}]`, nil,
			[]llm.Message{
				assistant(llm.ToolCall{ID: "c1", Name: "f", Arguments: `{"x":1.0}`}, llm.ToolCall{ID: "c2", Name: "g", Arguments: `{"y":2}`, Cache: &llm.CacheMark{}},
					llm.Foreign{From: llm.OpenAI, Kind: "custom", Raw: []byte(`{"id":"c3","type":"custom","custom":{"name":"h","input":"z"}}`)}),
				user(llm.ToolResult{CallID: "c1", Parts: []llm.Part{llm.Text{Text: "one"}}},
					llm.ToolResult{CallID: "c2", Parts: []llm.Part{llm.Text{Text: "two"}, llm.Media{Kind: llm.Image, Type: "image/png", Data: "aa"}}, Cache: &llm.CacheMark{Lifetime: "5m"}}),
				user(llm.Text{Text: "go on"}), user(llm.ToolResult{CallID: "c3"}),
			},
		},
		{
			"the legacy form", `[{"role":"assistant","content":null,"function_call":{"name":"f","arguments":"{}"}},{"role":"function","name":"f","content":"r"},{"role":"function","name":"g","content":"s"}]`, nil,
			[]llm.Message{
				assistant(llm.ToolCall{ID: "call_f_0", Name: "f", Arguments: "{}"}),
				user(llm.ToolResult{CallID: "call_f_0", Parts: []llm.Part{llm.Text{Text: "r"}}}, llm.ToolResult{CallID: "call_g", Parts: []llm.Part{llm.Text{Text: "s"}}}),
			},
		},
		{
			"thoughts in blocks", `[{"role":"assistant","content":"a","reasoning_content":"no","thinking_blocks":[{"type":"thinking","thinking":"t","signature":"s"},{"type":"redacted_thinking","data":"d"}]}]`, nil,
			[]llm.Message{assistant(llm.Thinking{Text: "t", Signature: "s"}, llm.Redacted{Data: "d"}, llm.Text{Text: "a"})},
		},
		{
			"thoughts in details", `[{"role":"assistant","content":"a","reasoning":"no","reasoning_details":[{"type":"reasoning.text","text":"t","signature":"s","format":"anthropic-claude-v1"},` +
				`{"type":"reasoning.summary","summary":"u","signature":"x","format":"other"},{"type":"reasoning.encrypted","data":"d","format":"anthropic-claude-v1"},{"type":"reasoning.encrypted","data":"e","format":"openai"}]}]`, nil,
			[]llm.Message{assistant(llm.Thinking{Text: "t", Signature: "s"}, llm.Thinking{Text: "u"}, llm.Redacted{Data: "d"}, llm.Text{Text: "a"})},
		},
		{"thoughts as text", `[{"role":"assistant","content":"a","reasoning_content":"t","thinking_blocks":[]}]`, nil, []llm.Message{assistant(llm.Thinking{Text: "t"}, llm.Text{Text: "a"})}},
		{
			"thoughts in the content", `[{"role":"assistant","content":[{"type":"thinking","thinking":[{"type":"text","text":"t"},{"type":"text","text":"u"}]},{"type":"text","text":"a"}]}]`, nil,
			[]llm.Message{assistant(llm.Thinking{Text: "tu"}, llm.Text{Text: "a"})},
		},
		{
			"marks", `[{"role":"user","content":"a","cache_control":{"type":"ephemeral"}},{"role":"user","content":[{"type":"text","text":"b","prompt_cache_breakpoint":{"mode":"explicit"}}]},` +
				`{"role":"assistant","content":"c","cache_control":{"type":"ephemeral","ttl":"1h"}}]`, nil,
			[]llm.Message{user(llm.Text{Text: "a", Cache: &llm.CacheMark{}}), user(llm.Text{Text: "b", Cache: &llm.CacheMark{}}), assistant(llm.Text{Text: "c", Cache: &llm.CacheMark{Lifetime: "1h"}})},
		},
		{"names with escapes", `[{"r\u006fle":"user","content":[{"type":"text","te\u0078t":"a"}]}]`, nil, []llm.Message{user(llm.Text{Text: "a"})}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := conversation(t, llm.OpChat, `{"model":"m","messages":`+tt.messages+`}`)
			if diff := cmp.Diff(tt.system, c.System); diff != "" {
				t.Errorf("instructions (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.want, c.Messages); diff != "" {
				t.Errorf("messages (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDecodeParameters(t *testing.T) {
	t.Parallel()
	yes := true
	tests := []struct {
		name, members string
		want          llm.Conversation
	}{
		{"none", `"stream":true,"stream_options":{"include_usage":true},"fallbacks":["x"],"cache":{},"temperature":null`, llm.Conversation{}},
		{
			"sampling", `"temperature":1.0,"top_p":0.50,"top_k":40,"frequency_penalty":1e-1,"presence_penalty":-2,"seed":7,"logprobs":true,"top_logprobs":3,"logit_bias":{"5":-100}`,
			llm.Conversation{Sampling: llm.Sampling{
				Temperature: "1.0", TopP: "0.50", TopK: "40", FrequencyPenalty: "1e-1", PresencePenalty: "-2", Seed: "7",
				Logprobs: true, TopLogprobs: "3", LogitBias: []byte(`{"5":-100}`),
			}},
		},
		{"no bias", `"logit_bias":{ }`, llm.Conversation{}},
		{"the larger limit", `"max_tokens":7,"max_completion_tokens":5`, llm.Conversation{MaxOutput: 7}},
		{"stop", `"stop":"a","n":2`, llm.Conversation{Stop: []string{"a"}, Choices: 2}},
		{"stops", `"stop":["a","","b\n"]`, llm.Conversation{Stop: []string{"a", "b\n"}}},
		{"user", `"user":"u","service_tier":"flex"`, llm.Conversation{User: "u", ServiceTier: "flex"}},
		{"who asks", `"safety_identifier":"s"`, llm.Conversation{User: "s"}},
		{
			"who asks, twice", `"safety_identifier":"s","user":"u"`,
			llm.Conversation{User: "u", Extra: []llm.Parameter{{Name: "safety_identifier", Value: []byte(`"s"`), From: llm.OpenAI, Hint: true}}},
		},
		{"effort", `"reasoning_effort":"xhigh"`, llm.Conversation{Reasoning: &llm.Reasoning{Effort: "xhigh"}}},
		{"no effort", `"reasoning_effort":"none"`, llm.Conversation{Reasoning: &llm.Reasoning{Effort: "none", Off: true}}},
		{"LiteLLM's thinking", `"thinking":{"type":"enabled","budget_tokens":2000},"reasoning_effort":"low"`, llm.Conversation{Reasoning: &llm.Reasoning{Budget: 2000, Effort: "low"}}},
		{"and the other way", `"reasoning_effort":"low","thinking":{"type":"adaptive","display":"omitted"}`, llm.Conversation{Reasoning: &llm.Reasoning{Adaptive: true, Effort: "low", Display: "omitted"}}},
		{"and off", `"thinking":{"type":"disabled"}`, llm.Conversation{Reasoning: &llm.Reasoning{Off: true}}},
		{"OpenRouter's reasoning", `"reasoning":{"effort":"high","exclude":true,"enabled":true}`, llm.Conversation{Reasoning: &llm.Reasoning{Effort: "high", Display: "omitted"}}},
		{"and its budget", `"reasoning":{"max_tokens":100}`, llm.Conversation{Reasoning: &llm.Reasoning{Budget: 100}}},
		{"and off", `"reasoning":{"enabled":false}`, llm.Conversation{Reasoning: &llm.Reasoning{Off: true}}},
		{"text only", `"modalities":["text"]`, llm.Conversation{}},
		{"caching", `"cache_control":{"type":"ephemeral"}`, llm.Conversation{Cache: &llm.CacheMark{}}},
		{
			"no word for them", `"store":true,"modalities":["text","audio"],"web_search_options":{ },"vendor":[1.0]`,
			llm.Conversation{Extra: []llm.Parameter{
				{Name: "store", Value: []byte("true"), From: llm.OpenAI, Hint: true},
				{Name: "modalities", Value: []byte(`["text","audio"]`), From: llm.OpenAI},
				{Name: "web_search_options", Value: []byte("{ }"), From: llm.OpenAI},
				{Name: "vendor", Value: []byte("[1.0]"), From: llm.OpenAI},
			}},
		},
		{
			"tools", `"tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object"},"strict":true},"cache_control":{"type":"ephemeral"}},` +
				`{"function":{"name":"g","parameters":null}},{"type":"custom","custom":{"name":"h"}}],"tool_choice":"required","parallel_tool_calls":false`,
			llm.Conversation{
				Tools: []llm.Tool{
					{Name: "f", Description: "d", Parameters: []byte(`{"type":"object"}`), Strict: &yes, Cache: &llm.CacheMark{}},
					{Name: "g"},
					{Foreign: &llm.Foreign{From: llm.OpenAI, Kind: "custom", Raw: []byte(`{"type":"custom","custom":{"name":"h"}}`)}},
				},
				Choice: llm.ToolChoice{Mode: llm.ToolAny}, OneToolAtATime: true,
			},
		},
		{"a tool by name", `"tool_choice":{"type":"function","function":{"name":"f"}},"parallel_tool_calls":true`, llm.Conversation{Choice: llm.ToolChoice{Mode: llm.ToolNamed, Name: "f"}}},
		{"no tool", `"tool_choice":"none"`, llm.Conversation{Choice: llm.ToolChoice{Mode: llm.ToolNone}}},
		{"Mistral's any", `"tool_choice":"any"`, llm.Conversation{Choice: llm.ToolChoice{Mode: llm.ToolAny}}},
		{
			"allowed tools", `"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[{"type":"function","function":{"name":"g"}}]}},` +
				`"tools":[{"type":"function","function":{"name":"f"}},{"type":"function","function":{"name":"g"}}]`,
			llm.Conversation{Tools: []llm.Tool{{Name: "g"}}, Choice: llm.ToolChoice{Mode: llm.ToolAny}},
		},
		{"legacy functions", `"functions":[{"name":"f"}],"function_call":{"name":"f"}`, llm.Conversation{Tools: []llm.Tool{{Name: "f"}}, Choice: llm.ToolChoice{Mode: llm.ToolNamed, Name: "f"}}},
		{"a legacy choice", `"functions":[{"name":"f"}],"function_call":"auto"`, llm.Conversation{Tools: []llm.Tool{{Name: "f"}}, Choice: llm.ToolChoice{Mode: llm.ToolAuto}}},
		{"plain text", `"response_format":{"type":"text"}`, llm.Conversation{}},
		{"JSON", `"response_format":{"type":"json_object"}`, llm.Conversation{Format: llm.Format{Kind: llm.FormatJSON}}},
		{
			"a schema", `"response_format":{"type":"json_schema","json_schema":{"name":"n","description":"d","schema":{"a":1.0},"strict":true}}`,
			llm.Conversation{Format: llm.Format{Kind: llm.FormatSchema, Name: "n", Description: "d", Schema: []byte(`{"a":1.0}`), Strict: &yes}},
		},
		{"a schema outside", `"response_format":{"type":"json_object","schema":{}}`, llm.Conversation{Format: llm.Format{Kind: llm.FormatSchema, Schema: []byte(`{}`)}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := conversation(t, llm.OpChat, `{"model":"m","messages":[{"role":"user","content":"hi"}],`+tt.members+`}`)
			tt.want.Messages = []llm.Message{user(llm.Text{Text: "hi"})}
			tt.want.Choices = max(1, tt.want.Choices)
			if diff := cmp.Diff(&tt.want, c); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestDecodeCompletion(t *testing.T) {
	t.Parallel()
	for _, prompt := range []string{`"say"`, `["say"]`} {
		c := conversation(t, llm.OpCompletion, `{"model":"m","prompt":`+prompt+`,"echo":false,"best_of":1,"suffix":"","logprobs":null,"max_tokens":5,"stop":["x"],"n":2,"vendor":1}`)
		want := &llm.Conversation{
			Messages: []llm.Message{user(llm.Text{Text: "say"})}, MaxOutput: 5, Stop: []string{"x"}, Choices: 2,
			Extra: []llm.Parameter{{Name: "vendor", Value: []byte("1"), From: llm.OpenAI}},
		}
		if diff := cmp.Diff(want, c); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

func TestDecodeEmbeddings(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, members string
		want          llm.Embed
	}{
		{"one text", `"input":"a","encoding_format":"base64","dimensions":5,"user":"u"`, llm.Embed{Texts: []string{"a"}, Single: true, Base64: true, Dimensions: "5", User: "u"}},
		{"texts", `"input":["a",""],"encoding_format":"float"`, llm.Embed{Texts: []string{"a", ""}}},
		{"tokens", `"input":[1,2]`, llm.Embed{Tokens: [][]byte{[]byte("[1,2]")}, Single: true}},
		{"lists of tokens", `"input":[[1],[2, 3]]`, llm.Embed{Tokens: [][]byte{[]byte("[1]"), []byte("[2, 3]")}}},
		{"more", `"input":"a","input_type":"query"`, llm.Embed{Texts: []string{"a"}, Single: true, Extra: []llm.Parameter{{Name: "input_type", Value: []byte(`"query"`), From: llm.OpenAI}}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var tr llm.Translation
			if err := (openai.Frontend{}).DecodeRequest(llm.OpEmbeddings, []byte(`{"model":"m",`+tt.members+`}`), &tr); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&tt.want, tr.Embed); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestDecodeRequestRefuses shows that what is wrong is named by its place.
func TestDecodeRequestRefuses(t *testing.T) {
	t.Parallel()
	const ask = `"messages":[{"role":"user","content":"hi"}]`
	message := func(m string) string { return `"messages":[` + m + `]` }
	tests := []struct {
		op            llm.Op
		members, want string
	}{
		{llm.OpChat, `"n":1`, "messages"},
		{llm.OpChat, `"messages":[]`, "messages"},
		{llm.OpChat, `"messages":{}`, "messages"},
		{llm.OpChat, message(`{"role":"user","content":"a"},5`), "messages[1]"},
		{llm.OpChat, message(`{"content":"a"}`), "messages[0].role"},
		{llm.OpChat, message(`{"role":"robot"}`), "messages[0].role"},
		{llm.OpChat, message(`{"role":"user","content":5}`), "messages[0].content"},
		{llm.OpChat, message(`{"role":"user","content":[{"text":"a"}]}`), "messages[0].content[0].type"},
		{llm.OpChat, message(`{"role":"user","content":[{"type":"text","text":5}]}`), "messages[0].content[0].text"},
		{llm.OpChat, message(`{"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":5}]}`), "messages[0].content[1].image_url"},
		{llm.OpChat, message(`{"role":"user","content":[{"type":"image_url","image_url":{"url":"x"}}]}`), "messages[0].content[0].image_url.url"},
		{llm.OpChat, message(`{"role":"user","content":[{"type":"image_url","image_url":{}}]}`), "messages[0].content[0].image_url.url"},
		{llm.OpChat, message(`{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png"}}]}`), "messages[0].content[0].image_url.url"},
		{llm.OpChat, message(`{"role":"user","content":[{"type":"input_audio","input_audio":{"format":"wav"}}]}`), "messages[0].content[0].input_audio.data"},
		{llm.OpChat, message(`{"role":"user","content":[{"type":"file","file":{"filename":"x"}}]}`), "messages[0].content[0].file.file_data"},
		{llm.OpChat, message(`{"role":"user","content":"a","cache_control":{"type":"x"}}`), "messages[0].cache_control.type"},
		{llm.OpChat, message(`{"role":"user","content":[{"type":"text","text":"a","cache_control":{"type":"ephemeral","ttl":"1d"}}]}`), "messages[0].content[0].cache_control.ttl"},
		{llm.OpChat, message(`{"role":"system","content":[{"type":"image_url","image_url":"https://x"}]}`), "messages[0].content"},
		{llm.OpChat, message(`{"role":"tool","content":"a"}`), "messages[0].tool_call_id"},
		{llm.OpChat, message(`{"role":"tool","tool_call_id":"c","content":[{"type":"refusal","refusal":"x"}]}`), "messages[0].content"},
		{llm.OpChat, message(`{"role":"assistant","tool_calls":[{"function":{"name":"f"}}]}`), "messages[0].tool_calls[0].id"},
		{llm.OpChat, message(`{"role":"assistant","tool_calls":[{"id":"c","function":{}}]}`), "messages[0].tool_calls[0].function.name"},
		{llm.OpChat, message(`{"role":"assistant","tool_calls":[{"id":"c"}]}`), "messages[0].tool_calls[0].function"},
		{llm.OpChat, message(`{"role":"assistant","thinking_blocks":[{"type":"text","text":"x"}]}`), "messages[0].thinking_blocks[0].type"},
		{llm.OpChat, ask + `,"temperature":"hot"`, "temperature"},
		{llm.OpChat, ask + `,"temperature":1..2`, "temperature"},
		{llm.OpChat, ask + `,"max_tokens":0`, "max_tokens"},
		{llm.OpChat, ask + `,"max_completion_tokens":1.5`, "max_completion_tokens"},
		{llm.OpChat, ask + `,"n":0`, "n"},
		{llm.OpChat, ask + `,"stop":["a",5]`, "stop[1]"},
		{llm.OpChat, ask + `,"user":5`, "user"},
		{llm.OpChat, ask + `,"logprobs":1`, "logprobs"},
		{llm.OpChat, ask + `,"logit_bias":[]`, "logit_bias"},
		{llm.OpChat, ask + `,"parallel_tool_calls":"no"`, "parallel_tool_calls"},
		{llm.OpChat, ask + `,"reasoning_effort":"extreme"`, "reasoning_effort"},
		{llm.OpChat, ask + `,"thinking":{"type":"x"}`, "thinking.type"},
		{llm.OpChat, ask + `,"thinking":{"type":"enabled","budget_tokens":"x"}`, "thinking.budget_tokens"},
		{llm.OpChat, ask + `,"reasoning":{"effort":"x"}`, "reasoning.effort"},
		{llm.OpChat, ask + `,"modalities":[1]`, "modalities[0]"},
		{llm.OpChat, ask + `,"vendor":{broken}`, "vendor"},
		{llm.OpChat, ask + `,"tools":[{"type":"function"}]`, "tools[0].function"},
		{llm.OpChat, ask + `,"tools":[{"type":"function","function":{"description":"x"}}]`, "tools[0].function.name"},
		{llm.OpChat, ask + `,"tools":[{"type":"function","function":{"name":"f","parameters":"x"}}]`, "tools[0].function.parameters"},
		{llm.OpChat, ask + `,"tools":[{"type":"function","function":{"name":"f","parameters":{broken}}}]`, "tools[0].function.parameters"},
		{llm.OpChat, ask + `,"functions":[{}]`, "functions[0].name"},
		{llm.OpChat, ask + `,"tool_choice":"maybe"`, "tool_choice"},
		{llm.OpChat, ask + `,"tool_choice":{"type":"function"}`, "tool_choice.name"},
		{llm.OpChat, ask + `,"tool_choice":{"type":"custom","custom":{"name":"x"}}`, "tool_choice.type"},
		{llm.OpChat, ask + `,"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[{"function":{"name":"x"}}]}}`, "tool_choice.allowed_tools.tools[0].function.name"},
		{llm.OpChat, ask + `,"function_call":5`, "function_call"},
		{llm.OpChat, ask + `,"response_format":{"type":"xml"}`, "response_format.type"},
		{llm.OpChat, ask + `,"response_format":{"type":"json_schema"}`, "response_format.json_schema.schema"},
		{llm.OpChat, ask + `,"response_format":{"type":"json_schema","json_schema":{"schema":"x"}}`, "response_format.json_schema.schema"},
		{llm.OpCompletion, `"n":1`, "prompt"},
		{llm.OpCompletion, `"prompt":""`, "prompt"},
		{llm.OpCompletion, `"prompt":["a","b"]`, "prompt"},
		{llm.OpCompletion, `"prompt":[]`, "prompt"},
		{llm.OpCompletion, `"prompt":[1,2]`, "prompt"},
		{llm.OpCompletion, `"prompt":[[1],[2]]`, "prompt"},
		{llm.OpCompletion, `"prompt":"a","echo":true`, "echo"},
		{llm.OpCompletion, `"prompt":"a","best_of":2`, "best_of"},
		{llm.OpCompletion, `"prompt":"a","suffix":"b"`, "suffix"},
		{llm.OpCompletion, `"prompt":"a","logprobs":1`, "logprobs"},
		{llm.OpEmbeddings, `"dimensions":5`, "input"},
		{llm.OpEmbeddings, `"input":[]`, "input"},
		{llm.OpEmbeddings, `"input":{}`, "input"},
		{llm.OpEmbeddings, `"input":["a",{}]`, "input[1]"},
		{llm.OpEmbeddings, `"input":["a",[1]]`, "input"},
		{llm.OpEmbeddings, `"input":[["a"]]`, "input[0][0]"},
		{llm.OpEmbeddings, `"input":"a","dimensions":0`, "dimensions"},
		{llm.OpEmbeddings, `"input":"a","encoding_format":"int8"`, "encoding_format"},
	}
	for _, tt := range tests {
		t.Run(tt.members, func(t *testing.T) {
			t.Parallel()
			var tr llm.Translation
			var e *llm.Error
			err := (openai.Frontend{}).DecodeRequest(tt.op, []byte(`{"model":"m",`+tt.members+`}`), &tr)
			if !errors.As(err, &e) || e.Kind != llm.InvalidRequest || e.Param != tt.want || !strings.HasPrefix(e.Message, tt.want+": ") {
				t.Errorf("error %v (%+v), want invalid_request of %s", err, e, tt.want)
			}
		})
	}
	for _, body := range []string{``, `[]`, `{"a":1`, `{"a":1}}`} {
		var e *llm.Error
		if err := (openai.Frontend{}).DecodeRequest(llm.OpChat, []byte(body), &llm.Translation{}); !errors.As(err, &e) || e.Kind != llm.InvalidRequest {
			t.Errorf("error of %q = %v", body, err)
		}
	}
}

func TestParamName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"max_output": "max_completion_tokens", "n": "n", "temperature": "temperature"} {
		if got := (openai.Frontend{}).ParamName(name); got != want {
			t.Errorf("%s is called %s, want %s", name, got, want)
		}
	}
}
