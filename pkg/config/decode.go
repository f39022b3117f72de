package config

import (
	"cmp"
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
	// omissions are the keys that are known and not built.
	omissions omissions
}

// treeValue is a type that reads itself from a tree: what has several forms.
type treeValue interface {
	decodeTree(d *decoder, n *node, path string)
}

// at is the spot of a node.
func (d *decoder) at(n *node, path string) spot { return spot{d.reporter, n.at, path} }

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
			d.at(item, at).errorf(CodeEmptyItem, "remove it", "the item is empty")
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
		if m.value.kind == nullKind && path == environmentSection {
			d.at(&node{at: m.at}, join(path, m.name)).warnf(CodeEmptyItem, "give it one, or remove it", "the variable has no value: it is left as it is in the environment")
			continue
		}
		if m.value.kind == nullKind {
			spot{d.reporter, m.at, join(path, elided)}.errorf(CodeEmptyItem, "give it one, or remove it", "a name here has no value")
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
			spot{d.reporter, m.at, at}.errorf(CodeDuplicateKey, "keep one of the two", "this is another name for %s, which is set too", other)
			continue
		}
		written[f.name()] = m.name
		d.inert(m, f, at)
		d.value(m.value, v.FieldByIndex(f.index), f, at)
	}
	for _, f := range fields {
		if f.required && isUnset(n, f) {
			d.at(n, join(path, f.name())).errorf(CodeMissingKey, f.hint, "this key is required")
		}
	}
}

// inert warns of a key on which this version does not act, if it says anything that
// is missed: an empty value does not, nor a section that is switched off.
func (d *decoder) inert(m member, f field, path string) {
	if f.inert == "" || m.value.kind == nullKind || m.value.kind == scalarKind && slices.Contains(f.unless, m.value.text) {
		return
	}
	if on := m.value.find("enabled"); on != nil && on.form == boolean && isFalse(on.text) {
		return
	}
	d.addOnce(spot{d.reporter, m.at, path}.problem(Warning, CodeNotEffective, silence, "this has no effect yet: "+f.inert))
}

func isFalse(text string) bool {
	b, err := parseBool(text)
	return err == nil && !b
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
	here, part, known := spot{d.reporter, m.at, at}, section(path), namesOf(fields)
	if d.omitted(m, here, part, known) {
		return
	}
	if rest, ok := restOf(fields); ok {
		if likely := typoOf(m.name, known); likely != "" {
			here.errorf(CodeUnknownKey, didYouMean(likely), "%q looks like a misspelt key and would be sent to the provider", shownName(m.name))
			return
		}
		d.param(m, v.FieldByIndex(rest.index), at)
		return
	}
	likely := ""
	if !d.full() { // the search takes a while in a long list that nobody reads
		likely = nearest(m.name, slices.Concat(known, d.omissions.names(part)))
	}
	switch keys := "the keys here are " + strings.Join(known, ", "); {
	case likely != "":
		here.errorf(CodeUnknownKey, didYouMean(likely), "%q is not a known key", shownName(m.name))
	case slices.Contains(openSections, part):
		d.addOnce(here.problem(Warning, CodeUnknownKey, silence, fmt.Sprintf("%q is not a known key and has no effect", shownName(m.name))))
	case m.value.kind == nullKind:
		// It may be a value that a comma has made a key, and so a secret.
		spot{d.reporter, m.at, join(path, elided)}.errorf(CodeUnknownKey, keys, "there is a word that is no key")
	default:
		here.errorf(CodeUnknownKey, keys, "%q is not a known key", shownName(m.name))
	}
}

// didYouMean is the hint that names the nearest key.
func didYouMean(name string) string { return "did you mean " + name + "?" }

// omitted warns of a key that is known and not supported. It reports whether it is one.
func (d *decoder) omitted(m member, here spot, part string, known []string) bool {
	instead, ok := d.omissions.find(part, m.name)
	if !ok && !d.omissions.begins(part, m.name, known) {
		return false
	}
	if m.value.kind != nullKind {
		d.addOnce(here.problem(Warning, CodeNotImplemented, silence, omission(shownName(m.name), instead)))
	}
	return true
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
		d.at(n, path).errorf(cmp.Or(err.code, CodeBadValue), err.hint, "the value%s is not %s", shown, err.want)
		return
	}
	if _, isBool := reflect.TypeAssert[*bool](v.Addr()); isBool && n.form != boolean && !n.final && !isReference(n.text) {
		d.at(n, path).warnf(CodeLooseValue, "write true or false, without quotes", "the value%s is text where a truth value belongs", shown)
	}
	if later, ok := f.notBuilt(text); ok {
		d.later(n, v, later, path)
		return
	}
	if wrong := f.check(v, text, shown); wrong != nil {
		d.at(n, path).errorf(wrong.code, wrong.hint, "%s", wrong.want)
		v.Set(before) // so that nothing else is found wrong with it
	}
}

// later puts the stand-in for a value that is not built yet. Where it has none, the
// value stays, and the resolver says what happens.
func (d *decoder) later(n *node, v reflect.Value, l laterValue, path string) {
	if !l.replaced {
		return
	}
	v.SetString(l.standIn)
	instead := "it is left out"
	if l.standIn != "" {
		instead = l.standIn + " is used"
	}
	d.addOnce(d.at(n, path).problem(Warning, CodeNotImplemented, silence, fmt.Sprintf("%s is not built yet: %s", l.value, instead)))
}

// silence is the hint of a warning about what is not built yet.
const silence = "leave it out to silence this"

// text gives a scalar's text with its references replaced.
func (d *decoder) text(n *node, path string, hidden bool) (string, bool) {
	text := n.text
	if !n.final && n.form != number && n.form != boolean {
		expanded, err := d.refs.expand(text)
		if err != nil {
			code, hint := referenceAdvice(err)
			d.at(n, path).errorf(code, hint, "%v", err)
			return "", false
		}
		text = expanded
	}
	if !hidden {
		return text, true
	}
	content, err := readSecret(text)
	if err != nil {
		d.at(n, path).errorf(CodeBadFile, "name a readable file with the secret in it", "read the secret: %v", err)
		return "", false
	}
	return content, true
}

// wrongKind reports a node of another shape than the schema has.
func (d *decoder) wrongKind(n *node, path, want string) {
	hint := "see docs/configuration.md"
	switch want {
	case objectKind.String():
		hint = "write its keys below it, each as KEY: VALUE with a blank after the colon"
	case listKind.String():
		hint = "write its items below it, each as - VALUE"
	case scalarKind.String():
		hint = "write one value behind the colon"
	}
	d.at(n, path).errorf(CodeWrongType, hint, "%s is wanted here, not %s", want, n.kind)
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
