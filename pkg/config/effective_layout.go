package config

import (
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/secret"
)

// treeEncoder is a treeValue that can be written as it could be read.
type treeEncoder interface {
	encodeTree() *node
}

// layouter lays the schema's structs out beside the tree that they were decoded from.
// Not safe for concurrent use.
type layouter struct {
	tables fieldTable
	places map[string]Position
	// inList says that the section is an item of a list: what is not set is left out
	// there.
	inList bool
}

// section lays out a struct. n is nil where the file does not have it.
func (l *layouter) section(v reflect.Value, n *node, path string) *branch {
	b := &branch{kind: objectKind, origin: l.origin(n, path)}
	named := false // by a key that every such section has
	for _, f := range l.tables.of(v.Type()) {
		if f.rest {
			b.children = append(b.children, l.params(v.FieldByIndex(f.index), n, path)...)
			continue
		}
		child := l.value(v.FieldByIndex(f.index), f, n.lookup(f.names), join(path, f.name()))
		if l.inList && child.isLeaf() && (child.kind == nullKind || child.kind != scalarKind && child.origin.IsDefault()) {
			continue
		}
		child.name = f.name()
		if f.inert != "" {
			if child.filter((*branch).isWritten) == nil {
				continue // a default without effect says nothing
			}
			child.markInert()
		}
		b.children = append(b.children, child)
		if b.id == "" || f.required && !named {
			b.id, named = child.identity(), f.required
		}
	}
	return b
}

// markInert says of a part that this version does not act upon it.
func (b *branch) markInert() {
	b.inert = true
	for _, child := range b.children {
		child.markInert()
	}
}

// lookup is find for a node that may not be there.
func (n *node) lookup(names []string) *node {
	if n == nil || n.kind != objectKind {
		return nil
	}
	return n.find(names...)
}

// identity is what tells an item from others by this value of it.
func (b *branch) identity() string {
	switch {
	case b.kind != scalarKind:
		return ""
	case b.hidden:
		return b.secret.Reveal()
	default:
		return b.text
	}
}

// value lays out what stands under one key.
func (l *layouter) value(v reflect.Value, f field, n *node, path string) *branch {
	if v.Kind() == reflect.Pointer && !isTree(v) {
		if v.IsNil() {
			return &branch{}
		}
		return l.value(v.Elem(), f, n, path)
	}
	switch {
	case isTree(v):
		return l.tree(v, n, path)
	case isScalar(v.Type()):
		return l.scalar(v, f, n, path)
	case v.Kind() == reflect.Slice:
		return l.list(v, f, n, path)
	case v.Kind() == reflect.Map:
		return l.mapping(v, f, n, path)
	case v.Kind() == reflect.Struct:
		return l.section(v, n, path)
	default:
		return &branch{}
	}
}

// isTree reports whether a value reads itself from a tree.
func isTree(v reflect.Value) bool {
	return v.CanAddr() && v.Addr().Type().Implements(reflect.TypeFor[treeValue]())
}

// list lays out a list. One that is not there is not set.
func (l *layouter) list(v reflect.Value, f field, n *node, path string) *branch {
	b := &branch{kind: listKind, origin: l.origin(n, path)}
	if v.Len() == 0 && (n == nil || n.kind == nullKind) {
		return &branch{}
	}
	before := l.inList
	l.inList = true
	defer func() { l.inList = before }()
	for i := range v.Len() {
		item := n.item(i)
		if n != nil && n.kind == scalarKind && v.Len() == 1 {
			item = n // a single value that stands for a list of one
		}
		child := l.value(v.Index(i), f, item, indexed(path, i))
		if child.kind == scalarKind {
			child.id = child.identity()
		}
		b.children = append(b.children, child)
	}
	return b
}

// mapping lays out a map, in the order of its names.
func (l *layouter) mapping(v reflect.Value, f field, n *node, path string) *branch {
	if v.Len() == 0 && (n == nil || n.kind == nullKind) {
		return &branch{}
	}
	b := &branch{kind: objectKind, origin: l.origin(n, path)}
	byName := make(map[string]reflect.Value, v.Len())
	for _, key := range v.MapKeys() {
		byName[key.String()] = v.MapIndex(key)
	}
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		at := join(path, name)
		value := reflect.New(v.Type().Elem()).Elem()
		value.Set(byName[name])
		child := l.value(value, f, n.lookup([]string{name}), at)
		child.name = memberName(name)
		b.children = append(b.children, child)
	}
	return b
}

// memberName is the name of a member as it may be shown: what looks like a key is not.
func memberName(name string) string {
	if strings.HasPrefix(name, "sk-") {
		return shownName(name)
	}
	return name
}

// scalar lays out a single value.
func (l *layouter) scalar(v reflect.Value, f field, n *node, path string) *branch {
	written := n != nil && n.kind == scalarKind && n.text != ""
	_, isBool := reflect.TypeAssert[bool](v)
	if !written && f.fallback == "" && v.IsZero() && !isBool {
		return &branch{}
	}
	b := &branch{kind: scalarKind}
	if text, ok := reflect.TypeAssert[secret.Text](v); ok {
		if text.Empty() {
			return &branch{}
		}
		b.hidden, b.secret = true, text
	} else {
		b.text, b.form = formatScalar(v)
	}
	if !written {
		n = nil
	}
	b.origin = l.origin(n, path)
	return b
}

// tree lays out what reads itself.
func (l *layouter) tree(v reflect.Value, n *node, path string) *branch {
	if v.IsZero() && (n == nil || n.kind == nullKind) {
		return &branch{}
	}
	encoder, ok := reflect.TypeAssert[treeEncoder](v.Addr())
	if !ok {
		return l.opaque(v, n, path)
	}
	return l.encoded(encoder.encodeTree(), nil, l.origin(n, path), path)
}

// encoded lays out a tree. Each part is where it was written, else where its path was,
// else at the place of what is around it. written may be nil.
func (l *layouter) encoded(n, written *node, around Origin, path string) *branch {
	b := &branch{kind: n.kind, text: n.text, form: n.form, origin: around}
	if at, ok := l.places[path]; ok {
		b.origin = Origin{Position: at}
	}
	if written != nil {
		b.origin = l.origin(written, path)
	}
	for i, item := range n.items {
		child := l.encoded(item, written.item(i), b.origin, indexed(path, i))
		if len(item.members) == 1 {
			child.id = item.members[0].name
		} else if item.kind == scalarKind {
			child.id = item.text
		}
		b.children = append(b.children, child)
	}
	for _, m := range n.members {
		child := l.encoded(m.value, written.lookup([]string{m.name}), b.origin, join(path, m.name))
		child.name = memberName(m.name)
		b.children = append(b.children, child)
	}
	return b
}

// item gives an item of a list that may not be there, or nil.
func (n *node) item(i int) *node {
	if n == nil || i >= len(n.items) {
		return nil
	}
	return n.items[i]
}

// opaque lays out a value that reads itself and says nothing of its form, as its Go
// type has it.
func (l *layouter) opaque(v reflect.Value, n *node, path string) *branch {
	switch {
	case v.Type().ConvertibleTo(paramsType):
		return &branch{kind: objectKind, origin: l.origin(n, path), children: l.params(v, n, path)}
	case isWrapped(v.Type()):
		return l.scalar(v.Field(0), field{}, n, path)
	case v.Kind() == reflect.Slice:
		return l.list(v, field{}, n, path)
	case v.Kind() == reflect.Map && v.Type().Key().Kind() == reflect.String:
		return l.mapping(v, field{}, n, path)
	case v.Kind() == reflect.Struct:
		return l.section(v, n, path)
	case isScalar(v.Type()):
		return l.scalar(v, field{}, n, path)
	default:
		return &branch{kind: scalarKind, text: elided, form: quoted, origin: l.origin(n, path)}
	}
}

// paramsType is the type of request parameters.
var paramsType = reflect.TypeFor[[]llm.Default]()

// isWrapped reports whether a struct is a secret that is read in a way of its own.
func isWrapped(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && t.NumField() == 1 && t.Field(0).Type == secretType
}

// params lays out the keys that are request parameters.
func (l *layouter) params(v reflect.Value, n *node, path string) []*branch {
	if !v.Type().ConvertibleTo(paramsType) {
		return nil
	}
	list, _ := reflect.TypeAssert[[]llm.Default](v.Convert(paramsType))
	branches := make([]*branch, 0, len(list))
	for _, p := range list {
		at := join(path, p.Name)
		child := l.param(p, n.lookup([]string{p.Name}), at)
		child.name = memberName(p.Name)
		branches = append(branches, child)
	}
	return branches
}

// credentialName is a name under which somebody may have written a secret where none
// belongs.
var credentialName = regexp.MustCompile(`(?i)(^|[_-])(api_?key|key|secret|password|passwd|token|credentials?|authorization)$`)

// param lays out one request parameter, whose value is JSON.
func (l *layouter) param(p llm.Default, n *node, path string) *branch {
	value, problem := parseJSON("", p.Value)
	if problem != nil || credentialName.MatchString(p.Name) {
		return &branch{kind: scalarKind, hidden: true, secret: secret.New(string(p.Value)), origin: l.origin(n, path)}
	}
	return l.encoded(value, n, l.origin(n, path), path)
}

// origin is where a value was written; the default where it was not.
func (l *layouter) origin(n *node, path string) Origin {
	if n == nil || n.kind == nullKind {
		return Origin{}
	}
	at := n.at
	if at == (Position{}) {
		at = l.places[path]
	}
	return Origin{Position: at, Reference: referenceText(n)}
}

// bracedVariable is a variable in a longer text, with its text for when it is not set.
var bracedVariable = regexp.MustCompile(`\$?\$\{([A-Za-z_][A-Za-z0-9_]*)(:-[^}]*)?\}`)

// referenceText is the reference that a scalar was written as, or "". What is written
// around and within it may be a secret.
func referenceText(n *node) string {
	switch {
	case n.kind != scalarKind || n.final || n.form == number || n.form == boolean:
		return ""
	case strings.HasPrefix(n.text, environPrefix), strings.HasPrefix(n.text, filePrefix):
		return n.text
	}
	var names []string
	for _, found := range bracedVariable.FindAllStringSubmatch(n.text, -1) {
		if !strings.HasPrefix(found[0], "$$") {
			names = append(names, "${"+found[1]+"}")
		}
	}
	return strings.Join(names, " ")
}

// formatScalar writes a value as it could stand in a file.
func formatScalar(v reflect.Value) (text string, written form) {
	switch value := v.Interface().(type) {
	case time.Duration:
		return formatDuration(value), quoted
	case Bytes:
		return formatBytes(value)
	case llm.NanoUSD:
		return value.String(), number
	case llm.PicoUSD:
		return formatPrice(value), number
	}
	return formatKind(v)
}
