package openai_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llmgw/llmgw/pkg/dialect"
	"github.com/llmgw/llmgw/pkg/dialect/openai"
	"github.com/llmgw/llmgw/pkg/llm"
)

// delta makes a frame of a chunk that adds d.
func delta(d string) string {
	return chunk(`"choices":[{"index":0,"delta":` + d + `,"finish_reason":null}]`)
}

// calls makes a frame of a chunk that adds pieces of calls.
func calls(pieces ...string) string {
	return delta(`{"tool_calls":[` + strings.Join(pieces, ",") + `]}`)
}

func TestEventReader(t *testing.T) {
	t.Parallel()
	tools := chunk(`"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]`)
	const made0, made1 = "call_O5T5mUIgXWNlp7UprviPPZjM", "call_HkR5RBAzfgWBxmB0BN8duQMB"
	tests := []struct {
		name   string
		frames []string
		want   []llm.Part
		stop   llm.Stop
	}{
		{"text", []string{delta(`{"role":"assistant","content":""}`), delta(`{"content":"a"}`), delta(`{"content":"\u00e9\n"}`), ended, usage, done}, []llm.Part{llm.Text{Text: "aé\n"}}, llm.StopEnd},
		{"nothing", []string{ended, done}, nil, llm.StopEnd},
		{"no reason", []string{delta(`{"content":"a"}`), done}, []llm.Part{llm.Text{Text: "a"}}, llm.StopEnd},
		{"no DONE", []string{delta(`{"content":"a"}`), ended}, []llm.Part{llm.Text{Text: "a"}}, llm.StopEnd},
		{"comments, Azure's first chunk", []string{": PROCESSING\n\n", filter, delta(`{"content":"a"}`), "data:\n\n", ended, done}, []llm.Part{llm.Text{Text: "a"}}, llm.StopEnd},
		{"another choice", []string{chunk(`"choices":[{"index":1,"delta":{"content":"b"}},{"index":0,"delta":{"content":"a"}}]`), ended, done}, []llm.Part{llm.Text{Text: "a"}}, llm.StopEnd},
		{"a reason that is none", []string{delta(`{"content":"a"}`), chunk(`"choices":[{"index":0,"delta":{},"finish_reason":"whatever"}]`), done}, []llm.Part{llm.Text{Text: "a"}}, llm.StopEnd},
		{"a filter", []string{delta(`{"content":"a"}`), chunk(`"choices":[{"index":0,"delta":{},"finish_reason":"content_filter"}]`), done}, []llm.Part{llm.Text{Text: "a"}}, llm.StopSafety},
		{"text behind the reason", []string{ended, delta(`{"content":"a"}`), done}, []llm.Part{llm.Text{Text: "a"}}, llm.StopEnd},
		{"a completion", []string{chunk(`"choices":[{"text":"a","index":0,"finish_reason":null}]`), chunk(`"choices":[{"text":"b","index":0,"finish_reason":"length"}]`), done}, []llm.Part{llm.Text{Text: "ab"}}, llm.StopLength},
		{
			"Perplexity", []string{
				chunk(`"choices":[{"index":0,"message":{"content":"a"},"delta":{"content":"a"}}]`), chunk(`"choices":[{"index":0,"message":{"content":"ab"},"delta":{"content":"b"}}]`),
				chunk(`"choices":[{"index":0,"message":{"content":"ab"},"finish_reason":"stop"}]`),
			}, []llm.Part{llm.Text{Text: "ab"}}, llm.StopEnd,
		},
		{"a whole message", []string{chunk(`"choices":[{"index":0,"message":{"content":"ab","tool_calls":[{"id":"c","function":{"name":"f","arguments":"{}"}}]},"finish_reason":"stop"}]`), done}, []llm.Part{llm.Text{Text: "ab"}, llm.ToolCall{ID: "c", Name: "f", Arguments: "{}"}}, llm.StopTools},
		{"thoughts", []string{delta(`{"reasoning_content":"t","content":null}`), delta(`{"reasoning_content":"u"}`), delta(`{"content":"a","reasoning_content":null}`), ended, done}, []llm.Part{llm.Thinking{Text: "tu"}, llm.Text{Text: "a"}}, llm.StopEnd},
		{
			"thoughts in two forms", []string{
				delta(`{"reasoning":"t","reasoning_details":[{"type":"reasoning.text","text":"t","format":"anthropic-claude-v1"}]}`),
				delta(`{"content":"","reasoning_details":[{"type":"reasoning.text","signature":"s","format":"anthropic-claude-v1"}]}`), delta(`{"content":"a"}`), ended, done,
			}, []llm.Part{llm.Thinking{Text: "t", Signature: "s"}, llm.Text{Text: "a"}}, llm.StopEnd,
		},
		{"details alone", []string{delta(`{"reasoning_details":[{"type":"reasoning.summary","summary":"t"}]}`), delta(`{"reasoning_details":[{"type":"reasoning.encrypted","data":"d"}]}`), delta(`{"content":"a"}`), ended, done}, []llm.Part{llm.Thinking{Text: "t"}, llm.Text{Text: "a"}}, llm.StopEnd},
		{
			"LiteLLM's blocks", []string{
				delta(`{"reasoning_content":"t","thinking_blocks":[{"type":"thinking","thinking":"t","signature":null}]}`), delta(`{"reasoning_content":"","thinking_blocks":[{"type":"thinking","thinking":"","signature":"s"}]}`),
				delta(`{"reasoning_content":"u"}`), delta(`{"thinking_blocks":[{"type":"redacted_thinking","data":"d"},{"type":"redacted_thinking","data":"e"}]}`), delta(`{"content":"a"}`), ended, done,
			}, []llm.Part{llm.Thinking{Text: "t", Signature: "s"}, llm.Thinking{Text: "u"}, llm.Redacted{Data: "d"}, llm.Redacted{Data: "e"}, llm.Text{Text: "a"}}, llm.StopEnd,
		},
		{"thoughts that are not shown", []string{delta(`{"thinking_blocks":[{"type":"thinking","thinking":"","signature":"s"}]}`), delta(`{"content":"a"}`), ended, done}, []llm.Part{llm.Thinking{Signature: "s"}, llm.Text{Text: "a"}}, llm.StopEnd},
		{
			"Mistral", []string{
				delta(`{"content":[{"type":"thinking","thinking":[{"type":"text","text":"t"}]}]}`), delta(`{"content":[{"type":"thinking","thinking":"u"},{"type":"text","text":"a"}]}`),
				delta(`{"content":"b"}`), ended, done,
			}, []llm.Part{llm.Thinking{Text: "tu"}, llm.Text{Text: "ab"}}, llm.StopEnd,
		},
		{"a refusal, and speech", []string{delta(`{"refusal":"n"}`), delta(`{"refusal":"o"}`), delta(`{"audio":{"transcript":"said"}}`), ended, done}, []llm.Part{llm.Refusal{Text: "no"}, llm.Text{Text: "said"}}, llm.StopEnd},
		{
			"calls", []string{
				delta(`{"content":"a"}`), calls(`{"index":0,"id":"c1","type":"function","function":{"name":"f","arguments":""}}`), calls(`{"index":0,"function":{"arguments":"{\"x\""}}`),
				calls(`{"index":0,"function":{"arguments":":1.0}"}}`), calls(`{"index":1,"id":"c2","type":"function","function":{"name":"g","arguments":""}}`), calls(`{"index":1,"function":{"arguments":"{}"}}`), tools, done,
			}, []llm.Part{llm.Text{Text: "a"}, llm.ToolCall{ID: "c1", Name: "f", Arguments: `{"x":1.0}`}, llm.ToolCall{ID: "c2", Name: "g", Arguments: "{}"}}, llm.StopTools,
		},
		{"a call that ends in another way", []string{calls(`{"index":0,"id":"c1","function":{"name":"f","arguments":"{}"}}`), ended, done}, []llm.Part{llm.ToolCall{ID: "c1", Name: "f", Arguments: "{}"}}, llm.StopTools},
		{"calls without arguments", []string{calls(`{"index":0,"id":"c1","function":{"name":"f","arguments":""}}`, `{"index":1,"id":"c2","function":{"name":"g"}}`), delta(`{"content":"a"}`), ended, done}, []llm.Part{llm.ToolCall{ID: "c1", Name: "f"}, llm.ToolCall{ID: "c2", Name: "g"}, llm.Text{Text: "a"}}, llm.StopTools},
		{
			"calls that alternate", []string{
				calls(`{"index":0,"id":"c1","function":{"name":"f","arguments":"{\"a"}}`, `{"index":1,"id":"c2","function":{"name":"g","arguments":"{\"}"}}`), delta(`{"content":"x"}`), calls(`{"index":1,"function":{"arguments":"\":2}"}}`),
				delta(`{"content":"y"}`), calls(`{"index":0,"function":{"arguments":"\":{}}"}}`), delta(`{"content":"z"}`), tools, done,
			}, []llm.Part{llm.ToolCall{ID: "c1", Name: "f", Arguments: `{"a":{}}`}, llm.ToolCall{ID: "c2", Name: "g", Arguments: `{"}":2}`}, llm.Text{Text: "xyz"}}, llm.StopTools,
		},
		{
			"no indexes", []string{
				calls(`{"id":"c1","function":{"name":"f","arguments":"{\"a\":1}"}}`), calls(`{"id":"c2","function":{"name":"g","arguments":"{\"b\""}}`), calls(`{"function":{"arguments":":2}"}}`),
				calls(`{"function":{"name":"h","arguments":"{}"}}`), tools, done,
			}, []llm.Part{llm.ToolCall{ID: "c1", Name: "f", Arguments: `{"a":1}`}, llm.ToolCall{ID: "c2", Name: "g", Arguments: `{"b":2}`}, llm.ToolCall{ID: "call_c57Pjyq8ysqOkMpyCN2aFUCv", Name: "h", Arguments: "{}"}}, llm.StopTools,
		},
		{"one index for all", []string{calls(`{"index":0,"id":"c1","function":{"name":"f","arguments":"{}"}}`), calls(`{"index":0,"id":"c2","function":{"name":"g","arguments":"{}"}}`), tools, done}, []llm.Part{llm.ToolCall{ID: "c1", Name: "f", Arguments: "{}"}, llm.ToolCall{ID: "c2", Name: "g", Arguments: "{}"}}, llm.StopTools},
		{"no ids", []string{calls(`{"index":0,"id":null,"function":{"name":"f","arguments":{"a": 1.0}}}`), calls(`{"index":1,"id":"","function":{"name":"g","arguments":"{}"}}`), tools, done}, []llm.Part{llm.ToolCall{ID: made0, Name: "f", Arguments: `{"a": 1.0}`}, llm.ToolCall{ID: made1, Name: "g", Arguments: "{}"}}, llm.StopTools},
		{"one id for all", []string{calls(`{"index":0,"id":"c","function":{"name":"f","arguments":"{}"}}`, `{"index":1,"id":"c","function":{"name":"g","arguments":"{}"}}`), tools, done}, []llm.Part{llm.ToolCall{ID: "c", Name: "f", Arguments: "{}"}, llm.ToolCall{ID: made1, Name: "g", Arguments: "{}"}}, llm.StopTools},
		{"ids and names in each piece", []string{calls(`{"index":0,"id":"c","function":{"name":"f","arguments":"{\"a\""}}`), calls(`{"index":0,"id":"c","function":{"name":"f","arguments":":1}"}}`), tools, done}, []llm.Part{llm.ToolCall{ID: "c", Name: "f", Arguments: `{"a":1}`}}, llm.StopTools},
		{"a new id in each piece", []string{calls(`{"index":0,"id":"c","function":{"name":"f","arguments":"{\"a\""}}`), calls(`{"index":0,"id":"d","function":{"name":null,"arguments":":1}"}}`), tools, done}, []llm.Part{llm.ToolCall{ID: "c", Name: "f", Arguments: `{"a":1}`}}, llm.StopTools},
		{"a late name", []string{calls(`{"index":0,"id":"c"}`), calls(`{"index":0,"function":{"arguments":"{\"a\""}}`), delta(`{"content":"x"}`), calls(`{"index":0,"function":{"name":"f","arguments":":1}"}}`), tools, done}, []llm.Part{llm.ToolCall{ID: "c", Name: "f", Arguments: `{"a":1}`}, llm.Text{Text: "x"}}, llm.StopTools},
		{"no name at all", []string{calls(`{"index":0,"id":"c"}`), delta(`{"content":"x"}`), tools, done}, []llm.Part{llm.ToolCall{ID: "c"}, llm.Text{Text: "x"}}, llm.StopTools},
		{"an empty call", []string{calls(`{"index":0,"id":null,"function":{"name":null,"arguments":""}}`), delta(`{"content":"x","function_call":null}`), ended, done}, []llm.Part{llm.Text{Text: "x"}}, llm.StopEnd},
		{"a legacy call", []string{delta(`{"function_call":{"name":"f","arguments":""}}`), delta(`{"function_call":{"arguments":"{\"a\":"}}`), delta(`{"function_call":{"arguments":"1}"}}`), chunk(`"choices":[{"index":0,"delta":{},"finish_reason":"function_call"}]`), done}, []llm.Part{llm.ToolCall{ID: made0, Name: "f", Arguments: `{"a":1}`}}, llm.StopTools},
		{"a call that is cut", []string{calls(`{"index":0,"id":"c1","function":{"name":"f","arguments":"{\"a"}}`), chunk(`"choices":[{"index":0,"delta":{},"finish_reason":"length"}]`), done}, []llm.Part{llm.ToolCall{ID: "c1", Name: "f", Arguments: `{"a`}}, llm.StopLength},
		{"arguments that are no object", []string{calls(`{"index":0,"id":"c1","function":{"name":"f","arguments":"oops"}}`), delta(`{"content":"x"}`), tools, done}, []llm.Part{llm.ToolCall{ID: "c1", Name: "f", Arguments: "oops"}, llm.Text{Text: "x"}}, llm.StopTools},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, r := range []io.Reader{strings.NewReader(strings.Join(tt.frames, "")), &perRead{frames: tt.frames}} {
				got, failure, err := gather(openai.Backend{}.NewEventReader(io.NopCloser(r), dialect.StreamOptions{}))
				if err != nil || failure != nil {
					t.Fatal(err, failure)
				}
				if diff := cmp.Diff(tt.want, got.Parts); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
				if got.Meta.Stop != tt.stop || got.Meta.ID != "c1" || got.Meta.Model != "gpt-x" {
					t.Errorf("meta %+v, want stop %d", got.Meta, tt.stop)
				}
			}
		})
	}
}

// TestEventReaderUsage: the last usage counts, wherever it stands.
func TestEventReaderUsage(t *testing.T) {
	t.Parallel()
	running := chunk(`"choices":[{"index":0,"delta":{"content":"a"}}],"usage":{"prompt_tokens":10,"completion_tokens":1}`)
	for _, frames := range [][]string{{text, ended, usage, done}, {running, running, ended, usage, done}, {usage, text, ended, done}} {
		got, failure, err := gather(openai.Backend{}.NewEventReader(io.NopCloser(&perRead{frames: frames}), dialect.StreamOptions{}))
		if err != nil || failure != nil {
			t.Fatal(err, failure)
		}
		if got.Meta.Usage != full {
			t.Errorf("usage %+v, want %+v", got.Meta.Usage, full)
		}
	}
}

func TestEventReaderFails(t *testing.T) {
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
	}
	for _, tt := range tests {
		_, failure, err := gather(openai.Backend{}.NewEventReader(io.NopCloser(strings.NewReader(text+tt.frame+"\n\n"+done)), dialect.StreamOptions{}))
		if err != nil || failure == nil || failure.Kind != tt.kind || failure.Message != tt.text {
			t.Errorf("%q means %+v, %v", tt.frame, failure, err)
		}
	}
	for _, cut := range []string{"", text, text + ended[:len(ended)/2]} {
		_, _, err := gather(openai.Backend{}.NewEventReader(io.NopCloser(strings.NewReader(cut)), dialect.StreamOptions{}))
		if !errors.Is(err, llm.ErrUnexpectedEOF) {
			t.Errorf("error of %q = %v", cut, err)
		}
	}
}

// TestEventReaderIsBounded: what waits for its turn is kept in memory.
func TestEventReaderIsBounded(t *testing.T) {
	t.Parallel()
	first := calls(`{"index":0,"id":"c","function":{"name":"f","arguments":"{"}}`)
	var many strings.Builder
	for i := range 1001 {
		many.WriteString(calls(fmt.Sprintf(`{"index":%d,"id":"c%d","function":{"name":"f","arguments":"{}"}}`, i, i)))
	}
	long := strings.Repeat(delta(`{"content":"`+strings.Repeat("x", 1<<20)+`"}`), 17)
	for _, body := range []string{many.String(), first + long} {
		_, failure, err := gather(openai.Backend{}.NewEventReader(io.NopCloser(strings.NewReader(body+done)), dialect.StreamOptions{}))
		if err != nil || failure == nil || failure.Kind != llm.Upstream {
			t.Errorf("%v, %v, want a failure", failure, err)
		}
	}
}

// TestCallsAreNotHeldBack: the pieces of a call are passed on as they come.
func TestCallsAreNotHeldBack(t *testing.T) {
	t.Parallel()
	frames := []string{
		calls(`{"index":0,"id":"c1","function":{"name":"f","arguments":""}}`), calls(`{"index":0,"function":{"arguments":"{\"a\":"}}`), calls(`{"index":0,"function":{"arguments":"1}"}}`),
		calls(`{"index":1,"id":"c2","function":{"name":"g","arguments":""}}`), calls(`{"index":1,"function":{"arguments":"{}"}}`), done,
	}
	s := openai.Backend{}.NewEventReader(io.NopCloser(&perRead{frames: frames}), dialect.StreamOptions{})
	var got []string
	for {
		ev, err := s.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if ev.Part != nil {
			got = append(got, fmt.Sprintf("%d %d %s%s", ev.Kind, ev.Part.Index, ev.Part.Name, ev.Part.Text))
		}
	}
	want := []string{
		fmt.Sprintf("%d 0 f", llm.PartBegin), fmt.Sprintf(`%d 0 {"a":`, llm.PartDelta), fmt.Sprintf("%d 0 1}", llm.PartDelta), fmt.Sprintf("%d 0 ", llm.PartEnd),
		fmt.Sprintf("%d 1 g", llm.PartBegin), fmt.Sprintf("%d 1 {}", llm.PartDelta), fmt.Sprintf("%d 1 ", llm.PartEnd),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestEventReaderDoesNotAllocatePerEvent(t *testing.T) {
	count := func(events int) float64 {
		f := frames(events)
		return testing.AllocsPerRun(50, func() {
			s := openai.Backend{}.NewEventReader(io.NopCloser(&perRead{frames: f}), dialect.StreamOptions{})
			for {
				if _, err := s.Next(); err != nil {
					break
				}
			}
		})
	}
	if a, b := count(5), count(205); b > a+2 {
		t.Errorf("%v allocations for 5 events, %v for 205", a, b)
	}
}
