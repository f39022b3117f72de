package keys

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/llmgw/llmgw/pkg/adminapi"
	"github.com/llmgw/llmgw/pkg/cli"
	"github.com/llmgw/llmgw/pkg/cli/admin"
	"github.com/llmgw/llmgw/pkg/cli/terminal"
	"github.com/llmgw/llmgw/pkg/client"
)

// RotateOptions are what "keys rotate" needs.
type RotateOptions struct {
	IO    *terminal.IO
	Admin admin.Target

	Key string
	// Grace is how long the old secret goes on working; "" for not at all.
	Grace  string
	Output terminal.Format
}

// NewRotateCmd makes the command. run replaces what it does, for tests of its flags;
// nil means the real thing.
func NewRotateCmd(f *cli.Factory, run func(context.Context, *RotateOptions) error) *cobra.Command {
	opts := &RotateOptions{IO: f.IO, Admin: admin.Target{Factory: f}}
	cmd := &cobra.Command{
		Use:   "rotate KEY",
		Short: "Give a key a new secret",
		Long: `Give a key a new secret, which is printed this once, alone. All else of the key stays:
its id, its limits, what it has spent. KEY is its name, id, hash or secret. The old
secret stops working at once, or goes on for the time of --grace, in which both work.

With -o json the result is the object of "keys show", with key: the secret.

` + admin.Help,
		Example: `  KEY=$(llmgw keys rotate ci)
  KEY=$(llmgw keys rotate ci --grace 24h)`,
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.Key = reference(args[0])
			if run != nil {
				return run(cmd.Context(), opts)
			}
			return rotate(cmd.Context(), opts)
		},
	}
	cmd.Flags().Func("grace", "how `long` the old secret goes on working: 24h, 7d (default not at all)", func(text string) (err error) {
		if text == "0" || isNone(text) {
			opts.Grace = ""
			return nil
		}
		opts.Grace, err = parseDuration(text)
		return err
	})
	oneKey(cmd, f)
	opts.Admin.Bind(cmd)
	tableOrJSON().Bind(cmd, &opts.Output)
	return cmd
}

func rotate(ctx context.Context, o *RotateOptions) error {
	return o.Admin.Do(ctx, func(ctx context.Context, c *client.Client) error {
		key, err := c.RegenerateKey(ctx, adminapi.RegenerateRequest{Key: o.Key, GracePeriod: o.Grace})
		if err != nil {
			return err
		}
		return shownOnce(o.IO, o.Output, "Rotated", key)
	})
}
