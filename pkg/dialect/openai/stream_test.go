package openai_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/llmgw/llmgw/pkg/dialect"
	"github.com/llmgw/llmgw/pkg/dialect/openai"
	"github.com/llmgw/llmgw/pkg/llm"
)

// chunk makes a frame of a chat completion.
func chunk(members string) string {
	return `data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"gpt-x",` + members + "}\n\n"
}

const done = "data: [DONE]\n\n"

var (
	text   = chunk(`"choices":[{"index":0,"delta":{"content":"Hi \"you\""},"logprobs":null,"finish_reason":null}],"usage":null`)
	ended  = chunk(`"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":null`)
	usage  = chunk(`"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,"prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":2}}`)
	filter = chunk(`"choices":[],"prompt_filter_results":[{"prompt_index":0}]`)
)

var full = llm.Usage{Input: 10, Output: 5, CacheRead: 4, Reasoning: 2, Reported: true}

// read reads a stream to its end.
func read(r io.Reader, opts dialect.StreamOptions) (last llm.Event, raw string, err error) {
	s := openai.Backend{}.NewStreamReader(io.NopCloser(r), opts)
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

func TestStream(t *testing.T) {
	t.Parallel()
	drop := dialect.StreamOptions{DropUsageChunk: true}
	groq := chunk(`"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"x_groq":{"id":"q","usage":{"prompt_tokens":10,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":2}}}`)
	running := chunk(`"choices":[{"index":0,"delta":{}}],"usage":{"prompt_tokens":10,"completion_tokens":1}`)
	tests := []struct {
		name      string
		text      []string
		opts      dialect.StreamOptions
		last, raw string // raw "" means all of text
		want      llm.Meta
	}{
		{"usual", []string{text, ended, usage, done}, dialect.StreamOptions{}, done, "", llm.Meta{Usage: full, StopReason: "stop"}},
		{"usage dropped", []string{text, ended, usage, done}, drop, done, text + ended + done, llm.Meta{Usage: full, StopReason: "stop"}},
		{"no usage", []string{text, ended, done}, drop, done, "", llm.Meta{StopReason: "stop"}},
		{"Azure's first chunk stays", []string{filter, text, ended, usage, done}, drop, done, filter + text + ended + done, llm.Meta{Usage: full, StopReason: "stop"}},
		{"usage beside a choice stays", []string{text, groq, done}, drop, done, "", llm.Meta{Usage: full, StopReason: "stop"}},
		{"no DONE", []string{text, ended, usage}, dialect.StreamOptions{}, usage, "", llm.Meta{Usage: full, StopReason: "stop"}},
		{"no DONE, usage dropped", []string{text, ended, usage}, drop, ended, text + ended, llm.Meta{Usage: full, StopReason: "stop"}},
		{
			"usage before x_groq",
			[]string{text, strings.Replace(groq, `"x_groq"`, `"usage":{"prompt_tokens":1},"x_groq"`, 1), done},
			dialect.StreamOptions{},
			done, "",
			llm.Meta{Usage: llm.Usage{Input: 1, Reported: true}, StopReason: "stop"},
		},
		{"usage twice is no sum", []string{text, groq, usage, done}, drop, done, text + groq + done, llm.Meta{Usage: full, StopReason: "stop"}},
		{"running totals", []string{running, running, ended, usage, done}, dialect.StreamOptions{}, done, "", llm.Meta{Usage: full, StopReason: "stop"}},
		{"comments", []string{": OPENROUTER PROCESSING\n\n", text, ended, ": x\n\n", done}, dialect.StreamOptions{}, done, "", llm.Meta{StopReason: "stop"}},
		{"first choice's reason", []string{
			chunk(`"choices":[{"index":1,"finish_reason":"length"}]`), chunk(`"choices":[{"index":0,"finish_reason":"stop"}]`),
			chunk(`"choices":[{"index":2,"finish_reason":"length"}]`), done,
		}, dialect.StreamOptions{}, done, "", llm.Meta{StopReason: "stop"}},
		{"DONE without a blank line", []string{text, ended, "data: [DONE]"}, dialect.StreamOptions{}, "data: [DONE]", "", llm.Meta{StopReason: "stop"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			all := strings.Join(tt.text, "")
			if tt.raw == "" {
				tt.raw = all
			}
			tt.want.ID, tt.want.Model = "c1", "gpt-x"
			for _, r := range []io.Reader{strings.NewReader(all), &perRead{frames: tt.text}} {
				last, raw, err := read(r, tt.opts)
				if err != nil {
					t.Fatal(err)
				}
				if last.Kind != llm.End || string(last.Raw) != tt.last {
					t.Errorf("last event %d %q, want the end %q", last.Kind, last.Raw, tt.last)
				}
				if diff := cmp.Diff(tt.raw, raw); diff != "" {
					t.Errorf("bytes (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(&tt.want, last.Meta); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			}
		})
	}
}

func TestStreamFailure(t *testing.T) {
	t.Parallel()
	tests := []struct {
		frame string
		kind  llm.Kind
		text  string
	}{
		{`data: {"error":{"message":"no room","type":"server_error","code":503}}`, llm.Overloaded, "no room"},
		{"event: error\ndata: {\"error\":{\"message\":\"bad call\",\"type\":\"invalid_request_error\",\"code\":\"tool_use_failed\",\"status_code\":400}}", llm.InvalidRequest, "bad call"},
		{`data: {"error":"text"}`, llm.Upstream, "text"},
		{`data: {"object":"error","message":"slow down","type":"rate_limit_error","code":"1300"}`, llm.RateLimited, "slow down"},
		{`data: {"id":"g","error":{"code":400,"message":"Token limit"},"choices":[{"index":0,"finish_reason":null}]}`, llm.InvalidRequest, "Token limit"},
		{"event: error\ndata: oops", llm.Upstream, "the provider reported an error in its stream"},
	}
	for _, tt := range tests {
		frame := tt.frame + "\n\n"
		last, raw, err := read(strings.NewReader(text+frame+done), dialect.StreamOptions{})
		if err != nil || last.Kind != llm.Failure || string(last.Raw) != frame || raw != text+frame {
			t.Fatalf("%q: last event %d %q, %v", tt.frame, last.Kind, last.Raw, err)
		}
		if last.Err.Kind != tt.kind || last.Err.Message != tt.text {
			t.Errorf("%q means %+v", tt.frame, last.Err)
		}
	}
	if last, _, err := read(strings.NewReader(text+chunk(`"error":null,"choices":[]`)+ended+done), dialect.StreamOptions{}); err != nil || last.Kind != llm.End {
		t.Errorf("error null: %+v, %v", last, err)
	}
}

func TestStreamCut(t *testing.T) {
	t.Parallel()
	for _, cut := range []string{text, text + ended[:len(ended)/2], ""} {
		if _, _, err := read(strings.NewReader(cut), dialect.StreamOptions{}); !errors.Is(err, llm.ErrUnexpectedEOF) {
			t.Errorf("error of %q = %v, want %v", cut, err, llm.ErrUnexpectedEOF)
		}
	}
}

func TestReadMeta(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, usage string
		want        llm.Usage
	}{
		{"all", `{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,"prompt_tokens_details":{"cached_tokens":4,"cache_write_tokens":3},` +
			`"completion_tokens_details":{"reasoning_tokens":2}}`, llm.Usage{Input: 10, Output: 5, CacheRead: 4, CacheWrite5m: 3, Reasoning: 2, Reported: true}},
		{"floats", `{"prompt_tokens":10.0,"completion_tokens":5.0}`, llm.Usage{Input: 10, Output: 5, Reported: true}},
		{
			"xAI counts reasoning apart", `{"prompt_tokens":10,"completion_tokens":5,"total_tokens":22,"completion_tokens_details":{"reasoning_tokens":7}}`,
			llm.Usage{Input: 10, Output: 12, Reasoning: 7, Reported: true},
		},
		{
			"reasoning above output", `{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11,"completion_tokens_details":{"reasoning_tokens":25}}`,
			llm.Usage{Input: 9, Output: 27, Reasoning: 25, Reported: true},
		},
		{
			"cached above input", `{"prompt_tokens":7,"completion_tokens":1,"prompt_tokens_details":{"cached_tokens":161,"cache_write_tokens":9}}`,
			llm.Usage{Input: 7, Output: 1, CacheRead: 7, Reported: true},
		},
		{
			"DeepSeek", `{"prompt_tokens":9,"completion_tokens":1,"prompt_cache_hit_tokens":8,"prompt_cache_miss_tokens":1}`,
			llm.Usage{Input: 9, Output: 1, CacheRead: 8, Reported: true},
		},
		{"Together", `{"prompt_tokens":9,"completion_tokens":1,"cached_tokens":8}`, llm.Usage{Input: 9, Output: 1, CacheRead: 8, Reported: true}},
		{"embeddings", `{"prompt_tokens":9,"total_tokens":9}`, llm.Usage{Input: 9, Reported: true}},
		{"total alone", `{"total_tokens":9}`, llm.Usage{Input: 9, Reported: true}},
		{"negative", `{"prompt_tokens":-9,"completion_tokens":-1e99,"total_tokens":-1}`, llm.Usage{Reported: true}},
		{"null details", `{"prompt_tokens":9,"completion_tokens":1,"prompt_tokens_details":null}`, llm.Usage{Input: 9, Output: 1, Reported: true}},
		{"null", `null`, llm.Usage{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			body := `{"choices":[{"index":0,"message":{"content":"finish_reason"},"finish_reason":"stop"}],"id":"c1","model":"gpt-x","usage":` + tt.usage + `}`
			want := llm.Meta{Usage: tt.want, StopReason: "stop", ID: "c1", Model: "gpt-x"}
			if diff := cmp.Diff(want, openai.Backend{}.ReadMeta(llm.OpChat, []byte(body))); diff != "" {
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
		{llm.Error{Kind: llm.InvalidRequest, Param: "n", Message: "a\"b"}, 400, `{"error":{"message":"a\"b","type":"invalid_request_error","param":"n","code":null}}`},
		{llm.Error{Kind: llm.Authentication}, 401, `"type":"invalid_request_error","param":null,"code":"invalid_api_key"`},
		{llm.Error{Kind: llm.Permission}, 403, `"code":"permission_denied"`},
		{llm.Error{Kind: llm.Permission, Code: "model_unpriced"}, 403, `"code":"model_unpriced"`},
		{llm.Error{Kind: llm.NotFound}, 404, `"code":"model_not_found"`},
		{llm.Error{Kind: llm.Conflict}, 409, `"type":"invalid_request_error"`},
		{llm.Error{Kind: llm.TooLarge}, 413, `"code":"request_too_large"`},
		{llm.Error{Kind: llm.RateLimited}, 429, `"code":"rate_limit_exceeded"`},
		{llm.Error{Kind: llm.BudgetExceeded}, 429, `"code":"budget_exceeded"`},
		{llm.Error{Kind: llm.Overloaded}, 503, `"type":"overloaded_error"`},
		{llm.Error{Kind: llm.Timeout}, 504, `"type":"api_error"`},
		{llm.Error{Kind: llm.Canceled}, 499, `"type":"api_error"`},
		{llm.Error{Kind: llm.Upstream}, 502, `"code":"upstream_error"`},
		{llm.Error{Kind: llm.UpstreamAuth}, 502, `"code":"upstream_auth"`},
		{llm.Error{Kind: llm.Internal}, 500, `"type":"api_error"`},
		{llm.Error{Kind: 99}, 500, `"type":"api_error"`},
		{llm.Error{Kind: llm.RateLimited, Upstream: upstream(429), Code: "x"}, 429, `"code":"x"`},
		{llm.Error{Kind: llm.InvalidRequest, Upstream: upstream(422)}, 422, `"type":"invalid_request_error"`},
		{llm.Error{Kind: llm.Overloaded, Upstream: upstream(529)}, 529, `"type":"overloaded_error"`},
		{llm.Error{Kind: llm.Upstream, Upstream: upstream(500)}, 500, `"type":"api_error"`},
		{llm.Error{Kind: llm.UpstreamAuth, Upstream: upstream(403)}, 502, `"code":"upstream_auth"`},
	}
	for _, tt := range tests {
		status, body := openai.Frontend{}.AppendError(nil, &tt.e, "r1")
		if status != tt.status || !strings.Contains(string(body), tt.want) {
			t.Errorf("%v: %d %s, want %d and %s", tt.e.Kind, status, body, tt.status, tt.want)
		}
	}
}

func TestSetLimits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := llm.Header{}
		openai.Frontend{}.SetLimits(h, []llm.LimitState{
			{Unit: llm.Requests, Limit: 100, Used: 100, Reset: time.Now().Add(6*time.Minute - time.Millisecond + 1)},
			{Unit: llm.Requests, Limit: 10},
			{Unit: llm.Tokens, Limit: 50, Used: 20, Held: 5, Reset: time.Now().Add(-time.Second)},
		})
		want := llm.Header{
			"X-Ratelimit-Limit-Requests": {"100"}, "X-Ratelimit-Remaining-Requests": {"0"}, "X-Ratelimit-Reset-Requests": {"6m0s"},
			"X-Ratelimit-Limit-Tokens": {"50"}, "X-Ratelimit-Remaining-Tokens": {"25"}, "X-Ratelimit-Reset-Tokens": {"0s"},
		}
		if diff := cmp.Diff(want, h); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestStreamEncoder(t *testing.T) {
	t.Parallel()
	e := openai.Frontend{}.NewStreamEncoder(llm.OpChat, "r1")
	if got := string(e.KeepAlive()); got != ": keep-alive\n\n" {
		t.Errorf("keep-alive %q", got)
	}
	want := "data: {\"error\":{\"message\":\"no room\",\"type\":\"overloaded_error\",\"param\":null,\"code\":\"overloaded\"}}\n\n"
	failure := &llm.Error{Kind: llm.Overloaded, Message: "no room"}
	if got := string(e.Fail(failure)); got != want {
		t.Errorf("failure %q, want %q", got, want)
	}
	if got := string(e.Encode(llm.Event{Kind: llm.End, Raw: []byte(done)})); got != done {
		t.Errorf("the end becomes %q", got)
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

func frames(events int) []string {
	all := make([]string, events-3, events)
	for i := range all {
		all[i] = text
	}
	return append(all, ended, usage, done)
}

func TestStreamDoesNotAllocatePerEvent(t *testing.T) {
	count := func(events int) float64 {
		f := frames(events)
		return testing.AllocsPerRun(50, func() {
			if _, err := drain(&perRead{frames: f}); err != nil {
				t.Fatal(err)
			}
		})
	}
	if a, b := count(5), count(205); b > a+2 {
		t.Errorf("%v allocations for 5 events, %v for 205", a, b)
	}
}

func drain(r io.Reader) (llm.Meta, error) {
	s := openai.Backend{}.NewStreamReader(io.NopCloser(r), dialect.StreamOptions{DropUsageChunk: true})
	var meta llm.Meta
	for {
		ev, err := s.Next()
		if errors.Is(err, io.EOF) {
			return meta, s.Close()
		}
		if err != nil {
			return meta, err
		}
		meta = *ev.Meta
	}
}

func BenchmarkStream(b *testing.B) {
	f := frames(53)
	b.Run(fmt.Sprintf("%d events", len(f)), func(b *testing.B) {
		b.ReportAllocs()
		r := &perRead{}
		for b.Loop() {
			r.frames = f
			if _, err := drain(r); err != nil {
				b.Fatal(err)
			}
		}
	})
}
