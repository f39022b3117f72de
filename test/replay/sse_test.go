package replay

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// event is one event of a stream as a client reads it.
type event struct {
	Name string
	Data string
}

// parseSSE reads the events of a whole text/event-stream body. Comments, fields
// other than event and data, and events without data are left out. A last event
// without its blank line counts: vendors hang up like that.
// Grammar: html.spec.whatwg.org/multipage/server-sent-events.html, read 2026-11-22.
func parseSSE(body string) []event {
	var out []event
	for _, frame := range splitFrames(body) {
		var e event
		var data []string
		for line := range strings.SplitSeq(normalise(frame), "\n") {
			field, value, _ := strings.Cut(line, ":")
			value = strings.TrimPrefix(value, " ")
			switch field {
			case "event":
				e.Name = value
			case "data":
				data = append(data, value)
			}
		}
		if len(data) > 0 {
			e.Data = strings.Join(data, "\n")
			out = append(out, e)
		}
	}
	return out
}

// splitFrames cuts a stream behind each blank line. The frames joined are the
// body again.
func splitFrames(body string) []string {
	var frames []string
	start, lineStart := 0, 0
	for i := 0; i < len(body); i++ {
		if body[i] != '\n' && body[i] != '\r' {
			continue
		}
		blank := i == lineStart
		if body[i] == '\r' && i+1 < len(body) && body[i+1] == '\n' {
			i++
		}
		lineStart = i + 1
		if blank {
			frames = append(frames, body[start:lineStart])
			start = lineStart
		}
	}
	if start < len(body) {
		frames = append(frames, body[start:])
	}
	return frames
}

// normalise makes all line ends \n.
func normalise(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
}

// isPing reports whether an event only keeps the connection alive.
func (e event) isPing() bool { return e.Name == "ping" }

// isUsageOnly reports whether an event is the chunk with which OpenAI's dialect
// answers stream_options.include_usage: usage and an empty list of choices.
func (e event) isUsageOnly() bool {
	var chunk struct {
		Choices *[]json.RawMessage `json:"choices"`
		Usage   *json.RawMessage   `json:"usage"`
	}
	return json.Unmarshal([]byte(e.Data), &chunk) == nil &&
		chunk.Usage != nil && chunk.Choices != nil && len(*chunk.Choices) == 0
}

// isEnd reports whether an event is a dialect's terminal frame.
func (e event) isEnd() bool { return e.Data == "[DONE]" || e.Name == "message_stop" }

// isError reports whether an event tells of a failure inside the stream.
func (e event) isError() bool {
	var chunk struct {
		Error *json.RawMessage `json:"error"`
	}
	return e.Name == "error" || json.Unmarshal([]byte(e.Data), &chunk) == nil && chunk.Error != nil
}

func TestParseSSE(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, body string
		want       []event
	}{
		{"empty", "", nil},
		{"data only", "data: {}\n\n", []event{{Data: "{}"}}},
		{"named", "event: a\ndata: 1\n\n", []event{{"a", "1"}}},
		{"CRLF", "event: a\r\ndata: 1\r\n\r\ndata: 2\r\n\r\n", []event{{"a", "1"}, {"", "2"}}},
		{"CR", "data: 1\r\rdata: 2\r\r", []event{{"", "1"}, {"", "2"}}},
		{"comment", ": hello\n\ndata: 1\n\n", []event{{"", "1"}}},
		{"many data lines", "data: 1\ndata: 2\n\n", []event{{"", "1\n2"}}},
		{"no space", "data:1\n\n", []event{{"", "1"}}},
		{"cut before the blank line", "data: 1\n\ndata: 2\n", []event{{"", "1"}, {"", "2"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, parseSSE(tt.body)); diff != "" {
				t.Error(diff)
			}
			if joined := strings.Join(splitFrames(tt.body), ""); joined != tt.body {
				t.Errorf("frames joined = %q, want %q", joined, tt.body)
			}
		})
	}
}

func TestIsUsageOnly(t *testing.T) {
	t.Parallel()
	for data, want := range map[string]bool{
		`{"choices":[],"usage":{"prompt_tokens":1}}`:     true,
		`{"choices":[],"prompt_filter_results":[]}`:      false, // Azure's first chunk
		`{"choices":[{"index":0}],"usage":{"x":1}}`:      false,
		`{"choices":[],"usage":null}`:                    false,
		`{"usage":{"prompt_tokens":1}}`:                  false,
		`[DONE]`:                                         false,
		`{"object":"x","choices": [ ],"usage":{"a":{}}}`: true,
	} {
		if got := (event{Data: data}).isUsageOnly(); got != want {
			t.Errorf("isUsageOnly(%s) = %v, want %v", data, got, want)
		}
	}
}
