package server_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/provider/echo"
)

func streamed(model string) string {
	return `{"model":"` + model + `","stream":true,"max_tokens":1000,"messages":[{"role":"user","content":"Hi"}]}`
}

// A silent stream is kept alive by frames that mean nothing, in the client's
// dialect.
func TestKeepAlives(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ path, ping, clean string }{
		{"/v1/messages", "event: ping\ndata: {\"type\": \"ping\"}\n\n", "message_stop"},
		{"/v1/chat/completions", ":", "[DONE]"},
	} {
		t.Run(tt.path, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, func(o *options) { o.limits.Silence = 20 * time.Millisecond })
			quick, slow := s.post(tt.path, streamed("echo/hello")), s.post(tt.path, streamed("echo/hello,pace-200ms"))
			slow.want(t, 200, tt.clean)
			pings := strings.Count(slow.body, tt.ping) - strings.Count(quick.body, tt.ping)
			if pings < 3 {
				t.Errorf("%d keep-alives in %s", pings, slow.body)
			}
			if tt.path == "/v1/messages" && strings.ReplaceAll(slow.body, tt.ping, "") == slow.body {
				t.Error("no ping was found")
			}
		})
	}
}

// Before the provider's first byte there is nothing to keep alive: a ping would
// be a first byte, after which no other attempt can be made.
func TestNoKeepAliveBeforeTheFirstByte(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *options) { o.limits.Silence = 10 * time.Millisecond })
	a := s.post("/v1/messages", streamed("echo/delay-200ms,error-500"))
	if a.status != 500 || strings.Contains(a.body, "ping") {
		t.Errorf("answer = %d %s", a.status, a.body)
	}
}

// flood is a stream of large frames without end.
type flood struct{}

func (flood) Dialects(llm.Op) []llm.Dialect { return []llm.Dialect{llm.Anthropic} }

func (flood) Do(ctx context.Context, req *llm.Request) (*llm.Answer, error) {
	raw := []byte("data: " + strings.Repeat("x", 64<<10) + "\n\n")
	return &llm.Answer{Status: 200, Header: llm.Header{}, Dialect: req.Dialect, Stream: endless{ctx, raw}}, nil
}

type endless struct {
	ctx context.Context
	raw []byte
}

func (e endless) Next() (llm.Event, error) {
	return llm.Event{Kind: llm.Frames, Raw: e.raw}, e.ctx.Err()
}

func (endless) Close() error { return nil }

// A client that does not read is cut off: it must not hold a provider's stream.
func TestAClientThatDoesNotReadIsCutOff(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *options) {
		o.provider = flood{}
		o.limits.WriteTime = 200 * time.Millisecond
	})
	conn := s.dialed()
	text := streamed("echo/hello")
	fmt.Fprintf(conn, "POST /v1/messages HTTP/1.1\r\nHost: x\r\nX-Api-Key: %s\r\nContent-Length: %d\r\n\r\n%s", key, len(text), text)
	s.await("the call ends", func() bool { return s.seen.count() == 1 && s.gateway.Open() == 0 })
	if r := s.seen.last(); r.ErrorType != "canceled" || r.HTTPStatus != 499 {
		t.Errorf("record = %s %d", r.ErrorType, r.HTTPStatus)
	}
}

// await waits for a condition.
func (s *site) await(what string, ok func() bool) {
	s.t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	late := time.After(10 * time.Second)
	for !ok() {
		select {
		case <-tick.C:
		case <-late:
			s.t.Fatalf("%s: not within 10 s", what)
		}
	}
}

// A client that reads slowly but steadily is served to the end, however long it
// takes in all.
func TestASteadyReaderIsServed(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *options) { o.limits.WriteTime = 150 * time.Millisecond })
	s.post("/v1/messages", streamed("echo/hello,pace-60ms")).want(t, 200, "message_stop")
}

// Each event is flushed: the first is there while the provider still thinks.
func TestEventsAreFlushed(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	resp, err := s.client.Do(s.request(http.MethodPost, "/v1/messages", streamed("echo/hello,pace-300ms")))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	start := time.Now()
	line, err := bufio.NewReader(resp.Body).ReadString('\n')
	if err != nil || line != "event: message_start\n" || time.Since(start) > time.Second {
		t.Errorf("first line = %q, %v, after %v", line, err, time.Since(start))
	}
}

// A client that hangs up ends its call.
func TestAHangUpEndsTheCall(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	resp, err := s.client.Do(s.request(http.MethodPost, "/v1/messages", streamed("echo/hello,pace-10s")))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	s.await("the call ends", func() bool { return s.gateway.Open() == 0 })
	if r := s.seen.last(); r.ErrorType != "canceled" || r.HTTPStatus != 499 {
		t.Errorf("record = %s %d", r.ErrorType, r.HTTPStatus)
	}
}

// wild panics where it is asked to say hello.
type wild struct {
	llm.Provider
	midway bool
}

func (w wild) Do(ctx context.Context, req *llm.Request) (*llm.Answer, error) {
	if req.Model != "hello" {
		return w.Provider.Do(ctx, req)
	}
	if !w.midway {
		panic("a bug")
	}
	return &llm.Answer{Status: 200, Header: llm.Header{}, Dialect: req.Dialect, Stream: &trap{}}, nil
}

// trap gives one event and panics at the next.
type trap struct{ sprung bool }

func (p *trap) Next() (llm.Event, error) {
	if p.sprung {
		panic("a bug")
	}
	p.sprung = true
	return llm.Event{Kind: llm.Frames, Raw: []byte("data: first\n\n")}, nil
}

func (p *trap) Close() error { return nil }

// A panic costs its own call and nothing else: it is answered with 500 once,
// logged with its stack, and the call is settled.
func TestAPanicIsAnswered(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *options) { o.provider = wild{Provider: echo.New(echo.Options{})} })
	a := s.post("/v1/messages", message)
	a.want(t, 500, `"type":"api_error","message":"internal error"`)
	id := a.header.Get("X-Request-Id")
	if r := s.seen.last(); s.seen.count() != 1 || r.ErrorType != "internal" || r.HTTPStatus != 500 || r.RequestID != id {
		t.Errorf("record = %+v (of %d), want one of %s with 500", r, s.seen.count(), id)
	}
	if text := s.log.String(); strings.Count(text, "panic in a call") != 1 || !strings.Contains(text, "wild.Do") {
		t.Errorf("log = %s, want the stack once", text)
	}
	if s.gateway.Open() != 0 {
		t.Errorf("open = %d", s.gateway.Open())
	}
	s.post("/v1/messages", strings.Replace(message, "echo/hello", "echo/long-3", 1)).want(t, 200, "")
}

// Once bytes have gone out a panic cuts the connection, so that nobody takes the
// answer for whole.
func TestAPanicInTheMiddleCutsTheConnection(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *options) { o.provider = wild{Provider: echo.New(echo.Options{}), midway: true} })
	resp, err := s.client.Do(s.request(http.MethodPost, "/v1/messages", streamed("echo/hello")))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if b, err := io.ReadAll(resp.Body); err == nil {
		t.Errorf("the answer %q has a clean end", b)
	}
	s.await("the call ends", func() bool { return s.gateway.Open() == 0 })
	if r := s.seen.last(); r.ErrorType != "internal" {
		t.Errorf("record = %s %s", r.ErrorType, r.Error)
	}
}
