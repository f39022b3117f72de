package catalog

import (
	"errors"
	"fmt"
	"maps"

	"github.com/llmgw/llmgw/pkg/llm"
)

// Override is what somebody nearer to the operator than the catalogue says about
// one model. Empty fields say nothing.
type Override struct {
	Provider, Model                string
	Mode                           Mode
	ContextTokens, MaxOutputTokens int64
	Capabilities                   Capabilities
	Terms                          Terms
	// Source is who says so: SourceFile, or SourceConfig where it is "".
	Source string
}

// Resolve returns what is known about a model once the override is laid over the
// catalogue: never nil beside a nil error, also for a model that only the
// override knows. It returns an error that wraps ErrIncomplete where the terms
// leave input or output without a price; models that put nothing out have no
// output to price.
func (c *Catalog) Resolve(o Override) (*Model, error) {
	if o.Source == "" {
		o.Source = SourceConfig
	}
	m := Model{Provider: o.Provider, Name: o.Model, Source: o.Source}
	if known, ok := c.Lookup(o.Provider, o.Model); ok {
		m = *known
		m.Provider, m.Name = o.Provider, o.Model
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
	m.Capabilities |= o.Capabilities
	if o.Terms.Empty() {
		return &m, nil
	}
	price, err := o.Terms.of(m.Mode).over(m.Price, o.Source)
	if err != nil {
		return nil, fmt.Errorf("price of %s/%s: %w", o.Provider, o.Model, err)
	}
	m.Price, m.Source, m.AsOf = price, o.Source, ""
	return &m, nil
}

// of fills in what models of the mode have nothing to pay for: the output of
// those that put nothing out, and the tokens of a rerank model that is paid by
// the search.
func (t Terms) of(mode Mode) Terms {
	if mode.hasOutput() {
		return t
	}
	if t.Rates.Output == nil {
		t.Rates.Output = new(llm.PicoUSD)
	}
	if fee := t.Query != nil || t.Request != nil; fee && mode == ModeRerank && t.Rates.Input == nil {
		t.Rates.Input = new(llm.PicoUSD)
	}
	return t
}

// With returns a catalogue in which the overrides hold, the last of several for
// one model. A name is looked for among the overrides before it is in the
// catalogue, one spelling after the other. It returns all errors of Resolve,
// joined.
func (c *Catalog) With(overrides []Override) (*Catalog, error) {
	laid := make(map[string]map[string]*Model)
	for provider, s := range c.own {
		laid[provider] = make(map[string]*Model, len(s.names))
		for i, name := range s.names {
			laid[provider][name] = s.model(i)
		}
	}
	var errs []error
	for i := range overrides {
		o := overrides[i]
		o.Provider = vendorOf(o.Provider)
		m, err := c.Resolve(o)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if laid[o.Provider] == nil {
			laid[o.Provider] = make(map[string]*Model)
		}
		laid[o.Provider][o.Model] = m
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	own := make(map[string]*shelf, len(laid))
	for provider, models := range laid {
		own[provider] = newShelf(collect(models))
	}
	return newCatalog(c.table, own), nil
}

func collect(models map[string]*Model) []*Model {
	list := make([]*Model, 0, len(models))
	for m := range maps.Values(models) {
		list = append(list, m)
	}
	return list
}
