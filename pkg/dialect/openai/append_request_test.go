package openai_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llmgw/llmgw/pkg/dialect"
	"github.com/llmgw/llmgw/pkg/dialect/openai"
	"github.com/llmgw/llmgw/pkg/llm"
)

// asked is a body that was written, member by member.
func asked(t *testing.T, b openai.Backend, req *llm.Request, l *dialect.Losses) map[string]json.RawMessage {
	t.Helper()
	if req.Op == 0 {
		req.Op = llm.OpChat
	}
	req.Model = "m"
	body, err := b.AppendRequest([]byte("before"), req, l)
	if err != nil {
		t.Fatal(err)
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(bytes.TrimPrefix(body, []byte("before")), &members); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	return members
}

func TestAppendMessages(t *testing.T) {
	t.Parallel()
	mark := &llm.CacheMark{Lifetime: "1h"}
	image := llm.Media{Kind: llm.Image, Type: "image/png", Data: "aa", Detail: "low"}
	tests := []struct {
		name   string
		quirks *openai.Quirks
		system []llm.Text
		of     []llm.Message
		want   string
	}{
		{"text", nil, nil, []llm.Message{{Role: llm.User, Name: "bob", Parts: []llm.Part{llm.Text{Text: `<"hi">`}}}}, `[{"role":"user","name":"bob","content":"<\"hi\">"}]`},
		{"nothing said", nil, nil, []llm.Message{user(), assistant()}, `[{"role":"user","content":""},{"role":"assistant","content":""}]`},
		{
			"instructions", nil,
			[]llm.Text{{Text: "a", Cache: mark}, {Text: "b"}},
			[]llm.Message{user(llm.Text{Text: "c"}), {Role: llm.System, Parts: []llm.Part{llm.Text{Text: "d"}}}},
			`[{"role":"system","content":"a\n\nb"},{"role":"user","content":"c"},{"role":"system","content":"d"}]`,
		},
		{"a vendor's role", &openai.Quirks{SystemRole: "developer"}, []llm.Text{{Text: "a"}}, nil, `[{"role":"developer","content":"a"}]`},
		{
			"marks", &openai.Quirks{CacheControl: true},
			[]llm.Text{{Text: "a", Cache: mark}, {Text: "b"}},
			[]llm.Message{user(llm.Text{Text: "c", Cache: &llm.CacheMark{}}), user(image)},
			`[{"role":"system","content":[{"type":"text","text":"a","cache_control":{"type":"ephemeral","ttl":"1h"}},{"type":"text","text":"b"}]},` +
				`{"role":"user","content":[{"type":"text","text":"c","cache_control":{"type":"ephemeral"}}]},` +
				`{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,aa","detail":"low"}}]}]`,
		},
		{
			"media", nil, nil,
			[]llm.Message{user(
				llm.Text{Text: "a"}, image, llm.Media{Kind: llm.Image, URL: "https://x"}, llm.Media{Kind: llm.Audio, Type: "audio/mpeg", Data: "bb"}, llm.Media{Kind: llm.Audio, Type: "audio/x-wav", Data: "bb"},
				llm.Media{Kind: llm.Document, Type: "application/pdf", Data: "cc"}, llm.Media{Kind: llm.Document, Type: "application/pdf", Data: "cc", Title: "t.pdf"},
				llm.Media{Kind: llm.Document, FileID: "f"}, llm.Media{Kind: llm.Document, Type: "text/plain", Text: "words", Title: "T", Context: "C"},
				llm.Media{Kind: llm.Document, Type: "text/csv", Data: "YSxi"},
			)},
			`[{"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"data:image/png;base64,aa","detail":"low"}},{"type":"image_url","image_url":{"url":"https://x"}},` +
				`{"type":"input_audio","input_audio":{"data":"bb","format":"mp3"}},{"type":"input_audio","input_audio":{"data":"bb","format":"wav"}},` +
				`{"type":"file","file":{"filename":"document.pdf","file_data":"data:application/pdf;base64,cc"}},{"type":"file","file":{"filename":"t.pdf","file_data":"data:application/pdf;base64,cc"}},` +
				`{"type":"file","file":{"file_id":"f"}},{"type":"text","text":"Title: T\nContext: C\n\nwords"},{"type":"text","text":"a,b"}]}]`,
		},
		{
			"calls", nil, nil,
			[]llm.Message{assistant(llm.Thinking{Text: "t", Signature: "s"}, llm.Redacted{Data: "r"}, llm.Text{Text: "a"}, llm.Text{Text: "b"}, llm.ToolCall{ID: "c1", Name: "f", Arguments: `{"x":1.0}`}), assistant(llm.ToolCall{ID: "c2", Name: "g"})},
			`[{"role":"assistant","content":"a\n\nb","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"x\":1.0}"}}]},` +
				`{"role":"assistant","content":null,"tool_calls":[{"id":"c2","type":"function","function":{"name":"g","arguments":"{}"}}]}]`,
		},
		{
			"thoughts come back", &openai.Quirks{ReplayReasoning: "reasoning_content"}, nil,
			[]llm.Message{assistant(llm.Thinking{Text: "t"}, llm.Thinking{Text: "u", Signature: "s"}, llm.Text{Text: "a"})},
			`[{"role":"assistant","content":"a","reasoning_content":"tu"}]`,
		},
		{"a refusal", nil, nil, []llm.Message{assistant(llm.Refusal{Text: "no"})}, `[{"role":"assistant","content":null,"refusal":"no"}]`},
		{"a refusal for others", &openai.Quirks{}, nil, []llm.Message{assistant(llm.Refusal{Text: "no"})}, `[{"role":"assistant","content":"no"}]`},
		{
			"OpenAI's own parts", nil, nil,
			[]llm.Message{assistant(llm.Foreign{From: llm.OpenAI, Kind: "audio", Raw: []byte(`{"id":"a"}`)}, llm.Foreign{From: llm.OpenAI, Kind: "custom", Raw: []byte(`{"id":"c"}`)}), user(llm.Foreign{From: llm.OpenAI, Kind: "video_url", Raw: []byte(`{"type":"video_url"}`)})},
			`[{"role":"assistant","content":null,"audio":{"id":"a"},"tool_calls":[{"id":"c"}]},{"role":"user","content":[{"type":"video_url"}]}]`,
		},
		{
			"results", nil, nil,
			[]llm.Message{
				user(llm.Text{Text: "and"}, llm.ToolResult{CallID: "c1", Parts: []llm.Part{llm.Text{Text: "one"}, image}}, llm.ToolResult{CallID: "c2", Failed: true, Parts: []llm.Part{llm.Text{Text: "two"}}}),
				user(llm.ToolResult{CallID: "c3", Failed: true, Parts: []llm.Part{llm.Text{Text: "error: x"}}}, llm.ToolResult{CallID: "c4", Failed: true}, llm.ToolResult{CallID: "c5"}),
				user(llm.Text{Text: "go on"}),
			},
			`[{"role":"tool","content":"one\n\n(attachment 1 below)","tool_call_id":"c1"},{"role":"tool","content":"Error:\n\ntwo","tool_call_id":"c2"},{"role":"tool","content":"error: x","tool_call_id":"c3"},` +
				`{"role":"tool","content":"Error:","tool_call_id":"c4"},{"role":"tool","content":"","tool_call_id":"c5"},` +
				`{"role":"user","content":[{"type":"text","text":"Attachment 1:"},{"type":"image_url","image_url":{"url":"data:image/png;base64,aa","detail":"low"}},{"type":"text","text":"and"}]},{"role":"user","content":"go on"}]`,
		},
		{
			"a result with a mark", &openai.Quirks{CacheControl: true}, nil,
			[]llm.Message{user(llm.ToolResult{CallID: "c", Parts: []llm.Part{llm.Text{Text: "r"}}, Cache: &llm.CacheMark{}})},
			`[{"role":"tool","content":[{"type":"text","text":"r","cache_control":{"type":"ephemeral"}}],"tool_call_id":"c"}]`,
		},
		{"plain content", &openai.Quirks{PlainContent: true, CacheControl: true}, nil, []llm.Message{user(llm.Text{Text: "a", Cache: mark}, llm.Text{Text: "b"})}, `[{"role":"user","content":"a\n\nb"}]`},
		{
			"ids of nine", &openai.Quirks{ToolIDLength: 9}, nil,
			[]llm.Message{assistant(llm.ToolCall{ID: "toolu_1", Name: "f"}, llm.ToolCall{ID: "abcdefgh9", Name: "g"}), user(llm.ToolResult{CallID: "toolu_1"}, llm.ToolResult{CallID: "abcdefgh9"})},
			`[{"role":"assistant","content":null,"tool_calls":[{"id":"Aua8KeCZ5","type":"function","function":{"name":"f","arguments":"{}"}},{"id":"abcdefgh9","type":"function","function":{"name":"g","arguments":"{}"}}]},` +
				`{"role":"tool","content":"","tool_call_id":"Aua8KeCZ5"},{"role":"tool","content":"","tool_call_id":"abcdefgh9"}]`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var l dialect.Losses
			c := &llm.Conversation{System: tt.system, Messages: tt.of, Choices: 1}
			got := asked(t, openai.Backend{Quirks: tt.quirks}, &llm.Request{Translate: &llm.Translation{Conversation: c}}, &l)
			if diff := cmp.Diff(tt.want, string(got["messages"])); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if l.Dropped != nil {
				t.Errorf("dropped %v", l.Dropped)
			}
		})
	}
}

// TestLongCallIDs: OpenAI takes forty characters, others take any.
func TestLongCallIDs(t *testing.T) {
	t.Parallel()
	id := strings.Repeat("x", 41)
	c := &llm.Conversation{Messages: []llm.Message{assistant(llm.ToolCall{ID: id, Name: "f"})}}
	for _, b := range []openai.Backend{{}, {Quirks: &openai.Quirks{}}} {
		messages := asked(t, b, &llm.Request{Translate: &llm.Translation{Conversation: c}}, &dialect.Losses{})["messages"]
		if kept := bytes.Contains(messages, []byte(id)); kept != (b.Quirks != nil) {
			t.Errorf("messages %s", messages)
		}
	}
}

func TestAppendParameters(t *testing.T) {
	t.Parallel()
	yes := true
	function := []llm.Tool{{Name: "f", Description: "d", Parameters: []byte(`{"a":1.0}`), Strict: &yes, Cache: &llm.CacheMark{}}, {Name: "g"}}
	tests := []struct {
		name    string
		quirks  *openai.Quirks
		of      llm.Conversation
		req     llm.Request
		facts   llm.ModelFacts
		want    string
		dropped []string
	}{
		{"nothing", nil, llm.Conversation{}, llm.Request{}, llm.ModelFacts{}, `{}`, nil},
		{"a stream", nil, llm.Conversation{}, llm.Request{Stream: true}, llm.ModelFacts{}, `{"stream":true,"stream_options":{"include_usage":true}}`, nil},
		{"a stream without options", &openai.Quirks{NoStreamOptions: true}, llm.Conversation{}, llm.Request{Stream: true}, llm.ModelFacts{}, `{"stream":true}`, nil},
		{
			"sampling", nil,
			llm.Conversation{Sampling: llm.Sampling{Temperature: "1.0", TopP: "0.50", TopK: "5", FrequencyPenalty: "1", PresencePenalty: "2", Seed: "7", Logprobs: true, TopLogprobs: "3", LogitBias: []byte(`{"5":1}`)}},
			llm.Request{},
			llm.ModelFacts{},
			`{"temperature":1.0,"top_p":0.50,"frequency_penalty":1,"presence_penalty":2,"seed":7,"logprobs":true,"top_logprobs":3,"logit_bias":{"5":1}}`,
			[]string{"top_k"},
		},
		{
			"sampling of a model that reasons", nil,
			llm.Conversation{Sampling: llm.Sampling{Temperature: "0.5", TopP: "1.0", FrequencyPenalty: "0", PresencePenalty: "2"}},
			llm.Request{},
			llm.ModelFacts{Reasoning: true},
			`{}`,
			[]string{"temperature", "presence_penalty"},
		},
		{"sampling of another vendor's", &openai.Quirks{}, llm.Conversation{Sampling: llm.Sampling{Temperature: "0.5"}}, llm.Request{}, llm.ModelFacts{Reasoning: true}, `{"temperature":0.5}`, nil},
		{
			"other names", &openai.Quirks{Rename: map[string]string{"seed": "random_seed", "top_k": "top_k"}},
			llm.Conversation{Sampling: llm.Sampling{Seed: "7", TopK: "5"}},
			llm.Request{},
			llm.ModelFacts{},
			`{"random_seed":7,"top_k":5}`, nil,
		},
		{
			"what the vendor refuses", &openai.Quirks{Drop: []string{"user", "temperature"}},
			llm.Conversation{User: "u", Sampling: llm.Sampling{Temperature: "1"}},
			llm.Request{Edits: llm.Edits{Defaults: []llm.Default{{Name: "temperature", Value: []byte("1")}}}},
			llm.ModelFacts{},
			`{}`,
			[]string{"temperature", "user"},
		},
		{"the gateway's limit", nil, llm.Conversation{MaxOutput: 7}, llm.Request{Edits: llm.Edits{MaxOutput: 5}}, llm.ModelFacts{}, `{"max_completion_tokens":5}`, nil},
		{"the client's limit", &openai.Quirks{Limit: "max_tokens"}, llm.Conversation{MaxOutput: 7}, llm.Request{}, llm.ModelFacts{}, `{"max_tokens":7}`, nil},
		{
			"the configured limit", nil,
			llm.Conversation{},
			llm.Request{Edits: llm.Edits{Defaults: []llm.Default{{Name: "max_tokens", Value: []byte("9")}, {Name: "max_completion_tokens", Value: []byte("8")}}}},
			llm.ModelFacts{},
			`{"max_completion_tokens":9}`, nil,
		},
		{
			"defaults", nil,
			llm.Conversation{Sampling: llm.Sampling{Temperature: "1"}, MaxOutput: 5},
			llm.Request{Edits: llm.Edits{Defaults: []llm.Default{{Name: "temperature", Value: []byte("2")}, {Name: "vendor", Value: []byte(`{"a":1}`)}, {Name: "max_tokens", Value: []byte("9")}}}},
			llm.ModelFacts{},
			`{"max_completion_tokens":5,"temperature":1,"vendor":{"a":1}}`, nil,
		},
		{
			"what there is to say of the answer", nil,
			llm.Conversation{Stop: []string{"a", "b"}, Choices: 3, User: "u", ServiceTier: "flex"},
			llm.Request{},
			llm.ModelFacts{},
			`{"stop":["a","b"],"n":3,"user":"u","service_tier":"flex"}`, nil,
		},
		{"another vendor's tier", nil, llm.Conversation{ServiceTier: "standard_only"}, llm.Request{}, llm.ModelFacts{}, `{}`, []string{"service_tier"}},
		{"effort", nil, llm.Conversation{Reasoning: &llm.Reasoning{Effort: "xhigh", Adaptive: true, Budget: 5}}, llm.Request{}, llm.ModelFacts{Reasoning: true}, `{"reasoning_effort":"xhigh"}`, nil},
		{"a little", nil, llm.Conversation{Reasoning: &llm.Reasoning{Budget: 2048}}, llm.Request{}, llm.ModelFacts{Reasoning: true}, `{"reasoning_effort":"low"}`, nil},
		{"some", nil, llm.Conversation{Reasoning: &llm.Reasoning{Budget: 8192}}, llm.Request{}, llm.ModelFacts{Reasoning: true}, `{"reasoning_effort":"medium"}`, nil},
		{"much", nil, llm.Conversation{Reasoning: &llm.Reasoning{Budget: 8193}}, llm.Request{}, llm.ModelFacts{Reasoning: true}, `{"reasoning_effort":"high"}`, nil},
		{"as it likes", nil, llm.Conversation{Reasoning: &llm.Reasoning{Adaptive: true}}, llm.Request{}, llm.ModelFacts{Reasoning: true}, `{}`, nil},
		{"not at all", nil, llm.Conversation{Reasoning: &llm.Reasoning{Off: true, Budget: 5}}, llm.Request{}, llm.ModelFacts{Reasoning: true}, `{}`, nil},
		{"none", nil, llm.Conversation{Reasoning: &llm.Reasoning{Off: true, Effort: "none"}}, llm.Request{}, llm.ModelFacts{Reasoning: true}, `{"reasoning_effort":"none"}`, nil},
		{"none, of a model that does not", nil, llm.Conversation{Reasoning: &llm.Reasoning{Off: true, Effort: "none"}}, llm.Request{}, llm.ModelFacts{}, `{}`, nil},
		{"effort of a model that has none", nil, llm.Conversation{Reasoning: &llm.Reasoning{Effort: "low"}}, llm.Request{}, llm.ModelFacts{}, `{}`, []string{"reasoning_effort"}},
		{"JSON", nil, llm.Conversation{Format: llm.Format{Kind: llm.FormatJSON}}, llm.Request{}, llm.ModelFacts{}, `{"response_format":{"type":"json_object"}}`, nil},
		{
			"a schema", nil,
			llm.Conversation{Format: llm.Format{Kind: llm.FormatSchema, Schema: []byte(`{"a":1.0}`)}},
			llm.Request{},
			llm.ModelFacts{},
			`{"response_format":{"type":"json_schema","json_schema":{"name":"response","schema":{"a":1.0}}}}`, nil,
		},
		{
			"a schema with all", nil,
			llm.Conversation{Format: llm.Format{Kind: llm.FormatSchema, Name: "n", Description: "d", Schema: []byte(`{}`), Strict: &yes}},
			llm.Request{},
			llm.ModelFacts{},
			`{"response_format":{"type":"json_schema","json_schema":{"name":"n","description":"d","schema":{},"strict":true}}}`, nil,
		},
		{
			"tools", nil,
			llm.Conversation{Tools: function, Choice: llm.ToolChoice{Mode: llm.ToolAny}, OneToolAtATime: true},
			llm.Request{},
			llm.ModelFacts{},
			`{"tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"a":1.0},"strict":true}},{"type":"function","function":{"name":"g","parameters":{"type":"object","properties":{}}}}],` +
				`"tool_choice":"required","parallel_tool_calls":false}`, nil,
		},
		{
			"a marked tool", &openai.Quirks{CacheControl: true},
			llm.Conversation{Tools: function[:1], Choice: llm.ToolChoice{Mode: llm.ToolNamed, Name: "f"}},
			llm.Request{},
			llm.ModelFacts{},
			`{"tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"a":1.0},"strict":true},"cache_control":{"type":"ephemeral"}}],"tool_choice":{"type":"function","function":{"name":"f"}}}`, nil,
		},
		{"a choice without tools", nil, llm.Conversation{Choice: llm.ToolChoice{Mode: llm.ToolNone}, OneToolAtATime: true}, llm.Request{}, llm.ModelFacts{}, `{}`, nil},
		{
			"OpenAI's own", nil,
			llm.Conversation{
				Tools:  []llm.Tool{{Foreign: &llm.Foreign{From: llm.OpenAI, Kind: "custom", Raw: []byte(`{"type":"custom"}`)}}},
				Choice: llm.ToolChoice{Mode: llm.ToolAuto},
				Extra:  []llm.Parameter{{Name: "store", Value: []byte("true"), From: llm.OpenAI, Hint: true}, {Name: "metadata", Value: []byte("{}"), From: llm.Anthropic, Hint: true}},
			},
			llm.Request{},
			llm.ModelFacts{},
			`{"tools":[{"type":"custom"}],"tool_choice":"auto","store":true}`,
			[]string{"metadata"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var l dialect.Losses
			tt.of.Choices = max(1, tt.of.Choices)
			tt.req.Translate = &llm.Translation{Conversation: &tt.of, Model: tt.facts}
			got := asked(t, openai.Backend{Quirks: tt.quirks}, &tt.req, &l)
			if string(got["model"]) != `"m"` || string(got["messages"]) != "[]" {
				t.Errorf("model %s, messages %s", got["model"], got["messages"])
			}
			delete(got, "model")
			delete(got, "messages")
			var want map[string]json.RawMessage
			if err := json.Unmarshal([]byte(tt.want), &want); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.dropped, l.Dropped); diff != "" {
				t.Errorf("dropped (-want +got):\n%s", diff)
			}
		})
	}
}

// TestEffortInTheClientsOwnWords: a client of this API knows what it asks for.
func TestEffortInTheClientsOwnWords(t *testing.T) {
	t.Parallel()
	c := &llm.Conversation{Reasoning: &llm.Reasoning{Effort: "low"}}
	for name, want := range map[string]string{"reasoning_effort": `"low"`, "thinking": ""} {
		own := func(string) string { return name }
		req := &llm.Request{Translate: &llm.Translation{Conversation: c, ParamName: own}}
		if got := asked(t, openai.Backend{}, req, &dialect.Losses{})["reasoning_effort"]; string(got) != want {
			t.Errorf("a client that says %s asks for %s, want %q", name, got, want)
		}
	}
}

func TestAppendEmbeddings(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		quirks *openai.Quirks
		of     llm.Embed
		want   string
	}{
		{"one text", nil, llm.Embed{Texts: []string{"a"}, Single: true, Dimensions: "5", User: "u", Base64: true}, `{"model":"m","input":"a","encoding_format":"base64","dimensions":5,"user":"u"}`},
		{"texts", &openai.Quirks{FloatVectors: true}, llm.Embed{Texts: []string{"a", "b"}, Base64: true}, `{"model":"m","input":["a","b"]}`},
		{"tokens", nil, llm.Embed{Tokens: [][]byte{[]byte("[1]")}, Single: true}, `{"model":"m","input":[1]}`},
		{"lists of tokens", nil, llm.Embed{Tokens: [][]byte{[]byte("[1]"), []byte("[2]")}}, `{"model":"m","input":[[1],[2]]}`},
		{"more", nil, llm.Embed{Texts: []string{"a"}, Extra: []llm.Parameter{{Name: "input_type", Value: []byte(`"x"`), From: llm.OpenAI}}}, `{"model":"m","input":["a"],"input_type":"x"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			req := &llm.Request{Op: llm.OpEmbeddings, Model: "m", Translate: &llm.Translation{Embed: &tt.of}}
			got, err := openai.Backend{Quirks: tt.quirks}.AppendRequest(nil, req, &dialect.Losses{})
			if err != nil || string(got) != tt.want {
				t.Errorf("%s, %v, want %s", got, err, tt.want)
			}
		})
	}
}

// TestAppendRequestRefuses shows what cannot be said, and that it can be dropped.
func TestAppendRequestRefuses(t *testing.T) {
	t.Parallel()
	media := func(m llm.Media) llm.Conversation { return llm.Conversation{Messages: []llm.Message{user(m)}} }
	tests := []struct {
		name   string
		quirks *openai.Quirks
		of     llm.Conversation
		param  string
	}{
		{"stops", nil, llm.Conversation{Stop: []string{"a", "b", "c", "d", "e"}}, "stop"},
		{"another vendor's tool", nil, llm.Conversation{Tools: []llm.Tool{{Foreign: &llm.Foreign{From: llm.Anthropic, Kind: "web_search_20250305"}}}, Choice: llm.ToolChoice{Mode: llm.ToolAny}}, "tools"},
		{"another vendor's parameter", nil, llm.Conversation{Extra: []llm.Parameter{{Name: "container", From: llm.Anthropic}}}, "container"},
		{"several answers", &openai.Quirks{Drop: []string{"n"}}, llm.Conversation{Choices: 2}, "n"},
		{"a format", &openai.Quirks{Drop: []string{"response_format"}}, llm.Conversation{Format: llm.Format{Kind: llm.FormatJSON}}, "response_format"},
		{"a document by address", nil, media(llm.Media{Kind: llm.Document, URL: "https://x"}), "messages"},
		{"an image by id", nil, media(llm.Media{Kind: llm.Image, FileID: "f"}), "messages"},
		{"a sound by address", nil, media(llm.Media{Kind: llm.Audio, URL: "https://x"}), "messages"},
		{"a sound without a format", nil, media(llm.Media{Kind: llm.Audio, Data: "aa"}), "messages"},
		{"an image as text", &openai.Quirks{PlainContent: true}, media(llm.Media{Kind: llm.Image, Data: "aa", Type: "image/png"}), "messages"},
		{"an image of an assistant", nil, llm.Conversation{Messages: []llm.Message{assistant(llm.Media{Kind: llm.Image, Data: "aa", Type: "image/png"})}}, "messages"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := openai.Backend{Quirks: tt.quirks}
			req := &llm.Request{Op: llm.OpChat, Translate: &llm.Translation{Conversation: &tt.of}}
			var e *llm.Error
			_, err := b.AppendRequest(nil, req, &dialect.Losses{})
			if !errors.As(err, &e) || e.Kind != llm.InvalidRequest || e.Param != tt.param {
				t.Errorf("error %v, want invalid_request of %s", err, tt.param)
			}
			l := dialect.Losses{Drop: true}
			if body, err := b.AppendRequest(nil, req, &l); err != nil || !json.Valid(body) || len(l.Dropped) != 1 || l.Dropped[0] != tt.param {
				t.Errorf("%s, dropped %v, %v", body, l.Dropped, err)
			}
		})
	}
	for _, op := range []llm.Op{llm.OpCompletion, llm.OpEmbeddings, llm.OpCountTokens} {
		req := &llm.Request{Op: op, Translate: &llm.Translation{Conversation: &llm.Conversation{}}}
		if _, err := (openai.Backend{}).AppendRequest(nil, req, &dialect.Losses{}); err == nil {
			t.Errorf("%v is written", op)
		}
	}
}

// TestForeignPartsAreNoted: what another dialect has for a message is left out.
func TestForeignPartsAreNoted(t *testing.T) {
	t.Parallel()
	foreign := llm.Foreign{From: llm.Anthropic, Kind: "search_result"}
	c := &llm.Conversation{Messages: []llm.Message{user(foreign, llm.Text{Text: "a"}), assistant(foreign)}}
	var l dialect.Losses
	got := asked(t, openai.Backend{}, &llm.Request{Translate: &llm.Translation{Conversation: c}}, &l)
	if want := `[{"role":"user","content":"a"},{"role":"assistant","content":""}]`; string(got["messages"]) != want {
		t.Errorf("messages %s, want %s", got["messages"], want)
	}
	if diff := cmp.Diff([]string{"messages.search_result"}, l.Dropped); diff != "" {
		t.Errorf("dropped (-want +got):\n%s", diff)
	}
}

// TestPatchQuirks: the native lane adds what the vendor takes.
func TestPatchQuirks(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		quirks *openai.Quirks
		op     llm.Op
		want   string
	}{
		{"none", nil, llm.OpChat, `{"model":"m","max_completion_tokens":5,"stream_options":{"include_usage":true}}`},
		{"nothing of them", &openai.Quirks{}, llm.OpChat, `{"model":"m","max_completion_tokens":5,"stream_options":{"include_usage":true}}`},
		{"the limit", &openai.Quirks{Limit: "max_tokens"}, llm.OpChat, `{"model":"m","max_tokens":5,"stream_options":{"include_usage":true}}`},
		{"no options", &openai.Quirks{NoStreamOptions: true}, llm.OpChat, `{"model":"m","max_completion_tokens":5}`},
		{"a completion", &openai.Quirks{Limit: "max_completion_tokens", NoStreamOptions: true}, llm.OpCompletion, `{"model":"m","max_tokens":5}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			body := []byte(`{"model":"m"}`)
			h := &llm.Head{}
			if err := (openai.Frontend{}).Inspect(tt.op, body, h); err != nil {
				t.Fatal(err)
			}
			got, err := openai.Backend{Quirks: tt.quirks}.Patch(nil, body, tt.op, llm.Edits{Head: h, MaxOutput: 5, IncludeUsage: true})
			if err != nil || string(got) != tt.want {
				t.Errorf("%s, %v, want %s", got, err, tt.want)
			}
		})
	}
}
