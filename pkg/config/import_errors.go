package config

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// errImport is a conversion that does not come to an end.
var errImport = errors.New("the configuration has too many errors to be converted")

// maxRounds bounds how often the result is checked: each round drops something.
const maxRounds = 2 * maxProblems

// errors drops what would keep the result from being loaded, one error after the other:
// dropping one may bring up or settle another. Then it makes sure that the cache is
// what it was before.
func (im *importer) errors(before *CacheSettings) error {
	for range maxRounds {
		report, now, err := im.check()
		if err != nil {
			return err
		}
		if im.dropFirst(report, now) || im.keepCache(before) {
			continue
		}
		im.tell(report, now)
		return nil
	}
	return errImport
}

// check loads the result as it is now. now has the shape of the document, and the
// places that the report names.
func (im *importer) check() (report Report, now *yaml.Node, err error) {
	blockStyle(im.root())
	text, err := encodeYAML(im.doc)
	if err != nil {
		return Report{}, nil, err
	}
	now = &yaml.Node{}
	if err := yaml.Unmarshal(text, now); err != nil {
		return Report{}, nil, fmt.Errorf("read the result: %w", err)
	}
	if len(now.Content) == 0 {
		now.Content = []*yaml.Node{{Kind: yaml.MappingNode}}
	}
	_, report, _ = load(im.yamlName(), text, im.opts) // the report has all errors
	return report, now, nil
}

// yamlName is the name of the file as one of YAML, in its folder: other files are named
// relative to it.
func (im *importer) yamlName() string { return im.file + ".yaml" }

// dropFirst drops what the first error that the file is to blame for stands in, or the
// first key without effect. It reports whether there was any.
func (im *importer) dropFirst(report Report, now *yaml.Node) bool {
	for _, p := range report.Problems {
		if p.File != im.yamlName() || !isToBlame(p) {
			continue
		}
		chain := search(now.Content[0], im.root(), p)
		if len(chain) == 0 {
			continue
		}
		found := chain[len(chain)-1]
		if f, ok := schemaField(section(p.Path)); ok && f.required {
			found = aroundIt(chain)
		}
		reason := p.Message
		if p.Hint != "" && p.Severity == Error {
			reason += " (" + p.Hint + ")"
		}
		im.drop(found, p.Path, reason)
		return true
	}
	return false
}

// isToBlame reports whether a problem goes away when what it is in is left out, and
// only so. Variables and files may be there where the configuration will be used.
func isToBlame(p Problem) bool {
	switch p.Code {
	case CodeUnsetVariable, CodeBadFile:
		return false
	case CodeNotEffective, CodeNoEffect:
		return !strings.HasPrefix(p.Path, "model_list") && !strings.HasPrefix(p.Path, "credential_list")
	default:
		return p.Severity == Error
	}
}

// aroundIt is the item of a list that something stands in, the innermost one: without
// what is required the item is nothing.
func aroundIt(chain []spotIn) spotIn {
	for _, s := range slices.Backward(chain) {
		if s.parent.Kind == yaml.SequenceNode {
			return s
		}
	}
	return chain[len(chain)-1]
}

// tell adds the errors that stay to the findings, but for those that the environment may
// settle.
func (im *importer) tell(report Report, now *yaml.Node) {
	for _, p := range report.Problems {
		settled := p.Code == CodeUnsetVariable || isAddress(p) || hasReferenceAt(now, p.Position)
		if p.Severity == Error && !settled {
			im.found(Finding{Wrong, Position{File: im.file}, p.Path, p.Message})
		}
	}
}

// isAddress reports whether a problem is an address that a variable may have.
func isAddress(p Problem) bool {
	return p.Code == CodeMissingKey && strings.HasSuffix(p.Path, ".api_base")
}

// hasReferenceAt reports whether a reference stands at a place.
func hasReferenceAt(y *yaml.Node, at Position) bool {
	if y.Line == at.Line && y.Column == at.Column && y.Kind == yaml.ScalarNode && isReference(y.Value) {
		return true
	}
	return slices.ContainsFunc(y.Content, func(child *yaml.Node) bool { return hasReferenceAt(child, at) })
}

// search looks for the key or item of a problem in a node and those below it, and in the
// document, which has the same shape. It gives the way there, the deepest that fits. A
// reference is never one: its value is not known here.
func search(now, own *yaml.Node, p Problem) []spotIn {
	var found []spotIn
	for i, child := range now.Content {
		here := spotIn{own, i - i%stride(now)}
		if below := search(child, own.Content[i], p); below != nil {
			found = append([]spotIn{here}, below...)
		} else if child.Line == p.Line && child.Column == p.Column && !isReference(child.Value) && isMeant(now, i, p) {
			found = []spotIn{here}
		}
	}
	return found
}

// stride is how many nodes a key or item takes.
func stride(y *yaml.Node) int { return spotIn{parent: y}.width() }

// isMeant reports whether a problem at the place of the i-th node below y is about it: a
// map stands at the place of its first key.
func isMeant(y *yaml.Node, i int, p Problem) bool {
	name := p.Path[strings.LastIndexAny(p.Path, ".]")+1:]
	child, isKey := y.Content[i], y.Kind == yaml.MappingNode && i%2 == 0
	switch {
	case isKey:
		return name == shownName(child.Value) || name == elided
	case child.Kind != yaml.MappingNode || len(child.Content) == 0:
		return true
	case p.Code == CodeMissingKey:
		return !isAddress(p) && memberOf(child, name) == nil
	case y.Kind == yaml.MappingNode:
		return name == shownName(y.Content[i-1].Value)
	default:
		return name == ""
	}
}

// keepCache writes the settings of the cache that were given in places which are
// comments now. It reports whether there were any.
func (im *importer) keepCache(before *CacheSettings) bool {
	after := im.cache()
	if before == nil || after == nil {
		return false
	}
	written := false
	was, is := reflect.ValueOf(before).Elem(), reflect.ValueOf(after).Elem()
	for _, f := range im.tables.of(was.Type()) {
		old, now := was.FieldByIndex(f.index), is.FieldByIndex(f.index)
		if f.inert != "" || !isScalar(old.Type()) || old.Type() == secretType || old.Equal(now) {
			continue
		}
		text, form := formatScalar(old)
		value := &yaml.Node{Kind: yaml.ScalarNode, Value: text}
		if form == quoted {
			value.Tag = "!!str"
		}
		im.set([]string{"cache_settings", f.name()}, value)
		im.found(Finding{Moved, Position{File: im.file}, "cache_settings." + f.name(), "now " + text + ", as other sections had it"})
		written = true
	}
	return written
}

// cachePlaces are where settings of the cache stand; none are all keys of the section.
var cachePlaces = []struct {
	section string
	keys    []string
}{
	{"litellm_settings", []string{"cache", "cache_params"}},
	{"general_settings", []string{"cache", "cache_seconds"}},
	{"cache_settings", nil},
}

// cache is what the document says of the cache, as loading that alone tells; nil where
// it does not.
func (im *importer) cache() *CacheSettings {
	alone := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	for _, place := range cachePlaces {
		whole := memberOf(im.root(), place.section)
		if whole == nil || whole.Kind != yaml.MappingNode {
			continue
		}
		part := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
		for i := 0; i+1 < len(whole.Content); i += 2 {
			key, value := whole.Content[i], literal(whole.Content[i+1])
			switch {
			case place.keys != nil && !slices.Contains(place.keys, key.Value):
			case isReference(value.Value) && place.section == "general_settings" && key.Value == "cache":
				part.Content = append(part.Content, key, textNode("redis://localhost"))
			case !isReference(value.Value):
				part.Content = append(part.Content, key, value)
			}
		}
		alone.Content = append(alone.Content, textNode(place.section), part)
	}
	text, err := encodeYAML(alone)
	if err != nil {
		return nil
	}
	cfg, _, err := load("", text, im.opts)
	if err != nil {
		return nil
	}
	return &cfg.Document.CacheSettings
}
