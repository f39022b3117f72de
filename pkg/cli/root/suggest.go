package root

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/llmgw/llmgw/pkg/cli"
)

// suggestionDistance is how many letters may be wrong in a word that is taken for the
// name of a command or a flag.
const suggestionDistance = 2

// unknownCommand refuses a word that is no command, and names the ones that look like
// it.
func unknownCommand(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	c.SuggestionsMinimumDistance = suggestionDistance
	return cli.InCommand(
		cli.UsageError(fmt.Errorf("unknown command %q", c.CommandPath()+" "+args[0]), didYouMean("", c.SuggestionsFor(args[0]))), c.CommandPath(),
	)
}

// unknownFlag makes what is wrong with a flag an error of the command line, and names
// the flags that look like one that there is not.
func unknownFlag(c *cobra.Command, err error) error {
	hint := ""
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok && unknown.GetSpecifiedShortnames() == "" {
		hint = didYouMean("--", flagsLike(c, unknown.GetSpecifiedName()))
	}
	return cli.InCommand(cli.UsageError(err, hint), c.CommandPath())
}

// flagsLike are the flags of a command that look like a name. What cobra does for the
// names of commands is good for flags, too.
func flagsLike(c *cobra.Command, name string) []string {
	names := &cobra.Command{SuggestionsMinimumDistance: suggestionDistance}
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names.AddCommand(&cobra.Command{Use: f.Name, Run: func(*cobra.Command, []string) {}})
		}
	})
	return names.SuggestionsFor(name)
}

// didYouMean asks for one of some names; "" where there is none.
func didYouMean(prefix string, names []string) string {
	if len(names) == 0 {
		return ""
	}
	return "Did you mean " + prefix + strings.Join(names, " or "+prefix) + "?"
}

// checked makes what a command finds wrong with its arguments an error of the command
// line.
func checked(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		err := check(c, args)
		if err == nil {
			return nil
		}
		if strings.HasPrefix(err.Error(), "unknown command") { // what cobra.NoArgs says
			err = fmt.Errorf("unexpected argument %q", args[0])
		}
		return cli.InCommand(cli.UsageError(err, ""), c.CommandPath())
	}
}
