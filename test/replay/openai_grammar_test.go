package replay

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// checkOpenAIStream checks a stream against the grammar of OpenAI's dialect
// (platform.openai.com/docs/api-reference/chat-streaming, read 2026-11-23), for a
// client that has asked for usage or has not, and returns where it breaks it.
func checkOpenAIStream(body string, usageAsked bool) []string {
	g := &openaiGrammar{usageAsked: usageAsked}
	if !strings.HasSuffix(body, "\n\n") {
		g.reject("the last frame has no end")
	}
	for _, ev := range parseSSE(body) {
		g.take(ev)
	}
	switch {
	case !g.ended:
		g.reject("the stream ends without [DONE] or error")
	case !g.failed && g.usageAsked && !g.usage:
		g.reject("no usage, which was asked for")
	}
	return g.broken
}

// openaiGrammar is how far a stream has come.
type openaiGrammar struct {
	broken

	usageAsked bool
	first      object   // the first chunk
	role       bool     // has been
	calls      []string // arguments so far
	ids        []string
	finish     string // the reason
	usage      bool   // the usage chunk has been
	ended      bool
	failed     bool
}

// take checks one event.
func (g *openaiGrammar) take(ev event) {
	if ev.Name != "" {
		g.reject("event %q, want none", ev.Name)
	}
	if g.ended {
		g.reject("%s behind the end", ev.Data)
		return
	}
	if ev.Data == "[DONE]" {
		g.ended = true
		if g.finish == "" {
			g.reject("[DONE] without a finish_reason")
		}
		return
	}
	var chunk object
	if json.Unmarshal([]byte(ev.Data), &chunk) != nil {
		g.reject("data is no object: %s", ev.Data)
		return
	}
	if chunk["error"] != nil {
		g.ended, g.failed = true, true
		g.broken = append(g.broken, checkOpenAIError(chunk)...)
		return
	}
	g.envelope(chunk)
	switch choices, ok := chunk.list("choices"); {
	case !ok || len(choices) > 1:
		g.reject("choices %s", chunk["choices"])
	case len(choices) == 0:
		g.usageChunk(chunk)
	default:
		if chunk["usage"] != nil && !chunk.empty("usage") {
			g.reject("usage beside a choice: %s", chunk["usage"])
		}
		g.choice(choices[0])
	}
}

// envelope checks what all chunks have in common.
func (g *openaiGrammar) envelope(chunk object) {
	if g.first == nil {
		g.first = chunk
		if created, ok := chunk.number("created"); !ok || created <= 0 || chunk.text("id") == "" || chunk.text("model") == "" {
			g.reject("chunk with id %s, created %s, model %s", chunk["id"], chunk["created"], chunk["model"])
		}
	}
	for _, name := range []string{"id", "created", "model"} {
		if string(chunk[name]) != string(g.first[name]) {
			g.reject("%s %s after %s", name, chunk[name], g.first[name])
		}
	}
	if chunk.text("object") != "chat.completion.chunk" {
		g.reject("object %s", chunk["object"])
	}
}

// usageChunk checks the chunk without choices.
func (g *openaiGrammar) usageChunk(chunk object) {
	if !g.usageAsked || g.usage || g.finish == "" {
		g.reject("a chunk without choices: asked for %v, had one %v, finish_reason %q", g.usageAsked, g.usage, g.finish)
	}
	g.usage = true
	g.broken = append(g.broken, checkOpenAIUsage(chunk)...)
}

// choice checks the choice of a chunk.
func (g *openaiGrammar) choice(c object) {
	if g.finish != "" {
		g.reject("a choice behind the finish_reason")
	}
	if index, ok := c.number("index"); !ok || index != 0 {
		g.reject("choice with index %s", c["index"])
	}
	delta := c.object("delta")
	if delta == nil {
		g.reject("delta %s", c["delta"])
	}
	if role := delta.text("role"); g.role == (role != "") || !g.role && role != "assistant" {
		g.reject("role %s, had one %v", delta["role"], g.role)
	}
	g.role = true
	calls, _ := delta.list("tool_calls")
	for _, call := range calls {
		g.call(call)
	}
	if _, ok := c["finish_reason"]; !ok {
		g.reject("a choice without finish_reason")
	}
	if !c.empty("finish_reason") {
		g.end(c)
	}
}

// call checks what a chunk adds to a tool call.
func (g *openaiGrammar) call(call object) {
	f := call.object("function")
	index, ok := call.number("index")
	switch {
	case ok && index == int64(len(g.calls)):
		id := call.text("id")
		if id == "" || call.text("type") != "function" || f.text("name") == "" || !f.isString("arguments") {
			g.reject("tool call begins with id %s, type %s, function %s", call["id"], call["type"], call["function"])
		}
		if slices.Contains(g.ids, id) {
			g.reject("two tool calls with id %s", id)
		}
		g.ids = append(g.ids, id)
		g.calls = append(g.calls, f.text("arguments"))
	case ok && index == int64(len(g.calls)-1):
		if call["id"] != nil || f["name"] != nil || !f.isString("arguments") {
			g.reject("tool call goes on with id %s, function %s", call["id"], call["function"])
		}
		g.calls[index] += f.text("arguments")
	default:
		g.reject("tool call with index %s after %d", call["index"], len(g.calls))
	}
}

// end checks the choice that has the reason to stop.
func (g *openaiGrammar) end(c object) {
	g.finish = c.text("finish_reason")
	if string(c["delta"]) != "{}" {
		g.reject("finish_reason beside delta %s", c["delta"])
	}
	g.broken = append(g.broken, checkOpenAIStop(g.finish, g.calls)...)
}

// checkOpenAIStop checks a reason to stop, in an answer with calls that have these
// arguments, and the arguments.
func checkOpenAIStop(finish string, calls []string) []string {
	var b broken
	if openaiStops[finish] == "" || finish == "function_call" {
		b.reject("finish_reason %q", finish)
	}
	if len(calls) == 0 && finish == "tool_calls" || len(calls) > 0 && finish == "stop" {
		b.reject("finish_reason %s with %d tool calls", finish, len(calls))
	}
	for _, arguments := range calls {
		if !isObject(arguments) {
			b.reject("arguments are no object: %q", arguments)
		}
	}
	return b
}

// checkOpenAIUsage checks the usage of an answer or a chunk.
func checkOpenAIUsage(o object) []string {
	var b broken
	u := o.object("usage")
	prompt, ok1 := u.number("prompt_tokens")
	completion, ok2 := u.number("completion_tokens")
	if total, ok3 := u.number("total_tokens"); !ok1 || !ok2 || !ok3 || total != prompt+completion {
		b.reject("usage %s", o["usage"])
	}
	return b
}

// checkOpenAICompletion checks a whole answer.
func checkOpenAICompletion(body string) []string {
	var c object
	if json.Unmarshal([]byte(body), &c) != nil {
		return []string{"the answer is no object"}
	}
	var b broken
	if created, ok := c.number("created"); !ok || created <= 0 || c.text("id") == "" || c.text("model") == "" || c.text("object") != "chat.completion" {
		b.reject("answer with id %s, object %s, created %s, model %s", c["id"], c["object"], c["created"], c["model"])
	}
	b = append(b, checkOpenAIUsage(c)...)
	choices, _ := c.list("choices")
	if len(choices) != 1 {
		b.reject("choices %s", c["choices"])
		return b
	}
	choice := choices[0]
	if index, ok := choice.number("index"); !ok || index != 0 {
		b.reject("choice with index %s", choice["index"])
	}
	return append(b, checkOpenAIMessage(choice)...)
}

// checkOpenAIMessage checks the message of a choice and why it ended.
func checkOpenAIMessage(choice object) []string {
	var b broken
	m := choice.object("message")
	if m.text("role") != "assistant" {
		b.reject("message with role %s", m["role"])
	}
	for _, name := range []string{"content", "refusal"} {
		if !m.empty(name) && !m.isString(name) {
			b.reject("message with %s %s", name, m[name])
		}
	}
	calls, ok := m.list("tool_calls")
	if m["tool_calls"] != nil && (!ok || len(calls) == 0) {
		b.reject("tool_calls %s", m["tool_calls"])
	}
	var arguments []string
	for _, call := range calls {
		f := call.object("function")
		if call.text("id") == "" || call.text("type") != "function" || f.text("name") == "" {
			b.reject("tool call with id %s, type %s, function %s", call["id"], call["type"], call["function"])
		}
		arguments = append(arguments, f.text("arguments"))
	}
	return append(b, checkOpenAIStop(choice.text("finish_reason"), arguments)...)
}

// checkOpenAIError checks the envelope of an error.
func checkOpenAIError(o object) []string {
	var b broken
	e := o.object("error")
	_, param := e["param"]
	_, code := e["code"]
	if e.text("message") == "" || e.text("type") == "" || !param || !code {
		b.reject("error %s", o["error"])
	}
	return b
}

// goodOpenAIStream says the same as goodAnthropicStream.
const goodOpenAIStream = `data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}],"usage":null}

: keep-alive

data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"reasoning_content":"Greet."},"finish_reason":null}],"usage":null}

data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"Hi there."},"finish_reason":null}],"usage":null}

data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"t1","type":"function","function":{"name":"add","arguments":""}}]},"finish_reason":null}],"usage":null}

data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"n\":"}}]},"finish_reason":null}],"usage":null}

data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"1.0}"}}]},"finish_reason":null}],"usage":null}

data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"id":"t2","type":"function","function":{"name":"none","arguments":"{}"}}]},"finish_reason":null}],"usage":null}

data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}],"usage":null}

data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"m","choices":[],"usage":{"prompt_tokens":10,"completion_tokens":7,"total_tokens":17,"prompt_tokens_details":{"cached_tokens":4,"cache_write_tokens":1},"completion_tokens_details":{"reasoning_tokens":2}}}

data: [DONE]

`

func TestOpenAIGrammar(t *testing.T) {
	t.Parallel()
	cut, change := without, replace
	const failure = "data: {\"error\":{\"message\":\"cut\",\"type\":\"api_error\",\"param\":null,\"code\":null}}\n\n"
	for _, tt := range []struct {
		name  string
		spoil func(string) string
		want  string // part of the fault; "" where there is none
	}{
		{"good", func(s string) string { return s }, ""},
		{"without usage: null", func(s string) string { return strings.ReplaceAll(s, `,"usage":null`, "") }, ""},
		{"failed", func(s string) string { return strings.Join(splitFrames(s)[:5], "") + failure }, ""},
		{"failed at once", func(string) string { return failure }, ""},
		{"nothing", func(string) string { return "" }, "without [DONE]"},
		{"failed and ended", func(s string) string { return failure + s }, "behind the end"},
		{"failed without words", func(string) string { return change("cut", "")(failure) }, "error {"},
		{"failed without a code", func(string) string { return change(`,"code":null`, "")(failure) }, "error {"},
		{"cut in a frame", func(s string) string { return s[:len(s)-1] }, "no end"},
		{"a name", change("data: [DONE]", "event: done\ndata: [DONE]"), `event "done"`},
		{"no JSON", change(": keep-alive", "data: ping"), "no object"},
		{"another id", change(`"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"m","choices":[]`, `"chatcmpl-2","object":"chat.completion.chunk","created":1,"model":"m","choices":[]`), `id "chatcmpl-2"`},
		{"no id", func(s string) string { return strings.ReplaceAll(s, `"id":"chatcmpl-1"`, `"id":""`) }, "chunk with id"},
		{"no model", func(s string) string { return strings.ReplaceAll(s, `"model":"m"`, `"model":""`) }, "model"},
		{"another model", func(s string) string { return s[:400] + strings.ReplaceAll(s[400:], `"model":"m"`, `"model":"n"`) }, `model "n"`},
		{"another time", func(s string) string { return s[:400] + strings.ReplaceAll(s[400:], `"created":1`, `"created":2`) }, "created 2"},
		{"no time", func(s string) string { return strings.ReplaceAll(s, `"created":1`, `"created":0`) }, "created 0"},
		{"the object of a whole answer", change("chat.completion.chunk", "chat.completion"), "object"},
		{"no choices", change(`"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]`, `"choices":null`), "choices null"},
		{"two choices", change(`"choices":[{"index":0,"delta":{},`, `"choices":[{},{"index":0,"delta":{},`), "choices [{}"},
		{"another choice", change(`{"index":0,"delta":{"content":"Hi`, `{"index":1,"delta":{"content":"Hi`), "choice with index 1"},
		{"no delta", change(`"delta":{"content":"Hi there."}`, `"delta":null`), "delta null"},
		{"no role", change(`"role":"assistant",`, ``), "role"},
		{"a late role", change(`"content":"Hi`, `"role":"assistant","content":"Hi`), "had one true"},
		{"the user's role", change(`"role":"assistant"`, `"role":"user"`), `role "user"`},
		{"a hole in the calls", change(`{"index":1,"id":"t2"`, `{"index":2,"id":"t2"`), "index 2 after 1"},
		{"a call without index", change(`{"index":1,"id":"t2"`, `{"id":"t2"`), "index  after 1"},
		{"a call that was done goes on", change(`{"index":1,"id":"t2","type":"function","function":{"name":"none",`, `{"index":0,"id":"t1","function":{`), "goes on with id"},
		{"a call without id", change(`"id":"t2",`, ``), "begins with id"},
		{"a call without name", change(`"name":"none",`, ``), "begins with id"},
		{"a call without type", change(`"id":"t2","type":"function",`, `"id":"t2",`), "begins with id"},
		{"one id twice", change(`"id":"t2"`, `"id":"t1"`), "two tool calls"},
		{"the name again", change(`{"index":0,"function":{"arguments"`, `{"index":0,"function":{"name":"add","arguments"`), "goes on with"},
		{"no arguments", change(`"arguments":"{}"`, `"arguments":""`), "arguments are no object"},
		{"arguments that are an object", change(`"arguments":"{}"`, `"arguments":{}`), "begins with id"},
		{"arguments cut off", change(`1.0}`, `1.0`), "arguments are no object"},
		{"a choice without finish_reason", change(`,"finish_reason":null`, ``), "without finish_reason"},
		{"no finish_reason", cut(`"finish_reason":"tool_calls"`), "without a finish_reason"},
		{"two finish_reasons", func(s string) string { return change(splitFrames(s)[8], splitFrames(s)[8]+splitFrames(s)[8])(s) }, "behind the finish_reason"},
		{"a delta beside the finish_reason", change(`"delta":{},`, `"delta":{"content":"x"},`), "finish_reason beside delta"},
		{"a strange finish_reason", change(`"finish_reason":"tool_calls"`, `"finish_reason":"end_turn"`), `finish_reason "end_turn"`},
		{"an empty finish_reason", change(`"finish_reason":null`, `"finish_reason":""`), `finish_reason ""`},
		{"a natural end with calls", change(`"finish_reason":"tool_calls"`, `"finish_reason":"stop"`), "with 2 tool calls"},
		{"no usage", cut(`"choices":[]`), "no usage"},
		{"usage twice", func(s string) string { return change(splitFrames(s)[9], splitFrames(s)[9]+splitFrames(s)[9])(s) }, "had one true"},
		{"usage in a chunk with a choice", change(`"usage":null`, `"usage":{}`), "usage beside a choice"},
		{"a sum that is none", change(`"total_tokens":17`, `"total_tokens":18`), "usage {"},
		{"no [DONE]", cut("[DONE]"), "without [DONE]"},
		{"two of [DONE]", func(s string) string { return s + "data: [DONE]\n\n" }, "behind the end"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			spoilt := tt.spoil(goodOpenAIStream)
			if tt.want != "" && spoilt == goodOpenAIStream {
				t.Fatal("nothing is spoilt")
			}
			faults := strings.Join(checkOpenAIStream(spoilt, true), "; ")
			if tt.want == "" && faults != "" || !strings.Contains(faults, tt.want) {
				t.Errorf("faults = %q, want %q", faults, tt.want)
			}
		})
	}
}

func TestOpenAIGrammarWithoutUsage(t *testing.T) {
	t.Parallel()
	if faults := checkOpenAIStream(without(`"choices":[]`)(goodOpenAIStream), false); len(faults) > 0 {
		t.Errorf("faults = %q, want none", faults)
	}
	if faults := checkOpenAIStream(goodOpenAIStream, false); len(faults) == 0 {
		t.Error("usage that nobody asked for is not found")
	}
}

func TestOpenAICompletionGrammar(t *testing.T) {
	t.Parallel()
	const good = `{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant",` +
		`"content":null,"refusal":null,"tool_calls":[{"id":"t1","type":"function","function":{"name":"add","arguments":"{}"}}]},` +
		`"logprobs":null,"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}`
	for _, tt := range []struct{ name, from, to, want string }{
		{"good", "", "", ""},
		{"no object", good, "[]", "no object"},
		{"no id", `"id":"chatcmpl-1"`, `"id":""`, "answer with id"},
		{"the object of a chunk", `chat.completion`, `chat.completion.chunk`, "answer with id"},
		{"no time", `"created":1,`, ``, "answer with id"},
		{"no choices", `"choices":[{`, `"choices":[],"x":[{`, "choices []"},
		{"another choice", `"index":0`, `"index":1`, "index 1"},
		{"no role", `"role":"assistant",`, ``, "role"},
		{"no content", `"content":null,`, ``, "content"},
		{"no refusal", `"refusal":null,`, ``, "refusal"},
		{"an empty list of calls", `"tool_calls":[`, `"tool_calls":[],"x":[`, "tool_calls []"},
		{"no id of a call", `"id":"t1"`, `"id":null`, "tool call with id null"},
		{"no arguments", `"{}"`, `""`, "arguments are no object"},
		{"a natural end with calls", `"finish_reason":"tool_calls"`, `"finish_reason":"stop"`, "with 1 tool calls"},
		{"no finish_reason", `"finish_reason":"tool_calls"`, `"finish_reason":null`, `finish_reason ""`},
		{"no usage", `"prompt_tokens":1`, `"input_tokens":1`, "usage"},
	} {
		faults := strings.Join(checkOpenAICompletion(replace(tt.from, tt.to)(good)), "; ")
		if tt.want == "" && faults != "" || !strings.Contains(faults, tt.want) {
			t.Errorf("%s: faults = %q, want %q", tt.name, faults, tt.want)
		}
	}
}
