package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// descriptions makes a JSON object of the comments of the schema in a folder: for each
// field, by "Struct.Field", its comment without the name that it begins with.
func descriptions(dir string) ([]byte, error) {
	s, err := readSchema(dir)
	if err != nil {
		return nil, err
	}
	texts := map[string]string{}
	for name := range s {
		if err := s.describe(name, texts); err != nil {
			return nil, err
		}
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(texts); err != nil {
		return nil, fmt.Errorf("write descriptions: %w", err)
	}
	return b.Bytes(), nil
}

// describe adds the comments of a struct's own fields.
func (s schema) describe(name string, texts map[string]string) error {
	for _, f := range s[name].Fields.List {
		if f.Tag == nil || len(f.Names) != 1 {
			return fmt.Errorf("%s: a field has no tag or several names", name)
		}
		field := f.Names[0].Name
		doc := strings.Join(strings.Fields(f.Doc.Text()), " ")
		if doc != "" {
			texts[name+"."+field] = strings.TrimPrefix(doc, field+" ")
		}
	}
	return nil
}
