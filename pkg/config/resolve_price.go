package config

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/llmgw/llmgw/pkg/llm/catalog"
)

// maxPriceFile is the size of a price file, in bytes. LiteLLM's own has 4 MB.
const maxPriceFile = 32 << 20

// catalog makes what is known about models: the built-in catalogue with the price
// file laid over it.
func (r *resolver) catalog() {
	known, err := catalog.Default()
	if err != nil {
		r.fail("", CodeBadFile, "report this", "the built-in catalogue of models cannot be read: %v", err)
		known = &catalog.Catalog{}
	}
	r.cfg.Catalog = known
	const path = "general_settings.price_file"
	file := r.cfg.Document.GeneralSettings.PriceFile
	if file == "" {
		return
	}
	data, err := readFile(file, maxPriceFile)
	if err != nil {
		r.fail(path, CodeBadFile, "name a readable JSON file", "read the prices: %v", err)
		return
	}
	overrides, problems := catalog.ReadPriceFile(data)
	for _, p := range problems {
		r.add(Problem{
			Severity: Error, Code: CodeBadPrice, Position: Position{File: file, Line: p.Line, Column: p.Column},
			Path: p.Key, Message: p.Message, Hint: p.Hint,
		})
	}
	if known, err = known.With(overrides); err != nil {
		r.fail(path, CodeBadPrice, "see the entries", "the prices cannot be used: %v", err)
		return
	}
	r.cfg.Catalog = known
}

// prices checks that the prices of each model are whole. A pattern stands for
// models that are known only when they are asked for.
func (r *resolver) prices() {
	for i := range r.cfg.Models {
		m := &r.cfg.Models[i]
		if m.Provider == "" || strings.Contains(m.UpstreamModel, "*") {
			continue
		}
		if _, err := m.Known(r.cfg.Catalog, m.UpstreamModel); errors.Is(err, catalog.ErrIncomplete) {
			missing := "output_cost_per_token"
			if m.Terms.Rates.Input == nil {
				missing = "input_cost_per_token"
			}
			r.fail(m.Path+".litellm_params", CodeBadPrice, "set "+missing+" too, to 0 where it is free",
				"there is a price, but none for all that calls use, and the model is not in the catalogue")
		}
		if provider, model := m.Priced(r.cfg.Catalog, m.UpstreamModel); m.BaseModel != "" && !has(r.cfg.Catalog, provider, model) {
			r.warn(m.Path+".model_info.base_model", CodeUnknownModel, "llmgw models list --catalog shows the names", "the catalogue does not know the model %q", m.BaseModel)
		}
	}
}

// Known is what is known of one of the deployment's models: the configuration's
// word first, then the catalogue's, which is that of the configuration. The model's
// Price is nil where none is known. It returns an error that wraps
// [catalog.ErrIncomplete] where the configuration names half a price; for models
// without a pattern that is found when the configuration is read.
func (m *Model) Known(c *catalog.Catalog, model string) (*catalog.Model, error) {
	provider, name := m.Priced(c, model)
	o := catalog.Override{
		Provider: provider, Model: name, Mode: catalog.Mode(m.Mode),
		ContextTokens: m.MaxInputTokens, MaxOutputTokens: m.MaxOutputTokens, Terms: m.Terms,
	}
	if known, ok := c.Lookup(provider, name); ok && o.Mode == "" && o.ContextTokens == 0 && o.MaxOutputTokens == 0 && o.Terms.Empty() {
		return known, nil
	}
	return c.Resolve(o)
}

// Priced is whose price list the model is on, and under which name.
func (m *Model) Priced(c *catalog.Catalog, model string) (provider, name string) {
	if m.BaseModel == "" {
		return m.Provider, model
	}
	other, rest, ok := strings.Cut(m.BaseModel, "/")
	if ok && !has(c, m.Provider, m.BaseModel) && has(c, other, rest) {
		return other, rest
	}
	return m.Provider, m.BaseModel
}

func has(c *catalog.Catalog, provider, model string) bool {
	_, ok := c.Lookup(provider, model)
	return ok
}

// terms are the prices as the catalogue takes them.
func (p *Prices) terms() catalog.Terms {
	t := catalog.Terms{
		Rates: catalog.RateTerms{
			Input: p.Input, Output: p.Output, CacheRead: p.CacheRead,
			CacheWrite5m: p.CacheWrite, CacheWrite1h: p.CacheWrite1h, Reasoning: p.Reasoning,
		},
		Query: p.Query, Request: p.Request,
	}
	for _, fee := range p.SearchFees {
		if t.Query == nil || fee > *t.Query {
			t.Query = new(fee)
		}
	}
	for _, long := range []struct {
		above int64
		rates Above200k
	}{
		{128_000, Above200k(p.Above128k)},
		{200_000, p.Above200k},
		{272_000, Above200k(p.Above272k)},
	} {
		if long.rates != (Above200k{}) {
			t.Tiers = append(t.Tiers, catalog.TierTerms{Above: long.above, Rates: long.rates.terms()})
		}
	}
	return t
}

func (p Above200k) terms() catalog.RateTerms {
	return catalog.RateTerms{
		Input: p.Input, Output: p.Output, CacheRead: p.CacheRead, CacheWrite5m: p.CacheWrite, CacheWrite1h: p.CacheWrite1h,
	}
}

// mergeTerms puts the prices of an entry together; those of litellm_params win.
func mergeTerms(params, info catalog.Terms) catalog.Terms {
	t := catalog.Terms{
		Rates:   mergeRates(params.Rates, info.Rates),
		Query:   cmp.Or(params.Query, info.Query),
		Request: cmp.Or(params.Request, info.Request),
		Tiers:   slices.Clone(params.Tiers),
	}
	for _, tier := range info.Tiers {
		i := slices.IndexFunc(t.Tiers, func(own catalog.TierTerms) bool { return own.Above == tier.Above })
		if i < 0 {
			t.Tiers = append(t.Tiers, tier)
			continue
		}
		t.Tiers[i].Rates = mergeRates(t.Tiers[i].Rates, tier.Rates)
	}
	return t
}

func mergeRates(a, b catalog.RateTerms) catalog.RateTerms {
	return catalog.RateTerms{
		Input: cmp.Or(a.Input, b.Input), Output: cmp.Or(a.Output, b.Output), CacheRead: cmp.Or(a.CacheRead, b.CacheRead),
		CacheWrite5m: cmp.Or(a.CacheWrite5m, b.CacheWrite5m), CacheWrite1h: cmp.Or(a.CacheWrite1h, b.CacheWrite1h),
		Reasoning: cmp.Or(a.Reasoning, b.Reasoning),
	}
}
