package budget

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/llmgw/llmgw/pkg/adminapi"
	"github.com/llmgw/llmgw/pkg/cli"
	"github.com/llmgw/llmgw/pkg/cli/admin"
	"github.com/llmgw/llmgw/pkg/cli/terminal"
	"github.com/llmgw/llmgw/pkg/client"
)

// ListOptions are what "budget list" needs.
type ListOptions struct {
	IO    *terminal.IO
	Admin admin.Target

	Output terminal.Format
}

// NewListCmd makes the command. run replaces what it does, for tests of its flags; nil
// means the real thing.
func NewListCmd(f *cli.Factory, run func(context.Context, *ListOptions) error) *cobra.Command {
	opts := &ListOptions{IO: f.IO, Admin: admin.Target{Factory: f}}
	cmd := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List budgets",
		Long: `List budgets: name, limit, what was spent and what is left of it in USD, period, when
it starts anew, whether it is hard or soft, who falls under it, and where it comes from:
store for those that are made here, config for those of the configuration, key for those
of single keys.

Piped, the columns are separated by tabs and have no heads, and times are RFC 3339. With
-o json the result is a list of the objects of "budget show".

` + admin.Help,
		Example: `  llmgw budget list
  llmgw budget list -o json | jq -r '.[] | select(.left_usd < 10) | .name'`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if run != nil {
				return run(cmd.Context(), opts)
			}
			return list(cmd.Context(), opts)
		},
	}
	opts.Admin.Bind(cmd)
	tableOrJSON().Bind(cmd, &opts.Output)
	return cmd
}

func list(ctx context.Context, o *ListOptions) error {
	return o.Admin.Do(ctx, func(ctx context.Context, c *client.Client) error {
		budgets, err := c.ListBudgets(ctx)
		if err != nil {
			return err
		}
		nothing(o.IO, budgets)
		asOf(o.IO, budgets)
		switch {
		case o.Output == terminal.FormatJSON:
			return o.IO.WriteJSON(allFields(budgets))
		case len(budgets) == 0:
			return nil
		default:
			return o.IO.WriteTable(table(o.IO, budgets))
		}
	})
}

// nothing says that there are no budgets, where there are none.
func nothing(io *terminal.IO, budgets []adminapi.Budget) {
	if len(budgets) == 0 {
		fmt.Fprintln(io.Err, "There are no budgets. Make one with 'llmgw budget create'.")
	}
}

// table is a line for each budget.
func table(io *terminal.IO, budgets []adminapi.Budget) *terminal.Table {
	t := &terminal.Table{Columns: terminal.Columns("name", "limit USD<", "spent<", "left<", "period", "resets?", "kind", "accounts?", "source?")}
	at := now()
	for i := range budgets {
		b := &budgets[i]
		resets := ""
		switch {
		case b.ResetsAt == nil:
		case io.OutTTY:
			resets = terminal.InWords(*b.ResetsAt, at)
		default:
			resets = b.ResetsAt.UTC().Format(time.RFC3339)
		}
		t.Rows = append(t.Rows, []string{
			b.Name, b.Limit.String(), b.Spent.String(), b.Left.String(), b.Period, resets, kindOf(b), strings.Join(b.Accounts, ", "), b.Source,
		})
	}
	return t
}

// kindOf tells whether a budget refuses.
func kindOf(b *adminapi.Budget) string {
	if b.Hard {
		return "hard"
	}
	return "soft"
}

// ShowOptions are what "budget show" needs.
type ShowOptions struct {
	IO    *terminal.IO
	Admin admin.Target

	Name   string
	Output terminal.Format
}

// NewShowCmd makes the command. run replaces what it does, for tests of its flags; nil
// means the real thing.
func NewShowCmd(f *cli.Factory, run func(context.Context, *ShowOptions) error) *cobra.Command {
	opts := &ShowOptions{IO: f.IO, Admin: admin.Target{Factory: f}}
	cmd := &cobra.Command{
		Use:   "show NAME",
		Short: "Show everything about a budget",
		Long: `Show everything about a budget, which is named by its name or its id; the budget of a
single key as "key NAME".

Piped, each line has two fields with a tab between them: what, and its value; times are
RFC 3339. With -o json the result is an object: name, limit_usd, spent_usd, held_usd
(what open calls may come to), left_usd, period, resets_at (null for never), hard and
accounts (who falls under it).

` + admin.Help,
		Example: `  llmgw budget show research
  llmgw budget show 'key ci' -o json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.Name = args[0]
			if run != nil {
				return run(cmd.Context(), opts)
			}
			return show(cmd.Context(), opts)
		},
	}
	oneBudget(cmd, f)
	opts.Admin.Bind(cmd)
	tableOrJSON().Bind(cmd, &opts.Output)
	return cmd
}

func show(ctx context.Context, o *ShowOptions) error {
	return o.Admin.Do(ctx, func(ctx context.Context, c *client.Client) error {
		b, err := c.BudgetInfo(ctx, o.Name)
		if err != nil {
			return err
		}
		asOf(o.IO, []adminapi.Budget{*b})
		if o.Output == terminal.FormatJSON {
			return o.IO.WriteJSON(fieldsOf(b))
		}
		return o.IO.WriteTable(details(o.IO, b, now()))
	})
}

// details is everything of a budget, a line for each fact.
func details(io *terminal.IO, b *adminapi.Budget, now time.Time) *terminal.Table {
	f := terminal.Facts{IO: io, Now: now}
	f.Add("name", b.Name)
	f.Add("account", b.Account)
	f.Add("source", b.Source)
	f.Add("kind", kindOf(b))
	f.Add("limit USD", b.Limit.String())
	f.Add("spent USD", b.Spent.String())
	f.Add("held USD", b.Held.String())
	f.Add("left USD", b.Left.String())
	f.Add("period", b.Period)
	f.At("started", b.StartedAt)
	f.At("resets", b.ResetsAt)
	if b.AlertThreshold != nil {
		f.Add("alert threshold", b.AlertThreshold.String())
	}
	f.Add("accounts", strings.Join(b.Accounts, ", "))
	if b.BurnRate != nil {
		f.Add("USD a day", short(*b.BurnRate))
	}
	f.At("lasts until", b.LastsUntil)
	f.At("made", b.CreatedAt)
	f.At("changed", b.UpdatedAt)
	return f.Table()
}
