package tokens

import (
	"encoding/base64"
	"strings"
	"sync"
	"testing"

	"github.com/llmgw/llmgw/pkg/llm"
)

// chat is a conversation of one message.
func chat(text string) *llm.Conversation {
	return &llm.Conversation{Messages: []llm.Message{{Role: llm.User, Parts: []llm.Part{llm.Text{Text: text}}}}}
}

// TestPublishedConversation is OpenAI's own example (cookbook, "How to count
// tokens with tiktoken", section 6): the API bills 129 tokens with GPT-4 and 124
// with GPT-4o.
func TestPublishedConversation(t *testing.T) {
	t.Parallel()
	say := func(role llm.Role, name, text string) llm.Message {
		return llm.Message{Role: role, Name: name, Parts: []llm.Part{llm.Text{Text: text}}}
	}
	c := &llm.Conversation{
		System: []llm.Text{{Text: "You are a helpful, pattern-following assistant that translates corporate jargon into plain English."}},
		Messages: []llm.Message{
			say(llm.System, "example_user", "New synergies will help drive top-line growth."),
			say(llm.System, "example_assistant", "Things working well together will increase revenue."),
			say(llm.System, "example_user", "Let's circle back when we have more bandwidth to touch base on opportunities for increased leverage."),
			say(llm.System, "example_assistant", "Let's talk later when we're less busy about how to do better."),
			say(llm.User, "", "This late pivot means we don't have time to boil the ocean for the client deliverable."),
		},
	}
	for model, want := range map[string]int64{
		"gpt-3.5-turbo": 129, "gpt-4-0613": 129, "gpt-4": 129, "gpt-4o": 124, "gpt-4o-mini": 124, "openai/gpt-4.1": 124,
	} {
		if got := Count(model, c); got != want {
			t.Errorf("%s: %d tokens, want %d", model, got, want)
		}
	}
}

// Everything that a conversation may have adds to the count.
func TestCountsEverything(t *testing.T) {
	t.Parallel()
	user := func(parts ...llm.Part) llm.Conversation {
		return llm.Conversation{Messages: []llm.Message{{Role: llm.User, Parts: parts}}}
	}
	text := llm.Text{Text: strings.Repeat("some words ", 50)}
	tests := []struct {
		name  string
		c     llm.Conversation
		least int64
	}{
		{"system", llm.Conversation{System: []llm.Text{text}}, 100},
		{"text", user(text), 100},
		{"refusal", user(llm.Refusal{Text: text.Text}), 100},
		{"thinking", user(llm.Thinking{Text: text.Text}), 100},
		{"redacted", user(llm.Redacted{Data: strings.Repeat("A", 400)}), 100},
		{"foreign part", user(llm.Foreign{Raw: []byte(`{"x":"` + text.Text + `"}`)}), 100},
		{"call", user(llm.ToolCall{Name: "f", Arguments: `{"x":"` + text.Text + `"}`}), 100},
		{"result", user(llm.ToolResult{Parts: []llm.Part{text}}), 100},
		{"picture in a result", user(llm.ToolResult{Parts: []llm.Part{llm.Media{Kind: llm.Image, URL: "https://x"}}}), 85},
		{"picture", user(llm.Media{Kind: llm.Image, URL: "https://x"}), 85},
		{"document", user(llm.Media{Kind: llm.Document, Data: strings.Repeat("AAAA", 5000)}), 600},
		{"document elsewhere", user(llm.Media{Kind: llm.Document, FileID: "file_1"}), 1000},
		{"document of text", user(llm.Media{Kind: llm.Document, Text: text.Text, Title: "t", Context: "c"}), 102},
		{"sound", user(llm.Media{Kind: llm.Audio, Data: strings.Repeat("AAAA", 100_000)}), 300},
		{"sound elsewhere", user(llm.Media{Kind: llm.Audio, URL: "https://x"}), 100},
		{"tool", llm.Conversation{Tools: []llm.Tool{{Name: "f", Description: text.Text}}}, 75},
		{"schema", llm.Conversation{Tools: []llm.Tool{{Name: "f", Parameters: []byte(`{"type":"` + text.Text + `"}`)}}}, 75},
		{"foreign tool", llm.Conversation{Tools: []llm.Tool{{Foreign: &llm.Foreign{Raw: []byte(`{"type":"` + text.Text + `"}`)}}}}, 75},
		{"format", llm.Conversation{Format: llm.Format{Kind: llm.FormatSchema, Schema: []byte(`{"type":"` + text.Text + `"}`)}}, 75},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, model := range []string{"gpt-4o", "claude-sonnet-4-6"} {
				got := Count(model, &tt.c) - Count(model, &llm.Conversation{})
				if got < tt.least || got > 100*tt.least {
					t.Errorf("%s: adds %d tokens, want %d at least", model, got, tt.least)
				}
			}
		})
	}
}

func TestCountNothing(t *testing.T) {
	t.Parallel()
	if got := Count("gpt-4o", nil); got != 0 {
		t.Errorf("no conversation has %d tokens", got)
	}
	if got := Count("", &llm.Conversation{}); got < 0 || got > 10 {
		t.Errorf("an empty conversation has %d tokens", got)
	}
}

// Thoughts of earlier turns are not shown to the model again, but by Claude 4.5
// and later.
func TestEarlierThoughts(t *testing.T) {
	t.Parallel()
	thought := llm.Thinking{Text: strings.Repeat("hm ", 1000)}
	c := &llm.Conversation{Messages: []llm.Message{
		{Role: llm.User, Parts: []llm.Part{llm.Text{Text: "Go."}}},
		{Role: llm.Assistant, Parts: []llm.Part{thought, llm.ToolCall{ID: "1", Name: "f"}}},
		{Role: llm.User, Parts: []llm.Part{llm.ToolResult{CallID: "1"}}},
	}}
	if got := Count("qwen3", c); got < 1000 {
		t.Errorf("within the turn: %d tokens, want the thought's", got)
	}
	c.Messages = append(c.Messages, llm.Message{Role: llm.User, Parts: []llm.Part{llm.Text{Text: "And now?"}}})
	if got := Count("qwen3", c); got > 1000 {
		t.Errorf("after the turn: %d tokens, want none of the thought", got)
	}
	if got := Count("claude-opus-4-6", c); got < 1000 {
		t.Errorf("Claude: %d tokens, want the thought's", got)
	}
}

// White space between the tokens of a schema costs nothing.
func TestSchemaIsCompact(t *testing.T) {
	t.Parallel()
	count := func(schema string) int64 {
		return Count("gpt-4o", &llm.Conversation{Tools: []llm.Tool{{Name: "f", Parameters: []byte(schema)}}})
	}
	if compact, wide := count(`{"type":"object"}`), count("{\n    \"type\" :   \"object\"\n}\n"); compact != wide {
		t.Errorf("%d tokens with white space, want %d", wide, compact)
	}
	if got := count("no JSON {"); got <= 0 {
		t.Errorf("%d tokens of a broken schema", got)
	}
}

func TestConcurrentCount(t *testing.T) {
	t.Parallel()
	c := chat(strings.Repeat("Many calls count at once. ", 100))
	want := Count("gpt-4", c)
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for _, model := range []string{"gpt-4", "claude-opus-4-7", "gpt-4"} {
				if got := Count(model, c); model == "gpt-4" && got != want {
					t.Errorf("%d tokens, want %d", got, want)
				}
			}
		})
	}
	wg.Wait()
}

func FuzzConversation(f *testing.F) {
	f.Add("gpt-4o", "text", []byte("\x89PNG\r\n\x1a\n"), "image/png")
	f.Add("claude-opus-99999999999999999999-9", "{", []byte("RIFF\x00\x00\x00\x00WEBPVP8L"), "")
	f.Add("gemini", "", []byte("\xff\xd8\xff\xe0\x00\x10"), "low")
	f.Add("o3", "a", []byte("GIF89a\xff\xff\xff\xff"), "")
	f.Fuzz(func(t *testing.T, model, text string, data []byte, detail string) {
		c := chat(text)
		c.Tools = []llm.Tool{{Name: text, Parameters: data}}
		c.Format = llm.Format{Kind: llm.FormatSchema, Schema: data}
		for kind := range llm.Audio + 1 {
			c.Messages[0].Parts = append(c.Messages[0].Parts,
				llm.Media{Kind: kind, Data: base64.StdEncoding.EncodeToString(data), Detail: detail},
				llm.Media{Kind: kind, Data: text})
		}
		if n := Count(model, c); n < 0 || n > 1<<40 {
			t.Fatalf("%d tokens", n)
		}
	})
}
