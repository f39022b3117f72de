package replay

import (
	"hash/fnv"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// upstreamCredential is what the gateway is configured to show to the vendor.
const upstreamCredential = "upstream-dummy-credential"

// delivery is a way to write an answer: the pieces of body, each flushed alone.
type delivery struct {
	name   string
	pieces func(id, body string) []string
}

// deliveries are the ways in which each answer is delivered.
var deliveries = []delivery{
	{"whole", func(_, body string) []string { return []string{body} }},
	{"events", func(_, body string) []string { return splitFrames(body) }},
	{"pieces", tear},
}

// tear cuts a body into pieces of one to seven bytes, anywhere: inside UTF-8
// sequences, CRLF pairs and frames. The same id is always torn the same way.
func tear(id, body string) []string {
	h := fnv.New64a()
	io.WriteString(h, id) // A hash never fails to be written.
	rng := rand.New(rand.NewPCG(h.Sum64(), 0))
	var pieces []string
	for len(body) > 0 {
		n := min(1+rng.IntN(7), len(body))
		pieces = append(pieces, body[:n])
		body = body[n:]
	}
	return pieces
}

// keptHeaders are the recorded response headers that the mock sends again: those
// that steer a client or name the request. The others belong to the transport.
var keptHeaders = []string{"content-type", "retry-after", "retry-after-ms", "x-should-retry", "request-id", "x-request-id"}

// sighting is a request as the mock vendor saw it.
type sighting struct {
	Path   string // below /x/<id>, query included
	Header http.Header
	Body   string
}

// upstream is a mock of all vendors: /x/<id>/... is answered as recorded.
type upstream struct {
	exchanges map[string]*exchange
	delivery  delivery

	mu   sync.Mutex // guards seen
	seen map[string][]sighting
}

// newUpstream makes a mock that answers from the exchanges in the given way.
func newUpstream(exchanges []*exchange, d delivery) *upstream {
	u := &upstream{exchanges: map[string]*exchange{}, delivery: d, seen: map[string][]sighting{}}
	for _, e := range exchanges {
		u.exchanges[e.ID] = e
	}
	return u
}

// ServeHTTP implements http.Handler.
func (u *upstream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.RequestURI(), "/x/"), "/")
	e, ok := u.exchanges[id]
	if !ok {
		http.Error(w, "no such exchange", http.StatusTeapot)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	u.mu.Lock()
	u.seen[id] = append(u.seen[id], sighting{Path: "/" + rest, Header: r.Header.Clone(), Body: string(body)})
	u.mu.Unlock()
	u.answer(w, e)
}

// answer writes the recorded answer.
func (u *upstream) answer(w http.ResponseWriter, e *exchange) {
	for _, name := range keptHeaders {
		if value := e.ResponseHeaders[name]; value != "" {
			w.Header().Set(name, value)
		}
	}
	if w.Header().Get("Content-Type") == "" {
		// The recorder left it out; no vendor does.
		w.Header().Set("Content-Type", contentType(e))
	}
	pieces := u.delivery.pieces(e.ID, e.ResponseBody)
	if len(pieces) == 1 {
		w.Header().Set("Content-Length", strconv.Itoa(len(e.ResponseBody)))
	}
	w.WriteHeader(e.Status)
	flusher := http.NewResponseController(w)
	for _, piece := range pieces {
		if _, err := io.WriteString(w, piece); err != nil {
			return // The gateway hung up; what it has seen is judged elsewhere.
		}
		if err := flusher.Flush(); err != nil {
			return
		}
	}
}

// contentType is the type that fits an answer recorded without one.
func contentType(e *exchange) string {
	if e.stream() {
		return "text/event-stream"
	}
	return "application/json"
}

// sightings are the requests seen for an exchange, in order.
func (u *upstream) sightings(id string) []sighting {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.seen[id]
}

func TestTear(t *testing.T) {
	t.Parallel()
	body := strings.Repeat("héllo\r\n", 50)
	pieces := tear("some id", body)
	if strings.Join(pieces, "") != body {
		t.Error("the pieces joined are not the body")
	}
	for _, p := range pieces {
		if len(p) < 1 || len(p) > 7 {
			t.Errorf("piece of %d bytes", len(p))
		}
	}
	if len(pieces) < len(body)/7 || len(pieces) == len(body) {
		t.Errorf("%d pieces of %d bytes are not random", len(pieces), len(body))
	}
}
