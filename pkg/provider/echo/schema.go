package echo

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Bounds of the value made from a schema: schemas may refer to themselves.
const (
	maxDepth = 12
	maxNodes = 500
)

// schema is the part of JSON Schema that instance understands.
type schema struct {
	Ref        string                     `json:"$ref"`
	Type       json.RawMessage            `json:"type"` // a word, or a list of them
	Const      json.RawMessage            `json:"const"`
	Enum       []json.RawMessage          `json:"enum"`
	Format     string                     `json:"format"`
	MinLength  int                        `json:"minLength"`
	Minimum    json.Number                `json:"minimum"`
	MinItems   int                        `json:"minItems"`
	Items      json.RawMessage            `json:"items"`
	Properties map[string]json.RawMessage `json:"properties"`
	AnyOf      []json.RawMessage          `json:"anyOf"`
	OneOf      []json.RawMessage          `json:"oneOf"`
	AllOf      []json.RawMessage          `json:"allOf"`
}

// maker makes one value from a schema.
type maker struct {
	root  json.RawMessage
	nodes int
	out   []byte
}

// instance makes a JSON value that satisfies a schema, as far as the schema is
// made of the usual words; always the same one. Patterns are not understood.
func instance(raw json.RawMessage) string {
	m := &maker{root: raw}
	if len(bytes.TrimSpace(raw)) == 0 {
		return "{}"
	}
	m.value(raw, 0)
	return string(m.out)
}

// value appends a value for one schema.
func (m *maker) value(raw json.RawMessage, depth int) {
	m.nodes++
	var s schema
	if depth > maxDepth || m.nodes > maxNodes || json.Unmarshal(raw, &s) != nil {
		m.out = append(m.out, "null"...)
		return
	}
	switch {
	case s.Ref != "":
		m.value(m.resolve(s.Ref), depth+1)
	case len(s.Const) > 0:
		m.literal(s.Const)
	case len(s.Enum) > 0:
		m.literal(s.Enum[0])
	case len(s.AnyOf) > 0:
		m.value(s.AnyOf[0], depth+1)
	case len(s.OneOf) > 0:
		m.value(s.OneOf[0], depth+1)
	case len(s.AllOf) > 0 && len(s.Properties) == 0:
		m.value(s.AllOf[0], depth+1)
	default:
		m.typed(&s, depth)
	}
}

// typed appends a value of the schema's type.
func (m *maker) typed(s *schema, depth int) {
	switch s.kind() {
	case "object":
		m.object(s, depth)
	case "array":
		m.array(s, depth)
	case "string":
		m.out = append(m.out, quote(s.text())...)
	case "integer", "number":
		m.out = append(m.out, s.number()...)
	case "boolean":
		m.out = append(m.out, "true"...)
	default:
		m.out = append(m.out, "null"...)
	}
}

// kind is the schema's first type, guessed where it names none.
func (s *schema) kind() string {
	var one string
	if json.Unmarshal(s.Type, &one) == nil && one != "" {
		return one
	}
	var list []string
	if json.Unmarshal(s.Type, &list) == nil && len(list) > 0 {
		return list[0]
	}
	if len(s.Items) > 0 {
		return "array"
	}
	return "object"
}

func (m *maker) object(s *schema, depth int) {
	m.out = append(m.out, '{')
	for i, name := range slices.Sorted(maps.Keys(s.Properties)) {
		if m.nodes > maxNodes {
			break
		}
		if i > 0 {
			m.out = append(m.out, ',')
		}
		m.out = append(append(m.out, quote(name)...), ':')
		m.value(s.Properties[name], depth+1)
	}
	m.out = append(m.out, '}')
}

func (m *maker) array(s *schema, depth int) {
	m.out = append(m.out, '[')
	for i := range max(s.MinItems, 1) {
		if m.nodes > maxNodes || len(s.Items) == 0 {
			break
		}
		if i > 0 {
			m.out = append(m.out, ',')
		}
		m.value(s.Items, depth+1)
	}
	m.out = append(m.out, ']')
}

// text fits the usual formats and the least length.
func (s *schema) text() string {
	text := "echo"
	switch s.Format {
	case "date-time":
		text = "2026-01-02T03:04:05Z"
	case "date":
		text = "2026-01-02"
	case "time":
		text = "03:04:05Z"
	case "email":
		text = "echo@example.com"
	case "uri", "url":
		text = "https://example.com/echo"
	case "uuid":
		text = "00000000-0000-4000-8000-000000000000"
	}
	if short := min(s.MinLength, maxQuote) - len(text); short > 0 {
		text += strings.Repeat("o", short)
	}
	return text
}

// number is the least one allowed, or 1.
func (s *schema) number() string {
	if s.Minimum == "" {
		return "1"
	}
	if n, err := s.Minimum.Float64(); err == nil && n <= 1 {
		return "1"
	}
	if n, err := s.Minimum.Int64(); err == nil {
		return strconv.FormatInt(n, 10)
	}
	return s.Minimum.String()
}

// literal appends JSON text that stands in the schema.
func (m *maker) literal(raw json.RawMessage) { m.out = append(m.out, raw...) }

// resolve follows a reference within the schema: "#/$defs/place".
func (m *maker) resolve(ref string) json.RawMessage {
	path, ok := strings.CutPrefix(ref, "#")
	if !ok {
		return nil
	}
	at := m.root
	for step := range strings.SplitSeq(strings.Trim(path, "/"), "/") {
		if step == "" {
			continue
		}
		var members map[string]json.RawMessage
		if json.Unmarshal(at, &members) != nil {
			return nil
		}
		at = members[step]
	}
	return at
}
