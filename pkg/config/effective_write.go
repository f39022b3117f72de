package config

import (
	"bytes"
	"fmt"

	"go.yaml.in/yaml/v3"
)

// yamlIndent is how far a part stands to the right of what it is a part of.
const yamlIndent = 2

// YAML writes the layout as a configuration file, with a mask in place of each secret.
func (l *Layout) YAML() ([]byte, error) {
	return encodeYAML(l.root.yaml(func(*branch) string { return "" }))
}

// AnnotatedYAML is YAML with a comment at each value that tells where it comes from.
func (l *Layout) AnnotatedYAML() ([]byte, error) {
	return encodeYAML(l.root.yaml(func(b *branch) string {
		if b.inert && b.isWritten() {
			return "# " + b.origin.String() + ", without effect yet"
		}
		return "# " + b.origin.String()
	}))
}

// encodeYAML writes a YAML node as a document.
func encodeYAML(n *yaml.Node) ([]byte, error) {
	var b bytes.Buffer
	encoder := yaml.NewEncoder(&b)
	encoder.SetIndent(yamlIndent)
	if err := encoder.Encode(n); err != nil {
		return nil, fmt.Errorf("write YAML: %w", err)
	}
	if err := encoder.Close(); err != nil {
		return nil, fmt.Errorf("write YAML: %w", err)
	}
	return b.Bytes(), nil
}

// yaml makes YAML nodes of a branch; comment gives the comment at a value.
func (b *branch) yaml(comment func(*branch) string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode}
	switch b.kind {
	case objectKind:
		n.Kind, n.Tag = yaml.MappingNode, "!!map"
		for _, child := range b.children {
			n.Content = append(n.Content, textNode(child.name), child.yaml(comment))
		}
	case listKind:
		n.Kind, n.Tag = yaml.SequenceNode, "!!seq"
		for _, child := range b.children {
			n.Content = append(n.Content, child.yaml(comment))
		}
	case nullKind:
		n.Tag, n.Value = "!!null", "null"
	default:
		n.Value = b.shown()
		switch {
		case b.hidden || b.form == quoted || b.form == word:
			n.Tag = "!!str"
		default: // numbers and truth values are what they look like
		}
	}
	if b.isLeaf() {
		n.LineComment = comment(b)
		if b.kind == objectKind || b.kind == listKind {
			n.Style = yaml.FlowStyle
		}
	}
	return n
}

// textNode is a text, in quotes where it would be taken for something else.
func textNode(text string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}
}

// MarshalJSON writes the layout as a configuration file in JSON, with a mask in place
// of each secret.
func (l *Layout) MarshalJSON() ([]byte, error) { return l.root.appendJSON(nil), nil }

func (b *branch) appendJSON(dst []byte) []byte {
	switch b.kind {
	case objectKind:
		dst = append(dst, '{')
		for i, child := range b.children {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(appendString(dst, child.name), ':')
			dst = child.appendJSON(dst)
		}
		return append(dst, '}')
	case listKind:
		dst = append(dst, '[')
		for i, child := range b.children {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = child.appendJSON(dst)
		}
		return append(dst, ']')
	case nullKind:
		return append(dst, "null"...)
	default:
		return b.appendScalar(dst)
	}
}

func (b *branch) appendScalar(dst []byte) []byte { return appendValue(dst, b.shown(), b.valueKind()) }

// appendValue appends a value as JSON.
func appendValue(dst []byte, value string, kind ValueKind) []byte {
	switch {
	case kind == Unset:
		return append(dst, "null"...)
	case kind == Text, kind != Empty && !isBareJSON(value):
		return appendString(dst, value)
	default:
		return append(dst, value...)
	}
}

// JSON is the value in JSON.
func (s *Setting) JSON() []byte { return appendValue(nil, s.Value, s.Kind) }
