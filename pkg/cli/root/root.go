// Package root puts the commands together and runs the one that is asked for. It
// reads the process's arguments and turns errors into exit codes; main calls it.
package root

//go:generate go run ../../../tools/completions -out ../../../completions

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/llmgw/llmgw/pkg/cli"
	"github.com/llmgw/llmgw/pkg/cli/models"
	"github.com/llmgw/llmgw/pkg/cli/providers"
	"github.com/llmgw/llmgw/pkg/cli/serve"
	"github.com/llmgw/llmgw/pkg/cli/terminal"
	"github.com/llmgw/llmgw/pkg/cli/version"
)

// Main runs the command line of the process and returns its exit code.
func Main() int {
	io := terminal.System()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	f := &cli.Factory{IO: io, Version: version.Read()}
	err := New(f).ExecuteContext(ctx)
	if errors.Is(err, context.Canceled) {
		return cli.ExitInterrupted
	}
	return cli.Report(io, err)
}

// New makes the tree of commands.
func New(f *cli.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "llmgw",
		Short: "An LLM gateway and the toolkit to run it",
		Long: `llmgw stands between people's tools (Claude Code, the OpenAI and Anthropic
SDKs) and model providers: one address, one kind of key, with limits, budgets
and a log of every call.`,
		Example: `  llmgw serve
  llmgw serve --config llmgw.yaml --listen 0.0.0.0:4000
  llmgw models list --catalog --provider anthropic`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noCommand,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	cmd.SuggestionsMinimumDistance = suggestionDistance
	cmd.SetIn(f.IO.In)
	cmd.SetOut(f.IO.Out)
	cmd.SetErr(f.IO.Err)
	cmd.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return &cli.Error{Code: cli.ExitUsage, Err: err, Hint: fmt.Sprintf("Run '%s --help' for its flags.", c.CommandPath())}
	})
	cmd.AddCommand(serve.NewCmd(f, nil), models.NewCmd(f), providers.NewCmd(f, nil), version.NewCmd(f), exitCodes())
	for _, c := range cmd.Commands() {
		checkUsage(c)
	}
	return cmd
}

// checkUsage makes what a command and those below it find wrong with their arguments
// errors of the command line.
func checkUsage(c *cobra.Command) {
	c.Args = usage(c.Args)
	for _, below := range c.Commands() {
		checkUsage(below)
	}
}

// usage makes what a command finds wrong with its arguments an error of the
// command line.
func usage(check cobra.PositionalArgs) cobra.PositionalArgs {
	if check == nil {
		return nil
	}
	return func(c *cobra.Command, args []string) error {
		err := check(c, args)
		if err == nil {
			return nil
		}
		return &cli.Error{Code: cli.ExitUsage, Err: err, Hint: fmt.Sprintf("Run '%s --help' for its flags.", c.CommandPath())}
	}
}

// suggestionDistance is how many letters may be wrong in a word that is taken
// for a command's name.
const suggestionDistance = 2

// noCommand refuses a word that is no command, and names the ones that look
// like it.
func noCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := "Run 'llmgw --help' for the commands."
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		hint = "Did you mean " + strings.Join(near, " or ") + "?"
	}
	return &cli.Error{Code: cli.ExitUsage, Err: fmt.Errorf("unknown command %q", args[0]), Hint: hint}
}

// exitCodes is a help topic: a command that cannot be run.
func exitCodes() *cobra.Command {
	return &cobra.Command{
		Use:   "exit-codes",
		Short: "What the exit codes mean",
		Long: `Exit codes of llmgw:

  0    all went well
  1    a check failed, or an operation was refused
  2    the command line or the configuration is wrong
  3    the gateway or the database cannot be reached
  4    the key is not allowed to do this
  130  interrupted`,
	}
}
