package app

import (
	"strings"

	"github.com/llmgw/llmgw/pkg/config"
	"github.com/llmgw/llmgw/pkg/llm/catalog"
	"github.com/llmgw/llmgw/pkg/router"
)

func isPattern(model string) bool { return strings.Contains(model, "*") }

// free is the price of models that cost nothing by their nature: echo's.
var free = &catalog.Price{Source: catalog.SourceCatalog}

// facts are what is known of a model: the configuration's word first, then the
// catalogue's.
func facts(m *config.Model, model string, prices *catalog.Catalog) router.Facts {
	name := model
	if m.BaseModel != "" {
		name = m.BaseModel
	}
	f := router.Facts{PriceSource: catalog.SourceUnknown, Assumed: prices.Dearest(m.Provider)}
	if known, ok := prices.Lookup(m.Provider, name); ok {
		f.ContextTokens, f.MaxOutputTokens = known.ContextTokens, known.MaxOutputTokens
		if known.Price != nil {
			f.Price, f.PriceSource = known.Price, catalog.SourceCatalog
		}
	}
	if m.Provider == "echo" {
		f.Price, f.PriceSource = free, catalog.SourceCatalog
	}
	if m.MaxInputTokens > 0 {
		f.ContextTokens = m.MaxInputTokens
	}
	if m.MaxOutputTokens > 0 {
		f.MaxOutputTokens = m.MaxOutputTokens
	}
	if p := m.Price; p != nil {
		f.Price = &catalog.Price{
			Input: p.Input, Output: p.Output, CacheRead: p.CacheRead,
			CacheWrite5m: p.CacheWrite5m, CacheWrite1h: p.CacheWrite1h, Source: catalog.SourceConfig,
		}
		f.PriceSource = catalog.SourceConfig
	}
	return f
}
