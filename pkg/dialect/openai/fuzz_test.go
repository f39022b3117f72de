package openai_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llmgw/llmgw/pkg/dialect"
	"github.com/llmgw/llmgw/pkg/dialect/openai"
	"github.com/llmgw/llmgw/pkg/llm"
)

// maker makes conversations at random, of what the dialect can say.
type maker struct{ *rand.Rand }

func (m maker) chance(percent int) bool { return m.IntN(100) < percent }

// word is some text, with what is hard to quote.
func (m maker) word() string {
	all := []string{"a", "<b>", `"c"`, "d\n", "é", "\\", "\u2028", "🙂", "\x01", "e f"}
	var s strings.Builder
	for range 1 + m.IntN(4) {
		s.WriteString(all[m.IntN(len(all))])
	}
	return s.String()
}

func (m maker) number() llm.Number {
	all := []llm.Number{"", "1", "0.50", "1e-1", "-2"}
	return all[m.IntN(len(all))]
}

func (m maker) id() string { return "call_" + strconv.Itoa(m.IntN(1000)) }

func (m maker) media() llm.Media {
	switch m.IntN(5) {
	case 0:
		return llm.Media{Kind: llm.Image, URL: "https://x/" + strconv.Itoa(m.IntN(9)), Detail: "high"}
	case 1:
		return llm.Media{Kind: llm.Audio, Type: "audio/mpeg", Data: "aa=="}
	case 2:
		return llm.Media{Kind: llm.Document, Type: "application/pdf", Data: "bb==", Title: m.word()}
	case 3:
		return llm.Media{Kind: llm.Document, FileID: "file-" + strconv.Itoa(m.IntN(9))}
	default:
		return llm.Media{Kind: llm.Image, Type: "image/png", Data: "cc=="}
	}
}

func (m maker) user() llm.Message {
	msg := llm.Message{Role: llm.User}
	if m.chance(30) {
		for range 1 + m.IntN(3) {
			r := llm.ToolResult{CallID: m.id()}
			if m.chance(80) {
				r.Parts = []llm.Part{llm.Text{Text: m.word()}}
			}
			msg.Parts = append(msg.Parts, r)
		}
		return msg
	}
	if m.chance(20) {
		msg.Name = m.word()
	}
	for range 1 + m.IntN(3) {
		if m.chance(70) {
			msg.Parts = append(msg.Parts, llm.Text{Text: m.word()})
		} else {
			msg.Parts = append(msg.Parts, m.media())
		}
	}
	return msg
}

func (m maker) assistant() llm.Message {
	msg := llm.Message{Role: llm.Assistant}
	if m.chance(80) {
		msg.Parts = append(msg.Parts, llm.Text{Text: m.word()})
	}
	if m.chance(10) {
		msg.Parts = append(msg.Parts, llm.Refusal{Text: m.word()})
	}
	for range m.IntN(3) {
		msg.Parts = append(msg.Parts, llm.ToolCall{ID: m.id(), Name: "f", Arguments: `{"x":` + string("1"+m.number()) + "}"})
	}
	return msg
}

func (m maker) messages() []llm.Message {
	var all []llm.Message
	for range 1 + m.IntN(5) {
		next := m.user()
		switch {
		case len(all) > 0 && m.chance(10):
			next = llm.Message{Role: llm.System, Parts: []llm.Part{llm.Text{Text: m.word()}}}
		case len(all) > 0 && m.chance(50):
			next = m.assistant()
		}
		if len(all) > 0 && next.Role == llm.User && all[len(all)-1].Role == llm.User {
			continue // results of neighbours are written in one row
		}
		all = append(all, next)
	}
	return all
}

func (m maker) conversation() *llm.Conversation {
	flag := m.chance(50)
	c := &llm.Conversation{
		Messages: m.messages(), MaxOutput: int64(m.IntN(3)), Choices: int64(1 + m.IntN(2)), OneToolAtATime: false,
		Sampling: llm.Sampling{Temperature: m.number(), TopP: m.number(), FrequencyPenalty: m.number(), PresencePenalty: m.number(), Seed: m.number()},
	}
	if m.chance(50) {
		c.System = []llm.Text{{Text: m.word()}}
	}
	if m.chance(50) {
		c.Stop = []string{m.word()}
		c.User = m.word()
		c.ServiceTier = "flex"
		c.Sampling.Logprobs, c.Sampling.TopLogprobs = true, m.number()
		c.Sampling.LogitBias = []byte(`{"5":1.0}`)
	}
	if m.chance(50) {
		c.Tools = []llm.Tool{{Name: "f", Description: m.word(), Parameters: []byte(`{"a":1.0}`), Strict: &flag}}
		c.OneToolAtATime = flag
		c.Choice = llm.ToolChoice{Mode: llm.ToolChoiceMode(m.IntN(5))}
		if c.Choice.Mode == llm.ToolNamed {
			c.Choice.Name = "f"
		}
	}
	if m.chance(50) {
		c.Format = llm.Format{Kind: llm.FormatSchema, Name: m.word(), Schema: []byte(`{}`), Strict: &flag}
	}
	if m.chance(30) {
		c.Extra = []llm.Parameter{{Name: "store", Value: []byte("true"), From: llm.OpenAI, Hint: true}}
	}
	return c
}

// TestConversationsComeBack: what is written for a provider reads as what it was
// made of.
func TestConversationsComeBack(t *testing.T) {
	t.Parallel()
	m := maker{rand.New(rand.NewPCG(1, 2))}
	for range 2000 {
		want := llm.Translation{Conversation: m.conversation()}
		var l dialect.Losses
		body, err := openai.Backend{}.AppendRequest(nil, &llm.Request{Op: llm.OpChat, Model: "m", Translate: &want}, &l)
		if err != nil || l.Dropped != nil {
			t.Fatalf("%v, dropped %v of %+v", err, l.Dropped, want.Conversation)
		}
		var got llm.Translation
		if err := (openai.Frontend{}).DecodeRequest(llm.OpChat, body, &got); err != nil {
			t.Fatalf("%v in %s", err, body)
		}
		if diff := cmp.Diff(sayableOf(&want), sayableOf(&got)); diff != "" {
			t.Fatalf("%s (-want +got):\n%s", body, diff)
		}
	}
}

func FuzzDecodeRequest(f *testing.F) {
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

func FuzzDecodeResponse(f *testing.F) {
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

func FuzzEventReader(f *testing.F) {
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
