// Package config is the command "llmgw config": it checks configurations, shows what is
// in force and why, compares them, converts LiteLLM's, and describes them.
//
// It reads files and the environment and calls nobody. It never shows a secret. What it
// tells is worked out in pkg/config; package root puts it into the tree of commands.
package config

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/llmgw/llmgw/pkg/app"
	"github.com/llmgw/llmgw/pkg/cli"
	"github.com/llmgw/llmgw/pkg/cli/terminal"
	"github.com/llmgw/llmgw/pkg/config"
)

// NewCmd makes the command with those below it.
func NewCmd(f *cli.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Check, show, compare and convert configurations",
		Long: `Check a configuration, show what is in force and where each value comes from, compare
two of them, convert LiteLLM's, and describe what may be written. Every key is described
in docs/configuration.md.`,
		Example: `  llmgw config check llmgw.yaml
  llmgw config show --effective --origin
  llmgw config import litellm_config.yaml --out llmgw.yaml`,
	}
	cmd.AddCommand(NewCheckCmd(f, nil), NewShowCmd(f, nil), NewDiffCmd(f, nil), NewImportCmd(f, nil), NewSchemaCmd(f, nil))
	return cmd
}

// bindConfig adds the flag --config.
func bindConfig(cmd *cobra.Command, file *string) {
	cmd.Flags().StringVarP(file, "config", "c", "", "configuration `file`; without it the one that serve would find")
}

// options are those for loading a file, or the one that is found where it is "".
func options(f *cli.Factory, file string) (config.Options, error) {
	vendors, err := app.Vendors()
	if err != nil {
		return config.Options{}, err
	}
	return config.Options{File: file, Vendors: vendors, LookupEnv: environment(f)}, nil
}

// environment reads the environment of the factory.
func environment(f *cli.Factory) func(string) (string, bool) {
	if f.LookupEnv == nil {
		return func(string) (string, bool) { return "", false }
	}
	return f.LookupEnv
}

// effective lays out a configuration. Errors in it are told on the terminal.
func effective(f *cli.Factory, file string) (*config.Layout, error) {
	o, err := options(f, file)
	if err != nil {
		return nil, err
	}
	layout, report, err := config.Effective(o)
	if err == nil {
		return layout, nil
	}
	if invalid, ok := errors.AsType[*config.InvalidError](err); ok {
		for _, p := range report.Problems {
			if p.Severity == config.Error {
				fmt.Fprintln(f.IO.Err, line(p, f.IO.ErrStyles()))
			}
		}
		err = fmt.Errorf("the configuration has %s", count(len(invalid.Problems), "error"))
	}
	return nil, &cli.Error{Code: cli.ExitUsage, Err: err}
}

// line writes a problem on a line: file:line:column: severity: path: message (hint).
func line(p config.Problem, styles terminal.Styles) string {
	severity := styles.Warn.Render(p.Severity.String())
	if p.Severity == config.Error {
		severity = styles.Bad.Render(p.Severity.String())
	}
	text := severity + ": "
	if at := p.Position.String(); at != "" {
		text = at + ": " + text
	}
	if p.Path != "" {
		text += p.Path + ": "
	}
	text += p.Message
	if p.Hint != "" {
		text += styles.Faint.Render(" (" + p.Hint + ")")
	}
	return text
}

// count writes a number of things.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return strconv.Itoa(n) + " " + thing + "s"
}
