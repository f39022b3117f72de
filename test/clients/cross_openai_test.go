package clients

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/packages/respjson"
	"github.com/openai/openai-go/v3/shared"
)

// toolCalls are the calls of a message, as the scripts write them.
func toolCalls(c openai.ChatCompletionChoice) []vendorCall {
	var out []vendorCall
	for _, tc := range c.Message.ToolCalls {
		out = append(out, vendorCall{tc.ID, tc.Function.Name, tc.Function.Arguments})
	}
	return out
}

// checkOpenAIUsage wants what the vendor reports, cached input included.
func checkOpenAIUsage(t *testing.T, m *openai.ChatCompletion) {
	t.Helper()
	const input = vendorInput + vendorCacheRead + vendorCacheWrite
	if u := m.Usage; u.PromptTokens != input || u.CompletionTokens != vendorOutput || u.TotalTokens != input+vendorOutput ||
		u.PromptTokensDetails.CachedTokens != vendorCacheRead {
		t.Errorf("usage is %s", u.RawJSON())
	}
}

// TestCrossOpenAITools lets two tools run at once on a Claude model. What comes
// after their results goes into the same turn.
func TestCrossOpenAITools(t *testing.T) {
	t.Parallel()
	for way, call := range openAIWays {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			gw, v := startCross(t, anthropicWire{}, inOrder(twoCalls, vendorTurn{Text: "It snows in Zürich."}))
			client := newOpenAI(gw.URL() + "/v1")
			params := askOpenAI(crossModel, "How is the weather?")
			params.Messages = slices.Insert(params.Messages, 0, openai.SystemMessage("You help."))
			params.Tools = []openai.ChatCompletionToolUnionParam{weatherFunction}
			params.ToolChoice.OfAuto = openai.String("required")
			params.ParallelToolCalls = openai.Bool(true)

			m := call(t, &client, params)
			c := firstChoice(t, m)
			if c.FinishReason != "tool_calls" || c.Message.Content != twoCalls.Text {
				t.Fatalf("stop %s, %s", c.FinishReason, openAIGist(t, m))
			}
			if diff := cmp.Diff(twoCalls.Calls, toolCalls(c)); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
			params.ToolChoice.OfAuto = openai.String("auto")
			params.Messages = append(params.Messages, c.Message.ToParam(),
				openai.ToolMessage("no such station", "call_1"), openai.ToolMessage("snow", "call_2"),
				openai.DeveloperMessage("Answer in one sentence."), openai.UserMessage("Go on."))
			m = call(t, &client, params)
			if end := firstChoice(t, m); end.Message.Content != "It snows in Zürich." || end.FinishReason != "stop" {
				t.Errorf("last answer %q, stop %s", end.Message.Content, end.FinishReason)
			}
			checkOpenAIUsage(t, m)
			v.want(t, 0, map[string]string{
				"model": `"` + vendorModel + `"`, "tool_choice": `{"type":"any"}`,
				"tools": `[{"name":"get_weather","description":"Tells the weather of a city.","input_schema":` +
					`{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}}]`,
			})
			checkToolTurns(t, v.transcript(t, 1))
			v.wantCalls(t, 2)
			v.wantLog(t, gw)
		})
	}
}

// checkToolTurns looks at the second turn of TestCrossOpenAITools as Claude got
// it: all results in one turn, first in it, and the instruction in its place.
func checkToolTurns(t *testing.T, lines []string) {
	t.Helper()
	want := []string{
		"system: You help.",
		"user: How is the weather?",
		`assistant: I will look. | call call_1 get_weather {"city":"Bern","days":1.0} | ` +
			`call call_2 get_weather {"city":"Zürich – 天気","station":12345678901234567890}`,
	}
	if len(lines) != 4 || !slices.Equal(lines[:3], want) {
		t.Fatalf("the vendor got\n%s\nwant\n%s\nand one more", strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
	last := lines[3]
	if !strings.HasPrefix(last, "user: result call_1 no such station | result call_2 snow | ") ||
		!strings.Contains(last, "Answer in one sentence.") || !strings.HasSuffix(last, " | Go on.") {
		t.Errorf("the last turn is %q", last)
	}
}

// TestCrossOpenAIImages sends an image in the message and by its address.
func TestCrossOpenAIImages(t *testing.T) {
	t.Parallel()
	gw, v := startCross(t, anthropicWire{}, inOrder(vendorTurn{Text: "Pixels."}, vendorTurn{Text: "Pixels."}))
	client := newOpenAI(gw.URL() + "/v1")
	params := askOpenAI(crossModel, "")
	params.Messages = []openai.ChatCompletionMessageParamUnion{openai.UserMessage([]openai.ChatCompletionContentPartUnionParam{
		openai.TextContentPart("What is this?"),
		openai.ImageContentPart(openai.ChatCompletionContentPartImageImageURLParam{URL: "data:image/png;base64," + tinyImage, Detail: "low"}),
		openai.ImageContentPart(openai.ChatCompletionContentPartImageImageURLParam{URL: "https://example.com/a.png"}),
		openai.FileContentPart(openai.ChatCompletionContentPartFileFileParam{
			Filename: openai.String("a.pdf"), FileData: openai.String("data:application/pdf;base64,JVBERi0="),
		}),
	})}
	for _, call := range openAIWays {
		if c := firstChoice(t, call(t, &client, params)); c.Message.Content != "Pixels." {
			t.Errorf("answer %q", c.Message.Content)
		}
	}
	for n := range len(openAIWays) {
		v.wantTranscript(t, n, "user: What is this? | image image/png PIXEL | image https://example.com/a.png | document a.pdf")
	}
}

// thoughts are the members of a message that OpenAI's SDK has no word for.
type thoughts struct {
	Reasoning string
	Blocks    []thoughtBlock
}

type thoughtBlock struct {
	Type      string `json:"type"`
	Thinking  string `json:"thinking,omitempty"`
	Signature string `json:"signature,omitempty"`
	Data      string `json:"data,omitempty"`
}

// add takes what a message, or one delta of it, has.
func (th *thoughts) add(t *testing.T, extra map[string]respjson.Field) {
	t.Helper()
	if f, ok := extra["reasoning_content"]; ok && f.Raw() != "null" {
		var text string
		if err := json.Unmarshal([]byte(f.Raw()), &text); err != nil {
			t.Errorf("reasoning_content: %v: %s", err, f.Raw())
		}
		th.Reasoning += text
	}
	if f, ok := extra["thinking_blocks"]; ok {
		var blocks []thoughtBlock
		if err := json.Unmarshal([]byte(f.Raw()), &blocks); err != nil {
			t.Errorf("thinking_blocks: %v: %s", err, f.Raw())
		}
		th.Blocks = append(th.Blocks, blocks...)
	}
}

// thinkUnary asks for a whole answer.
func thinkUnary(t *testing.T, c *openai.Client, p openai.ChatCompletionNewParams) (openai.ChatCompletionChoice, thoughts) {
	t.Helper()
	choice := firstChoice(t, openAIUnary(t, c, p))
	var th thoughts
	th.add(t, choice.Message.JSON.ExtraFields)
	return choice, th
}

// thinkStreamed asks for a stream. The SDK leaves unknown members of deltas to
// its caller.
func thinkStreamed(t *testing.T, c *openai.Client, p openai.ChatCompletionNewParams) (openai.ChatCompletionChoice, thoughts) {
	t.Helper()
	stream := c.Chat.Completions.NewStreaming(t.Context(), p)
	defer stream.Close()
	var acc openai.ChatCompletionAccumulator
	var th thoughts
	for stream.Next() {
		acc.AddChunk(stream.Current())
		for _, choice := range stream.Current().Choices {
			th.add(t, choice.Delta.JSON.ExtraFields)
		}
	}
	if err := stream.Err(); err != nil {
		t.Fatal(err)
	}
	return firstChoice(t, &acc.ChatCompletion), th
}

// TestCrossOpenAIReasoning shows what Claude thinks in the members that vendors of
// OpenAI's dialect use. A client that sends thinking_blocks back keeps Claude
// thinking through its tool calls; for one that does not, the call is made without
// thinking, which Claude would refuse otherwise.
func TestCrossOpenAIReasoning(t *testing.T) {
	t.Parallel()
	thinks := vendorTurn{Thinking: "Let me think – 天気.", Text: "I look.", Calls: twoCalls.Calls[:1]}
	for way, think := range map[string]func(*testing.T, *openai.Client, openai.ChatCompletionNewParams) (openai.ChatCompletionChoice, thoughts){
		"unary": thinkUnary, "streamed": thinkStreamed,
	} {
		for name, returned := range map[string]bool{"returned": true, "not returned": false} {
			t.Run(way+" "+name, func(t *testing.T) {
				t.Parallel()
				gw, v := startCross(t, anthropicWire{}, inOrder(thinks, vendorTurn{Text: "Done."}))
				var sent counter
				client := newOpenAI(gw.URL()+"/v1", option.WithMiddleware(sent.Do))
				params := askOpenAI(crossModel, "Think.")
				params.ReasoningEffort = shared.ReasoningEffortMedium
				params.MaxCompletionTokens = openai.Int(16000)
				params.Tools = []openai.ChatCompletionToolUnionParam{weatherFunction}

				c, th := think(t, &client, params)
				if th.Reasoning != thinks.Thinking || c.Message.Content != thinks.Text || len(c.Message.ToolCalls) != 1 {
					t.Fatalf("reasoning %q, content %q, %d calls", th.Reasoning, c.Message.Content, len(c.Message.ToolCalls))
				}
				v.want(t, 0, map[string]string{"thinking": `{"type":"enabled","budget_tokens":8192}`, "max_tokens": `16000`, "reasoning_effort": ""})
				checkSigned(t, th)

				back := c.Message.ToAssistantMessageParam()
				if returned {
					back.SetExtraFields(map[string]any{"thinking_blocks": th.Blocks, "reasoning_content": th.Reasoning})
				}
				params.Messages = append(params.Messages, openai.ChatCompletionMessageParamUnion{OfAssistant: &back}, openai.ToolMessage("snow", "call_1"))
				if end, _ := think(t, &client, params); end.Message.Content != "Done." {
					t.Errorf("answer %q", end.Message.Content)
				}
				first, thinking, dropped := "", "", "reasoning_effort"
				if returned {
					first, thinking, dropped = "thinking "+thinks.Thinking+" | ", `{"type":"enabled","budget_tokens":8192}`, ""
				}
				v.want(t, 1, map[string]string{"thinking": thinking})
				v.wantTranscript(t, 1, "user: Think.", "assistant: "+first+`I look. | call call_1 get_weather {"city":"Bern","days":1.0}`, "user: result call_1 snow")
				if got := sent.last.Header.Get("X-Llmgw-Dropped-Params"); got != dropped {
					t.Errorf("dropped %q, want %q", got, dropped)
				}
			})
		}
	}
}

// checkSigned wants the whole thought with its signature in thinking_blocks,
// whether in one piece or in several.
func checkSigned(t *testing.T, th thoughts) {
	t.Helper()
	var text, signature string
	for _, b := range th.Blocks {
		text += b.Thinking
		signature += b.Signature
		if b.Type != "thinking" {
			t.Errorf("a block of type %q", b.Type)
		}
	}
	if text != th.Reasoning || signature != vendorSignature {
		t.Errorf("thinking_blocks are %+v, want the text of reasoning_content with its signature", th.Blocks)
	}
}

// TestCrossOpenAIRedactedThinking brings back a thought that nobody but the vendor
// can read.
func TestCrossOpenAIRedactedThinking(t *testing.T) {
	t.Parallel()
	for way, think := range map[string]func(*testing.T, *openai.Client, openai.ChatCompletionNewParams) (openai.ChatCompletionChoice, thoughts){
		"unary": thinkUnary, "streamed": thinkStreamed,
	} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			gw, v := startCross(t, anthropicWire{}, inOrder(vendorTurn{Redacted: "b3BhcXVl", Text: "Hm."}, vendorTurn{Text: "Done."}))
			client := newOpenAI(gw.URL() + "/v1")
			params := askOpenAI(crossModel, "Think.")
			params.ReasoningEffort = shared.ReasoningEffortLow
			c, th := think(t, &client, params)
			if diff := cmp.Diff([]thoughtBlock{{Type: "redacted_thinking", Data: "b3BhcXVl"}}, th.Blocks); diff != "" {
				t.Fatalf("thinking_blocks (-want +got):\n%s", diff)
			}
			back := c.Message.ToAssistantMessageParam()
			back.SetExtraFields(map[string]any{"thinking_blocks": th.Blocks})
			params.Messages = append(params.Messages, openai.ChatCompletionMessageParamUnion{OfAssistant: &back}, openai.UserMessage("Go on."))
			if end, _ := think(t, &client, params); end.Message.Content != "Done." {
				t.Errorf("answer %q", end.Message.Content)
			}
			v.wantTranscript(t, 1, "user: Think.", "assistant: redacted b3BhcXVl | Hm.", "user: Go on.")
		})
	}
}

// TestCrossOpenAIParameters finds every parameter under the name that it has in
// the other dialect, with its number as the client wrote it.
func TestCrossOpenAIParameters(t *testing.T) {
	t.Parallel()
	gw, v := startCross(t, anthropicWire{}, inOrder(vendorTurn{Text: "{}"}, vendorTurn{Text: "{}"}))
	var sent counter
	client := newOpenAI(gw.URL()+"/v1", option.WithMiddleware(sent.Do))
	params := askOpenAI(crossModel, "Give me JSON.")
	params.Tools = []openai.ChatCompletionToolUnionParam{weatherFunction}
	params.ParallelToolCalls = openai.Bool(false)
	params.ResponseFormat.OfJSONSchema = &shared.ResponseFormatJSONSchemaParam{
		JSONSchema: shared.ResponseFormatJSONSchemaJSONSchemaParam{Name: "answer", Schema: answerSchema, Strict: openai.Bool(true)},
	}
	params.Stop.OfString = openai.String("HALT")
	params.User = openai.String("u-1")
	params.Seed = openai.Int(7)
	params.Store = openai.Bool(false)
	params.MaxTokens = openai.Int(300)
	if _, err := client.Chat.Completions.New(t.Context(), params, option.WithJSONSet("temperature", json.RawMessage("1.0"))); err != nil {
		t.Fatal(err)
	}
	v.want(t, 0, map[string]string{
		"temperature": `1.0`, "stop_sequences": `["HALT"]`, "metadata": `{"user_id":"u-1"}`, "max_tokens": `300`,
		"tool_choice":   `{"type":"auto","disable_parallel_tool_use":true}`,
		"output_config": `{"format":{"type":"json_schema","schema":` + asJSON(t, answerSchema) + `}}`,
	})
	dropped := strings.Split(sent.last.Header.Get("X-Llmgw-Dropped-Params"), ",")
	if !slices.Contains(dropped, "seed") || !slices.Contains(dropped, "store") {
		t.Errorf("dropped %v, want seed and store among them", dropped)
	}

	// Some JSON object is what Claude can only be asked for, and a client that sets
	// no limit gets one that the model has.
	params = askOpenAI(crossModel, "Give me JSON.")
	params.ResponseFormat.OfJSONObject = &shared.ResponseFormatJSONObjectParam{}
	if _, err := client.Chat.Completions.New(t.Context(), params); err != nil {
		t.Fatal(err)
	}
	if lines := v.transcript(t, 1); len(lines) != 2 || !strings.HasPrefix(lines[0], "system: ") || !strings.Contains(lines[0], "JSON") {
		t.Errorf("the vendor got %q, want it asked for JSON", lines)
	}
	var req messagesRequest
	if err := json.Unmarshal([]byte(v.requests()[1].Body), &req); err != nil || req.MaxTokens < 4096 {
		t.Errorf("max_tokens is %d, %v", req.MaxTokens, err)
	}
}

// TestCrossOpenAIRefusedParameters are what changes the answer and has no place
// in the other dialect: refused by name, or dropped where that is wanted.
func TestCrossOpenAIRefusedParameters(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]any{
		"n": 2, "logprobs": true, "logit_bias": object{"50256": -100}, "temperature": 1.5, "modalities": []string{"text", "audio"}, "best_guess": 1,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			gw, v := startCross(t, anthropicWire{}, inOrder(vendorTurn{Text: "Without."}))
			var sent counter
			client := newOpenAI(gw.URL()+"/v1", option.WithMaxRetries(0), option.WithMiddleware(sent.Do))
			set := option.WithJSONSet(name, value)
			_, err := client.Chat.Completions.New(t.Context(), askOpenAI(crossModel, "hi"), set)
			var e *openai.Error
			if !errors.As(err, &e) || e.StatusCode != http.StatusBadRequest || e.Param != name || !strings.Contains(e.Message, name) {
				t.Errorf("err = %v, want a 400 that names %s", err, name)
			}
			v.wantCalls(t, 0)
			m, err := client.Chat.Completions.New(t.Context(), askOpenAI(lenientModel, "hi"), set)
			if err != nil {
				t.Fatal(err)
			}
			if dropped := sent.last.Header.Get("X-Llmgw-Dropped-Params"); firstChoice(t, m).Message.Content != "Without." || dropped != name {
				t.Errorf("answer %s, dropped %q, want %s", openAIGist(t, m), dropped, name)
			}
		})
	}
}

func TestCrossOpenAIStops(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		turn vendorTurn
		want string
	}{
		{"end", vendorTurn{Text: "Done."}, "stop"},
		{"stop sequence", vendorTurn{Text: "Done", Stop: "stop_sequence"}, "stop"},
		{"length", vendorTurn{Text: "Done", Stop: "max_tokens"}, "length"},
		{"context", vendorTurn{Text: "Done", Stop: "model_context_window_exceeded"}, "length"},
		{"refusal", vendorTurn{Text: "I must not.", Stop: "refusal"}, "content_filter"},
		{"calls that were cut", vendorTurn{Text: "So", Calls: []vendorCall{{"call_1", "get_weather", `{}`}}, Stop: "max_tokens"}, "length"},
		{"a call without arguments", vendorTurn{Calls: []vendorCall{{"call_1", "get_weather", `{}`}}}, "tool_calls"},
		{"nothing", vendorTurn{}, "stop"},
	} {
		for way, call := range openAIWays {
			t.Run(tt.name+" "+way, func(t *testing.T) {
				t.Parallel()
				gw, _ := startCross(t, anthropicWire{}, inOrder(tt.turn))
				client := newOpenAI(gw.URL() + "/v1")
				params := askOpenAI(crossModel, "hi")
				params.Tools = []openai.ChatCompletionToolUnionParam{weatherFunction}
				m := call(t, &client, params)
				c := firstChoice(t, m)
				if c.FinishReason != tt.want || c.Message.Content != tt.turn.Text {
					t.Errorf("answer %q, stop %s, want %s", c.Message.Content, c.FinishReason, tt.want)
				}
				if diff := cmp.Diff(tt.turn.Calls, toolCalls(c)); diff != "" {
					t.Errorf("calls (-want +got):\n%s", diff)
				}
				checkOpenAIUsage(t, m)
			})
		}
	}
}

// openAICrossErrors are what Anthropic says, and how OpenAI's SDK has to see it.
var openAICrossErrors = []struct {
	name   string
	fail   vendorFailure
	status int
	code   string
	word   string
}{
	{"prompt too long", vendorFailure{Status: 400, Message: "prompt is too long: 210000 tokens > 200000 maximum"}, 400, "context_length_exceeded", "210000"},
	{"bad request", vendorFailure{Status: 400, Message: "messages.0: no such thing"}, 400, "", "no such thing"},
	{"unknown model", vendorFailure{Status: 404, Kind: "not_found_error", Message: "model: claude-9"}, 404, "", "claude-9"},
	{"rate limit", vendorFailure{Status: 429, Kind: "rate_limit_error", Message: "Slow down.", RetryAfter: "7"}, 429, "rate_limit_exceeded", "Slow down."},
	{"fault", vendorFailure{Status: 500, Kind: "api_error", Message: "We fell over."}, 500, "", "We fell over."},
	{"overloaded", vendorFailure{Status: 529, Kind: "overloaded_error", Message: "Overloaded"}, 529, "", "Overloaded"},
	{"our credential", vendorFailure{Status: 401, Kind: "authentication_error", Message: "invalid x-api-key sk-ant-x"}, 502, "upstream_auth", "credential"},
}

func TestCrossOpenAIErrors(t *testing.T) {
	t.Parallel()
	for _, tt := range openAICrossErrors {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			gw, v := startCross(t, anthropicWire{}, inOrder(vendorTurn{Failure: &tt.fail}, vendorTurn{Failure: &tt.fail}))
			client := newOpenAI(gw.URL()+"/v1", option.WithMaxRetries(0))
			_, unary := client.Chat.Completions.New(t.Context(), askOpenAI(crossModel, "hi"))
			stream := client.Chat.Completions.NewStreaming(t.Context(), askOpenAI(crossModel, "hi"))
			defer stream.Close()
			if stream.Next() {
				t.Error("a chunk before the error")
			}
			for way, err := range map[string]error{"unary": unary, "streamed": stream.Err()} {
				var e *openai.Error
				if !errors.As(err, &e) {
					t.Fatalf("%s: err = %v, want one of the API", way, err)
				}
				if e.StatusCode != tt.status || tt.code != "" && e.Code != tt.code || !strings.Contains(e.Message, tt.word) {
					t.Errorf("%s: status %d, %s, want %d, %s, %q", way, e.StatusCode, e.RawJSON(), tt.status, tt.code, tt.word)
				}
				if strings.Contains(e.RawJSON(), "sk-ant") || e.Response.Header.Get("Retry-After") != tt.fail.RetryAfter {
					t.Errorf("%s: retry-after %q, %s", way, e.Response.Header.Get("Retry-After"), e.RawJSON())
				}
				checkRequestIDs(t, e.Response.Header, "X-Request-Id")
			}
			v.wantCalls(t, 2)
		})
	}
}

// TestCrossOpenAIStreamThatFails shows what had come, and then an error: never a
// clean end.
func TestCrossOpenAIStreamThatFails(t *testing.T) {
	t.Parallel()
	for name, turn := range map[string]vendorTurn{
		"error": {Text: "Half a", Failure: &vendorFailure{Kind: "overloaded_error", Message: "Overloaded now."}, Late: true},
		"cut":   {Text: "Half a", Cut: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			gw, _ := startCross(t, anthropicWire{}, inOrder(turn))
			client := newOpenAI(gw.URL()+"/v1", option.WithMaxRetries(0))
			stream := client.Chat.Completions.NewStreaming(t.Context(), askOpenAI(crossModel, "hi"))
			defer stream.Close()
			var acc openai.ChatCompletionAccumulator
			for stream.Next() {
				acc.AddChunk(stream.Current())
			}
			if err := stream.Err(); err == nil || turn.Late && !strings.Contains(err.Error(), "Overloaded now.") {
				t.Errorf("err = %v, want what the vendor says", err)
			}
			if c := firstChoice(t, &acc.ChatCompletion); c.Message.Content != "Half a" || c.FinishReason != "" {
				t.Errorf("before the error came %q, stop %q", c.Message.Content, c.FinishReason)
			}
			if lines := gw.Log(); len(lines) != 1 || lines[0].Status != "error" {
				t.Errorf("log = %+v, want one error", lines)
			}
		})
	}
}

// TestCrossOpenAIUsageChunk sends one only to clients that ask.
func TestCrossOpenAIUsageChunk(t *testing.T) {
	t.Parallel()
	for name, asked := range map[string]int{"asked": 1, "not asked": 0} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			gw, v := startCross(t, anthropicWire{}, inOrder(vendorTurn{Text: "Done."}))
			client := newOpenAI(gw.URL() + "/v1")
			params := askOpenAI(crossModel, "hi")
			if asked > 0 {
				params.StreamOptions.IncludeUsage = openai.Bool(true)
			}
			stream := client.Chat.Completions.NewStreaming(t.Context(), params)
			defer stream.Close()
			withUsage := 0
			for stream.Next() {
				if stream.Current().Usage.TotalTokens > 0 {
					withUsage++
				}
			}
			if err := stream.Err(); err != nil || withUsage != asked {
				t.Errorf("%d chunks with usage, %v, want %d", withUsage, err, asked)
			}
			v.wantLog(t, gw)
		})
	}
}

// TestCrossOpenAILegacyCompletions completes a text with models that only take
// conversations.
func TestCrossOpenAILegacyCompletions(t *testing.T) {
	t.Parallel()
	for name, wire := range map[string]wire{"on Claude": anthropicWire{}, "on a chat model": openAIWire{}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			turn := vendorTurn{Text: "there was a gateway."}
			cut := map[string]string{"on Claude": "max_tokens", "on a chat model": "length"}[name]
			gw, v := startCross(t, wire, inOrder(turn, turn, vendorTurn{Text: "there", Stop: cut}))
			client := newOpenAI(gw.URL()+"/v1", option.WithMaxRetries(0))
			params := openai.CompletionNewParams{
				Model:  crossModel,
				Prompt: openai.CompletionNewParamsPromptUnion{OfString: openai.String("Once upon a time")},
			}
			unary, err := client.Completions.New(t.Context(), params)
			if err != nil {
				t.Fatal(err)
			}
			if len(unary.Choices) != 1 || unary.Choices[0].Text != turn.Text || unary.Choices[0].FinishReason != "stop" || unary.Object != "text_completion" {
				t.Errorf("completion %s", unary.RawJSON())
			}
			if text, stop := streamCompletion(t, &client, params); text != turn.Text || stop != "stop" {
				t.Errorf("streamed %q, stop %s", text, stop)
			}
			params.MaxTokens = openai.Int(3)
			if text, stop := streamCompletion(t, &client, params); text != "there" || stop != "length" {
				t.Errorf("streamed %q, stop %s", text, stop)
			}
			v.wantTranscript(t, 0, "user: Once upon a time")

			params.Echo = openai.Bool(true)
			var e *openai.Error
			if _, err := client.Completions.New(t.Context(), params); !errors.As(err, &e) || e.StatusCode != http.StatusBadRequest || e.Param != "echo" {
				t.Errorf("echo: %v, want a 400 that names it", err)
			}
			v.wantCalls(t, 3)
		})
	}
}

// streamCompletion is the text of a streamed completion, and why it ended.
func streamCompletion(t *testing.T, c *openai.Client, p openai.CompletionNewParams) (text, stop string) {
	t.Helper()
	stream := c.Completions.NewStreaming(t.Context(), p)
	defer stream.Close()
	for stream.Next() {
		for _, choice := range stream.Current().Choices {
			text += choice.Text
			stop += string(choice.FinishReason)
		}
	}
	if err := stream.Err(); err != nil {
		t.Error(err)
	}
	return text, stop
}
