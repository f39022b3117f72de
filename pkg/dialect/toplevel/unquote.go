package toplevel

import (
	"bytes"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// AppendUnquoted appends what the JSON string v stands for; false, and dst as it
// was, where v is no JSON string. Escapes that stand for no character become
// U+FFFD, other bytes stay as they are.
func AppendUnquoted(dst, v []byte) ([]byte, bool) {
	if len(v) < 2 || v[0] != '"' || v[len(v)-1] != '"' {
		return dst, false
	}
	start := len(dst)
	for text := v[1 : len(v)-1]; ; {
		i := bytes.IndexByte(text, '\\')
		if i < 0 {
			return append(dst, text...), true
		}
		dst = append(dst, text[:i]...)
		r, n := unescape(text[i:])
		if n == 0 {
			return dst[:start], false
		}
		dst = utf8.AppendRune(dst, r)
		text = text[i+n:]
	}
}

// unescape reads the escape that b begins with and its length; 0 where it is
// none. Two halves of a surrogate pair are one.
func unescape(b []byte) (r rune, n int) {
	if len(b) < 2 {
		return 0, 0
	}
	switch c := b[1]; c {
	case '"', '\\', '/':
		return rune(c), 2
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'u':
	default:
		return 0, 0
	}
	const size = len(`\uXXXX`)
	r, ok := hex4(b)
	switch {
	case !ok:
		return 0, 0
	case !utf16.IsSurrogate(r):
		return r, size
	}
	if low, ok := hex4(b[size:]); ok && utf16.DecodeRune(r, low) != utf8.RuneError {
		return utf16.DecodeRune(r, low), 2 * size
	}
	return utf8.RuneError, size
}

// hex4 reads \uXXXX.
func hex4(b []byte) (rune, bool) {
	if len(b) < len(`\uXXXX`) || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(b[2:6]), 16, 16)
	return rune(n), err == nil
}
