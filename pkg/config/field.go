package config

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// field is what a struct tag says about a key:
//
//	yaml:"name"        its name; ",inline" for a struct whose keys stand here;
//	                   ",rest" for the field that takes all other keys
//	also:"a,b"         other names for the same key
//	default:"30s"      the value where the key is not set, written as in a file
//	required:"hint"    it must be set; the text says to what
//	oneof:"a,b"        the values it may have
//	later:"c=a,d"      values that are known and not built yet, each with the value that
//	                   is used instead; without one, the resolver says what happens
//	inert:"text"       this version does not act upon the key; the text says what
//	                   happens instead
//	unless:"false"     the values with which nothing is missing from an inert key
//	min:"0" max:"1"    bounds, for numbers
type field struct {
	names    []string
	index    []int
	rest     bool
	fallback string
	required bool
	hint     string
	oneof    []string
	later    []laterValue
	inert    string
	unless   []string
	min, max string
}

// laterValue is a value that is not built yet. Where it has a stand-in, that one is
// used instead.
type laterValue struct {
	value, standIn string
	replaced       bool
}

// name is the key's main name.
func (f field) name() string { return f.names[0] }

// fieldTable remembers the keys of each section, since reading tags takes a
// while and a long model_list has many sections. Not safe for concurrent use.
type fieldTable map[reflect.Type][]field

// of lists the keys of a section, like fieldsOf.
func (t fieldTable) of(section reflect.Type) []field {
	fields, ok := t[section]
	if !ok {
		fields = fieldsOf(section)
		t[section] = fields
	}
	return fields
}

// fieldsOf lists the keys of a section, in the order of the schema.
func fieldsOf(t reflect.Type) []field {
	var fields []field
	for i := range t.NumField() {
		sf := t.Field(i)
		name, option, _ := strings.Cut(sf.Tag.Get("yaml"), ",")
		switch {
		case option == "inline":
			for _, inner := range fieldsOf(sf.Type) {
				inner.index = append([]int{i}, inner.index...)
				fields = append(fields, inner)
			}
		case option == "rest":
			fields = append(fields, field{rest: true, index: []int{i}, names: []string{""}})
		case name != "":
			fields = append(fields, newField(name, i, sf.Tag))
		}
	}
	return fields
}

func newField(name string, index int, tag reflect.StructTag) field {
	hint, required := tag.Lookup("required")
	return field{
		names:    append([]string{name}, words(tag.Get("also"))...),
		index:    []int{index},
		fallback: tag.Get("default"),
		required: required, hint: hint,
		oneof: words(tag.Get("oneof")), later: laterValues(tag.Get("later")),
		inert: tag.Get("inert"), unless: words(tag.Get("unless")),
		min: tag.Get("min"), max: tag.Get("max"),
	}
}

// laterValues parses the tag of values that are not built yet.
func laterValues(list string) []laterValue {
	var values []laterValue
	for _, word := range words(list) {
		value, standIn, replaced := strings.Cut(word, "=")
		values = append(values, laterValue{value, standIn, replaced})
	}
	return values
}

// notBuilt finds a value among those that are not built yet.
func (f field) notBuilt(value string) (laterValue, bool) {
	i := slices.IndexFunc(f.later, func(l laterValue) bool { return l.value == value })
	if i < 0 {
		return laterValue{}, false
	}
	return f.later[i], true
}

// words splits a list in a tag.
func words(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\t' })
}

// fieldNamed finds the field with a name.
func fieldNamed(fields []field, name string) (field, bool) {
	for _, f := range fields {
		if slices.Contains(f.names, name) && !f.rest {
			return f, true
		}
	}
	return field{}, false
}

// restOf finds the field that takes all other keys.
func restOf(fields []field) (field, bool) {
	for _, f := range fields {
		if f.rest {
			return f, true
		}
	}
	return field{}, false
}

// namesOf lists the main names.
func namesOf(fields []field) []string {
	names := make([]string, 0, len(fields))
	for _, f := range fields {
		if !f.rest {
			names = append(names, f.name())
		}
	}
	return names
}

// check holds a decoded value against the rules of the tag. It returns what is
// wrong and what to do, or nothing. shown is how the value may be written.
func (f field) check(v reflect.Value, text, shown string) *scalarError {
	switch {
	case len(f.oneof) > 0 && !slices.Contains(f.oneof, text):
		return &scalarError{want: fmt.Sprintf("the value%s is not known", shown), hint: f.oneOf(text), code: CodeBadValue}
	case f.min != "" && compare(v, f.min) < 0:
		return &scalarError{want: fmt.Sprintf("the value%s is too small", shown), hint: "write at least " + f.min, code: CodeOutOfRange}
	case f.max != "" && compare(v, f.max) > 0:
		return &scalarError{want: fmt.Sprintf("the value%s is too large", shown), hint: "write at most " + f.max, code: CodeOutOfRange}
	default:
		return nil
	}
}

// oneOf says which of the values to write: the nearest, or all where none is near.
func (f field) oneOf(text string) string {
	known := slices.Clone(f.oneof)
	for _, l := range f.later {
		known = append(known, l.value)
	}
	if likely := nearest(text, known); likely != "" {
		return didYouMean(likely)
	}
	return "write " + strings.Join(f.oneof, " or ")
}

// compare compares a number with a bound written like one.
func compare(v reflect.Value, bound string) int {
	limit := reflect.New(v.Type()).Elem()
	if err := parseScalar(limit, bound); err != nil {
		return 0
	}
	if v.CanInt() {
		return cmp.Compare(v.Int(), limit.Int())
	}
	return cmp.Compare(v.Float(), limit.Float())
}

// setDefaults gives every key below v its default.
func (t fieldTable) setDefaults(v reflect.Value) {
	if v.Kind() != reflect.Struct || isScalar(v.Type()) {
		return
	}
	for _, f := range t.of(v.Type()) {
		target := v.FieldByIndex(f.index)
		if f.fallback != "" {
			// A default that does not parse stays zero; a test proves that all do.
			_ = parseScalar(target, f.fallback)
		}
		t.setDefaults(target)
	}
}
