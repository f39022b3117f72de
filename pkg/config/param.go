package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strconv"

	"github.com/llmgw/llmgw/pkg/llm"
)

// param decodes a key that is not in the schema into the list of default
// request parameters, as JSON text.
func (d *decoder) param(m member, list reflect.Value, path string) {
	if m.value.kind == nullKind {
		return
	}
	value := d.appendJSON(nil, m.value, path)
	list.Set(reflect.Append(list, reflect.ValueOf(llm.Default{Name: m.name, Value: value})))
}

// appendJSON appends a tree as JSON. Numbers keep the digits they are written
// with where JSON allows them.
func (d *decoder) appendJSON(dst []byte, n *node, path string) []byte {
	switch n.kind {
	case objectKind:
		dst = append(dst, '{')
		for i, m := range n.members {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(appendString(dst, m.name), ':')
			dst = d.appendJSON(dst, m.value, join(path, m.name))
		}
		return append(dst, '}')
	case listKind:
		dst = append(dst, '[')
		for i, item := range n.items {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = d.appendJSON(dst, item, indexed(path, i))
		}
		return append(dst, ']')
	case scalarKind:
		return d.appendScalar(dst, n, path)
	default:
		return append(dst, "null"...)
	}
}

// appendScalar appends one value. A value without quotes that a reference stood
// for is what it looks like: a number is a number.
func (d *decoder) appendScalar(dst []byte, n *node, path string) []byte {
	text, ok := d.text(n, path, false)
	if !ok {
		return append(dst, "null"...)
	}
	plain := n.form == number || n.form == boolean
	if n.form == word && isReference(n.text) {
		plain = isBareJSON(text)
	}
	if !plain {
		return appendString(dst, text)
	}
	bare, err := bareJSON(text)
	if err != nil {
		d.at(n, path).errorf(CodeBadValue, "write it in JSON's way, or in quotes", "the number cannot be sent as JSON")
		return append(dst, "null"...)
	}
	return append(dst, bare...)
}

// isBareJSON reports whether text is a JSON number or truth value.
func isBareJSON(text string) bool {
	return json.Valid([]byte(text)) && text != "null" && text[0] != '"' && text[0] != '{' && text[0] != '['
}

// errNoJSON is a number for which JSON has no notation: infinity.
var errNoJSON = errors.New("no JSON notation")

// bareJSON writes YAML's numbers and truth values (0x10, .5, True) as JSON.
func bareJSON(text string) (string, error) {
	if isBareJSON(text) {
		return text, nil
	}
	if b, err := parseBool(text); err == nil {
		return strconv.FormatBool(b), nil
	}
	if n, err := parseInt(text); err == nil {
		return strconv.FormatInt(n, 10), nil
	}
	if n, err := parseFloat(text); err == nil {
		return strconv.FormatFloat(n, 'g', -1, 64), nil
	}
	return "", errNoJSON
}

// appendString appends text as a JSON string, without escaping what only HTML
// needs escaped.
func appendString(dst []byte, text string) []byte {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	// A string always encodes, and a Buffer always writes.
	_ = encoder.Encode(text)
	return append(dst, bytes.TrimRight(b.Bytes(), "\n")...)
}
