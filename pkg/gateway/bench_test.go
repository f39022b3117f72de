package gateway_test

import (
	"context"
	"io"
	"strings"
	"testing"

	"github.com/llmgw/llmgw/pkg/dialect"
	"github.com/llmgw/llmgw/pkg/dialect/anthropic"
	"github.com/llmgw/llmgw/pkg/dialect/openai"
	"github.com/llmgw/llmgw/pkg/gateway"
	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/ratelimit"
)

// benchmark is one call that is made again and again.
type benchmark struct {
	gateway *gateway.Gateway
	header  llm.Header
	body    llm.BytesBody
	// frontend is nil for Anthropic's.
	frontend dialect.Frontend
}

// call makes one call through the whole pipeline.
func (bm *benchmark) call(b *testing.B) {
	c := bm.gateway.NewCall()
	c.ID, c.Endpoint, c.Credential = "req_bench", "/v1/messages", "sk-test"
	c.Header, c.Body = bm.header, bm.body
	c.Frontend, c.Op = anthropic.Frontend{}, llm.OpChat
	if bm.frontend != nil {
		c.Frontend = bm.frontend
	}
	a := bm.gateway.Handle(b.Context(), c)
	if a.Status != 200 {
		b.Fatalf("answer = %d %s", a.Status, a.Body)
	}
	for a.Stream != nil {
		if _, err := a.Stream.Next(); err == io.EOF {
			_ = a.Stream.Close()
			break
		} else if err != nil {
			b.Fatal(err)
		}
	}
	c.Release(nil)
}

// trivial is a provider that costs nothing by itself.
type trivial struct{ do reply }

func (t trivial) Do(ctx context.Context, req *llm.Request) (*llm.Answer, error) {
	return t.do(ctx, req)
}

func (t trivial) Dialects(llm.Op) []llm.Dialect { return anthropicOnly }

var anthropicOnly = []llm.Dialect{llm.Anthropic}

// BenchmarkPipeline is what the gateway itself takes for a call: journal writes
// included, network and provider not.
func BenchmarkPipeline(b *testing.B) {
	frames := make([]frame, 0, 101)
	for range 100 {
		frames = append(frames, text(`{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"word "}}`))
	}
	streamed := streams(append(frames, ended(used(300, 100)))...)
	for _, size := range []struct {
		name  string
		bytes int
	}{{"1KB", 1 << 10}, {"60KB", 60 << 10}} {
		for _, kind := range []struct {
			name   string
			reply  reply
			stream bool
			hard   bool
		}{
			{"whole", answers(used(300, 100)), false, false},
			{"whole-hard-budget", answers(used(300, 100)), false, true},
			{"stream-of-100", streamed, true, false},
		} {
			b.Run(size.name+"/"+kind.name, func(b *testing.B) {
				s := serving(trivial{kind.reply})
				s.limits = ratelimit.Limits{RPM: 1 << 40, TPM: 1 << 50, Parallel: 1 << 20}
				s.budgets = append(s.budgets, dollars("b", "1000000000", kind.hard))
				members := `"max_tokens":100,`
				if kind.stream {
					members += `"stream":true,`
				}
				text := body(members)
				text = strings.Replace(text, "hi", strings.Repeat("word ", (size.bytes-len(text))/5), 1)
				bm := &benchmark{newLab(b, s).gateway, llm.Header{"User-Agent": {"bench"}}, llm.BytesBody(text), nil}
				b.ReportAllocs()
				for b.Loop() {
					bm.call(b)
				}
			})
		}
	}
}

// BenchmarkStreamLanes compares a stream of 100 events on its two lanes: read from
// a vendor's bytes, metered or translated, and handed out as a client reads it.
func BenchmarkStreamLanes(b *testing.B) {
	var vendor strings.Builder
	for range 100 {
		vendor.WriteString(`data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"gpt",` +
			`"choices":[{"index":0,"delta":{"content":"word "},"logprobs":null,"finish_reason":null}]}` + "\n\n")
	}
	vendor.WriteString(gptStream[strings.Index(gptStream, `data: {"id":"chatcmpl-1","model":"gpt","choices":[{"index":0,"delta":{"content":"lo"}`):])
	text := body(`"max_tokens":100,"stream":true,`)
	for _, lane := range []struct {
		name     string
		frontend dialect.Frontend
		reply    reply
	}{
		{"native", openai.Frontend{}, passes(vendor.String())},
		{"translated", anthropic.Frontend{}, tells(vendor.String())},
	} {
		b.Run(lane.name, func(b *testing.B) {
			s := serving(speaks(llm.OpenAI, lane.reply))
			bm := &benchmark{newLab(b, s).gateway, llm.Header{"User-Agent": {"bench"}}, llm.BytesBody(text), lane.frontend}
			b.ReportAllocs()
			for b.Loop() {
				bm.call(b)
			}
		})
	}
}

// passes replies with a vendor's stream on the native lane. Each read gives one
// event, as a vendor sends them.
func passes(body string) reply {
	return func(_ context.Context, req *llm.Request) (*llm.Answer, error) {
		return &llm.Answer{
			Status: 200, Dialect: req.Dialect,
			Stream: backend(req.Dialect).NewStreamReader(io.NopCloser(&eventwise{body}), dialect.StreamOptions{Op: req.Op}),
		}, nil
	}
}

// eventwise reads a stream event by event.
type eventwise struct{ rest string }

func (e *eventwise) Read(p []byte) (int, error) {
	if e.rest == "" {
		return 0, io.EOF
	}
	n := copy(p, e.rest[:strings.Index(e.rest, "\n\n")+2])
	e.rest = e.rest[n:]
	return n, nil
}
