package config

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/viper"
)

// envPrefix begins the variables that override a key.
const envPrefix = "LLMGW_"

// shorthands are variables with a short name of their own; of several for one
// key the first that is set counts.
var shorthands = []struct{ path, variable string }{
	{"general_settings.data_dir", "LLMGW_DATA_DIR"},
	{"general_settings.database_url", "DATABASE_URL"},
	{"general_settings.master_key", "LLMGW_MASTER_KEY"},
	{"general_settings.master_key", "LITELLM_MASTER_KEY"},
}

// setting is one value above the file.
type setting struct{ text, source string }

// overridable is a key that can be set from above the file: one with a single
// value, in a section that is no list.
type overridable struct {
	path  string
	names []string
}

// variable is the environment variable of the key.
func (k overridable) variable() string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(k.path, ".", "_"))
}

// overridables lists the keys below t that can be overridden.
func overridables(t reflect.Type, path string) []overridable {
	var keys []overridable
	for _, f := range fieldsOf(t) {
		inner := t.FieldByIndex(f.index).Type
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		at := join(path, f.name())
		switch {
		case isScalar(inner):
			keys = append(keys, overridable{path: at, names: f.names})
		case inner.Kind() == reflect.Struct:
			keys = append(keys, overridables(inner, at)...)
		}
	}
	return keys
}

// documentKeys are the keys of a Document that can be overridden.
var documentKeys = sync.OnceValue(func() []overridable { return overridables(reflect.TypeFor[Document](), "") })

// overlay puts what environment and command line say over what the file says.
// Viper ranks them: shorthands below LLMGW_<PATH> below the command line. It
// sees only keys of the schema, which are lower-case, as it would make them; so
// names of models never pass through it. Its own access to the environment is
// not used: it has no way to be given another environment than the process's.
func (d *decoder) overlay(root *node, o Options) {
	keys := documentKeys()
	v := viper.New()
	for _, s := range slices.Backward(shorthands) {
		if text := o.env(s.variable); text != "" {
			v.SetDefault(s.path, setting{text, "$" + s.variable})
		}
	}
	for _, k := range keys {
		if text := o.env(k.variable()); text != "" {
			v.MergeConfigMap(nest(k.path, setting{text, "$" + k.variable()})) //nolint:errcheck // a map always merges
		}
	}
	d.overrides(v, keys, o.Overrides)
	for _, k := range keys {
		if s, ok := v.Get(k.path).(setting); ok {
			parts := strings.Split(k.path, ".")
			value := &node{kind: scalarKind, at: Position{File: s.source}, text: s.text, final: true}
			root.graft(parts[:len(parts)-1], k.names, value)
		}
	}
}

// commandLine is the source of overrides in messages.
const commandLine = "command line"

// overrides hands the command line's values to viper, if they are for known
// keys.
func (d *decoder) overrides(v *viper.Viper, keys []overridable, overrides map[string]string) {
	for _, path := range slices.Sorted(maps.Keys(overrides)) {
		i := slices.IndexFunc(keys, func(k overridable) bool { return k.path == path })
		if i >= 0 {
			v.Set(path, setting{overrides[path], commandLine})
			continue
		}
		known := make([]string, len(keys))
		for i, k := range keys {
			known[i] = k.path
		}
		hint := "only keys with a single value, outside lists, can be set here"
		if likely := nearest(path, known); likely != "" {
			hint = didYouMean(likely)
		}
		spot{d.reporter, Position{File: commandLine}, path}.errorf(CodeUnknownKey, hint, "no such key")
	}
}

// nest makes the nested maps in which a path has a value.
func nest(path string, s setting) map[string]any {
	parts := strings.Split(path, ".")
	var value any = s
	for _, part := range slices.Backward(parts) {
		value = map[string]any{part: value}
	}
	return value.(map[string]any) //nolint:forcetypeassert // a path has at least one part
}
