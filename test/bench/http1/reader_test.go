package http1

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
)

// body reads the body of h and returns it whole.
func body(r *Reader, h Head) (string, error) {
	var b strings.Builder
	err := r.Body(h, func(p []byte) { b.Write(p) })
	return b.String(), err
}

func TestResponsesAreReadOneAfterTheOther(t *testing.T) {
	t.Parallel()
	const wire = "HTTP/1.1 200 OK\r\ncontent-LENGTH: 5\r\nX: y\r\n\r\nhello" +
		"HTTP/1.1 429 Too Many Requests\r\nTransfer-Encoding: chunked\r\n\r\n3;ext=1\r\nabc\r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n" +
		"HTTP/1.1 204\r\nContent-Length: 0\r\n\r\n"
	want := []struct {
		status int
		body   string
	}{{200, "hello"}, {429, "abc0123456789"}, {204, ""}}

	for name, r := range map[string]io.Reader{
		"at once":      strings.NewReader(wire),
		"byte by byte": iotest.OneByteReader(strings.NewReader(wire)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rd := NewReader(r)
			for i, w := range want {
				h, err := rd.Response()
				if err != nil {
					t.Fatalf("response %d: %v", i, err)
				}
				got, err := body(rd, h)
				if err != nil || h.Status != w.status || got != w.body {
					t.Errorf("response %d = %d %q, %v, want %d %q", i, h.Status, got, err, w.status, w.body)
				}
			}
			if _, err := rd.Response(); !errors.Is(err, io.EOF) {
				t.Errorf("after the last response: %v, want io.EOF", err)
			}
		})
	}
}

func TestRequest(t *testing.T) {
	t.Parallel()
	r := NewReader(strings.NewReader("POST /v1/messages?beta=true HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}GET / HTTP/1.1\r\n\r\n"))
	h, err := r.Request()
	if err != nil || string(h.Target) != "/v1/messages?beta=true" {
		t.Fatalf("Request() = %q, %v", h.Target, err)
	}
	if got, err := body(r, h); got != "{}" || err != nil {
		t.Errorf("body = %q, %v, want {}", got, err)
	}
	h, err = r.Request()
	if err != nil || string(h.Target) != "/" {
		t.Fatalf("second Request() = %q, %v", h.Target, err)
	}
	if got, err := body(r, h); got != "" || err != nil {
		t.Errorf("body of a GET = %q, %v, want none", got, err)
	}
}

func TestMalformedResponsesAreRefused(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, wire string
		want       error
	}{
		{"not HTTP", "hello\r\n\r\n", ErrMalformed},
		{"HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", ErrMalformed},
		{"four digits", "HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n", ErrMalformed},
		{"no length", "HTTP/1.1 200 OK\r\n\r\nhello", ErrMalformed},
		{"negative length", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", ErrMalformed},
		{"huge length", "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", ErrMalformed},
		{"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx", ErrMalformed},
		{"length and chunks", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", ErrMalformed},
		{"another coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", ErrMalformed},
		{"bad chunk size", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", ErrMalformed},
		{"huge chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n", ErrMalformed},
		{"chunk longer than said", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxyz\r\n0\r\n\r\n", ErrMalformed},
		{"endless line", "HTTP/1.1 200 " + strings.Repeat("x", maxHead), ErrMalformed},
		{"endless head", "HTTP/1.1 200 OK\r\n" + strings.Repeat("A: b\r\n", maxHead), ErrMalformed},
		{"cut head", "HTTP/1.1 200 OK\r\nContent-", io.ErrUnexpectedEOF},
		{"cut body", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell", io.ErrUnexpectedEOF},
		{"cut between chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n", io.ErrUnexpectedEOF},
		{"cut before the trailers' end", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", io.ErrUnexpectedEOF},
		{"nothing", "", io.EOF},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := NewReader(strings.NewReader(tt.wire))
			h, err := r.Response()
			if err == nil {
				_, err = body(r, h)
			}
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

// FuzzResponse compares with net/http: what both accept has one meaning.
func FuzzResponse(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"))
	f.Add([]byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n0\r\nT: x\r\n\r\n"))
	f.Add([]byte("HTTP/1.1 100 Continue\r\nContent-Length: 0\r\n\r\n"))
	f.Fuzz(func(t *testing.T, wire []byte) {
		r := NewReader(bytes.NewReader(wire))
		h, err := r.Response()
		if err != nil {
			return
		}
		got, err := body(r, h)
		if err != nil || h.Status/100 == 1 || h.Status == http.StatusNoContent || h.Status == http.StatusNotModified {
			return // net/http knows these to be without a body, whatever their fields say
		}
		std, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(wire)), nil)
		if err != nil {
			return // net/http also looks at the fields that are passed over here
		}
		defer std.Body.Close()
		want, err := io.ReadAll(std.Body)
		if err != nil {
			return
		}
		if std.StatusCode != h.Status || got != string(want) {
			t.Errorf("got %d %q, net/http reads %d %q", h.Status, got, std.StatusCode, want)
		}
	})
}

func BenchmarkResponse(b *testing.B) {
	wire := []byte("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: x\r\nContent-Length: 5\r\n\r\nhello")
	src := bytes.NewReader(wire)
	r := NewReader(src)
	b.ReportAllocs()
	for b.Loop() {
		src.Reset(wire)
		h, err := r.Response()
		if err != nil {
			b.Fatal(err)
		}
		if err := r.Body(h, func([]byte) {}); err != nil {
			b.Fatal(err)
		}
	}
}
