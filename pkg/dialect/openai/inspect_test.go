package openai_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/llmgw/llmgw/pkg/dialect"
	"github.com/llmgw/llmgw/pkg/dialect/openai"
	"github.com/llmgw/llmgw/pkg/llm"
)

func TestInspect(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body string
		op         llm.Op
		want       llm.Head
	}{
		{
			"all", `{"model":"m","stream":true,"max_tokens":5,"max_completion_tokens":9,"n":3,"reasoning_effort":"low","stream_options":{"include_usage":true}}`,
			llm.OpChat,
			llm.Head{Model: "m", Stream: true, MaxOutput: 9, Choices: 3, Thinking: true, IncludeUsage: true},
		},
		{"larger limit counts", `{"model":"m","max_tokens":15,"max_completion_tokens":9}`, llm.OpChat, llm.Head{Model: "m", MaxOutput: 15, Choices: 1}},
		{
			"nulls", `{"model":"m","stream":null,"max_tokens":null,"n":null,"reasoning_effort":null,"stream_options":null}`, llm.OpChat,
			llm.Head{Model: "m", Choices: 1},
		},
		{"no reasoning", `{"model":"m","reasoning_effort":"none","n":0,"stream_options":{"include_usage":null}}`, llm.OpChat, llm.Head{Model: "m", Choices: 1}},
		{
			"completions", `{"model":"m","n":2,"best_of":5,"max_tokens":7,"max_completion_tokens":9,"reasoning_effort":"high"}`, llm.OpCompletion,
			llm.Head{Model: "m", MaxOutput: 7, Choices: 5},
		},
		{"best_of is no chat parameter", `{"model":"m","best_of":5}`, llm.OpChat, llm.Head{Model: "m", Choices: 1}},
		{"embeddings", `{"model":"m","input":"x","stream":true,"max_tokens":9,"n":4}`, llm.OpEmbeddings, llm.Head{Model: "m", Choices: 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var h llm.Head
			if err := (openai.Frontend{}).Inspect(tt.op, []byte(tt.body), &h); err != nil {
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
	tests := []struct {
		name, body, param string
		op                llm.Op
	}{
		{"limit twice", `{"model":"m","max_completion_tokens":1,"max_completion_tokens":2}`, "max_completion_tokens", llm.OpChat},
		{"choices escaped", `{"model":"m","\u006e":100}`, "n", llm.OpChat},
		{"choices in capitals", `{"model":"m","N":100}`, "n", llm.OpChat},
		{"best_of twice", `{"model":"m","best_of":1,"best_of":2}`, "best_of", llm.OpCompletion},
		{"usage no flag", `{"model":"m","stream_options":{"include_usage":1}}`, "stream_options.include_usage", llm.OpChat},
		{"usage twice", `{"model":"m","stream_options":{"include_usage":true,"include_usage":false}}`, "stream_options.include_usage", llm.OpChat},
		{"usage escaped", `{"model":"m","stream_options":{"include\u005fusage":true}}`, "stream_options.include_usage", llm.OpChat},
		{"effort twice", `{"model":"m","reasoning_effort":"none","reasoning_effort":"high"}`, "reasoning_effort", llm.OpChat},
		{"no model", `{"input":"x"}`, "model", llm.OpEmbeddings},
		{"address", `{"model":"m","base_url":"x"}`, "base_url", llm.OpEmbeddings},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var e *llm.Error
			err := (openai.Frontend{}).Inspect(tt.op, []byte(tt.body), &llm.Head{})
			if !errors.As(err, &e) || e.Kind != llm.InvalidRequest || e.Param != tt.param {
				t.Errorf("error %v, want invalid_request of %q", err, tt.param)
			}
		})
	}
}

func TestReach(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body string
		want       dialect.Reach
	}{
		{"words in a prompt", `{"messages":[{"role":"user","content":"see https://x, \"image_url\":\"http://y\", \"file_id\":\"f\""}]}`, dialect.Reach{}},
		{"words in a schema", `{"tools":[{"type":"function","function":{"parameters":{"properties":{"url":{"type":"string"},"file_id":{"type":"string"},` +
			`"audio":{"type":"object"}}}}}]}`, dialect.Reach{}},
		{"arguments", `{"messages":[{"tool_calls":[{"type":"function","function":{"arguments":"{\"url\":\"https://x\"}"}}]}]}`, dialect.Reach{}},
		{"data URL", `{"content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,aaaa"}}]}`, dialect.Reach{SmallPictures: 1}},
		{"large data URL", `{"image_url":{"url":"data:image/png;base64,` + strings.Repeat("a", dialect.SmallPicture) + `"}}`, dialect.Reach{}},
		{"film in a data URL", `{"video_url":{"url":"data:video/mp4;base64,aaaa"}}`, dialect.Reach{Documents: true}},
		{"cache", `{"content":[{"text":"a","cache_control":{"type":"ephemeral"}}]}`, dialect.Reach{CacheWrite: dialect.ShortCacheWrite}},
		{"cache for an hour", `{"content":[{"text":"a","cache_control":{"type":"ephemeral","ttl":"1h"}}]}`, dialect.Reach{CacheWrite: dialect.LongCacheWrite}},
		{
			"inline", `{"content":[{"type":"input_audio","input_audio":{"data":"aa"}},{"type":"file","file":{"file_data":"data:x"}}],"audio":{"voice":"alloy"}}`,
			dialect.Reach{Documents: true},
		},
		{"image by URL", `{"content":[{"image_url":{"detail":"low","url":"https://x"}}]}`, dialect.Reach{Elsewhere: true}},
		{"image as a string", `{"content":[{"image_url":"http://x"}]}`, dialect.Reach{Elsewhere: true}},
		{"document", `{"content":[{"document_url": "https://x"}]}`, dialect.Reach{Elsewhere: true}},
		{"bucket", `{"content":[{"image_url":{"url":"gs://x"}}]}`, dialect.Reach{Elsewhere: true}},
		{"escaped scheme", `{"image_url":{"url":"\u0068ttps:\/\/x"}}`, dialect.Reach{Elsewhere: true}},
		{"escaped name", `{"image_url":{"\u0075rl":"https://x"}}`, dialect.Reach{Elsewhere: true}},
		{"escaped data URL", `{"image_url":{"url":"d\u0061ta:x"}}`, dialect.Reach{Documents: true}},
		{"file", `{"file":{"file_id":"f"}}`, dialect.Reach{Elsewhere: true}},
		{"earlier answer", `{"previous_response_id":"r"}`, dialect.Reach{Elsewhere: true}},
		{"earlier audio", `{"messages":[{"role":"assistant","audio":{"id":"a"}}]}`, dialect.Reach{Elsewhere: true}},
		{"search", `{"web_search_options":{}}`, dialect.Reach{ServerTools: dialect.Unbounded}},
		{"no search", `{"web_search_options":null,"plugins": null}`, dialect.Reach{}},
		{"client tools", `{"tools":[{"type":"function"},{"type":"custom"},{"function":{}}],"tool_choice":{"type":"auto"}}`, dialect.Reach{}},
		{"escaped tool", `{"t\u006fols":[{"type":"function"},{"\u0074ype":"live\u005fsearch"}]}`, dialect.Reach{ServerTools: dialect.Unbounded}},
		{"vendor's tool", `{"tools":[{"type":"browser_search"}]}`, dialect.Reach{ServerTools: dialect.Unbounded}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := (openai.Frontend{}).Reach(llm.OpChat, []byte(tt.body)); got != tt.want {
				t.Errorf("%+v, want %+v", got, tt.want)
			}
		})
	}
}

func FuzzInspectOpenAI(f *testing.F) {
	for _, s := range []string{
		`{"model":"m","stream":true,"max_tokens":5,"n":3,"stream_options":{"include_usage":true}}`,
		`{"\u006eodel":1}`, `{"model":"m","stream_options":{`, `{"model":"m","image_url":{"url":"h"}}`,
	} {
		f.Add([]byte(s), uint8(0))
	}
	f.Fuzz(func(t *testing.T, body []byte, op uint8) {
		ops := []llm.Op{llm.OpChat, llm.OpCompletion, llm.OpEmbeddings}
		var h llm.Head
		front := openai.Frontend{}
		_ = front.Reach(llm.OpChat, body)
		err := front.Inspect(ops[int(op)%len(ops)], body, &h)
		var e *llm.Error
		if err != nil {
			if !errors.As(err, &e) || e.Kind != llm.InvalidRequest || e.Message == "" {
				t.Fatalf("%v of %q", err, body)
			}
			return
		}
		if h.Model == "" || h.MaxOutput < 0 || h.Choices < 1 {
			t.Fatalf("%+v of %q", h, body)
		}
	})
}

func BenchmarkInspectAndReach(b *testing.B) {
	for _, size := range []int{1 << 10, 60 << 10} {
		body := []byte(`{"model":"gpt-x","stream":true,"max_completion_tokens":100,"messages":[{"role":"system","content":"be brief"}` +
			strings.Repeat(`,{"role":"user","content":"`+strings.Repeat(`Some words, a \"quote\" and a line.\n`, 10)+`"}`, size/400) + `]}`)
		b.Run(fmt.Sprintf("Inspect/%dKB", size>>10), func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			h := llm.Head{Fields: make([]llm.Field, 0, 32)}
			for b.Loop() {
				h.Model = ""
				if err := (openai.Frontend{}).Inspect(llm.OpChat, body, &h); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("Reach/%dKB", size>>10), func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				if r := (openai.Frontend{}).Reach(llm.OpChat, body); r != (dialect.Reach{}) {
					b.Fatalf("%+v", r)
				}
			}
		})
	}
}
