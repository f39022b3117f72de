package config

import (
	"slices"
	"strconv"
)

// Change says in which way two configurations differ in a value.
type Change byte

// The changes, as they are shown in front of a path.
const (
	// Changed is a value that is another one.
	Changed Change = '~'
	// Added is a value that only the second configuration has.
	Added Change = '+'
	// Removed is a value that only the first one has.
	Removed Change = '-'
)

// Difference is a value in which two configurations differ.
type Difference struct {
	Change Change
	// Path is where the value stands. An item of a list that has a name stands under
	// it: model_list[claude-sonnet].litellm_params.timeout.
	Path string
	// Old and New are the values as JSON; empty where there is none. For secrets they
	// are Mask in quotes.
	Old, New string
	// Secret says that the values are not shown.
	Secret bool
}

// Diff compares two configurations as they are in force and lists what differs, in the
// order of the schema. Items of lists are matched by what they are, not by where they
// stand: deployments by their model_info.id and model_name, others by the name that
// each must have. Secrets are compared, and not shown.
func Diff(a, b *Layout) []Difference {
	c := comparison{}
	c.branches(a.root, b.root, "")
	return c.found
}

// comparison collects differences.
type comparison struct{ found []Difference }

// branches compares two parts. Either may be nil.
func (c *comparison) branches(a, b *branch, path string) {
	switch {
	case a.isValue() && b.isValue():
		c.values(a, b, path)
	case a.isNamed() || b.isNamed():
		c.lists(a, b, path)
	case a.holds(listKind) && b.holds(listKind):
		c.texts(a, b, path)
	default:
		c.members(a, b, path)
	}
}

// isValue reports whether nothing is below, or nothing is there.
func (b *branch) isValue() bool { return b == nil || b.isLeaf() || b.isPlain() }

// holds reports whether a branch is of a kind.
func (b *branch) holds(k kind) bool { return b != nil && b.kind == k }

// isPlain reports whether the branch is a list of values that may be shown: it is
// compared as a whole, since their order counts.
func (b *branch) isPlain() bool {
	return b.kind == listKind && !slices.ContainsFunc(b.children, func(item *branch) bool {
		return item.kind != scalarKind || item.hidden
	})
}

// isNamed reports whether the branch is a list of parts.
func (b *branch) isNamed() bool {
	return b.holds(listKind) && slices.ContainsFunc(b.children, func(item *branch) bool { return item.kind != scalarKind })
}

// values compares two values, or lists of them.
func (c *comparison) values(a, b *branch, path string) {
	before, after := a.json(), b.json()
	hidden := a != nil && a.hidden || b != nil && b.hidden
	switch {
	case a != nil && b != nil && a.made && b.made: // told where it was made of
	case hidden && a.reveal() == b.reveal(), !hidden && before == after:
	case before == "":
		c.add(Difference{Change: Added, Path: path, New: after, Secret: hidden})
	case after == "":
		c.add(Difference{Change: Removed, Path: path, Old: before, Secret: hidden})
	default:
		c.add(Difference{Change: Changed, Path: path, Old: before, New: after, Secret: hidden})
	}
}

func (c *comparison) add(d Difference) { c.found = append(c.found, d) }

// json is a value or list of values in JSON; "" for what is not set or empty.
func (b *branch) json() string {
	if b == nil || b.kind == nullKind || b.kind != scalarKind && b.isLeaf() {
		return ""
	}
	return string(b.appendJSON(nil))
}

func (b *branch) reveal() string {
	if b == nil {
		return ""
	}
	return b.secret.Reveal()
}

// members compares maps, or a map with what is not there.
func (c *comparison) members(a, b *branch, path string) {
	for i, child := range a.parts() {
		c.branches(child, b.part(child.name), a.below(path, i))
	}
	for i, child := range b.parts() {
		if a.part(child.name) == nil {
			c.branches(nil, child, b.below(path, i))
		}
	}
}

// parts are the children of a branch that may not be there.
func (b *branch) parts() []*branch {
	if b == nil {
		return nil
	}
	return b.children
}

// part is the child of a name, or nil.
func (b *branch) part(name string) *branch {
	if b == nil {
		return nil
	}
	return b.child(name)
}

// texts compares lists of secrets, whose order does not count.
func (c *comparison) texts(a, b *branch, path string) {
	left := slices.Clone(b.children)
	for i, item := range a.children {
		same := slices.IndexFunc(left, func(other *branch) bool { return other.identity() == item.identity() })
		if same < 0 {
			c.values(item, nil, indexed(path, i))
			continue
		}
		left = slices.Delete(left, same, same+1)
	}
	for _, item := range left {
		c.values(nil, item, indexed(path, slices.Index(b.children, item)))
	}
}

// pair is two items that are the same thing. Either may be nil.
type pair struct{ a, b *branch }

// lists compares lists of parts, item by item.
func (c *comparison) lists(a, b *branch, path string) {
	names := map[string]int{}
	for _, p := range match(a.parts(), b.parts()) {
		var label string
		if p.b != nil {
			label = p.b.label(slices.Index(b.parts(), p.b))
		} else {
			label = p.a.label(slices.Index(a.parts(), p.a))
		}
		names[label]++
		if n := names[label]; n > 1 {
			label += "#" + strconv.Itoa(n)
		}
		// Of an item that only one has, its defaults say nothing.
		if p.a == nil {
			p.b = p.b.filter((*branch).isWritten)
		} else if p.b == nil {
			p.a = p.a.filter((*branch).isWritten)
		}
		c.branches(p.a, p.b, path+"["+label+"]")
	}
}

// label names an item of a list.
func (b *branch) label(i int) string {
	if b.id == "" || b.hasHiddenName() {
		return strconv.Itoa(i)
	}
	return memberName(b.id)
}

// hasHiddenName reports whether the item's identity is a secret.
func (b *branch) hasHiddenName() bool {
	return slices.ContainsFunc(b.children, func(child *branch) bool { return child.hidden && child.identity() == b.id })
}

// likeness are the ways in which two items may be the same thing, best first.
var likeness = []func(a, b *branch) bool{
	func(a, b *branch) bool { return a.deployment() != "" && a.deployment() == b.deployment() },
	func(a, b *branch) bool { return a.id == b.id && a.json() == b.json() },
	func(a, b *branch) bool { return a.id != "" && a.id == b.id },
}

// deployment is the id of a deployment.
func (b *branch) deployment() string {
	if id := b.find("model_info", "id"); id != nil {
		return id.text
	}
	return ""
}

// match pairs the items of two lists: in the order of the second, with those that only
// the first has behind them.
func match(a, b []*branch) []pair {
	partner := make(map[*branch]*branch, len(b))
	left := slices.Clone(a)
	for _, alike := range likeness {
		for _, item := range b {
			if partner[item] != nil {
				continue
			}
			if i := slices.IndexFunc(left, func(other *branch) bool { return alike(other, item) }); i >= 0 {
				partner[item] = left[i]
				left = slices.Delete(left, i, i+1)
			}
		}
	}
	pairs := make([]pair, 0, len(b)+len(left))
	for _, item := range b {
		pairs = append(pairs, pair{partner[item], item})
	}
	for _, item := range left {
		pairs = append(pairs, pair{a: item})
	}
	return pairs
}
