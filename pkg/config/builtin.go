package config

import (
	"fmt"
	"strings"
)

// builtinName stands for a file in messages about the built-in configuration.
const builtinName = "built-in configuration"

// Builtin returns the configuration that applies where there is no file, as
// YAML: the echo provider, and each vendor whose usual variable is set, under
// its own name (anthropic/*) and under the names of its models (claude-*).
func Builtin(o Options) []byte {
	o = o.withDefaults()
	var b strings.Builder
	b.WriteString("model_list:\n")
	for _, v := range vendors {
		if _, key := o.firstEnv(v.keyVars); len(v.keyVars) > 0 && key == "" {
			continue
		}
		for _, name := range v.listed {
			writeEntry(&b, v.name+"/"+name, v.name+"/"+name)
		}
		writeEntry(&b, v.name+"/*", v.name+"/*")
		for _, prefix := range v.modelPrefixes {
			writeEntry(&b, prefix+"*", v.name+"/"+prefix+"*")
		}
	}
	return []byte(b.String())
}

// writeEntry writes one entry of model_list.
func writeEntry(b *strings.Builder, name, model string) {
	fmt.Fprintf(b, "  - model_name: %q\n    litellm_params: {model: %q}\n", name, model)
}
