package provider_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/llmgw/llmgw/pkg/dialect"
	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/provider"
)

// lines is the smallest dialect there can be: a frame is a line, "end" is the
// terminal one, "fail" says that the call failed.
type lines struct{}

func (lines) Dialect() llm.Dialect { return "lines" }

func (lines) Patch(dst, body []byte, _ llm.Op, e llm.Edits) ([]byte, error) {
	if e.Model == "unpatchable" {
		return nil, errors.New("no such place")
	}
	return append(append(dst, e.Model...), body...), nil
}

func (lines) ReadMeta(_ llm.Op, body []byte) llm.Meta {
	return llm.Meta{Usage: llm.Usage{Output: int64(len(body)), Reported: true}}
}

func (lines) DecodeError(status int, h llm.Header, body []byte) *llm.Error {
	return &llm.Error{Kind: llm.RateLimited, Message: fmt.Sprintf("%d %s %d", status, h.Get("Retry-After"), len(body))}
}

func (lines) NewStreamReader(r io.ReadCloser, _ dialect.StreamOptions) llm.Stream {
	return &lineStream{r: bufio.NewReader(r), c: r}
}

type lineStream struct {
	r     *bufio.Reader
	c     io.Closer
	ended bool
}

func (s *lineStream) Next() (llm.Event, error) {
	if s.ended {
		return llm.Event{}, io.EOF
	}
	line, err := s.r.ReadBytes('\n')
	switch {
	case errors.Is(err, io.EOF):
		return llm.Event{}, fmt.Errorf("lines: %w", llm.ErrUnexpectedEOF)
	case err != nil:
		return llm.Event{}, fmt.Errorf("lines: %w", err)
	}
	switch string(line) {
	case "end\n":
		s.ended = true
		return llm.Event{Kind: llm.End, Raw: line}, nil
	case "fail\n":
		s.ended = true
		return llm.Event{Kind: llm.Failure, Raw: line, Err: &llm.Error{Kind: llm.Overloaded}}, nil
	}
	return llm.Event{Kind: llm.Frames, Raw: line}, nil
}

func (s *lineStream) Close() error { return s.c.Close() }

// vendor is a server on loopback that counts its connections, and an Exchange
// that reaches it over a transport of its own.
type vendor struct {
	conns    atomic.Int64
	address  *url.URL
	exchange *provider.Exchange
	server   *httptest.Server
}

func newVendor(tb testing.TB, h http.HandlerFunc) *vendor {
	tb.Helper()
	v := &vendor{server: httptest.NewUnstartedServer(h)}
	v.server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			v.conns.Add(1)
		}
	}
	v.server.Start()
	rt, err := provider.NewLeanTransport(provider.TransportOptions{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		rt.CloseIdleConnections()
		v.server.CloseClientConnections()
		v.server.Close()
	})
	v.exchange = provider.NewExchange(rt, provider.Timeouts{})
	v.address, err = url.Parse(v.server.URL + "/path?key=QUERYCANARY")
	if err != nil {
		tb.Fatal(err)
	}
	return v
}

// send makes one attempt at the vendor.
func (v *vendor) send(tb testing.TB, req *llm.Request) (*llm.Answer, error) {
	tb.Helper()
	return send(tb.Context(), v.exchange, v.address, req)
}

// send makes one attempt.
func send(ctx context.Context, x *provider.Exchange, u *url.URL, req *llm.Request) (*llm.Answer, error) {
	payload, err := x.Payload(ctx, req, lines{})
	if err != nil {
		return nil, err
	}
	return x.Do(ctx, &provider.Call{
		URL: u, Header: http.Header{"X-Own": {"1"}}, Payload: payload, Backend: lines{}, Op: req.Op, Stream: req.Stream,
	})
}

func chat(body string) *llm.Request {
	return &llm.Request{Op: llm.OpChat, Body: llm.BytesBody(body)}
}

func chatStream(body string) *llm.Request {
	r := chat(body)
	r.Stream = true
	return r
}

// drain reads a stream to its end: its bytes, its last event, and the error that
// ended it.
func drain(tb testing.TB, s llm.Stream) (string, llm.Event, error) {
	tb.Helper()
	var all bytes.Buffer
	var last llm.Event
	for {
		ev, err := s.Next()
		if err != nil {
			return all.String(), last, err
		}
		all.Write(ev.Raw)
		last = ev
		last.Raw = bytes.Clone(ev.Raw)
	}
}

// wantError checks the kind of an error, and that its public text says nothing of
// where the vendor is.
func wantError(t *testing.T, err error, kind llm.Kind) *llm.Error {
	t.Helper()
	var e *llm.Error
	if !errors.As(err, &e) {
		t.Fatalf("got error %v, want an *llm.Error of kind %s", err, kind)
	}
	if e.Kind != kind {
		t.Fatalf("got kind %s (%v), want %s", e.Kind, err, kind)
	}
	for _, secret := range []string{"127.0.0.1", "http", "QUERYCANARY"} {
		if strings.Contains(e.Message, secret) {
			t.Errorf("public message %q names %q", e.Message, secret)
		}
	}
	if strings.Contains(err.Error(), "QUERYCANARY") {
		t.Errorf("the log gets the query: %v", err)
	}
	return e
}

// waitGone waits until the caller of r is gone: a server notices that only once
// it has read the body.
func waitGone(r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
}
