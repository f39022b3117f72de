package cli

import (
	"errors"
	"fmt"

	"github.com/llmgw/llmgw/pkg/app"
	"github.com/llmgw/llmgw/pkg/cli/terminal"
	"github.com/llmgw/llmgw/pkg/config"
)

// LoadConfig reads the configuration for a command that only looks at it: the file,
// or the one that the usual search finds where file is "". Errors in it are told on
// the terminal, warnings are left to the commands that run or check it.
func LoadConfig(io *terminal.IO, file string) (*config.Config, error) {
	return loadConfig(io, config.Options{File: file})
}

// LoadConfig is the function of that name in the factory's environment.
func (f *Factory) LoadConfig(file string) (*config.Config, error) {
	return loadConfig(f.IO, config.Options{File: file, LookupEnv: f.lookupEnv})
}

func loadConfig(io *terminal.IO, o config.Options) (*config.Config, error) {
	var err error
	if o.Vendors, err = app.Vendors(); err != nil {
		return nil, err
	}
	cfg, report, err := config.Load(o)
	if err == nil {
		return cfg, nil
	}
	if invalid, ok := errors.AsType[*config.InvalidError](err); ok {
		for _, p := range report.Problems {
			if p.Severity == config.Error {
				fmt.Fprintf(io.Err, "%s: %s\n", p.Severity, p)
			}
		}
		err = fmt.Errorf("the configuration has %d error(s)", len(invalid.Problems))
	}
	return nil, &Error{Code: ExitUsage, Err: err}
}
