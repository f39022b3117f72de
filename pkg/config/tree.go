package config

import (
	"slices"
	"strings"
)

// kind is the shape of a node.
type kind uint8

const (
	nullKind kind = iota
	scalarKind
	listKind
	objectKind
)

// String names the shape in messages.
func (k kind) String() string {
	switch k {
	case scalarKind:
		return "a single value"
	case listKind:
		return "a list"
	case objectKind:
		return "a map"
	default:
		return "empty"
	}
}

// form is how a scalar was written.
type form uint8

const (
	word    form = iota // text without quotes
	quoted              // text that was marked as text
	number              // a number without quotes
	boolean             // true or false without quotes
)

// node is a configuration as it was written, whatever it was written in: a tree
// with places, in which anchors and merge keys are already replaced by what they
// mean and every key of an object occurs once.
type node struct {
	kind    kind
	at      Position
	text    string // of a scalar
	form    form   // of a scalar
	final   bool   // text comes from the environment or a flag: no references in it
	items   []*node
	members []member
}

// member is one key of an object.
type member struct {
	name  string
	at    Position
	value *node
}

// find returns the value of the first of the names that the object has, or nil.
func (n *node) find(names ...string) *node {
	for _, m := range n.members {
		if slices.Contains(names, m.name) {
			return m.value
		}
	}
	return nil
}

// remove takes the named members out of the object.
func (n *node) remove(names []string) {
	n.members = slices.DeleteFunc(n.members, func(m member) bool { return slices.Contains(names, m.name) })
}

// graft puts a value at a path below the object, in place of what is written
// there under any of the names of the last part. Sections on the way are made
// where they are missing; a section that is written as something else stays as
// it is, to be reported when it is decoded.
func (n *node) graft(section, names []string, value *node) {
	for _, part := range section {
		next := n.find(part)
		if next == nil || next.kind == nullKind {
			next = &node{kind: objectKind, at: value.at}
			n.remove([]string{part})
			n.members = append(n.members, member{name: part, at: value.at, value: next})
		}
		if next.kind != objectKind {
			return
		}
		n = next
	}
	n.remove(names)
	n.members = append(n.members, member{name: names[0], at: value.at, value: value})
}

// section is a path without its indexes, the name under which a part of the
// schema is known: model_list[3].litellm_params is model_list[].litellm_params.
func section(path string) string {
	var b strings.Builder
	inside := false
	for _, c := range path {
		if c == ']' {
			inside = false
		}
		if !inside {
			b.WriteRune(c)
		}
		if c == '[' {
			inside = true
		}
	}
	return b.String()
}
