package keys

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/llmgw/llmgw/pkg/adminapi"
	"github.com/llmgw/llmgw/pkg/cli"
	"github.com/llmgw/llmgw/pkg/cli/admin"
	"github.com/llmgw/llmgw/pkg/cli/terminal"
	"github.com/llmgw/llmgw/pkg/client"
)

// ListOptions are what "keys list" needs.
type ListOptions struct {
	IO    *terminal.IO
	Admin admin.Target

	Team             string
	Expired, Blocked bool
	Output           terminal.Format
}

// NewListCmd makes the command. run replaces what it does, for tests of its flags; nil
// means the real thing.
func NewListCmd(f *cli.Factory, run func(context.Context, *ListOptions) error) *cobra.Command {
	opts := &ListOptions{IO: f.IO, Admin: admin.Target{Factory: f}}
	cmd := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List keys",
		Long: `List keys: name, id, team, models, limits, what was spent in USD and of how much, when
the budget starts anew, when the key ends, and its state: active, blocked, expired, or
config for those that stand in the configuration, which only there can be changed. With
several filters, those keys are listed that all of them let through.

Piped, the columns are separated by tabs and have no heads, and times are RFC 3339. With
-o json the result is a list of the objects of "keys show".

` + admin.Help,
		Example: `  llmgw keys list
  llmgw keys list --team research --expired
  llmgw keys list -o json | jq -r '.[] | select(.max_budget == null) | .key_id'`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if run != nil {
				return run(cmd.Context(), opts)
			}
			return list(cmd.Context(), opts)
		},
	}
	cmd.Flags().StringVar(&opts.Team, "team", "", "only keys of this `team`, by name or id")
	cmd.Flags().BoolVar(&opts.Expired, "expired", false, "only keys that have ended")
	cmd.Flags().BoolVar(&opts.Blocked, "blocked", false, "only keys that are blocked")
	opts.Admin.Bind(cmd)
	tableOrJSON().Bind(cmd, &opts.Output)
	return cmd
}

func list(ctx context.Context, o *ListOptions) error {
	at := now()
	keys := []adminapi.Key{}
	err := o.Admin.Do(ctx, func(ctx context.Context, c *client.Client) error {
		team := ""
		if o.Team != "" {
			t, err := c.FindTeam(ctx, o.Team)
			if err != nil {
				return missingTeam(err)
			}
			team = t.ID
		}
		for key, err := range c.Keys(ctx) {
			if err != nil {
				return err
			}
			if (team == "" || key.TeamID == team) && (!o.Expired || isExpired(&key, at)) && (!o.Blocked || key.Blocked) {
				keys = append(keys, key)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if len(keys) == 0 {
		fmt.Fprintln(o.IO.Err, o.nothing())
	}
	asOf(o.IO, keys, at)
	switch {
	case o.Output == terminal.FormatJSON:
		return o.IO.WriteJSON(keys)
	case len(keys) == 0:
		return nil
	default:
		return o.IO.WriteTable(table(o.IO, keys, at))
	}
}

// nothing says why the list is empty.
func (o *ListOptions) nothing() string {
	if o.Team != "" || o.Expired || o.Blocked {
		return "No such keys."
	}
	return "There are no keys. Make one with 'llmgw keys create'."
}

// asOf says that what was spent is as old as the last time that a gateway wrote it
// down.
func asOf(io *terminal.IO, keys []adminapi.Key, now time.Time) {
	var last *time.Time
	for i := range keys {
		if at := keys[i].SpendAsOf; at != nil && (last == nil || at.After(*last)) {
			last = at
		}
	}
	if last != nil {
		fmt.Fprintf(io.Err, "No gateway runs: what was spent is as of %s.\n", terminal.When(last, now))
	}
}

// narrow is the width below which a terminal has no room for all columns.
const narrow = 110

// table is a line for each key. On a narrow terminal it does without what else is told:
// ids of keys that have a name, and when budgets start anew.
func table(io *terminal.IO, keys []adminapi.Key, now time.Time) *terminal.Table {
	short := io.OutTTY && io.OutWidth > 0 && io.OutWidth < narrow
	t := &terminal.Table{Columns: terminal.Columns("name", "id", "team", "models", "limits", "spent USD", "resets", "expires", "state")}
	if short {
		t.Columns = terminal.Columns("name", "team", "models", "limits", "spent USD", "expires", "state")
	}
	for i := range keys {
		k := &keys[i]
		expires, state := instant(io, k.Expires, now), stateText(io, stateOf(k, now))
		if short {
			t.Rows = append(t.Rows, []string{cmp.Or(k.Alias, k.ID), teamOf(k), modelsOf(k), limitsOf(k), spentOf(k), expires, state})
			continue
		}
		t.Rows = append(t.Rows, []string{
			k.Alias, k.ID, teamOf(k), modelsOf(k), limitsOf(k), spentOf(k), instant(io, k.BudgetResetAt, now), expires, state,
		})
	}
	return t
}

// instant is a time for people, or for programs.
func instant(io *terminal.IO, at *time.Time, now time.Time) string {
	switch {
	case at == nil:
		return ""
	case io.OutTTY:
		return terminal.InWords(*at, now)
	default:
		return at.UTC().Format(time.RFC3339)
	}
}

// stateText is a state as it stands in a table.
func stateText(io *terminal.IO, state string) string {
	styles := io.Styles()
	switch state {
	case active:
		return styles.Good.Render(state)
	case blocked:
		return styles.Bad.Render(state)
	case expired:
		return styles.Warn.Render(state)
	default:
		return state
	}
}
