package llm

// Span is a half-open range [Start, End) of bytes in a body. The zero Span is
// nothing: no JSON value begins at offset 0 of a JSON object.
type Span struct{ Start, End int }

// Empty reports whether the span holds no byte.
func (s Span) Empty() bool { return s.End <= s.Start }

// Of returns the bytes of b that the span covers.
func (s Span) Of(b []byte) []byte { return b[s.Start:s.End] }

// Field is one top-level member of a JSON body: where its name stands (without
// the quotes, still escaped) and where its value stands.
type Field struct{ Name, Value Span }

// Head is what the gateway reads of a body on the native lane: the top level
// only, with the place of everything that may be edited. Offsets refer to the
// body that it was read from. A Head can be reused: reading one resets it and
// keeps the memory of Fields.
type Head struct {
	// Fields are all top-level members, in order.
	Fields []Field
	// Model is the model's name as the client wrote it, unescaped.
	Model string
	// Stream says whether the client asked for a stream.
	Stream bool
	// MaxOutput is the output limit in tokens, 0 where the client set none. Where
	// a dialect has two fields for it, the larger counts.
	MaxOutput int64
	// ThinkingBudget is the part of MaxOutput reserved for thinking, in tokens;
	// 0 where none is named.
	ThinkingBudget int64
	// Thinking says that the client asked for thinking in any form.
	Thinking bool
	// Choices is how many answers were asked for; at least 1.
	Choices int64
	// IncludeUsage says that the client itself asked for usage in the stream.
	IncludeUsage bool
}

// Reset empties the Head, keeping the memory of Fields.
func (h *Head) Reset() { *h = Head{Fields: h.Fields[:0], Choices: 1} }

// Find returns the span of the value of the top-level member name in body, or
// an empty span. Names are compared as bytes: members whose name is escaped are
// not found (and inspected names may not be written escaped).
func (h *Head) Find(body []byte, name string) Span {
	for i := range h.Fields {
		if string(h.Fields[i].Name.Of(body)) == name {
			return h.Fields[i].Value
		}
	}
	return Span{}
}

// Edits are the changes a body may undergo on the native lane. Everything else
// reaches the provider byte for byte. The zero value changes nothing.
type Edits struct {
	// Head was read from the very body that is patched; required where any other
	// field is set.
	Head *Head
	// Model replaces the model's name; "" keeps it.
	Model string
	// MaxOutput replaces the output limit, or adds one; 0 keeps it.
	MaxOutput int64
	// IncludeUsage asks the provider for usage at the end of a stream.
	IncludeUsage bool
	// Defaults are members to add where the body has none of that name. Only
	// those that keep the call valid are here.
	Defaults []Default
}

// Default is a configured parameter: its name and its value as JSON text.
type Default struct {
	Name  string
	Value []byte
}
