// Package budget is the command "llmgw budget": limits on money that keys share, from
// their making to their end, and how they stand.
//
// It reads command lines, asks the admin API and writes what it answers; what a budget
// is and may do is decided behind that API. Package root puts it into the tree of
// commands.
package budget

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/llmgw/llmgw/pkg/adminapi"
	"github.com/llmgw/llmgw/pkg/cli"
	"github.com/llmgw/llmgw/pkg/cli/admin"
	"github.com/llmgw/llmgw/pkg/cli/completion"
	"github.com/llmgw/llmgw/pkg/cli/terminal"
	"github.com/llmgw/llmgw/pkg/client"
	"github.com/llmgw/llmgw/pkg/keys"
)

// NewCmd makes the command with those below it.
func NewCmd(f *cli.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "budget",
		Short: "Make and watch budgets",
		Long: `Make and watch budgets: limits on the money that several keys may spend together in a
period. A hard budget is never exceeded; a soft one only counts and alerts. Beside those
that are made here there are the budgets of the configuration, which only there can be
changed, and those of single keys ("key NAME"), which change with their keys.

` + admin.Help,
		Example: `  llmgw budget create research --limit 100 --period monthly --key ada --key ci
  llmgw budget status
  llmgw budget update research --limit 150`,
	}
	cmd.AddCommand(
		NewCreateCmd(f, nil), NewListCmd(f, nil), NewShowCmd(f, nil), NewUpdateCmd(f, nil),
		NewResetCmd(f, nil), NewDeleteCmd(f, nil), NewStatusCmd(f, nil),
	)
	return cmd
}

// tableOrJSON are the formats of all these commands.
func tableOrJSON() terminal.FormatSet {
	return terminal.Formats(terminal.FormatTable, terminal.FormatJSON)
}

// oneBudget makes a command one about a budget: NAME is its name or id.
func oneBudget(cmd *cobra.Command, f *cli.Factory) {
	cmd.Args = cobra.ExactArgs(1)
	cmd.ValidArgsFunction = completion.Values{Factory: f}.Budget
}

// now is the clock of messages.
func now() time.Time { return time.Now() }

// secretPrefix begins every secret, and no name.
const secretPrefix = "sk-"

// references are how keys are named to the gateway: as on the command line, but secrets
// by their hashes. They need not travel, and must not stand in messages.
func references(args []string) []string {
	names := make([]string, len(args))
	for i, arg := range args {
		if names[i] = arg; strings.HasPrefix(arg, secretPrefix) {
			names[i] = keys.Sum(arg).String()
		}
	}
	return names
}

// fields are what -o json has of a budget.
type fields struct {
	Name     string      `json:"name"`
	Limit    json.Number `json:"limit_usd"`
	Spent    json.Number `json:"spent_usd"`
	Held     json.Number `json:"held_usd"`
	Left     json.Number `json:"left_usd"`
	Period   string      `json:"period"`
	ResetsAt *time.Time  `json:"resets_at"`
	Hard     bool        `json:"hard"`
	Accounts []string    `json:"accounts"`
}

func fieldsOf(b *adminapi.Budget) fields {
	return fields{b.Name, b.Limit, b.Spent, b.Held, b.Left, b.Period, b.ResetsAt, b.Hard, append([]string{}, b.Accounts...)}
}

func allFields(budgets []adminapi.Budget) []fields {
	list := make([]fields, len(budgets))
	for i := range budgets {
		list[i] = fieldsOf(&budgets[i])
	}
	return list
}

// done says what was done to a budget, and writes what has become of it where that is
// wanted.
func done(io *terminal.IO, output terminal.Format, what string, b *adminapi.Budget) error {
	fmt.Fprintln(io.Err, io.ErrStyles().GoodSymbol(), what, "budget", b.Name)
	if output == terminal.FormatJSON {
		return io.WriteJSON(fieldsOf(b))
	}
	return nil
}

// asOf says that what was spent is as old as the last time that a gateway wrote it
// down.
func asOf(io *terminal.IO, budgets []adminapi.Budget) {
	for i := range budgets {
		if at := budgets[i].AsOf; at != nil {
			fmt.Fprintf(io.Err, "No gateway runs: what was spent is as of %s.\n", terminal.When(at, now()))
			return
		}
	}
}

// missingKey says what to do about a key that there is not.
func missingKey(err error) error {
	status, ok := errors.AsType[*client.StatusError](err)
	if !ok || !errors.Is(err, client.ErrNotFound) || !strings.HasPrefix(status.Message, "there is no key") {
		return err
	}
	return &cli.Error{Code: cli.ExitFailed, Err: err, Hint: "See 'llmgw keys list'."}
}
