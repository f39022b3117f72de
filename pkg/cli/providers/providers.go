// Package providers is the command "llmgw providers": which providers can be called,
// whether their credentials are there, and what they can do.
//
// It looks into the environment and the configuration and calls nobody. It never
// shows a credential. Package root puts it into the tree of commands.
package providers

import (
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/llmgw/llmgw/pkg/app"
	"github.com/llmgw/llmgw/pkg/cli"
	"github.com/llmgw/llmgw/pkg/cli/terminal"
	"github.com/llmgw/llmgw/pkg/config"
)

// Options are what the command needs.
type Options struct {
	IO *terminal.IO

	ConfigFile string
	Output     terminal.Format
}

// NewCmd makes the command. run replaces what it does, for tests of its flags; nil
// means the real thing.
func NewCmd(f *cli.Factory, run func(*Options) error) *cobra.Command {
	opts := &Options{IO: f.IO}
	cmd := &cobra.Command{
		Use:   "providers",
		Short: "List providers and whether they can be called",
		Long: `List the providers that models can be served by: the part before the slash in
litellm_params.model, whether there is a credential and where it was found (in an
environment variable or in the configuration; it is never shown), the address, what the
provider can do, how many deployments of the configuration it serves, and how many of
its models the catalogue knows.

Piped, the columns are separated by tabs and have no heads. With -o json the result is
a list of objects: provider, aliases, credential (required, set, from: the variable or
"config", and variables: those that are looked at), address, address_from (a variable;
left out for the provider's own), modes, deployments, and catalog_models.`,
		Example: `  llmgw providers
  llmgw providers -o json | jq -r '.[] | select(.credential.set) | .provider'`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if run != nil {
				return run(opts)
			}
			return list(opts)
		},
	}
	cmd.Flags().StringVarP(&opts.ConfigFile, "config", "c", "", "configuration `file`; without it the one that serve would find")
	terminal.Formats(terminal.FormatTable, terminal.FormatJSON).Bind(cmd, &opts.Output)
	return cmd
}

// provider is what is told of a provider. The names of its fields in JSON are a
// contract.
type provider struct {
	Provider      string     `json:"provider"`
	Aliases       []string   `json:"aliases,omitempty"`
	Credential    credential `json:"credential"`
	Address       string     `json:"address,omitempty"`
	AddressFrom   string     `json:"address_from,omitempty"`
	Modes         []string   `json:"modes"`
	Deployments   int        `json:"deployments"`
	CatalogModels int        `json:"catalog_models"`
}

type credential struct {
	Required  bool     `json:"required"`
	Set       bool     `json:"set"`
	From      string   `json:"from,omitempty"`
	Variables []string `json:"variables,omitempty"`
}

func list(o *Options) error {
	cfg, err := cli.LoadConfig(o.IO, o.ConfigFile)
	if err != nil {
		return err
	}
	vendors, err := app.Vendors()
	if err != nil {
		return err
	}
	providers := collect(cfg, config.Vendors(config.Options{Vendors: vendors}))
	if o.Output == terminal.FormatJSON {
		return o.IO.WriteJSON(providers)
	}
	return o.IO.WriteTable(table(o.IO, providers))
}

func collect(cfg *config.Config, vendors []config.VendorStatus) []provider {
	providers := make([]provider, len(vendors))
	for i := range vendors {
		v := &vendors[i]
		p := provider{
			Provider: v.Name, Aliases: v.Aliases, Address: v.Address, AddressFrom: v.AddressVar, Modes: v.Modes,
			Credential: credential{
				Required: !v.Keyless && len(v.KeyVars) > 0, Set: v.CredentialVar != "",
				From: v.CredentialVar, Variables: v.KeyVars,
			},
			CatalogModels: len(cfg.Catalog.ModelsOf(v.Name)),
		}
		if p.Modes == nil {
			p.Modes = []string{}
		}
		if p.Address == "" {
			p.Address = v.BaseURL // with the variables that are missing
		}
		for j := range cfg.Models {
			p.count(&cfg.Models[j])
		}
		providers[i] = p
	}
	return providers
}

// count counts a deployment, if it is this provider's.
func (p *provider) count(d *config.Model) {
	if d.Provider != p.Provider {
		return
	}
	p.Deployments++
	if !d.APIKey.Empty() && !p.Credential.Set {
		p.Credential.Set, p.Credential.From = true, "config"
	}
}

func table(io *terminal.IO, providers []provider) *terminal.Table {
	styles := io.Styles()
	t := &terminal.Table{Columns: terminal.Columns("provider", "credential", "address", "can", "deployments<", "models<")}
	for i := range providers {
		p := &providers[i]
		t.Rows = append(t.Rows, []string{
			p.Provider, p.Credential.text(styles), p.Address, strings.Join(p.Modes, ", "),
			strconv.Itoa(p.Deployments), strconv.Itoa(p.CatalogModels),
		})
	}
	return t
}

// text says whether there is a credential, and where.
func (c *credential) text(styles terminal.Styles) string {
	switch {
	case c.Set:
		return styles.Good.Render("set: " + c.From)
	case !c.Required:
		return "not needed"
	default:
		return styles.Faint.Render("missing: " + c.Variables[0])
	}
}
