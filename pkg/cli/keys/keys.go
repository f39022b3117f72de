// Package keys is the command "llmgw keys": virtual keys, from their making to their
// end.
//
// It reads command lines and files, asks the admin API and writes what it answers;
// what a key is and may do is decided behind that API. Package root puts it into the
// tree of commands.
package keys

import (
	"context"
	"fmt"
	"strings"

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
		Use:   "keys",
		Short: "Make and manage virtual keys",
		Long: `Make and manage virtual keys: what people and programs call the gateway with, each with
its own models, limits, budget and end. A key's secret is shown once; the gateway keeps
its SHA-256. Its id is public, and stands in logs.

` + admin.Help,
		Example: `  KEY=$(llmgw keys create --name ci --models 'claude-*' --budget 100/monthly --expires 30d)
  llmgw keys list
  llmgw keys rotate ci --grace 24h`,
	}
	cmd.AddCommand(
		NewCreateCmd(f, nil), NewListCmd(f, nil), NewShowCmd(f, nil), NewUpdateCmd(f, nil), NewRotateCmd(f, nil),
		NewBlockCmd(f, nil), NewUnblockCmd(f, nil), NewDeleteCmd(f, nil), NewImportCmd(f, nil),
	)
	return cmd
}

// tableOrJSON are the formats of all these commands.
func tableOrJSON() terminal.FormatSet {
	return terminal.Formats(terminal.FormatTable, terminal.FormatJSON)
}

// oneKey makes a command one about a key: KEY is its name, id, hash or secret.
func oneKey(cmd *cobra.Command, f *cli.Factory) {
	cmd.Args = cobra.ExactArgs(1)
	cmd.ValidArgsFunction = completion.Values{Factory: f}.Key
}

// secretPrefix begins every secret, and no name.
const secretPrefix = "sk-"

// reference is how a key is named to the gateway: as on the command line, but a secret
// by its hash. It need not travel, and must not stand in messages.
func reference(arg string) string {
	if !strings.HasPrefix(arg, secretPrefix) {
		return arg
	}
	return keys.Sum(arg).String()
}

// label names a key to people.
func label(k *adminapi.Key) string {
	if k.Alias == "" {
		return "key " + k.ID
	}
	return fmt.Sprintf("key %s (%s)", k.Alias, k.ID)
}

// done says that something was done to a key.
func done(io *terminal.IO, what string, k *adminapi.Key) {
	fmt.Fprintln(io.Err, io.ErrStyles().GoodSymbol(), what, label(k))
}

// changed writes what has become of a key.
func changed(io *terminal.IO, output terminal.Format, what string, k *adminapi.Key) error {
	done(io, what, k)
	if output == terminal.FormatJSON {
		return io.WriteJSON(k)
	}
	return nil
}

// shownOnce writes a key with its secret: the secret alone to where the result goes, so
// that a shell can keep it in a variable.
func shownOnce(io *terminal.IO, output terminal.Format, what string, a *adminapi.GenerateAnswer) error {
	if output == terminal.FormatJSON {
		if err := io.WriteJSON(a); err != nil {
			return lost(&a.Key, err)
		}
	} else if _, err := fmt.Fprintln(io.Out, a.Secret); err != nil {
		return lost(&a.Key, err)
	}
	done(io, what, &a.Key)
	for _, fact := range facts(&a.Key, now()) {
		fmt.Fprintf(io.Err, "  %-9s %s\n", fact.what, fact.value)
	}
	if output == terminal.FormatTable {
		fmt.Fprintln(io.Err, "Store the secret now: it is not shown again.")
	}
	return nil
}

// lost says that a key is there whose secret nobody has seen.
func lost(k *adminapi.Key, err error) error {
	return &cli.Error{
		Code: cli.ExitFailed, Err: fmt.Errorf("the secret could not be written: %w", err),
		Hint: fmt.Sprintf("Run 'llmgw keys rotate %s' for another one.", k.ID),
	}
}

// find resolves the team of settings, which the API wants by its id.
func (s *Settings) find(ctx context.Context, c *client.Client) error {
	if s.Team == "" {
		return nil
	}
	team, err := c.FindTeam(ctx, s.Team)
	if err != nil {
		return missingTeam(err)
	}
	s.TeamID = adminapi.Some(team.ID)
	return nil
}
