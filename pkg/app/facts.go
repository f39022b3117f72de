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
	for _, known := range prices.ModelsOf(m.Provider) {
		rest, ok := strings.CutPrefix(known.Name, prefix)
		if !ok || known.Mode != catalog.ModeChat || !strings.HasSuffix(rest, suffix) {
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

// factsOf gives what is known of the deployment's models.
func factsOf(m *config.Model, prices *catalog.Catalog) func(model string) router.Facts {
	assumed := prices.Dearest(m.Provider)
	return func(model string) router.Facts {
		f := router.Facts{PriceSource: catalog.SourceUnknown, Assumed: assumed}
		known, err := m.Known(prices, model)
		if err != nil {
			// Half a price, of a model behind a pattern: as good as none.
			priceless := *m
			priceless.Terms = catalog.Terms{}
			if known, err = priceless.Known(prices, model); err != nil {
				return f
			}
		}
		f.ContextTokens, f.MaxOutputTokens = known.ContextTokens, known.MaxOutputTokens
		f.Mode, f.Reasoning = known.Mode, known.Capabilities.Has(catalog.Reasoning)
		if known.Price != nil {
			f.Price, f.PriceSource = known.Price, known.Price.Source
		}
		return f
	}
}
