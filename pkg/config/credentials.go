package config

import (
	"reflect"

	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/secret"
)

// Credentials are those of a service account: the path of a file, or the JSON that
// is in it.
type Credentials struct{ secret.Text }

// decodeTree reads a text, or a map as JSON.
func (c *Credentials) decodeTree(d *decoder, n *node, path string) {
	if n.kind == objectKind {
		c.Text = secret.New(string(d.appendJSON(nil, n, path)))
		return
	}
	d.value(n, reflect.ValueOf(&c.Text).Elem(), field{}, path)
}

// ExtraBody are request parameters in a map of their own.
type ExtraBody []llm.Default

// decodeTree reads each member as JSON.
func (b *ExtraBody) decodeTree(d *decoder, n *node, path string) {
	if n.kind != objectKind {
		d.wrongKind(n, path, "a map")
		return
	}
	for _, m := range n.members {
		d.param(m, reflect.ValueOf(b).Elem(), join(path, m.name))
	}
}

// encodeTree writes the map that the parameters are read from.
func (b *ExtraBody) encodeTree() *node {
	n := &node{kind: objectKind}
	for _, p := range *b {
		value, problem := parseJSON("", p.Value)
		if problem != nil {
			value = &node{} // what was read is JSON
		}
		n.members = append(n.members, member{name: p.Name, value: value})
	}
	return n
}
