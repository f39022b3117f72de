package config

import (
	"github.com/spf13/cobra"

	"github.com/llmgw/llmgw/pkg/cli"
	"github.com/llmgw/llmgw/pkg/config"
)

// SchemaOptions are what "config schema" needs.
type SchemaOptions struct {
	Factory *cli.Factory
}

// NewSchemaCmd makes the command. run replaces what it does, for tests of its flags; nil
// means the real thing.
func NewSchemaCmd(f *cli.Factory, run func(*SchemaOptions) error) *cobra.Command {
	opts := &SchemaOptions{Factory: f}
	return &cobra.Command{
		Use:   "schema",
		Short: "Write the JSON Schema of configurations",
		Long: `Write the JSON Schema (draft 2020-12) of configuration files: every key with what it
means, its type, bounds and default. Editors complete and check files with it; secrets
are writeOnly, and keys of LiteLLM's that this version does not have are deprecated.

With the YAML language server, put this at the top of a file:
  # yaml-language-server: $schema=llmgw.schema.json`,
		Example: `  llmgw config schema > llmgw.schema.json`,
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if run != nil {
				return run(opts)
			}
			return schema(opts)
		},
	}
}

func schema(o *SchemaOptions) error {
	text, err := config.JSONSchema()
	if err != nil {
		return err
	}
	_, err = o.Factory.IO.Out.Write(text)
	return err
}
