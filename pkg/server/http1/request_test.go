package http1

import (
	"bufio"
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const plainHead = "POST /v1/messages?beta=true HTTP/1.1\r\nHost: 127.0.0.1:4000\r\ncontent-type: application/json\r\n" +
	"X-Api-Key: sk-a\r\nX-API-KEY: sk-b\r\nAccept: \t*/* \r\nContent-Length: 12\r\nConnection: keep-alive\r\n\r\n"

func TestParseHead(t *testing.T) {
	t.Parallel()
	req := new(http.Request)
	if !parseHead([]byte(plainHead), req) {
		t.Fatal("not plain")
	}
	want := http.Header{
		"Content-Type": {"application/json"}, "X-Api-Key": {"sk-a", "sk-b"}, "Accept": {"*/*"},
		"Content-Length": {"12"}, "Connection": {"keep-alive"},
	}
	if diff := cmp.Diff(want, req.Header); diff != "" {
		t.Errorf("header: -want +got:\n%s", diff)
	}
	if req.Method != http.MethodPost || req.RequestURI != "/v1/messages?beta=true" || req.URL.Path != "/v1/messages" ||
		req.URL.RawQuery != "beta=true" || req.Host != "127.0.0.1:4000" || req.ContentLength != 12 || req.Close {
		t.Errorf("%+v", req)
	}
}

// TestWhatIsNotPlain is left to net/http, whether it takes it or not.
func TestWhatIsNotPlain(t *testing.T) {
	t.Parallel()
	const host = "Host: a\r\n"
	for name, head := range map[string]string{
		"another method":      "PUT / HTTP/1.1\r\n" + host + "\r\n",
		"a method in part":    "POS / HTTP/1.1\r\n" + host + "\r\n",
		"HTTP/1.0":            "GET / HTTP/1.0\r\n" + host + "\r\n",
		"no target":           "GET  HTTP/1.1\r\n" + host + "\r\n",
		"a blank in it":       "GET /a b HTTP/1.1\r\n" + host + "\r\n",
		"an absolute target":  "GET http://a/ HTTP/1.1\r\n" + host + "\r\n",
		"bytes above ASCII":   "GET /\xc3\xa4 HTTP/1.1\r\n" + host + "\r\n",
		"a broken escape":     "GET /%zz HTTP/1.1\r\n" + host + "\r\n",
		"no host":             "GET / HTTP/1.1\r\n\r\n",
		"two hosts":           "GET / HTTP/1.1\r\n" + host + host + "\r\n",
		"an empty host":       "GET / HTTP/1.1\r\nHost:\r\n\r\n",
		"a host with a blank": "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
		"a bare line feed":    "GET / HTTP/1.1\n" + host + "\r\n",
		"one in the fields":   "GET / HTTP/1.1\r\n" + host + "A: b\n\r\n",
		"a folded line":       "GET / HTTP/1.1\r\n" + host + "A: b\r\n c\r\n\r\n",
		"a blank in a name":   "GET / HTTP/1.1\r\n" + host + "A : b\r\n\r\n",
		"a control character": "GET / HTTP/1.1\r\n" + host + "A: b\x00\r\n\r\n",
		"a chunked body":      "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n",
		"both lengths":        "POST / HTTP/1.1\r\n" + host + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
		"two lengths":         "POST / HTTP/1.1\r\n" + host + "Content-Length: 1\r\nContent-Length: 1\r\n\r\n",
		"a signed length":     "POST / HTTP/1.1\r\n" + host + "Content-Length: +1\r\n\r\n",
		"a list of lengths":   "POST / HTTP/1.1\r\n" + host + "Content-Length: 1, 1\r\n\r\n",
		"an empty length":     "POST / HTTP/1.1\r\n" + host + "Content-Length:\r\n\r\n",
		"a huge length":       "POST / HTTP/1.1\r\n" + host + "Content-Length: 9223372036854775808\r\n\r\n",
		"a body of GET":       "GET / HTTP/1.1\r\n" + host + "Content-Length: 1\r\n\r\n",
		"expect":              "POST / HTTP/1.1\r\n" + host + "Expect: 100-continue\r\nContent-Length: 1\r\n\r\n",
		"upgrade":             "GET / HTTP/1.1\r\n" + host + "Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
		"connection options":  "GET / HTTP/1.1\r\n" + host + "Connection: close, x-a\r\n\r\n",
		"HTTP/2":              "PRI * HTTP/2.0\r\n\r\n",
		"too many fields":     "GET / HTTP/1.1\r\n" + host + strings.Repeat("A: b\r\n", 600) + "\r\n",
	} {
		if parseHead([]byte(head), new(http.Request)) {
			t.Errorf("%s is taken for plain", name)
		}
	}
}

func TestParseHeadAllocatesLittle(t *testing.T) {
	head := []byte(plainHead)
	req := new(http.Request)
	allocs := testing.AllocsPerRun(100, func() {
		*req = http.Request{}
		parseHead(head, req)
	})
	// The text, the URL, the map with its buckets, the values, and those of the field
	// that is there twice.
	if allocs > 8 {
		t.Errorf("%v allocations", allocs)
	}
}

// FuzzParseHead holds the loop to what net/http reads: whatever is plain here must be
// the same request there.
func FuzzParseHead(f *testing.F) {
	for _, head := range []string{
		plainHead, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "HEAD //a/../b?c#d HTTP/1.1\r\nHost: [::1]:80\r\nConnection: close\r\n\r\n",
		"POST /%2F?%zz HTTP/1.1\r\nHost: a\r\nA:\r\nTe: trailers\r\n\r\n", "GET /*?? HTTP/1.1\r\nHost: a\r\nA: \xff\r\n\r\n",
	} {
		f.Add([]byte(head))
	}
	f.Fuzz(func(t *testing.T, head []byte) {
		end := bytes.Index(head, headEnd)
		if end < 0 {
			return
		}
		head = head[:end+len(headEnd)]
		want, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(head)))
		got := new(http.Request)
		if !parseHead(bytes.Clone(head), got) {
			return
		}
		if err != nil {
			t.Fatalf("plain, and net/http: %v", err)
		}
		if got.Method != want.Method || got.RequestURI != want.RequestURI || got.Host != want.Host ||
			got.ContentLength != want.ContentLength || got.Close != want.Close {
			t.Errorf("got %+v, want %+v", got, want)
		}
		if diff := cmp.Diff(want.URL, got.URL); diff != "" {
			t.Errorf("URL: -want +got:\n%s", diff)
		}
		if diff := cmp.Diff(want.Header, got.Header); diff != "" {
			t.Errorf("header: -want +got:\n%s", diff)
		}
	})
}

func BenchmarkParseHead(b *testing.B) {
	head := []byte(plainHead)
	template := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
	b.ReportAllocs()
	for b.Loop() {
		if !parseHead(head, template.WithContext(b.Context())) {
			b.Fatal("not plain")
		}
	}
}
