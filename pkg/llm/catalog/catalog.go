package catalog

import (
	_ "embed"
	"maps"
	"slices"
	"strings"
	"sync"
)

// embedded is the data file; internal/generate writes it.
//
//go:embed models.tsv
var embedded string

// loadDefault finds the models in the embedded data once; what it returns never
// changes.
var loadDefault = sync.OnceValues(func() (*Catalog, error) {
	table, err := readTable(embedded)
	if err != nil {
		return nil, err
	}
	return newCatalog(table, nil), nil
})

// Default returns the built-in catalogue. Safe for concurrent use.
func Default() (*Catalog, error) { return loadDefault() }

// Catalog is a set of models. It is immutable and safe for concurrent use. The
// zero value knows no model.
type Catalog struct {
	// table has the models of the data, own those that were laid over them, by
	// provider.
	table, own map[string]*shelf

	mu sync.Mutex // guards dearest
	// dearest are the prices that Dearest has worked out.
	dearest map[string]*Price
}

func newCatalog(table, own map[string]*shelf) *Catalog { return &Catalog{table: table, own: own} }

// Models lists all models by provider and name. The slice is the caller's, the
// models are shared.
func (c *Catalog) Models() []*Model {
	var models []*Model
	for _, provider := range c.Providers() {
		models = append(models, c.ModelsOf(provider)...)
	}
	return models
}

// ModelsOf lists the models of a provider by name, like Models.
func (c *Catalog) ModelsOf(provider string) []*Model {
	provider = vendorOf(provider)
	own := c.own[provider]
	var models []*Model
	if t := c.table[provider]; t != nil {
		for i := range t.names {
			if m := t.model(i); m != nil && own.find(m.Name) == nil {
				models = append(models, m)
			}
		}
	}
	if own == nil {
		return models
	}
	for i := range own.names {
		models = append(models, own.model(i))
	}
	slices.SortFunc(models, func(a, b *Model) int { return strings.Compare(a.Name, b.Name) })
	return models
}

// Providers lists the providers of which a model is known, sorted.
func (c *Catalog) Providers() []string {
	providers := slices.AppendSeq(slices.Collect(maps.Keys(c.table)), maps.Keys(c.own))
	slices.Sort(providers)
	return slices.Compact(providers)
}

// Dearest returns the highest known prices of a provider, each one by itself, for
// booking calls whose price is not known: no call to a model with a known price
// costs more. It is nil where no price of the provider is known.
func (c *Catalog) Dearest(provider string) *Price {
	provider = vendorOf(provider)
	c.mu.Lock()
	defer c.mu.Unlock()
	if p, ok := c.dearest[provider]; ok {
		return p
	}
	var dearest *Price
	for _, m := range c.ModelsOf(provider) {
		if m.Price == nil {
			continue
		}
		if dearest == nil {
			dearest = &Price{Source: SourceAssumed}
		}
		dearest.raise(m.Price)
	}
	if c.dearest == nil {
		c.dearest = make(map[string]*Price)
	}
	c.dearest[provider] = dearest
	return dearest
}
