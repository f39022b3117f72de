package models

import (
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/llmgw/llmgw/pkg/cli"
	"github.com/llmgw/llmgw/pkg/cli/terminal"
	"github.com/llmgw/llmgw/pkg/config"
	"github.com/llmgw/llmgw/pkg/llm/catalog"
)

// ListOptions are what "models list" needs.
type ListOptions struct {
	IO *terminal.IO

	ConfigFile string
	Catalog    bool
	Provider   string
	Output     terminal.Format
}

// NewListCmd makes the command. run replaces what it does, for tests of its flags;
// nil means the real thing.
func NewListCmd(f *cli.Factory, run func(*ListOptions) error) *cobra.Command {
	opts := &ListOptions{IO: f.IO}
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the models of the configuration or the catalogue",
		Long: `List the models of the configuration: one line for each deployment, with the name
that clients ask for, where it is served, the kind of calls, context and output limit
in tokens, the prices of input and output in USD for a million tokens, and where the
price comes from: config, file (general_settings.price_file), catalog, or unknown.

With --catalog, list all models that the built-in catalogue knows instead, with the
price file laid over it, and who stated the facts and when.

Piped, the columns are separated by tabs and have no heads. With -o json the result is
a list of objects: model, provider, upstream_model, deployment, mode, context_tokens,
max_output_tokens, capabilities, price (null where it is unknown; input, output,
cache_read, cache_write_5m, cache_write_1h and reasoning in USD for a million tokens,
query and request in USD each, tiers with above_input_tokens), price_source,
deprecation, source and as_of. What is not known is left out.`,
		Example: `  llmgw models list
  llmgw models list --catalog --provider openrouter
  llmgw models list --catalog -o json | jq '.[] | select(.price.input < 1) | .model'`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if run != nil {
				return run(opts)
			}
			return list(opts)
		},
	}
	bindConfig(cmd, &opts.ConfigFile)
	bindOutput(cmd, &opts.Output)
	cmd.Flags().BoolVar(&opts.Catalog, "catalog", false, "list what the built-in catalogue knows")
	cmd.Flags().BoolVar(&opts.Catalog, "all", false, "the same as --catalog")
	cmd.Flags().StringVar(&opts.Provider, "provider", "", "only models of this `provider`")
	return cmd
}

func list(o *ListOptions) error {
	cfg, err := cli.LoadConfig(o.IO, o.ConfigFile)
	if err != nil {
		return err
	}
	models, table, err := o.collect(cfg)
	if err != nil {
		return err
	}
	if len(models) == 0 {
		fmt.Fprintln(o.IO.Err, o.nothing())
	}
	if o.Output == terminal.FormatJSON {
		return o.IO.WriteJSON(models)
	}
	return o.IO.WriteTable(table)
}

// nothing says why the list is empty.
func (o *ListOptions) nothing() string {
	switch {
	case o.Provider == "":
		return "No models are configured."
	case o.Catalog:
		return fmt.Sprintf("The catalogue knows no model of %q.", o.Provider)
	default:
		return fmt.Sprintf("No models of %q are configured.", o.Provider)
	}
}

// collect finds the models and puts them into a table.
func (o *ListOptions) collect(cfg *config.Config) ([]model, *terminal.Table, error) {
	if o.Catalog {
		models := catalogModels(cfg.Catalog, o.Provider)
		return models, catalogTable(models), nil
	}
	models := []model{}
	for i := range cfg.Models {
		d := &cfg.Models[i]
		if o.Provider != "" && d.Provider != o.Provider {
			continue
		}
		m, err := configured(cfg, d, d.Group, d.UpstreamModel)
		if err != nil {
			return nil, nil, err
		}
		models = append(models, m)
	}
	return models, configTable(models), nil
}

func catalogModels(c *catalog.Catalog, provider string) []model {
	all := c.Models
	if provider != "" {
		all = func() []*catalog.Model { return c.ModelsOf(provider) }
	}
	models := []model{}
	for _, k := range all() {
		models = append(models, known(k.Provider+"/"+k.Name, k))
	}
	return models
}

func configTable(models []model) *terminal.Table {
	t := &terminal.Table{Columns: terminal.Columns("model", "served by", "mode", "context<", "output<", "$/M in<", "$/M out<", "price from")}
	for i := range models {
		m := &models[i]
		in, out := m.prices()
		t.Rows = append(t.Rows, []string{
			m.Model, m.Provider + "/" + m.UpstreamModel, string(m.Mode), count(m.ContextTokens), count(m.MaxOutputTokens), in, out, m.PriceSource,
		})
	}
	return t
}

func catalogTable(models []model) *terminal.Table {
	t := &terminal.Table{Columns: terminal.Columns("model", "mode", "context<", "output<", "$/M in<", "$/M out<", "price from", "source", "as of")}
	for i := range models {
		m := &models[i]
		in, out := m.prices()
		t.Rows = append(t.Rows, []string{
			m.Model, string(m.Mode), count(m.ContextTokens), count(m.MaxOutputTokens), in, out, m.PriceSource, m.Source, m.AsOf,
		})
	}
	return t
}

// prices are those of input and output, "" where they are not known.
func (m *model) prices() (in, out string) {
	if m.Price == nil {
		return "", ""
	}
	return m.Price.Input.String(), m.Price.Output.String()
}

// count is a number of tokens, "" for one that is not known.
func count(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}
