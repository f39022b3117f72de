package openai_test

import (
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llmgw/llmgw/pkg/dialect"
	"github.com/llmgw/llmgw/pkg/dialect/openai"
	"github.com/llmgw/llmgw/pkg/llm"
)

var created = regexp.MustCompile(`"created":\d+`)

// untimed is text without the time of its making.
func untimed(text []byte) string { return created.ReplaceAllString(string(text), `"created":1`) }

func TestAppendResponse(t *testing.T) {
	t.Parallel()
	const head = `{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant",`
	const none = `"usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0,"prompt_tokens_details":{"cached_tokens":0},"completion_tokens_details":{"reasoning_tokens":0}}}`
	tests := []struct {
		name  string
		stop  llm.Stop
		usage llm.Usage
		parts []llm.Part
		want  string
	}{
		{"text", llm.StopEnd, llm.Usage{}, []llm.Part{llm.Text{Text: "<a"}, llm.Text{Text: "b>"}}, head + `"content":"<ab>","refusal":null},"logprobs":null,"finish_reason":"stop"}],` + none},
		{
			"usage", llm.StopLength,
			llm.Usage{Input: 100, Output: 20, CacheRead: 10, CacheWrite5m: 5, CacheWrite1h: 7, Reasoning: 3, Reported: true},
			nil,
			head + `"content":null,"refusal":null},"logprobs":null,"finish_reason":"length"}],"usage":{"prompt_tokens":100,"completion_tokens":20,"total_tokens":120,` +
				`"prompt_tokens_details":{"cached_tokens":10,"cache_write_tokens":12,"cache_creation":{"ephemeral_5m_input_tokens":5,"ephemeral_1h_input_tokens":7}},"completion_tokens_details":{"reasoning_tokens":3}}}`,
		},
		{
			"calls", llm.StopEnd,
			llm.Usage{},
			[]llm.Part{llm.ToolCall{ID: "c1", Name: "f", Arguments: `{"x":1.0}`}, llm.ToolCall{ID: "c2", Name: "g", Signature: "s"}},
			head + `"content":null,"refusal":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"x\":1.0}"}},` +
				`{"id":"c2","type":"function","function":{"name":"g","arguments":"{}"},"extra_content":{"google":{"thought_signature":"s"}}}]},"logprobs":null,"finish_reason":"tool_calls"}],` + none,
		},
		{"thoughts", llm.StopEnd, llm.Usage{}, []llm.Part{llm.Thinking{Text: "t"}, llm.Text{Text: "a"}}, head + `"content":"a","refusal":null,"reasoning_content":"t"},"logprobs":null,"finish_reason":"stop"}],` + none},
		{
			"signed thoughts", llm.StopEnd,
			llm.Usage{},
			[]llm.Part{llm.Thinking{Text: "t", Signature: "s"}, llm.Redacted{Data: "d"}, llm.Text{Text: "a"}},
			head + `"content":"a","refusal":null,"reasoning_content":"t","thinking_blocks":[{"type":"thinking","thinking":"t","signature":"s"},{"type":"redacted_thinking","data":"d"}]},` +
				`"logprobs":null,"finish_reason":"stop"}],` + none,
		},
		{"a refusal", llm.StopSafety, llm.Usage{}, []llm.Part{llm.Refusal{Text: "no"}, llm.Foreign{}}, head + `"content":null,"refusal":"no"},"logprobs":null,"finish_reason":"content_filter"}],` + none},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := &llm.Response{Meta: llm.Meta{ID: "1", Model: "m", Stop: tt.stop, Usage: tt.usage}, Parts: tt.parts}
			if diff := cmp.Diff(tt.want, untimed(openai.Frontend{}.AppendResponse(nil, llm.OpChat, r))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestAnswerIDs(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{"": "chatcmpl-", "msg_1": "chatcmpl-msg_1", "chatcmpl-1": "chatcmpl-1", "gen-1": "gen-1"} {
		var got struct{ ID string }
		body := openai.Frontend{}.AppendResponse(nil, llm.OpChat, &llm.Response{Meta: llm.Meta{ID: id}})
		if err := json.Unmarshal(body, &got); err != nil || !strings.HasPrefix(got.ID, want) || id != "" && got.ID != want || len(got.ID) < 5 {
			t.Errorf("%q becomes %q, want %q (%v)", id, got.ID, want, err)
		}
	}
}

func TestFinishReasons(t *testing.T) {
	t.Parallel()
	call := []llm.Part{llm.ToolCall{ID: "c", Name: "f"}}
	tests := []struct {
		stop          llm.Stop
		without, with string
	}{
		{0, "stop", "tool_calls"},
		{llm.StopEnd, "stop", "tool_calls"},
		{llm.StopSequence, "stop", "tool_calls"},
		{llm.StopLength, "length", "length"},
		{llm.StopContext, "length", "length"},
		{llm.StopTools, "stop", "tool_calls"},
		{llm.StopSafety, "content_filter", "tool_calls"},
		{llm.StopPause, "stop", "tool_calls"},
		{llm.StopMalformed, "stop", "tool_calls"},
	}
	for _, tt := range tests {
		for want, parts := range map[string][]llm.Part{tt.without: nil, tt.with: call} {
			body := openai.Frontend{}.AppendResponse(nil, llm.OpChat, &llm.Response{Meta: llm.Meta{Stop: tt.stop}, Parts: parts})
			if tt.with == tt.without {
				want = tt.with
			}
			if !strings.Contains(string(body), `"finish_reason":"`+want+`"`) {
				t.Errorf("stop %d with %v becomes %s, want %s", tt.stop, parts, body, want)
			}
		}
	}
}

func TestAppendCompletionAndVectors(t *testing.T) {
	t.Parallel()
	r := &llm.Response{
		Meta:    llm.Meta{ID: "1", Model: "m", Stop: llm.StopEnd, Usage: llm.Usage{Input: 3, Reported: true}},
		Parts:   []llm.Part{llm.Thinking{Text: "t"}, llm.Text{Text: "a"}},
		Vectors: []llm.Vector{{Numbers: []llm.Number{"1.0", "-2e-1"}}, {Base64: "AACAPw=="}, {}},
	}
	want := `{"id":"cmpl-1","object":"text_completion","created":1,"model":"m","choices":[{"text":"a","index":0,"logprobs":null,"finish_reason":"stop"}],` +
		`"usage":{"prompt_tokens":3,"completion_tokens":0,"total_tokens":3,"prompt_tokens_details":{"cached_tokens":0},"completion_tokens_details":{"reasoning_tokens":0}}}`
	if diff := cmp.Diff(want, untimed(openai.Frontend{}.AppendResponse(nil, llm.OpCompletion, r))); diff != "" {
		t.Errorf("completion (-want +got):\n%s", diff)
	}
	want = `{"object":"list","data":[{"object":"embedding","index":0,"embedding":[1.0,-2e-1]},{"object":"embedding","index":1,"embedding":"AACAPw=="},{"object":"embedding","index":2,"embedding":[]}],` +
		`"model":"m","usage":{"prompt_tokens":3,"total_tokens":3}}`
	if diff := cmp.Diff(want, untimed(openai.Frontend{}.AppendResponse(nil, llm.OpEmbeddings, r))); diff != "" {
		t.Errorf("embeddings (-want +got):\n%s", diff)
	}
}

func TestConvertVectors(t *testing.T) {
	t.Parallel()
	both := func() []llm.Vector {
		return []llm.Vector{{Numbers: []llm.Number{"1", "-0.5", "1e-5"}}, {Base64: "AACAPwAAAL+sxSc3"}}
	}
	got := both()
	if err := openai.ConvertVectors(got, true); err != nil || got[0].Base64 != "AACAPwAAAL+sxSc3" || got[0].Numbers != nil || got[1].Base64 != got[0].Base64 {
		t.Errorf("%+v, %v", got, err)
	}
	got = both()
	if err := openai.ConvertVectors(got, false); err != nil || cmp.Diff([]llm.Number{"1", "-0.5", "1e-05"}, got[1].Numbers) != "" || got[1].Base64 != "" {
		t.Errorf("%+v, %v", got, err)
	}
	if diff := cmp.Diff([]llm.Number{"1", "-0.5", "1e-5"}, got[0].Numbers); diff != "" {
		t.Errorf("numbers (-want +got):\n%s", diff)
	}
	for _, v := range []llm.Vector{{Base64: "AAA"}, {Base64: "AAAA"}, {Base64: "AADAfw=="}} {
		if err := openai.ConvertVectors([]llm.Vector{v}, false); err == nil {
			t.Errorf("%+v is converted", v)
		}
	}
	for _, n := range []llm.Number{"x", "1e99"} {
		if err := openai.ConvertVectors([]llm.Vector{{Numbers: []llm.Number{n}}}, true); err == nil {
			t.Errorf("%s is converted", n)
		}
	}
}

// parts are the events of an answer with one part of each kind, and a call
// without arguments.
func parts() *llm.Response {
	return &llm.Response{
		Meta: llm.Meta{ID: "msg_1", Stop: llm.StopTools, Usage: llm.Usage{Input: 5, Output: 7, Reported: true}},
		Parts: []llm.Part{
			llm.Thinking{Text: "t", Signature: "s"},
			llm.Redacted{Data: "d"},
			llm.Text{Text: "<a>"},
			llm.Refusal{Text: "no"},
			llm.ToolCall{ID: "c1", Name: "f", Arguments: `{"x":1.0}`},
			llm.ToolCall{ID: "c2", Name: "g"},
		},
	}
}

func TestStreamWriter(t *testing.T) {
	t.Parallel()
	const head = `data: {"id":"chatcmpl-msg_1","object":"chat.completion.chunk","created":1,"model":"m","choices":[`
	deltas := []string{
		`{"role":"assistant","content":""}`, `{"reasoning_content":"t"}`,
		`{"thinking_blocks":[{"index":0,"type":"thinking","thinking":"t","signature":"s"}]}`,
		`{"thinking_blocks":[{"index":1,"type":"redacted_thinking","data":"d"}]}`,
		`{"content":"<a>"}`, `{"refusal":"no"}`,
		`{"tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"f","arguments":""}}]}`,
		`{"tool_calls":[{"index":0,"function":{"arguments":"{\"x\":1.0}"}}]}`,
		`{"tool_calls":[{"index":1,"id":"c2","type":"function","function":{"name":"g","arguments":""}}]}`,
		`{"tool_calls":[{"index":1,"function":{"arguments":"{}"}}]}`,
	}
	for _, usage := range []bool{false, true} {
		null, want := "", ""
		if usage {
			null = `,"usage":null`
		}
		for _, d := range deltas {
			want += head + `{"index":0,"delta":` + d + `,"logprobs":null,"finish_reason":null}]` + null + "}\n\n"
		}
		want += head + `{"index":0,"delta":{},"logprobs":null,"finish_reason":"tool_calls"}]` + null + "}\n\n"
		if usage {
			want += head + `],"usage":{"prompt_tokens":5,"completion_tokens":7,"total_tokens":12,"prompt_tokens_details":{"cached_tokens":0},"completion_tokens_details":{"reasoning_tokens":0}}}` + "\n\n"
		}
		want += done
		got := write(dialect.Replay(parts()), llm.OpChat, dialect.StreamWriterOptions{Model: "m", RequestID: "r", IncludeUsage: usage})
		if diff := cmp.Diff(want, untimed(got)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

// TestStreamWriterIsBounded: a signature is of no use without all of its thought.
func TestStreamWriterIsBounded(t *testing.T) {
	t.Parallel()
	r := &llm.Response{Parts: []llm.Part{llm.Thinking{Text: strings.Repeat("x", 2<<20), Signature: "s"}}}
	if got := string(write(dialect.Replay(r), llm.OpChat, dialect.StreamWriterOptions{})); strings.Contains(got, "thinking_blocks") {
		t.Error("half a thought is signed")
	}
}

func TestStreamWriterOfCompletions(t *testing.T) {
	t.Parallel()
	r := parts()
	r.Meta.ID, r.Meta.Model, r.Meta.Stop = "", "own", llm.StopEnd
	const head = `data: {"id":"cmpl-r","object":"text_completion","created":1,"model":"own","choices":[{"index":0,"text":`
	want := head + `"<a>","logprobs":null,"finish_reason":null}]}` + "\n\n" + head + `"","logprobs":null,"finish_reason":"stop"}]}` + "\n\n" + done
	got := write(dialect.Replay(r), llm.OpCompletion, dialect.StreamWriterOptions{Model: "m", RequestID: "r"})
	if diff := cmp.Diff(want, untimed(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestStreamWriterFails(t *testing.T) {
	t.Parallel()
	for _, e := range []*llm.Error{nil, {Kind: llm.Overloaded, Message: "no room"}} {
		w := openai.Frontend{}.NewStreamWriter(llm.OpChat, dialect.StreamWriterOptions{})
		got := string(w.Append(nil, llm.Event{Kind: llm.Failure, Err: e}))
		if !strings.HasPrefix(got, `data: {"error":{"message":"`) || !strings.HasSuffix(got, "}}\n\n") || strings.Count(got, "\n") != 2 {
			t.Errorf("%v becomes %q", e, got)
		}
	}
}

func TestAppendErrorOverflow(t *testing.T) {
	t.Parallel()
	tests := []struct {
		e      llm.Error
		status int
		want   string
	}{
		{
			llm.Error{Kind: llm.InvalidRequest, Message: "too long", Code: "x", Overflow: &llm.Overflow{Tokens: 9, Limit: 5}},
			400,
			`{"error":{"message":"too long (This model's maximum context length is 5 tokens. However, your messages resulted in 9 tokens.)","type":"invalid_request_error","param":null,"code":"context_length_exceeded"}}`,
		},
		{
			llm.Error{Kind: llm.InvalidRequest, Message: "maximum context length is 5", Overflow: &llm.Overflow{Tokens: 9, Limit: 5}, Upstream: &llm.Answer{Status: 413}},
			413,
			`{"error":{"message":"maximum context length is 5","type":"invalid_request_error","param":null,"code":"context_length_exceeded"}}`,
		},
		{
			llm.Error{Kind: llm.InvalidRequest, Message: "too long", Overflow: &llm.Overflow{}},
			400,
			`{"error":{"message":"too long","type":"invalid_request_error","param":null,"code":"context_length_exceeded"}}`,
		},
	}
	for _, tt := range tests {
		status, body := openai.Frontend{}.AppendError(nil, &tt.e, "r")
		if status != tt.status || string(body) != tt.want {
			t.Errorf("%d %s, want %d %s", status, body, tt.status, tt.want)
		}
	}
}

// pieceEvents are the events of an answer of so many pieces of text.
func pieceEvents(n int) []llm.Event {
	part := &llm.StreamPart{Kind: llm.PartText, Text: []byte(`Some "words" and more, `)}
	all := []llm.Event{{Kind: llm.Begin, Meta: &llm.Meta{ID: "msg_1", Model: "m"}}, {Kind: llm.PartBegin, Part: part}}
	for range n {
		all = append(all, llm.Event{Kind: llm.PartDelta, Part: part})
	}
	return append(all, llm.Event{Kind: llm.PartEnd, Part: part}, llm.Event{Kind: llm.End})
}

func TestStreamWriterDoesNotAllocatePerEvent(t *testing.T) {
	count := func(n int) float64 {
		events := pieceEvents(n)
		buf := make([]byte, 0, 4<<10)
		return testing.AllocsPerRun(50, func() {
			w := openai.Frontend{}.NewStreamWriter(llm.OpChat, dialect.StreamWriterOptions{})
			for _, ev := range events {
				buf = w.Append(buf[:0], ev)
			}
		})
	}
	if a, b := count(5), count(205); b > a {
		t.Errorf("%v allocations for 5 pieces, %v for 205", a, b)
	}
}

func BenchmarkStreamWriter(b *testing.B) {
	events := pieceEvents(50)
	buf := make([]byte, 0, 4<<10)
	b.ReportAllocs()
	for b.Loop() {
		w := openai.Frontend{}.NewStreamWriter(llm.OpChat, dialect.StreamWriterOptions{})
		for _, ev := range events {
			buf = w.Append(buf[:0], ev)
		}
	}
}

// BenchmarkEventReader reads the stream that BenchmarkStream passes on.
func BenchmarkEventReader(b *testing.B) {
	f := frames(53)
	b.ReportAllocs()
	r := &perRead{}
	for b.Loop() {
		r.frames = f
		s := openai.Backend{}.NewEventReader(io.NopCloser(r), dialect.StreamOptions{})
		for {
			if _, err := s.Next(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				b.Fatal(err)
			}
		}
		_ = s.Close()
	}
}
