package http1_test

import (
	"bufio"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llmgw/llmgw/pkg/provider/http1"
)

// TestRequestsAreThoseOfNetHTTP compares what arrives.
func TestRequestsAreThoseOfNetHTTP(t *testing.T) {
	t.Parallel()
	type seen struct {
		Method, URI, Host, Proto string
		Header                   http.Header
		Length                   int64
		Body                     string
	}
	for name, c := range map[string]struct {
		method, target, body string
		change               func(*http.Request)
	}{
		"post":            {method: "POST", target: "/v1/chat/completions", body: `{"a":1}`},
		"no method":       {target: "/"},
		"no path":         {method: "GET"},
		"query":           {method: "GET", target: "/a%2fb/c d?x=1&y=%20#frag"},
		"empty post":      {method: "POST", target: "/"},
		"empty put":       {method: "PUT", target: "/"},
		"delete":          {method: "DELETE", target: "/x"},
		"odd method":      {method: "PURGE", target: "/x"},
		"body with get":   {method: "GET", target: "/", body: "x"},
		"no body object":  {method: "POST", target: "/", change: func(r *http.Request) { r.Body = http.NoBody }},
		"other host":      {method: "POST", target: "/", body: "x", change: func(r *http.Request) { r.Host = "other.example:99" }},
		"own agent":       {method: "POST", target: "/", body: "x", change: func(r *http.Request) { r.Header.Set("User-Agent", "llmgw/1") }},
		"no agent":        {method: "POST", target: "/", body: "x", change: func(r *http.Request) { r.Header["User-Agent"] = []string{""} }},
		"framing ignored": {method: "POST", target: "/", body: "x", change: func(r *http.Request) { r.Header["Content-Length"] = []string{"99"} }},
		"host ignored":    {method: "POST", target: "/", body: "x", change: func(r *http.Request) { r.Header["Host"] = []string{"evil"} }},
		"fields": {method: "POST", target: "/", body: "x", change: func(r *http.Request) {
			r.Header["X-Two"] = []string{"1", "2"}
			r.Header["x-lower"] = []string{" blank \t"}
			r.Header["X-Empty"] = []string{""}
			r.Header["X-None"] = nil
			r.Header["Te"] = []string{"trailers"}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []seen
			s := newScript(t, func(v *visit) {
				req := v.request()
				if req == nil {
					t.Error("the request cannot be read")
					return
				}
				body, _ := io.ReadAll(req.Body)
				got = append(got, seen{req.Method, req.RequestURI, req.Host, req.Proto, req.Header, req.ContentLength, string(body)})
				v.say("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
			})
			for _, rt := range []http.RoundTripper{&http.Transport{DisableCompression: true}, http1.New(http1.Options{})} {
				req := post(t, t.Context(), strings.TrimSuffix(s.url, "/path")+c.target, c.body)
				req.Method = c.method
				if c.change != nil {
					c.change(req)
				}
				before := req.Header.Clone()
				if _, _, err := exchange(t, rt, req); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(before, req.Header); diff != "" {
					t.Errorf("the request's header was changed:\n%s", diff)
				}
			}
			if name != "other host" {
				got[0].Host, got[1].Host = "", ""
			}
			if diff := cmp.Diff(got[0], got[1]); diff != "" {
				t.Errorf("net/http (-) and this (+):\n%s", diff)
			}
		})
	}
}

// TestBadRequestsSendNothing, not even a part.
func TestBadRequestsSendNothing(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*http.Request){
		"line break in a value": func(r *http.Request) { r.Header["A"] = []string{"CANARY\r\nB: c"} },
		"line feed in a value":  func(r *http.Request) { r.Header["A"] = []string{"CANARY\nB: c"} },
		"zero in a value":       func(r *http.Request) { r.Header["A"] = []string{"CANARY\x00"} },
		"line break in a name":  func(r *http.Request) { r.Header["A\r\nB"] = []string{"CANARY"} },
		"colon in a name":       func(r *http.Request) { r.Header["A:"] = []string{"CANARY"} },
		"no name":               func(r *http.Request) { r.Header[""] = []string{"CANARY"} },
		"blank in the query":    func(r *http.Request) { r.URL.RawQuery = "CANARY HTTP/1.1" },
		"line break in query":   func(r *http.Request) { r.URL.RawQuery = "a\r\nCANARY" },
	} {
		opts, c := play(pong, 1<<10)
		req := post(t, t.Context(), "http://h.example/", "ping")
		use := &watched{ReadCloser: req.Body}
		req.Body = use
		change(req)
		_, err := newTransport(t, opts).RoundTrip(req)
		if err == nil || strings.Contains(err.Error(), "CANARY") {
			t.Errorf("%s: got %v, want an error that shows nothing", name, err)
		}
		if c.written.Len() > 0 {
			t.Errorf("%s: sent %q", name, c.written.String())
		}
		use.check(t)
	}
}

var errFallback = errors.New("fallback")

// fallback notes that it was asked.
type fallback struct{ asked int }

func (f *fallback) RoundTrip(req *http.Request) (*http.Response, error) {
	f.asked++
	if req.Body != nil {
		_ = req.Body.Close()
	}
	return nil, errFallback
}

func TestFallback(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*http.Request){
		"no URL":           func(r *http.Request) { r.URL = nil },
		"no header":        func(r *http.Request) { r.Header = nil },
		"other scheme":     func(r *http.Request) { r.URL.Scheme = "ftp" },
		"opaque":           func(r *http.Request) { r.URL.Opaque = "x" },
		"no host":          func(r *http.Request) { r.URL.Host = "" },
		"host with ü":      func(r *http.Request) { r.URL.Host = "ü.example" },
		"host with blanks": func(r *http.Request) { r.Host = "a b" },
		"host with a line": func(r *http.Request) { r.Host = "a\r\nb" },
		"host with a zone": func(r *http.Request) { r.URL.Host = "[fe80::1%25eth0]:80" },
		"connect":          func(r *http.Request) { r.Method = "CONNECT" },
		"bad method":       func(r *http.Request) { r.Method = "GET /" },
		"close":            func(r *http.Request) { r.Close = true },
		"expect":           func(r *http.Request) { r.Header.Set("Expect", "100-continue") },
		"upgrade":          func(r *http.Request) { r.Header.Set("Upgrade", "websocket") },
		"connection":       func(r *http.Request) { r.Header.Set("Connection", "close") },
		"coding":           func(r *http.Request) { r.TransferEncoding = []string{"chunked"} },
		"coding in fields": func(r *http.Request) { r.Header.Set("Transfer-Encoding", "chunked") },
		"trailer":          func(r *http.Request) { r.Trailer = http.Header{"A": nil} },
		"unknown length":   func(r *http.Request) { r.ContentLength = -1 },
		"no length":        func(r *http.Request) { r.ContentLength = 0 },
		"body once":        func(r *http.Request) { r.GetBody = nil },
		"length of none":   func(r *http.Request) { r.Body = nil },
		"proxy":            func(r *http.Request) { r.Header.Set("X-Proxy", "1") },
	} {
		var f fallback
		opts, c := play(pong, 1<<10)
		opts.Fallback = &f
		opts.Proxy = func(r *http.Request) (*url.URL, error) {
			if r.Header.Get("X-Proxy") != "" {
				return &url.URL{Scheme: "http", Host: "proxy.example"}, nil
			}
			return nil, nil //nolint:nilnil // as http.ProxyFromEnvironment
		}
		req := post(t, t.Context(), "http://h.example/", "ping")
		change(req)
		_, err := newTransport(t, opts).RoundTrip(req)
		if f.asked != 1 || !errors.Is(err, errFallback) || c.written.Len() > 0 {
			t.Errorf("%s: the fallback was asked %d times, %v", name, f.asked, err)
		}
	}
}

func TestWithoutFallback(t *testing.T) {
	t.Parallel()
	for _, opts := range []http1.Options{{}, {Proxy: func(*http.Request) (*url.URL, error) { return nil, errReason }}} {
		req := post(t, t.Context(), "http://h.example/", "ping")
		req.Close = opts.Proxy == nil
		use := &watched{ReadCloser: req.Body}
		req.Body = use
		if _, err := newTransport(t, opts).RoundTrip(req); err == nil || opts.Proxy != nil && !errors.Is(err, errReason) {
			t.Errorf("got %v", err)
		}
		use.check(t)
	}
}

// FuzzRequest: whatever a caller puts into a request, a server reads one request
// with the same fields, or nothing is sent.
func FuzzRequest(f *testing.F) {
	f.Add("POST", "/path", "q=1", "X-Name", "value", "body")
	f.Add("GET", "/a b", "", "x", " v ", "")
	f.Add("POST", "/", "a\r\nb", "Content-Length", "5", "GET / HTTP/1.1\r\n\r\n")
	f.Add("POST", "/\r\n", "", "A\r\nB", "c\r\n\r\n", "x")
	f.Fuzz(func(t *testing.T, method, path, query, name, value, body string) {
		opts, c := play(pong, 1<<10)
		req := post(t, t.Context(), "http://h.example/", body)
		req.Method, req.URL.Path, req.URL.RawQuery = method, path, query
		req.Header[name] = []string{value}
		if _, _, err := exchange(t, newTransport(t, opts), req); err != nil {
			if c.written.Len() > 0 {
				t.Errorf("%v, but sent %q", err, c.written.String())
			}
			return
		}
		in := bufio.NewReader(&c.written)
		got, err := http.ReadRequest(in)
		if err != nil {
			t.Skip("net/http is stricter about paths") // such as an empty port, or "*"
		}
		gotBody, err := io.ReadAll(got.Body)
		if err != nil || string(gotBody) != body || in.Buffered() > 0 || c.written.Len() > 0 {
			t.Errorf("got body %q, %v, and %d bytes behind it", gotBody, err, in.Buffered()+c.written.Len())
		}
		for field := range got.Header {
			if field != "User-Agent" && field != "Content-Length" && !strings.EqualFold(field, name) {
				t.Errorf("a field %q appeared", field)
			}
		}
	})
}
