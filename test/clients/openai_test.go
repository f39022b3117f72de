package clients

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
)

// newOpenAI is OpenAI's client, pointed at a gateway. Arguments win over the
// environment, and nothing that a test depends on is left to it.
func newOpenAI(baseURL string, opts ...option.RequestOption) openai.Client {
	return openai.NewClient(append([]option.RequestOption{
		option.WithBaseURL(baseURL),
		option.WithAPIKey(clientKey),
		option.WithOrganization(""),
		option.WithProject(""),
	}, opts...)...)
}

// weatherFunction is a tool with one argument.
var weatherFunction = openai.ChatCompletionFunctionTool(openai.FunctionDefinitionParam{
	Name:        "get_weather",
	Description: openai.String("Tells the weather of a city."),
	Parameters: openai.FunctionParameters{
		"type":       "object",
		"properties": object{"city": object{"type": "string"}},
		"required":   []string{"city"},
	},
})

// askOpenAI is a request of one user message.
func askOpenAI(model, text string) openai.ChatCompletionNewParams {
	return openai.ChatCompletionNewParams{
		Model:    model,
		Messages: []openai.ChatCompletionMessageParamUnion{openai.UserMessage(text)},
	}
}

// openAICall sends a request in one of the two ways.
type openAICall func(t *testing.T, c *openai.Client, p openai.ChatCompletionNewParams) *openai.ChatCompletion

// openAIWays are unary calls and streams put together by the SDK itself.
var openAIWays = map[string]openAICall{"unary": openAIUnary, "streamed": openAIStreamed}

func openAIUnary(t *testing.T, c *openai.Client, p openai.ChatCompletionNewParams) *openai.ChatCompletion {
	t.Helper()
	m, err := c.Chat.Completions.New(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// openAIStreamed asks for usage, so that the answer is as complete as a unary one.
func openAIStreamed(t *testing.T, c *openai.Client, p openai.ChatCompletionNewParams) *openai.ChatCompletion {
	t.Helper()
	p.StreamOptions.IncludeUsage = openai.Bool(true)
	stream := c.Chat.Completions.NewStreaming(t.Context(), p)
	defer stream.Close()
	var acc openai.ChatCompletionAccumulator
	for stream.Next() {
		if !acc.AddChunk(stream.Current()) {
			t.Fatalf("the SDK cannot add %s", stream.Current().RawJSON())
		}
	}
	if err := stream.Err(); err != nil {
		t.Fatal(err)
	}
	return &acc.ChatCompletion
}

// openAIGist is what a completion means, without ids.
func openAIGist(t *testing.T, m *openai.ChatCompletion) string {
	t.Helper()
	type call struct{ Type, Name, Arguments string }
	var choices []object
	for _, c := range m.Choices {
		var calls []call
		for _, tc := range c.Message.ToolCalls {
			calls = append(calls, call{tc.Type, tc.Function.Name, tc.Function.Arguments})
		}
		choices = append(choices, object{
			"index": c.Index, "role": c.Message.Role, "text": c.Message.Content, "calls": calls, "stop": c.FinishReason,
		})
	}
	return asJSON(t, object{
		"choices": choices, "input": m.Usage.PromptTokens, "output": m.Usage.CompletionTokens,
		"total": m.Usage.TotalTokens, "cached": m.Usage.PromptTokensDetails.CachedTokens,
	})
}

// firstChoice fails the test where a completion has no choice.
func firstChoice(t *testing.T, m *openai.ChatCompletion) openai.ChatCompletionChoice {
	t.Helper()
	if len(m.Choices) == 0 {
		t.Fatalf("no choice in %s", m.RawJSON())
	}
	return m.Choices[0]
}

// openAIBases are the base URLs that people set.
var openAIBases = []string{"/v1", "/v1/", "", "/", "/openai/v1"}

func TestOpenAIConversation(t *testing.T) {
	t.Parallel()
	gw := startEcho(t)
	for way, call := range openAIWays {
		for _, base := range openAIBases {
			t.Run(way+" at "+base, func(t *testing.T) {
				t.Parallel()
				var sent counter
				client := newOpenAI(gw.URL()+base, option.WithMiddleware(sent.Do))
				params := askOpenAI("hello", "good morning")
				for _, text := range []string{"good morning", "and good night"} {
					m := call(t, &client, params)
					c := firstChoice(t, m)
					if !strings.Contains(c.Message.Content, text) || c.FinishReason != "stop" {
						t.Errorf("answer to %q: %q, stop %s", text, c.Message.Content, c.FinishReason)
					}
					if m.Usage.PromptTokens <= 0 || m.Usage.CompletionTokens <= 0 {
						t.Errorf("usage %+v", m.Usage)
					}
					checkRequestIDs(t, sent.last.Header, "X-Request-Id")
					params.Messages = append(params.Messages, c.Message.ToParam(), openai.UserMessage("and good night"))
				}
			})
		}
	}
}

func TestOpenAIStreamMeansTheSameAsUnary(t *testing.T) {
	t.Parallel()
	gw := startEcho(t)
	for _, tt := range []struct {
		model   string
		choices int64
	}{{"hello", 1}, {"hello", 3}, {"tools", 1}, {"thinking", 1}, {"cached", 1}} {
		t.Run(tt.model, func(t *testing.T) {
			t.Parallel()
			client := newOpenAI(gw.URL() + "/v1")
			params := askOpenAI(tt.model, "How is the weather in Zürich – 天気?")
			params.Tools = []openai.ChatCompletionToolUnionParam{weatherFunction}
			params.N = openai.Int(tt.choices)
			unary := openAIUnary(t, &client, params)
			if len(unary.Choices) != int(tt.choices) {
				t.Errorf("%d choices, want %d", len(unary.Choices), tt.choices)
			}
			if diff := cmp.Diff(openAIGist(t, unary), openAIGist(t, openAIStreamed(t, &client, params))); diff != "" {
				t.Errorf("(-unary +streamed):\n%s", diff)
			}
		})
	}
}

// TestOpenAIUsageChunk sends one only to clients that ask, whatever the gateway
// asks of the vendor for its own books.
func TestOpenAIUsageChunk(t *testing.T) {
	t.Parallel()
	gw := startEcho(t)
	for name, asked := range map[string]bool{"asked": true, "not asked": false} {
		t.Run(name, func(t *testing.T) { // Not parallel: the log below ends the gateway.
			client := newOpenAI(gw.URL() + "/v1")
			params := askOpenAI("hello", "hi")
			if asked {
				params.StreamOptions.IncludeUsage = openai.Bool(true)
			}
			stream := client.Chat.Completions.NewStreaming(t.Context(), params)
			defer stream.Close()
			withUsage := 0
			for stream.Next() {
				if chunk := stream.Current(); len(chunk.Choices) == 0 && chunk.Usage.TotalTokens > 0 {
					withUsage++
				}
			}
			if err := stream.Err(); err != nil {
				t.Fatal(err)
			}
			if (withUsage == 1) != asked || withUsage > 1 {
				t.Errorf("%d chunks of usage", withUsage)
			}
		})
	}
	lines := gw.Log()
	if len(lines) != 2 {
		t.Errorf("%d log lines, want 2", len(lines))
	}
	for _, l := range lines {
		if l.InputTokens <= 0 || l.OutputTokens <= 0 || l.UsageEstimated {
			t.Errorf("log has %d tokens in and %d out (estimated: %v)", l.InputTokens, l.OutputTokens, l.UsageEstimated)
		}
	}
}

func TestOpenAITool(t *testing.T) {
	t.Parallel()
	gw := startEcho(t)
	for way, call := range openAIWays {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			client := newOpenAI(gw.URL() + "/v1")
			params := askOpenAI("tools", "How is the weather in Bern?")
			params.Tools = []openai.ChatCompletionToolUnionParam{weatherFunction}

			c := firstChoice(t, call(t, &client, params))
			if len(c.Message.ToolCalls) != 1 || c.FinishReason != "tool_calls" || c.Message.ToolCalls[0].ID == "" {
				t.Fatalf("%d tool calls, stop %s", len(c.Message.ToolCalls), c.FinishReason)
			}
			var arguments struct{ City *string }
			if err := json.Unmarshal([]byte(c.Message.ToolCalls[0].Function.Arguments), &arguments); err != nil || arguments.City == nil {
				t.Errorf("arguments %s: %v", c.Message.ToolCalls[0].Function.Arguments, err)
			}
			params.Messages = append(params.Messages, c.Message.ToParam(),
				openai.ToolMessage("snow and fog", c.Message.ToolCalls[0].ID))
			end := firstChoice(t, call(t, &client, params))
			if !strings.Contains(end.Message.Content, "snow and fog") || end.FinishReason != "stop" {
				t.Errorf("last answer %q, stop %s", end.Message.Content, end.FinishReason)
			}
		})
	}
}

// openAIErrors are calls that fail, and how the SDK has to see that.
var openAIErrors = []struct {
	name   string
	model  string
	opts   []option.RequestOption
	status int
	kind   string // type; "" where the vendor's word counts
	code   string
	word   string // in the message
	final  bool   // the SDK has to be told not to try again
}{
	{"unknown key", "hello", []option.RequestOption{option.WithAPIKey(unknownKey)}, 401, "invalid_request_error", "invalid_api_key", "key", true},
	{"no key", "hello", []option.RequestOption{option.WithHeaderDel("Authorization")}, 401, "invalid_request_error", "invalid_api_key", "key", true},
	{"unknown model", "helo", nil, 404, "invalid_request_error", "model_not_found", "hello", false},
	{"stream is no boolean", "hello", []option.RequestOption{option.WithJSONSet("stream", "yes")}, 400, "invalid_request_error", "", "stream", false},
	{"api_key in the body", "hello", []option.RequestOption{option.WithJSONSet("api_key", "sk-other")}, 400, "invalid_request_error", "", "api_key", false},
	{"vendor's rate limit", "error-429", nil, 429, "", "", "", false},
	{"vendor's fault", "error-500", nil, 500, "", "", "", false},
}

func TestOpenAIErrors(t *testing.T) {
	t.Parallel()
	gw := startEcho(t)
	for _, tt := range openAIErrors {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var sent counter
			opts := append(slices.Clone(tt.opts), option.WithMiddleware(sent.Do))
			if !tt.final {
				opts = append(opts, option.WithMaxRetries(0)) // Whether it may try again is up to the SDK.
			}
			client := newOpenAI(gw.URL()+"/v1", opts...)
			_, err := client.Chat.Completions.New(t.Context(), askOpenAI(tt.model, "hi"))
			var e *openai.Error
			if !errors.As(err, &e) {
				t.Fatalf("err = %v, want one of the API", err)
			}
			if e.StatusCode != tt.status || tt.kind != "" && e.Type != tt.kind || tt.code != "" && e.Code != tt.code {
				t.Errorf("status %d, type %q, code %q, want %d, %q, %q: %s", e.StatusCode, e.Type, e.Code, tt.status, tt.kind, tt.code, e.RawJSON())
			}
			if !strings.Contains(e.Message, tt.word) || e.Message == "" {
				t.Errorf("message %q, want %q in it", e.Message, tt.word)
			}
			if sent.requests != 1 {
				t.Errorf("the SDK sent %d requests, want 1", sent.requests)
			}
			if tt.final && e.Response.Header.Get("X-Should-Retry") != "false" {
				t.Error("no x-should-retry: false")
			}
			checkRequestIDs(t, e.Response.Header, "X-Request-Id")
		})
	}
}

func TestOpenAIRateLimit(t *testing.T) {
	t.Parallel()
	gw := startEcho(t)
	client := newOpenAI(gw.URL()+"/v1", option.WithAPIKey(limitedKey), option.WithMaxRetries(0))
	if _, err := client.Chat.Completions.New(t.Context(), askOpenAI("hello", "first")); err != nil {
		t.Fatal(err)
	}
	stream := client.Chat.Completions.NewStreaming(t.Context(), askOpenAI("hello", "second"))
	defer stream.Close()
	if stream.Next() {
		t.Error("the second call in a minute is answered")
	}
	var e *openai.Error
	if err := stream.Err(); !errors.As(err, &e) || e.StatusCode != http.StatusTooManyRequests || e.Code != "rate_limit_exceeded" {
		t.Fatalf("err = %v, want a rate limit", err)
	}
	checkRetryAfter(t, e.Response.Header)
}

func TestOpenAIStreamThatFails(t *testing.T) {
	t.Parallel()
	gw := startEcho(t)
	client := newOpenAI(gw.URL() + "/v1")
	stream := client.Chat.Completions.NewStreaming(t.Context(), askOpenAI("stream-error", "hi"))
	defer stream.Close()
	chunks := 0
	for stream.Next() {
		chunks++
	}
	if chunks == 0 || stream.Err() == nil {
		t.Errorf("%d chunks, err = %v; want some, and an error", chunks, stream.Err())
	}
}

func TestOpenAIEmbeddings(t *testing.T) {
	t.Parallel()
	gw := startEcho(t)
	client := newOpenAI(gw.URL() + "/v1")
	params := openai.EmbeddingNewParams{
		Model:          "hello",
		Input:          openai.EmbeddingNewParamsInputUnion{OfArrayOfStrings: []string{"one", "another"}},
		Dimensions:     openai.Int(8),
		EncodingFormat: openai.EmbeddingNewParamsEncodingFormatFloat,
	}
	floats, err := client.Embeddings.New(t.Context(), params)
	if err != nil {
		t.Fatal(err)
	}
	params.EncodingFormat = openai.EmbeddingNewParamsEncodingFormatBase64
	packed, err := client.Embeddings.New(t.Context(), params)
	if err != nil {
		t.Fatal(err)
	}
	if len(floats.Data) != 2 || len(packed.Data) != 2 || floats.Usage.PromptTokens <= 0 {
		t.Fatalf("%d and %d vectors, %d tokens", len(floats.Data), len(packed.Data), floats.Usage.PromptTokens)
	}
	if slices.Equal(floats.Data[0].Embedding, floats.Data[1].Embedding) {
		t.Error("two texts have one vector")
	}
	for i, d := range floats.Data {
		unpacked := unpackVector(t, packed.Data[i].JSON.Embedding.Raw())
		if len(d.Embedding) != 8 || len(unpacked) != 8 || d.Index != int64(i) {
			t.Fatalf("vector %d (index %d) has %d and %d dimensions", i, d.Index, len(d.Embedding), len(unpacked))
		}
		for j, want := range d.Embedding {
			if math.Abs(want-unpacked[j]) > 1e-6 {
				t.Errorf("vector %d, dimension %d: %g as float, %g as base64", i, j, want, unpacked[j])
			}
		}
	}
}

// unpackVector reads the JSON text of a vector in base64: 32-bit floats, the
// lowest byte first.
func unpackVector(t *testing.T, text string) []float64 {
	t.Helper()
	var encoded string
	if err := json.Unmarshal([]byte(text), &encoded); err != nil {
		t.Fatalf("the vector is no string: %v: %s", err, text)
	}
	packed, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		t.Fatal(err)
	}
	var out []float64
	for word := range slices.Chunk(packed, 4) {
		out = append(out, float64(math.Float32frombits(binary.LittleEndian.Uint32(word))))
	}
	return out
}

func TestOpenAILegacyCompletions(t *testing.T) {
	t.Parallel()
	gw := startEcho(t)
	client := newOpenAI(gw.URL() + "/v1")
	params := openai.CompletionNewParams{
		Model:  "hello",
		Prompt: openai.CompletionNewParamsPromptUnion{OfString: openai.String("Once upon a time")},
	}
	unary, err := client.Completions.New(t.Context(), params)
	if err != nil {
		t.Fatal(err)
	}
	if len(unary.Choices) != 1 || unary.Choices[0].Text == "" || unary.Usage.TotalTokens <= 0 {
		t.Fatalf("completion %s", unary.RawJSON())
	}
	stream := client.Completions.NewStreaming(t.Context(), params)
	defer stream.Close()
	var text strings.Builder
	for stream.Next() {
		for _, c := range stream.Current().Choices {
			text.WriteString(c.Text)
		}
	}
	if err := stream.Err(); err != nil || text.String() != unary.Choices[0].Text {
		t.Errorf("streamed %q, %v, want %q", text.String(), err, unary.Choices[0].Text)
	}
}

func TestOpenAIModels(t *testing.T) {
	t.Parallel()
	gw := startEcho(t)
	client := newOpenAI(gw.URL() + "/v1")
	page, err := client.Models.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, m := range page.Data {
		if m.Object != "model" || m.OwnedBy == "" {
			t.Errorf("model %s", m.RawJSON())
		}
		ids = append(ids, m.ID)
	}
	for _, want := range echoModels {
		if !slices.Contains(ids, want) {
			t.Errorf("models %v lack %s", ids, want)
		}
	}
	if m, err := client.Models.Get(t.Context(), "error-429"); err != nil || m.ID != "error-429" {
		t.Errorf("model = %+v, %v", m, err)
	}
	var e *openai.Error
	if _, err := client.Models.Get(t.Context(), "helo"); !errors.As(err, &e) || e.StatusCode != http.StatusNotFound {
		t.Errorf("an unknown model: %v, want 404", err)
	}
}

// TestRequestLogOfAnSDK finds one line for each call, refused ones included.
func TestRequestLogOfAnSDK(t *testing.T) {
	t.Parallel()
	gw := startEcho(t)
	client := newOpenAI(gw.URL()+"/v1", option.WithMaxRetries(0))
	wanted := map[string]int{}
	for _, model := range []string{"hello", "helo", "error-500"} {
		var resp *http.Response
		// What the call returns is judged elsewhere; here its log line is.
		_, _ = client.Chat.Completions.New(t.Context(), askOpenAI(model, "hi"), option.WithResponseInto(&resp))
		wanted[resp.Header.Get("X-Request-Id")] = resp.StatusCode
	}
	got := map[string]int{}
	for _, l := range gw.Log() {
		got[l.RequestID] = l.HTTPStatus
	}
	if diff := cmp.Diff(wanted, got); diff != "" {
		t.Errorf("request id to status (-answered +logged):\n%s", diff)
	}
}
