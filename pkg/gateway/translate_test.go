package gateway_test

import (
	"context"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/llmgw/llmgw/pkg/budget"
	"github.com/llmgw/llmgw/pkg/dialect"
	"github.com/llmgw/llmgw/pkg/gateway"
	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/llm/catalog"
	"github.com/llmgw/llmgw/pkg/requestlog"
	"github.com/llmgw/llmgw/pkg/router"
)

// Answers of vendors, as they stand on the wire.
const (
	claudeWhole = `{"id":"msg_1","type":"message","role":"assistant","model":"claude","content":[{"type":"text","text":"hello"}],` +
		`"stop_reason":"end_turn","usage":{"input_tokens":1000,"output_tokens":10}}`
	gptWhole = `{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"gpt","choices":[{"index":0,"message":` +
		`{"role":"assistant","content":"hello"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1000,"completion_tokens":10,"total_tokens":1010}}`
	gptStream = `data: {"id":"chatcmpl-1","model":"gpt","choices":[{"index":0,"delta":{"role":"assistant","content":"hel"},"finish_reason":null}]}` + "\n\n" +
		`data: {"id":"chatcmpl-1","model":"gpt","choices":[{"index":0,"delta":{"content":"lo"},"finish_reason":"stop"}]}` + "\n\n" +
		`data: {"id":"chatcmpl-1","model":"gpt","choices":[],"usage":{"prompt_tokens":1000,"completion_tokens":10,"total_tokens":1010}}` + "\n\n" +
		"data: [DONE]\n\n"
)

// speaks makes a provider that knows one dialect only.
func speaks(d llm.Dialect, script ...reply) *fake {
	f := plays(script...)
	f.dialects = []llm.Dialect{d}
	return f
}

// says replies with a vendor's whole answer, read as the lane has it.
func says(body string) reply {
	return func(_ context.Context, req *llm.Request) (*llm.Answer, error) {
		b := backend(req.Dialect)
		a := &llm.Answer{Status: 200, Header: llm.Header{"Content-Type": {"application/json"}}, Dialect: req.Dialect}
		if req.Translate == nil {
			a.Body, a.Meta = []byte(body), b.ReadMeta(req.Op, []byte(body))
			return a, nil
		}
		r, err := b.DecodeResponse(req.Op, []byte(body))
		if err != nil {
			return nil, err
		}
		a.Response, a.Meta = r, r.Meta
		return a, nil
	}
}

// tells replies with a vendor's stream, read for translation.
func tells(body string) reply {
	return func(_ context.Context, req *llm.Request) (*llm.Answer, error) {
		r := io.NopCloser(&eventwise{body})
		return &llm.Answer{
			Status: 200, Dialect: req.Dialect,
			Stream: backend(req.Dialect).NewEventReader(r, dialect.StreamOptions{Op: req.Op}),
		}, nil
	}
}

const chat = `{"model":"m","max_tokens":100,"messages":[{"role":"user","content":"hi"}]}`

func TestACallIsTranslated(t *testing.T) {
	t.Parallel()
	claude := speaks(llm.Anthropic, says(claudeWhole))
	l := newLab(t, serving(claude))
	r := l.send(t.Context(), chat, openAI(llm.OpChat))
	r.want(t, 200, `"object":"chat.completion"`)
	r.want(t, 200, `"content":"hello"`)
	r.want(t, 200, `"prompt_tokens":1000`)
	if r.header.Get("Content-Type") != "application/json" {
		t.Errorf("content type %q", r.header.Get("Content-Type"))
	}
	sent := claude.attempts()[0].body
	for _, part := range []string{`"model":"up-d1"`, `"max_tokens":100`, `"role":"user"`} {
		if !strings.Contains(sent, part) {
			t.Errorf("the provider got %s, want %s in it", sent, part)
		}
	}
	if want := llm.NanoUSD(1_050_000); r.record.Cost != want || r.record.Dialect != llm.OpenAI || r.record.StopReason != "end_turn" {
		t.Errorf("record = %+v, want cost %v", r.record, want)
	}
}

func TestAStreamIsTranslated(t *testing.T) {
	t.Parallel()
	l := newLab(t, serving(speaks(llm.OpenAI, tells(gptStream))))
	r := l.send(t.Context(), body(`"stream":true,"max_tokens":100,`))
	for _, part := range []string{"event: message_start\n", `"text":"hel`, "event: message_delta\n", `"output_tokens":10`, "event: message_stop\n"} {
		r.want(t, 200, part)
	}
	if r.err != nil || r.kinds[len(r.kinds)-1] != llm.End {
		t.Errorf("events %v, %v, want an End", r.kinds, r.err)
	}
	if r.record.Cost != 1_050_000 || r.record.Usage.Output != 10 || r.record.Status != requestlog.StatusSuccess {
		t.Errorf("record = %+v", r.record)
	}
}

func TestAWholeAnswerBecomesTheStreamThatWasAskedFor(t *testing.T) {
	t.Parallel()
	l := newLab(t, serving(speaks(llm.OpenAI, says(gptWhole))))
	r := l.send(t.Context(), body(`"stream":true,"max_tokens":100,`))
	r.want(t, 200, `"text":"hello"`)
	r.want(t, 200, "event: message_stop\n")
	if r.record.Cost != 1_050_000 {
		t.Errorf("cost = %v", r.record.Cost)
	}
}

// TestACompletionOnAChatModel: the model of the group takes conversations only,
// because its provider does, or because it is known of the model.
func TestACompletionOnAChatModel(t *testing.T) {
	t.Parallel()
	known := deployed("d1", speaks(llm.OpenAI, says(gptWhole)))
	known.Facts.Mode = catalog.ModeChat
	for name, d := range map[string]*router.Deployment{
		"claude":        deployed("d1", &chatOnly{speaks(llm.Anthropic, says(claudeWhole))}),
		"by its facts":  known,
		"chat only gpt": deployed("d1", &chatOnly{speaks(llm.OpenAI, says(gptWhole))}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t, setup{groups: []*router.Group{grouped("m", d)}})
			r := l.send(t.Context(), `{"model":"m","prompt":"hi","max_tokens":5}`, openAI(llm.OpCompletion))
			r.want(t, 200, `"object":"text_completion"`)
			r.want(t, 200, `"text":"hello"`)
		})
	}
}

// chatOnly takes conversations and nothing else.
type chatOnly struct{ *fake }

func (c *chatOnly) Dialects(op llm.Op) []llm.Dialect {
	if op != llm.OpChat {
		return nil
	}
	return c.fake.Dialects(op)
}

func TestWhatAModelHasNoPlaceFor(t *testing.T) {
	t.Parallel()
	twice := `{"model":"m","n":2,"seed":7,"messages":[{"role":"user","content":"hi"}]}`
	lenient := deployed("lenient", speaks(llm.Anthropic, says(claudeWhole)))
	lenient.DropParams = true
	for _, tt := range []struct {
		name        string
		deployments []*router.Deployment
		status      int
		part        string
		dropped     string
		answered    string
	}{
		{"is refused by name", []*router.Deployment{deployed("d", speaks(llm.Anthropic, says(claudeWhole)))}, 400, `"param":"n"`, "", ""},
		{"is dropped if so configured", []*router.Deployment{lenient}, 200, "hello", "n,seed", "lenient"},
		{
			"goes to a model that has one",
			[]*router.Deployment{deployed("d", speaks(llm.Anthropic, says(claudeWhole))), deployed("gpt", speaks(llm.OpenAI, says(gptWhole)))},
			200, "hello", "", "gpt",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t, setup{groups: []*router.Group{grouped("m", tt.deployments...)}})
			r := l.send(t.Context(), twice, openAI(llm.OpChat))
			r.want(t, tt.status, tt.part)
			dropped := strings.Join(r.facts.Dropped, ",")
			if dropped != tt.dropped || r.facts.Deployment != tt.answered {
				t.Errorf("dropped %q by %q, want %q by %q", dropped, r.facts.Deployment, tt.dropped, tt.answered)
			}
		})
	}
}

func TestTokensAreCountedHereWhereTheProviderDoesNot(t *testing.T) {
	t.Parallel()
	gpt := &chatOnly{speaks(llm.OpenAI, says(gptWhole))}
	l := newLab(t, serving(gpt))
	r := l.send(t.Context(), message, counting)
	r.want(t, 200, `{"input_tokens":`)
	if r.header.Get("X-Llmgw-Estimated") != "true" || len(gpt.attempts()) != 0 || r.record.Cost != 0 {
		t.Errorf("header %v, %d attempts, cost %v, want an estimate for nothing", r.header, len(gpt.attempts()), r.record.Cost)
	}
}

func TestErrorsAreTranslated(t *testing.T) {
	t.Parallel()
	tooLong := `{"error":{"message":"This model's maximum context length is 100000 tokens. However, your messages resulted in 120000 tokens.",` +
		`"type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}`
	for _, tt := range []struct {
		name   string
		status int
		body   string
		want   int
		part   string
	}{
		{"the provider's words", 422, `{"error":{"message":"no such voice","type":"invalid_request_error"}}`, 422, "no such voice"},
		{"a prompt that is too long", 400, tooLong, 400, "prompt is too long: 120000 tokens > 100000 maximum"},
		{
			"without its numbers", 400, `{"error":{"message":"too long","code":"context_length_exceeded"}}`, 400,
			"prompt is too long: 100001 tokens > 100000 maximum",
		},
		{"the gateway's own credential", 401, `{"error":{"message":"Incorrect API key provided: sk-secret"}}`, 502, "the provider did not accept the gateway's credential"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t, serving(speaks(llm.OpenAI, func(_ context.Context, req *llm.Request) (*llm.Answer, error) {
				e := backend(req.Dialect).DecodeError(tt.status, nil, []byte(tt.body))
				e.Upstream = &llm.Answer{Status: tt.status, Dialect: req.Dialect, Body: []byte(tt.body)}
				return nil, e
			})))
			r := l.send(t.Context(), message)
			r.want(t, tt.want, tt.part)
			r.want(t, tt.want, `{"type":"error"`)
			if strings.Contains(r.body, "sk-secret") {
				t.Errorf("answer %s tells of the credential", r.body)
			}
		})
	}
}

func TestAFailureInsideATranslatedStream(t *testing.T) {
	t.Parallel()
	failing := gptStream[:strings.Index(gptStream, "data: {\"id\":\"chatcmpl-1\",\"model\":\"gpt\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"lo\"")] +
		`data: {"error":{"message":"the model fell over","type":"server_error"}}` + "\n\n"
	l := newLab(t, serving(speaks(llm.OpenAI, tells(failing))))
	r := l.send(t.Context(), body(`"stream":true,"max_tokens":100,`))
	r.want(t, 200, "event: error\n")
	r.want(t, 200, "the model fell over")
	if strings.Contains(r.body, "message_stop") || r.record.Status != requestlog.StatusError {
		t.Errorf("answer %s, record %+v, want an error and no end", r.body, r.record)
	}
}

// TestAFallbackToAnotherDialect: the first provider fails before its first byte.
func TestAFallbackToAnotherDialect(t *testing.T) {
	t.Parallel()
	first := deployed("claude", speaks(llm.Anthropic, refuses(529, 0)))
	second := deployed("gpt", speaks(llm.OpenAI, tells(gptStream)))
	l := newLab(t, setup{groups: []*router.Group{grouped("m", first, second)}})
	r := l.send(t.Context(), body(`"stream":true,"max_tokens":100,`))
	r.want(t, 200, "event: message_stop\n")
	if r.facts.Deployment != "gpt" || r.facts.Attempts != 2 {
		t.Errorf("facts = %+v, want gpt at the second attempt", r.facts)
	}
}

func TestATranslatedCallIsCapped(t *testing.T) {
	t.Parallel()
	claude := speaks(llm.Anthropic, says(claudeWhole))
	s := serving(claude)
	s.budgets = []*budget.Budget{dollars("demo", "0.02", true)}
	s.money = gateway.BudgetPolicy{Overhead: 100}
	l := newLab(t, s)
	r := l.send(t.Context(), strings.Replace(chat, "100", "64000", 1), openAI(llm.OpChat))
	r.want(t, 200, "hello")
	if r.facts.Capped == 0 || !strings.Contains(claude.attempts()[0].body, `"max_tokens":`+strconv.FormatInt(r.facts.Capped, 10)) {
		t.Errorf("capped to %d, the provider got %s", r.facts.Capped, claude.attempts()[0].body)
	}
}
