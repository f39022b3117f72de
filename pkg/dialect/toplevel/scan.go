// Package toplevel reads JSON objects one level deep: which members there are
// and where their values stand, without decoding or validating what is nested.
// That is what the native lane needs of a body, at a tenth of the cost of a
// decoder.
//
// It is not a JSON decoder: it accepts texts whose nested values are broken,
// since the provider judges those. Dialects use it for requests, answers and
// stream frames.
//
//	for m := toplevel.Object(body); m.Next(); {
//		if string(m.Name()) == "usage" { ... m.Value() ... }
//	}
package toplevel

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"

	"github.com/llmgw/llmgw/pkg/llm"
)

// MaxMembers bounds the members of an object that Scan takes.
const MaxMembers = 1000

// What Scan finds wrong with a text; the errors wrap one of these.
var (
	ErrNotObject    = errors.New("not a JSON object")
	ErrUnterminated = errors.New("unterminated JSON")
	ErrSyntax       = errors.New("invalid JSON")
	ErrTrailing     = errors.New("text after the JSON object")
	ErrMembers      = fmt.Errorf("more than %d members", MaxMembers)
)

// Scan appends the members of the object in body to dst, in order, and returns
// the extended slice. It allocates only where dst lacks room. White space
// around the object is allowed, nothing else is. Returns an error that wraps
// ErrNotObject, ErrUnterminated, ErrSyntax, ErrTrailing or ErrMembers.
func Scan(dst []llm.Field, body []byte) ([]llm.Field, error) {
	m := Object(body)
	for n := 0; m.Next(); n++ {
		if n == MaxMembers {
			return dst, ErrMembers
		}
		dst = append(dst, m.field)
	}
	if m.err != nil {
		return dst, m.err
	}
	if rest := skipSpace(body, m.pos); rest < len(body) {
		return dst, fmt.Errorf("byte %d: %w", rest, ErrTrailing)
	}
	return dst, nil
}

// Belongs reports whether fields are exactly the members of the object in body.
// It looks at the punctuation between names and values only, so its cost does
// not depend on how long these are, and it is safe with any fields.
func Belongs(fields []llm.Field, body []byte) bool {
	pos, ok := expect(body, 0, '{')
	for i := 0; ok && i < len(fields); i++ {
		if i > 0 {
			pos, ok = expect(body, pos, ',')
		}
		if ok {
			pos, ok = stands(fields[i], body, pos)
		}
	}
	if ok {
		pos, ok = expect(body, pos, '}')
	}
	return ok && skipSpace(body, pos) == len(body)
}

// stands reports whether f is the member that begins at pos, and where it ends.
func stands(f llm.Field, body []byte, pos int) (end int, ok bool) {
	pos, ok = expect(body, pos, '"')
	if !ok || f.Name.Start != pos || f.Name.End < pos {
		return 0, false
	}
	// A name's closing quote follows it at once, without white space.
	if f.Name.End >= len(body) || body[f.Name.End] != '"' {
		return 0, false
	}
	pos, ok = expect(body, f.Name.End+1, ':')
	pos = skipSpace(body, pos)
	if !ok || f.Value.Start != pos || f.Value.Empty() || f.Value.End > len(body) {
		return 0, false
	}
	return f.Value.End, true
}

// expect skips white space from pos on and reports whether c follows; next is
// the position after it.
func expect(b []byte, pos int, c byte) (next int, ok bool) {
	pos = skipSpace(b, pos)
	if pos >= len(b) || b[pos] != c {
		return pos, false
	}
	return pos + 1, true
}

func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t') {
		i++
	}
	return i
}

// skipValue returns the position after the value that begins at i, which must
// not be white space. It is -1 where the value does not end or is none.
func skipValue(b []byte, i int) int {
	if i >= len(b) {
		return -1
	}
	switch b[i] {
	case '"':
		return stringEnd(b, i+1)
	case '{', '[':
		return skipNested(b, i)
	default:
		return skipScalar(b, i)
	}
}

// skipNested skips an object or array by counting brackets outside of strings.
func skipNested(b []byte, i int) int {
	depth := 0
	for i < len(b) {
		c := b[i]
		i++
		switch c {
		case '"':
			if i = stringEnd(b, i); i < 0 {
				return -1
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// stringEnd returns the position after the quote that closes the string whose
// text begins at i, or -1.
func stringEnd(b []byte, i int) int {
	for {
		start := i
		if i = nextQuote(b, i); i < 0 {
			return -1
		}
		if i-1 == start || b[i-2] != '\\' || !escaped(b, i-1) {
			return i
		}
	}
}

// nextQuote returns the position after the next quote, or -1. Most names and gaps
// are shorter than what makes a call of IndexByte worth it: they are looked at
// eight bytes at a time.
func nextQuote(b []byte, i int) int {
	const (
		word, words = 8, 5
		ones        = 0x0101010101010101
	)
	for n := 0; n < words && i+word <= len(b); n++ {
		// A byte of x is zero where b has a quote. The lowest bit that is left of the
		// borrow marks the first of them; further ones may be false.
		x := binary.LittleEndian.Uint64(b[i:]) ^ ('"' * ones)
		if zeros := (x - ones) & ^x & (0x80 * ones); zeros != 0 {
			return i + bits.TrailingZeros64(zeros)/8 + 1
		}
		i += word
	}
	n := bytes.IndexByte(b[i:], '"')
	if n < 0 {
		return -1
	}
	return i + n + 1
}

// escaped reports whether the byte at i follows an odd run of backslashes. The
// run ends at the latest at the quote that opens the string.
func escaped(b []byte, i int) bool {
	n := 0
	for i--; i >= 0 && b[i] == '\\'; i-- {
		n++
	}
	return n%2 == 1
}

// skipScalar skips a number or a literal. It does not check its spelling, only
// that it holds nothing that begins another value.
func skipScalar(b []byte, start int) int {
	i := start
	for ; i < len(b); i++ {
		switch b[i] {
		case ',', '}', ']', ' ', '\n', '\r', '\t':
			if i == start {
				return -1
			}
			return i
		case '"', '{', '[', ':':
			return -1
		}
	}
	// A scalar alone ends with the text.
	if i == start {
		return -1
	}
	return i
}
