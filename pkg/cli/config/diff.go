package config

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/llmgw/llmgw/pkg/cli"
	"github.com/llmgw/llmgw/pkg/cli/terminal"
	"github.com/llmgw/llmgw/pkg/config"
)

// DiffOptions are what "config diff" needs.
type DiffOptions struct {
	Factory *cli.Factory

	// Old is "" for the configuration that serve would find.
	Old, New string
	Output   terminal.Format
}

// NewDiffCmd makes the command. run replaces what it does, for tests of its flags; nil
// means the real thing.
func NewDiffCmd(f *cli.Factory, run func(*DiffOptions) error) *cobra.Command {
	opts := &DiffOptions{Factory: f}
	cmd := &cobra.Command{
		Use:   "diff [OLD] NEW",
		Short: "Show in what two configurations differ",
		Long: `Show in what two configurations differ as they are in force, defaults and this
machine's environment included: what would change if NEW took the place of OLD, or,
without OLD, of the configuration that serve would find.

Each difference is a line: "~ path: old -> new", "+ path: new" or "- path: old".
Deployments are matched by model_info.id and model_name, other items of lists by their
names, so that one which is put in between changes nothing else. Secrets are compared
and not shown.

With -o json the result is a list of objects: change (changed, added, removed), path,
old and new (null where there is none), and secret.

Exit codes: 0 they are the same; 1 they differ; 2 one of them is not valid.`,
		Example: `  llmgw config diff llmgw.yaml new.yaml
  llmgw config diff new.yaml`,
		Args: cobra.RangeArgs(1, 2),
		RunE: func(_ *cobra.Command, args []string) error {
			opts.New = args[len(args)-1]
			if len(args) > 1 {
				opts.Old = args[0]
			}
			if run != nil {
				return run(opts)
			}
			return diff(opts)
		},
	}
	terminal.Formats(terminal.FormatTable, terminal.FormatJSON).Bind(cmd, &opts.Output)
	return cmd
}

// difference is what is told of one. The names of its fields in JSON are a contract.
type difference struct {
	Change string          `json:"change"`
	Path   string          `json:"path"`
	Old    json.RawMessage `json:"old"`
	New    json.RawMessage `json:"new"`
	Secret bool            `json:"secret"`
}

func diff(o *DiffOptions) error {
	before, err := effective(o.Factory, o.Old)
	if err != nil {
		return err
	}
	after, err := effective(o.Factory, o.New)
	if err != nil {
		return err
	}
	found := config.Diff(before, after)
	if err := o.write(found); err != nil {
		return err
	}
	if len(found) == 0 {
		fmt.Fprintln(o.Factory.IO.Err, "no differences")
		return nil
	}
	fmt.Fprintln(o.Factory.IO.Err, count(len(found), "difference"))
	return cli.ErrSilent
}

func (o *DiffOptions) write(found []config.Difference) error {
	io := o.Factory.IO
	if o.Output == terminal.FormatJSON {
		list := []difference{}
		for _, d := range found {
			list = append(list, difference{changeName(d.Change), d.Path, orNull(d.Old), orNull(d.New), d.Secret})
		}
		return io.WriteJSON(list)
	}
	styles := io.Styles()
	for _, d := range found {
		if _, err := fmt.Fprintln(io.Out, diffLine(d, styles)); err != nil {
			return err
		}
	}
	return nil
}

func changeName(c config.Change) string {
	switch c {
	case config.Added:
		return "added"
	case config.Removed:
		return "removed"
	default:
		return "changed"
	}
}

// orNull is a value in JSON, null for none.
func orNull(value string) json.RawMessage {
	if value == "" {
		return json.RawMessage("null")
	}
	return json.RawMessage(value)
}

func diffLine(d config.Difference, styles terminal.Styles) string {
	value, style := d.New, styles.Good
	switch d.Change {
	case config.Removed:
		value, style = d.Old, styles.Bad
	case config.Changed:
		value, style = d.Old+" -> "+d.New, styles.Warn
		if d.Secret {
			value = "changed"
		}
	default:
	}
	return style.Render(string(rune(d.Change))) + " " + d.Path + ": " + value
}
