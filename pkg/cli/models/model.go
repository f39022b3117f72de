package models

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/llmgw/llmgw/pkg/config"
	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/llm/catalog"
)

// model is what is told of a model. The names of its fields in JSON are a contract.
type model struct {
	Model           string       `json:"model"`
	Provider        string       `json:"provider"`
	UpstreamModel   string       `json:"upstream_model"`
	Deployment      string       `json:"deployment,omitempty"`
	Match           *match       `json:"match,omitempty"`
	Mode            catalog.Mode `json:"mode,omitempty"`
	ContextTokens   int64        `json:"context_tokens,omitempty"`
	MaxOutputTokens int64        `json:"max_output_tokens,omitempty"`
	Capabilities    []string     `json:"capabilities,omitempty"`
	Price           *price       `json:"price"`
	PriceSource     string       `json:"price_source"`
	Deprecation     string       `json:"deprecation,omitempty"`
	Source          string       `json:"source,omitempty"`
	AsOf            string       `json:"as_of,omitempty"`
}

// match is how the name led to an entry of the catalogue.
type match struct {
	Provider string       `json:"provider"`
	Name     string       `json:"name"`
	Rule     catalog.Rule `json:"rule"`
}

// price is what a model costs, in USD for a million tokens, fees in USD each.
type price struct {
	rates

	Query   json.Number     `json:"query,omitempty"`
	Request json.Number     `json:"request,omitempty"`
	Tiers   []tier          `json:"tiers,omitempty"`
	Origins *catalogOrigins `json:"origins,omitempty"`
}

type rates struct {
	Input        json.Number `json:"input"`
	Output       json.Number `json:"output"`
	CacheRead    json.Number `json:"cache_read"`
	CacheWrite5m json.Number `json:"cache_write_5m"`
	CacheWrite1h json.Number `json:"cache_write_1h"`
	Reasoning    json.Number `json:"reasoning,omitempty"`
}

type tier struct {
	AboveInputTokens int64 `json:"above_input_tokens"`
	rates

	Origins *catalogOrigins `json:"origins,omitempty"`
}

// catalogOrigins tell for each price where it comes from.
type catalogOrigins struct {
	Input        catalog.Origin `json:"input,omitempty"`
	Output       catalog.Origin `json:"output,omitempty"`
	CacheRead    catalog.Origin `json:"cache_read,omitempty"`
	CacheWrite5m catalog.Origin `json:"cache_write_5m,omitempty"`
	CacheWrite1h catalog.Origin `json:"cache_write_1h,omitempty"`
	Reasoning    catalog.Origin `json:"reasoning,omitempty"`
	Query        catalog.Origin `json:"query,omitempty"`
	Request      catalog.Origin `json:"request,omitempty"`
}

// known is a model of the catalogue under a name.
func known(name string, k *catalog.Model) model {
	m := model{
		Model: name, Provider: k.Provider, UpstreamModel: k.Name, Mode: k.Mode,
		ContextTokens: k.ContextTokens, MaxOutputTokens: k.MaxOutputTokens, Capabilities: k.Capabilities.Names(),
		PriceSource: catalog.SourceUnknown, Source: k.Source, AsOf: k.AsOf,
	}
	if !k.Deprecation.IsZero() {
		m.Deprecation = k.Deprecation.Format(time.DateOnly)
	}
	if k.Price != nil {
		m.Price, m.PriceSource = priceOf(k.Price), k.Price.Source
	}
	return m
}

// configured is a deployment under a model's name; upstream is the provider's name
// of the model, which a pattern has none for.
func configured(cfg *config.Config, d *config.Model, name, upstream string) (model, error) {
	if strings.Contains(upstream, "*") {
		return model{
			Model: name, Provider: d.Provider, UpstreamModel: upstream, Deployment: d.ID, Mode: catalog.Mode(d.Mode),
			PriceSource: ofEach,
		}, nil
	}
	k, err := d.Known(cfg.Catalog, upstream)
	if err != nil {
		return model{}, fmt.Errorf("%s: %w", d.Path, err)
	}
	m := known(name, k)
	m.Provider, m.UpstreamModel, m.Deployment = d.Provider, upstream, d.ID
	return m, nil
}

// ofEach is the price source of a pattern.
const ofEach = "of each model"

func priceOf(p *catalog.Price) *price {
	out := &price{
		rates: ratesOf(catalog.Tier{
			Input: p.Input, Output: p.Output, CacheRead: p.CacheRead,
			CacheWrite5m: p.CacheWrite5m, CacheWrite1h: p.CacheWrite1h, Reasoning: p.Reasoning,
		}),
	}
	if p.Query > 0 {
		out.Query = fee(p.Query)
	}
	if p.Request > 0 {
		out.Request = fee(p.Request)
	}
	for i := range p.Tiers {
		out.Tiers = append(out.Tiers, tier{AboveInputTokens: p.Tiers[i].Above, rates: ratesOf(p.Tiers[i])})
	}
	return out
}

func ratesOf(t catalog.Tier) rates {
	r := rates{
		Input: perMillion(t.Input), Output: perMillion(t.Output), CacheRead: perMillion(t.CacheRead),
		CacheWrite5m: perMillion(t.CacheWrite5m), CacheWrite1h: perMillion(t.CacheWrite1h),
	}
	if t.Reasoning != nil {
		r.Reasoning = perMillion(*t.Reasoning)
	}
	return r
}

// perMillion is the price of a million: a pico-dollar each is a millionth of a
// dollar for a million.
func perMillion(p llm.PicoUSD) json.Number {
	text := strconv.FormatInt(int64(p/1_000_000), 10)
	if frac := int64(p % 1_000_000); frac > 0 {
		text += "." + strings.TrimRight(fmt.Sprintf("%06d", frac), "0")
	}
	return json.Number(text)
}

// fee is the price of one, in whole nano-dollars.
func fee(p llm.PicoUSD) json.Number { return json.Number(llm.NanoUSD((p + 999) / 1000).String()) }
