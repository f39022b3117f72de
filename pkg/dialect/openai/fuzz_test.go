package openai_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llmgw/llmgw/pkg/dialect"
	"github.com/llmgw/llmgw/pkg/dialect/openai"
	"github.com/llmgw/llmgw/pkg/llm"
)

func FuzzDecodeRequestOpenAI(f *testing.F) {
	for _, s := range []string{
		`{"model":"m","messages":[{"role":"system","content":"a"},{"role":"user","content":[{"type":"text","text":"hi"},{"type":"image_url","image_url":{"url":"data:image/png;base64,aa"}}]}]}`,
		`{"messages":[{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c","content":"r"}],"tools":[{"type":"function","function":{"name":"f","parameters":{}}}],"tool_choice":"auto"}`,
		`{"messages":[{"role":"user","content":"a"}],"temperature":1.0,"stop":["x"],"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{}}},"logit_bias":{"1":2},"thinking":{"type":"enabled","budget_tokens":5}}`,
		`{"prompt":["a"],"echo":false}`, `{"input":[[1,2],[3]]}`, `{"input":"a","dimensions":5}`,
		`{"messages":[{"role":"assistant","thinking_blocks":[{"type":"thinking","thinking":"t","signature":"s"}],"function_call":{"name":"f","arguments":"{}"}},{"role":"function","name":"f","content":"x"}]}`,
		`{"messages":[{"role":"user","content":[{"type":"file","file":{"file_data":"data:,x"}},{"type":"input_audio","input_audio":{"data":"x","format":"mp3"}},{"type":"video_url"}]}]}`,
	} {
		for op := range uint8(3) {
			f.Add([]byte(s), op)
		}
	}
	f.Fuzz(func(t *testing.T, body []byte, which uint8) {
		op := []llm.Op{llm.OpChat, llm.OpCompletion, llm.OpEmbeddings}[int(which)%3]
		var tr llm.Translation
		var e *llm.Error
		if err := (openai.Frontend{}).DecodeRequest(op, body, &tr); err != nil {
			if !errors.As(err, &e) || e.Kind != llm.InvalidRequest || e.Message == "" {
				t.Fatalf("%v of %q", err, body)
			}
			return
		}
		if op == llm.OpCompletion {
			op = llm.OpChat
		}
		for _, b := range []openai.Backend{{}, {Quirks: &openai.Quirks{CacheControl: true, ToolIDLength: 9}}, {Quirks: &openai.Quirks{PlainContent: true, ReplayReasoning: "reasoning"}}} {
			req := &llm.Request{Op: op, Model: "m", Stream: true, Translate: &tr}
			out, err := b.AppendRequest(nil, req, &dialect.Losses{Drop: true})
			if err != nil || !json.Valid(out) {
				t.Fatalf("%v, %q of %q", err, out, body)
			}
		}
	})
}

func FuzzDecodeResponseOpenAI(f *testing.F) {
	for _, s := range []string{
		`{"id":"c","model":"m","choices":[{"index":0,"message":{"content":"a","reasoning":"t","tool_calls":[{"id":"c","function":{"name":"f","arguments":"{}"}}]},"finish_reason":"stop"}],"usage":{"prompt_tokens":1}}`,
		`{"choices":[{"message":{"content":[{"type":"thinking","thinking":[{"text":"t"}]},{"type":"text","text":"a"}],"function_call":{"name":"f","arguments":{"a":1}}}}]}`,
		`{"choices":[{"message":{"reasoning_details":[{"text":"t","signature":"s","format":"anthropic"}],"refusal":"no","thinking_blocks":[{"thinking":"t"}]}}]}`,
		`{"choices":[{"text":"a"}]}`, `{"data":[{"embedding":[1.0,2],"index":0},{"embedding":"AACAPw=="}]}`, `{"error":"x"}`,
	} {
		for op := range uint8(3) {
			f.Add([]byte(s), op)
		}
	}
	f.Fuzz(func(t *testing.T, body []byte, which uint8) {
		op := []llm.Op{llm.OpChat, llm.OpCompletion, llm.OpEmbeddings}[int(which)%3]
		r, err := openai.Backend{}.DecodeResponse(op, body)
		if err != nil {
			return
		}
		for _, op := range []llm.Op{llm.OpChat, llm.OpCompletion, llm.OpEmbeddings} {
			if out := (openai.Frontend{}).AppendResponse(nil, op, r); !json.Valid(out) {
				t.Fatalf("%q of %q", out, body)
			}
		}
		if op == llm.OpEmbeddings {
			_ = openai.ConvertVectors(r.Vectors, len(body)%2 == 0)
			if out := (openai.Frontend{}).AppendResponse(nil, op, r); !json.Valid(out) {
				t.Fatalf("%q of %q", out, body)
			}
			return
		}
		checkFrames(t, write(dialect.Replay(r), llm.OpChat, dialect.StreamWriterOptions{IncludeUsage: true}))
	})
}

func FuzzEventReaderOpenAI(f *testing.F) {
	for _, s := range [][]string{
		{delta(`{"role":"assistant","content":""}`), delta(`{"content":"a"}`), ended, usage, done},
		{delta(`{"reasoning":"t","reasoning_details":[{"text":"t","signature":"s","format":"anthropic"}]}`), delta(`{"refusal":"no"}`), ended},
		{calls(`{"index":0,"id":"c1","function":{"name":"f","arguments":"{\"a"}}`, `{"index":1,"id":"c2","function":{"name":"g","arguments":"{}"}}`), delta(`{"content":"x"}`), calls(`{"index":0,"function":{"arguments":"\":1}"}}`), done},
		{calls(`{"id":null,"function":{"name":null,"arguments":{"a":1}}}`), delta(`{"function_call":{"name":"f"}}`), done},
		{delta(`{"content":[{"thinking":[{"text":"t"}]},{"text":"a"}],"thinking_blocks":[{"data":"d"}]}`), ended, done},
		{text, `data: {"error":{"message":"x"}}` + "\n\n"},
	} {
		f.Add([]byte(strings.Join(s, "")))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		whole, failure, err := gather(openai.Backend{}.NewEventReader(io.NopCloser(bytes.NewReader(body)), dialect.StreamOptions{}))
		if errors.Is(err, errGrammar) {
			t.Fatalf("%v of %q", err, body)
		}
		cut := &pieces{body, rand.New(rand.NewPCG(1, uint64(len(body))))}
		again, _, err2 := gather(openai.Backend{}.NewEventReader(io.NopCloser(cut), dialect.StreamOptions{}))
		if (err == nil) != (err2 == nil) {
			t.Fatalf("%v whole, %v in pieces of %q", err, err2, body)
		}
		if err != nil || failure != nil {
			return
		}
		if diff := cmp.Diff(unnamed(whole.Parts), unnamed(again.Parts)); diff != "" {
			t.Fatalf("%q (-whole +pieces):\n%s", body, diff)
		}
		s := openai.Backend{}.NewEventReader(io.NopCloser(bytes.NewReader(body)), dialect.StreamOptions{})
		checkFrames(t, write(s, llm.OpChat, dialect.StreamWriterOptions{}))
	})
}

// unnamed leaves out the ids of calls, which are made at random where an answer
// has none.
func unnamed(parts []llm.Part) []llm.Part {
	all := make([]llm.Part, len(parts))
	for i, p := range parts {
		if c, ok := p.(llm.ToolCall); ok {
			c.ID = ""
			p = c
		}
		all[i] = p
	}
	return all
}

// checkFrames checks that a client can read what is written: JSON in each frame,
// one finish reason, and the end.
func checkFrames(t *testing.T, frames []byte) {
	t.Helper()
	reasons := 0
	rest, ok := bytes.CutSuffix(frames, []byte(done))
	if !ok {
		t.Fatalf("no end in %q", frames)
	}
	for f := range bytes.SplitSeq(bytes.TrimSuffix(rest, []byte("\n\n")), []byte("\n\n")) {
		var c struct {
			Choices []struct {
				Delta        map[string]any `json:"delta"`
				FinishReason *string        `json:"finish_reason"`
			} `json:"choices"`
		}
		data, ok := bytes.CutPrefix(f, []byte("data: "))
		if err := json.Unmarshal(data, &c); err != nil || !ok {
			t.Fatalf("%v in %q", err, f)
		}
		for _, choice := range c.Choices {
			if choice.FinishReason != nil {
				reasons++
			} else if reasons > 0 || len(choice.Delta) == 0 {
				t.Fatalf("%q is out of place", f)
			}
		}
	}
	if reasons != 1 {
		t.Fatalf("%d finish reasons in %q", reasons, frames)
	}
}
