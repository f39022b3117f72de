package toplevel

import "bytes"

// Names walks the members of all objects of a JSON text, at any depth, in order.
// It is how a body is searched for a few words without being fooled by the same
// words inside of a prompt. Not safe for concurrent use.
type Names struct {
	b    []byte
	name []byte
	pos  int // behind the last string looked at
	at   int // of the member's value

	scratch [64]byte // for names and words that have to be folded
}

// maxWord bounds what is unescaped: no longer text is one of the words that are
// looked for, even with every letter escaped.
const maxWord = 256

// AllNames returns a walker over the members of b.
func AllNames(b []byte) Names { return Names{b: b} }

// Next goes to the next member; false after the last.
func (n *Names) Next() bool {
	for {
		start := nextQuote(n.b, n.pos)
		if start < 0 {
			return false
		}
		end := stringEnd(n.b, start)
		if end < 0 {
			return false
		}
		n.pos = end
		if colon, ok := expect(n.b, end, ':'); ok {
			n.name, n.at = n.b[start:end-1], colon
			return true
		}
	}
}

// Name is the member's name in lower case, unescaped. Valid until the next call of
// Name, Word or Next.
func (n *Names) Name() []byte {
	if len(n.name) > maxWord || Plain(n.name) {
		return n.name
	}
	return lower(n.scratch[:0], n.name)
}

// Value returns the text from the first byte of the member's value to the end of
// the whole text: the value itself has not been read.
func (n *Names) Value() []byte { return n.b[skipSpace(n.b, n.at):] }

// Word is the member's value in lower case, unescaped, where it is a string; else
// nil. Valid until the next call of Name, Word or Next.
func (n *Names) Word() []byte {
	v := n.Value()
	if !IsString(v) {
		return nil
	}
	end := stringEnd(v, 1)
	if end < 0 {
		return nil
	}
	text := v[1 : end-1]
	if len(text) > maxWord || Plain(text) {
		return text
	}
	return lower(n.scratch[:0], text)
}

// lower appends the text of a string to dst, unescaped and with its ASCII letters
// folded. A text with broken escapes stays as it is: no decoder can read it.
func lower(dst, text []byte) []byte {
	if bytes.IndexByte(text, '\\') >= 0 {
		if s, ok := unquote(text); ok {
			text = []byte(s)
		}
	}
	dst = append(dst, text...)
	for i, c := range dst {
		if 'A' <= c && c <= 'Z' {
			dst[i] = c + ('a' - 'A')
		}
	}
	return dst
}
