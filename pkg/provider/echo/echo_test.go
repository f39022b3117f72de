package echo_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/provider/echo"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// ask makes one call: body is a request without model and stream.
func ask(t *testing.T, d llm.Dialect, op llm.Op, model, body string) (*llm.Answer, error) {
	t.Helper()
	return do(t, &llm.Request{Op: op, Dialect: d, Body: llm.BytesBody(fmt.Sprintf(`{"model":%q,%s}`, model, body))})
}

// askStream makes one call for a stream.
func askStream(t *testing.T, d llm.Dialect, op llm.Op, model, body string) (*llm.Answer, error) {
	t.Helper()
	body = fmt.Sprintf(`{"model":%q,"stream":true,"stream_options":{"include_usage":true},%s}`, model, body)
	return do(t, &llm.Request{Op: op, Dialect: d, Stream: true, Body: llm.BytesBody(body)})
}

func do(t *testing.T, req *llm.Request) (*llm.Answer, error) {
	t.Helper()
	return echo.New(echo.Options{}).Do(t.Context(), req)
}

// drain reads a stream: its bytes, the number of its events, the last one, and
// the error that ended it.
func drain(t *testing.T, s llm.Stream) (all string, last llm.Event, err error) {
	t.Helper()
	var b strings.Builder
	ev, err := s.Next()
	for ; err == nil; ev, err = s.Next() {
		b.Write(ev.Raw)
		last = ev
		last.Raw = bytes.Clone(ev.Raw)
	}
	if closing := s.Close(); closing != nil {
		t.Errorf("Close: %v", closing)
	}
	return b.String(), last, err
}

// said is what an answer says, put together from a whole one or from frames.
type said struct {
	thinking, text, stop string
	calls                []string
}

// part is any piece of any answer of the two dialects.
type part struct {
	Type, Text, Thinking, Name string
	StopReason                 string `json:"stop_reason"`
	PartialJSON                string `json:"partial_json"`
	Input                      json.RawMessage
	Content                    json.RawMessage
	ReasoningContent           string `json:"reasoning_content"`
	Index                      int
	ContentBlock               *part `json:"content_block"`
	Delta, Message             *part
	FinishReason               string `json:"finish_reason"`
	ToolCalls                  []struct {
		Function struct{ Name, Arguments string }
	} `json:"tool_calls"`
	Choices []part
}

func read(t *testing.T, data string) part {
	t.Helper()
	var p part
	if err := json.Unmarshal([]byte(data), &p); err != nil {
		t.Fatalf("%v in %s", err, data)
	}
	return p
}

// wholeSaid reads a whole answer.
func wholeSaid(t *testing.T, d llm.Dialect, body string) (s said) {
	t.Helper()
	p := read(t, body)
	if d == llm.OpenAI {
		if len(p.Choices) == 0 {
			return s
		}
		c := p.Choices[0]
		s.stop, s.text = c.FinishReason, c.Text
		if c.Message != nil {
			_ = json.Unmarshal(c.Message.Content, &s.text) // null where there are calls only
			s.thinking = c.Message.ReasoningContent
			for _, f := range c.Message.ToolCalls {
				s.calls = append(s.calls, f.Function.Name+f.Function.Arguments)
			}
		}
		return s
	}
	var blocks []part
	if err := json.Unmarshal(p.Content, &blocks); err != nil {
		t.Fatal(err)
	}
	s.stop = p.StopReason
	for _, b := range blocks {
		s.thinking += b.Thinking
		s.text += b.Text
		if b.Type == "tool_use" {
			s.calls = append(s.calls, b.Name+string(b.Input))
		}
	}
	return s
}

// streamSaid reads frames, of the first choice, and checks their nesting.
func streamSaid(t *testing.T, d llm.Dialect, body string) (s said) {
	t.Helper()
	open, index := false, 0
	for frame := range strings.SplitSeq(strings.TrimSuffix(body, "\n\n"), "\n\n") {
		_, data, ok := strings.Cut(frame, "data: ")
		if !ok || data == "[DONE]" {
			continue
		}
		p := read(t, data)
		if d == llm.OpenAI {
			for _, c := range p.Choices {
				s.addChunk(c)
			}
			continue
		}
		if event, _, _ := strings.Cut(strings.TrimPrefix(frame, "event: "), "\n"); event != p.Type {
			t.Errorf("event %q carries type %q", event, p.Type)
		}
		switch p.Type {
		case "content_block_start":
			if open || p.Index != index {
				t.Errorf("block %d starts out of order", p.Index)
			}
			open = true
			if p.ContentBlock.Type == "tool_use" {
				s.calls = append(s.calls, p.ContentBlock.Name)
			}
		case "content_block_delta":
			if !open || p.Index != index {
				t.Errorf("a delta of block %d out of order", p.Index)
			}
			s.thinking += p.Delta.Thinking
			s.text += p.Delta.Text
			if p.Delta.Type == "input_json_delta" {
				s.calls[len(s.calls)-1] += p.Delta.PartialJSON
			}
		case "content_block_stop":
			open = false
			index++
		case "message_delta":
			s.stop = p.Delta.StopReason
		}
	}
	return s
}

func (s *said) addChunk(c part) {
	if c.Index != 0 {
		return
	}
	s.stop += c.FinishReason
	s.text += c.Text
	if c.Delta == nil {
		return
	}
	var text string
	_ = json.Unmarshal(c.Delta.Content, &text) // absent in most deltas
	s.text += text
	s.thinking += c.Delta.ReasoningContent
	for _, f := range c.Delta.ToolCalls {
		if f.Function.Name != "" {
			s.calls = append(s.calls, f.Function.Name)
		}
		s.calls[len(s.calls)-1] += f.Function.Arguments
	}
}

// The members of requests in the tests, by dialect.
const (
	hi      = `"messages":[{"role":"user","content":"Grüße 👋 \"you\"\nthere"}]`
	toolsA  = `"tools":[{"name":"w","input_schema":{"type":"object","properties":{"c":{"type":"string"}}}},{"name":"v","input_schema":{"type":"object"}}],`
	toolsO  = `"tools":[{"type":"function","function":{"name":"w","parameters":{"type":"object","properties":{"c":{"type":"string"}}}}},{"type":"function","function":{"name":"v"}}],`
	prompt  = `"prompt":"Grüße"`
	argsC   = `w{"c":"echo"}`
	hello   = "Hello! You said: Grüße 👋 \"you\"\nthere"
	thought = "The user says something. I will repeat it politely."
)

func TestAnswers(t *testing.T) {
	t.Parallel()
	const A, O = llm.Anthropic, llm.OpenAI
	for name, c := range map[string]struct {
		d           llm.Dialect
		op          llm.Op
		model, body string
		want        said
	}{
		"hello/A":         {A, llm.OpChat, "hello", hi, said{text: hello, stop: "end_turn"}},
		"hello/O":         {O, llm.OpChat, "echo/hello", hi, said{text: hello, stop: "stop"}},
		"completion":      {O, llm.OpCompletion, "hello", prompt, said{text: "Hello! You said: Grüße", stop: "stop"}},
		"thinking/A":      {A, llm.OpChat, "thinking", hi, said{thinking: thought, text: hello, stop: "end_turn"}},
		"thinking/O":      {O, llm.OpChat, "thinking", hi, said{thinking: thought, text: hello, stop: "stop"}},
		"long/A":          {A, llm.OpChat, "long-3", hi, said{text: "the quick brown", stop: "end_turn"}},
		"long/O":          {O, llm.OpChat, "long-3", hi, said{text: "the quick brown", stop: "stop"}},
		"limit/A":         {A, llm.OpChat, "long-9", `"max_tokens":2,` + hi, said{text: "the quic", stop: "max_tokens"}},
		"limit/O":         {O, llm.OpChat, "long-9", `"max_completion_tokens":2,` + hi, said{text: "the quic", stop: "length"}},
		"old limit/O":     {O, llm.OpChat, "long-9", `"max_tokens":2,` + hi, said{text: "the quic", stop: "length"}},
		"between runes":   {A, llm.OpChat, "hello", `"max_tokens":5,` + hi, said{text: "Hello! You said: Gr", stop: "max_tokens"}},
		"stop/A":          {A, llm.OpChat, "hello", `"stop_sequences":["You","lo!"],` + hi, said{text: "Hel", stop: "stop_sequence"}},
		"stop/O":          {O, llm.OpChat, "hello", `"stop":"You",` + hi, said{text: "Hello! ", stop: "stop"}},
		"stops/O":         {O, llm.OpChat, "hello", `"stop":["x","You"],` + hi, said{text: "Hello! ", stop: "stop"}},
		"tools/A":         {A, llm.OpChat, "tools", toolsA + hi, said{calls: []string{argsC}, stop: "tool_use"}},
		"tools/O":         {O, llm.OpChat, "tools", toolsO + hi, said{calls: []string{argsC}, stop: "tool_calls"}},
		"parallel/A":      {A, llm.OpChat, "tools,parallel", toolsA + hi, said{calls: []string{argsC, "v{}"}, stop: "tool_use"}},
		"parallel/O":      {O, llm.OpChat, "tools+parallel", toolsO + hi, said{calls: []string{argsC, "v{}"}, stop: "tool_calls"}},
		"one by one/A":    {A, llm.OpChat, "tools,parallel", `"tool_choice":{"type":"auto","disable_parallel_tool_use":true},` + toolsA + hi, said{calls: []string{argsC}, stop: "tool_use"}},
		"one by one/O":    {O, llm.OpChat, "tools,parallel", `"parallel_tool_calls":false,` + toolsO + hi, said{calls: []string{argsC}, stop: "tool_calls"}},
		"none/A":          {A, llm.OpChat, "tools", `"tool_choice":{"type":"none"},` + toolsA + hi, said{text: hello, stop: "end_turn"}},
		"none/O":          {O, llm.OpChat, "tools", `"tool_choice":"none",` + toolsO + hi, said{text: hello, stop: "stop"}},
		"named/A":         {A, llm.OpChat, "hello", `"tool_choice":{"type":"tool","name":"v"},` + toolsA + hi, said{calls: []string{"v{}"}, stop: "tool_use"}},
		"named/O":         {O, llm.OpChat, "hello", `"tool_choice":{"type":"function","function":{"name":"v"}},` + toolsO + hi, said{calls: []string{"v{}"}, stop: "tool_calls"}},
		"required/A":      {A, llm.OpChat, "hello", `"tool_choice":{"type":"any"},` + toolsA + hi, said{calls: []string{argsC}, stop: "tool_use"}},
		"required/O":      {O, llm.OpChat, "hello", `"tool_choice":"required",` + toolsO + hi, said{calls: []string{argsC}, stop: "tool_calls"}},
		"no tools":        {A, llm.OpChat, "tools", hi, said{text: hello, stop: "end_turn"}},
		"no room to call": {A, llm.OpChat, "tools", `"max_tokens":1,` + toolsA + hi, said{stop: "max_tokens"}},
		"result/A": {
			A, llm.OpChat, "tools", toolsA + `"messages":[{"role":"user","content":"x"},{"role":"assistant","content":[]},` +
				`{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":[{"type":"text","text":"sunny"}]}]}]`,
			said{text: "The tool said: sunny", stop: "end_turn"},
		},
		"result/O": {
			O, llm.OpChat, "tools", toolsO + `"messages":[{"role":"user","content":"x"},{"role":"assistant","content":null},` +
				`{"role":"tool","tool_call_id":"t","content":"sunny"}]`,
			said{text: "The tool said: sunny", stop: "stop"},
		},
		"schema/A": {
			A, llm.OpChat, "hello", `"output_config":{"format":{"type":"json_schema","schema":{"properties":{"a":{"type":"integer"}}}}},` + hi,
			said{text: `{"a":1}`, stop: "end_turn"},
		},
		"schema/O": {
			O, llm.OpChat, "hello", `"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"properties":{"a":{"enum":["x"]}}}}},` + hi,
			said{text: `{"a":"x"}`, stop: "stop"},
		},
		"any JSON": {O, llm.OpChat, "hello", `"response_format":{"type":"json_object"},"messages":[{"role":"user","content":"x"}]`, said{text: `{"echo":"x"}`, stop: "stop"}},
		"parts":    {O, llm.OpChat, "hello", `"messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url"}]}]`, said{text: "Hello! You said: a", stop: "stop"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			whole, err := ask(t, c.d, c.op, c.model, c.body)
			if err != nil {
				t.Fatal(err)
			}
			if got := wholeSaid(t, c.d, string(whole.Body)); fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("whole: got %+v, want %+v", got, c.want)
			}
			if whole.Meta.StopReason != c.want.stop || !whole.Meta.Usage.Reported || whole.Meta.Usage.Output < 1 {
				t.Errorf("whole: got meta %+v", whole.Meta)
			}
			ans, err := askStream(t, c.d, c.op, c.model, c.body)
			if err != nil {
				t.Fatal(err)
			}
			text, last, err := drain(t, ans.Stream)
			if last.Kind != llm.End || err != io.EOF {
				t.Fatalf("ended with kind %d, %v", last.Kind, err)
			}
			if got := streamSaid(t, c.d, text); fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("stream: got %+v, want %+v", got, c.want)
			}
			if last.Meta.Usage != whole.Meta.Usage || last.Meta.StopReason != c.want.stop {
				t.Errorf("stream: got meta %+v, want that of the whole answer, %+v", last.Meta, whole.Meta)
			}
		})
	}
}

func TestAnswersAreAlwaysTheSame(t *testing.T) {
	t.Parallel()
	for _, model := range []string{"thinking,tools,parallel", "long-100"} {
		first, err := ask(t, llm.OpenAI, llm.OpChat, model, toolsO+hi)
		if err != nil {
			t.Fatal(err)
		}
		second, err := ask(t, llm.OpenAI, llm.OpChat, model, toolsO+hi)
		if err != nil || !bytes.Equal(first.Body, second.Body) {
			t.Errorf("got two answers to one request:\n%s\n%s", first.Body, second.Body)
		}
		other, err := ask(t, llm.OpenAI, llm.OpChat, model, toolsO+`"seed":1,`+hi)
		if err != nil || other.Meta.ID == first.Meta.ID {
			t.Errorf("two requests share the id %s", other.Meta.ID)
		}
	}
}

func TestUsage(t *testing.T) {
	t.Parallel()
	const A, O = llm.Anthropic, llm.OpenAI
	const body = `"messages":[{"role":"user","content":"0123456789012345678901234567890123456789"}]` // 71 bytes of list
	for name, c := range map[string]struct {
		d           llm.Dialect
		model, body string
		want        llm.Usage
	}{
		"plain/A":     {A, "long-1", body, llm.Usage{Input: 18, Output: 1, Reported: true}},
		"plain/O":     {O, "long-1", body, llm.Usage{Input: 18, Output: 1, Reported: true}},
		"cached/A":    {A, "long-1,cached", body, llm.Usage{Input: 18, Output: 1, CacheRead: 9, CacheWrite5m: 4, Reported: true}},
		"cached/O":    {O, "long-1,cached", body, llm.Usage{Input: 18, Output: 1, CacheRead: 9, CacheWrite5m: 4, Reported: true}},
		"thinking/A":  {A, "long-1,thinking", body, llm.Usage{Input: 18, Output: 14, Reasoning: 13, Reported: true}},
		"thinking/O":  {O, "long-1,thinking", body, llm.Usage{Input: 18, Output: 14, Reasoning: 13, Reported: true}},
		"tokens/A":    {A, "tokens-5000", body, llm.Usage{Input: 18, Output: 5000, Reported: true}},
		"tokens/O":    {O, "tokens-5000", `"n":2,` + body, llm.Usage{Input: 18, Output: 10000, Reported: true}},
		"limited/A":   {A, "tokens-5000", `"max_tokens":30,` + body, llm.Usage{Input: 18, Output: 30, Reported: true}},
		"limited/O":   {O, "tokens-5000", `"max_completion_tokens":30,"n":3,` + body, llm.Usage{Input: 18, Output: 90, Reported: true}},
		"no usage/A":  {A, "no-usage", body, llm.Usage{}},
		"no usage/O":  {O, "no-usage", body, llm.Usage{}},
		"n choices/O": {O, "long-1", `"n":4,` + body, llm.Usage{Input: 18, Output: 4, Reported: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			whole, err := ask(t, c.d, llm.OpChat, c.model, c.body)
			if err != nil {
				t.Fatal(err)
			}
			if whole.Meta.Usage != c.want {
				t.Errorf("whole: got %+v, want %+v", whole.Meta.Usage, c.want)
			}
			ans, err := askStream(t, c.d, llm.OpChat, c.model, c.body)
			if err != nil {
				t.Fatal(err)
			}
			if _, last, _ := drain(t, ans.Stream); last.Meta.Usage != c.want {
				t.Errorf("stream: got %+v, want %+v", last.Meta.Usage, c.want)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for model, want := range map[string]struct {
		status int
		kind   llm.Kind
	}{
		"error-400": {400, llm.InvalidRequest}, "error-429": {429, llm.RateLimited}, "error-500": {500, llm.Upstream},
		"error-529": {529, llm.Overloaded}, "auth": {401, llm.UpstreamAuth}, "error-401": {401, llm.UpstreamAuth},
		"hello,error-503,delay-1ms": {503, llm.Overloaded}, "stream-error": {503, llm.Overloaded},
		"telepathy": {404, llm.NotFound}, "": {404, llm.NotFound}, "long-0": {404, llm.NotFound},
		"error-200": {404, llm.NotFound}, "delay-5h": {404, llm.NotFound}, "long-": {404, llm.NotFound},
	} {
		for _, d := range []llm.Dialect{llm.Anthropic, llm.OpenAI} {
			_, err := ask(t, d, llm.OpChat, model, hi)
			var e *llm.Error
			if !errors.As(err, &e) || e.Kind != want.kind || e.Upstream == nil || e.Upstream.Status != want.status {
				t.Errorf("%s %q: got %v, want kind %s of status %d", d, model, err, want.kind, want.status)
				continue
			}
			if want.status == http.StatusNotFound && !strings.Contains(e.Message, "broken-tool-args") {
				t.Errorf("%q: %q does not list the features", model, e.Message)
			}
			if (want.status == 429) != (e.RetryAfter > 0) && want.status < 500 {
				t.Errorf("%q: got retry after %v", model, e.RetryAfter)
			}
		}
	}
	for _, body := range []string{`"messages":3`, `"messages":[{"role":"user","content":3}]`, `"n":1000,` + hi} {
		if _, err := ask(t, llm.OpenAI, llm.OpChat, "hello", body); llm.AsError(err).Kind != llm.InvalidRequest {
			t.Errorf("%s: got %v", body, err)
		}
	}
}

func TestListedModelsExist(t *testing.T) {
	t.Parallel()
	for _, model := range echo.Models() {
		if model == "stall" {
			continue // exists, but does not say so
		}
		_, err := ask(t, llm.OpenAI, llm.OpChat, model, hi)
		if e := llm.AsError(err); e != nil && e.Kind == llm.NotFound {
			t.Errorf("%q: %v", model, err)
		}
	}
	if !slices.Contains(echo.Models(), "hello") {
		t.Error("hello is not listed")
	}
}

func TestAModelSpeaksOneDialect(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		model string
		op    llm.Op
		want  []llm.Dialect
	}{
		{"", llm.OpChat, []llm.Dialect{llm.Anthropic, llm.OpenAI}},
		{"*", llm.OpChat, []llm.Dialect{llm.Anthropic, llm.OpenAI}},
		{"hello", llm.OpChat, []llm.Dialect{llm.Anthropic, llm.OpenAI}},
		{"tools,speaks-openai", llm.OpChat, []llm.Dialect{llm.OpenAI}},
		{"tools,speaks-openai", llm.OpCountTokens, nil},
		{"speaks-anthropic", llm.OpChat, []llm.Dialect{llm.Anthropic}},
		{"speaks-anthropic", llm.OpEmbeddings, nil},
	} {
		got := echo.New(echo.Options{Model: tt.model}).Dialects(tt.op)
		if !slices.Equal(got, tt.want) {
			t.Errorf("%q takes %s in %v, want %v", tt.model, tt.op, got, tt.want)
		}
	}
}
