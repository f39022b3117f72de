// Package initialize is the command "llmgw init": it writes a first configuration that
// starts as it is.
//
// It looks into the environment for credentials, whose values it never reads into the
// file, and asks a few questions where a person is at the terminal. What the file says
// stands in pkg/config; package root puts the command into the tree.
package initialize

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/llmgw/llmgw/pkg/app"
	"github.com/llmgw/llmgw/pkg/cli"
	"github.com/llmgw/llmgw/pkg/config"
	"github.com/llmgw/llmgw/pkg/llm"
)

// Options are what the command needs.
type Options struct {
	Factory *cli.Factory

	File      string
	Providers []string
	Force     bool
	// RPM and Budget are limits to write, Port is one to tell of; "" for none.
	RPM, Budget, Port string

	ask bool
}

// defaultFile is where serve looks first.
const defaultFile = "llmgw.yaml"

// NewCmd makes the command. run replaces what it does, for tests of its flags; nil
// means the real thing.
func NewCmd(f *cli.Factory, run func(context.Context, *Options) error) *cobra.Command {
	opts := &Options{Factory: f}
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Write a first configuration",
		Long: `Write a first configuration, with comments, that starts as it is. The model echo/hello
is always in it and needs nothing. For each provider it has entries that refer to the
credential in the environment; where the variable is not set they are comments that name
it. Without --provider these are anthropic, openai, and all others whose variable is
set. No secret is written; a master key is made when the gateway starts first.

On a terminal, and without any flag, it asks for what it needs; an empty answer, and the
end of input, take what is in brackets. A file that is there is never overwritten
without --force.

Exit codes: 0 the file is written; 1 it is there already or cannot be written; 2 the
command line is wrong, or a provider is not known.`,
		Example: `  llmgw init
  llmgw init --provider anthropic,groq --file gateway.yaml
  llmgw init --provider echo --force`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			opts.ask = f.IO.InTTY && cmd.Flags().NFlag() == 0
			if run != nil {
				return run(cmd.Context(), opts)
			}
			return initialize(cmd.Context(), opts)
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&opts.File, "file", "f", defaultFile, "`file` to write")
	flags.StringSliceVar(&opts.Providers, "provider", nil, "`providers` to write entries for, with commas between (see 'llmgw providers')")
	flags.StringVar(&opts.RPM, "rpm", "", "limit of `requests` a minute for each key")
	flags.StringVar(&opts.Budget, "budget", "", "hard budget in `dollars` a month, for everything")
	flags.BoolVar(&opts.Force, "force", false, "replace the file")
	return cmd
}

func initialize(ctx context.Context, o *Options) error {
	vendors, err := app.Vendors()
	if err != nil {
		return err
	}
	from := config.Options{Vendors: vendors, LookupEnv: o.environment()}
	if o.ask {
		if err := o.interview(ctx, from); err != nil {
			return err
		}
	}
	if err := o.checkLimits(); err != nil {
		return err
	}
	text, err := config.Initial(config.InitialOptions{
		Options: from, Name: o.File, Providers: o.Providers, RPM: o.RPM, Budget: o.Budget,
	})
	if errors.Is(err, config.ErrUnknownProvider) {
		return cli.Usagef("--provider: %w", err)
	}
	if err != nil {
		return err
	}
	write := cli.CreateFile
	if o.Force {
		write = cli.ReplaceFile
	}
	if err := write(o.File, text); err != nil {
		return err
	}
	o.nextSteps()
	return nil
}

// environment reads the environment of the factory.
func (o *Options) environment() func(string) (string, bool) {
	if o.Factory.LookupEnv == nil {
		return func(string) (string, bool) { return "", false }
	}
	return o.Factory.LookupEnv
}

// checkLimits refuses what would be a mistake in the file.
func (o *Options) checkLimits() error {
	if n, err := strconv.ParseInt(o.RPM, 10, 64); o.RPM != "" && (err != nil || n < 1) {
		return cli.Usagef("--rpm %q is no number of requests (write one such as 60)", o.RPM)
	}
	if n, err := llm.ParseUSD(o.Budget); o.Budget != "" && (err != nil || n <= 0) {
		return cli.Usagef("--budget %q is no amount (write dollars such as 100 or 12.50)", o.Budget)
	}
	if n, err := strconv.ParseUint(o.Port, 10, 16); o.Port != "" && (err != nil || n == 0) {
		return cli.Usagef("%q is no port (1 to 65535)", o.Port)
	}
	return nil
}

// nextSteps says what to do with the file.
func (o *Options) nextSteps() {
	io := o.Factory.IO
	serve, named := "llmgw serve", ""
	if o.File != defaultFile {
		named = " --config " + o.File
	}
	serve += named
	address := config.DefaultListen
	if host, _, err := net.SplitHostPort(address); err == nil && o.Port != "" && !strings.HasSuffix(address, ":"+o.Port) {
		serve += " --port " + o.Port
		address = net.JoinHostPort(host, o.Port)
	}
	fmt.Fprintf(io.Err, "%s %s is written. Next:\n", io.ErrStyles().GoodSymbol(), o.File)
	for _, step := range [][2]string{
		{serve, "start the gateway"},
		{"llmgw keys create" + named + " --name me", "make a key for a client"},
		{"llmgw validate --url http://" + address, "check it, with small calls"},
	} {
		fmt.Fprintf(io.Err, "  %-44s %s\n", step[0], io.ErrStyles().Faint.Render("# "+step[1]))
	}
}
