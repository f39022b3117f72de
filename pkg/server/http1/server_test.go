package http1

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// site is a server under test.
type site struct {
	t      *testing.T
	server *Server
	addr   string
	served chan error
	rest   chan string // the paths that net/http has served
}

// serve starts a server on loopback; it ends with the test.
func serve(t *testing.T, h http.HandlerFunc) *site {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &site{t: t, addr: l.Addr().String(), served: make(chan error, 1), rest: make(chan string, 10_000)}
	logger := slog.New(slog.DiscardHandler)
	s.server = New(Options{
		Handler: h, HeaderTime: time.Second, IdleTime: 5 * time.Second, Logger: logger,
		Rest: &http.Server{ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			s.rest <- r.URL.Path
			h(w, r)
		})},
	})
	go func() { s.served <- s.server.Serve(l) }()
	t.Cleanup(func() {
		if err := s.server.Close(); err != nil {
			t.Error(err)
		}
		if err := <-s.served; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("Serve: %v", err)
		}
	})
	return s
}

// dial opens a connection.
func (s *site) dial() (net.Conn, *bufio.Reader) {
	s.t.Helper()
	c, err := net.Dial("tcp", s.addr)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = c.Close() }) // some are closed before
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	return c, bufio.NewReader(c)
}

// ask sends text and reads one answer.
func (s *site) ask(c net.Conn, r *bufio.Reader, text string) (*http.Response, string) {
	s.t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		s.t.Fatal(err)
	}
	method, _, _ := strings.Cut(text, " ")
	resp, err := http.ReadResponse(r, &http.Request{Method: method})
	if err != nil {
		s.t.Fatalf("%q: %v", text, err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatalf("%q: %v", text, err)
	}
	return resp, string(body)
}

func post(path, body string, fields ...string) string {
	return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n%s\r\n%s", path, len(body), strings.Join(fields, ""), body)
}

// echo answers with what it was sent.
func echo(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "text/plain")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body) // a client that left hears nothing
}

func TestRequestsOnOneConnection(t *testing.T) {
	t.Parallel()
	s := serve(t, echo)
	c, r := s.dial()
	for _, body := range []string{"one", "", strings.Repeat("x", 100_000), "two"} {
		resp, got := s.ask(c, r, post("/", body))
		if got != body || resp.StatusCode != http.StatusOK || resp.ContentLength != int64(len(body)) || resp.Header.Get("Date") == "" || resp.Close {
			t.Errorf("%d bytes of %d, %v", len(got), len(body), resp)
		}
	}
	if len(s.rest) > 0 {
		t.Errorf("net/http has served %s", <-s.rest)
	}
}

func TestPipelinedRequests(t *testing.T) {
	t.Parallel()
	s := serve(t, echo)
	c, r := s.dial()
	_, first := s.ask(c, r, post("/", "one")+post("/", "two")+"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
	_, second := s.ask(c, r, "")
	_, third := s.ask(c, r, "")
	if first != "one" || second != "two" || third != "" {
		t.Errorf("%q, %q, %q", first, second, third)
	}
}

// TestWhateverIsNotPlainIsHandedOver, and everything behind it on the connection.
func TestWhateverIsNotPlainIsHandedOver(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"chunked":  "POST /chunked HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n0\r\n\r\n",
		"expect":   "POST /expect HTTP/1.1\r\nHost: a\r\nExpect: 200-ok\r\nContent-Length: 0\r\n\r\n",
		"long":     "GET /long HTTP/1.1\r\nHost: a\r\nA: " + strings.Repeat("x", maxHead) + "\r\n\r\n",
		"put":      "PUT /put HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\none",
		"bare LF":  "GET /bare HTTP/1.1\nHost: a\n\n\r\n\r\n",
		"no host":  "GET /nohost HTTP/1.1\r\n\r\n",
		"half":     "GET /half HTT",
		"nonsense": "\x16\x03\x01\x02\x00\x01\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, echo)
			c, r := s.dial()
			if _, got := s.ask(c, r, post("/", "before")); got != "before" {
				t.Errorf("%q", got)
			}
			if _, err := io.WriteString(c, text); err != nil {
				t.Fatal(err)
			}
			if name == "half" {
				_ = c.(*net.TCPConn).CloseWrite()
			}
			resp, err := http.ReadResponse(r, nil)
			if err != nil {
				t.Fatal(err)
			}
			switch name {
			case "no host", "half", "nonsense":
				if resp.StatusCode != http.StatusBadRequest {
					t.Errorf("%v", resp)
				}
			case "expect":
				if resp.StatusCode != http.StatusExpectationFailed {
					t.Errorf("%v", resp)
				}
			default:
				if path := <-s.rest; path == "" || resp.StatusCode != http.StatusOK {
					t.Errorf("%s, %v", path, resp)
				}
			}
		})
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, request, want string
		handler             http.HandlerFunc
	}{
		{"nothing at all", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", func(http.ResponseWriter, *http.Request) {}},
		{"a status alone", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) }},
		{"no content", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 204 No Content\r\n\r\n", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }},
		{
			"HEAD", "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\n",
			func(w http.ResponseWriter, _ *http.Request) {
				w.Header()["Content-Type"], w.Header()["Content-Length"] = []string{"text/plain"}, []string{"3"}
				_, _ = io.WriteString(w, "abc")
			},
		},
		{
			"chunks", "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
			"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n",
			func(w http.ResponseWriter, _ *http.Request) {
				_, _ = io.WriteString(w, "abc")
				_ = http.NewResponseController(w).Flush()
				_, _ = io.WriteString(w, "defg")
			},
		},
		{
			"fields in order", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 OK\r\nA: 1\r\nA: 2\r\nB: 3\r\nC: 4\r\nContent-Length: 0\r\n\r\n",
			func(w http.ResponseWriter, _ *http.Request) {
				h := w.Header()
				h["C"], h["A"], h["B"], h["bad name"] = []string{"4"}, []string{"1", "2"}, []string{"3"}, []string{"5"}
			},
		},
		{
			"a value with a line end", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 OK\r\nA: b  C: d\r\nContent-Length: 0\r\n\r\n",
			func(w http.ResponseWriter, _ *http.Request) { w.Header()["A"] = []string{"b\r\nC: d"} },
		},
		{
			"the client closes", "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
			func(http.ResponseWriter, *http.Request) {},
		},
		{
			"the handler closes", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
			func(w http.ResponseWriter, _ *http.Request) { w.Header()["Connection"] = []string{"close"} },
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header()["Date"] = nil
				tt.handler(w, r)
			})
			c, _ := s.dial()
			if _, err := io.WriteString(c, tt.request); err != nil {
				t.Fatal(err)
			}
			got := make([]byte, len(tt.want))
			if _, err := io.ReadFull(c, got); err != nil {
				t.Fatalf("%q, %v", got, err)
			}
			if string(got) != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestALengthThatIsNotKept(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Length"] = []string{"5"}
		_, _ = io.WriteString(w, "abc")
		if _, err := io.WriteString(w, "defg"); !errors.Is(err, http.ErrContentLength) {
			t.Errorf("err = %v", err)
		}
	})
	c, _ := s.dial()
	if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	all, err := io.ReadAll(c) // the connection ends: the client must not wait for more
	if err != nil || !strings.HasSuffix(string(all), "abc") {
		t.Errorf("%q, %v", all, err)
	}
}

func TestAPanicCutsTheAnswer(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "abc")
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})
	c, r := s.dial()
	if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(resp.Body); string(body) != "abc" || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%q, %v", body, err)
	}
}

// TestABodyThatNobodyReads is read over where it is small; else the connection ends,
// and the client still gets the answer.
func TestABodyThatNobodyReads(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) })
	c, r := s.dial()
	for range 2 {
		if resp, _ := s.ask(c, r, post("/", strings.Repeat("x", 10_000))); resp.StatusCode != http.StatusNotFound || resp.Close {
			t.Errorf("%v", resp)
		}
	}
	resp, _ := s.ask(c, r, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n"+strings.Repeat("x", 300_000))
	if resp.StatusCode != http.StatusNotFound || !resp.Close {
		t.Errorf("%v", resp)
	}
}

func TestAHangUpEndsTheContext(t *testing.T) {
	t.Parallel()
	ended := make(chan error, 1)
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).Flush()
		select {
		case <-r.Context().Done():
			ended <- nil
		case <-time.After(5 * time.Second):
			ended <- errors.New("the handler was not told")
		}
	})
	c, _ := s.dial()
	if _, err := io.WriteString(c, post("/", "body")); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	_ = c.Close()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestABodyThatIsCutShort(t *testing.T) {
	t.Parallel()
	s := serve(t, echo)
	c, r := s.dial()
	if _, err := io.WriteString(c, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc"); err != nil {
		t.Fatal(err)
	}
	_ = c.(*net.TCPConn).CloseWrite()
	resp, err := http.ReadResponse(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	if body, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusBadRequest || !strings.Contains(string(body), "unexpected EOF") {
		t.Errorf("%d %q", resp.StatusCode, body)
	}
}

func TestAHeadThatDoesNotCome(t *testing.T) {
	t.Parallel()
	s := serve(t, echo)
	for _, text := range []string{"", "POST / HTTP/1.1\r\nHos"} {
		c, _ := s.dial()
		begun := time.Now()
		if _, err := io.WriteString(c, text); err != nil {
			t.Fatal(err)
		}
		if n, err := c.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
			t.Errorf("%q: %d, %v", text, n, err)
		}
		if took := time.Since(begun); took < 900*time.Millisecond || took > 3*time.Second {
			t.Errorf("%q: closed after %v, want 1 s", text, took)
		}
	}
}

func TestShutdown(t *testing.T) {
	t.Parallel()
	begun, end := make(chan struct{}), make(chan struct{})
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			close(begun)
			<-end
		}
		_, _ = io.WriteString(w, "done")
	})
	waiting, r := s.dial()
	s.ask(waiting, r, post("/", ""))
	var clients sync.WaitGroup
	clients.Go(func() {
		c, r := s.dial()
		if resp, body := s.ask(c, r, post("/slow", "")); body != "done" || !resp.Close {
			t.Errorf("%q, %v", body, resp)
		}
	})
	<-begun
	down := make(chan error, 1)
	go func() { down <- s.server.Shutdown(t.Context()) }()
	if _, err := waiting.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("a connection without a request: %v", err)
	}
	select {
	case err := <-down:
		t.Errorf("Shutdown did not wait: %v", err)
	default:
	}
	close(end)
	clients.Wait()
	if err := <-down; err != nil {
		t.Error(err)
	}
	if _, err := net.Dial("tcp", s.addr); err == nil {
		t.Error("connections are still accepted")
	}
}

func TestShutdownThatIsCutShort(t *testing.T) {
	t.Parallel()
	begun, told := make(chan struct{}), make(chan struct{})
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		close(begun)
		<-r.Context().Done()
		close(told)
	})
	c, _ := s.dial()
	if _, err := io.WriteString(c, post("/", "")); err != nil {
		t.Fatal(err)
	}
	<-begun
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := s.server.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Shutdown = %v", err)
	}
	<-told
}

func TestManyConnectionsAtOnce(t *testing.T) {
	t.Parallel()
	s := serve(t, echo)
	var clients sync.WaitGroup
	for i := range 100 {
		clients.Go(func() {
			c, r := s.dial()
			for j := range 20 {
				body := strings.Repeat(fmt.Sprint(i, j), 1+i*j)
				text := post("/", body)
				if j == 10 && i%2 == 0 {
					text = fmt.Sprintf("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(body), body)
				}
				if _, got := s.ask(c, r, text); got != body {
					t.Errorf("%d.%d: %d bytes, want %d", i, j, len(got), len(body))
				}
			}
		})
	}
	clients.Wait()
}
