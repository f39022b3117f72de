package app

import (
	"testing"

	"github.com/llmgw/llmgw/pkg/config"
	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/llm/catalog"
	"github.com/llmgw/llmgw/pkg/provider"
)

func defaultCatalog(t testing.TB) *catalog.Catalog {
	t.Helper()
	c, err := catalog.Default()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestFacts(t *testing.T) {
	t.Parallel()
	prices := defaultCatalog(t)
	price := func(in, out int64) catalog.Terms {
		return catalog.Terms{Rates: catalog.RateTerms{Input: new(llm.PicoUSD(in)), Output: new(llm.PicoUSD(out))}}
	}
	half := catalog.Terms{Rates: catalog.RateTerms{Input: new(llm.PicoUSD(1))}}
	for _, tt := range []struct {
		name            string
		model           config.Model
		source          string
		input           llm.PicoUSD
		context, output int64
		mode            catalog.Mode
		reasoning       bool
	}{
		{"known", config.Model{Provider: "anthropic", UpstreamModel: "claude-opus-4-5"}, "catalog", 5_000_000, 200_000, 64_000, "chat", true},
		{"completions only", config.Model{Provider: "openai", UpstreamModel: "gpt-3.5-turbo-instruct"}, "catalog", 1_500_000, 8192, 4096, "completion", false},
		{"embeddings only", config.Model{Provider: "openai", UpstreamModel: "text-embedding-3-small"}, "catalog", 20_000, 8191, 0, "embedding", false},
		{"unknown", config.Model{Provider: "openai", UpstreamModel: "house"}, "unknown", 0, 0, 0, "", false},
		{"by its base model", config.Model{Provider: "openai", UpstreamModel: "prod", BaseModel: "gpt-5"}, "catalog", 1_250_000, 400_000, 128_000, "chat", true},
		{
			"the configuration's word",
			config.Model{Provider: "openai", UpstreamModel: "house", Mode: "completion", MaxInputTokens: 7, MaxOutputTokens: 5, Terms: price(3, 4)},
			"config", 3, 7, 5, "completion", false,
		},
		{"echo costs nothing", config.Model{Provider: "echo", UpstreamModel: "hello"}, "catalog", 0, 0, 0, "", false},
		{"echo with a price", config.Model{Provider: "echo", UpstreamModel: "hello", Terms: price(3, 4)}, "config", 3, 0, 0, "", false},
		{"half a price behind a pattern", config.Model{Provider: "openai", UpstreamModel: "house", MaxInputTokens: 7, Terms: half}, "unknown", 0, 7, 0, "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := factsOf(&tt.model, prices)(tt.model.UpstreamModel)
			if f.PriceSource != tt.source || (f.Price == nil) != (tt.source == "unknown") || f.Price != nil && f.Price.Input != tt.input {
				t.Errorf("price %+v by %s, want input %d by %s", f.Price, f.PriceSource, tt.input, tt.source)
			}
			if f.ContextTokens != tt.context || f.MaxOutputTokens != tt.output || f.Mode != tt.mode || f.Reasoning != tt.reasoning {
				t.Errorf("facts %+v", f)
			}
		})
	}
}

// TestFactsOfModelsWithoutAPrice: whichever the vendor, what a hard budget books is
// above all that it is known to ask, or nothing, and then the call is refused.
func TestFactsOfModelsWithoutAPrice(t *testing.T) {
	t.Parallel()
	prices := defaultCatalog(t)
	vendors, err := provider.Vendors()
	if err != nil {
		t.Fatal(err)
	}
	names := []string{"anthropic", "openai", "bedrock", "vertex_ai", "gemini", "azure", "cohere"}
	for i := range vendors {
		names = append(names, vendors[i].ID)
		names = append(names, vendors[i].Aliases...)
	}
	usage := llm.Usage{Input: 1000, CacheRead: 300, CacheWrite1h: 100, Output: 1000, Reasoning: 500}
	unpriced := 0
	for _, name := range names {
		f := factsOf(&config.Model{Provider: name, UpstreamModel: "nobody/knows-it"}, prices)("nobody/knows-it")
		if f.Price != nil || f.PriceSource != catalog.SourceUnknown {
			t.Errorf("%s: an unknown model costs %+v (%s)", name, f.Price, f.PriceSource)
		}
		var dearest llm.NanoUSD
		priced := false
		for _, m := range prices.ModelsOf(name) {
			if m.Price != nil {
				priced = true
				dearest = max(dearest, m.Price.Cost(usage))
			}
		}
		if priced != (f.Assumed != nil) {
			t.Errorf("%s: prices are known: %v, assumed %+v", name, priced, f.Assumed)
		}
		if f.Assumed == nil {
			unpriced++
		} else if f.Assumed.Cost(usage) < dearest {
			t.Errorf("%s: %s is assumed, a model costs %s", name, f.Assumed.Cost(usage), dearest)
		}
	}
	if unpriced == 0 || unpriced == len(names) {
		t.Errorf("of %d vendors %d have no price at all", len(names), unpriced)
	}
}

func BenchmarkFactsOfAPattern(b *testing.B) {
	lookup := factsOf(&config.Model{Provider: "openrouter", UpstreamModel: "*"}, defaultCatalog(b))
	for _, model := range []string{"anthropic/claude-opus-4.8", "nobody/knows-it"} {
		b.Run(model, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_ = lookup(model)
			}
		})
	}
}
