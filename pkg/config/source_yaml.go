package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// parseYAML reads one YAML document into a tree.
func parseYAML(name string, data []byte) (*node, *Problem) {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var document yaml.Node
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF):
		return &node{at: Position{File: name}}, nil
	case err != nil:
		return nil, syntaxProblem(name, data, err)
	}
	var second yaml.Node
	if err := decoder.Decode(&second); !errors.Is(err, io.EOF) {
		if err != nil {
			return nil, syntaxProblem(name, data, err)
		}
		return nil, &Problem{
			Code: CodeYAMLSyntax, Position: Position{File: name, Line: second.Line, Column: second.Column},
			Message: "a second YAML document begins here", Hint: "keep one document in a file",
		}
	}
	b := yamlBuilder{file: name, open: map[*yaml.Node]bool{}}
	root := b.node(&document, 0)
	return root, b.problem
}

// yamlLine finds the line in the parser's messages.
var yamlLine = regexp.MustCompile(`^line (\d+): `)

// syntaxProblem gives a place and advice to the YAML parser's message. The text
// of the file is never quoted: it may be a secret.
func syntaxProblem(name string, data []byte, err error) *Problem {
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	p := &Problem{Code: CodeYAMLSyntax, Position: Position{File: name, Line: 1, Column: 1}}
	if m := yamlLine.FindStringSubmatch(message); m != nil {
		p.Line, _ = strconv.Atoi(m[1]) // digits only: it can only be too large, and then it is no line
		message = message[len(m[0]):]
		if strings.HasPrefix(message, "did not find expected") {
			p.Line++ // the parser counts lines from 0 in what it says of structure
		}
	}
	if rest, ok := strings.CutPrefix(message, "unknown anchor '"); ok {
		anchor, _, _ := strings.Cut(rest, "'")
		p.Position = find(name, data, "*"+anchor)
		p.Message, p.Hint = "this refers to an anchor that is not defined", "put a value that begins with * in quotes"
		return p
	}
	p.Message = "not valid YAML: " + message
	p.Hint = syntaxHint(message)
	if startsWithTab(data, p.Line) {
		p.Hint = "indent with spaces, not with tabs"
	}
	return p
}

// syntaxHint says what is usually wrong where the YAML parser has such a message.
func syntaxHint(message string) string {
	for _, advice := range []struct{ about, hint string }{
		{"unexpected end of stream", "close the quote or bracket that is open"},
		{"expected ',' or", "close the bracket that is open, and put text with , [ ] { } in it in quotes"},
		{"mapping values are not allowed", "indent the lines of a map alike, and put text with a colon in it in quotes"},
		{"could not find expected ':'", "write KEY: VALUE, with a blank after the colon"},
		{"expected key", "indent the keys of a map alike, and close the quote or bracket that is open"},
		{"expected '-' indicator", "indent the items of a list alike, each with - in front"},
		{"cannot start any token", "put text that begins with @, ` or % in quotes"},
		{"unknown escape character", "put text with a backslash in it in single quotes"},
	} {
		if strings.Contains(message, advice.about) {
			return advice.hint
		}
	}
	return ""
}

// find gives the place of the first occurrence of text.
func find(name string, data []byte, text string) Position {
	at := max(bytes.Index(data, []byte(text)), 0)
	return positionAt(name, data, at)
}

// positionAt gives line and column of an offset.
func positionAt(name string, data []byte, offset int) Position {
	before := data[:min(max(offset, 0), len(data))]
	return Position{
		File:   name,
		Line:   bytes.Count(before, []byte("\n")) + 1,
		Column: len(before) - (bytes.LastIndexByte(before, '\n') + 1) + 1,
	}
}

// startsWithTab reports whether a tab indents the line, counted from 1.
func startsWithTab(data []byte, line int) bool {
	lines := bytes.SplitN(data, []byte("\n"), line+1)
	if line < 1 || line > len(lines) {
		return false
	}
	text := lines[line-1]
	return bytes.ContainsRune(text[:len(text)-len(bytes.TrimLeft(text, " \t"))], '\t')
}

// yamlBuilder turns YAML nodes into a tree: anchors are replaced by copies of
// what they name, merge keys by the members they bring. It stops at its first
// problem.
type yamlBuilder struct {
	file    string
	open    map[*yaml.Node]bool // anchors being expanded: to find circles
	aliased int                 // nodes made by expanding anchors
	problem *Problem
}

// fail keeps the first problem.
func (b *yamlBuilder) fail(y *yaml.Node, message, hint string) *node {
	return b.failAs(y, CodeYAMLSyntax, message, hint)
}

// failAs keeps the first problem, with a code of its own.
func (b *yamlBuilder) failAs(y *yaml.Node, code, message, hint string) *node {
	if b.problem == nil {
		b.problem = &Problem{Code: code, Position: b.at(y), Message: message, Hint: hint}
	}
	return &node{at: b.at(y)}
}

func (b *yamlBuilder) at(y *yaml.Node) Position {
	return Position{File: b.file, Line: y.Line, Column: y.Column}
}

// node builds one node and what is below it.
func (b *yamlBuilder) node(y *yaml.Node, depth int) *node {
	if b.problem != nil {
		return &node{}
	}
	if depth > maxDepth {
		return b.fail(y, fmt.Sprintf("nested deeper than %d levels", maxDepth), "")
	}
	if len(b.open) > 0 {
		if b.aliased++; b.aliased > maxAliased {
			return b.fail(y, fmt.Sprintf("anchors expand to more than %d values", maxAliased), "write the values out")
		}
	}
	switch y.Kind {
	case yaml.DocumentNode:
		return b.node(y.Content[0], depth)
	case yaml.AliasNode:
		return b.alias(y, depth)
	case yaml.SequenceNode:
		return b.list(y, depth)
	case yaml.MappingNode:
		return b.object(y, depth)
	default:
		return b.scalar(y)
	}
}

// alias builds what the anchor names.
func (b *yamlBuilder) alias(y *yaml.Node, depth int) *node {
	if b.open[y.Alias] {
		return b.fail(y, "an anchor contains itself", "")
	}
	b.open[y.Alias] = true
	defer delete(b.open, y.Alias)
	return b.node(y.Alias, depth+1)
}

func (b *yamlBuilder) list(y *yaml.Node, depth int) *node {
	n := &node{kind: listKind, at: b.at(y), items: make([]*node, 0, len(y.Content))}
	for _, item := range y.Content {
		n.items = append(n.items, b.node(item, depth+1))
	}
	return n
}

func (b *yamlBuilder) object(y *yaml.Node, depth int) *node {
	n := &node{kind: objectKind, at: b.at(y)}
	seen := make(map[string]int, len(y.Content)/2)
	var merged []*node
	for i := 0; i+1 < len(y.Content) && b.problem == nil; i += 2 {
		key, value := y.Content[i], y.Content[i+1]
		if key.ShortTag() == "!!merge" {
			merged = append(merged, b.merge(value, depth)...)
			continue
		}
		name := b.key(key, depth)
		if line, ok := seen[name]; ok && b.problem == nil {
			return b.failAs(key, CodeDuplicateKey, fmt.Sprintf("the key %q occurs twice in one map, first in line %d", shownName(name), line), "keep one")
		}
		seen[name] = key.Line
		n.members = append(n.members, member{name: name, at: b.at(key), value: b.node(value, depth+1)})
	}
	for _, m := range slices.Concat(membersOf(merged)...) {
		if _, ok := seen[m.name]; !ok {
			seen[m.name] = m.at.Line
			n.members = append(n.members, m)
		}
	}
	return n
}

// membersOf lists the members of each object.
func membersOf(objects []*node) [][]member {
	lists := make([][]member, len(objects))
	for i, o := range objects {
		lists[i] = o.members
	}
	return lists
}

// key gives the text of a map's key.
func (b *yamlBuilder) key(y *yaml.Node, depth int) string {
	n := b.node(y, depth+1)
	if n.kind != scalarKind && b.problem == nil {
		b.fail(y, "a key must be a single word", "")
	}
	return n.text
}

// merge gives the maps that the value of a merge key (<<) stands for.
func (b *yamlBuilder) merge(y *yaml.Node, depth int) []*node {
	n := b.node(y, depth+1)
	maps := []*node{n}
	if n.kind == listKind {
		maps = n.items
	}
	for _, m := range maps {
		if m.kind != objectKind && b.problem == nil {
			b.fail(y, "<< merges maps only, this is "+m.kind.String(), "name the anchor of a map")
		}
	}
	return maps
}

// scalar builds a leaf. Dates and the like are words: no key is of such a type.
func (b *yamlBuilder) scalar(y *yaml.Node) *node {
	n := &node{kind: scalarKind, at: b.at(y), text: y.Value, form: word}
	switch tag := y.ShortTag(); {
	case tag == "!!null":
		n.kind = nullKind
	case tag == "!!bool":
		n.form = boolean
	case tag == "!!int", tag == "!!float":
		n.form = number
	case tag == "!!timestamp", tag == "!!merge":
	case tag != "!!str":
		return b.fail(y, "the YAML tag of this value is not known", "leave the tag out")
	case y.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		n.form = quoted
	}
	return n
}
