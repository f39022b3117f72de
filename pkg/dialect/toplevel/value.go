package toplevel

import (
	"encoding/json"
	"math"
	"strconv"
	"unicode/utf8"
)

// IsNull reports whether v, the text of a value, is null.
func IsNull(v []byte) bool { return string(v) == "null" }

// IsObject reports whether v, the text of a value, is an object.
func IsObject(v []byte) bool { return len(v) > 0 && v[0] == '{' }

// IsString reports whether v, the text of a value, is a string.
func IsString(v []byte) bool { return len(v) > 0 && v[0] == '"' }

// String reads a string value and unescapes it; false for anything else.
func String(v []byte) (string, bool) {
	if len(v) < 2 || v[0] != '"' || v[len(v)-1] != '"' {
		return "", false
	}
	text := v[1 : len(v)-1]
	if simple(text) {
		return string(text), true
	}
	var s string
	if err := json.Unmarshal(v, &s); err != nil {
		return "", false
	}
	return s, true
}

// simple reports whether a string's text stands for itself.
func simple(text []byte) bool {
	for _, c := range text {
		if c < ' ' || c == '\\' || c == '"' || c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// Bool reads true or false; ok is false for anything else.
func Bool(v []byte) (value, ok bool) {
	switch string(v) {
	case "true":
		return true, true
	case "false":
		return false, true
	default:
		return false, false
	}
}

// Int reads a number; fractions are rounded up and what is out of range becomes
// the nearest int64. It returns false for anything that is no number.
func Int(v []byte) (int64, bool) {
	if len(v) == 0 {
		return 0, false
	}
	if n, ok := digits(v); ok {
		return n, true
	}
	if v[0] != '-' && (v[0] < '0' || v[0] > '9') {
		return 0, false
	}
	for _, c := range v {
		if (c < '0' || c > '9') && c != '-' && c != '+' && c != '.' && c != 'e' && c != 'E' {
			return 0, false
		}
	}
	f, err := strconv.ParseFloat(string(v), 64)
	if err != nil && !math.IsInf(f, 0) {
		return 0, false
	}
	return clamp(math.Ceil(f)), true
}

// digits reads what nearly all counts are: up to 18 digits.
func digits(v []byte) (int64, bool) {
	const most = 18
	if len(v) > most {
		return 0, false
	}
	var n int64
	for _, c := range v {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}

// clamp converts f to the nearest int64. The bounds as float64 are ±2^63, where
// a plain conversion is not defined.
func clamp(f float64) int64 {
	switch {
	case f >= math.MaxInt64:
		return math.MaxInt64
	case f <= math.MinInt64:
		return math.MinInt64
	default:
		return int64(f)
	}
}

// AppendString appends s as a JSON string. Unlike encoding/json it leaves <, >
// and & as they are; bytes that are not UTF-8 become U+FFFD.
func AppendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for i, r := range s {
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r == '\n':
			dst = append(dst, '\\', 'n')
		case r == '\r':
			dst = append(dst, '\\', 'r')
		case r == '\t':
			dst = append(dst, '\\', 't')
		case r < ' ':
			dst = append(dst, '\\', 'u', '0', '0', hex(r>>4), hex(r))
		case r < utf8.RuneSelf:
			dst = append(dst, s[i])
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return append(dst, '"')
}

func hex(r rune) byte { return "0123456789abcdef"[r&0xf] }
