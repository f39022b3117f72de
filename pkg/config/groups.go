package config

import (
	"fmt"
	"reflect"
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
		for i, item := range m.value.items {
			if item.kind == objectKind {
				d.errorf(item, indexed(at, i), "write the name of a group",
					"a fallback with its own parameters is not supported by this version of llmgw")
				return
			}
		}
		*l = append(*l, Fallback{Group: m.name, To: d.texts(m.value, at)})
	}
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
