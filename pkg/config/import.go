package config

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Action is what [Import] has done with a part of a configuration.
type Action string

// The actions.
const (
	// Dropped is a key or entry that is now a comment.
	Dropped Action = "dropped"
	// Moved is a key that stands in another place, Renamed one that has another name
	// in the same place.
	Moved   Action = "moved"
	Renamed Action = "renamed"
	// Rewritten is a value that is spelled otherwise, or a stand-in for one.
	Rewritten Action = "rewritten"
	// Advice is something that was kept and might be done better.
	Advice Action = "advice"
	// Wrong is something that was kept and is an error.
	Wrong Action = "wrong"
)

// Finding is what was done with a part of a configuration and why. It never holds the
// value of a secret.
type Finding struct {
	Action Action
	// Position is the place in the file that was converted.
	Position Position
	Path     string
	Message  string
}

// String writes "file:line:column: action: path: message".
func (f Finding) String() string {
	text := fmt.Sprintf("%s: %s: ", f.Position, f.Action)
	if f.Path != "" {
		text += f.Path + ": "
	}
	return text + f.Message
}

// Imported is a converted configuration.
type Imported struct {
	// YAML is the new file.
	YAML []byte
	// Findings are in the order of the old one.
	Findings []Finding
}

// Import converts a configuration, LiteLLM's or any other, into one that says the same
// in the clearest way: the provider stands in front of each model, keys have their main
// names and places, and what this version does not act upon is a comment that says why.
// Comments and references stay as they are; nothing is read from the environment, so
// that the result does not depend on it.
//
// The error is an *InvalidError where the text cannot be read at all.
func Import(name string, data []byte, o Options) (*Imported, error) {
	r := &reporter{}
	root := parse(name, data, r)
	if root == nil {
		return nil, r.report().Err()
	}
	im := importer{file: name, tables: fieldTable{}, omissions: omissions{}, inactive: map[*yaml.Node]bool{}, advised: keySet{}}
	im.opts = Options{Vendors: o.Vendors, LookupEnv: emptyEnvironment}.withDefaults()
	if err := im.read(root, data); err != nil {
		return nil, err
	}
	before := im.cache()
	im.prefixes()
	im.static()
	im.moves()
	if err := im.errors(before); err != nil {
		return nil, err
	}
	sweep(im.root())
	text, err := im.write()
	if err != nil {
		return nil, err
	}
	im.sort()
	return &Imported{YAML: text, Findings: im.findings}, nil
}

// emptyEnvironment stands for any environment: each variable is set, to nothing, so
// that a reference is neither missing nor of a wrong kind.
func emptyEnvironment(name string) (string, bool) {
	if name == "HOME" {
		return string(filepath.Separator), true
	}
	return "", true
}

// importer converts one file. Not safe for concurrent use.
type importer struct {
	file      string
	opts      Options
	tables    fieldTable
	omissions omissions
	doc       *yaml.Node          // the document; its root is a map
	inactive  map[*yaml.Node]bool // entries of model_list that serve nothing yet
	findings  []Finding
	advised   keySet // secrets that were told of
}

// root is the map of the document.
func (im *importer) root() *yaml.Node { return im.doc.Content[0] }

// read reads the text into YAML nodes, with anchors written out.
func (im *importer) read(root *node, data []byte) error {
	im.doc = &yaml.Node{Kind: yaml.DocumentNode}
	if !strings.EqualFold(filepath.Ext(im.file), ".json") {
		if err := yaml.Unmarshal(data, im.doc); err != nil {
			return fmt.Errorf("read YAML: %w", err)
		}
	}
	switch {
	case len(im.doc.Content) == 0:
		im.doc.Kind = yaml.DocumentNode
		im.doc.Content = []*yaml.Node{toYAML(root)}
	case hasAnchors(im.doc):
		head, foot := im.doc.HeadComment, im.doc.FootComment
		im.doc.Content = []*yaml.Node{toYAML(root)}
		im.doc.HeadComment, im.doc.FootComment = head, foot
		im.found(Finding{Action: Rewritten, Position: Position{File: im.file}, Message: "anchors are written out, and comments with them are left out"})
	default:
	}
	if im.root().Kind != yaml.MappingNode { // a file of comments only
		im.root().Kind, im.root().Tag, im.root().Value = yaml.MappingNode, "!!map", ""
	}
	return nil
}

// hasAnchors reports whether a node or one below it refers to another.
func hasAnchors(y *yaml.Node) bool {
	if y.Kind == yaml.AliasNode || y.Anchor != "" {
		return true
	}
	return slices.ContainsFunc(y.Content, hasAnchors)
}

// toYAML makes YAML nodes of a tree.
func toYAML(n *node) *yaml.Node {
	y := &yaml.Node{Kind: yaml.ScalarNode, Value: n.text, Line: n.at.Line, Column: n.at.Column}
	switch n.kind {
	case objectKind:
		y.Kind, y.Tag = yaml.MappingNode, "!!map"
		for _, m := range n.members {
			key := textNode(m.name)
			key.Line, key.Column = m.at.Line, m.at.Column
			y.Content = append(y.Content, key, toYAML(m.value))
		}
	case listKind:
		y.Kind, y.Tag = yaml.SequenceNode, "!!seq"
		for _, item := range n.items {
			y.Content = append(y.Content, toYAML(item))
		}
	case nullKind:
		y.Tag = "!!null"
	default:
		if n.form == word || n.form == quoted {
			y.Tag = "!!str"
		}
	}
	return y
}

func (im *importer) found(f Finding) { im.findings = append(im.findings, f) }

// at is where a node was written.
func (im *importer) at(y *yaml.Node) Position {
	return Position{File: im.file, Line: y.Line, Column: y.Column}
}

// converted is the first line of the result.
const converted = "by llmgw config import."

// write encodes the document. The encoder puts some comments where the parser would take
// them for those of another line: it is read and written until nothing moves any more.
func (im *importer) write() ([]byte, error) {
	const rounds = 8
	text, err := im.encode(im.doc)
	for i := 0; err == nil && i < rounds; i++ {
		var doc yaml.Node
		if err := yaml.Unmarshal(text, &doc); err != nil {
			return nil, fmt.Errorf("read the result: %w", err)
		}
		if len(doc.Content) == 0 {
			break
		}
		before := text
		if text, err = im.encode(&doc); bytes.Equal(before, text) {
			break
		}
	}
	return text, err
}

// encode writes a document with an empty line in front of each section and each entry of
// the lists that are sections.
func (im *importer) encode(doc *yaml.Node) ([]byte, error) {
	blockStyle(doc.Content[0])
	text, err := encodeYAML(doc)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if first, _, _ := strings.Cut(string(text), "\n"); !strings.HasSuffix(first, converted) {
		fmt.Fprintf(&out, "# Converted from %s %s\n\n", filepath.Base(im.file), converted)
	}
	lines := strings.SplitAfter(strings.TrimRight(string(text), "\n")+"\n", "\n")
	for i, line := range lines {
		if i > 0 && beginsPart(lines, i) {
			out.WriteByte('\n')
		}
		out.WriteString(line)
	}
	return out.Bytes(), nil
}

// beginsPart reports whether a line is the first of a section, or of an entry of a list
// that is one, or of the comments in front of it.
func beginsPart(lines []string, i int) bool {
	indent := lines[i][:len(lines[i])-len(strings.TrimLeft(lines[i], " "))]
	before := lines[i-1]
	if len(indent) > yamlIndent || strings.TrimSpace(before) == "" || strings.HasPrefix(before, indent+"#") {
		return false
	}
	for strings.HasPrefix(lines[i], indent+"#") && i+1 < len(lines) {
		i++
	}
	rest, ok := strings.CutPrefix(lines[i], indent)
	switch {
	case indent == "" && strings.HasPrefix(lines[i], "#"): // behind the last key
		return true
	case !ok || rest == "" || rest[0] == ' ' || rest[0] == '\n' || rest[0] == '#':
		return false
	case indent == "":
		return rest[0] != '-'
	default: // not the first entry
		return strings.HasPrefix(rest, "- ") && strings.Contains(rest, ": ") && strings.HasPrefix(before, indent+" ")
	}
}

// blockStyle writes maps, and lists of maps, in lines.
func blockStyle(y *yaml.Node) {
	inLines := y.Kind == yaml.MappingNode
	for _, child := range y.Content {
		blockStyle(child)
		inLines = inLines || child.Kind == yaml.MappingNode
	}
	if inLines && len(y.Content) > 0 {
		y.Style &^= yaml.FlowStyle
	}
}
