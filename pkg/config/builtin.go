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
	for _, v := range o.vendors() {
		if !o.isSetUp(&v) {
			continue
		}
		for _, name := range v.listed {
			writeEntry(&b, v.Name+"/"+name, v.Name+"/"+name)
		}
		writeEntry(&b, v.Name+"/*", v.Name+"/*")
		for _, prefix := range v.ModelPrefixes {
			writeEntry(&b, prefix+"*", v.Name+"/"+prefix+"*")
		}
	}
	return []byte(b.String())
}

// isSetUp reports whether a vendor can be called with what the environment says:
// it has models, an address, and a credential. Servers that need none are set up
// once a variable tells where they are, or has a credential for them.
func (o Options) isSetUp(v *Vendor) bool {
	_, key := o.firstEnv(v.KeyVars)
	_, address, _ := o.variableBase(v)
	switch {
	case len(v.listed) > 0:
		return true
	case len(v.Modes) == 0:
		return false
	case address == "" && o.ownBase(v) == "":
		return false
	case key != "":
		return true
	default:
		return v.Keyless && address != ""
	}
}

// writeEntry writes one entry of model_list.
func writeEntry(b *strings.Builder, name, model string) {
	fmt.Fprintf(b, "  - model_name: %q\n    litellm_params: {model: %q}\n", name, model)
}
