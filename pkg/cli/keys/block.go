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

// BlockOptions are what "keys block" and "keys unblock" need.
type BlockOptions struct {
	IO    *terminal.IO
	Admin admin.Target

	Key    string
	Output terminal.Format
}

// NewBlockCmd makes the command. run replaces what it does, for tests of its flags; nil
// means the real thing.
func NewBlockCmd(f *cli.Factory, run func(context.Context, *BlockOptions) error) *cobra.Command {
	cmd := newBlockCmd(f, run, block)
	cmd.Use = "block KEY"
	cmd.Short = "Make the gateway refuse a key"
	cmd.Long = `Make the gateway refuse a key, until it is unblocked. KEY is its name, id, hash or
secret. Calls that are on their way go on to their end.

With -o json the result is the object of "keys show".

` + admin.Help
	cmd.Example = `  llmgw keys block ci`
	return cmd
}

// NewUnblockCmd makes the command. run replaces what it does, for tests of its flags;
// nil means the real thing.
func NewUnblockCmd(f *cli.Factory, run func(context.Context, *BlockOptions) error) *cobra.Command {
	cmd := newBlockCmd(f, run, unblock)
	cmd.Use = "unblock KEY"
	cmd.Short = "Let a blocked key work again"
	cmd.Long = `Let a blocked key work again. KEY is its name, id, hash or secret.

With -o json the result is the object of "keys show".

` + admin.Help
	cmd.Example = `  llmgw keys unblock ci`
	return cmd
}

// newBlockCmd makes what the two commands share.
func newBlockCmd(f *cli.Factory, run, usual func(context.Context, *BlockOptions) error) *cobra.Command {
	opts := &BlockOptions{IO: f.IO, Admin: admin.Target{Factory: f}}
	if run == nil {
		run = usual
	}
	cmd := &cobra.Command{
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.Key = reference(args[0])
			return run(cmd.Context(), opts)
		},
	}
	oneKey(cmd, f)
	opts.Admin.Bind(cmd)
	tableOrJSON().Bind(cmd, &opts.Output)
	return cmd
}

func block(ctx context.Context, o *BlockOptions) error {
	return o.change(ctx, (*client.Client).BlockKey, "Blocked")
}

func unblock(ctx context.Context, o *BlockOptions) error {
	return o.change(ctx, (*client.Client).UnblockKey, "Unblocked")
}

func (o *BlockOptions) change(
	ctx context.Context, call func(*client.Client, context.Context, string) (*adminapi.Key, error), what string,
) error {
	return o.Admin.Do(ctx, func(ctx context.Context, c *client.Client) error {
		key, err := call(c, ctx, o.Key)
		if err != nil {
			return err
		}
		return changed(o.IO, o.Output, what, key)
	})
}
