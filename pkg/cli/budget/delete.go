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

// DeleteOptions are what "budget delete" needs.
type DeleteOptions struct {
	IO    *terminal.IO
	Admin admin.Target

	Name string
	// Yes is the answer, where nobody is to be asked.
	Yes    bool
	Output terminal.Format
}

// NewDeleteCmd makes the command. run replaces what it does, for tests of its flags;
// nil means the real thing.
func NewDeleteCmd(f *cli.Factory, run func(context.Context, *DeleteOptions) error) *cobra.Command {
	opts := &DeleteOptions{IO: f.IO, Admin: admin.Target{Factory: f}}
	cmd := &cobra.Command{
		Use:     "delete NAME",
		Aliases: []string{"rm"},
		Short:   "Delete a budget for good",
		Long: `Delete a budget for good: its keys are no longer limited by it. What was spent stays in
the books and in the request log. On a terminal the command asks first; elsewhere it
needs --yes.

With -o json the result is the budget as it was: the object of "budget show".

` + admin.Help,
		Example: `  llmgw budget delete research
  llmgw budget delete --yes trial`,
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.Name = args[0]
			if run != nil {
				return run(cmd.Context(), opts)
			}
			return remove(cmd.Context(), opts)
		},
	}
	oneBudget(cmd, f)
	cmd.Flags().BoolVarP(&opts.Yes, "yes", "y", false, "do not ask")
	opts.Admin.Bind(cmd)
	tableOrJSON().Bind(cmd, &opts.Output)
	return cmd
}

func remove(ctx context.Context, o *DeleteOptions) error {
	if !o.Yes && !o.IO.InTTY {
		return cli.Usagef("nobody can be asked whether to delete: add --yes")
	}
	return o.Admin.Do(ctx, func(ctx context.Context, c *client.Client) error {
		b, err := c.BudgetInfo(ctx, o.Name)
		if err != nil {
			return err
		}
		if b.Source == adminapi.SourceStore && !o.Yes {
			if err := sure(ctx, o.IO, fmt.Sprintf("Delete budget %s for good?", b.Name), "Nothing was deleted."); err != nil {
				return err
			}
		}
		if b, err = c.DeleteBudget(ctx, b.Name); err != nil {
			return err
		}
		return done(o.IO, o.Output, "Deleted", b)
	})
}

// sure asks whether to go on; cli.ErrSilent for no, which is said.
func sure(ctx context.Context, io *terminal.IO, question, no string) error {
	yes, err := io.Confirm(ctx, question)
	if err != nil || yes {
		return err
	}
	fmt.Fprintln(io.Err, no)
	return cli.ErrSilent
}
