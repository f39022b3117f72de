package replay

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// checkAnthropicStream checks a stream against the grammar of Anthropic's dialect
// (docs.anthropic.com/en/docs/build-with-claude/streaming, read 2026-11-23) and
// returns where it breaks it.
func checkAnthropicStream(body string) []string {
	g := &anthropicGrammar{}
	if !strings.HasSuffix(body, "\n\n") {
		g.reject("the last frame has no end")
	}
	for _, ev := range parseSSE(body) {
		g.take(ev)
	}
	if !g.ended {
		g.reject("the stream ends without message_stop or error")
	}
	return g.broken
}

// anthropicGrammar is how far a stream has come.
type anthropicGrammar struct {
	broken

	started bool
	blocks  int             // begun so far
	open    *anthropicOpen  // nil between blocks
	ids     map[string]bool // of tool calls
	calls   int
	delta   bool // message_delta has been
	ended   bool
}

// anthropicOpen is the block that is open.
type anthropicOpen struct {
	kind   string
	pieces string // of the arguments
	signed bool
}

// take checks one event.
func (g *anthropicGrammar) take(ev event) {
	var data object
	if json.Unmarshal([]byte(ev.Data), &data) != nil {
		g.reject("data is no object: %s", ev.Data)
		return
	}
	kind := data.text("type")
	switch {
	case ev.Name != kind:
		g.reject("event %q with data of type %q", ev.Name, kind)
	case g.ended:
		g.reject("%s behind the end", kind)
	case kind == "ping":
	case kind == "error":
		g.ended = true
		for _, fault := range checkAnthropicError(data) {
			g.reject("%s", fault)
		}
	case kind == "message_start":
		g.start(data.object("message"))
	case !g.started:
		g.reject("%s before message_start", kind)
	case g.delta && kind != "message_stop":
		g.reject("%s behind message_delta", kind)
	default:
		g.step(kind, data)
	}
}

// step checks an event between message_start and the end.
func (g *anthropicGrammar) step(kind string, data object) {
	switch kind {
	case "content_block_start":
		g.blockStart(data)
	case "content_block_delta":
		g.blockDelta(data)
	case "content_block_stop":
		g.blockStop(data)
	case "message_delta":
		g.messageDelta(data)
	case "message_stop":
		if !g.delta {
			g.reject("message_stop without message_delta")
		}
		g.ended = true
	default:
		g.reject("unknown event %q", kind)
	}
}

// start checks the message of message_start.
func (g *anthropicGrammar) start(m object) {
	if g.started {
		g.reject("a second message_start")
	}
	g.started = true
	g.broken = append(g.broken, checkAnthropicEnvelope(m)...)
	if content, ok := m.list("content"); !ok || len(content) > 0 {
		g.reject("message_start with content %s", m["content"])
	}
	if !m.empty("stop_reason") || !m.empty("stop_sequence") {
		g.reject("message_start with stop_reason %s, stop_sequence %s", m["stop_reason"], m["stop_sequence"])
	}
}

// blockStart checks content_block_start.
func (g *anthropicGrammar) blockStart(data object) {
	if g.open != nil {
		g.reject("content_block_start inside a block")
	}
	if index, ok := data.number("index"); !ok || index != int64(g.blocks) {
		g.reject("block with index %s, want %d", data["index"], g.blocks)
	}
	g.blocks++
	b := data.object("content_block")
	g.open = &anthropicOpen{kind: b.text("type")}
	switch g.open.kind {
	case "text", "thinking":
		if s := b.text(g.open.kind); s != "" || !b.isString(g.open.kind) {
			g.reject("%s block begins with %s", g.open.kind, b[g.open.kind])
		}
	case "tool_use":
		if string(b["input"]) != "{}" {
			g.reject("tool_use begins with input %s", b["input"])
		}
		g.call(b)
	default:
		g.broken = append(g.broken, checkAnthropicBlock(b)...)
	}
}

// toolID is what Anthropic's API takes as the id of a tool call.
var toolID = regexp.MustCompile(`^[a-zA-Z0-9_-]+$`)

// call checks name and id of a tool call.
func (g *anthropicGrammar) call(b object) {
	g.calls++
	id := b.text("id")
	if !toolID.MatchString(id) || b.text("name") == "" {
		g.reject("tool_use with id %s, name %s", b["id"], b["name"])
	}
	if g.ids[id] {
		g.reject("two tool calls with id %s", id)
	}
	if g.ids == nil {
		g.ids = map[string]bool{}
	}
	g.ids[id] = true
}

// fits are the deltas that each type of block may have.
var fits = map[string][]string{
	"text":     {"text_delta", "citations_delta"},
	"thinking": {"thinking_delta", "signature_delta"},
	"tool_use": {"input_json_delta"},
}

// blockDelta checks content_block_delta.
func (g *anthropicGrammar) blockDelta(data object) {
	if !g.isOpen(data) {
		g.reject("delta of block %s, which is not open", data["index"])
		return
	}
	d := data.object("delta")
	kind := d.text("type")
	if !slices.Contains(fits[g.open.kind], kind) {
		g.reject("%s in a block of %s", kind, g.open.kind)
	}
	if member := strings.TrimSuffix(strings.Replace(kind, "input_json", "partial_json", 1), "_delta"); kind != "citations_delta" && !d.isString(member) {
		g.reject("%s with %s %s", kind, member, d[member])
	}
	if g.open.signed {
		g.reject("%s behind the signature", kind)
	}
	g.open.signed = kind == "signature_delta"
	g.open.pieces += d.text("partial_json")
}

// isOpen reports whether the event is about the block that is open.
func (g *anthropicGrammar) isOpen(data object) bool {
	index, ok := data.number("index")
	return ok && g.open != nil && index == int64(g.blocks-1)
}

// blockStop checks content_block_stop and what the block has become.
func (g *anthropicGrammar) blockStop(data object) {
	if !g.isOpen(data) {
		g.reject("stop of block %s, which is not open", data["index"])
		return
	}
	if g.open.kind == "thinking" && !g.open.signed {
		g.reject("thinking without a signature")
	}
	if g.open.pieces != "" && !isObject(g.open.pieces) {
		g.reject("arguments are no object: %s", g.open.pieces)
	}
	g.open = nil
}

// messageDelta checks message_delta.
func (g *anthropicGrammar) messageDelta(data object) {
	if g.open != nil {
		g.reject("message_delta inside a block")
	}
	g.delta = true
	d := data.object("delta")
	g.broken = append(g.broken, checkAnthropicStop(d, g.calls)...)
	if _, ok := data.object("usage").number("output_tokens"); !ok {
		g.reject("message_delta with usage %s", data["usage"])
	}
}

// checkAnthropicStop checks a reason to stop, in an answer with so many calls.
func checkAnthropicStop(o object, calls int) []string {
	var b broken
	reason := o.text("stop_reason")
	if anthropicStops[reason] == "" {
		b.reject("stop_reason %s", o["stop_reason"])
	}
	if calls == 0 && reason == "tool_use" || calls > 0 && reason == "end_turn" {
		b.reject("stop_reason %s with %d tool calls", reason, calls)
	}
	if !o.empty("stop_sequence") && o.text("stop_sequence") == "" {
		b.reject("stop_sequence %s", o["stop_sequence"])
	}
	return b
}

// checkAnthropicEnvelope checks what a message has around its content.
func checkAnthropicEnvelope(m object) []string {
	var b broken
	if !strings.HasPrefix(m.text("id"), "msg_") || m.text("type") != "message" || m.text("role") != "assistant" || m.text("model") == "" {
		b.reject("message with id %s, type %s, role %s, model %s", m["id"], m["type"], m["role"], m["model"])
	}
	for _, name := range []string{"input_tokens", "output_tokens"} {
		if _, ok := m.object("usage").number(name); !ok {
			b.reject("message with usage %s", m["usage"])
		}
	}
	return b
}

// checkAnthropicBlock checks a block that comes whole.
func checkAnthropicBlock(block object) []string {
	var b broken
	switch kind := block.text("type"); kind {
	case "text":
		if block.text("text") == "" {
			b.reject("an empty text block")
		}
	case "thinking":
		if !block.isString("thinking") || block.text("signature") == "" {
			b.reject("thinking %s with signature %s", block["thinking"], block["signature"])
		}
	case "redacted_thinking":
		if block.text("data") == "" {
			b.reject("redacted_thinking with data %s", block["data"])
		}
	case "tool_use":
		if !isObject(string(block["input"])) {
			b.reject("tool_use with input %s", block["input"])
		}
	default:
		if !strings.HasPrefix(kind, "server_tool_use") && !strings.HasSuffix(kind, "_tool_result") {
			b.reject("block of type %q", kind)
		}
	}
	return b
}

// checkAnthropicMessage checks a whole answer.
func checkAnthropicMessage(body string) []string {
	var m object
	if json.Unmarshal([]byte(body), &m) != nil {
		return []string{"the answer is no object"}
	}
	g := &anthropicGrammar{broken: checkAnthropicEnvelope(m)}
	content, ok := m.list("content")
	if !ok {
		g.reject("content %s", m["content"])
	}
	for _, b := range content {
		g.broken = append(g.broken, checkAnthropicBlock(b)...)
		if b.text("type") == "tool_use" {
			g.call(b)
		}
	}
	return append(g.broken, checkAnthropicStop(m, g.calls)...)
}

// anthropicErrors are the types of errors (docs.anthropic.com/en/api/errors, read
// 2026-11-23), and what Anthropic's own gateway says of a budget.
var anthropicErrors = []string{
	"invalid_request_error", "authentication_error", "billing_error", "permission_error", "not_found_error",
	"conflict_error", "request_too_large", "rate_limit_error", "api_error", "timeout_error", "overloaded_error",
}

// checkAnthropicError checks the envelope of an error.
func checkAnthropicError(data object) []string {
	var b broken
	e := data.object("error")
	if data.text("type") != "error" || !slices.Contains(anthropicErrors, e.text("type")) || e.text("message") == "" {
		b.reject("error of type %s: %s", data["type"], data["error"])
	}
	return b
}

// goodAnthropicStream has a block of each type that a model writes.
const goodAnthropicStream = `event: message_start
data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":5,"cache_read_input_tokens":4,"cache_creation_input_tokens":1,"output_tokens":1}}}

event: ping
data: {"type":"ping"}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Greet."}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"s"}}

event: content_block_stop
data: {"type":"content_block_stop","index":0}

event: content_block_start
data: {"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}

event: content_block_delta
data: {"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"Hi "}}

event: content_block_delta
data: {"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"there."}}

event: content_block_stop
data: {"type":"content_block_stop","index":1}

event: content_block_start
data: {"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"t1","name":"add","input":{}}}

event: content_block_delta
data: {"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\"n\":"}}

event: content_block_delta
data: {"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"1.0}"}}

event: content_block_stop
data: {"type":"content_block_stop","index":2}

event: content_block_start
data: {"type":"content_block_start","index":3,"content_block":{"type":"tool_use","id":"t2","name":"none","input":{}}}

event: content_block_stop
data: {"type":"content_block_stop","index":3}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":7,"output_tokens_details":{"thinking_tokens":2}}}

event: message_stop
data: {"type":"message_stop"}

`

func TestAnthropicGrammar(t *testing.T) {
	t.Parallel()
	cut, change := without, replace
	const failure = "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"cut\"}}\n\n"
	for _, tt := range []struct {
		name  string
		spoil func(string) string
		want  string // part of the fault; "" where there is none
	}{
		{"good", func(s string) string { return s }, ""},
		{"failed", func(s string) string { return s[:strings.Index(s, "event: message_delta")] + failure }, ""},
		{"failed inside a block", func(s string) string { return s[:strings.LastIndex(s, "event: content_block_stop")] + failure }, ""},
		{"failed at once", func(string) string { return failure }, ""},
		{"nothing", func(string) string { return "" }, "without message_stop"},
		{"failed and ended", func(s string) string { return s + failure }, "behind the end"},
		{"failed without words", func(string) string { return change("cut", "")(failure) }, "error of type"},
		{"failed with a strange type", func(string) string { return change("api_error", "oops")(failure) }, "error of type"},
		{"cut in a frame", func(s string) string { return s[:len(s)-1] }, "no end"},
		{"no name", change("event: message_stop\n", ""), `event ""`},
		{"another name", change("event: message_stop", "event: ping"), `event "ping"`},
		{"no JSON", change(`data: {"type":"ping"}`, `data: ping`), "no object"},
		{"no start", cut("message_start"), "before message_start"},
		{"two starts", func(s string) string { return splitFrames(s)[0] + s }, "second message_start"},
		{"no id", change(`"id":"msg_1"`, `"id":""`), "message with id"},
		{"OpenAI's id", change(`"id":"msg_1"`, `"id":"chatcmpl-1"`), "message with id"},
		{"no model", change(`"model":"m"`, `"model":null`), "model null"},
		{"no usage at the start", change(`"input_tokens":5,`, ``), "with usage"},
		{"content at the start", change(`"content":[]`, `"content":[{}]`), "with content"},
		{"no content at the start", change(`"content":[]`, `"content":null`), "with content"},
		{"stopped at the start", change(`"stop_reason":null`, `"stop_reason":"end_turn"`), "with stop_reason"},
		{"a hole in the indexes", change(`"index":1,"content_block"`, `"index":2,"content_block"`), "want 1"},
		{"no index", change(`"index":0,"content_block"`, `"content_block"`), "want 0"},
		{"overlap", cut(`{"type":"content_block_stop","index":0}`), "inside a block"},
		{"an open block at the end", cut(`{"type":"content_block_stop","index":3}`), "message_delta inside a block"},
		{"no block start", cut(`"index":3,"content_block"`), "which is not open"},
		{"a stop of no block", change(`"content_block_stop","index":2`, `"content_block_stop","index":1`), "which is not open"},
		{"a delta of another block", change(`"index":2,"delta"`, `"index":1,"delta"`), "which is not open"},
		{"a delta of another type", change(`{"type":"text_delta","text":"Hi "}`, `{"type":"thinking_delta","thinking":"Hi "}`), "thinking_delta in a block of text"},
		{"a delta without its text", change(`"text":"Hi "`, `"thinking":"Hi "`), "text_delta with text"},
		{"text at the start of a block", change(`"text":""`, `"text":"H"`), "begins with"},
		{"no text at the start of a block", change(`,"text":""`, ``), "begins with"},
		{"input at the start of a block", change(`"input":{}`, `"input":{"n":1}`), "begins with input"},
		{"no signature", cut("signature_delta"), "without a signature"},
		{"thinking behind the signature", change(`"thinking_delta","thinking"`, `"signature_delta","signature"`), "behind the signature"},
		{"a strange block", change(`{"type":"text","text":""}`, `{"type":"image"}`), `block of type "image"`},
		{"empty redacted thinking", change(`{"type":"text","text":""}`, `{"type":"redacted_thinking","data":""}`), "redacted_thinking with"},
		{"a strange tool id", change(`"id":"t1"`, `"id":"t 1"`), "tool_use with id"},
		{"no tool name", change(`"name":"add"`, `"name":""`), "tool_use with id"},
		{"one id twice", change(`"id":"t2"`, `"id":"t1"`), "two tool calls"},
		{"arguments cut off", change(`1.0}`, `1.0`), "arguments are no object"},
		{"arguments that are a list", change(`{\"n\":`, `[{\"n\":`), "arguments are no object"},
		{"no message_delta", cut("message_delta"), "without message_delta"},
		{"two of message_delta", change("event: message_stop", splitFrames(goodAnthropicStream)[len(splitFrames(goodAnthropicStream))-2]+"event: message_stop"), "behind message_delta"},
		{"a strange stop reason", change(`"stop_reason":"tool_use"`, `"stop_reason":"stop"`), `stop_reason "stop"`},
		{"no stop reason", change(`"stop_reason":"tool_use"`, `"stop_reason":null`), "stop_reason null"},
		{"a natural end with calls", change(`"stop_reason":"tool_use"`, `"stop_reason":"end_turn"`), "with 2 tool calls"},
		{"an empty stop sequence", change(`"stop_sequence":null},"usage"`, `"stop_sequence":""},"usage"`), "stop_sequence"},
		{"no usage at the end", change(`"usage":{"output_tokens":7,`, `"usage":{`), "message_delta with usage"},
		{"no message_stop", cut("message_stop"), "without message_stop"},
		{"something behind the end", func(s string) string { return s + "event: ping\ndata: {\"type\":\"ping\"}\n\n" }, "behind the end"},
		{"OpenAI's end", func(s string) string { return s + "data: [DONE]\n\n" }, "no object"},
		{"a strange event", change("ping\ndata: {\"type\":\"ping\"}", "pong\ndata: {\"type\":\"pong\"}"), "unknown event"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			spoilt := tt.spoil(goodAnthropicStream)
			if tt.want != "" && spoilt == goodAnthropicStream {
				t.Fatal("nothing is spoilt")
			}
			faults := strings.Join(checkAnthropicStream(spoilt), "; ")
			if tt.want == "" && faults != "" || !strings.Contains(faults, tt.want) {
				t.Errorf("faults = %q, want %q", faults, tt.want)
			}
		})
	}
}

func TestAnthropicMessageGrammar(t *testing.T) {
	t.Parallel()
	const good = `{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"thinking","thinking":"","signature":"s"},` +
		`{"type":"text","text":"Hi"},{"type":"tool_use","id":"t1","name":"add","input":{"n":1.0}}],"stop_reason":"tool_use",` +
		`"stop_sequence":null,"usage":{"input_tokens":1,"output_tokens":2}}`
	for _, tt := range []struct{ name, from, to, want string }{
		{"good", "", "", ""},
		{"no object", good, "[]", "no object"},
		{"no id", `"id":"msg_1",`, ``, "message with id"},
		{"no content", `"content":[`, `"content":null,"x":[`, "content null"},
		{"an empty text", `"text":"Hi"`, `"text":""`, "empty text"},
		{"no signature", `"signature":"s"`, `"signature":""`, "signature"},
		{"input that is text", `{"n":1.0}`, `"{}"`, "with input"},
		{"no tool name", `"name":"add"`, `"name":null`, "tool_use with id"},
		{"a natural end with calls", `"stop_reason":"tool_use"`, `"stop_reason":"end_turn"`, "with 1 tool calls"},
		{"no stop_sequence", `"stop_sequence":null,`, ``, "stop_sequence"},
		{"no usage", `"output_tokens":2`, `"completion_tokens":2`, "usage"},
	} {
		faults := strings.Join(checkAnthropicMessage(replace(tt.from, tt.to)(good)), "; ")
		if tt.want == "" && faults != "" || !strings.Contains(faults, tt.want) {
			t.Errorf("%s: faults = %q, want %q", tt.name, faults, tt.want)
		}
	}
}
