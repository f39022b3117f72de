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

// CreateOptions are what "keys create" needs.
type CreateOptions struct {
	IO    *terminal.IO
	Admin admin.Target

	Settings Settings
	Output   terminal.Format
}

// NewCreateCmd makes the command. run replaces what it does, for tests of its flags;
// nil means the real thing.
func NewCreateCmd(f *cli.Factory, run func(context.Context, *CreateOptions) error) *cobra.Command {
	opts := &CreateOptions{IO: f.IO, Admin: admin.Target{Factory: f}}
	cmd := &cobra.Command{
		Use:   "create",
		Short: "Make a key",
		Long: `Make a key. Its secret is printed this once, alone, so that a shell can keep it; all
else is told on standard error. What is not limited here follows the configuration's
default limits.

With -o json the result is the object of "keys show", with key: the secret.

` + admin.Help,
		Example: `  llmgw keys create --name ada --team research
  KEY=$(llmgw keys create --name ci --models 'claude-*,gpt-5-mini' --rpm 60 --budget 100/monthly)
  llmgw keys create --name trial --expires 14d --budget 5 --metadata owner=ada -o json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if run != nil {
				return run(cmd.Context(), opts)
			}
			return create(cmd.Context(), opts)
		},
	}
	opts.Settings.bind(cmd)
	opts.Admin.Bind(cmd)
	tableOrJSON().Bind(cmd, &opts.Output)
	return cmd
}

func create(ctx context.Context, o *CreateOptions) error {
	o.Settings.annotate(nil)
	return o.Admin.Do(ctx, func(ctx context.Context, c *client.Client) error {
		if err := o.Settings.find(ctx, c); err != nil {
			return err
		}
		key, err := c.GenerateKey(ctx, adminapi.GenerateRequest{KeySettings: o.Settings.KeySettings})
		if err != nil {
			return err
		}
		return shownOnce(o.IO, o.Output, "Made", key)
	})
}
