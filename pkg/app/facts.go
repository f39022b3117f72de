package app

import (
	"slices"
	"strings"
	"time"

	"github.com/llmgw/llmgw/pkg/config"
	"github.com/llmgw/llmgw/pkg/llm/catalog"
	"github.com/llmgw/llmgw/pkg/router"
)

func isPattern(model string) bool { return strings.Contains(model, "*") }

// listed adds the names under which clients can find a deployment: its group's,
// or for a pattern those of the provider's models that are for conversations and
// not past their date.
func listed(names []string, m *config.Model, prices *catalog.Catalog) []string {
	if !isPattern(m.Group) {
		if !slices.Contains(names, m.Group) {
			names = append(names, m.Group)
		}
		return names
	}
	prefix, suffix, _ := strings.Cut(m.UpstreamModel, "*")
	for _, known := range prices.Models() {
		rest, ok := strings.CutPrefix(known.Name, prefix)
		if !ok || known.Provider != m.Provider || known.Mode != catalog.ModeChat || !strings.HasSuffix(rest, suffix) {
			continue
		}
		if !known.Deprecation.IsZero() && known.Deprecation.Before(time.Now()) {
			continue
		}
		name := strings.Replace(m.Group, "*", strings.TrimSuffix(rest, suffix), 1)
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

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
