package app

import (
	"github.com/llmgw/llmgw/pkg/config"
	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/provider"
)

// modes are the names of operations in model_info.mode.
var modes = map[llm.Op]string{
	llm.OpChat: "chat", llm.OpCompletion: "completion", llm.OpEmbeddings: "embedding",
}

// Vendors are the vendors of package provider's table as a configuration knows
// them: config.Options.Vendors of everything that is to run.
func Vendors() ([]config.Vendor, error) {
	rows, err := provider.Vendors()
	if err != nil {
		return nil, err
	}
	vendors := make([]config.Vendor, len(rows))
	for i := range rows {
		v := &rows[i]
		vendors[i] = config.Vendor{
			Name: v.ID, Aliases: v.Aliases, KeyVars: v.KeyVars, BaseVars: v.BaseVars, BaseURL: v.BaseURL, Path: v.Path,
			Keyless: v.Keyless, Headers: v.Headers, ModelPrefixes: v.ModelPrefixes,
		}
		for _, c := range v.Capabilities {
			vendors[i].Modes = append(vendors[i].Modes, modes[c.Op()])
		}
	}
	return vendors, nil
}
