package dialect_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llmgw/llmgw/pkg/dialect"
	"github.com/llmgw/llmgw/pkg/dialect/anthropic"
	"github.com/llmgw/llmgw/pkg/dialect/openai"
	"github.com/llmgw/llmgw/pkg/llm"
)

// common makes a random conversation of what both dialects can say.
func common(r *rand.Rand) *llm.Conversation {
	texts := []string{"a", "Grüße, 世界 🙂", `say "no" \ yes`, "line\nline\t<b>&</b>", "a\u2028b", "{}"}
	text := func() llm.Text { return llm.Text{Text: texts[r.IntN(len(texts))]} }
	c := &llm.Conversation{Choices: 1, MaxOutput: 1 + r.Int64N(4000)}
	if r.IntN(2) == 0 {
		c.System = []llm.Text{text()}
	}
	if r.IntN(2) == 0 {
		c.Sampling.Temperature = llm.Number([]string{"0", "0.70", "1.0", "1e-1"}[r.IntN(4)])
	}
	if r.IntN(3) == 0 {
		c.Stop = []string{"END", "\n\nHuman:"}[:1+r.IntN(2)]
	}
	if r.IntN(3) == 0 {
		c.User = "user-7"
	}
	tools := r.IntN(2) == 0
	if tools {
		c.Tools = []llm.Tool{
			{Name: "weather", Description: "Says how it is.", Parameters: []byte(`{"type":"object","properties":{"n":{"type":"number","minimum":1.0}}}`)},
			{Name: "time", Parameters: []byte(`{"type":"object","properties":{}}`)},
		}
		c.Choice = []llm.ToolChoice{{}, {Mode: llm.ToolAuto}, {Mode: llm.ToolNone}, {Mode: llm.ToolAny}, {Mode: llm.ToolNamed, Name: "time"}}[r.IntN(5)]
		// Anthropic says it with a choice: the default one comes back spelled out.
		c.OneToolAtATime = c.Choice.Mode != 0 && c.Choice.Mode != llm.ToolNone && r.IntN(3) == 0
	}
	for turn := range 1 + r.IntN(4) {
		user := llm.Message{Role: llm.User, Parts: []llm.Part{text()}}
		if r.IntN(3) == 0 {
			user.Parts = append(user.Parts, llm.Media{Kind: llm.Image, Type: "image/png", Data: "aGk="}, text())
		}
		answer := llm.Message{Role: llm.Assistant, Parts: []llm.Part{text()}}
		c.Messages = append(c.Messages, user, answer)
		if !tools || r.IntN(2) == 0 {
			continue
		}
		results := llm.Message{Role: llm.User}
		calls := &c.Messages[len(c.Messages)-1]
		for i := range 1 + r.IntN(3) {
			id := fmt.Sprintf("call_%d_%d", turn, i)
			arguments := []string{"{}", `{"n": 1.0, "m":[1e400,-0]}`, `{"s":"\u00e9 \"q\""}`}[r.IntN(3)]
			calls.Parts = append(calls.Parts, llm.ToolCall{ID: id, Name: "weather", Arguments: arguments})
			results.Parts = append(results.Parts, llm.ToolResult{CallID: id, Parts: []llm.Part{text()}})
		}
		c.Messages = append(c.Messages, results, llm.Message{Role: llm.Assistant, Parts: []llm.Part{text()}})
	}
	c.Messages = append(c.Messages, llm.Message{Role: llm.User, Parts: []llm.Part{text()}})
	return c
}

// side is one dialect, both ways.
type side struct {
	client   dialect.ClientSide
	provider dialect.ProviderSide
}

func (s side) encode(t *testing.T, c *llm.Conversation) []byte {
	t.Helper()
	var losses dialect.Losses
	body, err := s.provider.AppendRequest(nil, &llm.Request{
		Op: llm.OpChat, Model: "m", Translate: &llm.Translation{Conversation: c},
	}, &losses)
	if err != nil || len(losses.Dropped) > 0 {
		t.Fatalf("%v, dropped %v: %+v", err, losses.Dropped, c)
	}
	return body
}

func (s side) decode(t *testing.T, body []byte) *llm.Conversation {
	t.Helper()
	var tr llm.Translation
	if err := s.client.DecodeRequest(llm.OpChat, body, &tr); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return tr.Conversation
}

// TestConversationsGoThroughBothDialects: what both can say comes back from the
// other byte for byte, whichever is first.
func TestConversationsGoThroughBothDialects(t *testing.T) {
	t.Parallel()
	o := side{openai.Frontend{}, openai.Backend{}}
	a := side{anthropic.Frontend{}, anthropic.Backend{}}
	for seed := range uint64(2000) {
		c := common(rand.New(rand.NewPCG(seed, 0)))
		for name, pair := range map[string][2]side{"openai first": {o, a}, "anthropic first": {a, o}} {
			first, second := pair[0], pair[1]
			want := first.encode(t, c)
			there := second.encode(t, first.decode(t, want))
			got := first.encode(t, second.decode(t, there))
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Fatalf("seed %d, %s (-want +got):\n%s\nby way of %s", seed, name, diff, there)
			}
		}
	}
}
