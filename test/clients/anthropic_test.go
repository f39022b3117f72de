package clients

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/anthropics/anthropic-sdk-go/option"
	"github.com/google/go-cmp/cmp"
)

// newAnthropic is Anthropic's client, pointed at a gateway by nothing but its
// arguments.
func newAnthropic(baseURL string, opts ...option.RequestOption) anthropic.Client {
	return anthropic.NewClient(append([]option.RequestOption{
		option.WithoutEnvironmentDefaults(),
		option.WithBaseURL(baseURL),
		option.WithAPIKey(clientKey),
	}, opts...)...)
}

// weatherTool is a tool with one argument.
var weatherTool = anthropic.ToolUnionParam{OfTool: &anthropic.ToolParam{
	Name:        "get_weather",
	Description: anthropic.String("Tells the weather of a city."),
	InputSchema: anthropic.ToolInputSchemaParam{
		Properties: object{"city": object{"type": "string"}},
		Required:   []string{"city"},
	},
}}

// askAnthropic is a request of one user message.
func askAnthropic(model, text string) anthropic.MessageNewParams {
	return anthropic.MessageNewParams{
		Model:     model,
		MaxTokens: 2048,
		Messages:  []anthropic.MessageParam{anthropic.NewUserMessage(anthropic.NewTextBlock(text))},
	}
}

// anthropicCall sends a request in one of the two ways.
type anthropicCall func(t *testing.T, c *anthropic.Client, p anthropic.MessageNewParams) *anthropic.Message

// anthropicWays are unary calls and streams put together by the SDK itself.
var anthropicWays = map[string]anthropicCall{"unary": anthropicUnary, "streamed": anthropicStreamed}

func anthropicUnary(t *testing.T, c *anthropic.Client, p anthropic.MessageNewParams) *anthropic.Message {
	t.Helper()
	m, err := c.Messages.New(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func anthropicStreamed(t *testing.T, c *anthropic.Client, p anthropic.MessageNewParams) *anthropic.Message {
	t.Helper()
	stream := c.Messages.NewStreaming(t.Context(), p)
	defer stream.Close()
	var m anthropic.Message
	for stream.Next() {
		if err := m.Accumulate(stream.Current()); err != nil {
			t.Fatal(err)
		}
	}
	if err := stream.Err(); err != nil {
		t.Fatal(err)
	}
	return &m
}

// anthropicGist is what a message means, without ids.
func anthropicGist(t *testing.T, m *anthropic.Message) string {
	t.Helper()
	type block struct {
		Type, Text, Thinking, Name string
		Signed                     bool
		Input                      any
	}
	var blocks []block
	for _, b := range m.Content {
		g := block{Type: b.Type, Text: b.Text, Thinking: b.Thinking, Name: b.Name, Signed: b.Signature != ""}
		if len(b.Input) > 0 {
			if err := json.Unmarshal(b.Input, &g.Input); err != nil {
				t.Fatalf("the input of a tool call: %v: %s", err, b.Input)
			}
		}
		blocks = append(blocks, g)
	}
	return asJSON(t, object{
		"role": m.Role, "stop": m.StopReason, "blocks": blocks,
		"input": m.Usage.InputTokens, "output": m.Usage.OutputTokens,
		"read": m.Usage.CacheReadInputTokens, "written": m.Usage.CacheCreationInputTokens,
	})
}

// anthropicText is the text of a message.
func anthropicText(m *anthropic.Message) string {
	var b strings.Builder
	for _, block := range m.Content {
		b.WriteString(block.Text)
	}
	return b.String()
}

func TestAnthropicConversation(t *testing.T) {
	t.Parallel()
	gw := startEcho(t)
	for way, call := range anthropicWays {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			client := newAnthropic(gw.URL())
			params := askAnthropic("hello", "good morning")
			for _, text := range []string{"good morning", "and good night"} {
				m := call(t, &client, params)
				if !strings.Contains(anthropicText(m), text) || m.StopReason != anthropic.StopReasonEndTurn {
					t.Errorf("answer to %q: %q, stop %s", text, anthropicText(m), m.StopReason)
				}
				if !strings.HasPrefix(m.ID, "msg_") || m.Usage.InputTokens <= 0 || m.Usage.OutputTokens <= 0 {
					t.Errorf("id %q, usage %d in, %d out", m.ID, m.Usage.InputTokens, m.Usage.OutputTokens)
				}
				params.Messages = append(params.Messages, m.ToParam(),
					anthropic.NewUserMessage(anthropic.NewTextBlock("and good night")))
			}
		})
	}
}

func TestAnthropicStreamMeansTheSameAsUnary(t *testing.T) {
	t.Parallel()
	gw := startEcho(t)
	for _, model := range []string{"hello", "tools", "thinking", "cached"} {
		t.Run(model, func(t *testing.T) {
			t.Parallel()
			client := newAnthropic(gw.URL())
			params := askAnthropic(model, "How is the weather in Zürich – 天気?")
			params.Tools = []anthropic.ToolUnionParam{weatherTool}
			unary := anthropicGist(t, anthropicUnary(t, &client, params))
			if diff := cmp.Diff(unary, anthropicGist(t, anthropicStreamed(t, &client, params))); diff != "" {
				t.Errorf("(-unary +streamed):\n%s", diff)
			}
		})
	}
}

func TestAnthropicTool(t *testing.T) {
	t.Parallel()
	gw := startEcho(t)
	for way, call := range anthropicWays {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			client := newAnthropic(gw.URL())
			params := askAnthropic("tools", "How is the weather in Bern?")
			params.Tools = []anthropic.ToolUnionParam{weatherTool}

			m := call(t, &client, params)
			at := slices.IndexFunc(m.Content, func(b anthropic.ContentBlockUnion) bool { return b.Type == "tool_use" })
			if at < 0 || m.StopReason != anthropic.StopReasonToolUse {
				t.Fatalf("no tool call in %s, stop %s", m.RawJSON(), m.StopReason)
			}
			var input struct{ City *string }
			if err := json.Unmarshal(m.Content[at].Input, &input); err != nil || input.City == nil {
				t.Errorf("input %s: %v", m.Content[at].Input, err)
			}
			params.Messages = append(params.Messages, m.ToParam(),
				anthropic.NewUserMessage(anthropic.NewToolResultBlock(m.Content[at].ID, "snow and fog", false)))
			end := call(t, &client, params)
			if !strings.Contains(anthropicText(end), "snow and fog") || end.StopReason != anthropic.StopReasonEndTurn {
				t.Errorf("last answer %q, stop %s", anthropicText(end), end.StopReason)
			}
		})
	}
}

// TestAnthropicThinking sends the signed thinking back, as clients have to.
func TestAnthropicThinking(t *testing.T) {
	t.Parallel()
	gw := startEcho(t)
	for way, call := range anthropicWays {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			client := newAnthropic(gw.URL())
			params := askAnthropic("thinking", "Think.")
			params.Thinking = anthropic.ThinkingConfigParamOfEnabled(1024)
			m := call(t, &client, params)
			if len(m.Content) < 2 || m.Content[0].Type != "thinking" || m.Content[0].Thinking == "" || m.Content[0].Signature == "" {
				t.Fatalf("no signed thinking first: %s", anthropicGist(t, m))
			}
			params.Messages = append(params.Messages, m.ToParam(), anthropic.NewUserMessage(anthropic.NewTextBlock("Go on.")))
			if next := call(t, &client, params); anthropicText(next) == "" {
				t.Error("no text in the second turn")
			}
		})
	}
}

// anthropicErrors are calls that fail, and how the SDK has to see that.
var anthropicErrors = []struct {
	name   string
	model  string
	opts   []option.RequestOption
	status int
	kind   anthropic.ErrorType
	word   string // in the message
	ours   bool   // the gateway's own error, not the provider's
	final  bool   // the SDK has to be told not to try again
}{
	{"unknown key", "hello", []option.RequestOption{option.WithAPIKey(unknownKey)}, 401, "authentication_error", "key", true, true},
	{"unknown token", "hello", []option.RequestOption{option.WithHeaderDel("X-Api-Key"), option.WithAuthToken(unknownKey)}, 401, "authentication_error", "key", true, true},
	{"two different keys", "hello", []option.RequestOption{option.WithAuthToken(limitedKey)}, 401, "authentication_error", "", true, true},
	{"no key", "hello", []option.RequestOption{option.WithHeaderDel("X-Api-Key")}, 401, "authentication_error", "key", true, true},
	{"unknown model", "helo", nil, 404, "not_found_error", "hello", true, false},
	{"stream is no boolean", "hello", []option.RequestOption{option.WithJSONSet("stream", "yes")}, 400, "invalid_request_error", "stream", true, false},
	{"api_base in the body", "hello", []option.RequestOption{option.WithJSONSet("api_base", "http://192.0.2.1")}, 400, "invalid_request_error", "api_base", true, false},
	{"vendor's rate limit", "error-429", nil, 429, "rate_limit_error", "", false, false},
	{"vendor's fault", "error-500", nil, 500, "api_error", "", false, false},
	{"vendor overloaded", "error-529", nil, 529, "overloaded_error", "", false, false},
}

func TestAnthropicErrors(t *testing.T) {
	t.Parallel()
	gw := startEcho(t)
	for _, tt := range anthropicErrors {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var sent counter
			opts := append(slices.Clone(tt.opts), option.WithMiddleware(sent.Do))
			if !tt.final {
				opts = append(opts, option.WithMaxRetries(0)) // Whether it may try again is up to the SDK.
			}
			client := newAnthropic(gw.URL(), opts...)
			_, err := client.Messages.New(t.Context(), askAnthropic(tt.model, "hi"))
			var e *anthropic.Error
			if !errors.As(err, &e) {
				t.Fatalf("err = %v, want one of the API", err)
			}
			if e.StatusCode != tt.status || e.Type() != tt.kind {
				t.Errorf("status %d, type %q, want %d, %q: %s", e.StatusCode, e.Type(), tt.status, tt.kind, e.RawJSON())
			}
			if message := anthropicMessage(t, e); !strings.Contains(message, tt.word) || message == "" {
				t.Errorf("message %q, want %q in it", message, tt.word)
			}
			if sent.requests != 1 {
				t.Errorf("the SDK sent %d requests, want 1", sent.requests)
			}
			if tt.final && e.Response.Header.Get("X-Should-Retry") != "false" {
				t.Error("no x-should-retry: false")
			}
			checkRequestIDs(t, e.Response.Header, "Request-Id", "X-Request-Id")
			if e.RequestID != e.Response.Header.Get("Request-Id") {
				t.Errorf("the SDK sees request id %q", e.RequestID)
			}
			if tt.ours && !strings.Contains(e.RawJSON(), e.RequestID) {
				t.Errorf("no request_id in %s", e.RawJSON())
			}
		})
	}
}

// anthropicMessage is the message of an error, whose envelope has to be whole.
func anthropicMessage(t *testing.T, e *anthropic.Error) string {
	t.Helper()
	var envelope struct {
		Type  string
		Error struct{ Type, Message string }
	}
	if err := json.Unmarshal([]byte(e.RawJSON()), &envelope); err != nil || envelope.Type != "error" {
		t.Errorf("no error envelope (%v): %s", err, e.RawJSON())
	}
	return envelope.Error.Message
}

// checkRequestIDs wants all the headers there, with the same id.
func checkRequestIDs(t *testing.T, h http.Header, names ...string) {
	t.Helper()
	for _, name := range names {
		if id := h.Get(name); id == "" || id != h.Get(names[0]) {
			t.Errorf("%s is %q, %s is %q; want the same id", name, id, names[0], h.Get(names[0]))
		}
	}
}

// checkRetryAfter wants whole seconds within a minute.
// A sliding window frees a slot at most half a second late.
func checkRetryAfter(t *testing.T, h http.Header) {
	t.Helper()
	if s, err := strconv.Atoi(h.Get("Retry-After")); err != nil || s < 1 || s > 61 {
		t.Errorf("retry-after %q, want 1 to 61 seconds", h.Get("Retry-After"))
	}
}

func TestAnthropicRateLimit(t *testing.T) {
	t.Parallel()
	gw := startEcho(t)
	client := newAnthropic(gw.URL(), option.WithAPIKey(limitedKey), option.WithMaxRetries(0))
	if _, err := client.Messages.New(t.Context(), askAnthropic("hello", "first")); err != nil {
		t.Fatal(err)
	}
	stream := client.Messages.NewStreaming(t.Context(), askAnthropic("hello", "second"))
	defer stream.Close()
	if stream.Next() {
		t.Error("the second call in a minute is answered")
	}
	var e *anthropic.Error
	if err := stream.Err(); !errors.As(err, &e) || e.StatusCode != http.StatusTooManyRequests || e.Type() != "rate_limit_error" {
		t.Fatalf("err = %v, want a rate limit", err)
	}
	checkRetryAfter(t, e.Response.Header)

	// Neither counting nor listing takes from the limit.
	if _, err := client.Messages.CountTokens(t.Context(), countParams("hello", "third")); err != nil {
		t.Error(err)
	}
	if _, err := client.Models.List(t.Context(), anthropic.ModelListParams{}); err != nil {
		t.Error(err)
	}
}

func TestAnthropicStreamThatFails(t *testing.T) {
	t.Parallel()
	gw := startEcho(t)
	client := newAnthropic(gw.URL())
	stream := client.Messages.NewStreaming(t.Context(), askAnthropic("stream-error", "hi"))
	defer stream.Close()
	events := 0
	for stream.Next() {
		events++
		if stream.Current().Type == "message_stop" {
			t.Error("a clean end")
		}
	}
	if events == 0 || stream.Err() == nil || !strings.Contains(stream.Err().Error(), "overloaded_error") {
		t.Errorf("%d events, err = %v; want some, and the vendor's error", events, stream.Err())
	}
}

// countParams is a count of one user message.
func countParams(model, text string) anthropic.MessageCountTokensParams {
	return anthropic.MessageCountTokensParams{
		Model:    model,
		Messages: []anthropic.MessageParam{anthropic.NewUserMessage(anthropic.NewTextBlock(text))},
	}
}

func TestAnthropicCountTokens(t *testing.T) {
	t.Parallel()
	gw := startEcho(t)
	client := newAnthropic(gw.URL())
	few, err := client.Messages.CountTokens(t.Context(), countParams("hello", "one"))
	if err != nil {
		t.Fatal(err)
	}
	many, err := client.Messages.CountTokens(t.Context(), countParams("hello", strings.Repeat("one and more ", 100)))
	if err != nil {
		t.Fatal(err)
	}
	if few.InputTokens <= 0 || many.InputTokens <= few.InputTokens {
		t.Errorf("%d tokens, then %d for more", few.InputTokens, many.InputTokens)
	}
}

func TestAnthropicModels(t *testing.T) {
	t.Parallel()
	gw := startEcho(t)
	client := newAnthropic(gw.URL())
	var ids []string
	page := client.Models.ListAutoPaging(t.Context(), anthropic.ModelListParams{Limit: anthropic.Int(3)})
	for page.Next() {
		m := page.Current()
		if m.Type != "model" || m.DisplayName == "" || m.CreatedAt.IsZero() {
			t.Errorf("model %s", m.RawJSON())
		}
		ids = append(ids, m.ID)
	}
	if err := page.Err(); err != nil {
		t.Fatal(err)
	}
	for _, want := range echoModels {
		if !slices.Contains(ids, want) {
			t.Errorf("models %v lack %s", ids, want)
		}
	}
	if len(slices.Compact(slices.Sorted(slices.Values(ids)))) != len(ids) {
		t.Errorf("models %v name one twice", ids)
	}
	m, err := client.Models.Get(t.Context(), "error-429", anthropic.ModelGetParams{})
	if err != nil || m.ID != "error-429" {
		t.Errorf("model = %+v, %v", m, err)
	}
	var e *anthropic.Error
	if _, err := client.Models.Get(t.Context(), "helo", anthropic.ModelGetParams{}); !errors.As(err, &e) || e.StatusCode != http.StatusNotFound {
		t.Errorf("an unknown model: %v, want 404", err)
	}
}

// TestAnthropicWaysIn takes every base URL and every credential that people set.
func TestAnthropicWaysIn(t *testing.T) {
	t.Parallel()
	gw := startEcho(t)
	for _, tt := range []struct {
		name, path string
		opts       []option.RequestOption
	}{
		{"root", "", nil},
		{"slash", "/", nil},
		{"prefix", "/anthropic", nil},
		{"doubled version", "/v1/", nil},
		{"token", "", []option.RequestOption{option.WithHeaderDel("X-Api-Key"), option.WithAuthToken(clientKey)}},
		{"key and token", "", []option.RequestOption{option.WithAuthToken(clientKey)}},
		{"LiteLLM's header", "", []option.RequestOption{option.WithHeaderDel("X-Api-Key"), option.WithHeader("x-litellm-api-key", clientKey)}},
		{"beta", "", []option.RequestOption{option.WithQuery("beta", "true"), option.WithHeader("anthropic-beta", "what-ever-2099-01-01")}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var sent counter
			client := newAnthropic(gw.URL()+tt.path, append(slices.Clone(tt.opts), option.WithMiddleware(sent.Do))...)
			m := anthropicUnary(t, &client, askAnthropic("hello", "good morning"))
			if !strings.Contains(anthropicText(m), "good morning") {
				t.Errorf("answer %q", anthropicText(m))
			}
			checkRequestIDs(t, sent.last.Header, "Request-Id", "X-Request-Id")
			if _, err := client.Messages.CountTokens(t.Context(), countParams("hello", "one")); err != nil {
				t.Error(err)
			}
		})
	}
}
