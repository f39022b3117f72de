package catalog

import (
	_ "embed"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/llmgw/llmgw/pkg/llm"
)

// embedded is the data file; internal/generate writes it.
//
//go:embed models.tsv
var embedded string

// loadDefault parses the embedded data once; what it returns never changes.
var loadDefault = sync.OnceValues(func() (*Catalog, error) { return parse(embedded) })

// Default returns the built-in catalogue. The data is parsed at the first call.
// Safe for concurrent use.
func Default() (*Catalog, error) { return loadDefault() }

// Catalog is a set of models. It is immutable and safe for concurrent use.
type Catalog struct {
	// models is sorted by provider, then name.
	models []*Model
	named  map[key]*Model
	// newest leads from a name without its date to the latest dated model.
	newest map[key]*Model
	// dearest holds for each provider the highest of its prices.
	dearest map[string]*Price
}

// key names a model of a provider.
type key struct{ provider, model string }

// newCatalog builds the indexes. It takes the slice over and sorts it. It
// returns an error for a model that is there twice.
func newCatalog(models []*Model) (*Catalog, error) {
	slices.SortFunc(models, func(a, b *Model) int {
		if c := strings.Compare(a.Provider, b.Provider); c != 0 {
			return c
		}
		return strings.Compare(a.Name, b.Name)
	})
	c := &Catalog{
		models:  models,
		named:   make(map[key]*Model, len(models)),
		newest:  make(map[key]*Model),
		dearest: make(map[string]*Price),
	}
	for _, m := range models {
		k := key{m.Provider, m.Name}
		if c.named[k] != nil {
			return nil, fmt.Errorf("%s/%s is listed twice", m.Provider, m.Name)
		}
		c.named[k] = m
		// The order of names is the order of dates, so the last one is the newest.
		if plain := withoutDate(m.Name); plain != m.Name {
			c.newest[key{m.Provider, plain}] = m
		}
		c.raise(m)
	}
	return c, nil
}

func (c *Catalog) raise(m *Model) {
	if m.Price == nil {
		return
	}
	p := c.dearest[m.Provider]
	if p == nil {
		p = &Price{Source: SourceAssumed}
		c.dearest[m.Provider] = p
	}
	p.raise(m.Price)
}

// Models lists all models by provider and name. The slice is the caller's, the
// models are shared.
func (c *Catalog) Models() []*Model { return slices.Clone(c.models) }

// Providers lists the providers of which a model is known, sorted.
func (c *Catalog) Providers() []string {
	var providers []string
	for _, m := range c.models {
		if len(providers) == 0 || providers[len(providers)-1] != m.Provider {
			providers = append(providers, m.Provider)
		}
	}
	return providers
}

// Dearest returns the highest known prices of a provider, each one by itself, for
// booking calls whose price is not known: no call to a model with a known price
// costs more. It is nil where no price of the provider is known.
func (c *Catalog) Dearest(provider string) *Price { return c.dearest[provider] }

// Override is what a configuration says about one model. Empty fields say
// nothing.
type Override struct {
	Provider, Model                string
	Mode                           Mode
	ContextTokens, MaxOutputTokens int64
	Terms                          Terms
}

// Resolve returns what is known about a model once the override is laid over the
// catalogue: never nil beside a nil error, also for a model that only the
// override knows. It returns an error that wraps ErrIncomplete where the terms
// leave input or output without a price; embeddings have no output to price.
func (c *Catalog) Resolve(o Override) (*Model, error) {
	m := Model{Provider: o.Provider, Name: o.Model, Mode: ModeChat, Source: SourceConfig}
	if known, ok := c.Lookup(o.Provider, o.Model); ok {
		m = *known
		m.Name = o.Model
	}
	if o.Mode != "" {
		m.Mode = o.Mode
	}
	if o.ContextTokens > 0 {
		m.ContextTokens = o.ContextTokens
	}
	if o.MaxOutputTokens > 0 {
		m.MaxOutputTokens = o.MaxOutputTokens
	}
	if o.Terms.Empty() {
		return &m, nil
	}
	terms := o.Terms
	if m.Mode == ModeEmbedding && terms.Output == nil {
		terms.Output = new(llm.PicoUSD)
	}
	price, err := terms.over(m.Price)
	if err != nil {
		return nil, fmt.Errorf("price of %s/%s: %w", o.Provider, o.Model, err)
	}
	m.Price, m.Source, m.AsOf = price, SourceConfig, ""
	return &m, nil
}

// With returns a catalogue in which the overrides hold, the last of several for
// one model. It returns all errors of Resolve, joined.
func (c *Catalog) With(overrides []Override) (*Catalog, error) {
	named := maps.Clone(c.named)
	var errs []error
	for _, o := range overrides {
		m, err := c.Resolve(o)
		errs = append(errs, err)
		named[key{o.Provider, o.Model}] = m
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return newCatalog(slices.Collect(maps.Values(named)))
}
