package replay

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// broken collects where an answer breaks the grammar of its dialect.
type broken []string

// reject notes a fault.
func (b *broken) reject(format string, args ...any) { *b = append(*b, fmt.Sprintf(format, args...)) }

// object is a JSON object whose members may be there or not.
type object map[string]json.RawMessage

// text is a member that is a string, else "".
func (o object) text(name string) string {
	var s string
	if json.Unmarshal(o[name], &s) != nil {
		return ""
	}
	return s
}

// object is a member that is an object, else nil.
func (o object) object(name string) object {
	var inner object
	if json.Unmarshal(o[name], &inner) != nil {
		return nil
	}
	return inner
}

// list is a member that is a list of objects, and whether it is one.
func (o object) list(name string) ([]object, bool) {
	var inner []object
	err := json.Unmarshal(o[name], &inner)
	return inner, err == nil && inner != nil
}

// number is a member that is an integer, and whether it is one.
func (o object) number(name string) (int64, bool) {
	var n *int64
	err := json.Unmarshal(o[name], &n)
	if err != nil || n == nil {
		return 0, false
	}
	return *n, true
}

// empty reports whether a member is there and null.
func (o object) empty(name string) bool { return string(o[name]) == "null" }

// isString reports whether a member is there and a string.
func (o object) isString(name string) bool { return len(o[name]) > 0 && o[name][0] == '"' }

// isObject reports whether a text is a JSON object.
func isObject(text string) bool {
	return json.Valid([]byte(text)) && strings.HasPrefix(strings.TrimSpace(text), "{")
}

// without spoils a stream for a test: it leaves out the frames that have mark.
func without(mark string) func(string) string {
	return func(s string) string {
		return strings.Join(slices.DeleteFunc(splitFrames(s), func(f string) bool { return strings.Contains(f, mark) }), "")
	}
}

// replace spoils a stream for a test: it changes the first of a text.
func replace(from, to string) func(string) string {
	return func(s string) string { return strings.Replace(s, from, to, 1) }
}
