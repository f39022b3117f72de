package anthropic_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/llmgw/llmgw/pkg/dialect"
	"github.com/llmgw/llmgw/pkg/dialect/anthropic"
	"github.com/llmgw/llmgw/pkg/llm"
)

func TestInspect(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body string
		op         llm.Op
		preset     string
		want       llm.Head
	}{
		{
			"all", `{"model":"m","max_tokens":9,"stream":true,"thinking":{"type":"enabled","budget_tokens":5}}`, llm.OpChat, "",
			llm.Head{Model: "m", MaxOutput: 9, Stream: true, Thinking: true, ThinkingBudget: 5},
		},
		{"escaped model", `{"model":"a\u0062\"c"}`, llm.OpChat, "", llm.Head{Model: `ab"c`}},
		{"nulls", `{"model":"m","max_tokens":null,"stream":null,"thinking":null}`, llm.OpChat, "", llm.Head{Model: "m"}},
		{
			"not numbers", `{"model":"m","max_tokens":"9","thinking":{"type":"enabled","budget_tokens":[]}}`, llm.OpChat, "",
			llm.Head{Model: "m", Thinking: true},
		},
		{"negative", `{"model":"m","max_tokens":-4}`, llm.OpChat, "", llm.Head{Model: "m"}},
		{"float", `{"model":"m","max_tokens":9.0}`, llm.OpChat, "", llm.Head{Model: "m", MaxOutput: 9}},
		{"no thinking", `{"model":"m","thinking":{"type":"disabled","budget_tokens":5}}`, llm.OpChat, "", llm.Head{Model: "m"}},
		{"adaptive", `{"model":"m","thinking":{"type":"adaptive"}}`, llm.OpChat, "", llm.Head{Model: "m", Thinking: true}},
		{"model of the path", `{"max_tokens":9}`, llm.OpChat, "p", llm.Head{Model: "p", MaxOutput: 9}},
		{"model of the path wins", `{"model":7}`, llm.OpChat, "p", llm.Head{Model: "p"}},
		{
			"other fields", `{"x":1,"model":"m","x":2,"metadata":{"model":"n"},"messages":[{"model":"o","Stream":1}]}`, llm.OpChat, "",
			llm.Head{Model: "m"},
		},
		{"count", `{"model":"m","stream":true,"max_tokens":9}`, llm.OpCountTokens, "", llm.Head{Model: "m"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := llm.Head{Model: tt.preset, Stream: true, MaxOutput: 77, Fields: make([]llm.Field, 3)}
			if tt.want.Choices == 0 {
				tt.want.Choices = 1
			}
			if err := (anthropic.Frontend{}).Inspect(tt.op, []byte(tt.body), &h); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, h, cmpopts.IgnoreFields(llm.Head{}, "Fields")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestInspectRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, body, param string }{
		{"no object", `[]`, ""},
		{"garbage behind", `{"model":"m"}}`, ""},
		{"no model", `{}`, "model"},
		{"model null", `{"model":null}`, "model"},
		{"model empty", `{"model":""}`, "model"},
		{"model number", `{"model":5}`, "model"},
		{"model twice", `{"model":"a","model":"b"}`, "model"},
		{"model escaped", `{"model":"a","m\u006fdel":"b"}`, "model"},
		{"model only escaped", `{"\u006dodel":"b"}`, "model"},
		{"model in capitals", `{"model":"a","MODEL":"b"}`, "model"},
		{"stream number", `{"model":"a","stream":1}`, "stream"},
		{"stream string", `{"model":"a","stream":"true"}`, "stream"},
		{"stream twice", `{"model":"a","stream":true,"stream":true}`, "stream"},
		{"long s", "{\"model\":\"a\",\"\u017ftream\":true}", "stream"},
		{"limit twice", `{"model":"a","max_tokens":1,"max_tokens":2}`, "max_tokens"},
		{"thinking twice", `{"model":"a","thinking":null,"thinking":{}}`, "thinking"},
		{"budget twice", `{"model":"a","thinking":{"budget_tokens":1,"budget_tokens":2}}`, "thinking.budget_tokens"},
		{"budget escaped", `{"model":"a","thinking":{"budget\u005ftokens":1}}`, "thinking.budget_tokens"},
		{"address", `{"model":"a","api_base":"http://x"}`, "api_base"},
		{"address in capitals", `{"model":"a","API_BASE":"http://x"}`, "api_base"},
		{"address escaped", `{"model":"a","base\u005furl":"http://x"}`, "base_url"},
		{"credential", `{"model":"a","api_key":null}`, "api_key"},
		{"too many", `{"model":"a"` + strings.Repeat(`,"x":1`, 1000) + `}`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var e *llm.Error
			err := (anthropic.Frontend{}).Inspect(llm.OpChat, []byte(tt.body), &llm.Head{})
			if !errors.As(err, &e) {
				t.Fatalf("error = %v, want an *llm.Error", err)
			}
			if e.Kind != llm.InvalidRequest || e.Param != tt.param || !strings.Contains(e.Message, tt.param) {
				t.Errorf("%+v, want invalid_request of %q", e, tt.param)
			}
		})
	}
}

func TestReach(t *testing.T) {
	t.Parallel()
	const u = dialect.Unbounded
	prompt := `"messages":[{"role":"user","content":"I said \"type\":\"url\" and {\"file_id\":\"f\"}, web_search_20250305"}]`
	tests := []struct {
		name, body string
		want       dialect.Reach
	}{
		{"words in a prompt", `{` + prompt + `}`, dialect.Reach{}},
		{"words in a schema", `{"tools":[{"name":"t","type":"custom","input_schema":{"type":"object","properties":{` +
			`"url":{"type":"string"},"container":{"type":"string"},"fallbacks":{"type":"array"}}}}]}`, dialect.Reach{}},
		{"client tools", `{"tools":[{"type":"bash_20250124"},{"type":"text_editor_20250728"},{"type":"computer_20251124"},` +
			`{"type":"memory_20250818"}],"context_management":{"edits":[{"type":"clear_thinking_20251015"}]}}`, dialect.Reach{}},
		{"base64", `{"messages":[{"content":[{"type":"image","source":{"type":"base64","data":"aHR0cA=="}}]}]}`, dialect.Reach{Documents: true}},
		{"picture", `{"messages":[{"content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"aHR0cA=="}}]}]}`, dialect.Reach{SmallPictures: 1}},
		{"pictures, one of them large", `[{"source":{"media_type":"im\u0061ge\/png","d\u0061ta":"a"}},{"source":{"media_type":"image/png","data":"` +
			strings.Repeat("a", dialect.SmallPicture) + `"}},{"source":{"data":"b","media_type":"image/gif"}}]`, dialect.Reach{SmallPictures: 2}},
		{"document", `{"source":{"type":"base64","media_type":"application/pdf","data":"JVBERi0="}}`, dialect.Reach{Documents: true}},
		{"text document", `{"source":{"type":"text","media_type":"text/plain","data":"hello"}}`, dialect.Reach{}},
		{"cache", `{"system":[{"text":"a","cache_control":{"type":"ephemeral"}}]}`, dialect.Reach{CacheWrite: dialect.ShortCacheWrite}},
		{"cache for an hour", `{"system":[{"text":"a","cache_control":{"type":"ephemeral","ttl":"1h"}},{"cache_control":{"ttl":"5m"}}]}`, dialect.Reach{CacheWrite: dialect.LongCacheWrite}},
		{"a lifetime of something else", `{"tools":[{"input_schema":{"properties":{"ttl":{"type":"string"}}}}]}`, dialect.Reach{}},
		{"image by URL", `{"messages":[{"content":[{"source":{"type":"url","url":"https://x"}}]}]}`, dialect.Reach{Elsewhere: true}},
		{"with white space", "{\"source\": {\"type\" :\n \"url\"}}", dialect.Reach{Elsewhere: true}},
		{"escaped value", `{"source":{"type":"\u0075r\u006c"}}`, dialect.Reach{Elsewhere: true}},
		{"escaped name", `{"source":{"\u0074ype":"url"}}`, dialect.Reach{Elsewhere: true}},
		{"file", `{"source":{"type":"file","file_id":"f"}}`, dialect.Reach{Elsewhere: true}},
		{"file id alone", `{"content":[{"type":"container_upload","file_id":"f"}]}`, dialect.Reach{Elsewhere: true}},
		{"container", `{"container":"c"}`, dialect.Reach{Elsewhere: true}},
		{"escaped container", `{"c\u006fntainer":{"id":"c"}}`, dialect.Reach{Elsewhere: true}},
		{"container null", `{"container":null}`, dialect.Reach{}},
		{"fallbacks", `{"fallbacks":[{"model":"n"}]}`, dialect.Reach{Elsewhere: true}},
		{"mcp", `{"mcp_servers":[{"url":"https://x"}]}`, dialect.Reach{Elsewhere: true, ServerTools: u}},
		{"search", `{"tools":[{"type":"web_search_20250305","name":"web_search"}]}`, dialect.Reach{ServerTools: u}},
		{"search escaped", `{"tools":[{"type":"web\u005fsearch_20250305"}]}`, dialect.Reach{ServerTools: u}},
		{
			"searches with limits", `{"tools":[{"max_uses":2,"type":"web_search_20250305"},{"name":"t"},{"type":"web_fetch_20250910","max_uses":3}]}`,
			dialect.Reach{ServerTools: 5},
		},
		{
			"one without a limit", `{"tools":[{"type":"web_search_20250305","max_uses":2},{"type":"code_execution_20260120"}]}`,
			dialect.Reach{ServerTools: u},
		},
		{"limit null", `{"tools":[{"type":"web_search_20250305","max_uses":null}]}`, dialect.Reach{ServerTools: u}},
		{"limit absurd", `{"tools":[{"type":"web_search_20250305","max_uses":1e30}]}`, dialect.Reach{ServerTools: u}},
		{
			"tool in a message", `{"tools":[{"type":"web_search_20250305","max_uses":2}],"messages":[{"content":[{"tool":{"type":"web_search_20250305"}}]}]}`,
			dialect.Reach{ServerTools: u},
		},
		{"unknown tool", `{"tools":[{"type":"time_travel_20270101"}]}`, dialect.Reach{ServerTools: u}},
		{"compaction", `{"context_management":{"edits":[{"type":"compact_20260112"}]}}`, dialect.Reach{ServerTools: u}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := (anthropic.Frontend{}).Reach(llm.OpChat, []byte(tt.body)); got != tt.want {
				t.Errorf("%+v, want %+v", got, tt.want)
			}
		})
	}
}

func FuzzInspectAnthropic(f *testing.F) {
	for _, s := range []string{
		`{"model":"m","max_tokens":9,"stream":true,"thinking":{"type":"enabled","budget_tokens":5}}`,
		`{"m\u006fdel":"m"}`, `{"Model":"m"}`, `{"model":"\ud800"}`, `{"model":"m","tools":[{"type":"web_search_20250305","max_uses":1}]}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var h llm.Head
		front := anthropic.Frontend{}
		_ = front.Reach(llm.OpChat, body)
		err := front.Inspect(llm.OpChat, body, &h)
		var e *llm.Error
		if err != nil {
			if !errors.As(err, &e) || e.Kind != llm.InvalidRequest || e.Message == "" {
				t.Fatalf("%v of %q", err, body)
			}
			return
		}
		if h.Model == "" || h.MaxOutput < 0 || h.ThinkingBudget < 0 || h.Choices != 1 {
			t.Fatalf("%+v of %q", h, body)
		}
	})
}

// agentBody makes a body like a coding agent's: a long prompt, tools with schemas
// and file contents full of escapes.
func agentBody(size int) []byte {
	var b strings.Builder
	b.WriteString(`{"model":"claude-sonnet-4-5","max_tokens":32000,"stream":true,"thinking":{"type":"enabled","budget_tokens":8000},"system":[{"type":"text","text":"`)
	b.WriteString(strings.Repeat(`You are an agent.\n- Use the tools.\n- Say \"no\" when asked to guess; read files first, then edit them.\n`, size/3/105))
	b.WriteString(`","cache_control":{"type":"ephemeral"}}],"tools":[{"name":"none","input_schema":{"type":"object"}}`)
	for b.Len() < size*2/3 {
		b.WriteString(`,{"name":"edit","description":"` + strings.Repeat(`Does one thing well, and says what it did.\n`, 12) + `",` +
			`"input_schema":{"type":"object","properties":{"file_path":{"type":"string","description":"The absolute path to the file"},` +
			`"old_string":{"type":"string","description":"The text to replace"},"replace_all":{"type":"boolean","default":false}},` +
			`"required":["file_path","old_string"],"additionalProperties":false}}`)
	}
	b.WriteString(`],"messages":[{"role":"user","content":"`)
	b.WriteString(strings.Repeat(`\tif err != nil {\n\t\treturn fmt.Errorf(\"open %s: %w\", path, err)\n\t}\n`, max(0, size-b.Len())/75))
	b.WriteString(`"}]}`)
	return []byte(b.String())
}

func BenchmarkInspect(b *testing.B) {
	for _, size := range []int{1 << 10, 60 << 10} {
		b.Run(fmt.Sprintf("%dKB", size>>10), func(b *testing.B) {
			body := agentBody(size)
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			h := llm.Head{Fields: make([]llm.Field, 0, 32)}
			for b.Loop() {
				h.Model = ""
				if err := (anthropic.Frontend{}).Inspect(llm.OpChat, body, &h); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkReach(b *testing.B) {
	body := agentBody(60 << 10)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if r := (anthropic.Frontend{}).Reach(llm.OpChat, body); r != (dialect.Reach{}) {
			b.Fatalf("%+v", r)
		}
	}
}
