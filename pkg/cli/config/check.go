package config

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/llmgw/llmgw/pkg/cli"
	"github.com/llmgw/llmgw/pkg/cli/terminal"
	"github.com/llmgw/llmgw/pkg/config"
)

// CheckOptions are what "config check" needs.
type CheckOptions struct {
	Factory *cli.Factory

	ConfigFile string
	Files      []string
	Strict     bool
	Output     terminal.Format
}

// NewCheckCmd makes the command. run replaces what it does, for tests of its flags; nil
// means the real thing.
func NewCheckCmd(f *cli.Factory, run func(*CheckOptions) error) *cobra.Command {
	opts := &CheckOptions{Factory: f}
	cmd := &cobra.Command{
		Use:   "check [FILE…]",
		Short: "Find what is wrong with a configuration",
		Long: `Find everything that is wrong with a configuration, or each of several: of the files
named, else of --config, else of the one that serve would find. References to the
environment are looked up, files that are named are read; nothing is called.

Each problem is a line: file:line:column: severity: path: message (what to do).
A warning is something that works and is probably not what was meant.

With -o json the result is one object: files, errors and warnings (counts), and
problems, a list (file, line, column, severity, code, path, message, hint). code is the
kind of problem; docs/configuration.md lists them. A file that cannot be read is a
problem with the code unreadable.

Exit codes: 0 nothing is wrong, or warnings only; 2 there are errors (--strict: or
warnings).`,
		Example: `  llmgw config check
  llmgw config check --strict configs/*.yaml
  llmgw config check -o json | jq -r '.problems[].path'`,
		Args: cobra.ArbitraryArgs,
		RunE: func(_ *cobra.Command, args []string) error {
			opts.Files = args
			if err := opts.complete(); err != nil {
				return err
			}
			if run != nil {
				return run(opts)
			}
			return check(opts)
		},
	}
	bindConfig(cmd, &opts.ConfigFile)
	cmd.Flags().BoolVar(&opts.Strict, "strict", false, "let warnings fail the check, too")
	terminal.Formats(terminal.FormatTable, terminal.FormatJSON).Bind(cmd, &opts.Output)
	return cmd
}

// complete works out which files are meant.
func (o *CheckOptions) complete() error {
	switch {
	case o.ConfigFile != "" && len(o.Files) > 0:
		return cli.Usagef("--config and FILE both name a file: use one of them")
	case o.ConfigFile != "":
		o.Files = []string{o.ConfigFile}
	}
	return nil
}

// checked is the result. The names of its fields in JSON are a contract.
type checked struct {
	Files    []string  `json:"files"`
	Errors   int       `json:"errors"`
	Warnings int       `json:"warnings"`
	Problems []problem `json:"problems"`

	lines []config.Problem
}

type problem struct {
	File     string `json:"file"`
	Line     int    `json:"line"`
	Column   int    `json:"column"`
	Severity string `json:"severity"`
	Code     string `json:"code"`
	Path     string `json:"path"`
	Message  string `json:"message"`
	Hint     string `json:"hint"`
}

func check(o *CheckOptions) error {
	result := checked{Files: []string{}, Problems: []problem{}}
	files := o.Files
	if len(files) == 0 {
		files = []string{""}
	}
	for _, file := range files {
		if err := result.add(o.Factory, file); err != nil {
			return err
		}
	}
	if err := o.write(&result); err != nil {
		return err
	}
	fmt.Fprintln(o.Factory.IO.Err, result.summary(o.Factory.IO.ErrStyles()))
	if result.Errors > 0 || o.Strict && result.Warnings > 0 {
		return &cli.Error{Code: cli.ExitUsage, Err: errors.New("")} // all has been said
	}
	return nil
}

// codeUnreadable is the code of a file that cannot be read.
const codeUnreadable = "unreadable"

// add checks one file, or the one that is found where it is "".
func (c *checked) add(f *cli.Factory, file string) error {
	o, err := options(f, file)
	if err != nil {
		return err
	}
	name, found := config.Locate(o)
	if !found {
		name = "the built-in configuration"
	}
	c.Files = append(c.Files, name)
	_, report, err := config.Load(o)
	if _, invalid := errors.AsType[*config.InvalidError](err); err != nil && !invalid {
		report.Problems = []config.Problem{{
			Severity: config.Error, Code: codeUnreadable, Position: config.Position{File: name}, Message: err.Error(),
		}}
	}
	for _, p := range report.Problems {
		if p.Severity == config.Error {
			c.Errors++
		} else {
			c.Warnings++
		}
		c.lines = append(c.lines, p)
		c.Problems = append(c.Problems, problem{
			File: p.File, Line: p.Line, Column: p.Column,
			Severity: p.Severity.String(), Code: p.Code, Path: p.Path, Message: p.Message, Hint: p.Hint,
		})
	}
	return nil
}

func (o *CheckOptions) write(c *checked) error {
	io := o.Factory.IO
	if o.Output == terminal.FormatJSON {
		return io.WriteJSON(c)
	}
	for _, p := range c.lines {
		if _, err := fmt.Fprintln(io.Out, line(p, io.Styles())); err != nil {
			return err
		}
	}
	return nil
}

// summary says in a line how it went.
func (c *checked) summary(styles terminal.Styles) string {
	what := c.Files[0]
	if len(c.Files) > 1 {
		what = count(len(c.Files), "file")
	}
	switch {
	case c.Errors > 0 && c.Warnings > 0:
		return styles.BadSymbol() + " " + what + ": " + count(c.Errors, "error") + ", " + count(c.Warnings, "warning")
	case c.Errors > 0:
		return styles.BadSymbol() + " " + what + ": " + count(c.Errors, "error")
	case c.Warnings > 0:
		return styles.WarnSymbol() + " " + what + ": " + count(c.Warnings, "warning")
	case len(c.Files) > 1:
		return styles.GoodSymbol() + " " + what + " are fine"
	default:
		return styles.GoodSymbol() + " " + what + " is fine"
	}
}
