package openai_test

import (
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

// write gives the frames that a client reads of a translated stream.
func write(s llm.Stream, op llm.Op, opts dialect.StreamWriterOptions) []byte {
	w := openai.Frontend{}.NewStreamWriter(op, opts)
	var out []byte
	for {
		ev, err := s.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			panic(err)
		}
		out = w.Append(out, ev)
	}
}

// sayableOf is what of a request the dialect can say to a vendor: no marks of a
// cache, no thoughts, texts of one turn in one piece.
func sayableOf(t *llm.Translation) llm.Translation {
	if t.Conversation == nil {
		return llm.Translation{Embed: t.Embed}
	}
	c := *t.Conversation
	c.System = nil
	if texts := joinTexts(t.Conversation.System); texts != "" {
		c.System = []llm.Text{{Text: texts}}
	}
	c.Messages = nil
	for _, m := range t.Conversation.Messages {
		var parts []llm.Part
		var texts []llm.Text
		for _, p := range m.Parts {
			switch p := p.(type) {
			case llm.Thinking, llm.Redacted:
			case llm.Text:
				p.Cache = nil
				texts = append(texts, p)
				if m.Role == llm.User {
					parts = append(parts, p)
				}
			case llm.Media:
				p.Cache = nil
				parts = append(parts, p)
			case llm.ToolCall:
				p.Cache = nil
				p.Signature = ""
				if p.Arguments == "" {
					p.Arguments = "{}"
				}
				parts = append(parts, p)
			default:
				parts = append(parts, p)
			}
		}
		if m.Role != llm.User && len(texts) > 0 {
			parts = append([]llm.Part{llm.Text{Text: joinTexts(texts)}}, parts...)
		}
		c.Messages = append(c.Messages, llm.Message{Role: m.Role, Name: m.Name, Parts: parts})
	}
	c.Cache, c.Reasoning, c.Sampling.TopK = nil, nil, ""
	return llm.Translation{Conversation: &c}
}

func joinTexts(texts []llm.Text) string {
	all := make([]string, 0, len(texts))
	for _, t := range texts {
		all = append(all, t.Text)
	}
	return strings.Join(all, "\n\n")
}

// shown is what of an answer a client is shown: thoughts, text and a refusal in
// one piece each, then the calls.
func shown(r *llm.Response) []llm.Part {
	var thoughts []llm.Part
	var thinking, text, refusal string
	opaque := false
	var calls []llm.Part
	for _, p := range r.Parts {
		switch p := p.(type) {
		case llm.Thinking:
			thinking += p.Text
			opaque = opaque || p.Signature != ""
			thoughts = append(thoughts, p)
		case llm.Redacted:
			opaque = true
			thoughts = append(thoughts, p)
		case llm.Text:
			text += p.Text
		case llm.Refusal:
			refusal += p.Text
		case llm.ToolCall:
			p.Signature = ""
			if p.Arguments == "" {
				p.Arguments = "{}"
			}
			calls = append(calls, p)
		}
	}
	var all []llm.Part
	switch {
	case opaque:
		all = thoughts
	case thinking != "":
		all = append(all, llm.Thinking{Text: thinking})
	}
	if text != "" {
		all = append(all, llm.Text{Text: text})
	}
	if refusal != "" {
		all = append(all, llm.Refusal{Text: refusal})
	}
	return append(all, calls...)
}

// showsResults reports whether a result of a tool has something else than text.
func showsResults(t *llm.Translation) bool {
	if t.Conversation == nil {
		return false
	}
	for _, m := range t.Conversation.Messages {
		for _, p := range m.Parts {
			r, _ := p.(llm.ToolResult)
			for _, p := range r.Parts {
				if _, ok := p.(llm.Media); ok {
					return true
				}
			}
		}
	}
	return false
}

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

func BenchmarkTranslateRequest(b *testing.B) {
	body := []byte(`{"model":"m","stream":true,"max_tokens":100,"messages":[{"role":"system","content":"be brief"}` +
		strings.Repeat(`,{"role":"user","content":"`+strings.Repeat(`Some words, a \"quote\" and a line.\n`, 10)+`"},{"role":"assistant","content":"yes"}`, 150) + `]}`)
	var t llm.Translation
	b.Run("Decode", func(b *testing.B) {
		b.SetBytes(int64(len(body)))
		b.ReportAllocs()
		for b.Loop() {
			if err := (openai.Frontend{}).DecodeRequest(llm.OpChat, body, &t); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Append", func(b *testing.B) {
		b.SetBytes(int64(len(body)))
		b.ReportAllocs()
		var buf []byte
		for b.Loop() {
			var err error
			if buf, err = (openai.Backend{}).AppendRequest(buf[:0], &llm.Request{Op: llm.OpChat, Model: "m", Translate: &t}, &dialect.Losses{}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
