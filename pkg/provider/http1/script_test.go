package http1_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/llmgw/llmgw/pkg/provider/http1"
)

// script is a server on loopback that treats each connection as its test says.
type script struct {
	url   string
	conns atomic.Int64
}

// visit is a connection to a script.
type visit struct {
	net.Conn
	number int64 // of the connection, from 1
	in     *bufio.Reader
}

// newScript starts a script; it ends with the test.
func newScript(t testing.TB, handle func(*visit)) *script {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &script{url: "http://" + l.Addr().String() + "/path"}
	var wg sync.WaitGroup
	var mu sync.Mutex
	var open []net.Conn
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open = append(open, c)
			mu.Unlock()
			wg.Go(func() {
				defer c.Close()
				handle(&visit{Conn: c, number: s.conns.Add(1), in: bufio.NewReader(c)})
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		mu.Lock()
		for _, c := range open {
			_ = c.Close()
		}
		mu.Unlock()
		wg.Wait()
	})
	return s
}

// request reads a request, and its body; nil where the client has gone.
func (v *visit) request() *http.Request {
	req, err := http.ReadRequest(v.in)
	if err != nil {
		return nil
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil
	}
	req.Body = io.NopCloser(bytes.NewReader(body))
	return req
}

// newReader is here for connections that no script has accepted.
func newReader(c net.Conn) *bufio.Reader { return bufio.NewReader(c) }

func (v *visit) say(text string) { _, _ = io.WriteString(v, text) }

// answering answers every request on every connection with text.
func answering(text string) func(*visit) {
	return func(v *visit) {
		for v.request() != nil {
			v.say(text)
		}
	}
}

// newTransport makes a Transport that ends with the test.
func newTransport(t testing.TB, opts http1.Options) *http1.Transport {
	t.Helper()
	rt := http1.New(opts)
	t.Cleanup(rt.CloseIdleConnections)
	return rt
}

// post makes a request with a body from memory.
func post(t testing.TB, ctx context.Context, url, body string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return req
}

// exchange sends a request and reads the answer to its end.
func exchange(t testing.TB, rt http.RoundTripper, req *http.Request) (*http.Response, string, error) {
	t.Helper()
	resp, err := rt.RoundTrip(req)
	if err != nil {
		return nil, "", err
	}
	body, err := io.ReadAll(resp.Body)
	if closing := resp.Body.Close(); closing != nil {
		t.Errorf("Close: %v", closing)
	}
	return resp, string(body), err
}

// mustAnswer is exchange where nothing may go wrong.
func mustAnswer(t testing.TB, rt http.RoundTripper, url, want string) {
	t.Helper()
	_, got, err := exchange(t, rt, post(t, t.Context(), url, "ping"))
	if err != nil || got != want {
		t.Fatalf("got %q, %v, want %q", got, err, want)
	}
}

// tape is a connection in memory: it takes what is written, and plays its pieces.
type tape struct {
	net.Conn // nil: nothing else is called
	pieces   [][]byte
	mu       sync.Mutex // guards closed
	closed   bool
	written  bytes.Buffer
}

func (c *tape) Read(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return 0, net.ErrClosed
	}
	if len(c.pieces) == 0 {
		return 0, io.EOF
	}
	n := copy(p, c.pieces[0])
	if c.pieces[0] = c.pieces[0][n:]; len(c.pieces[0]) == 0 {
		c.pieces = c.pieces[1:]
	}
	return n, nil
}

func (c *tape) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return 0, net.ErrClosed
	}
	return c.written.Write(p)
}

func (c *tape) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return errors.New("closed twice")
	}
	c.closed = true
	return nil
}

// play returns Options that dial a tape of text, in pieces of n bytes.
func play(text string, n int) (http1.Options, *tape) {
	c := new(tape)
	for b := []byte(text); len(b) > 0; {
		cut := min(n, len(b))
		c.pieces = append(c.pieces, b[:cut:cut])
		b = b[cut:]
	}
	dialed := false
	return http1.Options{DialContext: func(context.Context, string, string) (net.Conn, error) {
		if dialed {
			return nil, &net.OpError{Op: "dial", Err: errors.New("one tape only")}
		}
		dialed = true
		return c, nil
	}}, c
}
