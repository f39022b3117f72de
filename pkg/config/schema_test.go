package config

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// eachSection calls f for every struct of the schema with the name under which
// its keys are known.
func eachSection(t reflect.Type, path string, f func(section string, fields []field)) {
	fields := fieldsOf(t)
	f(path, fields)
	for _, field := range fields {
		inner, at := t.FieldByIndex(field.index).Type, join(path, field.name())
		if inner.Kind() == reflect.Slice {
			inner, at = inner.Elem(), at+"[]"
		}
		if inner.Kind() == reflect.Struct && !isScalar(inner) && !field.rest {
			eachSection(inner, at, f)
		}
	}
}

func TestDefaultsAndBoundsParse(t *testing.T) {
	t.Parallel()
	eachSection(reflect.TypeFor[Document](), "", func(section string, fields []field) {
		for _, f := range fields {
			if f.fallback != "" && len(f.oneof) > 0 && !slices.Contains(f.oneof, f.fallback) {
				t.Errorf("%s.%s: the default %q may not be written", section, f.name(), f.fallback)
			}
		}
	})
	var walk func(reflect.Type, string)
	walk = func(rt reflect.Type, path string) {
		for _, f := range fieldsOf(rt) {
			ft := rt.FieldByIndex(f.index).Type
			for ft.Kind() == reflect.Pointer || ft.Kind() == reflect.Slice {
				ft = ft.Elem()
			}
			for _, text := range []string{f.fallback, f.min, f.max} {
				if text == "" {
					continue
				}
				if err := parseScalar(reflect.New(ft).Elem(), text); err != nil {
					t.Errorf("%s.%s: the tag's value %q is not %s", path, f.name(), text, err.want)
				}
			}
			if ft.Kind() == reflect.Struct && !isScalar(ft) && !f.rest {
				walk(ft, join(path, f.name()))
			}
		}
	}
	walk(reflect.TypeFor[Document](), "")
}

func TestUnsupportedKeysAreNotInTheSchema(t *testing.T) {
	t.Parallel()
	sections, table := map[string]bool{}, omissions{}
	eachSection(reflect.TypeFor[Document](), "", func(section string, fields []field) {
		sections[section] = true
		for _, f := range fields {
			for _, name := range f.names {
				if _, listed := table.find(section, name); listed && name != "" {
					t.Errorf("%s.%s is in the schema and in the table of unsupported keys", section, name)
				}
			}
		}
	})
	name := regexp.MustCompile(`^[a-z0-9_]+$`)
	for section, text := range unsupported {
		if !sections[section] {
			t.Errorf("the table has a section %q that the schema has not", section)
		}
		for key, instead := range table.of(section) {
			if !name.MatchString(key) || strings.Count(text, "\t"+key+":") > 1 || strings.HasSuffix(instead, ".") {
				t.Errorf("%s: the line of %q is not written right: %q", section, key, instead)
			}
		}
	}
}

func TestTagsOfWhatIsNotBuilt(t *testing.T) {
	t.Parallel()
	eachSection(reflect.TypeFor[Document](), "", func(section string, fields []field) {
		for _, f := range fields {
			for _, l := range f.later {
				if slices.Contains(f.oneof, l.value) || l.standIn != "" && !slices.Contains(f.oneof, l.standIn) {
					t.Errorf("%s.%s: the value %q is built, or its stand-in %q is not", section, f.name(), l.value, l.standIn)
				}
			}
			if f.inert == "" && len(f.unless) > 0 || strings.HasSuffix(f.inert, ".") {
				t.Errorf("%s.%s: unless without inert, or a text that ends in a point", section, f.name())
			}
		}
	})
}

func TestRequestParametersAreNotTakenForSlips(t *testing.T) {
	t.Parallel()
	known := namesOf(fieldsOf(reflect.TypeFor[LiteLLMParams]()))
	for name := range strings.FieldsSeq(requestParams) {
		if got := typoOf(name, known); got != "" {
			t.Errorf("%s is taken for %s", name, got)
		}
	}
	for word, want := range map[string]string{
		"api_kye": "api_key", "apikey": "api_key", "api-base": "api_base", "model": "model", "timeuot": "timeout",
		"max_retry": "", "foo": "", "num_retry": "", "extra_header": "extra_headers",
	} {
		if got := typoOf(word, append(known, "max_retries")); got != want {
			t.Errorf("typoOf(%s) = %q, want %q", word, got, want)
		}
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	names := []string{"drain_timeout", "drain_delay", "tls", "max_budget"}
	for word, want := range map[string]string{
		"drain_timout": "drain_timeout", "Drain_Delay": "drain_delay", "tsl": "tls", "budget": "", "xyz": "", "": "",
		"drain": "drain_timeout", "max_budgets": "max_budget", strings.Repeat("x", 1000): "",
	} {
		if got := nearest(word, names); got != want {
			t.Errorf("nearest(%.20q) = %q, want %q", word, got, want)
		}
	}
}

func TestEditDistance(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		a, b string
		want int
	}{
		{"", "", 0},
		{"a", "", 1},
		{"", "abc", 3},
		{"abc", "abc", 0},
		{"abc", "acb", 1},
		{"kitten", "sitting", 3},
		{"ca", "abc", 3},
		{strings.Repeat("a", 65), "a", 65},
	} {
		if got := editDistance(tt.a, tt.b); got != tt.want {
			t.Errorf("editDistance(%q, %q) = %d, want %d", tt.a, tt.b, got, tt.want)
		}
		if got := editDistance(tt.b, tt.a); got != tt.want {
			t.Errorf("editDistance(%q, %q) = %d, want %d", tt.b, tt.a, got, tt.want)
		}
	}
}

func TestMatches(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		pattern, name string
		want          bool
	}{
		{"a", "a", true},
		{"a", "b", false},
		{"*", "anything/at:all", true},
		{"anthropic/*", "anthropic/claude/x", true},
		{"anthropic/*", "anthropic/*", true},
		{"anthropic/*", "anthropic", false},
		{"a*a", "a", false},
		{"a*a", "aa", true},
		{"*-latest", "x-latest", true},
	} {
		if got := matches(tt.pattern, tt.name); got != tt.want {
			t.Errorf("matches(%q, %q) = %v", tt.pattern, tt.name, got)
		}
	}
}
