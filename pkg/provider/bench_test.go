package provider_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/llmgw/llmgw/pkg/dialect"
	"github.com/llmgw/llmgw/pkg/dialect/openai"
	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/provider"
)

// BenchmarkExchange makes attempts at a vendor on loopback. The allocations are
// those of both ends: the server's own share is that of BenchmarkBareTransport,
// which sends the same over the transport alone.
func BenchmarkExchange(b *testing.B) {
	for _, c := range benchCases() {
		b.Run(c.name, func(b *testing.B) {
			v := newVendor(b, c.handler)
			req := &llm.Request{Op: llm.OpChat, Dialect: llm.OpenAI, Body: llm.BytesBody(c.body), Stream: c.stream}
			var backend dialect.Backend = openai.Backend{}
			b.ReportAllocs()
			for b.Loop() {
				payload, err := v.exchange.Payload(b.Context(), req, backend)
				if err != nil {
					b.Fatal(err)
				}
				ans, err := v.exchange.Do(b.Context(), &provider.Call{
					URL: v.address, Header: http.Header{"Content-Type": {"application/json"}}, Payload: payload,
					Backend: backend, Op: req.Op, Stream: req.Stream,
				})
				if err != nil {
					b.Fatal(err)
				}
				if ans.Stream != nil {
					readAll(b, ans.Stream)
				}
			}
			if n := v.conns.Load(); n != 1 {
				b.Errorf("took %d connections, want 1", n)
			}
		})
	}
}

// BenchmarkBareTransport is what BenchmarkExchange is to be compared with.
func BenchmarkBareTransport(b *testing.B) {
	for _, c := range benchCases() {
		b.Run(c.name, func(b *testing.B) {
			v := newVendor(b, c.handler)
			rt, err := provider.NewTransport(provider.TransportOptions{})
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(rt.CloseIdleConnections)
			b.ReportAllocs()
			for b.Loop() {
				req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, v.address.String(), strings.NewReader(c.body))
				if err != nil {
					b.Fatal(err)
				}
				resp, err := rt.RoundTrip(req)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := io.Copy(io.Discard, resp.Body); err != nil {
					b.Fatal(err)
				}
				_ = resp.Body.Close()
			}
		})
	}
}

type benchCase struct {
	name, body string
	stream     bool
	handler    http.HandlerFunc
}

func benchCases() []benchCase {
	answer := `{"id":"c","object":"chat.completion","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"` +
		strings.Repeat("word ", 150) + `"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":150,"total_tokens":159}}`
	whole := func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		reply("application/json", answer)(w, r)
	}
	return []benchCase{
		{"unary 1 KB", request(1 << 10), false, whole},
		{"unary 60 KB", request(60 << 10), false, whole},
		{"stream of 53 events", request(1 << 10), true, streamed},
	}
}

func request(size int) string {
	return `{"model":"m","messages":[{"role":"user","content":"` + strings.Repeat("x", size) + `"}]}`
}

// streamed writes 53 events, each by itself.
func streamed(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	w.Header().Set("Content-Type", "text/event-stream")
	flush := http.NewResponseController(w)
	for i := range 52 {
		finish := "null"
		if i == 51 {
			finish = `"stop"`
		}
		fmt.Fprintf(w, `data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":" word"},"finish_reason":%s}]}`+"\n\n", finish)
		_ = flush.Flush()
	}
	_, _ = io.WriteString(w, "data: [DONE]\n\n")
}

func readAll(b *testing.B, s llm.Stream) {
	b.Helper()
	for {
		ev, err := s.Next()
		if err == io.EOF {
			break
		}
		if err != nil || len(ev.Raw) == 0 && ev.Kind != llm.End {
			b.Fatal(ev, err)
		}
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
}
