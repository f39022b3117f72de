package config

import (
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// spotIn is a key of a map, or an item of a list: where it stands in Content.
type spotIn struct {
	parent *yaml.Node
	index  int
}

// width is how many nodes of Content a key or item takes.
func (s spotIn) width() int {
	if s.parent.Kind == yaml.MappingNode {
		return len([]string{"key", "value"})
	}
	return 1
}

// drop makes a key or an item a comment in its place, and tells it.
func (im *importer) drop(s spotIn, path, reason string) {
	im.found(Finding{Dropped, im.at(s.parent.Content[s.index]), path, reason})
	s.comment(reason)
}

// comment makes a key or an item a comment in its place.
func (s spotIn) comment(reason string) {
	s.replace(s.text(reason))
}

// replace puts a comment in the place of a key or an item, between the comments that
// stand in front of it and behind it.
func (s spotIn) replace(text string) {
	old := s.parent.Content[s.index]
	text = joinComments(joinComments(old.HeadComment, text), old.FootComment)
	rest := slices.Delete(s.parent.Content, s.index, s.index+s.width())
	s.parent.Content = rest
	s.parent.Style &^= yaml.FlowStyle
	switch {
	case s.index < len(rest):
		next := rest[s.index]
		next.HeadComment = joinComments(text, next.HeadComment)
	case s.index > 0:
		last := lastLine(rest[s.index-s.width()])
		last.FootComment = joinComments(last.FootComment, text)
	default:
		s.parent.FootComment = joinComments(s.parent.FootComment, text)
	}
}

// lastLine is the node below whose lines a comment behind an item can stand: the encoder
// has no place for one behind a map that is an item.
func lastLine(y *yaml.Node) *yaml.Node {
	if y.Kind == yaml.MappingNode && len(y.Content) > 0 {
		return y.Content[len(y.Content)-stride(y)]
	}
	return y
}

// sweep makes keys of which only comments are left comments themselves.
func sweep(y *yaml.Node) {
	for _, item := range y.Content {
		if y.Kind == yaml.SequenceNode && len(item.Content) > stride(item) { // something is left of the item
			sweep(item)
		}
	}
	for i := 0; y.Kind == yaml.MappingNode && i+1 < len(y.Content); i += 2 {
		key, value := y.Content[i], y.Content[i+1]
		sweep(value)
		if len(value.Content) > 0 || value.FootComment == "" || value.Kind != yaml.MappingNode && value.Kind != yaml.SequenceNode {
			continue
		}
		lines := []string{"# " + key.Value + ":"}
		for line := range strings.SplitSeq(value.FootComment, "\n") {
			if rest, ok := strings.CutPrefix(line, "# "); ok {
				line = "#   " + rest
			}
			lines = append(lines, line)
		}
		spotIn{y, i}.replace(strings.Join(lines, "\n"))
		i -= 2
	}
}

// joinComments puts one comment below another. What both were dropped for is said once.
func joinComments(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	reason, rest, _ := strings.Cut(b, "\n")
	if said := a[max(0, strings.LastIndex("\n"+a, "\n"+reasonMark)):]; strings.HasPrefix(reason, reasonMark) && strings.HasPrefix(said+"\n", reason+"\n") {
		b = rest
	}
	return a + "\n" + b
}

// reasonMark begins the line of a comment that says why something was dropped.
const reasonMark = "#: "

// text writes a key or an item as a comment, with the reason in front.
func (s spotIn) text(reason string) string {
	part := &yaml.Node{Kind: s.parent.Kind, Content: slices.Clone(s.parent.Content[s.index : s.index+s.width()])}
	first := *part.Content[0]
	first.HeadComment, first.FootComment = "", ""
	part.Content[0] = &first
	text, err := encodeYAML(part)
	if err != nil {
		text = []byte(first.Value)
	}
	lines := []string{reasonMark + reason}
	for line := range strings.Lines(string(text)) {
		lines = append(lines, strings.TrimRight("# "+line, " \n"))
	}
	return strings.Join(lines, "\n")
}

// secondForms are keys with a second place, and the place that wins. A test proves that
// the schema has both.
var secondForms = []struct{ from, to string }{
	{"monitoring_settings.enable_prometheus", "monitoring_settings.prometheus.enabled"},
	{"monitoring_settings.prometheus_port", "monitoring_settings.prometheus.port"},
}

// moves puts keys into the place that wins.
func (im *importer) moves() {
	for _, m := range secondForms {
		from, to := strings.Split(m.from, "."), strings.Split(m.to, ".")
		parent := im.reach(from[:len(from)-1])
		at := keyIndex(parent, from[len(from)-1])
		if at < 0 {
			continue
		}
		if target := im.reach(to); target != nil && target.ShortTag() != "!!null" {
			im.drop(spotIn{parent, at}, m.from, "without effect: "+m.to+" is set, and wins")
			continue
		}
		key, value := parent.Content[at], parent.Content[at+1]
		im.found(Finding{Moved, im.at(key), m.from, "now " + m.to})
		spotIn{parent, at}.replace("")
		im.set(to, value)
	}
}

// reach is the value at a path of names, or nil.
func (im *importer) reach(path []string) *yaml.Node {
	y := im.root()
	for _, name := range path {
		if y = memberOf(y, name); y == nil {
			return nil
		}
	}
	return y
}

// keyIndex is where a key stands in the Content of a map; -1 where it does not.
func keyIndex(y *yaml.Node, name string) int {
	if y == nil || y.Kind != yaml.MappingNode {
		return -1
	}
	for i := 0; i+1 < len(y.Content); i += 2 {
		if y.Content[i].Value == name && y.Content[i+1].ShortTag() != "!!null" {
			return i
		}
	}
	return -1
}

// set writes a value at a path, and makes the sections on the way.
func (im *importer) set(path []string, value *yaml.Node) {
	section := im.root()
	for _, name := range path[:len(path)-1] {
		next := memberOf(section, name)
		switch {
		case next == nil:
			next = &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
			section.Content = append(section.Content, textNode(name), next)
		case next.Kind != yaml.MappingNode: // empty
			next.Kind, next.Tag, next.Value = yaml.MappingNode, "!!map", ""
		default:
		}
		section = next
	}
	if old := memberOf(section, path[len(path)-1]); old != nil {
		*old = *value
		return
	}
	section.Content = append(section.Content, textNode(path[len(path)-1]), value)
}

// prefixes writes in front of each model who its provider is.
func (im *importer) prefixes() {
	entries := im.reach([]string{"model_list"})
	if entries == nil || entries.Kind != yaml.SequenceNode {
		return
	}
	for i, entry := range entries.Content {
		params := memberOf(entry, "litellm_params")
		if params == nil || params.Kind != yaml.MappingNode {
			continue
		}
		model := memberOf(params, "model")
		if model == nil || model.Kind != yaml.ScalarNode || isReference(model.Value) {
			continue
		}
		at := indexed("model_list", i)
		whole, inactive := im.wholeName(entry)
		if inactive != "" {
			im.inactive[entry] = true
			im.found(Finding{Advice, im.at(entry), at, "kept as it is, and left out of service: " + inactive})
		}
		if whole != "" && whole != model.Value {
			im.found(Finding{Rewritten, im.at(model), at + ".litellm_params.model", "now " + whole})
			model.Value = whole
		}
	}
}

// wholeName is PROVIDER/MODEL of an entry, as loading it alone tells; "" where that
// does not. inactive says why it is out of service, if it is.
func (im *importer) wholeName(entry *yaml.Node) (whole, inactive string) {
	alone := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	for _, name := range []string{"model_name", "litellm_params", "model_info"} {
		if value := memberOf(entry, name); value != nil {
			alone.Content = append(alone.Content, textNode(name), literal(value))
		}
	}
	list := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Content: []*yaml.Node{alone}}
	text, err := encodeYAML(&yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Content: []*yaml.Node{textNode("model_list"), list}})
	if err != nil {
		return "", ""
	}
	cfg, _, err := load("", text, im.opts)
	switch {
	case err != nil:
		return "", ""
	case len(cfg.Inactive) == 1:
		return "", cfg.Inactive[0].Reason
	case len(cfg.Models) == 1 && cfg.Models[0].Provider != "":
		return cfg.Models[0].Provider + "/" + cfg.Models[0].UpstreamModel, ""
	default:
		return "", ""
	}
}

// literal copies a node without the keys whose values are references.
func literal(y *yaml.Node) *yaml.Node {
	if y.Kind != yaml.MappingNode {
		return y
	}
	plain := *y
	plain.Content = nil
	for i := 0; i+1 < len(y.Content); i += 2 {
		if !isReference(y.Content[i+1].Value) {
			plain.Content = append(plain.Content, y.Content[i], y.Content[i+1])
		}
	}
	return &plain
}

// schemaField finds the field of a path of names; "[]" behind them does not count.
func schemaField(path string) (field, bool) {
	t, found := reflect.TypeFor[Document](), field{}
	for name := range strings.SplitSeq(strings.ReplaceAll(path, "[]", ""), ".") {
		for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
			t = t.Elem()
		}
		if t.Kind() != reflect.Struct {
			return field{}, false
		}
		f, ok := fieldNamed(fieldsOf(t), name)
		if !ok {
			return field{}, false
		}
		found, t = f, t.FieldByIndex(f.index).Type
	}
	return found, true
}
