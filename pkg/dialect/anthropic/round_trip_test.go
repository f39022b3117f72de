package anthropic_test

import (
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/llmgw/llmgw/pkg/dialect/anthropic"
	"github.com/llmgw/llmgw/pkg/llm"
)

// maker makes random conversations of what the dialect can say.
type maker struct{ *rand.Rand }

func (m maker) one(of int) bool { return m.IntN(of) == 0 }

func (m maker) text() string {
	words := []string{"a", "Grüße", "世界 🙂", `say "no" \ yes`, "line\nline\t<b>&</b>", "a\u2028b", "{}", "</system>"}
	return words[m.IntN(len(words))]
}

func (m maker) mark() *llm.CacheMark {
	return []*llm.CacheMark{nil, nil, nil, {}, {Lifetime: "1h"}}[m.IntN(5)]
}

func (m maker) json() []byte {
	texts := []string{`{"type":"object"}`, `{"type": "object", "properties": {"n": {"minimum": 1.0, "maximum": 1e400}}}`, `{"type":"object","x":"\u00e9\ud800"}`}
	return []byte(texts[m.IntN(len(texts))])
}

func (m maker) media() llm.Media {
	all := []llm.Media{
		{Kind: llm.Image, Type: "image/png", Data: "aGk="},
		{Kind: llm.Image, URL: "https://x/y?a=b&c"},
		{Kind: llm.Image, FileID: "f"},
		{Kind: llm.Document, Type: "application/pdf", Data: "aGk=", Title: "T"},
		{Kind: llm.Document, Text: m.text(), Context: "C"},
		{Kind: llm.Document, URL: "u"},
		{Kind: llm.Document, FileID: "f"},
	}
	one := all[m.IntN(len(all))]
	one.Cache = m.mark()
	return one
}

func (m maker) user(calls []string) llm.Message {
	var parts []llm.Part
	for _, id := range calls {
		r := llm.ToolResult{CallID: id, Failed: m.one(4), Cache: m.mark()}
		for range m.IntN(3) {
			if m.one(3) {
				r.Parts = append(r.Parts, m.media())
			} else {
				r.Parts = append(r.Parts, llm.Text{Text: m.text(), Cache: m.mark()})
			}
		}
		parts = append(parts, r)
	}
	for range m.IntN(3) {
		parts = append(parts, m.media())
	}
	if len(parts) == 0 || m.one(2) {
		parts = append(parts, llm.Text{Text: m.text(), Cache: m.mark()})
	}
	return llm.Message{Role: llm.User, Parts: parts}
}

func (m maker) assistant(turn int) (llm.Message, []string) {
	var parts []llm.Part
	if m.one(2) {
		parts = append(parts, llm.Thinking{Text: m.text(), Signature: "s=="})
	}
	if m.one(4) {
		parts = append(parts, llm.Redacted{Data: "r=="})
	}
	if m.one(5) {
		parts = append(parts, llm.Foreign{From: llm.Anthropic, Kind: "compaction", Raw: []byte(`{"type":"compaction","content":"c"}`)})
	}
	parts = append(parts, llm.Text{Text: m.text(), Cache: m.mark()})
	var calls []string
	for i := range m.IntN(3) {
		id := "call_" + strconv.Itoa(turn) + "-" + strconv.Itoa(i)
		calls = append(calls, id)
		parts = append(parts, llm.ToolCall{ID: id, Name: "f", Arguments: string(m.json()), Cache: m.mark()})
	}
	return llm.Message{Role: llm.Assistant, Parts: parts}, calls
}

func (m maker) conversation() llm.Conversation {
	c := llm.Conversation{MaxOutput: 1 + m.Int64N(200_000), Choices: 1, Cache: m.mark()}
	for range m.IntN(3) {
		c.System = append(c.System, llm.Text{Text: m.text(), Cache: m.mark()})
	}
	var calls []string
	for turn := range 1 + m.IntN(3) {
		c.Messages = append(c.Messages, m.user(calls))
		var reply llm.Message
		reply, calls = m.assistant(turn)
		c.Messages = append(c.Messages, reply)
	}
	c.Messages = append(c.Messages, m.user(calls))
	for i := range m.IntN(3) {
		c.Tools = append(c.Tools, llm.Tool{Name: "f" + strconv.Itoa(i), Description: m.text(), Parameters: m.json(), Cache: m.mark()})
	}
	if m.one(3) {
		raw := []byte(`{"type":"web_search_20250305","name":"web_search"}`)
		c.Tools = append(c.Tools, llm.Tool{Name: "web_search", Foreign: &llm.Foreign{From: llm.Anthropic, Kind: "web_search_20250305", Raw: raw}})
	}
	if len(c.Tools) > 0 && c.Tools[0].Foreign == nil {
		c.Tools[0].Strict = []*bool{nil, &yes}[m.IntN(2)]
		c.Choice.Mode = llm.ToolChoiceMode(m.IntN(5))
		c.OneToolAtATime = c.Choice.Mode == llm.ToolAuto && m.one(2)
	}
	if c.Choice.Mode == llm.ToolNamed {
		c.Choice.Name = "f0"
	}
	m.parameters(&c)
	return c
}

func (m maker) parameters(c *llm.Conversation) {
	if m.one(2) {
		c.Format = llm.Format{Kind: llm.FormatSchema, Schema: m.json()}
	}
	if m.one(2) {
		c.Sampling = llm.Sampling{Temperature: "0.70", TopP: "0.5", TopK: "40"}
	} else if c.Choice.Mode < llm.ToolAny {
		// Without thoughts before the last calls there may be none now.
		c.Reasoning = []*llm.Reasoning{{Off: true}, {Adaptive: true, Effort: "high", Display: "omitted"}, nil}[m.IntN(3)]
	}
	if c.Reasoning != nil && c.Reasoning.Adaptive {
		last := &c.Messages[len(c.Messages)-2]
		last.Parts = append([]llm.Part{llm.Thinking{Text: "t", Signature: "s"}}, last.Parts...)
	}
	c.Stop = [][]string{nil, {"END", "\n\nHuman:"}}[m.IntN(2)]
	c.User = []string{"", `{"device_id":"d"}`}[m.IntN(2)]
	c.ServiceTier = []string{"", "auto", "standard_only"}[m.IntN(3)]
	if m.one(2) {
		c.Extra = []llm.Parameter{
			{Name: "container", Value: []byte(`{"id": "c"}`), From: llm.Anthropic},
			{Name: "context_management", Value: []byte(`{"edits":[{"keep":1.0}]}`), From: llm.Anthropic, Hint: true},
		}
	}
}

// What the dialect can say survives: encoded and decoded again it is the same.
func TestRequestRoundTrip(t *testing.T) {
	t.Parallel()
	m := maker{rand.New(rand.NewPCG(5, 6))}
	for range 1000 {
		want := m.conversation()
		body, dropped, err := encode(request(want))
		if err != nil || dropped != nil {
			t.Fatalf("%v, dropped %v of %+v", err, dropped, want)
		}
		var got llm.Translation
		if err := (anthropic.Frontend{}).DecodeRequest(llm.OpChat, []byte(body), &got); err != nil {
			t.Fatalf("%v of %s", err, body)
		}
		if diff := cmp.Diff(&want, got.Conversation, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("(-want +got):\n%s\n%s", diff, body)
		}
	}
}

// A whole answer that is encoded for a client reads as it was.
func TestResponseRoundTrip(t *testing.T) {
	t.Parallel()
	m := maker{rand.New(rand.NewPCG(7, 8))}
	for range 500 {
		msg, calls := m.assistant(0)
		for i, p := range msg.Parts {
			switch p := p.(type) {
			case llm.Text:
				p.Cache = nil
				msg.Parts[i] = p
			case llm.ToolCall:
				p.Cache = nil
				msg.Parts[i] = p
			}
		}
		want := &llm.Response{Parts: msg.Parts, Meta: llm.Meta{ID: "msg_1", Model: "m", Usage: full, Stop: llm.StopEnd, StopReason: "end_turn"}}
		if len(calls) > 0 {
			want.Meta.Stop, want.Meta.StopReason = llm.StopTools, "tool_use"
		}
		got, err := anthropic.Backend{}.DecodeResponse(llm.OpChat, []byte(respond(llm.OpChat, *want)))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
	}
}
