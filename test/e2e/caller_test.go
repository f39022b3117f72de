package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"
)

// question is a call of a client.
type question struct {
	order     order
	key       string
	anthropic bool
	stream    bool
	// usage makes a client in OpenAI's dialect ask for usage itself.
	usage     bool
	maxTokens int64
	// model is asked for in the place of the dialect's own one; "" for that.
	model string
	// counts asks how many tokens the call would have, in Anthropic's dialect.
	counts bool
}

// translated asks for the model of the other dialect.
func (q *question) translated() {
	q.model = "mock-anthropic"
	if q.anthropic {
		q.model = "mock-openai"
	}
}

func (q *question) path() string {
	switch {
	case q.counts:
		return "/v1/messages/count_tokens"
	case q.anthropic:
		return "/v1/messages"
	}
	return "/v1/chat/completions"
}

func (q *question) body() []byte {
	model := q.model
	switch {
	case model != "":
	case q.anthropic:
		model = "mock-anthropic"
	default:
		model = "mock-openai"
	}
	options := ""
	if q.stream {
		options = `"stream":true,`
	}
	if q.stream && q.usage && !q.anthropic {
		options += `"stream_options":{"include_usage":true},`
	}
	return fmt.Appendf(nil, `{"model":%q,"max_tokens":%d,%s"messages":[{"role":"user","content":%q}]}`,
		model, q.maxTokens, options, q.order.prompt())
}

// request makes the HTTP request. The session id in it ties the call to its line
// in the log also where the client never learns the request id.
func (q *question) request(ctx context.Context, url string) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url+q.path(), bytes.NewReader(q.body()))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+q.key)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Session-Id", q.order.ID)
	return r, nil
}

// reply is what a client got.
type reply struct {
	status    int
	requestID string
	header    http.Header
	body      []byte
	// whole says that the client has the answer in full, to its last frame.
	whole bool
	err   error
}

// ask makes the call and reads its answer as far as it comes.
func (q *question) ask(ctx context.Context, client *http.Client, url string) reply {
	r, err := q.request(ctx, url)
	if err != nil {
		return reply{err: err}
	}
	resp, err := client.Do(r)
	if err != nil {
		return reply{err: err}
	}
	defer resp.Body.Close()
	a := reply{status: resp.StatusCode, requestID: resp.Header.Get("X-Request-Id"), header: resp.Header}
	a.body, a.err = io.ReadAll(resp.Body)
	switch {
	case q.stream && a.status == http.StatusOK:
		// The frame is the end: whether the connection then ends well is no matter.
		a.whole = bytes.HasSuffix(a.body, []byte(q.lastFrame()))
	default:
		a.whole = a.err == nil && json.Valid(a.body)
	}
	return a
}

func (q *question) lastFrame() string {
	if q.anthropic {
		return "data: {\"type\":\"message_stop\"}\n\n"
	}
	return "data: [DONE]\n\n"
}

// newClient makes an HTTP client with room for n connections at one time.
func newClient(t *testing.T, n int) *http.Client {
	t.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: n, DisableCompression: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: 60 * time.Second}
}

// mustAnswer asks and fails the test unless the answer is whole and good.
func (q *question) mustAnswer(t *testing.T, client *http.Client, url string) reply {
	t.Helper()
	a := q.ask(t.Context(), client, url)
	if a.status != http.StatusOK || !a.whole {
		t.Fatalf("%s: status %d, whole %v, error %v: %.300s", q.path(), a.status, a.whole, a.err, a.body)
	}
	return a
}
