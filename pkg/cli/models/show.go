package models

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/llmgw/llmgw/pkg/cli"
	"github.com/llmgw/llmgw/pkg/cli/completion"
	"github.com/llmgw/llmgw/pkg/cli/terminal"
	"github.com/llmgw/llmgw/pkg/config"
	"github.com/llmgw/llmgw/pkg/llm/catalog"
)

// ShowOptions are what "models show" needs.
type ShowOptions struct {
	IO *terminal.IO

	ConfigFile string
	Model      string
	Output     terminal.Format
}

// NewShowCmd makes the command. run replaces what it does, for tests of its flags;
// nil means the real thing.
func NewShowCmd(f *cli.Factory, run func(*ShowOptions) error) *cobra.Command {
	opts := &ShowOptions{IO: f.IO}
	cmd := &cobra.Command{
		Use:   "show MODEL",
		Short: "Show everything that is known of a model",
		Long: `Show everything that is known of a model: of each deployment that serves the name in
the configuration, or, where there is none, of the catalogue's models of that name, with
every provider or with the one in front of it (PROVIDER/MODEL).

It tells which entry of the catalogue the name led to, and by which rule: exact,
spelling (a prefix, a region or a version was left out), undated (a date was left out),
newest (of several dates); and for every price where it comes from: config, file,
catalog, or what it follows where nobody states it (as input, as 5m write, in
proportion).

Piped, each line has four fields with tabs between them: what, its value, the unit, and
where a price comes from. With -o json the result is a list of the objects of "models
list", with match (provider, name, rule) and, in price and each of its tiers, origins.`,
		Example: `  llmgw models show claude-sonnet-5
  llmgw models show bedrock/us.anthropic.claude-opus-4-20250514-v1:0
  llmgw models show gpt-4o -o json`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completion.Values{Factory: f}.Models,
		RunE: func(_ *cobra.Command, args []string) error {
			opts.Model = args[0]
			if run != nil {
				return run(opts)
			}
			return show(opts)
		},
	}
	bindConfig(cmd, &opts.ConfigFile)
	bindOutput(cmd, &opts.Output)
	return cmd
}

func show(o *ShowOptions) error {
	cfg, err := cli.LoadConfig(o.IO, o.ConfigFile)
	if err != nil {
		return err
	}
	models, err := find(cfg, o.Model)
	if err != nil {
		return err
	}
	if len(models) == 0 {
		return &cli.Error{
			Code: cli.ExitFailed, Err: fmt.Errorf("no model %q is configured or in the catalogue", o.Model),
			Hint: "Run 'llmgw models list --catalog' for the models that are known.",
		}
	}
	if o.Output == terminal.FormatJSON {
		return o.IO.WriteJSON(models)
	}
	for i := range models {
		if i > 0 && o.IO.OutTTY {
			fmt.Fprintln(o.IO.Out)
		}
		if err := o.IO.WriteTable(details(&models[i])); err != nil {
			return err
		}
	}
	return nil
}

// find finds the models of a name: the configuration's, else the catalogue's.
func find(cfg *config.Config, name string) ([]model, error) {
	var models []model
	for i := range cfg.Models {
		d := &cfg.Models[i]
		upstream, ok := serves(d, name)
		if !ok {
			continue
		}
		m, err := explained(cfg, d, name, upstream)
		if err != nil {
			return nil, err
		}
		models = append(models, m)
	}
	if len(models) > 0 {
		return models, nil
	}
	c := cfg.Catalog
	if provider, rest, ok := strings.Cut(name, "/"); ok {
		if k, rule := c.Match(provider, rest); k != nil {
			return []model{fromCatalog(name, k, rule)}, nil
		}
	}
	for _, provider := range c.Providers() {
		if k, rule := c.Match(provider, name); k != nil {
			models = append(models, fromCatalog(k.Provider+"/"+k.Name, k, rule))
		}
	}
	return models, nil
}

// serves reports whether a deployment serves a name, and as which model.
func serves(d *config.Model, name string) (upstream string, ok bool) {
	if d.Group == name {
		return d.UpstreamModel, true
	}
	prefix, suffix, pattern := strings.Cut(d.Group, "*")
	if !pattern || len(name) <= len(prefix)+len(suffix) || !strings.HasPrefix(name, prefix) || !strings.HasSuffix(name, suffix) {
		return "", false
	}
	return strings.Replace(d.UpstreamModel, "*", name[len(prefix):len(name)-len(suffix)], 1), true
}

// explained is a deployment with everything that shows where its facts come from.
func explained(cfg *config.Config, d *config.Model, name, upstream string) (model, error) {
	m, err := configured(cfg, d, name, upstream)
	if err != nil || strings.Contains(upstream, "*") {
		return m, err
	}
	k, err := d.Known(cfg.Catalog, upstream)
	if err != nil {
		return m, err
	}
	provider, priced := d.Priced(cfg.Catalog, upstream)
	if entry, rule := cfg.Catalog.Match(provider, priced); entry != nil {
		m.Match = &match{Provider: entry.Provider, Name: entry.Name, Rule: rule}
	}
	m.explain(k)
	return m, nil
}

func fromCatalog(name string, k *catalog.Model, rule catalog.Rule) model {
	m := known(name, k)
	m.Match = &match{Provider: k.Provider, Name: k.Name, Rule: rule}
	m.explain(k)
	return m
}

// explain adds where each price comes from.
func (m *model) explain(k *catalog.Model) {
	if k.Price == nil {
		return
	}
	m.Price.Origins = new(catalogOrigins(k.Price.Origins))
	for i := range m.Price.Tiers {
		m.Price.Tiers[i].Origins = new(catalogOrigins(k.Price.Tiers[i].Origins))
	}
}
