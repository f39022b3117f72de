// Package root puts the commands together and runs the one that is asked for. It
// reads the process's arguments and environment, writes help, and turns errors into
// exit codes; main calls it.
package root

//go:generate go run ../../../tools/completions -out ../../../completions
//go:generate go run ../../../tools/reference -out ../../../docs/cli.md

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/llmgw/llmgw/pkg/cli"
	"github.com/llmgw/llmgw/pkg/cli/budget"
	"github.com/llmgw/llmgw/pkg/cli/completion"
	"github.com/llmgw/llmgw/pkg/cli/config"
	"github.com/llmgw/llmgw/pkg/cli/initialize"
	"github.com/llmgw/llmgw/pkg/cli/keys"
	"github.com/llmgw/llmgw/pkg/cli/logs"
	"github.com/llmgw/llmgw/pkg/cli/man"
	"github.com/llmgw/llmgw/pkg/cli/models"
	"github.com/llmgw/llmgw/pkg/cli/providers"
	"github.com/llmgw/llmgw/pkg/cli/serve"
	"github.com/llmgw/llmgw/pkg/cli/team"
	"github.com/llmgw/llmgw/pkg/cli/terminal"
	"github.com/llmgw/llmgw/pkg/cli/validate"
	"github.com/llmgw/llmgw/pkg/cli/version"
)

// Main runs the command line of the process and returns its exit code.
func Main() int {
	io := terminal.System()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	f := &cli.Factory{IO: io, Version: version.Read(), LookupEnv: os.LookupEnv}
	return cli.Report(io, New(f).ExecuteContext(ctx))
}

// group is what stands under one heading of llmgw's help.
type group struct {
	id, title string
	commands  []*cobra.Command
}

// groups are all commands. This list and its order are what people see first.
func groups(f *cli.Factory) []group {
	return []group{
		{"run", "Run", []*cobra.Command{initialize.NewCmd(f, nil), serve.NewCmd(f, nil)}},
		{"check", "Check", []*cobra.Command{config.NewCmd(f), validate.NewCmd(f, nil)}},
		{"administer", "Administer", []*cobra.Command{keys.NewCmd(f), team.NewCmd(f), budget.NewCmd(f)}},
		{"inspect", "Inspect", []*cobra.Command{logs.NewCmd(f), models.NewCmd(f), providers.NewCmd(f, nil)}},
		{"other", "Other", []*cobra.Command{completion.NewCmd(f), helpCommand(f), version.NewCmd(f), man.NewCmd(f, nil)}},
	}
}

// New makes the tree of commands.
func New(f *cli.Factory) *cobra.Command {
	var showVersion bool
	cmd := &cobra.Command{
		Use:   "llmgw",
		Short: "An LLM gateway and the toolkit to run it",
		Long: `llmgw stands between people's tools (Claude Code, the OpenAI and Anthropic
SDKs) and model providers: one address, one kind of key, with limits, budgets
and a log of every call.`,
		Example: `  llmgw init && llmgw serve
  llmgw validate
  KEY=$(llmgw keys create --name me --budget 20/monthly)`,
		Annotations:       map[string]string{onlyBelow: "true"},
		SilenceErrors:     true,
		SilenceUsage:      true,
		DisableAutoGenTag: true,
		RunE: func(c *cobra.Command, _ []string) error {
			if showVersion {
				return version.Write(f)
			}
			return c.Help()
		},
	}
	cmd.Flags().BoolVar(&showVersion, "version", false, "the same as 'llmgw version'")
	cmd.CompletionOptions.DisableDefaultCmd = true // there is one of our own
	cmd.SetIn(f.IO.In)
	cmd.SetOut(f.IO.Out)
	cmd.SetErr(f.IO.Err)
	cmd.SetHelpFunc(func(c *cobra.Command, _ []string) { writeHelp(f.IO, c) })
	cmd.SetUsageFunc(func(c *cobra.Command) error { writeUsage(f.IO, c); return nil })
	cmd.SetFlagErrorFunc(unknownFlag)
	for _, g := range groups(f) {
		cmd.AddGroup(&cobra.Group{ID: g.id, Title: g.title})
		for _, c := range g.commands {
			c.GroupID = g.id
			cmd.AddCommand(c)
			if c.Name() == helpName {
				cmd.SetHelpCommand(c)
			}
		}
	}
	cmd.AddCommand(topics()...)
	finish(cmd, completion.Values{Factory: f})
	return cmd
}

// finish gives a command and all below it what every command has: suggestions for
// words that are wrong, errors that say whose help to read, and completions of what
// flags of that name take.
func finish(c *cobra.Command, values completion.Values) {
	switch {
	case c.HasSubCommands():
		c.Args = unknownCommand
		if c.Run == nil && c.RunE == nil {
			c.Annotations = map[string]string{onlyBelow: "true"}
			c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
		}
	case c.Args != nil:
		c.Args = checked(c.Args)
	}
	if run := c.RunE; run != nil {
		c.RunE = func(c *cobra.Command, args []string) error { return cli.InCommand(run(c, args), c.CommandPath()) }
	}
	values.Register(c)
	for _, below := range c.Commands() {
		finish(below, values)
	}
}

// onlyBelow marks a command that does nothing itself.
const onlyBelow = "only_below"
