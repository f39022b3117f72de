package budget

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/llmgw/llmgw/pkg/adminapi"
	"github.com/llmgw/llmgw/pkg/cli"
	"github.com/llmgw/llmgw/pkg/cli/admin"
	"github.com/llmgw/llmgw/pkg/cli/terminal"
	"github.com/llmgw/llmgw/pkg/client"
)

// CreateOptions are what "budget create" needs.
type CreateOptions struct {
	IO    *terminal.IO
	Admin admin.Target

	Name     string
	Settings Settings
	Output   terminal.Format
}

// NewCreateCmd makes the command. run replaces what it does, for tests of its flags;
// nil means the real thing.
func NewCreateCmd(f *cli.Factory, run func(context.Context, *CreateOptions) error) *cobra.Command {
	opts := &CreateOptions{IO: f.IO, Admin: admin.Target{Factory: f}}
	cmd := &cobra.Command{
		Use:   "create NAME",
		Short: "Make a budget",
		Long: `Make a budget that the keys named with --key share. It is hard: a call that might exceed
it is refused with 429 budget_exceeded. Periods follow the calendar in UTC, or in the
time zone of the configuration. A budget without a period never starts anew.

With -o json the result is the object of "budget show".

` + admin.Help,
		Example: `  llmgw budget create research --limit 100 --period monthly --key ada --key ci
  llmgw budget create trial --limit 5 --key trial
  llmgw budget create watch --limit 20 --period daily --soft --alert-threshold 0.8`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !opts.Settings.MaxBudget.Given {
				return cli.Usagef("a budget has a limit: add --limit 100")
			}
			opts.Name = args[0]
			opts.Settings.finish(cmd)
			if run != nil {
				return run(cmd.Context(), opts)
			}
			return create(cmd.Context(), opts)
		},
	}
	opts.Settings.bind(cmd)
	opts.Admin.Bind(cmd)
	tableOrJSON().Bind(cmd, &opts.Output)
	return cmd
}

func create(ctx context.Context, o *CreateOptions) error {
	return o.Admin.Do(ctx, func(ctx context.Context, c *client.Client) error {
		b, err := c.NewBudget(ctx, adminapi.NewBudget{Name: o.Name, BudgetSettings: o.Settings.BudgetSettings})
		if err != nil {
			return missingKey(err)
		}
		if err := done(o.IO, o.Output, "Made", b); err != nil {
			return err
		}
		if len(b.Keys) == 0 {
			fmt.Fprintf(o.IO.Err, "No key falls under it yet: add some with 'llmgw budget update %s --add-key KEY'.\n", b.Name)
		}
		return nil
	})
}
