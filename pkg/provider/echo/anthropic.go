package echo

import (
	"encoding/base64"
	"fmt"
	"iter"
	"strings"
)

// anthropicFault is the frame with which a stream reports that it failed.
const anthropicFault = "event: error\n" +
	`data: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded (echo)"}}` + "\n\n"

// signature stands in for the one that vendors put on thinking.
func (r *reply) signature() string {
	return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "echo-signature-%016x", r.id))
}

// wholeMessage writes an answer of the Messages API.
func wholeMessage(a *ask, r *reply) []byte {
	blocks := make([]string, 0, 2+len(r.calls))
	if r.thinking != "" {
		blocks = append(blocks, fmt.Sprintf(`{"type":"thinking","thinking":%s,"signature":%q}`, quote(r.thinking), r.signature()))
	}
	if r.text != "" || len(r.calls) == 0 {
		blocks = append(blocks, `{"type":"text","text":`+quote(r.text)+`}`)
	}
	for i, c := range r.calls {
		args := c.args
		if a.script.brokenArgs {
			args = quote(args) // no JSON: all that can stand here is its text
		}
		blocks = append(blocks, fmt.Sprintf(`{"type":"tool_use","id":%q,"name":%s,"input":%s}`,
			r.callID("toolu", i), quote(c.name), args))
	}
	return fmt.Appendf(nil, `{"id":"msg_echo%016x","type":"message","role":"assistant","model":%s,"content":[%s],%s%s}`,
		r.id, quote(a.model), strings.Join(blocks, ","), anthropicStop(r), r.usage.anthropic(`,"usage":`, r.usage.output))
}

// anthropicStop writes why the answer ended.
func anthropicStop(r *reply) string {
	reason, matched := "end_turn", "null"
	switch r.stop {
	case stopNatural:
	case stopLength:
		reason = "max_tokens"
	case stopSequence:
		reason, matched = "stop_sequence", quote(r.matched)
	case stopTools:
		reason = "tool_use"
	}
	return fmt.Sprintf(`"stop_reason":%q,"stop_sequence":%s`, reason, matched)
}

// anthropic writes the usage after its name. Input does not include what was
// cached in this dialect.
func (u usage) anthropic(name string, output int) string {
	if u.hidden {
		return ""
	}
	thinking := ""
	if u.reasoning > 0 && output == u.output {
		thinking = fmt.Sprintf(`,"output_tokens_details":{"thinking_tokens":%d}`, u.reasoning)
	}
	return name + fmt.Sprintf(`{"input_tokens":%d,"cache_creation_input_tokens":%d,"cache_read_input_tokens":%d,`+
		`"cache_creation":{"ephemeral_5m_input_tokens":%d,"ephemeral_1h_input_tokens":0},"output_tokens":%d%s,"service_tier":"standard"}`,
		u.input-u.cacheRead-u.cacheWrite, u.cacheWrite, u.cacheRead, u.cacheWrite, output, thinking)
}

// event writes one frame; its name is the data's type.
func event(name, format string, args ...any) []byte {
	return fmt.Appendf(nil, "event: %s\ndata: {\"type\":%q%s}\n\n", name, name, fmt.Sprintf(format, args...))
}

// messageFrames streams an answer of the Messages API.
func messageFrames(a *ask, r *reply) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		w := &blockWriter{yield: yield}
		w.emit(event("message_start", `,"message":{"id":"msg_echo%016x","type":"message","role":"assistant","model":%s,`+
			`"content":[],"stop_reason":null,"stop_sequence":null%s}`,
			r.id, quote(a.model), r.usage.anthropic(`,"usage":`, 1)))
		if r.thinking != "" {
			w.block(`{"type":"thinking","thinking":"","signature":""}`, "thinking_delta", "thinking", r.thinking)
			w.delta(`{"type":"signature_delta","signature":%q}`, r.signature())
			w.stop()
		}
		if r.text != "" || len(r.calls) == 0 {
			w.block(`{"type":"text","text":""}`, "text_delta", "text", r.text)
			w.stop()
		}
		for i, c := range r.calls {
			start := fmt.Sprintf(`{"type":"tool_use","id":%q,"name":%s,"input":{}}`, r.callID("toolu", i), quote(c.name))
			w.start(start)
			w.delta(`{"type":"input_json_delta","partial_json":""}`)
			w.deltas("input_json_delta", "partial_json", c.args)
			w.stop()
		}
		w.emit(event("message_delta", `,"delta":{%s}%s`, anthropicStop(r), r.usage.anthropic(`,"usage":`, r.usage.output)))
		w.emit(event("message_stop", ""))
	}
}

// blockWriter writes content blocks in order, until nobody reads any more.
type blockWriter struct {
	yield func([]byte) bool
	done  bool
	index int
}

func (w *blockWriter) emit(frame []byte) { w.done = w.done || !w.yield(frame) }

// block starts a block and writes its text in pieces; the caller stops it.
func (w *blockWriter) block(start, kind, member, text string) {
	w.start(start)
	w.deltas(kind, member, text)
}

func (w *blockWriter) start(block string) {
	w.emit(event("content_block_start", `,"index":%d,"content_block":%s`, w.index, block))
	if w.index == 0 { // where Anthropic sends it, too
		w.emit(event("ping", ""))
	}
}

func (w *blockWriter) deltas(kind, member, text string) {
	for text != "" && !w.done {
		var p string
		p, text = piece(text)
		w.delta(`{"type":%q,%q:%s}`, kind, member, quote(p))
	}
}

func (w *blockWriter) delta(format string, args ...any) {
	w.emit(event("content_block_delta", `,"index":%d,"delta":%s`, w.index, fmt.Sprintf(format, args...)))
}

func (w *blockWriter) stop() {
	w.emit(event("content_block_stop", `,"index":%d`, w.index))
	w.index++
}

// wholeCount writes an answer of count_tokens.
func wholeCount(a *ask, _ *reply) []byte { return fmt.Appendf(nil, `{"input_tokens":%d}`, a.input) }
