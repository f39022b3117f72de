package provider

import (
	_ "embed"
	"errors"
	"fmt"
	"net/textproto"
	"regexp"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
)

// providersYAML is the table; its head is its manual.
//
//go:embed providers.yaml
var providersYAML []byte

// loadVendors parses the table once; what it returns never changes.
var loadVendors = sync.OnceValues(func() ([]Vendor, error) { return parseVendors(providersYAML) })

var (
	errDuplicate = errors.New("stands in the table twice")
	errOrder     = errors.New("is not in the order of the ids")
	errRow       = errors.New("impossible row")
)

// Vendors returns the table of vendors that speak OpenAI's API, sorted by id. It
// is parsed at the first call. Safe for concurrent use; rows are read-only.
func Vendors() ([]Vendor, error) {
	all, err := loadVendors()
	return slices.Clip(all), err
}

// FindVendor finds a row by its id or an alias.
func FindVendor(id string) (*Vendor, bool) {
	all, err := loadVendors()
	if err != nil {
		return nil, false // tests keep the table readable
	}
	i := slices.IndexFunc(all, func(v Vendor) bool { return v.ID == id || slices.Contains(v.Aliases, id) })
	if i < 0 {
		return nil, false
	}
	return &all[i], true
}

// row is a Vendor as it is written.
type row struct {
	Vendor `yaml:",inline"`

	Quirks yaml.Node `yaml:"quirks"`
}

// parseVendors reads a table. Every problem of it is in the error.
func parseVendors(text []byte) ([]Vendor, error) {
	var rows []row
	if err := decodeStrictly(text, &rows); err != nil {
		return nil, fmt.Errorf("table of vendors: %w", err)
	}
	var problems []error
	taken := make(map[string]bool, len(rows))
	vendors := make([]Vendor, len(rows))
	for i := range rows {
		v := &vendors[i]
		*v = rows[i].Vendor
		v.quirks = rows[i].Quirks
		for _, name := range append([]string{v.ID}, v.Aliases...) {
			if taken[name] {
				problems = append(problems, fmt.Errorf("%s: %w", name, errDuplicate))
			}
			taken[name] = true
		}
		if i > 0 && vendors[i-1].ID > v.ID {
			problems = append(problems, fmt.Errorf("%s: %w", v.ID, errOrder))
		}
		problems = append(problems, v.check()...)
	}
	if err := errors.Join(problems...); err != nil {
		return nil, fmt.Errorf("table of vendors: %w", err)
	}
	return vendors, nil
}

// The words of a row that stand for something.
var (
	reasonings = []string{"", "reasoning_content", "reasoning", "thinking"}
	usages     = []string{"", "chunk", "last", "x_groq", "every"}
	contents   = []string{"", "parts"}
	errorForms = []string{"", "openai", "numeric", "string", "message", "detail", "mistral"}
)

var (
	vendorID = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*$`)
	month    = regexp.MustCompile(`^20\d\d-(0[1-9]|1[0-2])$`)
	variable = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
)

// check lists what cannot be right of a row.
func (v *Vendor) check() []error {
	var problems []error
	wrong := func(bad bool, key string) {
		if bad {
			problems = append(problems, fmt.Errorf("%s: %s: %w", v.ID, key, errRow))
		}
	}
	wrong(!vendorID.MatchString(v.ID), "id")
	wrong(v.Name == "", "name")
	wrong(v.Source == "", "source")
	wrong(!month.MatchString(v.AsOf), "as_of")
	wrong(v.Capabilities == nil, "capabilities")
	for _, c := range v.Capabilities {
		wrong(c.Op() == 0, "capabilities")
	}
	for c, path := range v.Paths {
		wrong(!slices.Contains(v.Capabilities, c) || path == "", "paths")
	}
	for _, name := range slices.Concat(v.KeyVars, v.BaseVars) {
		wrong(!variable.MatchString(name), "key_env or base_env")
	}
	wrong(!v.Keyless && len(v.KeyVars) == 0, "key_env")
	wrong(strings.HasSuffix(v.BaseURL, "/") || strings.HasSuffix(v.Path, "/"), "base_url or path")
	for name := range v.Headers {
		wrong(name != textproto.CanonicalMIMEHeaderKey(name) || !isFieldName(name) || framesMessage(name), "headers")
	}
	for _, m := range v.Models {
		_, err := regexp.Compile(m.Match)
		wrong(err != nil || m.Match == "" || m.Model+m.Path+m.BaseURL == "", "models")
	}
	a := &v.Answers
	wrong(!slices.Contains(reasonings, a.Reasoning), "answers.reasoning")
	wrong(!slices.Contains(usages, a.Usage), "answers.usage")
	wrong(!slices.Contains(contents, a.Content), "answers.content")
	wrong(!slices.Contains(errorForms, a.Error), "answers.error")
	return problems
}
