// Package models is the command "llmgw models": which models are configured, and
// what is known of them and of all others, with their prices.
//
// It looks things up and calls nobody; package root puts it into the tree of
// commands.
package models

import (
	"github.com/spf13/cobra"

	"github.com/llmgw/llmgw/pkg/cli"
	"github.com/llmgw/llmgw/pkg/cli/terminal"
)

// NewCmd makes the command with those below it. Without a word behind it, it lists.
func NewCmd(f *cli.Factory) *cobra.Command {
	list := NewListCmd(f, nil)
	cmd := &cobra.Command{
		Use:   "models",
		Short: "List models with their limits and prices",
		Long: `List the models of the configuration, or those that the built-in catalogue
knows, with their limits and prices; show everything that is known of one.`,
		Example: `  llmgw models
  llmgw models list --catalog --provider anthropic
  llmgw models show claude-sonnet-5`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, args []string) error { return list.RunE(c, args) },
	}
	cmd.Flags().AddFlagSet(list.Flags())
	cmd.AddCommand(list, NewShowCmd(f, nil))
	return cmd
}

// bindOutput adds the flag --output.
func bindOutput(cmd *cobra.Command, format *terminal.Format) {
	terminal.Formats(terminal.FormatTable, terminal.FormatJSON).Bind(cmd, format)
}

// bindConfig adds the flag --config.
func bindConfig(cmd *cobra.Command, file *string) {
	cmd.Flags().StringVarP(file, "config", "c", "", "configuration `file`; without it the one that serve would find")
}
