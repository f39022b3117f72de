package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"strings"
)

// intro is what the manual says before it lists the keys.
//
//go:embed intro.md
var intro string

// generate makes the manual of the schema in a folder.
func generate(dir string) ([]byte, error) {
	s, err := readSchema(dir)
	if err != nil {
		return nil, err
	}
	p := page{schema: s}
	p.WriteString(intro)
	if err := p.sections("", "Document"); err != nil {
		return nil, err
	}
	if err := p.codes(dir); err != nil {
		return nil, err
	}
	return p.Bytes(), nil
}

// page is the manual while it is written.
type page struct {
	bytes.Buffer
	schema schema
}

// sections writes the sections below a struct, each with its keys.
func (p *page) sections(path, structName string) error {
	keys, err := p.schema.keys(structName)
	if err != nil {
		return err
	}
	for _, k := range keys {
		inner := typeName(k.typ)
		at := strings.TrimPrefix(path+"."+k.name, ".")
		switch {
		case p.schema[inner] != nil:
			if err := p.section(at, k, inner); err != nil {
				return err
			}
		case path == "":
			fmt.Fprintf(p, "\n## `%s`\n\n%s (%s)\n", at, p.text(k), kind(k.typ))
		}
	}
	return nil
}

// section writes one section and those within it.
func (p *page) section(path string, k key, structName string) error {
	if kind(k.typ) != "" {
		path += "[]"
	}
	fmt.Fprintf(p, "\n## `%s`\n\n%s\n\n", path, p.text(k))
	keys, err := p.schema.keys(structName)
	if err != nil {
		return err
	}
	for _, k := range keys {
		if p.schema[typeName(k.typ)] == nil {
			fmt.Fprintf(p, "- %s *(%s)* %s\n", p.names(k), p.facts(k), p.rest(k))
		}
	}
	return p.sections(path, structName)
}

// names writes the names of a key.
func (p *page) names(k key) string {
	if k.rest {
		return "**any other key**"
	}
	text := "**`" + k.name + "`**"
	var textSb80 strings.Builder
	for _, name := range strings.FieldsFunc(k.also, func(c rune) bool { return c == ',' }) {
		textSb80.WriteString(", also `" + name + "`")
	}
	text += textSb80.String()
	return text
}

// facts writes what the type and the tags of a key say.
func (p *page) facts(k key) string {
	facts := []string{kind(k.typ)}
	if k.rest {
		facts = []string{"any value"}
	}
	add := func(tag, format string) {
		if value, ok := k.tag.Lookup(tag); ok {
			facts = append(facts, fmt.Sprintf(format, value))
		}
	}
	if _, ok := k.tag.Lookup("required"); ok {
		facts = append(facts, "required")
	}
	if values, ok := k.tag.Lookup("oneof"); ok {
		facts = append(facts, "one of `"+strings.ReplaceAll(values, ",", "`, `")+"`")
	}
	if values, ok := k.tag.Lookup("later"); ok {
		facts = append(facts, later(values))
	}
	add("default", "default `%s`")
	add("min", "at least %s")
	add("max", "at most %s")
	return strings.Join(facts, "; ")
}

// text writes a key's comment, with the name of the key for that of the field.
func (p *page) text(k key) string { return "`" + k.name + "` " + p.rest(k) }

// rest writes a key's comment without the name that it begins with: the name
// stands before it already.
func (p *page) rest(k key) string {
	text := strings.TrimPrefix(k.doc, k.field+" ")
	if instead, ok := k.tag.Lookup("inert"); ok {
		text += " **Not effective in this version: " + instead + ".**"
	}
	return text
}

// later lists the values that are not built yet, with what is used instead of them.
func later(values string) string {
	standIns := map[string][]string{}
	var order []string
	for word := range strings.SplitSeq(values, ",") {
		value, standIn, _ := strings.Cut(word, "=")
		if standIns[standIn] == nil {
			order = append(order, standIn)
		}
		standIns[standIn] = append(standIns[standIn], "`"+value+"`")
	}
	facts := make([]string, 0, len(order))
	for _, standIn := range order {
		fact := "not built yet: " + strings.Join(standIns[standIn], ", ")
		if standIn != "" {
			fact += ", for which `" + standIn + "` is used"
		}
		facts = append(facts, fact)
	}
	return strings.Join(facts, "; ")
}

// codes writes the codes of problems.
func (p *page) codes(dir string) error {
	codes, err := readCodes(dir)
	if err != nil {
		return err
	}
	p.WriteString("\n# Problems\n\nEach problem has a code, which stays the same while its words may change.\n\n| code | is |\n|---|---|\n")
	for _, c := range codes {
		fmt.Fprintf(p, "| `%s` | %s |\n", c.name, strings.ReplaceAll(c.doc, "|", "\\|"))
	}
	return nil
}
