package http1_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/llmgw/llmgw/pkg/provider/http1"
)

// sizes are around every bound of how a request is written.
var sizes = []int{0, 1, 1 << 10, 16 << 10, 60 << 10, 250 << 10, 256 << 10, 257 << 10, 300 << 10, 3 << 20}

// dials are the kinds of connections that there are.
var dials = map[string]func(context.Context, string, string) (net.Conn, error){
	"tcp": nil,
	"tcp with little room": func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, network, address)
		if err == nil {
			err = c.(*net.TCPConn).SetWriteBuffer(8 << 10)
		}
		return c, err
	},
	"opaque": func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, network, address)
		return struct{ net.Conn }{c}, err
	},
}

// pattern is a body in which no part is like another.
func pattern(size int) string {
	var b strings.Builder
	for i := uint32(1); b.Len() < size; i = i*1664525 + 1013904223 {
		b.WriteString(string([]byte{byte(i >> 8), byte(i >> 16), byte(i >> 24)}))
	}
	return b.String()[:size]
}

func TestBodiesOfEverySizeArriveWhole(t *testing.T) {
	t.Parallel()
	for name, dial := range dials {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []byte
			s := newScript(t, func(v *visit) {
				for req := v.request(); req != nil; req = v.request() {
					got, _ = io.ReadAll(req.Body)
					v.say(pong)
				}
			})
			rt := newTransport(t, http1.Options{DialContext: dial})
			for _, size := range append(sizes, sizes...) {
				body := pattern(size)
				req := post(t, t.Context(), s.url, body)
				use := &watched{ReadCloser: req.Body}
				if size > 0 {
					req.Body = use
				}
				_, answer, err := exchange(t, rt, req)
				if err != nil || answer != "pong" || string(got) != body {
					t.Fatalf("%d bytes: %d arrived, %q, %v", size, len(got), answer, err)
				}
				if size > 0 {
					use.check(t)
				}
			}
			if n := s.conns.Load(); n != 1 {
				t.Errorf("took %d connections, want 1", n)
			}
		})
	}
}

// TestEarlyAnswers: a server that answers before it has read the request, and
// reads no more of it, is heard.
func TestEarlyAnswers(t *testing.T) {
	t.Parallel()
	const refusal = "HTTP/1.1 413 Too Large\r\nContent-Length: 4\r\n\r\nmuch"
	for name, after := range map[string]func(*visit, chan struct{}){
		"and waits":    func(_ *visit, over chan struct{}) { <-over },
		"and hangs up": func(*visit, chan struct{}) {},
		"and half closes": func(v *visit, over chan struct{}) {
			_ = v.Conn.(*net.TCPConn).CloseWrite()
			<-over
		},
	} {
		for kind, dial := range dials {
			t.Run(name+"/"+kind, func(t *testing.T) {
				t.Parallel()
				over := make(chan struct{})
				s := newScript(t, func(v *visit) {
					_ = v.Conn.(*net.TCPConn).SetReadBuffer(8 << 10)
					if _, err := v.in.Peek(1); err != nil {
						return
					}
					v.say(refusal)
					after(v, over)
				})
				defer close(over)
				for _, size := range []int{60 << 10, 3 << 20, 30 << 20} {
					// What the kernel has taken counts as sent: each has its own connection.
					rt := newTransport(t, http1.Options{DialContext: dial})
					req := post(t, t.Context(), s.url, strings.Repeat("x", size))
					use := &watched{ReadCloser: req.Body}
					req.Body = use
					resp, body, err := exchange(t, rt, req)
					if name == "and hangs up" && err != nil {
						// A server that closes with unread data resets the connection, and the
						// reset may overtake its answer.
						use.check(t)
						continue
					}
					if err != nil || resp.StatusCode != http.StatusRequestEntityTooLarge || body != "much" {
						t.Fatalf("%d bytes: got %q, %v, want the refusal", size, body, err)
					}
					use.check(t)
				}
			})
		}
	}
}

// TestFullDuplex: an answer may begin before the request is read, and end after.
func TestFullDuplex(t *testing.T) {
	t.Parallel()
	for _, size := range []int{200 << 10, 20 << 20} {
		body := pattern(size)
		answered := make(chan struct{})
		s := newScript(t, func(v *visit) {
			for {
				if _, err := v.in.Peek(1); err != nil {
					return
				}
				v.say(chunkedHead + "5\r\nearly\r\n")
				<-answered
				got, _ := io.ReadAll(v.request().Body)
				if string(got) != body {
					t.Errorf("%d of %d bytes arrived whole", len(got), size)
				}
				v.say("4\r\nlate\r\n0\r\n\r\n")
			}
		})
		rt := newTransport(t, http1.Options{})
		for range 2 {
			resp, err := rt.RoundTrip(post(t, t.Context(), s.url, body))
			if err != nil {
				t.Fatal(err)
			}
			answered <- struct{}{}
			got, err := io.ReadAll(resp.Body)
			if err != nil || string(got) != "earlylate" {
				t.Errorf("got %q, %v", got, err)
			}
		}
		if n := s.conns.Load(); n != 1 {
			t.Errorf("took %d connections, want 1", n)
		}
	}
}

// TestBodiesOfTheWrongLength are errors, and leave the connection fit for use, or
// closed where a part of them was sent.
func TestBodiesOfTheWrongLength(t *testing.T) {
	t.Parallel()
	for _, size := range []int{10, 100 << 10, 1 << 20} {
		for _, announced := range []int{size - 1, size + 1} {
			s := newScript(t, answering(pong))
			rt := newTransport(t, http1.Options{})
			mustAnswer(t, rt, s.url, "pong")
			req := post(t, t.Context(), s.url, strings.Repeat("x", size))
			req.ContentLength = int64(announced)
			use := &watched{ReadCloser: req.Body}
			req.Body = use
			_, body, err := exchange(t, rt, req)
			// What is too long is only seen when all that was announced is on its way.
			if err == nil && (announced > size || size < 1<<20) {
				t.Errorf("%d bytes announced as %d: got %q", size, announced, body)
			}
			use.check(t)
			mustAnswer(t, rt, s.url, "pong")
		}
	}
}

var errBroken = errors.New("the reader broke")

func TestBodiesThatBreak(t *testing.T) {
	t.Parallel()
	for _, after := range []int{0, 100, 1 << 20} {
		s := newScript(t, answering(pong))
		rt := newTransport(t, http1.Options{})
		req := post(t, t.Context(), s.url, strings.Repeat("x", 2<<20))
		use := &watched{ReadCloser: io.NopCloser(io.MultiReader(strings.NewReader(strings.Repeat("x", after)), broken{}))}
		req.Body = use
		_, _, err := exchange(t, rt, req)
		if !errors.Is(err, errBroken) {
			t.Errorf("after %d bytes: got %v, want the reader's error", after, err)
		}
		use.check(t)
		mustAnswer(t, rt, s.url, "pong")
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errBroken }

// TestAConnectionThatTakesNothingIsReplaced: only then a request is sent again.
func TestAConnectionThatTakesNothingIsReplaced(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		takes int // bytes of a request before the connection breaks
		fails bool
	}{"nothing": {0, false}, "one byte": {1, true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			var bodies []string
			s := newScript(t, func(v *visit) {
				for req := v.request(); req != nil; req = v.request() {
					body, _ := io.ReadAll(req.Body)
					mu.Lock()
					bodies = append(bodies, string(body))
					mu.Unlock()
					v.say(pong)
				}
			})
			var conns []*fragile
			rt := newTransport(t, http1.Options{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				conn, err := new(net.Dialer).DialContext(ctx, network, address)
				conns = append(conns, &fragile{Conn: conn})
				return conns[len(conns)-1], err
			}})
			mustAnswer(t, rt, s.url, "pong")
			conns[0].broken, conns[0].takes = true, c.takes
			req := post(t, t.Context(), s.url, "second")
			use := &watched{ReadCloser: req.Body}
			req.Body = use
			_, _, err := exchange(t, rt, req)
			if (err != nil) != c.fails || c.fails && !errors.Is(err, errSnapped) {
				t.Errorf("got %v", err)
			}
			use.check(t)
			want := "ping,second"
			if c.fails {
				want = "ping"
			}
			mu.Lock()
			defer mu.Unlock()
			if got := strings.Join(bodies, ","); got != want {
				t.Errorf("the server got %q, want %q", got, want)
			}
		})
	}
}

var errSnapped = errors.New("snapped")

// fragile is a connection that can break in such a way that only writes notice.
type fragile struct {
	net.Conn
	broken bool
	takes  int
}

func (c *fragile) Write(p []byte) (int, error) {
	if !c.broken {
		return c.Conn.Write(p)
	}
	n, err := c.Conn.Write(p[:min(c.takes, len(p))])
	return n, errors.Join(errSnapped, err)
}

// TestBodiesAreReadOnce: what is sent over a second connection is what was read
// for the first.
func TestBodiesAreReadOnce(t *testing.T) {
	t.Parallel()
	var sent bytes.Buffer
	opts, c := play(pong, 1<<10)
	req := post(t, t.Context(), "http://h.example/", "body")
	req.Body = io.NopCloser(io.TeeReader(req.Body, &sent))
	if _, _, err := exchange(t, newTransport(t, opts), req); err != nil || sent.String() != "body" {
		t.Errorf("read %q, %v", sent.String(), err)
	}
	if !strings.HasSuffix(c.written.String(), "\r\n\r\nbody") {
		t.Errorf("sent %q", c.written.String())
	}
}
