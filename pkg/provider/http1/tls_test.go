package http1_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/llmgw/llmgw/pkg/provider/http1"
)

// secure starts a server with TLS that echoes bodies, and says over what.
func secure(t *testing.T) (*httptest.Server, *tls.Config) {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Proto", r.Proto)
		w.Header().Set("X-Client", r.RemoteAddr)
		if r.TLS.DidResume {
			w.Header().Set("X-Resumed", "yes")
		}
		_, _ = w.Write(body)
	}))
	server.EnableHTTP2 = true
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	return server, &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
}

func TestTLS(t *testing.T) {
	t.Parallel()
	for name, version := range map[string]uint16{"1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, config := secure(t)
			config.MaxVersion = version
			rt := newTransport(t, http1.Options{TLSConfig: config})
			client := ""
			for _, size := range append(sizes, sizes...) {
				body := pattern(size)
				resp, got, err := exchange(t, rt, post(t, t.Context(), server.URL, body))
				if err != nil || got != body {
					t.Fatalf("%d bytes: got %d back, %v", size, len(got), err)
				}
				if resp.Header.Get("X-Proto") != "HTTP/1.1" || resp.TLS == nil || resp.TLS.Version != version {
					t.Fatalf("over %q and %+v", resp.Header.Get("X-Proto"), resp.TLS)
				}
				if now := resp.Header.Get("X-Client"); client != "" && now != client {
					t.Fatalf("%d bytes: another connection", size)
				}
				client = resp.Header.Get("X-Client")
			}
			rt.CloseIdleConnections()
			resp, _, err := exchange(t, rt, post(t, t.Context(), server.URL, "x"))
			if err != nil || resp.Header.Get("X-Resumed") == "" {
				t.Errorf("a second handshake was not shortened: %v", err)
			}
		})
	}
}

func TestTLSByFallback(t *testing.T) {
	t.Parallel()
	server, config := secure(t)
	rt := newTransport(t, http1.Options{
		FallbackTLS: true, Fallback: &http.Transport{TLSClientConfig: config, ForceAttemptHTTP2: true},
	})
	resp, body, err := exchange(t, rt, post(t, t.Context(), server.URL, "ping"))
	if err != nil || body != "ping" || resp.Header.Get("X-Proto") != "HTTP/2.0" {
		t.Errorf("got %+v, %q, %v, want an answer over HTTP/2", resp, body, err)
	}
}

func TestTLSErrors(t *testing.T) {
	t.Parallel()
	server, _ := secure(t)
	_, err := newTransport(t, http1.Options{}).RoundTrip(post(t, t.Context(), server.URL, "ping"))
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); !ok {
		t.Errorf("got %v, want a *tls.CertificateVerificationError", err)
	}

	plain := newScript(t, func(v *visit) {
		v.say(pong)
		v.waitGone()
	})
	_, err = newTransport(t, http1.Options{}).RoundTrip(post(t, t.Context(), strings.Replace(plain.url, "http", "https", 1), "ping"))
	if _, ok := errors.AsType[tls.RecordHeaderError](err); !ok {
		t.Errorf("got %v, want a tls.RecordHeaderError", err)
	}

	silent := newScript(t, (*visit).waitGone)
	rt := newTransport(t, http1.Options{HandshakeTimeout: 20 * time.Millisecond})
	req := post(t, t.Context(), strings.Replace(silent.url, "http", "https", 1), "ping")
	use := &watched{ReadCloser: req.Body}
	req.Body = use
	_, err = rt.RoundTrip(req)
	if e := net.Error(nil); !errors.As(err, &e) || !e.Timeout() {
		t.Errorf("got %v, want a timeout", err)
	}
	use.check(t)
}

// tlsScript is a script behind TLS.
func tlsScript(t *testing.T, handle func(*visit)) (string, *tls.Config) {
	t.Helper()
	server, config := secure(t)
	s := newScript(t, func(v *visit) {
		c := tls.Server(v.Conn, &tls.Config{Certificates: server.TLS.Certificates, NextProtos: []string{"http/1.1"}})
		defer c.Close()
		handle(&visit{Conn: c, number: v.number, in: newReader(c)})
	})
	return strings.Replace(s.url, "http", "https", 1), config
}

// TestTLSConnectionsAreChecked: what a server says beyond its answer is found also
// where TLS has read and kept it.
func TestTLSConnectionsAreChecked(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("b", 4<<10)
	for name, c := range map[string]struct {
		answer []string
		conns  string
	}{
		"nothing":                       {[]string{pong}, "1"},
		"in the same record":            {[]string{pong + pong}, "3"},
		"in a record of its own":        {[]string{pong, pong}, "3"},
		"behind a long body":            {[]string{"HTTP/1.1 200 OK\r\nContent-Length: 4096\r\n\r\n", long + pong}, "3"},
		"behind a long body, in two":    {[]string{"HTTP/1.1 200 OK\r\nContent-Length: 4096\r\n\r\n", long, pong}, "3"},
		"an end that is said":           {[]string{pong, "close"}, "3"},
		"long, and nothing":             {[]string{"HTTP/1.1 200 OK\r\nContent-Length: 4096\r\n\r\n", long}, "1"},
		"chunks, and nothing":           {[]string{chunkedHead, "4\r\npong\r\n", "0\r\n\r\n"}, "1"},
		"chunks, and more behind it":    {[]string{chunkedHead, "4\r\npong\r\n", "0\r\n\r\n" + pong}, "3"},
		"chunks, and more in a record":  {[]string{chunkedHead, "4\r\npong\r\n", "0\r\n\r\n", pong}, "3"},
		"too much in the last record":   {[]string{"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n", "pongpong"}, "3"},
		"too much after a whole record": {[]string{"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n", "pong", "x"}, "3"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			said := make(chan string, 3)
			url, config := tlsScript(t, func(v *visit) {
				for v.request() != nil {
					for _, part := range c.answer {
						if part == "close" {
							_ = v.Conn.(*tls.Conn).CloseWrite()
							continue
						}
						v.say(part)
					}
					said <- string(rune('0' + v.number))
				}
			})
			rt := newTransport(t, http1.Options{TLSConfig: config})
			last := ""
			for range 3 {
				resp, err := rt.RoundTrip(post(t, t.Context(), url, "ping"))
				if err != nil {
					t.Fatal(err)
				}
				last = <-said
				// A buffer of exactly the body's size leaves no room to see more.
				got := make([]byte, max(resp.ContentLength, 4))
				if _, err := io.ReadFull(resp.Body, got); err != nil || strings.Trim(string(got), "b") != "" && string(got) != "pong" {
					t.Fatalf("got %q, %v", got, err)
				}
				if _, err := resp.Body.Read(got); err != io.EOF {
					t.Fatalf("then %v", err)
				}
				_ = resp.Body.Close()
			}
			if last != c.conns {
				t.Errorf("3 calls took %s connections, want %s", last, c.conns)
			}
		})
	}
}

func TestTLSContext(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{"header": "", "body": chunkedHead + "4\r\npong\r\n"} {
		for _, size := range []int{10, 30 << 20} {
			ctx, cancel := context.WithCancelCause(t.Context())
			gone := make(chan struct{})
			url, config := tlsScript(t, func(v *visit) {
				if _, err := v.in.Peek(1); err != nil {
					return
				}
				v.say(answer)
				cancel(errReason)
				v.waitGone()
				close(gone)
			})
			req := post(t, ctx, url, strings.Repeat("x", size))
			use := &watched{ReadCloser: req.Body}
			req.Body = use
			_, _, err := exchange(t, newTransport(t, http1.Options{TLSConfig: config}), req)
			if !errors.Is(err, context.Canceled) || !errors.Is(err, errReason) {
				t.Errorf("%s with %d bytes: got %v", name, size, err)
			}
			use.check(t)
			<-gone
		}
	}
}

// TestTLSEarlyAnswer: a server that reads nothing more is heard over TLS too.
func TestTLSEarlyAnswer(t *testing.T) {
	t.Parallel()
	over := make(chan struct{})
	url, config := tlsScript(t, func(v *visit) {
		if _, err := v.in.Peek(1); err != nil {
			return
		}
		v.say("HTTP/1.1 413 Too Large\r\nContent-Length: 4\r\n\r\nmuch")
		<-over
	})
	defer close(over)
	req := post(t, t.Context(), url, strings.Repeat("x", 30<<20))
	use := &watched{ReadCloser: req.Body}
	req.Body = use
	resp, body, err := exchange(t, newTransport(t, http1.Options{TLSConfig: config}), req)
	if err != nil || resp.StatusCode != http.StatusRequestEntityTooLarge || body != "much" {
		t.Errorf("got %q, %v", body, err)
	}
	use.check(t)
}
