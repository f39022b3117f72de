package toplevel

import (
	"fmt"

	"github.com/llmgw/llmgw/pkg/llm"
)

// Members walks the members of an object. Not safe for concurrent use.
type Members struct {
	walker
	field llm.Field
}

// Object returns a walker over the members of the object in b, which may be a
// part of a body. What follows the object is not looked at.
func Object(b []byte) Members {
	return Members{walker: newWalker(b, '{', '}')}
}

// Next goes to the next member; false at the end of the object or where the
// text is broken.
func (m *Members) Next() bool {
	if !m.item() {
		return false
	}
	if m.b[m.pos] != '"' {
		return m.fail(m.pos, ErrSyntax)
	}
	end := stringEnd(m.b, m.pos+1)
	if end < 0 {
		return m.fail(m.pos, ErrUnterminated)
	}
	m.field.Name = llm.Span{Start: m.pos + 1, End: end - 1}
	pos, ok := expect(m.b, end, ':')
	if !ok {
		return m.failAt(pos)
	}
	m.pos = skipSpace(m.b, pos)
	m.field.Value, ok = m.value()
	return ok
}

// Name is the member's name as it is written: without quotes, not unescaped.
func (m *Members) Name() []byte { return m.field.Name.Of(m.b) }

// Value is the text of the member's value.
func (m *Members) Value() []byte { return m.field.Value.Of(m.b) }

// Span is where the value stands in the walked text.
func (m *Members) Span() llm.Span { return m.field.Value }

// Elements walks the elements of an array. Not safe for concurrent use.
type Elements struct {
	walker
	at llm.Span
}

// Array returns a walker over the elements of the array in b.
func Array(b []byte) Elements {
	return Elements{walker: newWalker(b, '[', ']')}
}

// Next goes to the next element; false at the end of the array or where the
// text is broken.
func (e *Elements) Next() bool {
	if !e.item() {
		return false
	}
	var ok bool
	e.at, ok = e.value()
	return ok
}

// Value is the text of the element.
func (e *Elements) Value() []byte { return e.at.Of(e.b) }

// Find returns the text of the value of the member name in the object in b; nil
// where there is no such member, or no object.
func Find(b []byte, name string) []byte {
	for m := Object(b); m.Next(); {
		if string(m.Name()) == name {
			return m.Value()
		}
	}
	return nil
}

// walker is what the two walkers share: a position between items.
type walker struct {
	b       []byte
	pos     int
	closing byte // 0 once it has been passed
	started bool
	err     error
}

func newWalker(b []byte, opening, closing byte) walker {
	pos, ok := expect(b, 0, opening)
	w := walker{b: b, pos: pos, closing: closing}
	switch {
	case ok:
	case opening == '{':
		w.err = ErrNotObject
	default:
		w.err = ErrSyntax
	}
	return w
}

// Err is what is wrong with the text, nil while nothing is.
func (w *walker) Err() error { return w.err }

// item goes to the first byte of the next item. At the closing bracket it steps
// over it and returns false.
func (w *walker) item() bool {
	if w.err != nil || w.closing == 0 {
		return false
	}
	pos := skipSpace(w.b, w.pos)
	if pos < len(w.b) && w.b[pos] == w.closing {
		w.pos, w.closing = pos+1, 0
		return false
	}
	if w.started {
		var ok bool
		if pos, ok = expect(w.b, pos, ','); !ok {
			return w.failAt(pos)
		}
		pos = skipSpace(w.b, pos)
	}
	if pos >= len(w.b) {
		return w.fail(pos, ErrUnterminated)
	}
	w.started, w.pos = true, pos
	return true
}

// value steps over the value at the position.
func (w *walker) value() (llm.Span, bool) {
	end := skipValue(w.b, w.pos)
	if end < 0 {
		return llm.Span{}, w.failValue()
	}
	s := llm.Span{Start: w.pos, End: end}
	w.pos = end
	return s, true
}

func (w *walker) failValue() bool {
	if w.pos < len(w.b) {
		switch w.b[w.pos] {
		case '"', '{', '[':
			return w.fail(w.pos, ErrUnterminated)
		}
	}
	return w.failAt(w.pos)
}

// failAt blames the end of the text, or what stands at pos.
func (w *walker) failAt(pos int) bool {
	if pos >= len(w.b) {
		return w.fail(pos, ErrUnterminated)
	}
	return w.fail(pos, ErrSyntax)
}

func (w *walker) fail(pos int, err error) bool {
	w.err = fmt.Errorf("byte %d: %w", pos, err)
	return false
}
