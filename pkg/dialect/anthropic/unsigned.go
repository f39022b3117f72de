package anthropic

import (
	"bytes"

	"github.com/llmgw/llmgw/pkg/dialect/toplevel"
)

// unsigned stands as the signature of thoughts that have none: clients want the
// field. It proves nothing, so it is taken off when a client sends it back.
const unsigned = "llmgw-unsigned"

// withoutUnsigned takes from a body, which stands in b from start on, the thoughts
// that are not Claude's: those of another vendor's model that has answered in the
// same conversation, as a fallback does. Anthropic refuses their signature. All
// else keeps its bytes.
func withoutUnsigned(b []byte, start int) []byte {
	// Nearly all bodies end here, after a search that is fast for beginning with a
	// rare byte.
	if !bytes.Contains(b[start:], []byte(unsigned[len("llmgw"):])) {
		return b
	}
	// What is walked and what is written may not share their memory.
	body := bytes.Clone(b[start:])
	e := unsignedEditor{dst: b[:start]}
	e.object(body, func(name, value []byte) bool {
		if string(name) == "messages" && isArray(value) {
			e.array(value, e.message)
			return true
		}
		return false
	})
	if e.removed && e.lastAnswer.barsThinking() {
		return withoutThinking(e.dst, start)
	}
	return e.dst
}

// withoutThinking switches thinking off. Claude wants a thought of its own before
// the calls that it goes on with, if it is to think by a budget
// (docs.anthropic.com/en/docs/build-with-claude/extended-thinking, as of 2026-11).
func withoutThinking(b []byte, start int) []byte {
	body := bytes.Clone(b[start:])
	e := unsignedEditor{dst: b[:start]}
	e.object(body, func(name, value []byte) bool {
		if kind, _ := toplevel.String(toplevel.Find(value, "type")); string(name) != "thinking" || kind != "enabled" {
			return false
		}
		e.dst = append(e.dst, `{"type":"disabled"}`...)
		return true
	})
	return e.dst
}

// unsignedEditor copies a body to dst without the thoughts that are not signed.
type unsignedEditor struct {
	dst     []byte
	removed bool
	// lastAnswer is the last assistant message so far.
	lastAnswer answerShape
}

// answerShape is what Claude looks at in a message before it thinks.
type answerShape struct{ thoughtFirst, calls bool }

func (a answerShape) barsThinking() bool { return a.calls && !a.thoughtFirst }

// object copies an object; edit writes a member's value itself, or says that it
// has not.
func (e *unsignedEditor) object(b []byte, edit func(name, value []byte) bool) {
	at := 0
	for m := toplevel.Object(b); m.Next(); {
		e.dst = append(e.dst, b[at:m.Span().Start]...)
		if !edit(m.Name(), m.Value()) {
			e.dst = append(e.dst, m.Value()...)
		}
		at = m.Span().End
	}
	e.dst = append(e.dst, b[at:]...)
}

// array copies the elements for which item writes something, and returns how many
// that are. An array that is broken stays as it is, for Anthropic to say so.
func (e *unsignedEditor) array(b []byte, item func(v []byte)) int {
	whole, n := len(e.dst), 0
	e.dst = append(e.dst, '[')
	a := toplevel.Array(b)
	for a.Next() {
		before := len(e.dst)
		if n > 0 {
			e.dst = append(e.dst, ',')
		}
		written := len(e.dst)
		if item(a.Value()); len(e.dst) == written {
			e.dst = e.dst[:before]
			continue
		}
		n++
	}
	if a.Err() != nil {
		e.dst = append(e.dst[:whole], b...)
		return 1
	}
	e.dst = append(e.dst, ']')
	return n
}

// message writes a message; nothing where it said nothing but what was taken out.
func (e *unsignedEditor) message(v []byte) {
	role, _ := toplevel.String(toplevel.Find(v, "role"))
	content := toplevel.Find(v, "content")
	if role != "assistant" || !isArray(content) {
		e.dst = append(e.dst, v...)
		return
	}
	e.lastAnswer = answerShape{}
	before, removed, left := len(e.dst), e.removed, 0
	e.removed = false
	e.object(v, func(name, value []byte) bool {
		if string(name) != "content" || !isArray(value) {
			return false
		}
		left += e.array(value, e.block)
		return true
	})
	if e.removed && left == 0 {
		e.dst = e.dst[:before]
	}
	e.removed = e.removed || removed
}

// block writes a block that is no thought of another vendor's.
func (e *unsignedEditor) block(v []byte) {
	kind, _ := toplevel.String(toplevel.Find(v, "type"))
	switch kind {
	case "thinking":
		if signature, _ := toplevel.String(toplevel.Find(v, "signature")); signature == unsigned {
			e.removed = true
			return
		}
		e.lastAnswer.thoughtFirst = true
	case "redacted_thinking":
		e.lastAnswer.thoughtFirst = true
	case "tool_use":
		e.lastAnswer.calls = true
	}
	e.dst = append(e.dst, v...)
}
