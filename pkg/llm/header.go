package llm

import "net/textproto"

// Header holds header fields by canonical name. It has the shape of
// http.Header, so that one converts to the other without copying:
// http.Header(h). It is not safe for concurrent use.
type Header map[string][]string

// Get returns the first value of the field, or "".
func (h Header) Get(name string) string {
	if v := h[textproto.CanonicalMIMEHeaderKey(name)]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// Set replaces the field's values.
func (h Header) Set(name, value string) {
	h[textproto.CanonicalMIMEHeaderKey(name)] = []string{value}
}

// Del removes the field.
func (h Header) Del(name string) {
	delete(h, textproto.CanonicalMIMEHeaderKey(name))
}
