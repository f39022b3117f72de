package http1_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/llmgw/llmgw/pkg/provider/http1"
)

// valid are answers that every client reads alike.
var valid = map[string]string{
	"length":              "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
	"length twice":        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
	"empty":               "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
	"no reason":           "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nab",
	"long reason":         "HTTP/1.1 404 Not Found, sorry\r\nContent-Length: 0\r\n\r\n",
	"line feeds":          "HTTP/1.1 200 OK\nContent-Length: 2\n\nab",
	"fields twice":        "HTTP/1.1 200 OK\r\nSet-Cookie: a\r\nX-A: 1\r\nset-cookie: b\r\nContent-Length: 0\r\n\r\n",
	"odd names":           "HTTP/1.1 200 OK\r\nx-lower-CASE: 1\r\nX_Y.z!: 2\r\nETAG: \"a\"\r\nContent-length: 0\r\n\r\n",
	"odd values":          "HTTP/1.1 200 OK\r\nA:\r\nB:  spaced \t\r\nC: a:b\r\nD: gr\xc3\xbc\xc3\x9fe\r\nContent-Length: 0\r\n\r\n",
	"chunks":              "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n",
	"chunks, capitals":    "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\nA\r\n0123456789\r\na;x=y\r\n0123456789\r\n0 \t\r\n\r\n",
	"chunks, none":        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	"chunks, zeros":       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0005\r\nhello\r\n000\r\n\r\n",
	"until close":         "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nall of it",
	"until close, empty":  "HTTP/1.1 200 OK\r\n\r\n",
	"asks to close":       "HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 2\r\n\r\nab",
	"asks for more":       "HTTP/1.1 200 OK\r\nConnection: x, close, y\r\nContent-Length: 2\r\n\r\nab",
	"old":                 "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nab",
	"old, kept":           "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nab",
	"old, until close":    "HTTP/1.0 200 OK\r\n\r\nab",
	"204":                 "HTTP/1.1 204 No Content\r\nX: y\r\n\r\n",
	"304":                 "HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n",
	"interim":             "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab",
	"length and chunks":   "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
	"status out of range": "HTTP/1.1 999 ?\r\nContent-Length: 0\r\n\r\n",
	"many fields":         "HTTP/1.1 200 OK\r\n" + manyFields(40) + "Content-Length: 2\r\n\r\nab",
	"long field":          "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("v", 20<<10) + "\r\nContent-Length: 2\r\n\r\nab",
	"long body":           "HTTP/1.1 200 OK\r\nContent-Length: 20000\r\n\r\n" + strings.Repeat("0123456789", 2000),
	"long chunk":          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4e20\r\n" + strings.Repeat("0123456789", 2000) + "\r\n0\r\n\r\n",
}

func manyFields(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "X-Field-%d: %d\r\n", i, i)
	}
	return b.String()
}

// plain is a response without what two clients cannot have in common.
type plain struct {
	Status           string
	Code             int
	Proto            string
	Major, Minor     int
	Header           http.Header
	Length           int64
	TransferEncoding []string
	Close            bool
	Body             string
}

func plainOf(resp *http.Response, body string) plain {
	return plain{
		resp.Status, resp.StatusCode, resp.Proto, resp.ProtoMajor, resp.ProtoMinor, resp.Header,
		resp.ContentLength, resp.TransferEncoding, resp.Close, body,
	}
}

func TestAnswersAreThoseOfNetHTTP(t *testing.T) {
	t.Parallel()
	for name, text := range valid {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScript(t, func(v *visit) {
				if v.request() != nil {
					v.say(text)
				}
			})
			theirs := &http.Transport{DisableCompression: true, DisableKeepAlives: false}
			t.Cleanup(theirs.CloseIdleConnections)
			want, wantBody, err := exchange(t, theirs, post(t, t.Context(), s.url, "ping"))
			if err != nil {
				t.Fatal(err)
			}
			got, gotBody, err := exchange(t, newTransport(t, http1.Options{}), post(t, t.Context(), s.url, "ping"))
			if err != nil {
				t.Fatal(err)
			}
			expect := plainOf(want, wantBody)
			if name == "length and chunks" {
				expect.Close = true // stricter than net/http, which goes on
			}
			if diff := cmp.Diff(expect, plainOf(got, gotBody)); diff != "" {
				t.Errorf("net/http (-) and this (+):\n%s", diff)
			}
		})
	}
}

// TestAnswersHoweverTheyAreCut plays every answer in pieces of every size.
func TestAnswersHoweverTheyAreCut(t *testing.T) {
	t.Parallel()
	for name, text := range valid {
		sizes := []int{1, 2, 3, 5, 7, 4095, 4096, 4097, len(text)}
		for cut := 1; cut < len(text) && len(text) < 300; cut++ {
			sizes = append(sizes, cut)
		}
		whole, body := played(t, name, text, len(text)+1)
		for _, size := range sizes {
			resp, got := played(t, name, text, size)
			if diff := cmp.Diff(plainOf(whole, body), plainOf(resp, got)); diff != "" {
				t.Fatalf("%s in pieces of %d (-whole +cut):\n%s", name, size, diff)
			}
		}
	}
}

func played(t *testing.T, name, text string, size int) (*http.Response, string) {
	t.Helper()
	opts, _ := play(text, size)
	resp, body, err := exchange(t, newTransport(t, opts), post(t, t.Context(), "http://h.example/", "ping"))
	if err != nil {
		t.Fatalf("%s in pieces of %d: %v", name, size, err)
	}
	return resp, body
}

func TestHeadHasNoBody(t *testing.T) {
	t.Parallel()
	s := newScript(t, answering("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"))
	rt := newTransport(t, http1.Options{})
	for range 3 {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodHead, s.url, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, body, err := exchange(t, rt, req)
		if err != nil || body != "" || resp.ContentLength != 9 {
			t.Fatalf("got %+v, %q, %v", resp, body, err)
		}
	}
	if n := s.conns.Load(); n != 1 {
		t.Errorf("took %d connections, want 1", n)
	}
}

// refused are answers that must fail, before or in the body. What is cut off is
// added by the test itself.
var refused = map[string]string{
	"nothing":                  "",
	"garbage":                  "\x16\x03\x01\x02\x00\x01\x00\x01",
	"empty line first":         "\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
	"another protocol":         "HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n",
	"lower case protocol":      "http/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
	"ancient":                  "HTTP/0.9 200 OK\r\n\r\n",
	"short status":             "HTTP/1.1 20 OK\r\n\r\n",
	"long status":              "HTTP/1.1 2000 OK\r\n\r\n",
	"signed status":            "HTTP/1.1 +20 OK\r\n\r\n",
	"status of 0":              "HTTP/1.1 000 OK\r\n\r\n",
	"control in reason":        "HTTP/1.1 200 O\x00K\r\nContent-Length: 0\r\n\r\n",
	"return in a value":        "HTTP/1.1 200 OK\r\nA: b\rc\r\nContent-Length: 0\r\n\r\n",
	"zero in a value":          "HTTP/1.1 200 OK\r\nA: b\x00\r\nContent-Length: 0\r\n\r\n",
	"no colon":                 "HTTP/1.1 200 OK\r\nContent-Length\r\n\r\n",
	"no name":                  "HTTP/1.1 200 OK\r\n: x\r\n\r\n",
	"blank before the colon":   "HTTP/1.1 200 OK\r\nContent-Length : 0\r\n\r\n",
	"folded":                   "HTTP/1.1 200 OK\r\nA: b\r\n c\r\nContent-Length: 0\r\n\r\n",
	"folded at once":           "HTTP/1.1 200 OK\r\n A: b\r\nContent-Length: 0\r\n\r\n",
	"name with a letter ü":     "HTTP/1.1 200 OK\r\n\xc3\xbc: b\r\nContent-Length: 0\r\n\r\n",
	"two lengths":              "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
	"list of lengths":          "HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nab",
	"negative length":          "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
	"signed length":            "HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nab",
	"hexadecimal length":       "HTTP/1.1 200 OK\r\nContent-Length: 0x2\r\n\r\nab",
	"empty length":             "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n",
	"too great a length":       "HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775808\r\n\r\nab",
	"other coding":             "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nab",
	"two codings":              "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
	"coding twice":             "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	"coding in old":            "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	"upgrade":                  "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
	"interim for ever":         strings.Repeat("HTTP/1.1 102 Processing\r\n\r\n", 50) + "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
	"endless line":             "HTTP/1.1 200 OK\r\nA: " + strings.Repeat("b", 300<<10) + "\r\nContent-Length: 0\r\n\r\n",
	"endless header":           "HTTP/1.1 200 OK\r\n" + strings.Repeat("A: b\r\n", 100<<10) + "\r\n",
	"too many fields":          "HTTP/1.1 200 OK\r\n" + strings.Repeat("A: b\r\n", 1000) + "\r\n",
	"chunk without size":       chunkedHead + "\r\n\r\n0\r\n\r\n",
	"chunk of blank size":      chunkedHead + " 1\r\na\r\n0\r\n\r\n",
	"chunk of signed size":     chunkedHead + "+1\r\na\r\n0\r\n\r\n",
	"chunk of hex prefix":      chunkedHead + "0x1\r\na\r\n0\r\n\r\n",
	"chunk of two sizes":       chunkedHead + "1 1\r\na\r\n0\r\n\r\n",
	"blank before extension":   chunkedHead + "1 ;x\r\na\r\n0\r\n\r\n",
	"chunk too large":          chunkedHead + "fffffffffffffffff\r\na\r\n0\r\n\r\n",
	"chunk with a line feed":   chunkedHead + "1\na\r\n0\r\n\r\n",
	"chunk with a return":      chunkedHead + "1\r\ra\r\n0\r\n\r\n",
	"chunk with a bare end":    chunkedHead + "1\r\na\n0\r\n\r\n",
	"chunk longer than said":   chunkedHead + "1\r\nab\r\n0\r\n\r\n",
	"extension that hides":     chunkedHead + "1;\na\r\n0\r\n\r\n",
	"extension without end":    chunkedHead + "1;" + strings.Repeat("x", 5<<10) + "\r\na\r\n0\r\n\r\n",
	"extensions only":          chunkedHead + strings.Repeat("1;"+strings.Repeat("x", 1<<10)+"\r\na\r\n", 50) + "0\r\n\r\n",
	"trailer that is none":     chunkedHead + "0\r\nGET / HTTP/1.1\r\n\r\n",
	"trailer without end":      chunkedHead + "0\r\n" + strings.Repeat("A: b\r\n", 1000) + "\r\n",
	"trailer with a line feed": chunkedHead + "0\r\nA: b\n\r\n",
}

const chunkedHead = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

func TestBadAnswersAreErrors(t *testing.T) {
	t.Parallel()
	for name, text := range refused {
		for _, size := range []int{1, 7, 1 << 20} {
			opts, c := play(text, size)
			_, body, err := exchange(t, newTransport(t, opts), post(t, t.Context(), "http://h.example/", "ping"))
			if err == nil {
				t.Errorf("%s in pieces of %d: got %q, want an error", name, size, body)
			}
			if !c.closed {
				t.Errorf("%s: the connection is open after %v", name, err)
			}
		}
	}
}

// TestCutAnswersAreErrors ends every answer at every byte before its end.
func TestCutAnswersAreErrors(t *testing.T) {
	t.Parallel()
	for name, text := range valid {
		if len(text) > 300 || strings.Contains(name, "until close") {
			continue
		}
		for n := range len(text) {
			opts, _ := play(text[:n], 1<<20)
			_, body, err := exchange(t, newTransport(t, opts), post(t, t.Context(), "http://h.example/", "ping"))
			if err == nil {
				t.Errorf("%s, cut at %d of %d: got %q", name, n, len(text), body)
			}
			if err == io.EOF {
				t.Errorf("%s, cut at %d: a bare EOF looks like an end", name, n)
			}
		}
	}
}

func TestHeaderLimit(t *testing.T) {
	t.Parallel()
	text := "HTTP/1.1 200 OK\r\nA: " + strings.Repeat("b", 900) + "\r\nContent-Length: 0\r\n\r\n"
	for limit, fits := range map[int]bool{len(text): true, len(text) - 1: false, 100: false} {
		opts, _ := play(text, 100)
		opts.MaxHeaderBytes = limit
		_, _, err := exchange(t, newTransport(t, opts), post(t, t.Context(), "http://h.example/", "ping"))
		if (err == nil) != fits {
			t.Errorf("limit of %d for %d bytes: got %v", limit, len(text), err)
		}
	}
}

// FuzzResponse: whatever a server says, there is an answer or an error, in bounded
// time and memory; and no answer that net/http would not give too.
func FuzzResponse(f *testing.F) {
	for _, text := range valid {
		if len(text) < 1000 {
			f.Add([]byte(text), uint8(1))
			f.Add([]byte(text+text), uint8(200))
		}
	}
	for _, text := range refused {
		if len(text) < 1000 {
			f.Add([]byte(text), uint8(9))
		}
	}
	f.Fuzz(func(t *testing.T, text []byte, size uint8) {
		opts, c := play(string(text), 1+int(size))
		start := time.Now()
		resp, body, err := exchange(t, newTransport(t, opts), post(t, t.Context(), "http://h.example/", "ping"))
		if took := time.Since(start); took > 5*time.Second {
			t.Fatalf("took %v", took)
		}
		if err != nil {
			if !c.closed {
				t.Errorf("the connection is open after %v", err)
			}
			return
		}
		want, wantBody, err := readAsNetHTTP(text)
		if err != nil {
			t.Fatalf("got %q, net/http says %v", body, err)
		}
		if resp.StatusCode != want.StatusCode || body != wantBody {
			t.Errorf("got %d %q, net/http has %d %q", resp.StatusCode, body, want.StatusCode, wantBody)
		}
		if diff := cmp.Diff(want.Header, resp.Header); diff != "" && resp.Header["Trailer"] == nil {
			t.Errorf("header of net/http (-) and this (+):\n%s", diff)
		}
	})
}

func readAsNetHTTP(text []byte) (*http.Response, string, error) {
	in := bufio.NewReader(bytes.NewReader(text))
	for {
		resp, err := http.ReadResponse(in, &http.Request{Method: http.MethodPost})
		if err != nil {
			return nil, "", err
		}
		if resp.StatusCode >= 200 {
			body, err := io.ReadAll(resp.Body)
			if _, declared := resp.Header["Trailer"]; declared && err != nil {
				err = errors.Unwrap(err)
			}
			return resp, string(body), err
		}
	}
}
