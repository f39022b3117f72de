package http1_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/llmgw/llmgw/pkg/provider/http1"
)

var errReason = errors.New("the reason")

// waitGone returns when the client has closed the connection.
func (v *visit) waitGone() { _, _ = io.Copy(io.Discard, v.in) }

// TestContextEndsEveryPhase: whatever a request waits for, the end of its context
// ends the wait and the connection.
func TestContextEndsEveryPhase(t *testing.T) {
	t.Parallel()
	huge := strings.Repeat("x", 8<<20) // fits no socket buffers
	for name, c := range map[string]struct {
		sent, said string
	}{
		"header":                   {"ping", ""},
		"half a header":            {"ping", "HTTP/1.1 200 OK\r\nContent-"},
		"interim":                  {"ping", "HTTP/1.1 100 Continue\r\n\r\n"},
		"request that is not read": {huge, ""},
		"body":                     {"ping", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\npo"},
		"chunk":                    {"ping", chunkedHead + "4\r\npo"},
		"between chunks":           {"ping", chunkedHead + "2\r\npo\r\n"},
		"until close":              {"ping", "HTTP/1.1 200 OK\r\n\r\npo"},
		"body of an early answer":  {huge, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\npo"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			said, gone := make(chan struct{}), make(chan struct{})
			s := newScript(t, func(v *visit) {
				if c.sent == huge {
					_, _ = v.in.Peek(1)
				} else {
					v.request()
				}
				v.say(c.said)
				close(said)
				v.waitGone()
				close(gone)
			})
			ctx, cancel := context.WithCancelCause(t.Context())
			go func() {
				<-said
				cancel(errReason)
			}()
			req := post(t, ctx, s.url, c.sent)
			body := &watched{ReadCloser: req.Body}
			req.Body = body
			_, got, err := exchange(t, newTransport(t, http1.Options{}), req)
			if !errors.Is(err, context.Canceled) || !errors.Is(err, errReason) {
				t.Errorf("got %q, %v, want the context's end and its cause", got, err)
			}
			body.check(t)
			<-gone
		})
	}
}

// watched notes how a request body is used.
type watched struct {
	io.ReadCloser
	closed   int
	readLate bool
}

func (w *watched) Read(p []byte) (int, error) {
	w.readLate = w.readLate || w.closed > 0
	return w.ReadCloser.Read(p)
}

func (w *watched) Close() error {
	w.closed++
	return w.ReadCloser.Close()
}

// check must be called after the end of the request: it would race with a reader.
func (w *watched) check(t *testing.T) {
	t.Helper()
	if w.closed != 1 || w.readLate {
		t.Errorf("the request's body was closed %d times, and read after that: %t", w.closed, w.readLate)
	}
}

func TestContextThatHasEndedSendsNothing(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errReason)
	rt := newTransport(t, http1.Options{DialContext: func(context.Context, string, string) (net.Conn, error) {
		t.Error("dialed")
		return nil, errReason
	}})
	req := post(t, ctx, "http://h.example/", "ping")
	body := &watched{ReadCloser: req.Body}
	req.Body = body
	_, err := rt.RoundTrip(req)
	if !errors.Is(err, context.Canceled) || !errors.Is(err, errReason) {
		t.Errorf("got %v", err)
	}
	body.check(t)
}

// TestDialErrors stay what they are, with the context's reason before them.
func TestDialErrors(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	for name, c := range map[string]struct {
		ctx  context.Context
		dial func(context.Context, string, string) (net.Conn, error)
	}{
		"refused": {ctx: t.Context()},
		"canceled": {ctx, func(ctx context.Context, network, _ string) (net.Conn, error) {
			cancel(errReason)
			return new(net.Dialer).DialContext(ctx, network, "127.0.0.1:1")
		}},
	} {
		rt := newTransport(t, http1.Options{DialContext: c.dial})
		req := post(t, c.ctx, "http://127.0.0.1:1/", "ping")
		body := &watched{ReadCloser: req.Body}
		req.Body = body
		_, err := rt.RoundTrip(req)
		var op *net.OpError
		if !errors.As(err, &op) || op.Op != "dial" || c.ctx.Err() != nil && !errors.Is(err, errReason) {
			t.Errorf("%s: got %v, want a dial error", name, err)
		}
		body.check(t)
	}
}

// TestContextThatEndsAfterwards does no harm to whoever uses the connection next.
func TestContextThatEndsAfterwards(t *testing.T) {
	t.Parallel()
	s := newScript(t, answering(pong))
	rt := newTransport(t, http1.Options{})
	for range 200 {
		ctx, cancel := context.WithCancel(t.Context())
		_, body, err := exchange(t, rt, post(t, ctx, s.url, "ping"))
		if err != nil || body != "pong" {
			t.Fatalf("got %q, %v", body, err)
		}
		cancel()
	}
	if n := s.conns.Load(); n != 1 {
		t.Errorf("took %d connections, want 1", n)
	}
}

// TestClose: the connection goes on where the rest has come, and ends where not.
func TestClose(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer string
		conns  int64
	}{
		"the rest is here":                  {pong, 1},
		"the rest of the chunks is here":    {chunkedHead + "2\r\npo\r\n2\r\nng\r\n0\r\n\r\n", 1},
		"the rest is to come":               {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\npong", 3},
		"a chunk is to come":                {chunkedHead + "4\r\npong\r\n", 3},
		"the last byte is to come":          {chunkedHead + "4\r\npong\r\n0\r\n\r", 3},
		"what is here is wrong":             {chunkedHead + "4\r\npong\r\nx", 3},
		"there is more":                     {pong + "x", 3},
		"the end is that of the connection": {"HTTP/1.1 200 OK\r\n\r\npong", 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScript(t, answering(c.answer))
			rt := newTransport(t, http1.Options{})
			for range 3 {
				resp, err := rt.RoundTrip(post(t, t.Context(), s.url, "ping"))
				if err != nil {
					t.Fatal(err)
				}
				if n, err := resp.Body.Read(make([]byte, 1)); n != 1 || err != nil {
					t.Fatalf("got %d, %v", n, err)
				}
				for range 2 {
					if err := resp.Body.Close(); err != nil {
						t.Errorf("Close: %v", err)
					}
				}
				if n, err := resp.Body.Read(make([]byte, 1)); n != 0 || err == nil || err == io.EOF {
					t.Errorf("Read after Close: %d, %v", n, err)
				}
			}
			if n := s.conns.Load(); n != c.conns {
				t.Errorf("3 calls took %d connections, want %d", n, c.conns)
			}
		})
	}
}

// TestCloseUnblocksRead, from another goroutine.
func TestCloseUnblocksRead(t *testing.T) {
	t.Parallel()
	s := newScript(t, func(v *visit) {
		v.request()
		v.say(chunkedHead + "4\r\npong\r\n")
		v.waitGone()
	})
	for range 50 {
		resp, err := newTransport(t, http1.Options{}).RoundTrip(post(t, t.Context(), s.url, "ping"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(resp.Body, make([]byte, 4)); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error)
		go func() {
			_, err := resp.Body.Read(make([]byte, 1))
			ended <- err
		}()
		_ = resp.Body.Close()
		if err := <-ended; err == nil || err == io.EOF {
			t.Errorf("got %v", err)
		}
	}
}

// TestCloseWhileReading closes at the very moment at which a body ends: whoever
// comes first, the next request must not lose its connection.
func TestCloseWhileReading(t *testing.T) {
	t.Parallel()
	s := newScript(t, func(v *visit) {
		for v.request() != nil {
			v.say("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n")
			v.say("pong")
		}
	})
	rt := newTransport(t, http1.Options{})
	for range 300 {
		resp, err := rt.RoundTrip(post(t, t.Context(), s.url, "ping"))
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			_, _ = io.Copy(io.Discard, resp.Body)
		}()
		_ = resp.Body.Close()
		mustAnswer(t, rt, s.url, "pong")
		<-done
	}
}

// TestReadReturnsWhatIsThere, and does not wait to fill the buffer.
func TestReadReturnsWhatIsThere(t *testing.T) {
	t.Parallel()
	for name, head := range map[string]string{
		"length":      "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n",
		"chunks":      chunkedHead,
		"until close": "HTTP/1.1 200 OK\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			next := make(chan struct{})
			s := newScript(t, func(v *visit) {
				v.request()
				v.say(head)
				for range next {
					if name == "chunks" {
						v.say("2\r\nab\r\n3\r\ncde\r\n")
					} else {
						v.say("abcde")
					}
				}
			})
			defer close(next)
			resp, err := newTransport(t, http1.Options{}).RoundTrip(post(t, t.Context(), s.url, "ping"))
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			for _, size := range []int{8 << 10, 100, 4 << 10, 5} {
				next <- struct{}{}
				p := make([]byte, size)
				if n, err := resp.Body.Read(p); string(p[:n]) != "abcde" || err != nil {
					t.Errorf("with %d bytes of room: got %q, %v, want both chunks", size, p[:n], err)
				}
			}
		})
	}
}

// TestEndComesWithTheLastBytes, so that nobody has to ask for it.
func TestEndComesWithTheLastBytes(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{"length": pong, "chunks": chunkedHead + "4\r\npong\r\n0\r\n\r\n"} {
		opts, _ := play(answer, 1<<10)
		resp, err := newTransport(t, opts).RoundTrip(post(t, t.Context(), "http://h.example/", "ping"))
		if err != nil {
			t.Fatal(err)
		}
		if n, err := resp.Body.Read(make([]byte, 100)); n != 4 || err != io.EOF {
			t.Errorf("%s: got %d, %v, want 4 and the end", name, n, err)
		}
		if n, err := resp.Body.Read(make([]byte, 100)); n != 0 || err != io.EOF {
			t.Errorf("%s: then %d, %v", name, n, err)
		}
		_ = resp.Body.Close()
	}
}

func TestEmptyReads(t *testing.T) {
	t.Parallel()
	opts, _ := play(pong, 1<<10)
	resp, err := newTransport(t, opts).RoundTrip(post(t, t.Context(), "http://h.example/", "ping"))
	if err != nil {
		t.Fatal(err)
	}
	if n, err := resp.Body.Read(nil); n != 0 || err != nil {
		t.Errorf("got %d, %v", n, err)
	}
	_ = resp.Body.Close()
	if resp.Body == http.NoBody {
		t.Error("no body")
	}
}
