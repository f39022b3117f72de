package config

import "reflect"

// Variable is an environment variable that sets a key.
type Variable struct {
	// Name is the variable, Path the key.
	Name, Path string
	// Set says that it is set now, to something.
	Set bool
}

// Variables lists the variables that win over the file: LLMGW_<PATH> of every key with
// a single value outside lists, in the order of the schema, each with its short names
// behind it. Where several are set for one key the first of them in this list counts.
func Variables(o Options) []Variable {
	o = o.withDefaults()
	var list []Variable
	for _, key := range overridables(reflect.TypeFor[Document](), "") {
		list = append(list, Variable{Name: key.variable(), Path: key.path, Set: o.env(key.variable()) != ""})
		for _, s := range shorthands {
			if s.path == key.path {
				list = append(list, Variable{Name: s.variable, Path: key.path, Set: o.env(s.variable) != ""})
			}
		}
	}
	return list
}
