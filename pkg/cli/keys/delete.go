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
)

// DeleteOptions are what "keys delete" needs.
type DeleteOptions struct {
	IO    *terminal.IO
	Admin admin.Target

	Keys []string
	// Yes is the answer, where nobody is to be asked.
	Yes    bool
	Output terminal.Format
}

// NewDeleteCmd makes the command. run replaces what it does, for tests of its flags;
// nil means the real thing.
func NewDeleteCmd(f *cli.Factory, run func(context.Context, *DeleteOptions) error) *cobra.Command {
	opts := &DeleteOptions{IO: f.IO, Admin: admin.Target{Factory: f}}
	cmd := &cobra.Command{
		Use:     "delete KEY…",
		Aliases: []string{"rm"},
		Short:   "Delete keys for good",
		Long: `Delete keys for good: all that are named, or none. KEY is a key's name, id, hash or
secret. What it has spent stays in the books and in the request log. On a terminal the
command asks first; elsewhere it needs --yes. 'llmgw keys block' can be undone.

With -o json the result is an object: deleted_keys, a list of ids.

` + admin.Help,
		Example: `  llmgw keys delete ci
  llmgw keys delete --yes ada key_3kq7v2m5x4znbwpa`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: completion.Values{Factory: f}.Keys,
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.Keys = nil
			for _, arg := range args {
				opts.Keys = append(opts.Keys, reference(arg))
			}
			if run != nil {
				return run(cmd.Context(), opts)
			}
			return remove(cmd.Context(), opts)
		},
	}
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
		var ids, labels []string
		for _, name := range o.Keys {
			key, err := c.KeyInfo(ctx, name)
			if err != nil {
				return err
			}
			ids, labels = append(ids, key.ID), append(labels, label(key))
		}
		if !o.Yes {
			sure, err := o.IO.Confirm(ctx, fmt.Sprintf("Delete %s for good?", strings.Join(labels, ", ")))
			if err != nil {
				return err
			}
			if !sure {
				fmt.Fprintln(o.IO.Err, "Nothing was deleted.")
				return cli.ErrSilent
			}
		}
		deleted, err := c.DeleteKeys(ctx, adminapi.DeleteRequest{Keys: ids})
		if err != nil {
			return err
		}
		fmt.Fprintln(o.IO.Err, o.IO.ErrStyles().GoodSymbol(), "Deleted", strings.Join(labels, ", "))
		if o.Output == terminal.FormatJSON {
			return o.IO.WriteJSON(adminapi.DeleteAnswer{Deleted: deleted})
		}
		return nil
	})
}
