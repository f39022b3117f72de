package config

import (
	"reflect"
	"slices"

	"github.com/llmgw/llmgw/pkg/secret"
)

// Mask stands for a secret wherever a configuration is shown: it says nothing of it,
// not even its length.
const Mask = "********"

// ValueKind is what kind of value a Setting has.
type ValueKind uint8

// The kinds of values.
const (
	// Unset is a key that is not set and has no default.
	Unset ValueKind = iota
	// Text is a text in the file; so are durations and sizes with their units.
	Text
	// Number is a number, with the digits it is written with.
	Number
	// Truth is true or false.
	Truth
	// Empty is a list or map that has nothing in it, "[]" or "{}".
	Empty
)

// Setting is one value of a configuration.
type Setting struct {
	// Path is where it stands: model_list[0].litellm_params.model.
	Path string
	// Value is written as it could be in a file; Mask for a secret, "" where Unset.
	Value string
	Kind  ValueKind
	// Secret says that the value is never shown.
	Secret bool
	// Inert says that this version does not act upon the key.
	Inert  bool
	Origin Origin
}

// Origin is where a value comes from. The zero Origin is a default.
type Origin struct {
	// Position is where it was written.
	Position Position
	// Reference is what was written there, if it was a reference: "os.environ/NAME",
	// "${NAME}" or "file:/path". A text for when the variable is not set is left out.
	Reference string
}

// IsDefault reports whether nobody has set the value.
func (o Origin) IsDefault() bool { return o.Position == Position{} }

// String gives "default", or the position (with the reference in parentheses).
func (o Origin) String() string {
	switch {
	case o.IsDefault():
		return "default"
	case o.Reference != "":
		return o.Position.String() + " (" + o.Reference + ")"
	default:
		return o.Position.String()
	}
}

// Layout is a configuration laid out value by value, as it is in force. It never shows
// a secret. It is immutable.
type Layout struct {
	// File is the path of the file; "" for the built-in configuration.
	File string
	root *branch
}

// Effective loads a configuration like [Load] and lays it out: what is set in the file,
// by the environment and by the command line, and the defaults of all other keys. The
// Layout is nil when the error is not.
func Effective(o Options) (*Layout, Report, error) {
	o.trace = &trace{}
	cfg, report, err := Load(o)
	if err != nil {
		return nil, report, err
	}
	return o.withDefaults().layout(cfg), report, nil
}

// trace keeps what load reads, for those who ask where a value comes from.
type trace struct {
	root   *node // with the environment and the command line on top
	own    *node // environment_variables, which is decoded apart; or nil
	places map[string]Position
	refs   *references
}

// keep remembers a tree that is about to be decoded. Nothing is kept without a trace.
func (t *trace) keep(d *decoder, root *node) {
	if t == nil {
		return
	}
	*t = trace{root: root, own: root.find(environmentSection), places: d.places, refs: &d.refs}
}

// environmentSection is the section that all others may refer to.
const environmentSection = "environment_variables"

// layout lays a loaded configuration out.
func (o Options) layout(cfg *Config) *Layout {
	l := layouter{tables: fieldTable{}, places: o.trace.places}
	root := o.trace.root
	if o.trace.own != nil && root.find(environmentSection) == nil {
		whole := *root
		whole.members = append(slices.Clip(whole.members), member{name: environmentSection, value: o.trace.own})
		root = &whole
	}
	tree := l.section(reflect.ValueOf(&cfg.Document).Elem(), root, "")
	o.LookupEnv = o.trace.refs.find
	derive(tree, cfg, o)
	return &Layout{File: cfg.File, root: tree}
}

// Written leaves everything out that is a default.
func (l *Layout) Written() *Layout {
	root := l.root.filter((*branch).isWritten)
	if root == nil {
		root = &branch{kind: objectKind}
	}
	return &Layout{File: l.File, root: root}
}

// Settings lists all values in the order of the schema.
func (l *Layout) Settings() []Setting { return l.root.settings(nil, "") }

// branch is a part of a Layout: a value, or a list or map of them.
type branch struct {
	name   string // of a member
	kind   kind   // nullKind for what is not set
	text   string // of a scalar that is no secret
	form   form   // of a scalar: quoted stands for any text
	hidden bool   // a secret
	secret secret.Text
	origin Origin
	inert  bool   // this version does not act upon the key
	raw    string // how a value is written that is in force as text; "" where it is the same
	made   bool   // of other keys, of the environment or of customs: no key says it
	// id tells an item of a list from the others; "" where only its place does.
	id       string
	children []*branch
}

// shown is the text of a scalar as it may be seen.
func (b *branch) shown() string {
	switch {
	case b.kind == nullKind:
		return ""
	case b.hidden:
		return Mask
	default:
		return b.text
	}
}

// isWritten reports whether somebody has set the value.
func (b *branch) isWritten() bool { return !b.origin.IsDefault() }

// isLeaf reports whether nothing is below.
func (b *branch) isLeaf() bool { return len(b.children) == 0 }

// filter keeps the values that fit, and what is needed to reach them; nil where there
// are none. Items of a list stay: their places are their names.
func (b *branch) filter(fits func(*branch) bool) *branch {
	if b.isLeaf() {
		if b.kind == nullKind || !fits(b) {
			return nil
		}
		if b.raw != "" {
			raw := *b
			raw.text = b.raw
			return &raw
		}
		return b
	}
	kept := *b
	kept.children = make([]*branch, 0, len(b.children))
	for _, child := range b.children {
		part := child.filter(fits)
		if part == nil && b.kind == listKind {
			part = &branch{kind: objectKind, origin: child.origin}
		}
		if part != nil {
			kept.children = append(kept.children, part)
		}
	}
	if len(kept.children) == 0 {
		return nil
	}
	return &kept
}

// find gives what a path of names leads to, or nil.
func (b *branch) find(names ...string) *branch {
	for _, name := range names {
		if b == nil {
			return nil
		}
		b = b.child(name)
	}
	return b
}

func (b *branch) child(name string) *branch {
	for _, child := range b.children {
		if child.name == name {
			return child
		}
	}
	return nil
}

// settings appends the values at and below the branch.
func (b *branch) settings(list []Setting, path string) []Setting {
	if b.isLeaf() {
		if path == "" {
			return list
		}
		return append(list, b.setting(path))
	}
	for i, child := range b.children {
		list = child.settings(list, b.below(path, i))
	}
	return list
}

// below is the path of a child.
func (b *branch) below(path string, i int) string {
	switch {
	case b.kind == listKind:
		return indexed(path, i)
	case path == "":
		return b.children[i].name
	default:
		return path + "." + b.children[i].name
	}
}

func (b *branch) setting(path string) Setting {
	s := Setting{Path: path, Value: b.shown(), Secret: b.hidden, Inert: b.inert, Origin: b.origin}
	switch b.kind {
	case scalarKind:
		s.Kind = b.valueKind()
	case listKind:
		s.Kind, s.Value = Empty, "[]"
	case objectKind:
		s.Kind, s.Value = Empty, "{}"
	default:
	}
	return s
}

func (b *branch) valueKind() ValueKind {
	switch {
	case b.hidden:
		return Text
	case b.form == number:
		return Number
	case b.form == boolean:
		return Truth
	default:
		return Text
	}
}
