package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// InitialOptions say what a first configuration has.
type InitialOptions struct {
	Options

	// Name is that of the file that it will be; it stands in comments.
	Name string
	// Providers are names or aliases of vendors; none means anthropic, openai, and
	// all others whose credential is in the environment.
	Providers []string
	// RPM is a limit on requests a minute for each key, Budget one in dollars a month
	// for everything. Each is a comment where it is "".
	RPM, Budget string
}

// ErrUnknownProvider is a provider that there is not, or that serves no models yet.
var ErrUnknownProvider = errors.New("no such provider")

// Initial writes a first configuration with comments. It starts as it is: models of
// providers whose credential or address is not in the environment are comments that
// name the variable, and echo/hello needs none. The error wraps [ErrUnknownProvider].
func Initial(o InitialOptions) ([]byte, error) {
	o.Options = o.withDefaults()
	vendors, err := o.chosen()
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	fmt.Fprintf(&b, initialHead, o.Name)
	for i := range vendors {
		o.writeVendor(&b, &vendors[i])
	}
	o.writeSections(&b)
	return []byte(b.String()), nil
}

// Ready lists the vendors that can be called with what the environment says, echo left
// out: it needs nothing.
func Ready(o Options) []string {
	o = o.withDefaults()
	var names []string
	for _, v := range o.vendors() {
		if v.isCallable() && o.isSetUp(&v) {
			names = append(names, v.Name)
		}
	}
	return names
}

// isCallable reports whether the vendor is elsewhere and has models.
func (v *Vendor) isCallable() bool { return len(v.listed) == 0 && len(v.Modes) > 0 }

// defaultProviders are there whether their credential is set or not.
const defaultProviders = "anthropic openai"

// chosen lists the vendors to write, each once.
func (o InitialOptions) chosen() (vendorList, error) {
	all, names := o.vendors(), o.Providers
	if len(names) == 0 {
		names = append(strings.Fields(defaultProviders), Ready(o.Options)...)
	}
	var chosen vendorList
	for _, name := range names {
		v := all.named(name)
		switch {
		case v == nil:
			return nil, fmt.Errorf("%w: %q%s", ErrUnknownProvider, name, all.suggestion(name))
		case len(v.listed) > 0, chosen.named(v.Name) != nil:
		case !v.isCallable():
			return nil, fmt.Errorf("%w: %s has no models that this version can call", ErrUnknownProvider, v.Name)
		default:
			chosen = append(chosen, *v)
		}
	}
	return chosen, nil
}

// suggestion names the vendors that a word was probably meant to be.
func (l vendorList) suggestion(word string) string {
	var callable, near []string
	for i := range l {
		if l[i].isCallable() {
			callable = append(callable, slices.Concat([]string{l[i].Name}, l[i].Aliases)...)
		}
	}
	for len(near) < 3 {
		name := nearest(word, callable)
		if name == "" {
			break
		}
		near = append(near, name)
		callable = slices.DeleteFunc(callable, func(other string) bool { return other == name })
	}
	if len(near) == 0 {
		return "; llmgw providers lists them"
	}
	return ", did you mean " + strings.Join(near, " or ") + "?"
}

// missing lists the variables that must be set before a vendor can be called.
func (o Options) missing(v *Vendor) []string {
	var names []string
	if _, key := o.firstEnv(v.KeyVars); key == "" && !v.Keyless && len(v.KeyVars) > 0 {
		names = append(names, v.KeyVars[0])
	}
	if _, base, _ := o.variableBase(v); base != "" || o.ownBase(v) != "" {
		return names
	}
	for _, place := range placeholder.FindAllStringSubmatch(v.BaseURL, -1) {
		variables := strings.Split(place[1], "|")
		if _, value := o.firstEnv(variables); value == "" {
			names = append(names, variables[0])
		}
	}
	if v.BaseURL == "" && len(v.BaseVars) > 0 {
		names = append(names, v.BaseVars[0])
	}
	return names
}

// writeVendor writes the entries of a vendor: all its models under its own name, and
// those whose names tell who they are at.
func (o InitialOptions) writeVendor(b *strings.Builder, v *Vendor) {
	missing := o.missing(v)
	mark := ""
	fmt.Fprintf(b, "\n  # Any model of %s, as %s/MODEL%s.\n", v.Name, v.Name, ownNames(v))
	if len(missing) > 0 {
		mark = "# "
		verb := "is"
		if len(missing) > 1 {
			verb = "are"
		}
		fmt.Fprintf(b, "  # %s %s not set: set it, then remove the \"# \" in front of these lines.\n", strings.Join(missing, " and "), verb)
	}
	for _, pattern := range slices.Concat([]string{v.Name + "/*"}, starred(v.ModelPrefixes)) {
		model := pattern
		if !strings.HasPrefix(pattern, v.Name+"/") {
			model = v.Name + "/" + pattern
		}
		fmt.Fprintf(b, "  %s- model_name: %s\n", mark, pattern)
		fmt.Fprintf(b, "  %s  litellm_params:\n", mark)
		fmt.Fprintf(b, "  %s    model: %s\n", mark, model)
		if key := o.credentialReference(v); key != "" {
			fmt.Fprintf(b, "  %s    api_key: %s\n", mark, key)
		}
	}
}

// credentialReference refers to the variable with the vendor's credential: the one that
// is set, else the usual one. Where none is needed it is "".
func (o InitialOptions) credentialReference(v *Vendor) string {
	name, _ := o.firstEnv(v.KeyVars)
	if name == "" && !v.Keyless && len(v.KeyVars) > 0 {
		name = v.KeyVars[0]
	}
	if name == "" {
		return ""
	}
	return environPrefix + name
}

// ownNames says how the names of a vendor's models begin.
func ownNames(v *Vendor) string {
	if len(v.ModelPrefixes) == 0 {
		return ""
	}
	return " or by its own name"
}

func starred(prefixes []string) []string {
	patterns := make([]string, len(prefixes))
	for i, prefix := range prefixes {
		patterns[i] = prefix + "*"
	}
	return patterns
}
