package validate

import (
	"slices"
	"strings"

	"github.com/llmgw/llmgw/pkg/cli"
	"github.com/llmgw/llmgw/pkg/validate"
)

// The bounds of numbers on the command line.
const (
	maxRepeat   = 1000
	maxParallel = 256
)

// probing are the flags that mean something only where models are called.
var probing = [...]string{"model", "probe", "timeout", "slow", "repeat", "parallel"}

// complete works out what the flags mean together. given reports whether a flag is
// on the command line.
func (o *Options) complete(given func(string) bool) error {
	if err := o.chooseMode(given); err != nil {
		return err
	}
	for _, name := range probing {
		if o.mode == validate.Offline && given(name) {
			return cli.Usagef("--%s is for calls, and a configuration is checked without any: add --direct, or use --url", name)
		}
	}
	switch {
	case o.mode != validate.Live && given("key"):
		return cli.Usagef("--key is for a gateway: a configuration has keys of its own")
	case o.mode != validate.Offline && given("listen"):
		return cli.Usagef("--listen is for the check of a configuration")
	case o.Timeout <= 0:
		return cli.Usagef("--timeout %s is no time to wait (write one such as 30s)", o.Timeout)
	case o.Slow <= 0:
		return cli.Usagef("--slow %s is no time (write one such as 10s)", o.Slow)
	case o.Repeat < 1 || o.Repeat > maxRepeat:
		return cli.Usagef("--repeat %d is out of range (1 to %d)", o.Repeat, maxRepeat)
	case o.Parallel < 1 || o.Parallel > maxParallel:
		return cli.Usagef("--parallel %d is out of range (1 to %d)", o.Parallel, maxParallel)
	case slices.Contains(o.Models, ""):
		return cli.Usagef("--model needs a name")
	}
	return o.checkProbes()
}

// chooseMode decides what is checked.
func (o *Options) chooseMode(given func(string) bool) error {
	for _, pair := range [][2]string{{"url", "config"}, {"url", "offline"}, {"url", "direct"}, {"offline", "direct"}} {
		if o.set(pair[0], given) && o.set(pair[1], given) {
			return cli.Usagef("--%s and --%s are different checks: use one of them", pair[0], pair[1])
		}
	}
	switch {
	case o.Direct:
		o.mode = validate.Direct
	case o.Offline || given("config"):
		o.mode = validate.Offline
	default:
		o.mode = validate.Live
	}
	return nil
}

// set reports whether a flag is there and not switched off.
func (o *Options) set(name string, given func(string) bool) bool {
	switch name {
	case "offline":
		return o.Offline
	case "direct":
		return o.Direct
	default:
		return given(name)
	}
}

func (o *Options) checkProbes() error {
	known := validate.ProbeNames()
	for i, name := range o.Probes {
		name = strings.ToLower(strings.TrimSpace(name))
		if !slices.Contains(known, name) {
			return cli.Usagef("there is no probe %q (there are %s)", name, strings.Join(known, ", "))
		}
		if o.mode == validate.Direct && (name == validate.ProbeHealth || name == validate.ProbeModels) {
			return cli.Usagef("the probe %q is of a gateway, and --direct calls none", name)
		}
		o.Probes[i] = name
	}
	return nil
}
