package providertest

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/llmgw/llmgw/pkg/dialect"
	"github.com/llmgw/llmgw/pkg/dialect/anthropic"
	"github.com/llmgw/llmgw/pkg/dialect/openai"
	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/provider"
	"github.com/llmgw/llmgw/pkg/secret"
)

// vendor is a mock on loopback and the provider in front of it.
type vendor struct {
	subject  Subject
	provider llm.Provider
	// handle answers; the body has been read.
	handle atomic.Pointer[http.HandlerFunc]
	seen   atomic.Pointer[seen]
	conns  atomic.Int64
}

// seen is a request as it arrived.
type seen struct {
	method, uri string
	header      http.Header
	body        []byte
}

// newVendor starts a vendor; it ends with the test.
func newVendor(t *testing.T, s Subject) *vendor { return newVendorWithin(t, s, provider.Timeouts{}) }

// newVendorWithin is newVendor with time limits on the provider.
func newVendorWithin(t *testing.T, s Subject, limits provider.Timeouts) *vendor {
	t.Helper()
	v := &vendor{subject: s}
	server := httptest.NewUnstartedServer(v)
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			v.conns.Add(1)
		}
	}
	server.Start()
	rt, err := s.transport()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		rt.CloseIdleConnections()
		server.CloseClientConnections()
		server.Close()
	})
	v.provider, err = s.New(Endpoint{
		BaseURL: server.URL + s.Base, Credential: secret.New(ownCredential), Timeouts: limits, Transport: rt,
	})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// ServeHTTP notes the request and answers as the test wants.
func (v *vendor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	v.seen.Store(&seen{r.Method, r.RequestURI, r.Header.Clone(), body})
	(*v.handle.Load())(w, r)
}

// answers sets what the vendor does.
func (v *vendor) answers(h http.HandlerFunc) *vendor {
	v.handle.Store(&h)
	return v
}

// write answers with a body of some type.
func write(status int, media, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", media)
		w.Header().Set("Request-Id", "req_vendor")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// pieces writes a stream in pieces, each by itself.
func pieces(list []string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		flush := http.NewResponseController(w)
		for _, p := range list {
			_, _ = io.WriteString(w, p)
			_ = flush.Flush() // the test may have gone
		}
	}
}

// stall writes the pieces and then waits until the provider is gone.
func stall(gone chan<- struct{}, list ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if len(list) > 0 {
			pieces(list)(w, r)
		}
		<-r.Context().Done()
		close(gone)
	}
}

// givenModel is the model that the vendor is asked for. No rule of the table of
// vendors matches it.
const givenModel = "org/given"

// request is a client's request, read as the gateway reads it.
func (s Subject) request(t *testing.T, op llm.Op) *llm.Request {
	t.Helper()
	body := s.conversations()[op].Request
	head := new(llm.Head)
	if err := frontend(s.Dialect).Inspect(op, []byte(body), head); err != nil {
		t.Fatal(err)
	}
	return &llm.Request{
		Op: op, Dialect: s.Dialect, Model: givenModel, Body: llm.BytesBody(body), Header: llm.Header{},
		Edits: llm.Edits{Head: head, Model: givenModel},
	}
}

// streamRequest is a request for a stream.
func (s Subject) streamRequest(t *testing.T, op llm.Op) *llm.Request {
	t.Helper()
	r := s.request(t, op)
	r.Stream = true
	return r
}

func frontend(d llm.Dialect) dialect.Frontend {
	if d == llm.Anthropic {
		return anthropic.Frontend{}
	}
	return openai.Frontend{}
}

// drain reads a stream to its end and closes it: all its bytes, the last event,
// and the error that ended it.
func drain(t *testing.T, s llm.Stream) (string, llm.Event, error) {
	t.Helper()
	var all strings.Builder
	var last llm.Event
	ev, err := s.Next()
	for ; err == nil; ev, err = s.Next() {
		if last.Kind == llm.End || last.Kind == llm.Failure {
			t.Errorf("an event of kind %d after the last", ev.Kind)
		}
		all.Write(ev.Raw)
		last = ev
		last.Raw = bytes.Clone(ev.Raw)
	}
	if closing := s.Close(); closing != nil {
		t.Errorf("Close: %v", closing)
	}
	return all.String(), last, err
}

// wantKind checks an error's kind, and that its public text gives nothing away.
func wantKind(t *testing.T, err error, kind llm.Kind) *llm.Error {
	t.Helper()
	var e *llm.Error
	if !errors.As(err, &e) || e.Kind != kind {
		t.Fatalf("got error %v, want kind %s", err, kind)
	}
	for _, private := range []string{"127.0.0.1", ownCredential, canary} {
		if strings.Contains(e.Message, private) {
			t.Errorf("the public message %q has %q in it", e.Message, private)
		}
	}
	return e
}
