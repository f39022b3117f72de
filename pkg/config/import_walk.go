package config

import (
	"cmp"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/llmgw/llmgw/pkg/secret"
)

// static holds the document against the schema: it drops what is not acted upon, and
// gives keys their main names.
func (im *importer) static() {
	if include := memberOf(im.root(), "include"); include != nil && include.ShortTag() != "!!null" {
		im.found(Finding{Advice, im.at(include), "include", "the files named here are not converted: convert each"})
	}
	im.section(im.root(), reflect.TypeFor[Document](), "")
}

// section walks the keys of a section.
func (im *importer) section(y *yaml.Node, t reflect.Type, path string) {
	if y.Kind != yaml.MappingNode {
		return // an error, found later
	}
	fields := im.tables.of(t)
	for i := 0; i+1 < len(y.Content); {
		key, value := y.Content[i], y.Content[i+1]
		at := join(path, key.Value)
		f, known := fieldNamed(fields, key.Value)
		reason := im.reason(key, value, fields, path)
		if reason != "" {
			im.drop(spotIn{y, i}, at, reason)
			continue
		}
		if known {
			im.rename(y, key, f, at)
			whole, before := clone(value), len(im.findings)
			im.value(value, t.FieldByIndex(f.index).Type, f, join(path, f.name()))
			if len(value.Content) == 0 && len(whole.Content) > 0 && isOneReason(im.findings[before:]) {
				*value = *whole // nothing is left of it: it is dropped as a whole
				spotIn{y, i}.comment(im.findings[before].Message)
				continue
			}
		}
		i += 2
	}
}

// isOneReason reports whether all findings say the same.
func isOneReason(findings []Finding) bool {
	return !slices.ContainsFunc(findings, func(f Finding) bool { return f.Message != findings[0].Message })
}

// clone copies a node and what is below it.
func clone(y *yaml.Node) *yaml.Node {
	c := *y
	c.Content = make([]*yaml.Node, len(y.Content))
	for i, child := range y.Content {
		c.Content[i] = clone(child)
	}
	return &c
}

// reason says why a key cannot stay, or "".
func (im *importer) reason(key, value *yaml.Node, fields []field, path string) string {
	f, known := fieldNamed(fields, key.Value)
	part := section(path)
	instead, ignored := im.omissions.find(part, key.Value)
	switch {
	case known && f.isMissed(value):
		return "not built yet: " + f.inert
	case known && f.losesValue(value):
		return value.Value + " is not built yet"
	case known:
		return ""
	case ignored && instead != "":
		return "not built yet: " + instead
	case ignored, im.omissions.begins(part, key.Value, namesOf(fields)):
		return "not built yet"
	}
	if _, hasRest := restOf(fields); hasRest {
		if likely := typoOf(key.Value, namesOf(fields)); likely != "" {
			return "no such key: did you mean " + likely + "?"
		}
		return ""
	}
	if likely := nearest(key.Value, namesOf(fields)); likely != "" {
		return "no such key: did you mean " + likely + "?"
	}
	return "no such key"
}

// isMissed reports whether a key says anything that this version does not act upon: an
// empty value does not, nor a section that is switched off.
func (f field) isMissed(y *yaml.Node) bool {
	if f.inert == "" || y.ShortTag() == "!!null" || y.Kind == yaml.ScalarNode && slices.Contains(f.unless, y.Value) {
		return false
	}
	on := memberOf(y, "enabled")
	return on == nil || on.ShortTag() != "!!bool" || !isFalse(on.Value)
}

// losesValue reports whether the value is one that is left out.
func (f field) losesValue(y *yaml.Node) bool {
	l, ok := f.notBuilt(y.Value)
	return ok && y.Kind == yaml.ScalarNode && l.replaced && l.standIn == ""
}

// rename gives a key its main name, unless that is there, too.
func (im *importer) rename(y, key *yaml.Node, f field, path string) {
	if key.Value == f.name() || memberOf(y, f.name()) != nil {
		return
	}
	im.found(Finding{Renamed, im.at(key), path, "now " + f.name()})
	key.Value = f.name()
}

// memberOf is the value of a key of a map, or nil.
func memberOf(y *yaml.Node, name string) *yaml.Node {
	for i := 0; i+1 < len(y.Content); i += 2 {
		if y.Kind == yaml.MappingNode && y.Content[i].Value == name {
			return y.Content[i+1]
		}
	}
	return nil
}

// value walks what stands under a key.
func (im *importer) value(y *yaml.Node, t reflect.Type, f field, path string) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case reflect.PointerTo(t).Implements(reflect.TypeFor[treeValue]()):
	case isScalar(t):
		im.scalar(y, t, f, path)
	case t.Kind() == reflect.Slice && y.Kind == yaml.SequenceNode:
		for i, item := range y.Content {
			if im.inactive[item] {
				continue // one day it serves something, as a whole
			}
			im.value(item, t.Elem(), f, indexed(path, i))
		}
	case t.Kind() == reflect.Slice:
		im.value(y, t.Elem(), f, path)
	case t.Kind() == reflect.Map && y.Kind == yaml.MappingNode:
		for i := 0; i+1 < len(y.Content); i += 2 {
			if holdsSecrets(t.Elem()) && credentialName.MatchString(y.Content[i].Value) {
				im.secret(y.Content[i+1], join(path, y.Content[i].Value))
			}
		}
	case t.Kind() == reflect.Struct:
		im.section(y, t, path)
	default:
	}
}

// scalar looks at a single value.
func (im *importer) scalar(y *yaml.Node, t reflect.Type, f field, path string) {
	if y.Kind != yaml.ScalarNode {
		return
	}
	if t == secretType {
		im.secret(y, path)
		return
	}
	if l, ok := f.notBuilt(y.Value); ok && l.standIn != "" {
		standIn := l.standIn
		im.found(Finding{Rewritten, im.at(y), path, fmt.Sprintf("%s is not built yet: now %s", y.Value, standIn)})
		was := "was " + y.Value + ", which is not built yet"
		if y.LineComment == "" {
			y.LineComment = "# " + was
		} else {
			y.LineComment += " (" + was + ")"
		}
		y.Value = standIn
	}
	if t.Kind() == reflect.Bool && y.ShortTag() == "!!str" && !isReference(y.Value) {
		if b, err := parseBool(y.Value); err == nil {
			im.found(Finding{Rewritten, im.at(y), path, "a truth value: now " + strconv.FormatBool(b)})
			y.Value, y.Tag, y.Style = strconv.FormatBool(b), "!!bool", 0
		}
	}
}

// credentialKey is the name of a key whose value is a secret, and nothing but that.
var credentialKey = regexp.MustCompile(`(?i)(^|[_-])(api_?keys?|keys?|secret|password|token|credentials?|authorization)$`)

// secret advises to keep a secret somewhere else, once for each.
func (im *importer) secret(y *yaml.Node, path string) {
	text := y.Value
	if y.Kind != yaml.ScalarNode || text == "" || y.ShortTag() == "!!null" || isReference(text) || strings.HasPrefix(text, filePrefix) {
		return
	}
	name := section(path)
	name = strings.TrimSuffix(name[strings.LastIndexByte(name, '.')+1:], "[]")
	if im.advised.add(secret.New(text)) || !credentialKey.MatchString(name) && !strings.Contains(text, "@") {
		return
	}
	im.found(Finding{Advice, im.at(y), path, "a secret stands in the file: write os.environ/NAME or file:/path instead"})
}

// sort puts the findings in the order of the file.
func (im *importer) sort() {
	slices.SortStableFunc(im.findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Position.Line, b.Position.Line), cmp.Compare(a.Position.Column, b.Position.Column))
	})
}
