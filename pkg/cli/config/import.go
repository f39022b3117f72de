package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/llmgw/llmgw/pkg/app"
	"github.com/llmgw/llmgw/pkg/cli"
	"github.com/llmgw/llmgw/pkg/config"
)

// ImportOptions are what "config import" needs.
type ImportOptions struct {
	Factory *cli.Factory

	// File is "-" for standard input.
	File string
	// Out is "" for standard output.
	Out   string
	Force bool
}

// NewImportCmd makes the command. run replaces what it does, for tests of its flags; nil
// means the real thing.
func NewImportCmd(f *cli.Factory, run func(*ImportOptions) error) *cobra.Command {
	opts := &ImportOptions{Factory: f}
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Convert LiteLLM's configuration",
		Long: `Convert a configuration of LiteLLM's, or any other that llmgw reads, into one that says
the same in the clearest way: the provider stands in front of each model, keys have
their main names and places, and what this version does not act upon is a comment that
says why. Comments and references to the environment stay as they are; no variable is
read, so that the result is the same everywhere. - reads standard input.

What was done is told on standard error, a line each: file:line:column: action: path:
why. The actions are dropped, moved, renamed, rewritten; advice is something to do
better, such as a secret that stands in the file; wrong is an error that stays.

The file of --out is never overwritten without --force.

Exit codes: 0 it was converted; 1 --out is there already or cannot be written; 2 FILE
cannot be read.`,
		Example: `  llmgw config import litellm_config.yaml --out llmgw.yaml
  llmgw config import - < config.yaml > llmgw.yaml`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			opts.File = args[0]
			if run != nil {
				return run(opts)
			}
			return convert(opts)
		},
	}
	cmd.Flags().StringVarP(&opts.Out, "out", "o", "", "`file` to write; without it standard output")
	cmd.Flags().BoolVar(&opts.Force, "force", false, "replace the file of --out")
	return cmd
}

// standardInput is the name of standard input in messages.
const standardInput = "standard input"

// maxInput bounds what is read, in bytes.
const maxInput = 4 << 20

func convert(o *ImportOptions) error {
	name, data, err := o.read()
	if err != nil {
		return &cli.Error{Code: cli.ExitUsage, Err: err}
	}
	vendors, err := app.Vendors()
	if err != nil {
		return err
	}
	streams := o.Factory.IO
	result, err := config.Import(name, data, config.Options{Vendors: vendors})
	if invalid, ok := errors.AsType[*config.InvalidError](err); ok {
		for _, p := range invalid.Problems {
			fmt.Fprintln(streams.Err, line(p, streams.ErrStyles()))
		}
		return &cli.Error{Code: cli.ExitUsage, Err: fmt.Errorf("%s cannot be read", name)}
	}
	if err != nil {
		return &cli.Error{Code: cli.ExitUsage, Err: err}
	}
	if err := o.write(result.YAML); err != nil {
		return err
	}
	for _, f := range result.Findings {
		fmt.Fprintln(streams.Err, f)
	}
	if o.Out != "" {
		fmt.Fprintf(streams.Err, "%s %s is written%s.\n", streams.ErrStyles().GoodSymbol(), o.Out, tally(result.Findings))
		fmt.Fprintf(streams.Err, "Next: llmgw config check %s\n", o.Out)
	}
	return nil
}

// read gives the text to convert, and its name.
func (o *ImportOptions) read() (name string, data []byte, err error) {
	if o.File == "-" {
		data, err = io.ReadAll(io.LimitReader(o.Factory.IO.In, maxInput+1))
		if err == nil && len(data) > maxInput {
			err = fmt.Errorf("there are more than %d bytes", maxInput)
		}
		if err != nil {
			return "", nil, fmt.Errorf("read %s: %w", standardInput, err)
		}
		return standardInput, data, nil
	}
	info, err := os.Stat(o.File)
	switch {
	case err != nil:
		return "", nil, fmt.Errorf("read the configuration: %w", err)
	case info.Size() > maxInput:
		return "", nil, fmt.Errorf("%s is larger than %d bytes", o.File, maxInput)
	}
	data, err = os.ReadFile(o.File)
	if err != nil {
		return "", nil, fmt.Errorf("read the configuration: %w", err)
	}
	return o.File, data, nil
}

func (o *ImportOptions) write(text []byte) error {
	switch {
	case o.Out == "":
		_, err := o.Factory.IO.Out.Write(text)
		return err
	case o.Force:
		return cli.ReplaceFile(o.Out, text)
	default:
		return cli.CreateFile(o.Out, text)
	}
}

// tally counts what was done: ": 3 dropped, 1 moved".
func tally(findings []config.Finding) string {
	counts := map[config.Action]int{}
	for _, f := range findings {
		counts[f.Action]++
	}
	var parts []string
	for _, action := range []config.Action{config.Dropped, config.Moved, config.Renamed, config.Rewritten, config.Wrong} {
		if counts[action] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[action], action))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return ": " + strings.Join(parts, ", ")
}
