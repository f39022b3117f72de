package clients

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// Usage that the scripted vendor reports for each call.
const (
	vendorInput      = 11
	vendorCacheRead  = 7
	vendorCacheWrite = 3
	vendorOutput     = 5
)

// seenRequest is a request as a server saw it.
type seenRequest struct {
	Path   string // query included
	Header http.Header
	Body   string
}

// vendor is a mock of Anthropic's API that plays two turns with a client that
// offers the tool Bash: first it calls for a command, and when the result comes
// back it says a last word.
type vendor struct {
	// URL is where the mock listens.
	URL string
	// command is what the client is asked to run, lastWord the end of the play.
	command, lastWord string

	mu   sync.Mutex // guards seen
	seen []seenRequest
}

// startVendor starts a mock, which ends with the test.
func startVendor(t *testing.T, command, lastWord string) *vendor {
	t.Helper()
	v := &vendor{command: command, lastWord: lastWord}
	srv := httptest.NewServer(v)
	t.Cleanup(srv.Close)
	v.URL = srv.URL
	return v
}

// requests are the calls of the Messages API seen so far, in order.
func (v *vendor) requests() []seenRequest {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.seen
}

// ServeHTTP implements http.Handler.
func (v *vendor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	switch r.URL.Path {
	case "/v1/messages":
		v.mu.Lock()
		v.seen = append(v.seen, seenRequest{Path: r.URL.RequestURI(), Header: r.Header.Clone(), Body: string(body)})
		v.mu.Unlock()
		v.answer(w, body)
	case "/v1/messages/count_tokens":
		writeJSON(w, map[string]any{"input_tokens": vendorInput})
	default:
		http.NotFound(w, r)
	}
}

// answer plays the turn that the conversation has come to.
func (v *vendor) answer(w http.ResponseWriter, body []byte) {
	var req struct {
		Model    string `json:"model"`
		Stream   bool   `json:"stream"`
		Messages []struct {
			Content json.RawMessage `json:"content"`
		} `json:"messages"`
	}
	if err := json.Unmarshal(body, &req); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	turn := scriptedTurn{Model: req.Model, Tool: "Bash", Input: map[string]any{"command": v.command, "description": "Try the tool"}}
	for _, m := range req.Messages {
		if strings.Contains(string(m.Content), `"tool_result"`) {
			turn = scriptedTurn{Model: req.Model, Text: v.lastWord}
		}
	}
	if req.Stream {
		turn.stream(w)
	} else {
		turn.unary(w)
	}
}

// scriptedTurn is one answer: a text, or a call of a tool.
type scriptedTurn struct {
	Model string
	Text  string
	Tool  string
	Input map[string]any
}

// block is the turn's content block.
func (s scriptedTurn) block() map[string]any {
	if s.Tool == "" {
		return map[string]any{"type": "text", "text": s.Text}
	}
	return map[string]any{"type": "tool_use", "id": "toolu_scripted", "name": s.Tool, "input": s.Input}
}

// stopReason is why the turn ends.
func (s scriptedTurn) stopReason() string {
	if s.Tool == "" {
		return "end_turn"
	}
	return "tool_use"
}

// message is the turn with the given content, and usage with the given output.
func (s scriptedTurn) message(content []any, output int) map[string]any {
	return map[string]any{
		"id": "msg_scripted", "type": "message", "role": "assistant", "model": s.Model,
		"content": content, "stop_reason": nil, "stop_sequence": nil,
		"usage": map[string]any{
			"input_tokens": vendorInput, "cache_read_input_tokens": vendorCacheRead,
			"cache_creation_input_tokens": vendorCacheWrite, "output_tokens": output,
		},
	}
}

// unary writes the turn in one piece.
func (s scriptedTurn) unary(w http.ResponseWriter) {
	m := s.message([]any{s.block()}, vendorOutput)
	m["stop_reason"] = s.stopReason()
	writeJSON(w, m)
}

// stream writes the turn as the events of the Messages API.
func (s scriptedTurn) stream(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	start, delta := s.block(), map[string]any{"type": "text_delta", "text": s.Text}
	if s.Tool != "" {
		input, err := json.Marshal(s.Input)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		start["input"] = map[string]any{}
		delta = map[string]any{"type": "input_json_delta", "partial_json": string(input)}
	} else {
		start["text"] = ""
	}
	for _, e := range []map[string]any{
		{"type": "message_start", "message": s.message([]any{}, 1)},
		{"type": "content_block_start", "index": 0, "content_block": start},
		{"type": "ping"},
		{"type": "content_block_delta", "index": 0, "delta": delta},
		{"type": "content_block_stop", "index": 0},
		{
			"type": "message_delta", "delta": map[string]any{"stop_reason": s.stopReason(), "stop_sequence": nil},
			"usage": map[string]any{"output_tokens": vendorOutput},
		},
		{"type": "message_stop"},
	} {
		if err := writeEvent(w, e); err != nil {
			return // The client hung up.
		}
	}
}

// writeEvent writes one event of a stream and flushes it.
func writeEvent(w http.ResponseWriter, e map[string]any) error {
	data, err := json.Marshal(e)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(w, "event: %s\ndata: %s\n\n", e["type"], data); err != nil {
		return err
	}
	return http.NewResponseController(w).Flush()
}

// writeJSON writes v as the whole answer.
func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	// The only error is a client that hung up, which nobody has to be told.
	_ = json.NewEncoder(w).Encode(v)
}
