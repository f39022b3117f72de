package echo

import (
	"fmt"
	"iter"
	"strings"
)

// created is the instant at which all answers were made: the same to the same
// request, whenever it comes. 2026-01-01.
const created = 1767225600

// openAIFault is the frame with which a stream reports that it failed.
const openAIFault = `data: {"error":{"message":"The server had an error (echo)","type":"server_error","param":null,"code":null}}` + "\n\n"

const openAIDone = "data: [DONE]\n\n"

// openAIStop is why the answer ended.
func openAIStop(r *reply) string {
	switch r.stop {
	case stopLength:
		return "length"
	case stopTools:
		return "tool_calls"
	default:
		return "stop"
	}
}

// openAI writes the usage after its name.
func (u usage) openAI(name string) string {
	if u.hidden {
		return ""
	}
	return name + fmt.Sprintf(`{"prompt_tokens":%d,"completion_tokens":%d,"total_tokens":%d,`+
		`"prompt_tokens_details":{"cached_tokens":%d,"cache_write_tokens":%d},"completion_tokens_details":{"reasoning_tokens":%d}}`,
		u.input, u.output, u.input+u.output, u.cacheRead, u.cacheWrite, u.reasoning)
}

// openAIHead writes the members that every answer and every chunk begins with.
func openAIHead(a *ask, r *reply, kind, object string) string {
	return fmt.Sprintf(`{"id":"%s-echo%016x","object":%q,"created":%d,"model":%s`, kind, r.id, object, created, quote(a.model))
}

// wholeChat writes an answer of chat completions.
func wholeChat(a *ask, r *reply) []byte {
	message := chatMessage(r)
	choices := make([]string, a.choices)
	for i := range choices {
		choices[i] = fmt.Sprintf(`{"index":%d,"message":%s,"logprobs":null,"finish_reason":%q}`, i, message, openAIStop(r))
	}
	return fmt.Appendf(nil, `%s,"choices":[%s]%s}`, openAIHead(a, r, "chatcmpl", "chat.completion"),
		strings.Join(choices, ","), r.usage.openAI(`,"usage":`))
}

func chatMessage(r *reply) string {
	content := quote(r.text)
	if r.text == "" && len(r.calls) > 0 {
		content = "null"
	}
	m := `{"role":"assistant","content":` + content + `,"refusal":null`
	if r.thinking != "" {
		m += `,"reasoning_content":` + quote(r.thinking)
	}
	if len(r.calls) == 0 {
		return m + "}"
	}
	calls := make([]string, len(r.calls))
	for i, c := range r.calls {
		calls[i] = fmt.Sprintf(`{"id":%q,"type":"function","function":{"name":%s,"arguments":%s}}`,
			r.callID("call", i), quote(c.name), quote(c.args))
	}
	return m + `,"tool_calls":[` + strings.Join(calls, ",") + "]}"
}

// chatFrames streams an answer of chat completions, choice by choice.
func chatFrames(a *ask, r *reply) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		w := &chunkWriter{yield: yield, head: openAIHead(a, r, "chatcmpl", "chat.completion.chunk"), usage: a.includeUsage}
		for w.index = range a.choices {
			w.delta(`{"role":"assistant","content":"","refusal":null}`)
			w.pieces(`{"reasoning_content":%s}`, r.thinking)
			w.pieces(`{"content":%s}`, r.text)
			for i, c := range r.calls {
				w.delta(fmt.Sprintf(`{"tool_calls":[{"index":%d,"id":%q,"type":"function","function":{"name":%s,"arguments":""}}]}`,
					i, r.callID("call", i), quote(c.name)))
				w.pieces(fmt.Sprintf(`{"tool_calls":[{"index":%d,"function":{"arguments":%%s}}]}`, i), c.args)
			}
			w.choice(`"delta":{},"logprobs":null,"finish_reason":"` + openAIStop(r) + `"`)
		}
		w.end(r.usage)
	}
}

// chunkWriter writes chunks, until nobody reads any more.
type chunkWriter struct {
	yield func([]byte) bool
	done  bool
	head  string
	usage bool // asked for: each chunk has the member
	index int  // of the choice
}

// delta writes a chunk of chat completions.
func (w *chunkWriter) delta(delta string) {
	w.choice(`"delta":` + delta + `,"logprobs":null,"finish_reason":null`)
}

// pieces writes a text as the deltas that format makes of its pieces.
func (w *chunkWriter) pieces(format, text string) {
	for text != "" && !w.done {
		var p string
		p, text = piece(text)
		w.delta(fmt.Sprintf(format, quote(p)))
	}
}

// choice writes a chunk with one choice.
func (w *chunkWriter) choice(members string) {
	usage := ""
	if w.usage {
		usage = `,"usage":null`
	}
	w.emit(fmt.Sprintf(`data: %s,"choices":[{"index":%d,%s}]%s}`+"\n\n", w.head, w.index, members, usage))
}

// end writes the usage, where it was asked for, and the terminal frame.
func (w *chunkWriter) end(u usage) {
	if w.usage && !u.hidden {
		w.emit(fmt.Sprintf(`data: %s,"choices":[]%s}`+"\n\n", w.head, u.openAI(`,"usage":`)))
	}
	w.emit(openAIDone)
}

func (w *chunkWriter) emit(frame string) { w.done = w.done || !w.yield([]byte(frame)) }
