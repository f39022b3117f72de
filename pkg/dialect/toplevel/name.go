package toplevel

import "strings"

// Plain reports whether a member's name, as it is written, consists of
// lower-case ASCII letters, digits and underscores. Such a name can only equal
// what it spells, so that comparing bytes is enough.
func Plain(name []byte) bool {
	for _, c := range name {
		if (c < 'a' || c > 'z') && c != '_' && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// Resembles reports whether a member's name, as it is written, could be read as
// want by some decoder: escapes are resolved and letter case is ignored.
func Resembles(name []byte, want string) bool {
	if Plain(name) {
		return string(name) == want
	}
	s, ok := unquote(name)
	return ok && strings.EqualFold(s, want)
}

// unquote unescapes the text of a string that stands without its quotes.
func unquote(text []byte) (string, bool) {
	quoted := make([]byte, 0, len(text)+2)
	quoted = append(quoted, '"')
	quoted = append(quoted, text...)
	return String(append(quoted, '"'))
}
