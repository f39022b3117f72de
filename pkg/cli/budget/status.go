package budget

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/llmgw/llmgw/pkg/adminapi"
	"github.com/llmgw/llmgw/pkg/cli"
	"github.com/llmgw/llmgw/pkg/cli/admin"
	"github.com/llmgw/llmgw/pkg/cli/completion"
	"github.com/llmgw/llmgw/pkg/cli/terminal"
	"github.com/llmgw/llmgw/pkg/client"
)

// StatusOptions are what "budget status" needs.
type StatusOptions struct {
	IO    *terminal.IO
	Admin admin.Target

	// Names are the budgets to show; none for all.
	Names []string
	// Watch is how often to look again; 0 for once.
	Watch  time.Duration
	Output terminal.Format
}

// The intervals of --watch.
const (
	usualWatch   = 2 * time.Second
	fastestWatch = 100 * time.Millisecond
)

// NewStatusCmd makes the command. run replaces what it does, for tests of its flags;
// nil means the real thing.
func NewStatusCmd(f *cli.Factory, run func(context.Context, *StatusOptions) error) *cobra.Command {
	opts := &StatusOptions{IO: f.IO, Admin: admin.Target{Factory: f}}
	cmd := &cobra.Command{
		Use:   "status [NAME…]",
		Short: "Show how budgets stand",
		Long: `Show how budgets stand, all or those that are named: a bar of what is spent, held by
open calls and left; when the budget starts anew; what is spent in a day, by what was
spent so far in the period (at its beginning also by the period before); and until when
it lasts at that rate.

Piped, the columns are separated by tabs and have no heads: name, limit, spent, held,
left (USD), percent, period, when it starts anew, USD a day, until when it lasts (empty
where it lasts the period); times are RFC 3339. With -o json the result is a list of the
objects of "budget show". With --watch that is repeated, until Ctrl-C; an interval is
joined to the flag: --watch=10s.

` + admin.Help,
		Example: `  llmgw budget status
  llmgw budget status research --watch
  llmgw budget status -o json | jq '.[] | select(.left_usd == 0)'`,
		ValidArgsFunction: completion.Values{Factory: f}.Budgets,
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("watch") && opts.Watch < fastestWatch {
				return cli.UsageError(errFast, "")
			}
			opts.Names = args
			if run != nil {
				return run(cmd.Context(), opts)
			}
			return status(cmd.Context(), opts)
		},
	}
	cmd.Flags().DurationVarP(&opts.Watch, "watch", "w", 0, "look again every 2s, or every `interval`, until Ctrl-C")
	cmd.Flags().Lookup("watch").NoOptDefVal = usualWatch.String()
	opts.Admin.Bind(cmd)
	tableOrJSON().Bind(cmd, &opts.Output)
	return cmd
}

// errFast says that an interval is none.
var errFast = errors.New("an interval of --watch is 100ms or more, such as --watch=5s")

func status(ctx context.Context, o *StatusOptions) error {
	screen := o.IO.Screen()
	first := true
	once := func(ctx context.Context, c *client.Client) error {
		budgets, err := find(ctx, c, o.Names)
		if err != nil {
			return err
		}
		if first {
			nothing(o.IO, budgets)
			asOf(o.IO, budgets)
		}
		first = false
		return o.write(screen, budgets)
	}
	for {
		if err := o.Admin.Do(ctx, once); err != nil || o.Watch == 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(o.Watch):
		}
	}
}

// find finds the budgets that are named, or all.
func find(ctx context.Context, c *client.Client, names []string) ([]adminapi.Budget, error) {
	if len(names) == 0 {
		return c.ListBudgets(ctx)
	}
	budgets := make([]adminapi.Budget, len(names))
	for i, name := range names {
		b, err := c.BudgetInfo(ctx, name)
		if err != nil {
			return nil, err
		}
		budgets[i] = *b
	}
	return budgets, nil
}

// write writes how budgets stand, on a terminal in place of what stood there.
func (o *StatusOptions) write(screen *terminal.Screen, budgets []adminapi.Budget) error {
	switch {
	case o.Output == terminal.FormatJSON:
		return o.IO.WriteJSON(allFields(budgets))
	case o.IO.OutTTY:
		return screen.Draw(bars(o.IO, budgets, now()))
	default:
		return o.IO.WriteTable(columns(budgets))
	}
}
