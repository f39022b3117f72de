// Package httpfield is the grammar of HTTP/1.1 header fields (RFC 9110 5, RFC 9112
// 5): lines in, positions of names and values out, without a copy.
//
// It refuses what could be read in two ways and knows no field's meaning. The lean
// client (provider/http1) and the lean server loop (server/http1) are its callers.
package httpfield

import (
	"bytes"
	"errors"
	"fmt"
)

// Max bounds the fields of one header: a field takes far more memory than the three
// bytes that it may have on the wire.
const Max = 512

var (
	// ErrTooMany is a header with more than Max fields.
	ErrTooMany = errors.New("too many header fields")
	// ErrLine is a line that is no field.
	ErrLine = errors.New("malformed header field")
)

// Span is a part of a head.
type Span struct{ From, To int }

// Field is where a header field is in a head.
type Field struct{ Name, Value Span }

// Parse finds the fields of head, which ends with an empty line, from an offset on and
// appends them to fields. Lines may end in LF alone (RFC 9112 2.2). Names are made
// canonical where they stand. Whatever could be read in two ways is refused: folded
// lines, blanks around a name, control characters.
func Parse(head []byte, from int, fields []Field) ([]Field, error) {
	for {
		length := bytes.IndexByte(head[from:], '\n')
		if length < 0 {
			return nil, fmt.Errorf("%w (line %d has no end)", ErrLine, len(fields)+1)
		}
		end := from + length
		next := end + 1
		if end > from && head[end-1] == '\r' {
			end--
		}
		if end == from {
			return fields, nil
		}
		if len(fields) == Max {
			return nil, ErrTooMany
		}
		f, ok := parseField(head, Span{from, end})
		if !ok {
			// Not the line: it may be a cookie.
			return nil, fmt.Errorf("%w (line %d)", ErrLine, len(fields)+1)
		}
		fields = append(fields, f)
		from = next
	}
}

// parseField finds name and value in a line.
func parseField(head []byte, line Span) (Field, bool) {
	colon := bytes.IndexByte(head[line.From:line.To], ':')
	if colon <= 0 || !canonicalize(head[line.From:line.From+colon]) {
		return Field{}, false
	}
	f := Field{Name: Span{line.From, line.From + colon}, Value: Span{line.From + colon + 1, line.To}}
	for f.Value.From < f.Value.To && IsBlank(head[f.Value.From]) {
		f.Value.From++
	}
	for f.Value.From < f.Value.To && IsBlank(head[f.Value.To-1]) {
		f.Value.To--
	}
	for _, b := range head[f.Value.From:f.Value.To] {
		if isForbidden[b] {
			return Field{}, false
		}
	}
	return f, true
}

// canonicalize gives a field name capitals at its beginning and behind hyphens,
// as http.Header wants it, or reports that it is no name.
func canonicalize(name []byte) bool {
	upper := true
	for i, b := range name {
		if !isToken[b] {
			return false
		}
		switch {
		case upper && 'a' <= b && b <= 'z':
			name[i] = b - 'a' + 'A'
		case !upper && 'A' <= b && b <= 'Z':
			name[i] = b - 'A' + 'a'
		}
		upper = b == '-'
	}
	return true
}

// IsToken reports whether b may stand in a token (RFC 9110 5.6.2).
func IsToken(b byte) bool { return isToken[b] }

var isToken = func() (is [256]bool) {
	for _, b := range []byte("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") {
		is[b] = true
	}
	return is
}()

// IsBlank reports whether b is a space or a tab.
func IsBlank(b byte) bool { return b == ' ' || b == '\t' }

// IsControl reports whether b may not stand in a field's value.
func IsControl(b byte) bool { return isForbidden[b] }

var isForbidden = func() (is [256]bool) {
	for b := range is {
		is[b] = b < ' ' && b != '\t' || b == 0x7f
	}
	return is
}()
