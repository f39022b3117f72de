package team

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/llmgw/llmgw/pkg/adminapi"
	"github.com/llmgw/llmgw/pkg/cli"
	"github.com/llmgw/llmgw/pkg/cli/admin"
	"github.com/llmgw/llmgw/pkg/cli/terminal"
	"github.com/llmgw/llmgw/pkg/client"
)

// CreateOptions are what "team create" needs.
type CreateOptions struct {
	IO    *terminal.IO
	Admin admin.Target

	Name string
	// ID is made where it is "".
	ID     string
	Output terminal.Format
}

// NewCreateCmd makes the command. run replaces what it does, for tests of its flags;
// nil means the real thing.
func NewCreateCmd(f *cli.Factory, run func(context.Context, *CreateOptions) error) *cobra.Command {
	opts := &CreateOptions{IO: f.IO, Admin: admin.Target{Factory: f}}
	cmd := &cobra.Command{
		Use:   "create NAME",
		Short: "Make a team",
		Long: `Make a team. Its id is printed, alone; commands take the name as well.

With -o json the result is the object of "team show".

` + admin.Help,
		Example: `  llmgw team create research
  llmgw team create research --id 5c0e1ab2-6a0f-4d0e-9a53-2f8f6a1f0b1d`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.Name = args[0]
			if run != nil {
				return run(cmd.Context(), opts)
			}
			return create(cmd.Context(), opts)
		},
	}
	cmd.Flags().StringVar(&opts.ID, "id", "", "`id` of the team, such as it has in LiteLLM; without it one is made")
	opts.Admin.Bind(cmd)
	tableOrJSON().Bind(cmd, &opts.Output)
	return cmd
}

func create(ctx context.Context, o *CreateOptions) error {
	return o.Admin.Do(ctx, func(ctx context.Context, c *client.Client) error {
		team, err := c.NewTeam(ctx, adminapi.NewTeam{Alias: o.Name, ID: o.ID})
		if err != nil {
			return err
		}
		fmt.Fprintf(o.IO.Err, "%s Made team %s (%s)\n", o.IO.ErrStyles().GoodSymbol(), team.Alias, team.ID)
		if o.Output == terminal.FormatJSON {
			return o.IO.WriteJSON(team)
		}
		_, err = fmt.Fprintln(o.IO.Out, team.ID)
		return err
	})
}
