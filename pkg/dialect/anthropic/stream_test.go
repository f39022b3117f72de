package anthropic_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/llmgw/llmgw/pkg/dialect"
	"github.com/llmgw/llmgw/pkg/dialect/anthropic"
	"github.com/llmgw/llmgw/pkg/llm"
)

const (
	start = `event: message_start
data: {"type":"message_start","message":{"id":"msg_1","model":"claude-x","content":[],"stop_reason":null,"usage":{"input_tokens":10,"cache_read_input_tokens":4,"cache_creation_input_tokens":6,"cache_creation":{"ephemeral_5m_input_tokens":1,"ephemeral_1h_input_tokens":5},"output_tokens":2}}}

`
	delta = `event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hello \"there\", {}"}}

`
	ping  = "event: ping\ndata: {\"type\": \"ping\"}\n\n"
	ended = `event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":30,"output_tokens_details":{"thinking_tokens":12},"server_tool_use":{"web_search_requests":2,"web_fetch_requests":5}}}

`
	stop = "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"
)

func open(text string) llm.Stream {
	return anthropic.Backend{}.NewStreamReader(io.NopCloser(strings.NewReader(text)), dialect.StreamOptions{Op: llm.OpChat})
}

// read reads a stream to its end.
func read(text string) (last llm.Event, raw string, err error) {
	s := open(text)
	for {
		ev, err := s.Next()
		if errors.Is(err, io.EOF) && !errors.Is(err, llm.ErrUnexpectedEOF) {
			return last, raw, nil
		}
		if err != nil {
			return last, raw, err
		}
		last, raw = ev, raw+string(ev.Raw)
		last.Raw = bytes.Clone(ev.Raw)
	}
}

var full = llm.Usage{
	Input: 20, Output: 30, CacheRead: 4, CacheWrite5m: 1, CacheWrite1h: 5, Reasoning: 12, Queries: 2, Reported: true,
}

func TestStream(t *testing.T) {
	t.Parallel()
	dataOnly := func(frames ...string) string {
		var b strings.Builder
		for _, f := range frames {
			_, data, _ := strings.Cut(f, "\n")
			b.WriteString(data)
		}
		return b.String()
	}
	tests := []struct {
		name, text string
		last       string
	}{
		{"usual", start + delta + ping + delta + ended + stop, stop},
		{"pings and comments first", ping + ": hi\n\n" + ping + start + delta + ended + stop, stop},
		{"no event lines", dataOnly(start, delta, ended, stop), dataOnly(stop)},
		{"other event lines", strings.ReplaceAll(start+delta+ended+stop, "event: ", "event: x"), strings.Replace(stop, "event: ", "event: x", 1)},
		{"type last", strings.ReplaceAll(start+ended, `"type":"message_delta",`, "") + "event: message_stop\ndata: {}\n\n", "event: message_stop\ndata: {}\n\n"},
		{"CRLF", strings.ReplaceAll(start+delta+ended+stop, "\n", "\r\n"), strings.ReplaceAll(stop, "\n", "\r\n")},
		{"no message_stop", start + delta + ended, ended},
		{"lines of data", strings.Replace(start, `"id":`, "\ndata: \"id\":", 1) + ended + stop, stop},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			last, raw, err := read(tt.text)
			if err != nil {
				t.Fatal(err)
			}
			if last.Kind != llm.End || string(last.Raw) != tt.last {
				t.Errorf("last event %d %q, want the end %q", last.Kind, last.Raw, tt.last)
			}
			if raw != tt.text {
				t.Errorf("%q becomes %q", tt.text, raw)
			}
			want := llm.Meta{Usage: full, StopReason: "end_turn", ID: "msg_1", Model: "claude-x"}
			if diff := cmp.Diff(&want, last.Meta); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestStreamCut(t *testing.T) {
	t.Parallel()
	last, raw, err := read(start + delta)
	if !errors.Is(err, llm.ErrUnexpectedEOF) {
		t.Errorf("error = %v, want %v", err, llm.ErrUnexpectedEOF)
	}
	if raw != start+delta || last.Meta.Usage.Reported || last.Meta.Usage.Input != 20 {
		t.Errorf("%q, %+v", raw, last.Meta.Usage)
	}
}

func TestStreamFailure(t *testing.T) {
	t.Parallel()
	const body = `{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}`
	for _, frame := range []string{
		"event: error\ndata: " + body + "\n\n",
		"data: " + body + "\n\n",
		"event: error\ndata: {\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n",
		"data: {\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n",
	} {
		last, raw, err := read(start + delta + frame + stop)
		if err != nil || last.Kind != llm.Failure || string(last.Raw) != frame || raw != start+delta+frame {
			t.Fatalf("%q: last event %d %q, %v", frame, last.Kind, last.Raw, err)
		}
		if last.Err.Kind != llm.Overloaded || last.Err.Message != "Overloaded" {
			t.Errorf("%q means %+v", frame, last.Err)
		}
	}
	last, raw, err := read(body)
	if err != nil || last.Kind != llm.Failure || raw != "" || last.Err.Kind != llm.Overloaded {
		t.Errorf("plain error: %+v, %q, %v", last, raw, err)
	}
}

func TestReadMeta(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body string
		op         llm.Op
		want       llm.Meta
	}{
		{
			"all", `{"content":[{"type":"text","text":"usage"}],"id":"msg_1","model":"claude-x","stop_reason":"end_turn","usage":{"input_tokens":10,` +
				`"cache_read_input_tokens":4,"cache_creation_input_tokens":6,"cache_creation":{"ephemeral_5m_input_tokens":1,"ephemeral_1h_input_tokens":5},` +
				`"output_tokens":30,"output_tokens_details":{"thinking_tokens":12},"server_tool_use":{"web_search_requests":2}}}`, llm.OpChat,
			llm.Meta{Usage: full, StopReason: "end_turn", ID: "msg_1", Model: "claude-x"},
		},
		{
			"no split", `{"usage":{"input_tokens":1,"cache_creation_input_tokens":6,"output_tokens":3.0}}`, llm.OpChat,
			llm.Meta{Usage: llm.Usage{Input: 7, Output: 3, CacheWrite5m: 6, Reported: true}},
		},
		{
			"only the split", `{"usage":{"cache_creation":{"ephemeral_1h_input_tokens":5}}}`, llm.OpChat,
			llm.Meta{Usage: llm.Usage{Input: 5, CacheWrite1h: 5, Reported: true}},
		},
		{
			"compaction", `{"usage":{"input_tokens":23,"output_tokens":10,"iterations":[{"type":"compaction","input_tokens":180,"output_tokens":35,` +
				`"cache_creation_input_tokens":7,"cache_creation":{"ephemeral_1h_input_tokens":7}},{"type":"message","input_tokens":23,"output_tokens":10}]}}`, llm.OpChat,
			llm.Meta{Usage: llm.Usage{Input: 210, Output: 45, CacheWrite1h: 7, Reported: true}},
		},
		{
			"nonsense", `{"id":5,"usage":{"input_tokens":-5,"output_tokens":"9","cache_read_input_tokens":1e300}}`, llm.OpChat,
			llm.Meta{Usage: llm.Usage{Input: 1 << 50, CacheRead: 1 << 50, Reported: true}},
		},
		{"none", `{"id":"a"}`, llm.OpChat, llm.Meta{ID: "a"}},
		{"null", `{"usage":null}`, llm.OpChat, llm.Meta{}},
		{"broken", `{"id":"a","usage":{"input_tokens":4`, llm.OpChat, llm.Meta{ID: "a"}},
		{"count", `{"input_tokens":14}`, llm.OpCountTokens, llm.Meta{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, anthropic.Backend{}.ReadMeta(tt.op, []byte(tt.body))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestAppendError(t *testing.T) {
	t.Parallel()
	upstream := func(status int) *llm.Answer { return &llm.Answer{Status: status} }
	tests := []struct {
		e      llm.Error
		status int
		want   string
	}{
		{llm.Error{Kind: llm.InvalidRequest, Message: "a\"b\n>"}, 400, `{"type":"error","error":{"type":"invalid_request_error","message":"a\"b\n>"},"request_id":"r1"}`},
		{llm.Error{Kind: llm.Authentication}, 401, "authentication_error"},
		{llm.Error{Kind: llm.Permission}, 403, "permission_error"},
		{llm.Error{Kind: llm.NotFound}, 404, "not_found_error"},
		{llm.Error{Kind: llm.Conflict}, 409, "conflict_error"},
		{llm.Error{Kind: llm.TooLarge}, 413, "request_too_large"},
		{llm.Error{Kind: llm.RateLimited}, 429, "rate_limit_error"},
		{llm.Error{Kind: llm.BudgetExceeded}, 429, "billing_error"},
		{llm.Error{Kind: llm.Overloaded}, 529, "overloaded_error"},
		{llm.Error{Kind: llm.Timeout}, 504, "timeout_error"},
		{llm.Error{Kind: llm.Canceled}, 499, "api_error"},
		{llm.Error{Kind: llm.Upstream}, 502, "api_error"},
		{llm.Error{Kind: llm.UpstreamAuth}, 502, "api_error"},
		{llm.Error{Kind: llm.Internal}, 500, "api_error"},
		{llm.Error{}, 500, "api_error"},
		{llm.Error{Kind: llm.RateLimited, Upstream: upstream(429)}, 429, "rate_limit_error"},
		{llm.Error{Kind: llm.Upstream, Upstream: upstream(500)}, 500, "api_error"},
		{llm.Error{Kind: llm.Upstream, Upstream: upstream(402)}, 402, "billing_error"},
		{llm.Error{Kind: llm.InvalidRequest, Upstream: upstream(422)}, 422, "invalid_request_error"},
		{llm.Error{Kind: llm.UpstreamAuth, Upstream: upstream(401)}, 502, "api_error"},
		{llm.Error{Kind: llm.Upstream, Upstream: upstream(200)}, 502, "api_error"},
	}
	for _, tt := range tests {
		status, body := anthropic.Frontend{}.AppendError(nil, &tt.e, "r1")
		if status != tt.status || !strings.Contains(string(body), tt.want) {
			t.Errorf("%v: %d %s, want %d and %s", tt.e.Kind, status, body, tt.status, tt.want)
		}
	}
}

func TestSetLimits(t *testing.T) {
	t.Parallel()
	// A whole second is told at which the limit is whole, not one before it.
	reset := time.Date(2026, 11, 22, 10, 0, 29, 1, time.FixedZone("CET", 3600))
	h := llm.Header{}
	anthropic.Frontend{}.SetLimits(h, []llm.LimitState{
		{Unit: llm.Requests, Limit: 100, Used: 10},
		{Unit: llm.Requests, Limit: 1000, Used: 900, Held: 50, Reset: reset},
		{Unit: llm.Tokens, Limit: 50, Used: 70},
		{Unit: llm.Money, Limit: 5},
		{Unit: llm.Parallel, Limit: 5},
	})
	want := llm.Header{
		"Anthropic-Ratelimit-Requests-Limit": {"1000"}, "Anthropic-Ratelimit-Requests-Remaining": {"50"},
		"Anthropic-Ratelimit-Requests-Reset": {"2026-11-22T09:00:30Z"},
		"Anthropic-Ratelimit-Tokens-Limit":   {"50"}, "Anthropic-Ratelimit-Tokens-Remaining": {"0"},
	}
	if diff := cmp.Diff(want, h); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestStreamEncoder(t *testing.T) {
	t.Parallel()
	e := anthropic.Frontend{}.NewStreamEncoder(llm.OpChat, "r1")
	if got := string(e.Encode(llm.Event{Kind: llm.Frames, Raw: []byte(delta)})); got != delta {
		t.Errorf("a frame becomes %q", got)
	}
	if got := string(e.KeepAlive()); got != ping {
		t.Errorf("keep-alive %q, want %q", got, ping)
	}
	failure := &llm.Error{Kind: llm.Overloaded, Message: "no room"}
	want := "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"no room\"},\"request_id\":\"r1\"}\n\n"
	if got := string(e.Fail(failure)); got != want {
		t.Errorf("failure %q, want %q", got, want)
	}
	if got := string(e.Encode(llm.Event{Kind: llm.Failure, Err: failure})); got != want {
		t.Errorf("failure without bytes %q, want %q", got, want)
	}
	if got := string(e.Encode(llm.Event{Kind: llm.Failure, Err: failure, Raw: []byte("x")})); got != "x" {
		t.Errorf("failure with bytes %q", got)
	}
	if e.ContentType() != "text/event-stream; charset=utf-8" {
		t.Error(e.ContentType())
	}
}

// stream53 is a stream of 53 events, as a short answer of a chat has.
func stream53() string {
	return start + ping + strings.Repeat(delta, 49) + ended + stop
}

func TestStreamDoesNotAllocatePerEvent(t *testing.T) {
	short, long := start+delta+ended+stop, start+strings.Repeat(delta, 200)+ended+stop
	count := func(text string) float64 {
		frames := strings.SplitAfter(text, "\n\n")
		return testing.AllocsPerRun(50, func() { drain(t, &perRead{frames: frames}) })
	}
	if a, b := count(short), count(long); b > a+2 {
		t.Errorf("%v allocations for 4 events, %v for 203", a, b)
	}
}

// perRead gives one frame per read.
type perRead struct{ frames []string }

func (p *perRead) Read(b []byte) (int, error) {
	if len(p.frames) == 0 {
		return 0, io.EOF
	}
	n := copy(b, p.frames[0])
	p.frames = p.frames[1:]
	return n, nil
}

func (p *perRead) Close() error { return nil }

func drain(tb testing.TB, r io.ReadCloser) {
	s := anthropic.Backend{}.NewStreamReader(r, dialect.StreamOptions{Op: llm.OpChat})
	for {
		if _, err := s.Next(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			tb.Fatal(err)
		}
	}
	_ = s.Close() // perRead's Close returns nil
}

func BenchmarkStream(b *testing.B) {
	frames := strings.SplitAfter(stream53(), "\n\n")
	b.Run(fmt.Sprintf("%d events", len(frames)-1), func(b *testing.B) {
		b.ReportAllocs()
		r := &perRead{}
		for b.Loop() {
			r.frames = frames
			drain(b, r)
		}
	})
}
