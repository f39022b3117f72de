package keys

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/llmgw/llmgw/pkg/adminapi"
	"github.com/llmgw/llmgw/pkg/cli"
	"github.com/llmgw/llmgw/pkg/cli/admin"
	"github.com/llmgw/llmgw/pkg/cli/terminal"
	"github.com/llmgw/llmgw/pkg/client"
)

// UpdateOptions are what "keys update" needs.
type UpdateOptions struct {
	IO    *terminal.IO
	Admin admin.Target

	Key      string
	Settings Settings
	Output   terminal.Format
}

// settingFlags are the flags that change something.
const settingFlags = "name team models rpm tpm rpd max-parallel budget expires metadata"

// NewUpdateCmd makes the command. run replaces what it does, for tests of its flags;
// nil means the real thing.
func NewUpdateCmd(f *cli.Factory, run func(context.Context, *UpdateOptions) error) *cobra.Command {
	opts := &UpdateOptions{IO: f.IO, Admin: admin.Target{Factory: f}}
	cmd := &cobra.Command{
		Use:   "update KEY",
		Short: "Change a key",
		Long: `Change a key: only what is given. KEY is its name, id, hash or secret. The value none
takes off what was set (so do 0 for a limit, all for models, never for its end); a note
without a value (--metadata owner=) is taken out. A budget that is changed goes on with
what was spent. A running gateway knows it within a second.

With -o json the result is the object of "keys show".

` + admin.Help,
		Example: `  llmgw keys update ci --rpm 120 --budget 200/monthly
  llmgw keys update ci --rpm none --models all
  llmgw keys update key_3kq7v2m5x4znbwpa --name build --expires 90d`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if !changesAny(cmd) {
				return cli.Usagef("there is nothing to change: give one of the flags, such as --rpm 60")
			}
			opts.Key = reference(args[0])
			if run != nil {
				return run(cmd.Context(), opts)
			}
			return update(cmd.Context(), opts)
		},
	}
	oneKey(cmd, f)
	opts.Settings.bind(cmd)
	opts.Admin.Bind(cmd)
	tableOrJSON().Bind(cmd, &opts.Output)
	return cmd
}

func update(ctx context.Context, o *UpdateOptions) error {
	return o.Admin.Do(ctx, func(ctx context.Context, c *client.Client) error {
		if err := o.Settings.find(ctx, c); err != nil {
			return err
		}
		if len(o.Settings.Notes) > 0 {
			// The API takes metadata as a whole.
			key, err := c.KeyInfo(ctx, o.Key)
			if err != nil {
				return err
			}
			o.Settings.annotate(key.Metadata)
		}
		key, err := c.UpdateKey(ctx, adminapi.UpdateRequest{Key: o.Key, KeySettings: o.Settings.KeySettings})
		if err != nil {
			return err
		}
		return changed(o.IO, o.Output, "Changed", key)
	})
}

// changesAny reports whether a flag is given that changes the key.
func changesAny(cmd *cobra.Command) bool {
	for name := range strings.FieldsSeq(settingFlags) {
		if cmd.Flags().Changed(name) {
			return true
		}
	}
	return false
}
