package config

import (
	"fmt"
	"reflect"
	"slices"
)

// Fallbacks are the groups to try when a group fails, in the order they are
// written.
type Fallbacks []Fallback

// Fallback is what to try for one group.
type Fallback struct {
	// Group is the name or pattern of the group that fails; "*" is any other.
	Group string
	// To are the groups to try, in order.
	To []string
}

// decodeTree reads LiteLLM's list of maps ([{group: [a, b]}]), or one map.
func (l *Fallbacks) decodeTree(d *decoder, n *node, path string) {
	switch n.kind {
	case objectKind:
		l.addMap(d, n, path)
	case listKind:
		for i, item := range n.items {
			at := indexed(path, i)
			if item.kind != objectKind {
				d.wrongKind(item, at, "a map from a group to a list of groups")
				continue
			}
			l.addMap(d, item, at)
		}
	default:
		d.wrongKind(n, path, "a list of maps")
	}
}

// addMap adds the groups of one map.
func (l *Fallbacks) addMap(d *decoder, n *node, path string) {
	for _, m := range n.members {
		at := join(path, m.name)
		d.places[at] = m.at
		*l = append(*l, Fallback{Group: m.name, To: d.texts(d.namesOnly(m.value, at), at)})
	}
}

// namesOnly puts the name of a group in the place of each item of a list that has
// parameters of its own ({model: group, temperature: 1}).
func (d *decoder) namesOnly(n *node, path string) *node {
	if !slices.ContainsFunc(n.items, func(item *node) bool { return item.kind == objectKind }) {
		return n
	}
	list := *n
	list.items = slices.Clone(n.items)
	for i, item := range list.items {
		if item.kind != objectKind {
			continue
		}
		at := indexed(path, i)
		name := item.find("model")
		if name == nil || name.kind != scalarKind {
			d.at(item, at).errorf(CodeMissingKey, "write the name of a group", "the fallback does not name its model")
			list.items[i] = &node{kind: scalarKind, at: item.at}
			continue
		}
		if len(item.members) > 1 {
			d.at(item, at).warnf(CodeNotImplemented, silence,
				"parameters of a fallback are not built yet: the group is tried with those of the call")
		}
		list.items[i] = name
	}
	return &list
}

// Aliases are further names of groups, in the order they are written.
type Aliases []Alias

// Alias is a further name of a group.
type Alias struct {
	// Name is the name that clients use.
	Name string
	// Group is the group it stands for.
	Group string
	// Hidden leaves the name out of lists of models.
	Hidden bool
}

// aliasTarget is the long form of an alias.
type aliasTarget struct {
	Model  string `yaml:"model" required:"write the name of a group"`
	Hidden bool   `yaml:"hidden"`
}

// decodeTree reads {alias: group} and {alias: {model: group, hidden: true}}.
func (l *Aliases) decodeTree(d *decoder, n *node, path string) {
	if n.kind != objectKind {
		d.wrongKind(n, path, "a map from a name to a group")
		return
	}
	for _, m := range n.members {
		at := join(path, m.name)
		var target aliasTarget
		v := reflect.ValueOf(&target.Model).Elem()
		if m.value.kind == objectKind {
			v = reflect.ValueOf(&target).Elem()
		}
		d.value(m.value, v, field{}, at)
		*l = append(*l, Alias{Name: m.name, Group: target.Model, Hidden: target.Hidden})
	}
}

// texts decodes a list of texts, or a single one.
func (d *decoder) texts(n *node, path string) []string {
	var list []string
	d.value(n, reflect.ValueOf(&list).Elem(), field{}, path)
	return list
}

// indexed appends an index to a path.
func indexed(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }
