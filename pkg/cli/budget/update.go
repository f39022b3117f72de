package budget

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/llmgw/llmgw/pkg/adminapi"
	"github.com/llmgw/llmgw/pkg/cli"
	"github.com/llmgw/llmgw/pkg/cli/admin"
	"github.com/llmgw/llmgw/pkg/cli/completion"
	"github.com/llmgw/llmgw/pkg/cli/terminal"
	"github.com/llmgw/llmgw/pkg/client"
)

// UpdateOptions are what "budget update" needs.
type UpdateOptions struct {
	IO    *terminal.IO
	Admin admin.Target

	Name, NewName string
	Settings      Settings
	Output        terminal.Format
}

// settingFlags are the flags that change something.
const settingFlags = "name limit period key add-key remove-key soft alert-threshold"

// NewUpdateCmd makes the command. run replaces what it does, for tests of its flags;
// nil means the real thing.
func NewUpdateCmd(f *cli.Factory, run func(context.Context, *UpdateOptions) error) *cobra.Command {
	opts := &UpdateOptions{IO: f.IO, Admin: admin.Target{Factory: f}}
	cmd := &cobra.Command{
		Use:   "update NAME",
		Short: "Change a budget",
		Long: `Change a budget: only what is given. What was spent in the period still counts; with
another --period another count begins, from 0. With --key the keys named replace those
there were; --add-key and --remove-key change the list. --soft=false makes a budget hard.
A running gateway knows it within a second.

With -o json the result is the object of "budget show".

` + admin.Help,
		Example: `  llmgw budget update research --limit 150
  llmgw budget update research --add-key build --remove-key ada
  llmgw budget update watch --soft=false --alert-threshold none`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if !changesAny(cmd) {
				return cli.Usagef("there is nothing to change: give one of the flags, such as --limit 150")
			}
			opts.Name = args[0]
			opts.Settings.finish(cmd)
			if run != nil {
				return run(cmd.Context(), opts)
			}
			return update(cmd.Context(), opts)
		},
	}
	oneBudget(cmd, f)
	opts.Settings.bind(cmd)
	flags := cmd.Flags()
	flags.StringVar(&opts.NewName, "name", "", "another `name`")
	flags.StringArrayVar(&opts.Settings.add, "add-key", nil, "another `key` that falls under it; may be given again")
	flags.StringArrayVar(&opts.Settings.remove, "remove-key", nil, "`key` that falls under it no more; may be given again")
	for _, name := range []string{"add-key", "remove-key"} {
		if err := cmd.RegisterFlagCompletionFunc(name, completion.Values{Factory: f}.Keys); err != nil {
			panic(err) // the flags are there since a moment ago
		}
	}
	opts.Admin.Bind(cmd)
	tableOrJSON().Bind(cmd, &opts.Output)
	return cmd
}

func update(ctx context.Context, o *UpdateOptions) error {
	return o.Admin.Do(ctx, func(ctx context.Context, c *client.Client) error {
		r := adminapi.UpdateBudget{Name: o.Name, BudgetSettings: o.Settings.BudgetSettings}
		if o.NewName != "" {
			r.NewName = adminapi.Some(o.NewName)
		}
		b, err := c.UpdateBudget(ctx, r)
		if err != nil {
			return missingKey(err)
		}
		return done(o.IO, o.Output, "Changed", b)
	})
}

// changesAny reports whether a flag is given that changes the budget.
func changesAny(cmd *cobra.Command) bool {
	for name := range strings.FieldsSeq(settingFlags) {
		if cmd.Flags().Changed(name) {
			return true
		}
	}
	return false
}
