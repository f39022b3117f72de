package config

import (
	"encoding/json"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/llmgw/llmgw/pkg/cli"
	"github.com/llmgw/llmgw/pkg/cli/terminal"
	"github.com/llmgw/llmgw/pkg/config"
)

// ShowOptions are what "config show" needs.
type ShowOptions struct {
	Factory *cli.Factory

	ConfigFile string
	Effective  bool
	Origin     bool
	Variables  bool
	Output     terminal.Format
}

// NewShowCmd makes the command. run replaces what it does, for tests of its flags; nil
// means the real thing.
func NewShowCmd(f *cli.Factory, run func(*ShowOptions) error) *cobra.Command {
	opts := &ShowOptions{Factory: f}
	cmd := &cobra.Command{
		Use:   "show",
		Short: "Show what a configuration sets, and from where",
		Long: `Show what is set: in the file, by variables of the environment, and by references. With
--effective show all keys, with their defaults; a key that is not set and has no default
is null, and left out of the items of lists. In place of each secret there are eight
asterisks, however long it is.

With --origin each value has where it comes from: file:line:column (and the reference
that was written there), $VARIABLE, or default. In YAML that is a comment.

With --variables list the variables that win over the file instead, each with the key
that it sets and whether it is set now; of several for one key the first that is set
counts. It is a table, or with -o json a list of objects (variable, path, set).

Formats: yaml; json: the same as an object, with --origin a list of objects (path,
value, origin, secret, and inert for what has no effect yet); table: a line for each
value, piped with tabs between path, value and, with --origin, origin.`,
		Example: `  llmgw config show
  llmgw config show --effective --origin | less
  llmgw config show --origin -o json | jq '.[] | select(.origin | startswith("$"))'
  llmgw config show --variables`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if opts.Variables && (opts.Effective || opts.Origin) {
				return cli.Usagef("--variables shows no values: leave --effective and --origin out")
			}
			if run != nil {
				return run(opts)
			}
			return show(opts)
		},
	}
	bindConfig(cmd, &opts.ConfigFile)
	cmd.Flags().BoolVar(&opts.Effective, "effective", false, "show all keys, with their defaults")
	cmd.Flags().BoolVar(&opts.Origin, "origin", false, "tell where each value comes from")
	cmd.Flags().BoolVar(&opts.Variables, "variables", false, "list the variables that win over the file")
	terminal.Formats(terminal.FormatYAML, terminal.FormatJSON, terminal.FormatTable).Bind(cmd, &opts.Output)
	return cmd
}

func show(o *ShowOptions) error {
	if o.Variables {
		return o.variables()
	}
	layout, err := effective(o.Factory, o.ConfigFile)
	if err != nil {
		return err
	}
	if !o.Effective {
		layout = layout.Written()
	}
	switch o.Output {
	case terminal.FormatJSON:
		return o.json(layout)
	case terminal.FormatTable:
		return o.table(layout)
	default:
		return o.yaml(layout)
	}
}

func (o *ShowOptions) yaml(l *config.Layout) error {
	write := l.YAML
	if o.Origin {
		write = l.AnnotatedYAML
	}
	text, err := write()
	if err != nil {
		return err
	}
	_, err = o.Factory.IO.Out.Write(text)
	return err
}

// setting is what is told of a value. The names of its fields in JSON are a contract.
type setting struct {
	Path   string          `json:"path"`
	Value  json.RawMessage `json:"value"`
	Origin string          `json:"origin"`
	Secret bool            `json:"secret"`
	Inert  bool            `json:"inert,omitempty"`
}

func (o *ShowOptions) json(l *config.Layout) error {
	if !o.Origin {
		return o.Factory.IO.WriteJSON(l)
	}
	list := []setting{}
	for _, s := range l.Settings() {
		list = append(list, setting{Path: s.Path, Value: s.JSON(), Origin: s.Origin.String(), Secret: s.Secret, Inert: s.Inert})
	}
	return o.Factory.IO.WriteJSON(list)
}

func (o *ShowOptions) table(l *config.Layout) error {
	t := &terminal.Table{Columns: terminal.Columns("path", "value")}
	if o.Origin {
		t.Columns = terminal.Columns("path", "value", "origin")
	}
	for _, s := range l.Settings() {
		row := []string{s.Path, s.Value}
		if o.Origin {
			row = append(row, s.Origin.String())
		}
		t.Rows = append(t.Rows, row)
	}
	return o.Factory.IO.WriteTable(t)
}

// variable is what is told of a variable. The names of its fields in JSON are a contract.
type variable struct {
	Variable string `json:"variable"`
	Path     string `json:"path"`
	Set      bool   `json:"set"`
}

func (o *ShowOptions) variables() error {
	list := []variable{}
	t := &terminal.Table{Columns: terminal.Columns("variable", "key", "set")}
	for _, v := range config.Variables(config.Options{LookupEnv: environment(o.Factory)}) {
		list = append(list, variable{Variable: v.Name, Path: v.Path, Set: v.Set})
		t.Rows = append(t.Rows, []string{v.Name, v.Path, strconv.FormatBool(v.Set)})
	}
	if o.Output == terminal.FormatJSON {
		return o.Factory.IO.WriteJSON(list)
	}
	return o.Factory.IO.WriteTable(t)
}
