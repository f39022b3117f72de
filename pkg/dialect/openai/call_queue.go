package openai

import (
	"bytes"

	"github.com/llmgw/llmgw/pkg/dialect"
	"github.com/llmgw/llmgw/pkg/dialect/sse"
	"github.com/llmgw/llmgw/pkg/dialect/toplevel"
	"github.com/llmgw/llmgw/pkg/llm"
)

// callQueue brings the pieces of streamed calls in order. On the wire the pieces
// of several calls may alternate, parts of a translated stream may not: whatever
// comes while the arguments of the open call are incomplete is held until they
// are.
type callQueue struct {
	all     []streamedCall
	open    int // the number of the open call, from 1; 0 where none is
	held    []heldPart
	size    int // bytes that are held, or have been
	scratch []byte
}

// Bounds of what is kept of an answer. OpenAI takes 128 tools.
const (
	maxCalls = 1000
	maxHeld  = dialect.MaxFrame
)

// tooMuch reports whether the answer is beyond all bounds.
func (q *callQueue) tooMuch() bool { return len(q.all) > maxCalls || q.size > maxHeld }

// streamedCall is a call as far as it is known.
type streamedCall struct {
	index    int64
	indexed  bool
	id, name string
	// arguments are those that could not be emitted yet; json sees all.
	arguments []byte
	json      jsonEnd
}

// heldPart is a call that waits for its turn, by its number, or the JSON string
// text of a part of another kind.
type heldPart struct {
	call int
	kind llm.PartKind
	text []byte
}

// call adds a call, or a piece of one.
func (d *eventDecoder) call(c wireCall, e *sse.Emitter) {
	q := &d.calls
	n := q.find(&c)
	if n == 0 {
		if c.empty() {
			return
		}
		q.all = append(q.all, streamedCall{index: c.index, indexed: c.indexed})
		n = len(q.all)
		q.held = append(q.held, heldPart{call: n})
	}
	d.spoke = true
	call := &q.all[n-1]
	call.identify(&c)
	q.scratch = appendArguments(q.scratch[:0], c.arguments)
	call.json.write(q.scratch)
	if n == q.open {
		e.Plain(q.scratch)
	} else {
		call.arguments = append(call.arguments, q.scratch...)
		q.size += len(q.scratch)
	}
	q.release(e, d.answer.meta.ID, false)
}

// find gives the number of the call that a piece belongs to; 0 for a new one.
// OpenAI counts calls by index and names each once. Vendors leave out the index,
// use one index for all calls, or make a new id for each piece.
func (q *callQueue) find(c *wireCall) int {
	for i := range q.all {
		if k := &q.all[i]; k.has(c.id) && (!c.indexed || k.index == c.index) {
			return i + 1
		}
	}
	for i := len(q.all) - 1; i >= 0; i-- {
		if k := &q.all[i]; !c.indexed || !k.indexed || k.index == c.index {
			if k.endsBefore(c) {
				return 0
			}
			return i + 1
		}
	}
	return 0
}

// has reports whether the JSON string v is the call's id.
func (k *streamedCall) has(v []byte) bool {
	return len(v) == len(k.id)+len(`""`) && k.id != "" && toplevel.IsString(v) && string(v[1:len(v)-1]) == k.id
}

// endsBefore reports whether c, which stands in the call's place, is another one:
// it has a name, and another id or arguments of its own behind complete ones.
func (k *streamedCall) endsBefore(c *wireCall) bool {
	switch {
	case saysNothing(c.name):
		return false
	case !saysNothing(c.id):
		return k.id != ""
	default:
		return k.json.complete() && !noArguments(c.arguments)
	}
}

// identify takes what a piece says first: vendors repeat it, or send it late.
func (k *streamedCall) identify(c *wireCall) {
	if k.id == "" && !saysNothing(c.id) {
		k.id, _ = toplevel.String(c.id)
	}
	if k.name == "" && !saysNothing(c.name) {
		k.name, _ = toplevel.String(c.name)
	}
}

// busy reports whether other parts have to wait.
func (q *callQueue) busy() bool { return len(q.held) > 0 || q.incomplete() }

func (q *callQueue) incomplete() bool { return q.open > 0 && !q.all[q.open-1].json.complete() }

// hold keeps the string v for later.
func (q *callQueue) hold(kind llm.PartKind, v []byte) {
	q.held = append(q.held, heldPart{kind: kind, text: bytes.Clone(v)})
	q.size += len(v)
}

// leave says that another part follows the open call.
func (q *callQueue) leave() { q.open = 0 }

// flush emits all that is held: the answer is over.
func (q *callQueue) flush(e *sse.Emitter, answer string) { q.release(e, answer, true) }

// release emits what is held, as far as nothing has to be waited for.
func (q *callQueue) release(e *sse.Emitter, answer string, over bool) {
	for len(q.held) > 0 {
		h := q.held[0]
		if !over && (q.incomplete() || h.call > 0 && q.all[h.call-1].name == "") {
			return
		}
		q.held = q.held[1:]
		if h.call > 0 {
			q.begin(h.call, e, answer)
			continue
		}
		q.open = 0
		if e.Kind() != h.kind || h.kind == llm.PartRedacted {
			e.Open(h.kind, "", "")
		}
		e.Delta(h.text)
	}
}

// begin opens a call and emits what is known of its arguments.
func (q *callQueue) begin(n int, e *sse.Emitter, answer string) {
	k := &q.all[n-1]
	id := k.id
	for i := range q.all[:n-1] {
		if q.all[i].id == id {
			id = ""
		}
	}
	if id == "" {
		id = madeID(answer, n-1)
	}
	e.Open(llm.PartToolCall, id, k.name)
	e.Plain(k.arguments)
	k.arguments, q.open = nil, n
}

// jsonEnd follows a JSON text that comes in pieces to its end.
type jsonEnd struct {
	depth                  int
	begun, quoted, escaped bool
}

func (j *jsonEnd) write(b []byte) {
	for _, c := range b {
		switch {
		case j.escaped:
			j.escaped = false
		case j.quoted:
			j.quoted = c != '"'
			j.escaped = c == '\\'
		case c == '"':
			j.quoted = true
		case c == '{', c == '[':
			j.begun = true
			j.depth++
		case c == '}', c == ']':
			j.depth--
		}
	}
}

// complete reports whether an object or a list has ended. Texts that are neither
// never do.
func (j *jsonEnd) complete() bool { return j.begun && !j.quoted && j.depth <= 0 }
