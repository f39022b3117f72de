// Package team is the command "llmgw team": teams, which in this version are names that
// keys belong to.
//
// It reads command lines, asks the admin API and writes what it answers. Package root
// puts it into the tree of commands.
package team

import (
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/llmgw/llmgw/pkg/adminapi"
	"github.com/llmgw/llmgw/pkg/cli"
	"github.com/llmgw/llmgw/pkg/cli/admin"
	"github.com/llmgw/llmgw/pkg/cli/terminal"
)

// NewCmd makes the command with those below it.
func NewCmd(f *cli.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "team",
		Short: "Make and list teams",
		Long: `Make and list teams: names that keys belong to, and that logs and metrics count by. They
have no limits of their own in this version.

` + admin.Help,
		Example: `  llmgw team create research
  llmgw keys create --name ada --team research
  llmgw team list`,
	}
	cmd.AddCommand(NewCreateCmd(f, nil), NewListCmd(f, nil), NewShowCmd(f, nil))
	return cmd
}

// table is a line for each team.
func table(io *terminal.IO, teams []adminapi.Team) *terminal.Table {
	layout := time.RFC3339
	if io.OutTTY {
		layout = "2006-01-02 15:04 MST"
	}
	t := &terminal.Table{Columns: terminal.Columns("name", "id", "keys<", "made")}
	for i := range teams {
		t.Rows = append(t.Rows, []string{
			teams[i].Alias, teams[i].ID, strconv.Itoa(teams[i].Keys), teams[i].CreatedAt.UTC().Format(layout),
		})
	}
	return t
}

// tableOrJSON are the formats of all these commands.
func tableOrJSON() terminal.FormatSet {
	return terminal.Formats(terminal.FormatTable, terminal.FormatJSON)
}
