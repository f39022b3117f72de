package root

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/llmgw/llmgw/pkg/cli"
	"github.com/llmgw/llmgw/pkg/cli/terminal"
)

// Help is written by the functions below and not by cobra's templates: it takes a
// tenth of the time, and text/template would keep code in the binary that nothing
// calls.

// writeHelp writes the help page of a command.
func writeHelp(s *terminal.IO, c *cobra.Command) {
	text := c.Long
	if text == "" {
		text = c.Short + "."
	}
	fmt.Fprintln(s.Out, strings.TrimSpace(text))
	if c.Runnable() || c.HasSubCommands() {
		fmt.Fprintln(s.Out)
		writeUsage(s, c)
	}
}

// page writes the parts of a help page.
type page struct {
	out     io.Writer
	heading func(...string) string
	begun   bool
}

// part begins a part, with an empty line before all but the first.
func (p *page) part(title string) {
	if p.begun {
		fmt.Fprintln(p.out)
	}
	p.begun = true
	fmt.Fprintln(p.out, p.heading(title+":"))
}

// writeUsage writes how a command is called: what its help page has behind the text.
func writeUsage(s *terminal.IO, c *cobra.Command) {
	p := &page{out: s.Out, heading: s.Styles().Heading.Render}
	p.part("Usage")
	if c.Annotations[onlyBelow] == "" {
		fmt.Fprintln(p.out, "  "+c.UseLine())
	}
	if c.HasAvailableSubCommands() {
		fmt.Fprintln(p.out, "  "+c.CommandPath()+" COMMAND")
	}
	if len(c.Aliases) > 0 {
		p.part("Aliases")
		fmt.Fprintln(p.out, "  "+c.NameAndAliases())
	}
	if c.HasExample() {
		p.part("Examples")
		fmt.Fprintln(p.out, c.Example)
	}
	p.commands(c)
	if flags := c.LocalFlags(); flags.HasAvailableFlags() {
		p.part("Flags")
		fmt.Fprint(p.out, flags.FlagUsagesWrapped(s.OutWidth))
	}
	p.topics(c)
	if c.HasAvailableSubCommands() {
		fmt.Fprintf(p.out, "\nSee '%s COMMAND --help' for more about a command.\n", c.CommandPath())
	}
}

// commands lists those below a command, by their groups.
func (p *page) commands(c *cobra.Command) {
	for _, g := range c.Groups() {
		p.list(g.Title, c, func(below *cobra.Command) bool { return listed(below) && below.GroupID == g.ID })
	}
	if len(c.Groups()) == 0 {
		p.list("Commands", c, listed)
	}
}

// listed reports whether help names a command. Cobra leaves its help command out.
func listed(c *cobra.Command) bool { return c.IsAvailableCommand() || c.Name() == helpName }

// helpName is the name of the command that shows help.
const helpName = "help"

// list writes the commands below c that are chosen, a line for each.
func (p *page) list(title string, c *cobra.Command, chosen func(*cobra.Command) bool) {
	width, some := 0, false
	for _, below := range c.Commands() {
		if listed(below) {
			width = max(width, len(below.Name()))
		}
		some = some || chosen(below)
	}
	if !some {
		return
	}
	p.part(title)
	for _, below := range c.Commands() {
		if chosen(below) {
			fmt.Fprintf(p.out, "  %-*s   %s\n", width, below.Name(), below.Short)
		}
	}
}

// topics lists the pages of help that belong to no command.
func (p *page) topics(c *cobra.Command) {
	if !c.HasHelpSubCommands() {
		return
	}
	p.part("Help topics")
	for _, topic := range c.Commands() {
		if topic.IsAdditionalHelpTopicCommand() {
			fmt.Fprintf(p.out, "  %s %s %-11s   %s\n", c.CommandPath(), helpName, topic.Name(), topic.Short)
		}
	}
}

// helpCommand is "llmgw help".
func helpCommand(f *cli.Factory) *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND | TOPIC]",
		Short: "Show the help of a command or about a topic",
		Example: `  llmgw help serve
  llmgw help exit-codes`,
		ValidArgsFunction: func(c *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
			at, rest, err := c.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			var names []cobra.Completion
			for _, below := range at.Commands() {
				if below.IsAvailableCommand() || below.IsAdditionalHelpTopicCommand() {
					names = append(names, cobra.CompletionWithDesc(below.Name(), below.Short))
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(c *cobra.Command, args []string) error {
			at, rest, err := c.Root().Find(args)
			if err == nil && len(rest) > 0 {
				err = unknownCommand(at, rest)
			}
			if err != nil {
				return err
			}
			at.InitDefaultHelpFlag()
			writeHelp(f.IO, at)
			return nil
		},
	}
}
