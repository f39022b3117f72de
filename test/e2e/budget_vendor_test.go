package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// The prices of Claude Sonnet 4.5 in nano-dollars for one token, as in the catalogue.
const (
	sonnetInput   = 3_000
	sonnetWrite5m = 3_750
	sonnetOutput  = 15_000
)

// meteringVendor is a mock of Anthropic's API that counts tokens by a rule of its
// own and keeps a bill: a call is billed whole as soon as it has come in whole,
// whether or not anybody reads the answer.
type meteringVendor struct {
	*httptest.Server

	// uses is how many tokens of output a call has, if it may.
	uses int64
	// pace is how long an answer takes.
	pace time.Duration
	// countless says that it has no way to count.
	countless bool

	billed, calls, counts, starved atomic.Int64

	mu   sync.Mutex // guards most
	most int64      // of input in one call
}

func startMeteringVendor(t *testing.T, uses int64, pace time.Duration) *meteringVendor {
	t.Helper()
	v := &meteringVendor{uses: uses, pace: pace}
	v.Server = httptest.NewServer(v)
	t.Cleanup(v.Close)
	return v
}

// meteredCall is what the vendor reads of a body.
type meteredCall struct {
	System    json.RawMessage `json:"system"`
	Messages  json.RawMessage `json:"messages"`
	MaxTokens int64           `json:"max_tokens"`
	Stream    bool            `json:"stream"`
}

// input is how many tokens the call has: a quarter of its ASCII, and five for four
// other characters.
func (c *meteredCall) input() int64 {
	var ascii, other int64
	for _, r := range string(c.System) + string(c.Messages) {
		if r < 0x80 {
			ascii++
		} else {
			other++
		}
	}
	return 8 + ascii/4 + other*5/4
}

// ServeHTTP implements http.Handler.
func (v *meteringVendor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // The caller left.
	}
	var c meteredCall
	if err := json.Unmarshal(body, &c); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if strings.HasSuffix(r.URL.Path, "/count_tokens") {
		v.counts.Add(1)
		if v.countless {
			http.NotFound(w, r)
			return
		}
		// Counts are estimates: the bill is higher by three in a hundred.
		fmt.Fprintf(w, `{"input_tokens":%d}`, c.input()*100/103)
		return
	}
	v.answer(w, r, &c)
}

// answer bills a call and answers it.
func (v *meteringVendor) answer(w http.ResponseWriter, r *http.Request, c *meteredCall) {
	input, output := c.input(), min(v.uses, c.MaxTokens)
	if output < v.uses {
		v.starved.Add(1)
	}
	plain, written := input, int64(0)
	if strings.Contains(string(c.System), "cache_control") {
		plain, written = 0, input
	}
	v.calls.Add(1)
	v.billed.Add(plain*sonnetInput + written*sonnetWrite5m + output*sonnetOutput)
	v.mu.Lock()
	v.most = max(v.most, input)
	v.mu.Unlock()
	usage := fmt.Sprintf(`"usage":{"input_tokens":%d,"cache_creation_input_tokens":%d,"output_tokens":%d}`, plain, written, output)
	if c.Stream {
		v.stream(w, r, usage, output)
		return
	}
	if !wait(r, v.pace) {
		return
	}
	fmt.Fprintf(w, `{"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-4-5","content":[{"type":"text","text":"word"}],`+
		`"stop_reason":"end_turn","stop_sequence":null,%s}`, usage)
}

// stream answers in ten pieces.
func (v *meteringVendor) stream(w http.ResponseWriter, r *http.Request, usage string, output int64) {
	w.Header().Set("Content-Type", "text/event-stream")
	send := func(kind, data string) {
		fmt.Fprintf(w, "event: %s\ndata: {\"type\":%q%s}\n\n", kind, kind, data)
		http.NewResponseController(w).Flush()
	}
	begin := strings.Replace(usage, fmt.Sprintf(`"output_tokens":%d`, output), `"output_tokens":1`, 1)
	send("message_start", `,"message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-4-5","content":[],"stop_reason":null,"stop_sequence":null,`+begin+`}`)
	send("content_block_start", `,"index":0,"content_block":{"type":"text","text":""}`)
	for range 10 {
		if !wait(r, v.pace/10) {
			return
		}
		send("content_block_delta", `,"index":0,"delta":{"type":"text_delta","text":"word "}`)
	}
	send("content_block_stop", `,"index":0`)
	send("message_delta", fmt.Sprintf(`,"delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":%d}`, output))
	send("message_stop", "")
}

// wait waits and reports whether the caller is still there.
func wait(r *http.Request, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}
