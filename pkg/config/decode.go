package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"github.com/llmgw/llmgw/pkg/secret"
)

// decoder fills the schema's structs from a tree. It goes on after a problem,
// so that all are found in one run. Not safe for concurrent use.
type decoder struct {
	*reporter
	refs   references
	tables fieldTable
	// places tells where each path was written, for problems that are found later.
	places map[string]Position
}

// treeValue is a type that reads itself from a tree: what has several forms.
type treeValue interface {
	decodeTree(d *decoder, n *node, path string)
}

// errorf reports an error at a node. The hint may be empty.
func (d *decoder) errorf(n *node, path, hint, format string, args ...any) {
	d.add(Problem{Severity: Error, Position: n.at, Path: path, Message: fmt.Sprintf(format, args...), Hint: hint})
}

// warnf reports a warning at a node.
func (d *decoder) warnf(n *node, path, hint, format string, args ...any) {
	d.add(Problem{Severity: Warning, Position: n.at, Path: path, Message: fmt.Sprintf(format, args...), Hint: hint})
}

// value decodes a node into v, under the rules of f. A node that is null leaves
// v as it is: a key without a value is a key that is not set.
func (d *decoder) value(n *node, v reflect.Value, f field, path string) {
	d.places[path] = n.at
	if n.kind == nullKind {
		return
	}
	if t, ok := reflect.TypeAssert[treeValue](v.Addr()); ok {
		t.decodeTree(d, n, path)
		return
	}
	switch {
	case isScalar(v.Type()):
		d.scalar(n, v, f, path)
	case v.Kind() == reflect.Pointer:
		target := reflect.New(v.Type().Elem())
		d.value(n, target.Elem(), f, path)
		v.Set(target)
	case v.Kind() == reflect.Slice:
		d.list(n, v, f, path)
	case v.Kind() == reflect.Map:
		d.mapping(n, v, f, path)
	default:
		d.object(n, v, path)
	}
}

// list decodes each item. A single value stands for a list of one, as LiteLLM
// has it, where the items are single values.
func (d *decoder) list(n *node, v reflect.Value, f field, path string) {
	items := n.items
	if n.kind == scalarKind && isScalar(v.Type().Elem()) {
		items = []*node{n}
	} else if n.kind != listKind {
		d.wrongKind(n, path, "a list")
		return
	}
	list := reflect.MakeSlice(v.Type(), len(items), len(items))
	for i, item := range items {
		at := indexed(path, i)
		if item.kind == nullKind {
			d.errorf(item, at, "remove it", "the item is empty")
		}
		d.tables.setDefaults(list.Index(i))
		d.value(item, list.Index(i), f, at)
	}
	v.Set(list)
}

// mapping decodes a map from names to single values.
func (d *decoder) mapping(n *node, v reflect.Value, f field, path string) {
	if n.kind != objectKind {
		d.wrongKind(n, path, "a map")
		return
	}
	v.Set(reflect.MakeMapWithSize(v.Type(), len(n.members)))
	for _, m := range n.members {
		if m.value.kind == nullKind {
			d.errorf(&node{at: m.at}, join(path, elided), "give it one, or remove it", "a name here has no value")
			continue
		}
		value := reflect.New(v.Type().Elem()).Elem()
		d.value(m.value, value, f, join(path, m.name))
		v.SetMapIndex(reflect.ValueOf(m.name), value)
	}
}

// object decodes a section: known keys into their fields, others into the
// section's rest where it has one, else into problems.
func (d *decoder) object(n *node, v reflect.Value, path string) {
	if n.kind != objectKind {
		d.wrongKind(n, path, "a map")
		return
	}
	fields := d.tables.of(v.Type())
	written := make(map[string]string, len(n.members))
	for _, m := range n.members {
		at := join(path, m.name)
		f, ok := fieldNamed(fields, m.name)
		if !ok {
			d.unknown(m, v, fields, path)
			continue
		}
		if other, twice := written[f.name()]; twice {
			d.errorf(&node{at: m.at}, at, "keep one of the two", "this is another name for %s, which is set too", other)
			continue
		}
		written[f.name()] = m.name
		d.value(m.value, v.FieldByIndex(f.index), f, at)
	}
	for _, f := range fields {
		if f.required && isUnset(n, f) {
			d.errorf(n, join(path, f.name()), f.hint, "this key is required")
		}
	}
}

// isUnset reports whether an object lacks a value for the field.
func isUnset(n *node, f field) bool {
	value := n.find(f.names...)
	if value == nil {
		return true
	}
	switch value.kind {
	case scalarKind:
		return value.text == ""
	case listKind:
		return len(value.items) == 0
	default:
		return value.kind == nullKind
	}
}

// unknown deals with a key that is not in the schema.
func (d *decoder) unknown(m member, v reflect.Value, fields []field, path string) {
	at := join(path, m.name)
	d.places[at] = m.at
	here, name := &node{at: m.at}, shownName(m.name)
	part, known := section(path), namesOf(fields)
	if isUnsupported(part, m.name) {
		d.errorf(here, at, "remove it", "%q is not supported by this version of llmgw", name)
		return
	}
	if rest, ok := restOf(fields); ok {
		if likely := typoOf(m.name, known); likely != "" {
			d.errorf(here, at, "did you mean "+likely+"?", "%q looks like a misspelt key and would be sent to the provider", name)
			return
		}
		d.param(m, v.FieldByIndex(rest.index), at)
		return
	}
	likely := ""
	if !d.full() { // the search takes a while in a long list that nobody reads
		likely = nearest(m.name, slices.Concat(known, unsupportedIn(part)))
	}
	switch {
	case likely != "":
		d.errorf(here, at, "did you mean "+likely+"?", "%q is not a known key", name)
	case m.value.kind == nullKind:
		// It may be a value that a comma has made a key, and so a secret.
		d.errorf(here, join(path, elided), "the keys here are "+strings.Join(known, ", "), "there is a word that is no key")
	default:
		d.errorf(here, at, "the keys here are "+strings.Join(known, ", "), "%q is not a known key", name)
	}
}

// scalar decodes a single value and holds it against the field's rules.
func (d *decoder) scalar(n *node, v reflect.Value, f field, path string) {
	if n.kind != scalarKind {
		d.wrongKind(n, path, "a single value")
		return
	}
	_, hidden := reflect.TypeAssert[*secret.Text](v.Addr())
	text, ok := d.text(n, path, hidden)
	if !ok || text == "" {
		return
	}
	shown := " of the reference"
	if hidden {
		shown = ""
	} else if n.final || !isReference(n.text) {
		shown = fmt.Sprintf(" %q", text)
	}
	before := reflect.ValueOf(v.Interface())
	if err := parseScalar(v, text); err != nil {
		d.errorf(n, path, err.hint, "the value%s is not %s", shown, err.want)
		return
	}
	if _, isBool := reflect.TypeAssert[*bool](v.Addr()); isBool && n.form != boolean && !n.final && !isReference(n.text) {
		d.warnf(n, path, "write true or false, without quotes", "the value%s is text where a truth value belongs", shown)
	}
	if message, hint := f.check(v, text, shown); message != "" {
		d.errorf(n, path, hint, "%s", message)
		v.Set(before) // so that nothing else is found wrong with it
	}
}

// text gives a scalar's text with its references replaced.
func (d *decoder) text(n *node, path string, hidden bool) (string, bool) {
	text := n.text
	if !n.final && n.form != number && n.form != boolean {
		expanded, err := d.refs.expand(text)
		if err != nil {
			d.errorf(n, path, referenceHint(err), "%v", err)
			return "", false
		}
		text = expanded
	}
	if !hidden {
		return text, true
	}
	content, err := readSecret(text)
	if err != nil {
		d.errorf(n, path, "name a readable file with the secret in it", "read the secret: %v", err)
		return "", false
	}
	return content, true
}

// wrongKind reports a node of another shape than the schema has.
func (d *decoder) wrongKind(n *node, path, want string) {
	d.errorf(n, path, "see docs/configuration.md", "%s is wanted here, not %s", want, n.kind)
}

// join appends a name to a path, as far as the name may be shown.
func join(path, name string) string {
	if path == "" {
		return shownName(name)
	}
	return path + "." + shownName(name)
}

// elided stands for what is not shown.
const elided = "…"

// shownName is a key's name as it may be shown: where a colon was forgotten or
// a bracket is wrong, a secret may have become a part of a name. What follows a
// blank or colon is left out, and so is what looks like a key.
func shownName(name string) string {
	const longest = 80
	end := strings.IndexFunc(name, func(c rune) bool { return unicode.IsSpace(c) || c == ':' })
	if strings.HasPrefix(name, "sk-") {
		end = len("sk-")
	}
	if len(name) > longest && (end < 0 || end > longest) {
		end = longest
	}
	if end < 0 {
		return name
	}
	return strings.ToValidUTF8(name[:end], "") + elided
}
