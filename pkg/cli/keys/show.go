package keys

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/llmgw/llmgw/pkg/adminapi"
	"github.com/llmgw/llmgw/pkg/cli"
	"github.com/llmgw/llmgw/pkg/cli/admin"
	"github.com/llmgw/llmgw/pkg/cli/terminal"
	"github.com/llmgw/llmgw/pkg/client"
)

// ShowOptions are what "keys show" needs.
type ShowOptions struct {
	IO    *terminal.IO
	Admin admin.Target

	Key    string
	Output terminal.Format
}

// NewShowCmd makes the command. run replaces what it does, for tests of its flags; nil
// means the real thing.
func NewShowCmd(f *cli.Factory, run func(context.Context, *ShowOptions) error) *cobra.Command {
	opts := &ShowOptions{IO: f.IO, Admin: admin.Target{Factory: f}}
	cmd := &cobra.Command{
		Use:   "show KEY",
		Short: "Show everything about a key but its secret",
		Long: `Show everything about a key but its secret. KEY is its name, its id, the SHA-256 of its
secret, or the secret itself, of which only the hash is sent.

Piped, each line has two fields with a tab between them: what, and its value; times are
RFC 3339. With -o json the result is an object: key_id, token (the hash), key_name (the
secret's end), key_alias, source (store, or config for a key of the configuration),
team_id, team_alias, models (empty for all), rpm_limit, tpm_limit, rpd_limit,
max_parallel_requests, expires, blocked, max_budget and spend (USD), budget_duration,
budget_reset_at, spend_as_of (only where no gateway runs), budgets (the names of those
that it shares, see "budget show"), metadata, grace_until (how long the secret before the
last rotation works), created_at and updated_at. What is not set is null or left out.

` + admin.Help,
		Example: `  llmgw keys show ci
  llmgw keys show key_3kq7v2m5x4znbwpa -o json
  llmgw keys show "$KEY"`,
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.Key = reference(args[0])
			if run != nil {
				return run(cmd.Context(), opts)
			}
			return show(cmd.Context(), opts)
		},
	}
	oneKey(cmd, f)
	opts.Admin.Bind(cmd)
	tableOrJSON().Bind(cmd, &opts.Output)
	return cmd
}

func show(ctx context.Context, o *ShowOptions) error {
	return o.Admin.Do(ctx, func(ctx context.Context, c *client.Client) error {
		key, err := c.KeyInfo(ctx, o.Key)
		if err != nil {
			return err
		}
		at := now()
		asOf(o.IO, []adminapi.Key{*key}, at)
		if o.Output == terminal.FormatJSON {
			return o.IO.WriteJSON(key)
		}
		return o.IO.WriteTable(details(o.IO, key, at))
	})
}

// details is everything of a key, a line for each fact.
func details(io *terminal.IO, k *adminapi.Key, now time.Time) *terminal.Table {
	f := terminal.Facts{IO: io, Now: now}
	f.Add("name", k.Alias)
	f.Add("id", k.ID)
	f.Add("state", stateText(io, stateOf(k, now)))
	f.Add("secret", k.Name)
	f.Add("hash", k.Token)
	f.Add("team", teamOf(k))
	f.Add("models", modelsOf(k))
	f.Add("limits", limitsOf(k))
	f.Add("spent USD", spentOf(k))
	f.At("resets", k.BudgetResetAt)
	f.Add("budgets", strings.Join(k.Budgets, ", "))
	f.At("expires", k.Expires)
	f.At("old secret works until", k.GraceUntil)
	f.Add("metadata", notesOf(k.Metadata))
	f.At("made", k.CreatedAt)
	f.At("changed", k.UpdatedAt)
	return f.Table()
}
