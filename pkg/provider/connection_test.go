package provider_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/provider"
)

func TestConnectionsAreUsedAgain(t *testing.T) {
	t.Parallel()
	v := newVendor(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		switch string(body) {
		case "stream":
			reply("text/event-stream", "one\n")(w, r)
			_ = http.NewResponseController(w).Flush()
			reply("text/event-stream", "end\n")(w, r)
			_ = http.NewResponseController(w).Flush() // the chunked body's end comes by itself
		case "trailing":
			reply("text/event-stream", "end\n: a comment after the end\n\n")(w, r)
		case "refused":
			reply("application/json", "{}")(&statusWriter{ResponseWriter: w, status: 500}, r)
		default:
			reply("application/json", "{}")(w, r)
		}
	})
	for i := range 40 {
		body := []string{"stream", "trailing", "refused", "whole"}[i%4]
		req := chat(body)
		req.Stream = i%4 < 2
		ans, err := v.send(t, req)
		if err != nil {
			wantError(t, err, llm.RateLimited)
			continue
		}
		if ans.Stream == nil {
			continue
		}
		if i%8 < 4 { // to the end, and only to the End event
			_, _, _ = drain(t, ans.Stream)
		} else {
			for ev := (llm.Event{}); ev.Kind != llm.End && err == nil; {
				ev, err = ans.Stream.Next()
			}
		}
		if err := ans.Stream.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if n := v.conns.Load(); n != 1 {
		t.Errorf("40 calls, one after the other, took %d connections, want 1", n)
	}
}

func TestCloseUnblocksNextAndFreesTheConnection(t *testing.T) {
	t.Parallel()
	gone := make(chan struct{})
	v := newVendor(t, func(w http.ResponseWriter, r *http.Request) {
		reply("text/event-stream", "one\n")(w, r)
		_ = http.NewResponseController(w).Flush()
		waitGone(r)
		close(gone)
	})
	ans, err := v.send(t, chatStream("{}"))
	if err != nil {
		t.Fatal(err)
	}
	if ev, err := ans.Stream.Next(); err != nil || string(ev.Raw) != "one\n" {
		t.Fatalf("got %q, %v", ev.Raw, err)
	}
	blocked := make(chan error)
	go func() {
		_, err := ans.Stream.Next()
		blocked <- err
	}()
	for range 3 {
		if err := ans.Stream.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	wantError(t, <-blocked, llm.Canceled)
	<-gone
	if _, err := ans.Stream.Next(); err == nil || err == io.EOF {
		t.Errorf("Next after Close gave %v, want an error", err)
	}
}

func TestTheCallersContextEndsAStream(t *testing.T) {
	t.Parallel()
	v := newVendor(t, func(w http.ResponseWriter, r *http.Request) {
		reply("text/event-stream", "one\n")(w, r)
		_ = http.NewResponseController(w).Flush()
		waitGone(r)
	})
	ctx, cancel := context.WithCancel(t.Context())
	ans, err := send(ctx, v.exchange, v.address, chatStream("{}"))
	if err != nil {
		t.Fatal(err)
	}
	defer ans.Stream.Close()
	if _, err := ans.Stream.Next(); err != nil {
		t.Fatal(err)
	}
	cancel()
	_, err = ans.Stream.Next()
	wantError(t, err, llm.Canceled)
}

// TestAnEarlyAnswerDoesNotMixBodies lets a vendor answer before it has read the
// request, while other calls take memory from the same pool. The transport still
// reads the first body all the while.
func TestAnEarlyAnswerDoesNotMixBodies(t *testing.T) {
	t.Parallel()
	const size = 900 << 10 // fits the pool, and no socket buffer of a stalled reader
	answered, proceed := make(chan struct{}), make(chan struct{})
	goOn := sync.OnceFunc(func() { close(proceed) })
	defer goOn() // else a failure here would leave the vendor waiting
	first := make(chan []byte, 1)
	address := rawServer(t, func(c net.Conn) {
		head := readHead(t, c)
		if !bytes.Contains(head, []byte("X-First")) {
			_, _ = io.CopyN(io.Discard, c, size)
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
			return
		}
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\none\n")
		close(answered)
		<-proceed
		body := make([]byte, size)
		_, _ = io.ReadFull(c, body)
		first <- body
		_, _ = io.WriteString(c, "end\n")
	})
	rt := &http.Transport{DialContext: dialSmallBuffers, MaxIdleConnsPerHost: 10}
	t.Cleanup(rt.CloseIdleConnections)
	x := provider.NewExchange(rt, provider.Timeouts{})

	payload, err := x.Payload(t.Context(), chat(strings.Repeat("A", size)), lines{})
	if err != nil {
		t.Fatal(err)
	}
	ans, err := x.Do(t.Context(), &provider.Call{
		URL: address, Header: http.Header{"X-First": {"1"}}, Payload: payload, Backend: lines{}, Op: llm.OpChat, Stream: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	<-answered
	for range 5 {
		if _, err := send(t.Context(), x, address, chat(strings.Repeat("B", size))); err != nil {
			t.Fatal(err)
		}
	}
	goOn()
	if body := <-first; bytes.Count(body, []byte("A")) != size {
		t.Errorf("the first body has %d bytes of other calls in it", size-bytes.Count(body, []byte("A")))
	}
	if _, _, err := drain(t, ans.Stream); err != io.EOF {
		t.Errorf("the stream ended with %v", err)
	}
	_ = ans.Stream.Close()
}

// TestAStaleConnectionIsReplaced breaks an idle connection so that nothing can be
// written to it any more: the transport dials again and reads the body anew.
func TestAStaleConnectionIsReplaced(t *testing.T) {
	t.Parallel()
	var bodies []string
	v := newVendor(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		bodies = append(bodies, string(body))
		reply("application/json", "{}")(w, r)
	})
	var conns []*fragileConn
	rt := &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, network, addr)
		fragile := &fragileConn{Conn: c}
		conns = append(conns, fragile)
		return fragile, err
	}}
	t.Cleanup(rt.CloseIdleConnections)
	x := provider.NewExchange(rt, provider.Timeouts{})
	for i := range 3 {
		if _, err := send(t.Context(), x, v.address, chat(fmt.Sprintf("body %d", i))); err != nil {
			t.Fatalf("call %d: %v", i, err)
		}
		conns[len(conns)-1].snap()
	}
	if got := strings.Join(bodies, ","); got != "body 0,body 1,body 2" || len(conns) != 3 {
		t.Errorf("the vendor read %q over %d connections, want each body once over 3", got, len(conns))
	}
}

// fragileConn can be broken such that only writes notice.
type fragileConn struct {
	net.Conn
	mu     sync.Mutex
	broken bool
}

func (c *fragileConn) snap() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.broken = true
}

func (c *fragileConn) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.broken {
		return 0, errors.New("broken pipe")
	}
	return c.Conn.Write(b)
}

func dialSmallBuffers(ctx context.Context, network, addr string) (net.Conn, error) {
	c, err := new(net.Dialer).DialContext(ctx, network, addr)
	if tcp, ok := c.(*net.TCPConn); ok {
		err = errors.Join(err, tcp.SetWriteBuffer(16<<10))
	}
	return c, err
}

// rawServer serves each connection with one call of handle.
func rawServer(t *testing.T, handle func(net.Conn)) *url.URL {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			if tcp, ok := c.(*net.TCPConn); ok {
				_ = tcp.SetReadBuffer(16 << 10)
			}
			wg.Go(func() {
				defer c.Close()
				handle(c)
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		wg.Wait()
	})
	return &url.URL{Scheme: "http", Host: l.Addr().String(), Path: "/path"}
}

// readHead reads a request up to its body.
func readHead(t *testing.T, c net.Conn) []byte {
	t.Helper()
	var head []byte
	for b := make([]byte, 1); !bytes.HasSuffix(head, []byte("\r\n\r\n")); {
		if _, err := io.ReadFull(c, b); err != nil {
			t.Errorf("read request: %v", err)
			return head
		}
		head = append(head, b...)
	}
	return head
}
