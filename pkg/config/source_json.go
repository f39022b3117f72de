package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// parseJSON reads one JSON document into a tree. YAML's parser could read most
// of JSON, but not its escapes (\/ and surrogate pairs).
func parseJSON(name string, data []byte) (*node, *Problem) {
	b := jsonBuilder{
		file: name, data: data, decoder: json.NewDecoder(bytes.NewReader(data)),
		last: Position{File: name, Line: 1, Column: 1},
	}
	b.decoder.UseNumber()
	if len(bytes.TrimSpace(data)) == 0 {
		return &node{at: Position{File: name}}, nil
	}
	root := b.node(0)
	if b.problem == nil {
		at := b.at()
		if _, err := b.decoder.Token(); !errors.Is(err, io.EOF) {
			b.fail(at, CodeJSONSyntax, "the file goes on after the end of the JSON value", "keep one value in a file")
		}
	}
	return root, b.problem
}

// jsonBuilder makes a tree of a stream of tokens. It stops at its first problem.
type jsonBuilder struct {
	file    string
	data    []byte
	decoder *json.Decoder
	problem *Problem
	// last is the latest place that was asked for, offset its offset: places come
	// in order, so that each byte is looked at once.
	last   Position
	offset int
}

// at is the place of the next token: after blanks and separators.
func (b *jsonBuilder) at() Position {
	offset := int(b.decoder.InputOffset())
	for offset < len(b.data) && bytes.IndexByte([]byte(" \t\r\n,:"), b.data[offset]) >= 0 {
		offset++
	}
	passed := b.data[b.offset:offset]
	if lines := bytes.Count(passed, []byte("\n")); lines > 0 {
		b.last.Line += lines
		b.last.Column = 1
		passed = passed[bytes.LastIndexByte(passed, '\n')+1:]
	}
	b.last.Column += len(passed)
	b.offset = offset
	return b.last
}

// fail keeps the first problem.
func (b *jsonBuilder) fail(at Position, code, message, hint string) {
	if b.problem == nil {
		b.problem = &Problem{Code: code, Position: at, Message: message, Hint: hint}
	}
}

// token reads the next token; nil after a problem (and for null, which callers
// see at b.problem being nil).
func (b *jsonBuilder) token() json.Token {
	token, err := b.decoder.Token()
	if err == nil {
		return token
	}
	at, message := b.at(), "the JSON value ends too early"
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		at = positionAt(b.file, b.data, int(syntax.Offset)-1)
		message = "not valid JSON: " + syntax.Error()
	}
	b.fail(at, CodeJSONSyntax, message, "")
	return nil
}

// node builds the next value.
func (b *jsonBuilder) node(depth int) *node {
	n := &node{kind: scalarKind, at: b.at()}
	if depth > maxDepth {
		b.fail(n.at, CodeJSONSyntax, fmt.Sprintf("nested deeper than %d levels", maxDepth), "")
		return n
	}
	switch t := b.token().(type) {
	case json.Delim:
		if t == '{' {
			b.object(n, depth)
		} else {
			b.list(n, depth)
		}
	case string:
		n.text, n.form = t, quoted
	case json.Number:
		n.text, n.form = t.String(), number
	case bool:
		n.text, n.form = strconv.FormatBool(t), boolean
	default:
		n.kind = nullKind
	}
	return n
}

func (b *jsonBuilder) list(n *node, depth int) {
	n.kind = listKind
	for b.problem == nil && b.decoder.More() {
		n.items = append(n.items, b.node(depth+1))
	}
	b.close()
}

func (b *jsonBuilder) object(n *node, depth int) {
	n.kind = objectKind
	seen := map[string]int{}
	for b.problem == nil && b.decoder.More() {
		at := b.at()
		name, _ := b.token().(string) // anything else is a problem that token has kept
		if line, ok := seen[name]; ok {
			b.fail(at, CodeDuplicateKey, fmt.Sprintf("the key %q occurs twice in one map, first in line %d", shownName(name), line), "keep one")
		}
		seen[name] = at.Line
		n.members = append(n.members, member{name: name, at: at, value: b.node(depth + 1)})
	}
	b.close()
}

// close reads the bracket that More has seen coming.
func (b *jsonBuilder) close() {
	if b.problem == nil {
		b.token()
	}
}
