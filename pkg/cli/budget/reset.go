package budget

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/llmgw/llmgw/pkg/cli"
	"github.com/llmgw/llmgw/pkg/cli/admin"
	"github.com/llmgw/llmgw/pkg/cli/terminal"
	"github.com/llmgw/llmgw/pkg/client"
)

// ResetOptions are what "budget reset" needs.
type ResetOptions struct {
	IO    *terminal.IO
	Admin admin.Target

	Name string
	// Yes is the answer, where nobody is to be asked.
	Yes    bool
	Output terminal.Format
}

// NewResetCmd makes the command. run replaces what it does, for tests of its flags; nil
// means the real thing.
func NewResetCmd(f *cli.Factory, run func(context.Context, *ResetOptions) error) *cobra.Command {
	opts := &ResetOptions{IO: f.IO, Admin: admin.Target{Factory: f}}
	cmd := &cobra.Command{
		Use:   "reset NAME",
		Short: "Start a budget anew, now",
		Long: `Start a budget anew, now: what was spent in this period counts no more for its limit.
Totals and reports keep it, and what open calls hold stays held. Budgets of the
configuration and of single keys ("key NAME") can be reset, too. On a terminal the
command asks first; elsewhere it needs --yes.

With -o json the result is the object of "budget show".

` + admin.Help,
		Example: `  llmgw budget reset research
  llmgw budget reset --yes 'key ci'`,
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.Name = args[0]
			if run != nil {
				return run(cmd.Context(), opts)
			}
			return reset(cmd.Context(), opts)
		},
	}
	oneBudget(cmd, f)
	cmd.Flags().BoolVarP(&opts.Yes, "yes", "y", false, "do not ask")
	opts.Admin.Bind(cmd)
	tableOrJSON().Bind(cmd, &opts.Output)
	return cmd
}

func reset(ctx context.Context, o *ResetOptions) error {
	if !o.Yes && !o.IO.InTTY {
		return cli.Usagef("nobody can be asked whether to reset: add --yes")
	}
	return o.Admin.Do(ctx, func(ctx context.Context, c *client.Client) error {
		b, err := c.BudgetInfo(ctx, o.Name)
		if err != nil {
			return err
		}
		if !o.Yes {
			question := fmt.Sprintf("Reset budget %s, of which %s USD of %s are spent?", b.Name, short(b.Spent), short(b.Limit))
			if err := sure(ctx, o.IO, question, "Nothing was reset."); err != nil {
				return err
			}
		}
		if b, err = c.ResetBudget(ctx, b.Name); err != nil {
			return err
		}
		return done(o.IO, o.Output, "Reset", b)
	})
}
