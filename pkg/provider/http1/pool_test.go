package http1_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/llmgw/llmgw/pkg/provider/http1"
)

const pong = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\npong"

// TestConnectionsAreUsedAgain, exactly as often as their answers allow.
func TestConnectionsAreUsedAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer string
		conns  int64
	}{
		"length":                {pong, 1},
		"chunks":                {chunkedHead + "4\r\npong\r\n0\r\n\r\n", 1},
		"chunks with a trailer": {chunkedHead + "4\r\npong\r\n0\r\nA: b\r\n\r\n", 1},
		"kept by an old server": {"HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 4\r\n\r\npong", 1},
		"an old server":         {"HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\npong", 5},
		"asked to close":        {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\npong", 5},
		"two lengths":           {"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npong\r\n0\r\n\r\n", 5},
		"bytes too many":        {pong + "x", 5},
		"a second answer":       {pong + pong, 5},
		"more behind chunks":    {chunkedHead + "4\r\npong\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", 5},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScript(t, answering(c.answer))
			rt := newTransport(t, http1.Options{})
			for range 5 {
				mustAnswer(t, rt, s.url, "pong")
			}
			if n := s.conns.Load(); n != c.conns {
				t.Errorf("5 calls took %d connections, want %d", n, c.conns)
			}
		})
	}
}

// TestBytesTooManyInLongBodies: what a direct read leaves in the kernel is found
// before the connection is used again.
func TestBytesTooManyInLongBodies(t *testing.T) {
	t.Parallel()
	const size = 100 << 10
	body := strings.Repeat("b", size)
	s := newScript(t, answering("HTTP/1.1 200 OK\r\nContent-Length: 102400\r\n\r\n"+body+"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"))
	for _, buffer := range []int{size, size - 1, 7 << 10, 100} {
		rt := newTransport(t, http1.Options{})
		for range 3 {
			resp, err := rt.RoundTrip(post(t, t.Context(), s.url, "ping"))
			if err != nil {
				t.Fatal(err)
			}
			var got []byte
			for p := make([]byte, buffer); err == nil; {
				var n int
				n, err = resp.Body.Read(p)
				got = append(got, p[:n]...)
			}
			if err != io.EOF || string(got) != body {
				t.Fatalf("read %d bytes at a time: got %d, %v", buffer, len(got), err)
			}
		}
	}
}

// TestDeadConnectionsAreNotUsed: whatever happened to a connection while it
// waited, the next request goes over another one, and is sent once.
func TestDeadConnectionsAreNotUsed(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*visit){
		"closed":          func(v *visit) { _ = v.Close() },
		"half closed":     func(v *visit) { _ = v.Conn.(*net.TCPConn).CloseWrite() },
		"reset":           func(v *visit) { _ = v.Conn.(*net.TCPConn).SetLinger(0); _ = v.Close() },
		"answer unasked":  func(v *visit) { v.say(pong) },
		"half an answer":  func(v *visit) { v.say("HTTP/1.1 200 OK\r\n") },
		"one byte":        func(v *visit) { v.say("H") },
		"timeout message": func(v *visit) { v.say("HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n"); _ = v.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ended := make(chan struct{}, 3)
			over := make(chan struct{})
			var requests atomic.Int64
			s := newScript(t, func(v *visit) {
				if v.request() == nil {
					return
				}
				requests.Add(1)
				v.say(pong)
				end(v)
				ended <- struct{}{}
				<-over
			})
			rt := newTransport(t, http1.Options{})
			for range 3 {
				mustAnswer(t, rt, s.url, "pong")
				<-ended
			}
			close(over)
			if n, r := s.conns.Load(), requests.Load(); n != 3 || r != 3 {
				t.Errorf("3 calls took %d connections and %d requests, want 3 and 3", n, r)
			}
		})
	}
}

// TestARequestIsNotRepeated: a connection that takes the request and then ends
// gives an error, since nobody knows what has become of the request.
func TestARequestIsNotRepeated(t *testing.T) {
	t.Parallel()
	var requests atomic.Int64
	s := newScript(t, func(v *visit) {
		for i := 0; v.request() != nil; i++ {
			requests.Add(1)
			if i == 1 {
				return
			}
			v.say(pong)
		}
	})
	rt := newTransport(t, http1.Options{})
	mustAnswer(t, rt, s.url, "pong")
	_, _, err := exchange(t, rt, post(t, t.Context(), s.url, "ping"))
	if err == nil || requests.Load() != 2 {
		t.Errorf("got %v after %d requests, want an error after 2", err, requests.Load())
	}
}

// TestConcurrentCalls makes a thousand at once, and then some more, and looks
// whether each gets its own answer.
func TestConcurrentCalls(t *testing.T) {
	t.Parallel()
	var all sync.WaitGroup
	all.Add(1000)
	s := newScript(t, func(v *visit) {
		for req := v.request(); req != nil; req = v.request() {
			body, _ := io.ReadAll(req.Body)
			if len(body) > 0 && body[0] == 'f' {
				all.Done()
				all.Wait()
			}
			v.say(chunkedHead + "4\r\nbody\r\n")
			v.say(hexSize(len(body)) + "\r\n" + string(body) + "\r\n0\r\n\r\n")
		}
	})
	rt := newTransport(t, http1.Options{})
	call := func(text string) {
		_, got, err := exchange(t, rt, post(t, t.Context(), s.url, text))
		if err != nil || got != "body"+text {
			t.Errorf("got %d bytes, %v, want %d", len(got), err, len(text)+4)
		}
	}
	var wg sync.WaitGroup
	for i := range 1000 {
		wg.Go(func() { call("first" + strings.Repeat("x", i)) })
	}
	wg.Wait()
	for i := range 50 {
		wg.Go(func() {
			for j := range 20 {
				call(strings.Repeat(string(rune('a'+i%5)), 1+j*777))
			}
		})
	}
	wg.Wait()
	if n := s.conns.Load(); n != 1000 {
		t.Errorf("took %d connections, want 1000", n)
	}
}

func hexSize(n int) string {
	const digits = "0123456789abcdef"
	if n < 16 {
		return digits[n : n+1]
	}
	return hexSize(n/16) + digits[n%16:n%16+1]
}

// pipes dials connections in memory, whose other ends answer. They cannot tell
// whether they are alive, as on platforms where nothing can.
type pipes struct{ dialed, closed atomic.Int64 }

func (p *pipes) dial(context.Context, string, string) (net.Conn, error) {
	p.dialed.Add(1)
	client, server := net.Pipe()
	go func() {
		defer p.closed.Add(1)
		defer server.Close()
		for v := (&visit{Conn: server, in: newReader(server)}); v.request() != nil; {
			v.say(pong)
		}
	}()
	return client, nil
}

func (p *pipes) open() int64 { return p.dialed.Load() - p.closed.Load() }

func TestIdleConnectionsAreClosedInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var p pipes
		rt := http1.New(http1.Options{DialContext: p.dial, IdleTimeout: time.Minute})
		begin := make(chan struct{})
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() {
				<-begin
				mustAnswer(t, rt, "http://h.example/", "pong")
			})
		}
		close(begin)
		wg.Wait()
		mustAnswer(t, rt, "http://other.example/", "pong")
		opened := p.open()
		<-time.After(50 * time.Second)
		mustAnswer(t, rt, "http://h.example/", "pong") // the one on top
		<-time.After(15 * time.Second)
		synctest.Wait()
		if opened < 2 || p.open() != 1 {
			t.Errorf("%d of %d connections are open, want 1", p.open(), opened)
		}
		<-time.After(time.Minute)
		synctest.Wait()
		if p.open() != 0 {
			t.Errorf("%d connections are open, want 0", p.open())
		}
		mustAnswer(t, rt, "http://h.example/", "pong")
		rt.CloseIdleConnections()
		synctest.Wait()
		if p.open() != 0 {
			t.Errorf("%d connections are open after CloseIdleConnections", p.open())
		}
	})
}

// TestConnectionsThatTheServerClosedAreClosed: a server that gives up what waits
// must not cost file descriptors until the idle time is over.
func TestConnectionsThatTheServerClosedAreClosed(t *testing.T) {
	t.Parallel()
	giveUp := make(chan struct{})
	s := newScript(t, func(v *visit) {
		if v.request() != nil {
			v.say(pong)
			<-giveUp
		}
	})
	closed := make(chan struct{})
	rt := http1.New(http1.Options{
		CheckInterval: 10 * time.Millisecond,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			c, err := new(net.Dialer).DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return &closeNotifier{TCPConn: c.(*net.TCPConn), closed: sync.OnceFunc(func() { close(closed) })}, nil
		},
	})
	defer rt.CloseIdleConnections()
	mustAnswer(t, rt, s.url, "pong")
	select {
	case <-closed:
		t.Error("closed while the server still kept it")
	case <-time.After(50 * time.Millisecond):
	}
	close(giveUp)
	select {
	case <-closed:
	case <-time.After(10 * time.Second):
		t.Error("still open though the server has closed it")
	}
}

// closeNotifier tells of its end.
type closeNotifier struct {
	*net.TCPConn
	closed func()
}

func (c *closeNotifier) Close() error {
	c.closed()
	return c.TCPConn.Close()
}

func TestIdleConnectionsAreBounded(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		opts http1.Options
		kept int64
	}{
		"by host":      {http1.Options{MaxIdlePerHost: 3}, 6},
		"all together": {http1.Options{MaxIdle: 2}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var p pipes
				c.opts.DialContext = p.dial
				rt := http1.New(c.opts)
				var held []*http.Response
				for _, url := range []string{"http://a.example/", "http://b.example/"} {
					for range 8 {
						resp, err := rt.RoundTrip(post(t, t.Context(), url, "ping"))
						if err != nil {
							t.Fatal(err)
						}
						held = append(held, resp)
					}
				}
				for _, resp := range held {
					_, _ = io.Copy(io.Discard, resp.Body)
				}
				synctest.Wait()
				if p.open() != c.kept {
					t.Errorf("%d connections are kept, want %d", p.open(), c.kept)
				}
				rt.CloseIdleConnections()
			})
		})
	}
}

// TestConnectionsInUseAreClosedAfterwards: CloseIdleConnections is the end, also
// for what comes back later.
func TestConnectionsInUseAreClosedAfterwards(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var p pipes
		rt := http1.New(http1.Options{DialContext: p.dial})
		resp, err := rt.RoundTrip(post(t, t.Context(), "http://h.example/", "ping"))
		if err != nil {
			t.Fatal(err)
		}
		rt.CloseIdleConnections()
		if body, err := io.ReadAll(resp.Body); err != nil || string(body) != "pong" {
			t.Errorf("got %q, %v", body, err)
		}
		synctest.Wait()
		if p.open() != 0 {
			t.Errorf("%d connections are open", p.open())
		}
	})
}
