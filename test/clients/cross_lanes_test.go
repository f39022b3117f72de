package clients

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/anthropics/anthropic-sdk-go"
	anthropicoption "github.com/anthropics/anthropic-sdk-go/option"
	"github.com/openai/openai-go/v3"
	openaioption "github.com/openai/openai-go/v3/option"

	"github.com/llmgw/llmgw/test/gatewaytest"
)

// patience bounds what a stream has to do within moments.
const patience = 20 * time.Second

// textStream gives the texts of a stream one by one; false is its end.
type textStream func() (string, bool)

// crossStreams ask for a stream with either SDK, of a model behind the other
// dialect.
var crossStreams = map[string]struct {
	wire wire
	open func(ctx context.Context, t *testing.T, gw *gatewaytest.Gateway) textStream
}{
	"Anthropic": {openAIWire{}, func(ctx context.Context, t *testing.T, gw *gatewaytest.Gateway) textStream {
		client := newAnthropic(gw.URL(), anthropicoption.WithMaxRetries(0))
		stream := client.Messages.NewStreaming(ctx, askAnthropic(crossModel, "hi"))
		t.Cleanup(func() { stream.Close() })
		return func() (string, bool) {
			if !stream.Next() {
				return "", false
			}
			return stream.Current().Delta.Text, true
		}
	}},
	"OpenAI": {anthropicWire{}, func(ctx context.Context, t *testing.T, gw *gatewaytest.Gateway) textStream {
		client := newOpenAI(gw.URL()+"/v1", openaioption.WithMaxRetries(0))
		stream := client.Chat.Completions.NewStreaming(ctx, askOpenAI(crossModel, "hi"))
		t.Cleanup(func() { stream.Close() })
		return func() (string, bool) {
			if !stream.Next() || len(stream.Current().Choices) == 0 {
				return "", false
			}
			return stream.Current().Choices[0].Delta.Content, true
		}
	}},
}

// until reads a stream until it has said text.
func (next textStream) until(t *testing.T, text string) {
	t.Helper()
	var said strings.Builder
	for said.String() != text {
		piece, ok := next()
		if !ok {
			t.Fatalf("the stream said %q, want %q", said.String(), text)
		}
		said.WriteString(piece)
	}
}

// TestCrossStreamsArriveAsTheyCome reads the beginning of an answer while the
// vendor has not written its end.
func TestCrossStreamsArriveAsTheyCome(t *testing.T) {
	t.Parallel()
	for name, side := range crossStreams {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			seen := make(chan struct{})
			gw, v := startCross(t, side.wire, inOrder(vendorTurn{Text: "The beginning.", Hold: func(ctx context.Context) {
				select {
				case <-seen:
				case <-ctx.Done():
				}
			}}))
			next := side.open(ctx, t, gw)
			next.until(t, "The beginning.")
			close(seen)
			for _, ok := next(); ok; _, ok = next() {
			}
			v.wantLog(t, gw)
		})
	}
}

// TestCrossStreamOfAClientThatLeaves ends at the vendor too, which would go on
// charging for it.
func TestCrossStreamOfAClientThatLeaves(t *testing.T) {
	t.Parallel()
	for name, side := range crossStreams {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			left := make(chan struct{})
			gw, _ := startCross(t, side.wire, inOrder(vendorTurn{Text: "The beginning.", Hold: func(ctx context.Context) {
				<-ctx.Done()
				close(left)
			}}))
			next := side.open(ctx, t, gw)
			next.until(t, "The beginning.")
			cancel()
			select {
			case <-left:
			case <-time.After(patience):
				t.Fatal("the vendor's call goes on")
			}
			if lines := gw.Log(); len(lines) != 1 || lines[0].Status != "error" || lines[0].OutputTokens < 1 || !lines[0].UsageEstimated {
				t.Errorf("log = %+v, want one call that was cut, with what had come", lines)
			}
		})
	}
}

// TestCrossFallback answers with a model of the other dialect where the first one
// is overloaded, and goes on with a conversation that both have answered.
func TestCrossFallback(t *testing.T) {
	t.Parallel()
	overloaded := vendorTurn{Failure: &vendorFailure{Status: 529, Kind: "overloaded_error", Message: "Overloaded"}}
	for way, call := range anthropicWays {
		t.Run("Anthropic "+way, func(t *testing.T) {
			t.Parallel()
			claude := startCrossVendor(t, anthropicWire{}, inOrder(vendorTurn{Thinking: "Hm.", Text: "One."}, overloaded))
			gpt := startCrossVendor(t, openAIWire{}, inOrder(vendorTurn{Text: "Two."}))
			gw := startFallback(t, claude.model("first", "anthropic/"+vendorModel), gpt.model("second", "openai/gpt-4o-mini"))
			var sent counter
			client := newAnthropic(gw.URL(), anthropicoption.WithMaxRetries(0), anthropicoption.WithMiddleware(sent.Do))
			params := askAnthropic("first", "Count.")
			m := call(t, &client, params)
			params.Messages = append(params.Messages, m.ToParam(), anthropic.NewUserMessage(anthropic.NewTextBlock("Go on.")))
			if m = call(t, &client, params); anthropicText(m) != "Two." {
				t.Errorf("answer %q", anthropicText(m))
			}
			if n := sent.last.Header.Get("X-Llmgw-Attempts"); n != "2" {
				t.Errorf("%s attempts, want 2", n)
			}
			gpt.wantTranscript(t, 0, "user: Count.", "assistant: One.", "user: Go on.")
		})
	}
	for way, call := range openAIWays {
		t.Run("OpenAI "+way, func(t *testing.T) {
			t.Parallel()
			gpt := startCrossVendor(t, openAIWire{}, inOrder(vendorTurn{Text: "One."}, overloaded))
			claude := startCrossVendor(t, anthropicWire{}, inOrder(vendorTurn{Text: "Two."}))
			gw := startFallback(t, gpt.model("first", "openai/gpt-4o-mini"), claude.model("second", "anthropic/"+vendorModel))
			client := newOpenAI(gw.URL()+"/v1", openaioption.WithMaxRetries(0))
			params := askOpenAI("first", "Count.")
			c := firstChoice(t, call(t, &client, params))
			params.Messages = append(params.Messages, c.Message.ToParam(), openai.UserMessage("Go on."))
			if c = firstChoice(t, call(t, &client, params)); c.Message.Content != "Two." {
				t.Errorf("answer %q", c.Message.Content)
			}
			claude.wantTranscript(t, 0, "user: Count.", "assistant: One.", "user: Go on.")
		})
	}
}

// TestCrossThoughtsOfAnotherVendor goes on with Claude after another vendor's
// model has stood in for it, thinking. Claude takes no thoughts but its own, and
// does not think by a budget where one is missing before its calls.
func TestCrossThoughtsOfAnotherVendor(t *testing.T) {
	t.Parallel()
	overloaded := vendorTurn{Failure: &vendorFailure{Status: 529, Kind: "overloaded_error", Message: "Overloaded"}}
	for way, call := range anthropicWays {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			claude := startCrossVendor(t, anthropicWire{}, inOrder(overloaded, vendorTurn{Thinking: "So.", Text: "Two."}, vendorTurn{Text: "Three."}))
			gpt := startCrossVendor(t, openAIWire{}, inOrder(vendorTurn{Thinking: "Hm.", Text: "One.", Calls: twoCalls.Calls[:1]}))
			gw := startFallback(t, claude.model("first", "anthropic/"+vendorModel), gpt.model("second", "openai/gpt-5-mini"))
			client := newAnthropic(gw.URL(), anthropicoption.WithMaxRetries(0))
			params := askAnthropic("first", "Count.")
			params.Thinking = anthropic.ThinkingConfigParamOfEnabled(1024)
			params.Tools = []anthropic.ToolUnionParam{weatherTool}
			m := call(t, &client, params)
			params.Messages = append(params.Messages, m.ToParam(), anthropic.NewUserMessage(anthropic.NewToolResultBlock("call_1", "snow", false)))
			m = call(t, &client, params)
			params.Messages = append(params.Messages, m.ToParam(), anthropic.NewUserMessage(anthropic.NewTextBlock("Go on.")))
			if m = call(t, &client, params); anthropicText(m) != "Three." {
				t.Errorf("answer %q", anthropicText(m))
			}
			const before = `assistant: One. | call call_1 get_weather {"city":"Bern","days":1.0}`
			claude.wantTranscript(t, 1, "user: Count.", before, "user: result call_1 snow")
			claude.want(t, 1, map[string]string{"thinking": `{"type":"disabled"}`})
			claude.wantTranscript(t, 2, "user: Count.", before, "user: result call_1 snow", "assistant: thinking So. | Two.", "user: Go on.")
			claude.want(t, 2, map[string]string{"thinking": `{"type":"enabled","budget_tokens":1024}`})
		})
	}
}

// startFallback starts a gateway in which one model stands in for another.
func startFallback(t *testing.T, first, second crossEntry) *gatewaytest.Gateway {
	t.Helper()
	return startModels(t, []object{{first.name: []string{second.name}}}, first, second)
}
