package clients

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/anthropics/anthropic-sdk-go/option"
)

// twoCalls is a turn with a word before two calls, whose numbers must arrive as
// they are.
var twoCalls = vendorTurn{Text: "I will look.", Calls: []vendorCall{
	{"call_1", "get_weather", `{"city":"Bern","days":1.0}`},
	{"call_2", "get_weather", `{"city":"Zürich – 天気","station":12345678901234567890}`},
}}

// TestCrossAnthropicTools lets two tools run at once on an OpenAI model: one
// fails, the other returns an image.
func TestCrossAnthropicTools(t *testing.T) {
	t.Parallel()
	for way, call := range anthropicWays {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			gw, v := startCross(t, openAIWire{}, inOrder(twoCalls, vendorTurn{Text: "It snows in Zürich."}))
			client := newAnthropic(gw.URL())
			params := askAnthropic(crossModel, "How is the weather?")
			params.System = []anthropic.TextBlockParam{{Text: "You help.", CacheControl: anthropic.NewCacheControlEphemeralParam()}}
			params.Tools = []anthropic.ToolUnionParam{weatherTool}

			m := call(t, &client, params)
			if m.StopReason != anthropic.StopReasonToolUse || len(m.Content) != 3 || anthropicText(m) != twoCalls.Text {
				t.Fatalf("stop %s, %s", m.StopReason, anthropicGist(t, m))
			}
			for i, want := range twoCalls.Calls {
				got := m.Content[i+1]
				if got.ID != want.ID || got.Name != want.Name || plainJSON(t, string(got.Input)) != plainJSON(t, want.Arguments) {
					t.Errorf("call %d is %s %s %s, want %+v", i, got.ID, got.Name, got.Input, want)
				}
			}
			params.Messages = append(params.Messages, m.ToParam(), anthropic.NewUserMessage(
				anthropic.NewToolResultBlock("call_1", "no such station", true),
				imageResult("call_2", "snow"),
				anthropic.NewTextBlock("Go on."),
			))
			end := call(t, &client, params)
			if anthropicText(end) != "It snows in Zürich." || end.StopReason != anthropic.StopReasonEndTurn {
				t.Errorf("last answer %q, stop %s", anthropicText(end), end.StopReason)
			}
			checkAnthropicUsage(t, end)
			v.wantCalls(t, 2)
			checkToolConversation(t, v.transcript(t, 1))
			v.wantLog(t, gw)
		})
	}
}

// imageResult is the result of a tool: a text and an image.
func imageResult(id, text string) anthropic.ContentBlockParamUnion {
	image := anthropic.NewImageBlockBase64("image/png", tinyImage)
	return anthropic.ContentBlockParamUnion{OfToolResult: &anthropic.ToolResultBlockParam{
		ToolUseID: id,
		Content: []anthropic.ToolResultBlockParamContentUnion{
			{OfText: &anthropic.TextBlockParam{Text: text}},
			{OfImage: image.OfImage},
		},
	}}
}

// checkAnthropicUsage wants what the vendor reports, cached input apart.
func checkAnthropicUsage(t *testing.T, m *anthropic.Message) {
	t.Helper()
	u := m.Usage
	if u.InputTokens != vendorInput || u.CacheReadInputTokens != vendorCacheRead ||
		u.CacheCreationInputTokens != vendorCacheWrite || u.OutputTokens != vendorOutput {
		t.Errorf("usage is %d in, %d read, %d written, %d out", u.InputTokens, u.CacheReadInputTokens, u.CacheCreationInputTokens, u.OutputTokens)
	}
}

// checkToolConversation looks at the second turn of TestCrossAnthropicTools as
// the vendor got it: results of tools are text there, so that the image comes in
// a message of the user.
func checkToolConversation(t *testing.T, lines []string) {
	t.Helper()
	want := []string{
		"system: You help.",
		"user: How is the weather?",
		`assistant: I will look. | call call_1 get_weather {"city":"Bern","days":1.0} | ` +
			`call call_2 get_weather {"city":"Zürich – 天気","station":12345678901234567890}`,
	}
	if len(lines) < 6 || !slices.Equal(lines[:3], want) {
		t.Fatalf("the vendor got\n%s\nwant\n%s\nand two results", strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
	if !strings.HasPrefix(lines[3], "tool call_1: ") || !strings.Contains(lines[3], "no such station") || lines[3] == "tool call_1: no such station" {
		t.Errorf("the failed tool's result is %q, want it marked as failed", lines[3])
	}
	if !strings.HasPrefix(lines[4], "tool call_2: ") || !strings.Contains(lines[4], "snow") {
		t.Errorf("the other tool's result is %q", lines[4])
	}
	rest := strings.Join(lines[5:], "\n")
	if !strings.Contains(rest, "image data:image/png;base64,PIXEL") || !strings.HasSuffix(rest, "Go on.") || strings.Contains(rest, "assistant:") {
		t.Errorf("after the results comes %q, want the image and then the text", rest)
	}
}

// TestCrossAnthropicMedia sends what an OpenAI model can look at.
func TestCrossAnthropicMedia(t *testing.T) {
	t.Parallel()
	for way, call := range anthropicWays {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			gw, v := startCross(t, openAIWire{}, inOrder(vendorTurn{Text: "Pixels."}))
			client := newAnthropic(gw.URL())
			params := askAnthropic(crossModel, "What is this?")
			params.Messages = []anthropic.MessageParam{anthropic.NewUserMessage(
				anthropic.NewImageBlockBase64("image/png", tinyImage),
				anthropic.NewImageBlock(anthropic.URLImageSourceParam{URL: "https://example.com/a.png"}),
				anthropic.NewDocumentBlock(anthropic.Base64PDFSourceParam{Data: "JVBERi0="}),
				anthropic.NewDocumentBlock(anthropic.PlainTextSourceParam{Data: "plain words"}),
				anthropic.NewTextBlock("What is this?"),
			)}
			if m := call(t, &client, params); anthropicText(m) != "Pixels." {
				t.Errorf("answer %q", anthropicText(m))
			}
			lines := strings.Join(v.transcript(t, 0), "\n")
			at := 0
			for _, part := range []string{
				"user: image data:image/png;base64,PIXEL | image https://example.com/a.png | file ", "data:application/pdf;base64,JVBERi0= | ",
				"plain words", " | What is this?",
			} {
				i := strings.Index(lines[at:], part)
				if i < 0 {
					t.Fatalf("no %q in its place in %q", part, lines)
				}
				at += i + len(part)
			}
		})
	}
}

// TestCrossAnthropicThinking asks a model to think that shows its thoughts in
// OpenAI's dialect. They come as a thinking block, go back with the next turn as
// clients have to send them, and reach the vendor again only where it wants them.
func TestCrossAnthropicThinking(t *testing.T) {
	t.Parallel()
	for way, call := range anthropicWays {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			thinks := vendorTurn{Thinking: "Let me think – 天気.", Text: "I look.", Calls: twoCalls.Calls[:1]}
			gw, v := startCross(t, openAIWire{}, inOrder(thinks, vendorTurn{Text: "Done."}))
			client := newAnthropic(gw.URL())
			params := askAnthropic(reasonerModel, "Think.")
			params.MaxTokens = 16000
			params.Thinking = anthropic.ThinkingConfigParamOfEnabled(4096)
			params.Tools = []anthropic.ToolUnionParam{weatherTool}

			m := call(t, &client, params)
			if len(m.Content) != 3 || m.Content[0].Type != "thinking" || m.Content[0].Thinking != thinks.Thinking || m.Content[0].Signature == "" {
				t.Fatalf("no signed thinking first: %s", anthropicGist(t, m))
			}
			if n := m.Usage.OutputTokensDetails.ThinkingTokens; n != vendorReasoning {
				t.Errorf("%d tokens of thinking, want %d", n, vendorReasoning)
			}
			params.Messages = append(params.Messages, m.ToParam(), anthropic.NewUserMessage(anthropic.NewToolResultBlock("call_1", "snow", false)))
			if end := call(t, &client, params); anthropicText(end) != "Done." {
				t.Errorf("answer %q", anthropicText(end))
			}
			v.want(t, 0, map[string]string{"reasoning_effort": `"medium"`, "thinking": ""})
			v.wantTranscript(t, 1, "user: Think.", `assistant: I look. | call call_1 get_weather {"city":"Bern","days":1.0}`, "tool call_1: snow")
		})
	}
}

// TestCrossAnthropicThinkingReturned is the same with a vendor who wants its
// thoughts back beside its calls.
func TestCrossAnthropicThinkingReturned(t *testing.T) {
	t.Parallel()
	for way, call := range anthropicWays {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			thinks := vendorTurn{Thinking: "Let me think.", Calls: twoCalls.Calls[:1]}
			gw, v := startCross(t, openAIWire{returned: true}, inOrder(thinks, vendorTurn{Text: "Done."}))
			client := newAnthropic(gw.URL())
			params := askAnthropic(returnerModel, "Think.")
			params.Tools = []anthropic.ToolUnionParam{weatherTool}
			m := call(t, &client, params)
			params.Messages = append(params.Messages, m.ToParam(), anthropic.NewUserMessage(anthropic.NewToolResultBlock("call_1", "snow", false)))
			if end := call(t, &client, params); anthropicText(end) != "Done." {
				t.Errorf("answer %q", anthropicText(end))
			}
			v.wantTranscript(t, 1, "user: Think.", `assistant: thinking Let me think. | call call_1 get_weather {"city":"Bern","days":1.0}`, "tool call_1: snow")
		})
	}
}

// TestCrossAnthropicInstructions keeps an instruction in the middle of a
// conversation where it stands, and leaves out what is for Anthropic's billing.
func TestCrossAnthropicInstructions(t *testing.T) {
	t.Parallel()
	gw, v := startCross(t, openAIWire{}, inOrder(vendorTurn{Text: "Yes."}))
	client := newAnthropic(gw.URL())
	params := askAnthropic(crossModel, "Hello.")
	params.System = []anthropic.TextBlockParam{{Text: "x-anthropic-billing-header: cc_version=2.1; cc_entrypoint=cli;"}, {Text: "You help."}}
	params.Messages = append(params.Messages,
		anthropic.NewAssistantMessage(anthropic.NewTextBlock("Hello!")),
		anthropic.MessageParam{Role: "system", Content: []anthropic.ContentBlockParamUnion{anthropic.NewTextBlock("Be brief.")}},
		anthropic.NewUserMessage(anthropic.NewTextBlock("Ready?")),
	)
	if m := anthropicUnary(t, &client, params); anthropicText(m) != "Yes." {
		t.Errorf("answer %q", anthropicText(m))
	}
	v.wantTranscript(t, 0, "system: You help.", "user: Hello.", "assistant: Hello!", "system: Be brief.", "user: Ready?")
}

// TestCrossAnthropicParameters finds every parameter under the name that it has
// in the other dialect, with its number as the client wrote it.
func TestCrossAnthropicParameters(t *testing.T) {
	t.Parallel()
	gw, v := startCross(t, openAIWire{}, inOrder(vendorTurn{Text: "{}"}))
	var sent counter
	client := newAnthropic(gw.URL(), option.WithMiddleware(sent.Do))
	params := askAnthropic(crossModel, "Give me JSON.")
	params.Tools = []anthropic.ToolUnionParam{weatherTool}
	params.ToolChoice = anthropic.ToolChoiceUnionParam{OfAny: &anthropic.ToolChoiceAnyParam{DisableParallelToolUse: anthropic.Bool(true)}}
	params.OutputConfig.Format.Schema = answerSchema
	params.StopSequences = []string{"HALT"}
	params.Metadata.UserID = anthropic.String("u-1")
	params.TopP = anthropic.Float(0.5)
	params.TopK = anthropic.Int(40)
	if _, err := client.Messages.New(t.Context(), params, option.WithJSONSet("temperature", json.RawMessage("1.0"))); err != nil {
		t.Fatal(err)
	}
	v.want(t, 0, map[string]string{
		"model": `"gpt-4o-mini"`, "temperature": `1.0`, "top_p": `0.5`, "top_k": "", "stop": `["HALT"]`, "user": `"u-1"`,
		"tool_choice": `"required"`, "parallel_tool_calls": `false`, "stream": "", "stream_options": "", "metadata": "", "system": "",
	})
	var req chatRequest
	if err := json.Unmarshal([]byte(v.requests()[0].Body), &req); err != nil {
		t.Fatal(err)
	}
	if req.MaxTokens+req.MaxCompletionTokens != 2048 {
		t.Errorf("the limit is %d and %d, want 2048 once", req.MaxTokens, req.MaxCompletionTokens)
	}
	var format struct {
		Type       string
		JSONSchema struct {
			Name   string
			Schema json.RawMessage
		} `json:"json_schema"`
	}
	if err := json.Unmarshal(req.ResponseFormat, &format); err != nil || format.Type != "json_schema" || format.JSONSchema.Name == "" ||
		plainJSON(t, string(format.JSONSchema.Schema)) != asJSON(t, answerSchema) {
		t.Errorf("response_format is %s, %v", req.ResponseFormat, err)
	}
	if dropped := sent.last.Header.Get("X-Llmgw-Dropped-Params"); dropped != "top_k" {
		t.Errorf("dropped %q, want top_k", dropped)
	}
}

// answerSchema is a schema for structured output.
var answerSchema = object{
	"type": "object", "properties": object{"answer": object{"type": "string"}},
	"required": []string{"answer"}, "additionalProperties": false,
}

// TestCrossAnthropicRefusedParameters are what changes the answer and has no
// place in the other dialect: refused by name, or dropped where that is wanted.
func TestCrossAnthropicRefusedParameters(t *testing.T) {
	t.Parallel()
	for name, set := range map[string]option.RequestOption{
		"container": option.WithJSONSet("container", "container_1"),
		"tools":     option.WithJSONSet("tools", []object{{"type": "web_search_20250305", "name": "web_search"}}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			gw, v := startCross(t, openAIWire{}, inOrder(vendorTurn{Text: "Without."}))
			var sent counter
			client := newAnthropic(gw.URL(), option.WithMaxRetries(0), option.WithMiddleware(sent.Do))
			_, err := client.Messages.New(t.Context(), askAnthropic(crossModel, "hi"), set)
			var e *anthropic.Error
			if !errors.As(err, &e) || e.StatusCode != http.StatusBadRequest || !strings.Contains(anthropicMessage(t, e), name) {
				t.Errorf("err = %v, want a 400 that names %s", err, name)
			}
			v.wantCalls(t, 0)
			m, err := client.Messages.New(t.Context(), askAnthropic(lenientModel, "hi"), set)
			if err != nil {
				t.Fatal(err)
			}
			if dropped := sent.last.Header.Get("X-Llmgw-Dropped-Params"); anthropicText(m) != "Without." || !strings.Contains(dropped, name) {
				t.Errorf("answer %q, dropped %q, want %s", anthropicText(m), dropped, name)
			}
		})
	}
}

func TestCrossAnthropicStops(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		turn vendorTurn
		want anthropic.StopReason
	}{
		{"end", vendorTurn{Text: "Done."}, anthropic.StopReasonEndTurn},
		{"length", vendorTurn{Text: "Done", Stop: "length"}, anthropic.StopReasonMaxTokens},
		{"filter", vendorTurn{Text: "Done", Stop: "content_filter"}, anthropic.StopReasonRefusal},
		{"refusal", vendorTurn{Refusal: "I must not."}, anthropic.StopReasonEndTurn},
		{"calls that end as texts do", vendorTurn{Calls: twoCalls.Calls, Stop: "stop"}, anthropic.StopReasonToolUse},
		{"calls that were cut", vendorTurn{Text: "So", Calls: []vendorCall{{"call_1", "get_weather", `{}`}}, Stop: "length"}, anthropic.StopReasonMaxTokens},
		{"a call without arguments", vendorTurn{Calls: []vendorCall{{"call_1", "get_weather", ""}}}, anthropic.StopReasonToolUse},
	} {
		for way, call := range anthropicWays {
			t.Run(tt.name+" "+way, func(t *testing.T) {
				t.Parallel()
				gw, _ := startCross(t, openAIWire{}, inOrder(tt.turn))
				client := newAnthropic(gw.URL())
				params := askAnthropic(crossModel, "hi")
				params.Tools = []anthropic.ToolUnionParam{weatherTool}
				m := call(t, &client, params)
				if m.StopReason != tt.want || anthropicText(m) != tt.turn.Text+tt.turn.Refusal {
					t.Errorf("answer %q, stop %s, want %s", anthropicText(m), m.StopReason, tt.want)
				}
				checkAnthropicUsage(t, m)
			})
		}
	}
}

// anthropicCrossErrors are what an OpenAI vendor says, and how Anthropic's SDK
// has to see it.
var anthropicCrossErrors = []struct {
	name   string
	fail   vendorFailure
	status int
	kind   anthropic.ErrorType
	word   string
}{
	{
		"prompt too long",
		vendorFailure{
			Status: 400, Kind: "invalid_request_error", Code: "context_length_exceeded",
			Message: "This model's maximum context length is 128000 tokens. However, your messages resulted in 130000 tokens. Please reduce the length of the messages.",
		},
		400, "invalid_request_error", "prompt is too long: 130000 tokens > 128000 maximum",
	},
	{"bad request", vendorFailure{Status: 400, Kind: "invalid_request_error", Message: "No such voice."}, 400, "invalid_request_error", "No such voice."},
	{"unknown model", vendorFailure{Status: 404, Kind: "invalid_request_error", Code: "model_not_found", Message: "No such model here."}, 404, "not_found_error", "No such model here."},
	{"rate limit", vendorFailure{Status: 429, Kind: "requests", Code: "rate_limit_exceeded", Message: "Slow down.", RetryAfter: "7"}, 429, "rate_limit_error", "Slow down."},
	{"fault", vendorFailure{Status: 500, Kind: "server_error", Message: "We fell over."}, 500, "api_error", "We fell over."},
	{"our credential", vendorFailure{Status: 401, Code: "invalid_api_key", Message: "Incorrect API key provided: sk-ant-**way"}, 502, "api_error", "credential"},
}

func TestCrossAnthropicErrors(t *testing.T) {
	t.Parallel()
	for _, tt := range anthropicCrossErrors {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			gw, v := startCross(t, openAIWire{}, inOrder(vendorTurn{Failure: &tt.fail}, vendorTurn{Failure: &tt.fail}))
			client := newAnthropic(gw.URL(), option.WithMaxRetries(0))
			_, unary := client.Messages.New(t.Context(), askAnthropic(crossModel, "hi"))
			stream := client.Messages.NewStreaming(t.Context(), askAnthropic(crossModel, "hi"))
			defer stream.Close()
			if stream.Next() {
				t.Error("an event before the error")
			}
			for way, err := range map[string]error{"unary": unary, "streamed": stream.Err()} {
				var e *anthropic.Error
				if !errors.As(err, &e) {
					t.Fatalf("%s: err = %v, want one of the API", way, err)
				}
				if e.StatusCode != tt.status || e.Type() != tt.kind || !strings.Contains(anthropicMessage(t, e), tt.word) {
					t.Errorf("%s: status %d, %s, want %d, %s, %q", way, e.StatusCode, e.RawJSON(), tt.status, tt.kind, tt.word)
				}
				if strings.Contains(e.RawJSON(), "sk-ant") || e.Response.Header.Get("Retry-After") != tt.fail.RetryAfter {
					t.Errorf("%s: retry-after %q, %s", way, e.Response.Header.Get("Retry-After"), e.RawJSON())
				}
				checkRequestIDs(t, e.Response.Header, "Request-Id", "X-Request-Id")
			}
			v.wantCalls(t, 2)
		})
	}
}

// TestCrossAnthropicStreamThatFails shows what had come, and then an error: never
// a clean end.
func TestCrossAnthropicStreamThatFails(t *testing.T) {
	t.Parallel()
	for name, turn := range map[string]vendorTurn{
		"error": {Text: "Half a", Failure: &vendorFailure{Kind: "server_error", Message: "We fell over."}, Late: true},
		"cut":   {Text: "Half a", Cut: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			gw, _ := startCross(t, openAIWire{}, inOrder(turn))
			client := newAnthropic(gw.URL(), option.WithMaxRetries(0))
			stream := client.Messages.NewStreaming(t.Context(), askAnthropic(crossModel, "hi"))
			defer stream.Close()
			var m anthropic.Message
			for stream.Next() {
				if stream.Current().Type == "message_stop" {
					t.Error("a clean end")
				}
				if err := m.Accumulate(stream.Current()); err != nil {
					t.Error(err)
				}
			}
			if err := stream.Err(); err == nil || turn.Late && !strings.Contains(err.Error(), "We fell over.") {
				t.Errorf("err = %v, want what the vendor says", err)
			}
			if anthropicText(&m) != "Half a" {
				t.Errorf("before the error came %q", anthropicText(&m))
			}
			if lines := gw.Log(); len(lines) != 1 || lines[0].Status != "error" {
				t.Errorf("log = %+v, want one error", lines)
			}
		})
	}
}

// TestCrossAnthropicCountTokens estimates where the vendor does not count.
func TestCrossAnthropicCountTokens(t *testing.T) {
	t.Parallel()
	gw, v := startCross(t, openAIWire{}, inOrder())
	var sent counter
	client := newAnthropic(gw.URL(), option.WithMiddleware(sent.Do))
	few, err := client.Messages.CountTokens(t.Context(), countParams(crossModel, "one"))
	if err != nil {
		t.Fatal(err)
	}
	if sent.last.Header.Get("X-Llmgw-Estimated") != "true" {
		t.Error("the count is not marked as an estimate")
	}
	params := countParams(crossModel, strings.Repeat("one and more ", 100))
	params.System = anthropic.MessageCountTokensParamsSystemUnion{OfString: anthropic.String("You count.")}
	many, err := client.Messages.CountTokens(t.Context(), params)
	if err != nil {
		t.Fatal(err)
	}
	// Three words of one token each, and some for what is around them.
	if few.InputTokens < 1 || few.InputTokens > 50 || many.InputTokens < 270 || many.InputTokens > 450 {
		t.Errorf("%d tokens, then %d for 300 words", few.InputTokens, many.InputTokens)
	}
	v.wantCalls(t, 0)
}
