package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"
)

// How the mock vendor treats a call: order.Do.
const (
	answerWell  = "answer" // as asked
	answerBig   = "big"    // a stream of megabytes
	failServer  = "500"
	failLimit   = "429"
	failInput   = "400"
	cutEarly    = "cut-early" // closes the connection before it answers
	cutMiddle   = "cut"       // closes it in the middle of the answer
	neverAnswer = "never"     // is silent until the call is given up
	fallSilent  = "silent"    // begins a stream and is silent then
	waitForGate = "gate"      // waits at vendor.gate, then answers
)

// order says what the vendor shall do with a call. It travels in the prompt.
type order struct {
	ID            string        `json:"id"`
	Key           string        `json:"key"`
	Do            string        `json:"do"`
	Input, Output int64         // usage to report
	Wait          time.Duration // before the answer; in streams, between its pieces
	Pieces        int           // of a stream
}

// cost is what the vendor bills for the order in nano-dollars.
func (o *order) cost() int64 { return o.Input*inputPrice + o.Output*outputPrice }

// inPrompt finds the order in a body: JSON in a JSON string, with its quotes
// replaced lest they need escapes.
var inPrompt = regexp.MustCompile(`<order>([^<]*)</order>`)

// prompt is the text that carries the order.
func (o *order) prompt() string {
	b, err := json.Marshal(o)
	if err != nil {
		panic(err) // plain fields always marshal
	}
	return "<order>" + strings.ReplaceAll(string(b), `"`, `'`) + "</order>"
}

func parseOrder(body []byte) (o order, ok bool) {
	m := inPrompt.FindSubmatch(body)
	if m == nil {
		return o, false
	}
	return o, json.Unmarshal(bytes.ReplaceAll(m[1], []byte(`'`), []byte(`"`)), &o) == nil
}

// vendor is a mock of OpenAI's and Anthropic's APIs that obeys orders. A call
// without one gets a short answer. It bills every call it has received whole,
// also where nobody waits for the answer any more.
type vendor struct {
	*httptest.Server

	mu     sync.Mutex // guards what follows
	billed []order
	bodies [][]byte // of the last calls without an order
	gate   *gate
}

// keptBodies is how many bodies of calls without an order are kept.
const keptBodies = 64

// gate holds calls back until all that are expected have come.
type gate struct {
	missing int
	full    chan struct{} // closed when the last one comes
	open    chan struct{} // closed by the test
}

func startVendor(t *testing.T) *vendor {
	t.Helper()
	v := &vendor{}
	v.Server = httptest.NewServer(v)
	t.Cleanup(v.Close)
	return v
}

// newGate makes calls that are ordered to it wait until n have come and open is
// closed.
func (v *vendor) newGate(n int) *gate {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.gate = &gate{missing: n, full: make(chan struct{}), open: make(chan struct{})}
	return v.gate
}

// bills are the orders of the calls billed so far.
func (v *vendor) bills() []order {
	v.mu.Lock()
	defer v.mu.Unlock()
	return append([]order(nil), v.billed...)
}

// lastBody is the newest body that came without an order.
func (v *vendor) lastBody() []byte {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.bodies) == 0 {
		return nil
	}
	return v.bodies[len(v.bodies)-1]
}

// ServeHTTP implements http.Handler.
func (v *vendor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // The caller left.
	}
	a := &vendorAnswer{w: w, r: r, anthropic: strings.HasSuffix(r.URL.Path, "/messages")}
	o, ok := parseOrder(body)
	if !ok {
		v.answerUnordered(a, body)
		return
	}
	a.order, a.stream = o, bytes.Contains(body, []byte(`"stream":true`))
	a.usage = a.anthropic || bytes.Contains(body, []byte(`"include_usage":true`))
	v.bill(o)
	v.obey(a)
}

// answerUnordered judges a body as vendors do and answers with a word.
func (v *vendor) answerUnordered(a *vendorAnswer, body []byte) {
	var head struct {
		Stream   any               `json:"stream"`
		Messages []json.RawMessage `json:"messages"`
	}
	v.mu.Lock()
	v.bodies = append(v.bodies, body)
	v.bodies = v.bodies[max(0, len(v.bodies)-keptBodies):]
	v.mu.Unlock()
	if !utf8.Valid(body) || json.Unmarshal(body, &head) != nil {
		a.fail(http.StatusBadRequest)
		return
	}
	a.order = order{Input: 5, Output: 2, Pieces: 1}
	a.stream, a.usage = head.Stream == true, true
	a.whole()
}

// bill notes what the call costs. Refused calls are free.
func (v *vendor) bill(o order) {
	switch o.Do {
	case failServer, failLimit, failInput:
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.billed = append(v.billed, o)
}

// obey does what the order says.
func (v *vendor) obey(a *vendorAnswer) {
	switch a.order.Do {
	case failServer:
		a.fail(http.StatusInternalServerError)
	case failLimit:
		a.fail(http.StatusTooManyRequests)
	case failInput:
		a.fail(http.StatusBadRequest)
	case cutEarly:
		panic(http.ErrAbortHandler)
	case neverAnswer:
		<-a.r.Context().Done()
	case waitForGate:
		v.mu.Lock()
		g := v.gate
		if g.missing--; g.missing == 0 {
			close(g.full)
		}
		v.mu.Unlock()
		if a.waitFor(g.open) {
			a.whole()
		}
	default:
		a.whole()
	}
}

// vendorAnswer is an answer that is being written.
type vendorAnswer struct {
	w                        http.ResponseWriter
	r                        *http.Request
	order                    order
	anthropic, stream, usage bool
}

// waitFor reports whether the channel closed before the caller left.
func (a *vendorAnswer) waitFor(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	case <-a.r.Context().Done():
		return false
	}
}

// pause waits as ordered and reports whether the caller is still there.
func (a *vendorAnswer) pause() bool {
	if a.order.Wait <= 0 {
		return true
	}
	timer := time.NewTimer(a.order.Wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-a.r.Context().Done():
		return false
	}
}

// fail refuses the call in the dialect it came in.
func (a *vendorAnswer) fail(status int) {
	a.w.Header().Set("Content-Type", "application/json")
	a.w.WriteHeader(status)
	if a.anthropic {
		fmt.Fprint(a.w, `{"type":"error","error":{"type":"invalid_request_error","message":"the mock refuses"}}`)
		return
	}
	fmt.Fprint(a.w, `{"error":{"message":"the mock refuses","type":"invalid_request_error","param":null,"code":null}}`)
}

// whole answers as ordered, in one piece or as a stream.
func (a *vendorAnswer) whole() {
	if a.stream {
		a.events()
		return
	}
	if !a.pause() {
		return
	}
	body := a.unary()
	a.w.Header().Set("Content-Type", "application/json")
	a.w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	if a.order.Do == cutMiddle {
		a.w.Write(body[:len(body)/2])
		http.NewResponseController(a.w).Flush()
		panic(http.ErrAbortHandler)
	}
	a.w.Write(body)
}

func (a *vendorAnswer) unary() []byte {
	o := &a.order
	if a.anthropic {
		return fmt.Appendf(nil, `{"id":"msg_1","type":"message","role":"assistant","model":"mock","content":[{"type":"text","text":"word"}],`+
			`"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":%d,"output_tokens":%d}}`, o.Input, o.Output)
	}
	return fmt.Appendf(nil, `{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"mock",`+
		`"choices":[{"index":0,"message":{"role":"assistant","content":"word"},"finish_reason":"stop"}],`+
		`"usage":{"prompt_tokens":%d,"completion_tokens":%d,"total_tokens":%d}}`, o.Input, o.Output, o.Input+o.Output)
}

// bigPiece is the text of one event of a big stream.
var bigPiece = strings.Repeat("big ", 16<<10)

// events writes a stream: begin, pieces, and the end with usage.
func (a *vendorAnswer) events() {
	a.w.Header().Set("Content-Type", "text/event-stream")
	begin, piece, end := a.frames()
	pieces, text := a.order.Pieces, "word "
	if a.order.Do == answerBig {
		pieces, text = 256, bigPiece
	}
	if !a.pause() || !a.send(begin) {
		return
	}
	for i := range pieces {
		if !a.send(fmt.Sprintf(piece, text)) || !a.pause() {
			return
		}
		if i < pieces/2 {
			continue
		}
		switch a.order.Do {
		case cutMiddle:
			panic(http.ErrAbortHandler)
		case fallSilent:
			<-a.r.Context().Done()
			return
		}
	}
	for _, frame := range end {
		if !a.send(frame) || !a.pause() {
			return
		}
	}
}

// frames are the parts of a stream: its begin, a piece with a verb for the text,
// and the frames of its end, the first of which has the stop reason.
func (a *vendorAnswer) frames() (begin, piece string, end []string) {
	o := &a.order
	if a.anthropic {
		begin = fmt.Sprintf("event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"mock\",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":{\"input_tokens\":%d,\"output_tokens\":1}}}\n\n"+
			"event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n", o.Input)
		piece = "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"%s\"}}\n\n"
		end = []string{
			"event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n" +
				fmt.Sprintf("event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":%d}}\n\n", o.Output),
			"event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
		}
		return begin, piece, end
	}
	const chunk = "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"mock\",\"choices\":[{\"index\":0,\"delta\":%s,\"finish_reason\":%s}]}\n\n"
	begin = fmt.Sprintf(chunk, `{"role":"assistant","content":""}`, "null")
	piece = strings.Replace(fmt.Sprintf(chunk, `{"content":"WORD"}`, "null"), "WORD", "%s", 1)
	end = []string{fmt.Sprintf(chunk, `{}`, `"stop"`)}
	if a.usage {
		end = append(end, fmt.Sprintf("data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"mock\",\"choices\":[],\"usage\":{\"prompt_tokens\":%d,\"completion_tokens\":%d,\"total_tokens\":%d}}\n\n", o.Input, o.Output, o.Input+o.Output))
	}
	return begin, piece, append(end, "data: [DONE]\n\n")
}

// send writes a frame at once and reports whether the caller is still there.
func (a *vendorAnswer) send(frame string) bool {
	if _, err := io.WriteString(a.w, frame); err != nil {
		return false
	}
	return http.NewResponseController(a.w).Flush() == nil
}
