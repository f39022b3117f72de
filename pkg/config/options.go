package config

import "os"

// Options say where a configuration comes from. The zero value is the usual
// search with the process's environment.
type Options struct {
	// File is the path of the file; "" means the usual places, see Locate.
	File string
	// LookupEnv reads the environment; nil means os.LookupEnv. It is the only way
	// in which the environment is read.
	LookupEnv func(name string) (string, bool)
	// Overrides are values from the command line, by path
	// ("general_settings.data_dir"). They win over everything.
	Overrides map[string]string
	// Listen is the address on which the gateway will listen, as the command line
	// has it; "" means DefaultListen.
	Listen string
	// Vendors are the providers that are there beside anthropic, openai and echo. One
	// with the name of these takes its place.
	Vendors []Vendor

	// trace keeps what was read, for Effective; nil keeps nothing.
	trace *trace
}

// DefaultListen is where the gateway listens unless told otherwise.
const DefaultListen = "127.0.0.1:4000"

// withDefaults fills in what the zero value stands for.
func (o Options) withDefaults() Options {
	if o.LookupEnv == nil {
		o.LookupEnv = os.LookupEnv
	}
	if o.Listen == "" {
		o.Listen = DefaultListen
	}
	return o
}

// env returns a variable, "" where it is not set.
func (o Options) env(name string) string {
	value, ok := o.LookupEnv(name)
	if !ok {
		return ""
	}
	return value
}

// firstEnv returns the first of the variables that is set and not empty, and its
// name.
func (o Options) firstEnv(names []string) (name, value string) {
	for _, name := range names {
		if value := o.env(name); value != "" {
			return name, value
		}
	}
	return "", ""
}
