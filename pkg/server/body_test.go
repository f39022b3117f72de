package server_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/llmgw/llmgw/pkg/llm"
)

// padded is a call of exactly size bytes.
func padded(size int) string {
	const open, end = `{"model":"echo/hello","max_tokens":10,"messages":[{"role":"user","content":"`, `"}]}`
	return open + strings.Repeat("x", size-len(open)-len(end)) + end
}

func zipped(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, text) // a buffer takes everything
	_ = w.Close()
	return b.String()
}

// chunked sends a body without telling its length.
func (s *site) chunked(body string, fields ...string) answer {
	s.t.Helper()
	req := s.request(http.MethodPost, "/v1/messages", "", fields...)
	req.Body, req.ContentLength = io.NopCloser(strings.NewReader(body)), -1
	return s.do(req)
}

func TestBodyLimits(t *testing.T) {
	t.Parallel()
	const limit = 600 << 10 // no power of two
	s := newSite(t, func(o *options) {
		// All that may be held is one body of the largest size.
		o.limits.Body, o.limits.InFlight = limit, limit
	})
	const zip = "Content-Encoding: gzip"
	for _, tt := range []struct {
		name   string
		send   func() answer
		status int
		part   string
	}{
		{"the largest", func() answer { return s.post("/v1/messages", padded(limit)) }, 200, ""},
		{"one byte more", func() answer { return s.post("/v1/messages", padded(limit+1)) }, 413, "larger than 614400 bytes"},
		{"chunked, the largest", func() answer { return s.chunked(padded(limit)) }, 200, ""},
		{"chunked, one byte more", func() answer { return s.chunked(padded(limit + 1)) }, 413, "request_too_large"},
		{"zipped, the largest", func() answer { return s.post("/v1/messages", zipped(padded(limit)), zip) }, 200, ""},
		{"zipped, a bomb", func() answer { return s.post("/v1/messages", zipped(strings.Repeat(" ", 40<<20)), zip) }, 413, "request_too_large"},
		{"zipped in capitals", func() answer { return s.post("/v1/messages", zipped(message), "Content-Encoding: GZIP") }, 200, ""},
		{"not zipped at all", func() answer { return s.post("/v1/messages", message, zip) }, 400, "could not be read whole"},
		{"zipped and torn", func() answer { return s.post("/v1/messages", zipped(padded(5000))[:100], zip) }, 400, "could not be read whole"},
		{"identity", func() answer { return s.post("/v1/messages", message, "Content-Encoding: identity") }, 200, ""},
		{"another encoding", func() answer { return s.post("/v1/messages", message, "Content-Encoding: br") }, 400, `Content-Encoding \"br\" is not understood`},
		{"none", func() answer { return s.post("/v1/messages", "") }, 400, "not a JSON object"},
	} {
		// One after the other: together they would be too much.
		t.Run(tt.name, func(t *testing.T) {
			a := tt.send()
			a.want(t, tt.status, tt.part)
			if r := s.seen.last(); r.HTTPStatus != tt.status {
				t.Errorf("the log says %d", r.HTTPStatus)
			}
		})
	}
}

// held blocks calls in the provider, with their bodies in memory.
type held struct {
	llm.Provider
	begun, proceed chan struct{}
}

func (h *held) Do(ctx context.Context, req *llm.Request) (*llm.Answer, error) {
	h.begun <- struct{}{}
	<-h.proceed
	return h.Provider.Do(ctx, req)
}

func TestBodiesInFlightAreBounded(t *testing.T) {
	t.Parallel()
	h := &held{begun: make(chan struct{}), proceed: make(chan struct{})}
	s := newSite(t, func(o *options) {
		h.Provider, o.provider = o.provider, h
		o.limits.Body, o.limits.InFlight = 64<<10, 300<<10
	})
	done := make(chan answer)
	const room = 2 // bodies of 64 KiB take a buffer of 128 KiB
	for range room {
		go func() { done <- s.post("/v1/messages", padded(64<<10)) }()
		<-h.begun
	}
	a := s.post("/v1/messages", padded(64<<10))
	a.want(t, 529, "overloaded_error")
	if a.header.Get("Retry-After") != "1" || a.header.Get("Connection") == "keep-alive" {
		t.Errorf("header = %v", a.header)
	}
	s.post("/v1/chat/completions", padded(64<<10)).want(t, 503, "overloaded_error")
	close(h.proceed)
	for range room {
		a := <-done
		a.want(t, 200, "")
	}
	// The room is free again.
	go func() { <-h.begun }()
	s.post("/v1/messages", padded(64<<10)).want(t, 200, "")
}

// dialed is a bare connection to the server.
func (s *site) dialed() net.Conn {
	s.t.Helper()
	conn, err := (&net.Dialer{}).DialContext(s.t.Context(), "tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		s.t.Fatal(err)
	}
	return conn
}

func TestASlowBodyIsGivenUp(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *options) { o.limits.BodyTime = 100 * time.Millisecond })
	conn := s.dialed()
	fmt.Fprintf(conn, "POST /v1/messages HTTP/1.1\r\nHost: x\r\nX-Api-Key: %s\r\nContent-Length: 1000\r\n\r\n{\"model\":", key)
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body)
	answer{resp.StatusCode, resp.Header, string(b)}.want(t, 400, "did not arrive in time")
	if !resp.Close {
		t.Error("the connection stays open")
	}
	if r := s.seen.last(); r.HTTPStatus != 400 {
		t.Errorf("record = %+v", r)
	}
}

// The time for a body ends with the body: a call may take longer.
func TestTheTimeForABodyDoesNotCutTheCall(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *options) { o.limits.BodyTime, o.limits.WriteTime = 100*time.Millisecond, 100*time.Millisecond })
	for range 2 { // on the same connection, too
		s.post("/v1/messages", strings.Replace(message, "echo/hello", "echo/delay-300ms", 1)).want(t, 200, "Hello!")
	}
}
