package terminal

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// Format is how a result is written: the value of --output.
type Format string

// The formats. A command knows some of them: see [Formats]; it may add its own.
const (
	// FormatTable is a table on a terminal, and columns elsewhere.
	FormatTable Format = "table"
	// FormatJSON is one JSON document.
	FormatJSON Format = "json"
	// FormatYAML is one YAML document.
	FormatYAML Format = "yaml"
	// FormatCSV is RFC 4180 with a line of heads.
	FormatCSV Format = "csv"
	// FormatMarkdown is for comments on pull requests, and pages.
	FormatMarkdown Format = "markdown"
	// FormatJUnit is the XML that CI systems read as test results.
	FormatJUnit Format = "junit"
)

// FormatSet are the formats that a command knows. The first is its default.
type FormatSet []Format

// Formats makes the set of the formats that a command knows, the default first:
//
//	terminal.Formats(terminal.FormatTable, terminal.FormatJSON).Bind(cmd, &opts.Output)
func Formats(known ...Format) FormatSet { return known }

// Bind adds the flag --output, with -o for short, to a command. What is chosen is
// written to into, which gets the default now.
func (s FormatSet) Bind(cmd *cobra.Command, into *Format) {
	*into = s[0]
	cmd.Flags().VarP(&formatFlag{known: s, chosen: into}, "output", "o", "`format` of the result: "+s.list())
	names := make([]cobra.Completion, len(s))
	for i, f := range s {
		names[i] = string(f)
	}
	if err := cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(names, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err) // the flag is there since a moment ago
	}
}

// list names the formats in a sentence.
func (s FormatSet) list() string {
	names := make([]string, len(s))
	for i, f := range s {
		names[i] = string(f)
	}
	last := len(names) - 1
	if last == 0 {
		return names[0]
	}
	return strings.Join(names[:last], ", ") + " or " + names[last]
}

// formatFlag is the flag: a pflag.Value.
type formatFlag struct {
	known  FormatSet
	chosen *Format
}

func (f *formatFlag) String() string {
	if f.chosen == nil { // pflag asks the zero value
		return ""
	}
	return string(*f.chosen)
}

func (f *formatFlag) Type() string { return "format" }

func (f *formatFlag) Set(text string) error {
	given := Format(strings.ToLower(text))
	if !slices.Contains(f.known, given) {
		return fmt.Errorf("there is no such format here (write %s)", f.known.list())
	}
	*f.chosen = given
	return nil
}

// WriteJSON writes a value as an indented JSON document.
func (s *IO) WriteJSON(v any) error {
	e := json.NewEncoder(s.Out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
