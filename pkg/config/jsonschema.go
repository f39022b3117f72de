package config

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

//go:generate go run ./internal/gendoc -descriptions -schema . -out descriptions.json

// descriptionsJSON are the comments of the schema's fields, by "Struct.Field".
//
//go:embed descriptions.json
var descriptionsJSON []byte

// JSONSchema describes what may be written in a configuration file, as a JSON Schema of
// draft 2020-12, indented. What it accepts may still have problems that only [Load]
// finds, such as a name that leads nowhere; what Load accepts, it accepts.
func JSONSchema() ([]byte, error) {
	g := schemaWriter{tables: fieldTable{}, omissions: omissions{}, defs: map[string][]byte{}}
	if err := json.Unmarshal(descriptionsJSON, &g.texts); err != nil {
		return nil, fmt.Errorf("descriptions of the schema: %w", err)
	}
	document := g.object(reflect.TypeFor[Document](), "")
	var whole jsonObject
	whole.text("$schema", "https://json-schema.org/draft/2020-12/schema")
	whole.text("title", "llmgw configuration")
	whole.join(document)
	var defs jsonObject
	defs.set("reference", referenceSchema())
	for _, name := range slices.Sorted(maps.Keys(g.defs)) {
		defs.set(name, g.defs[name])
	}
	whole.set("$defs", defs.bytes())
	var b bytes.Buffer
	if err := json.Indent(&b, whole.bytes(), "", "  "); err != nil {
		return nil, fmt.Errorf("write the schema: %w", err)
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}

// treeSchema is a treeValue that describes what it can be read from.
type treeSchema interface {
	jsonSchema() []byte
}

// schemaWriter writes the schemas of sections. Not safe for concurrent use.
type schemaWriter struct {
	tables fieldTable
	texts  map[string]string

	omissions omissions
	defs      map[string][]byte // of structs, by their Go name
}

// object is the schema of a section.
func (g *schemaWriter) object(t reflect.Type, path string) jsonObject {
	var properties, o jsonObject
	var required []string
	rest := false
	for _, f := range g.tables.of(t) {
		if f.rest {
			rest = true
			continue
		}
		property := g.property(t, f, path)
		for _, name := range f.names {
			properties.set(name, property)
		}
		if f.required && len(f.names) == 1 {
			required = append(required, f.name())
		}
	}
	g.omitted(&properties, section(path))
	o.text("type", "object")
	o.set("properties", properties.bytes())
	if prefixes := strings.Fields(unsupportedPrefixes[section(path)]); len(prefixes) > 0 && !rest {
		var patterns jsonObject
		patterns.set("^("+strings.Join(prefixes, "|")+")", omittedSchema(""))
		o.set("patternProperties", patterns.bytes())
	}
	if !rest && !slices.Contains(openSections, section(path)) {
		o.set("additionalProperties", []byte("false"))
	}
	if len(required) > 0 {
		o.set("required", jsonTexts(required))
	}
	return o
}

// omitted adds the keys of a section that are known and not built yet.
func (g *schemaWriter) omitted(properties *jsonObject, part string) {
	for _, name := range g.omissions.names(part) {
		instead, _ := g.omissions.find(part, name)
		properties.set(name, omittedSchema(instead))
	}
}

// omittedSchema says of a key that it is not built yet, and what happens instead.
func omittedSchema(instead string) []byte {
	text := "Not built yet."
	if instead != "" {
		text = "Not built yet: " + instead + "."
	}
	var o jsonObject
	o.text("description", text)
	o.set("deprecated", []byte("true"))
	return o.bytes()
}

// property is the schema of one key.
func (g *schemaWriter) property(t reflect.Type, f field, path string) []byte {
	inner := t.FieldByIndex(f.index)
	var o jsonObject
	if text := g.texts[ownerOf(t, f)+"."+inner.Name]; text != "" {
		text = f.name() + " " + text
		if f.inert != "" {
			text += " Not built yet: " + f.inert + "."
		}
		o.text("description", text)
	}
	if f.fallback != "" {
		o.set("default", defaultJSON(inner.Type, f.fallback))
	}
	if holdsSecrets(inner.Type) {
		o.set("writeOnly", []byte("true"))
	}
	o.set("anyOf", jsonList(append(g.forms(inner.Type, f, join(path, f.name())), nullSchema())))
	return o.bytes()
}

// holdsSecrets reports whether a type is a secret, or a list or map of secrets.
func holdsSecrets(t reflect.Type) bool {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
		if t == secretType {
			break
		}
		t = t.Elem()
	}
	return t == secretType || isWrapped(t)
}

// ownerOf is the name of the struct that a field stands in: the section's, or that of
// one whose keys stand there too.
func ownerOf(t reflect.Type, f field) string {
	for _, i := range f.index[:len(f.index)-1] {
		t = t.Field(i).Type
	}
	return t.Name()
}

// defaultJSON writes a default as JSON.
func defaultJSON(t reflect.Type, text string) []byte {
	v := reflect.New(t).Elem()
	if err := parseScalar(v, text); err == nil {
		if _, written := formatScalar(v); written != quoted && isBareJSON(text) {
			return []byte(text)
		}
	}
	return appendString(nil, text)
}

// forms are the schemas of what may be written for a type.
func (g *schemaWriter) forms(t reflect.Type, f field, path string) [][]byte {
	if reflect.PointerTo(t).Implements(reflect.TypeFor[treeValue]()) {
		if described, ok := reflect.TypeAssert[treeSchema](reflect.New(t)); ok {
			return [][]byte{described.jsonSchema()}
		}
		return [][]byte{[]byte("{}")}
	}
	switch {
	case isScalar(t):
		return scalarForms(t, f)
	case t.Kind() == reflect.Pointer:
		return g.forms(t.Elem(), f, path)
	case t.Kind() == reflect.Slice:
		return g.listForms(t.Elem(), f, path)
	case t.Kind() == reflect.Map:
		var o jsonObject
		o.text("type", "object")
		o.set("additionalProperties", anyOf(g.forms(t.Elem(), f, path)))
		return [][]byte{o.bytes()}
	case t.Kind() == reflect.Struct:
		return [][]byte{g.ref(t, path)}
	default:
		return [][]byte{[]byte("{}")}
	}
}

// listForms are a list, and a single value where that stands for a list of one.
func (g *schemaWriter) listForms(item reflect.Type, f field, path string) [][]byte {
	items := g.forms(item, f, path+"[]")
	var o jsonObject
	o.text("type", "array")
	o.set("items", anyOf(items))
	forms := [][]byte{o.bytes()}
	if isScalar(item) {
		forms = append(forms, items...)
	}
	return forms
}

// ref refers to the schema of a struct, which is written once.
func (g *schemaWriter) ref(t reflect.Type, path string) []byte {
	name := t.Name()
	if _, known := g.defs[name]; !known {
		g.defs[name] = nil // against structs that contain themselves
		o := g.object(t, strings.TrimPrefix(path, "."))
		g.defs[name] = o.bytes()
	}
	var o jsonObject
	o.text("$ref", "#/$defs/"+name)
	return o.bytes()
}
