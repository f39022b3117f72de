package config

import (
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/secret"
)

// secretType is the type of secrets.
var secretType = reflect.TypeFor[secret.Text]()

// Patterns of values that are written as text, for JSON Schema (ECMA-262).
const (
	referencePattern = `^os\.environ/[A-Za-z_][A-Za-z0-9_]*$|\$\{`
	integerPattern   = `^[+-]?[0-9_]+$`
	numberPattern    = `^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$`
	durationPattern  = `^\+?(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))*([0-9]+(\.[0-9]*)?|\.[0-9]+)?$`
	bytesPattern     = `^[0-9]+ *([KMGT]i?B|B)?$`
	periodPattern    = `^(hourly|daily|weekly|monthly|yearly|total|[0-9]+(mo|s|m|h|d|w))$`
)

// scalarForms are the schemas of what may be written for a single value.
func scalarForms(t reflect.Type, f field) [][]byte {
	forms := valueForms(t, f)
	if t == secretType || len(f.oneof) == 0 && t.Kind() == reflect.String && t != reflect.TypeFor[Period]() {
		return forms // any text may be written, a reference too
	}
	var ref jsonObject
	ref.text("$ref", "#/$defs/reference")
	return append(forms, ref.bytes())
}

func valueForms(t reflect.Type, f field) [][]byte {
	switch t {
	case reflect.TypeFor[time.Duration]():
		return [][]byte{numberSchema("number", "0", ""), textSchema(durationPattern)}
	case reflect.TypeFor[Bytes]():
		return [][]byte{numberSchema("integer", "0", ""), textSchema(bytesPattern)}
	case reflect.TypeFor[Period]():
		return [][]byte{textSchema(periodPattern)}
	case reflect.TypeFor[llm.NanoUSD](), reflect.TypeFor[llm.PicoUSD]():
		return [][]byte{numberSchema("number", "0", ""), textSchema(numberPattern)}
	}
	switch {
	case len(f.oneof) > 0:
		return [][]byte{enumSchema(f)}
	case t.Kind() == reflect.Bool:
		var words jsonObject
		words.set("enum", jsonTexts([]string{"true", "false", "yes", "no", "on", "off"}))
		return [][]byte{[]byte(`{"type":"boolean"}`), words.bytes()}
	case t.Kind() == reflect.Int64:
		return [][]byte{numberSchema("integer", f.min, f.max), textSchema(integerPattern)}
	case t.Kind() == reflect.Float64:
		return [][]byte{numberSchema("number", f.min, f.max), textSchema(numberPattern)}
	default:
		return [][]byte{[]byte(`{"type":["string","number","boolean"]}`)}
	}
}

// enumSchema lists the values that may be written, with those that are known and not
// built yet.
func enumSchema(f field) []byte {
	var o jsonObject
	o.set("enum", jsonTexts(slices.Concat(f.oneof, f.laterNames())))
	return o.bytes()
}

// laterNames lists the values that are not built yet.
func (f field) laterNames() []string {
	names := make([]string, len(f.later))
	for i, l := range f.later {
		names[i] = l.value
	}
	return names
}

// numberSchema is a number within bounds, each of which may be "".
func numberSchema(kind, low, high string) []byte {
	var o jsonObject
	o.text("type", kind)
	if low != "" {
		o.set("minimum", []byte(low))
	}
	if high != "" {
		o.set("maximum", []byte(high))
	}
	return o.bytes()
}

func textSchema(pattern string) []byte {
	var o jsonObject
	o.text("type", "string")
	o.text("pattern", pattern)
	return o.bytes()
}

// referenceSchema describes a reference to the environment.
func referenceSchema() []byte {
	var o jsonObject
	o.text("description", "A reference to an environment variable: os.environ/NAME, ${NAME} or ${NAME:-default}.")
	o.text("type", "string")
	o.text("pattern", referencePattern)
	return o.bytes()
}

func nullSchema() []byte { return []byte(`{"type":"null"}`) }

// anyOf is one of some schemas.
func anyOf(forms [][]byte) []byte {
	if len(forms) == 1 {
		return forms[0]
	}
	var o jsonObject
	o.set("anyOf", jsonList(forms))
	return o.bytes()
}

// jsonSchema describes LiteLLM's list of maps, or one map.
func (l *Fallbacks) jsonSchema() []byte {
	const one = `{"type":"object","additionalProperties":{"anyOf":[{"type":"array","items":{"type":["string","object"]}},{"type":"string"}]}}`
	return []byte(`{"anyOf":[` + one + `,{"type":"array","items":` + one + `}]}`)
}

// jsonSchema describes a map from names to groups.
func (l *Aliases) jsonSchema() []byte {
	return []byte(`{"type":"object","additionalProperties":{"anyOf":[{"type":["string","null"]},` +
		`{"type":"object","properties":{"model":{"type":"string"},"hidden":{"type":"boolean"}},"required":["model"],"additionalProperties":false}]}}`)
}

// jsonObject is a JSON object while it is written. Its members keep their order. The
// zero value is empty.
type jsonObject struct{ members []byte }

func (o *jsonObject) set(name string, value []byte) {
	if len(o.members) > 0 {
		o.members = append(o.members, ',')
	}
	o.members = append(appendString(o.members, name), ':')
	o.members = append(o.members, value...)
}

func (o *jsonObject) text(name, value string) { o.set(name, appendString(nil, value)) }

// join adds the members of another object.
func (o *jsonObject) join(other jsonObject) {
	if len(o.members) > 0 && len(other.members) > 0 {
		o.members = append(o.members, ',')
	}
	o.members = append(o.members, other.members...)
}

func (o *jsonObject) bytes() []byte { return []byte("{" + string(o.members) + "}") }

// jsonList writes a list of values.
func jsonList(values [][]byte) []byte {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = string(v)
	}
	return []byte("[" + strings.Join(texts, ",") + "]")
}

func jsonTexts(values []string) []byte {
	list := make([][]byte, len(values))
	for i, v := range values {
		list[i] = appendString(nil, v)
	}
	return jsonList(list)
}
