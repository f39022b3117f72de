package team

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/llmgw/llmgw/pkg/adminapi"
	"github.com/llmgw/llmgw/pkg/cli"
	"github.com/llmgw/llmgw/pkg/cli/admin"
	"github.com/llmgw/llmgw/pkg/cli/completion"
	"github.com/llmgw/llmgw/pkg/cli/terminal"
	"github.com/llmgw/llmgw/pkg/client"
)

// ListOptions are what "team list" needs.
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
		Short:   "List teams",
		Long: `List teams: name, id, how many keys belong to it, and when it was made.

Piped, the columns are separated by tabs and have no heads, and times are RFC 3339. With
-o json the result is a list of the objects of "team show".

` + admin.Help,
		Example: `  llmgw team list
  llmgw team list -o json | jq -r '.[] | select(.keys == 0) | .team_alias'`,
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
		teams, err := c.ListTeams(ctx)
		if err != nil {
			return err
		}
		if len(teams) == 0 {
			fmt.Fprintln(o.IO.Err, "There are no teams. Make one with 'llmgw team create'.")
		}
		switch {
		case o.Output == terminal.FormatJSON:
			return o.IO.WriteJSON(teams)
		case len(teams) == 0:
			return nil
		default:
			return o.IO.WriteTable(table(o.IO, teams))
		}
	})
}

// ShowOptions are what "team show" needs.
type ShowOptions struct {
	IO    *terminal.IO
	Admin admin.Target

	Team   string
	Output terminal.Format
}

// NewShowCmd makes the command. run replaces what it does, for tests of its flags; nil
// means the real thing.
func NewShowCmd(f *cli.Factory, run func(context.Context, *ShowOptions) error) *cobra.Command {
	opts := &ShowOptions{IO: f.IO, Admin: admin.Target{Factory: f}}
	cmd := &cobra.Command{
		Use:   "show TEAM",
		Short: "Show a team",
		Long: `Show a team, which is named by its name or its id.

Piped, the columns of "team list" are separated by tabs. With -o json the result is an
object: team_id, team_alias, keys (how many) and created_at.

` + admin.Help,
		Example: `  llmgw team show research
  llmgw team show research -o json`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completion.Values{Factory: f}.Team,
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.Team = args[0]
			if run != nil {
				return run(cmd.Context(), opts)
			}
			return show(cmd.Context(), opts)
		},
	}
	opts.Admin.Bind(cmd)
	tableOrJSON().Bind(cmd, &opts.Output)
	return cmd
}

func show(ctx context.Context, o *ShowOptions) error {
	return o.Admin.Do(ctx, func(ctx context.Context, c *client.Client) error {
		team, err := c.FindTeam(ctx, o.Team)
		if err != nil {
			return err
		}
		if o.Output == terminal.FormatJSON {
			return o.IO.WriteJSON(team)
		}
		return o.IO.WriteTable(table(o.IO, []adminapi.Team{*team}))
	})
}
