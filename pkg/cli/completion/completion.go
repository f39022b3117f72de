// Package completion is the command "llmgw completion", and knows the values that
// flags and arguments take: models, keys, teams, budgets, providers, periods.
//
// A value is looked up while a person waits with a finger on the tab key: within half a
// second, and without a word where that fails. Package root and the commands are its
// callers.
package completion

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/llmgw/llmgw/pkg/cli"
)

// NewCmd makes the command.
func NewCmd(f *cli.Factory) *cobra.Command {
	shells := []cobra.Completion{"bash", "zsh", "fish", "powershell"}
	return &cobra.Command{
		Use:   "completion bash|zsh|fish|powershell",
		Short: "Print the completion script of a shell",
		Long: `Print a script that teaches a shell to complete llmgw's commands, flags and their
values: models of the configuration, keys, teams, budgets, providers.

  bash        llmgw completion bash > ~/.local/share/bash-completion/completions/llmgw
              (needs the package bash-completion)
  zsh         llmgw completion zsh > "${fpath[1]}/_llmgw"
  fish        llmgw completion fish > ~/.config/fish/completions/llmgw.fish
  powershell  llmgw completion powershell | Out-String | Invoke-Expression
              (for every session: put the line into $PROFILE)

It works in shells that are started after that.`,
		Example: `  source <(llmgw completion bash)
  llmgw completion zsh > "${fpath[1]}/_llmgw"`,
		ValidArgs:             shells,
		Args:                  oneShell(shells),
		DisableFlagsInUseLine: true,
		RunE: func(c *cobra.Command, args []string) error {
			root, out := c.Root(), f.IO.Out
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(out, true)
			case "zsh":
				return root.GenZshCompletion(out)
			case "fish":
				return root.GenFishCompletion(out, true)
			default:
				return root.GenPowerShellCompletionWithDesc(out)
			}
		},
	}
}

// oneShell wants the name of a shell.
func oneShell(shells []cobra.Completion) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		switch {
		case len(args) == 0:
			return fmt.Errorf("which shell? (%s)", c.Use[len("completion "):])
		case len(args) > 1:
			return fmt.Errorf("one shell at a time (got %d)", len(args))
		}
		if slices.Contains(shells, args[0]) {
			return nil
		}
		return fmt.Errorf("there are no completions for %q (but for %s)", args[0], c.Use[len("completion "):])
	}
}
