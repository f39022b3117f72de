package clients

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// exchange is one call as it passed a tap.
type exchange struct {
	seenRequest
	Method string
	Status int
	// Failure is the body of an answer that is not a success.
	Failure string
}

// tap stands between a client and the gateway and notes what passes, so that
// what the client sent can be compared with what the vendor got.
type tap struct {
	// URL is where the tap listens.
	URL string

	mu    sync.Mutex // guards calls
	calls []exchange
}

// startTap starts a tap in front of the gateway at target; it ends with the test.
func startTap(t *testing.T, target string) *tap {
	t.Helper()
	to, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	p := &tap{}
	proxy := &httputil.ReverseProxy{
		Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(to) },
		ModifyResponse: p.note,
		FlushInterval:  -1, // each write at once, as streams need
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		// The proxy passes the body on wrapped; note finds it by the context.
		proxy.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), bodyKey{}, string(body))))
	}))
	t.Cleanup(srv.Close)
	p.URL = srv.URL
	return p
}

// bodyKey is the key of the request's body in its context.
type bodyKey struct{}

// note writes down a call when the head of its answer has come.
func (p *tap) note(resp *http.Response) error {
	x := exchange{Method: resp.Request.Method, Status: resp.StatusCode}
	x.Path = resp.Request.URL.RequestURI()
	x.Header = resp.Request.Header.Clone()
	x.Body, _ = resp.Request.Context().Value(bodyKey{}).(string)
	if resp.StatusCode >= http.StatusBadRequest {
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			return err
		}
		resp.Body.Close()
		resp.Body = io.NopCloser(bytes.NewReader(text))
		x.Failure = string(text)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls = append(p.calls, x)
	return nil
}

// posts are the calls that ask a model for something, in order.
func (p *tap) posts() []exchange {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []exchange
	for _, x := range p.calls {
		if x.Method == http.MethodPost && strings.Contains(x.Path, "/messages") {
			out = append(out, x)
		}
	}
	return out
}
