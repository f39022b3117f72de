package catalog

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/llmgw/llmgw/pkg/llm"
)

// rates are terms about tokens only.
func rates(r RateTerms) Terms { return Terms{Rates: r} }

func TestCatalogResolveOverKnownPrice(t *testing.T) {
	t.Parallel()
	c := newDefault(t)
	// 20 % off the list price of claude-sonnet-4-5 (3, 15, long context 6, 22.5).
	m, err := c.Resolve(Override{
		Provider: "anthropic", Model: "claude-sonnet-4-5",
		Terms: rates(RateTerms{Input: new(perMillion(t, "2.4"))}),
	})
	if err != nil {
		t.Fatal(err)
	}
	want := &Price{
		Input: perMillion(t, "2.4"), Output: perMillion(t, "15"), CacheRead: perMillion(t, "0.24"),
		CacheWrite5m: perMillion(t, "3"), CacheWrite1h: perMillion(t, "4.8"),
		Query: 10_000_000_000, Source: SourceConfig,
		Tiers: []Tier{{
			Above: 200_000, Input: perMillion(t, "4.8"), Output: perMillion(t, "22.5"),
			CacheRead: perMillion(t, "0.48"), CacheWrite5m: perMillion(t, "6"), CacheWrite1h: perMillion(t, "9.6"),
			Origins: Origins{
				Input: OriginProportion, Output: SourceCatalog, CacheRead: OriginProportion,
				CacheWrite5m: OriginProportion, CacheWrite1h: OriginProportion,
			},
		}},
		Origins: Origins{
			Input: SourceConfig, Output: SourceCatalog, CacheRead: OriginProportion,
			CacheWrite5m: OriginProportion, CacheWrite1h: OriginProportion, Query: SourceCatalog,
		},
	}
	if diff := cmp.Diff(want, m.Price); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if m.ContextTokens != 200_000 || m.Source != SourceConfig {
		t.Errorf("the rest of the model: %+v", m)
	}
	if list := priceOf(t, "anthropic", "claude-sonnet-4-5"); list.Input != perMillion(t, "3") {
		t.Error("Resolve changed the catalogue")
	}
}

func TestCatalogResolve(t *testing.T) {
	t.Parallel()
	c := newDefault(t)
	three, fifteen, zero := new(perMillion(t, "3")), new(perMillion(t, "15")), new(llm.PicoUSD(0))
	tests := []struct {
		name     string
		override Override
		want     *Price
		err      error
	}{
		{
			name:     "unknown model, no terms: unknown price",
			override: Override{Provider: "openai", Model: "house-model", ContextTokens: 8192},
		},
		{
			name:     "unknown model: cache prices are those of the input",
			override: Override{Provider: "x", Model: "m", Terms: rates(RateTerms{Input: three, Output: fifteen})},
			want:     &Price{Input: *three, Output: *fifteen, CacheRead: *three, CacheWrite5m: *three, CacheWrite1h: *three, Source: SourceConfig},
		},
		{
			name:     "unknown model: stated cache prices hold, also free ones",
			override: Override{Provider: "x", Model: "m", Terms: rates(RateTerms{Input: three, Output: fifteen, CacheRead: zero})},
			want:     &Price{Input: *three, Output: *fifteen, CacheWrite5m: *three, CacheWrite1h: *three, Source: SourceConfig},
		},
		{
			name:     "input alone is no price",
			override: Override{Provider: "x", Model: "m", Terms: rates(RateTerms{Input: three})},
			err:      ErrIncomplete,
		},
		{
			name:     "output alone is no price",
			override: Override{Provider: "x", Model: "m", Terms: rates(RateTerms{Output: fifteen})},
			err:      ErrIncomplete,
		},
		{
			name:     "input alone is the price of an embedding",
			override: Override{Provider: "x", Model: "m", Mode: ModeEmbedding, Terms: rates(RateTerms{Input: three})},
			want:     &Price{Input: *three, CacheRead: *three, CacheWrite5m: *three, CacheWrite1h: *three, Source: SourceConfig},
		},
		{
			name:     "a rerank model is paid by the search",
			override: Override{Provider: "x", Model: "m", Mode: ModeRerank, Terms: Terms{Query: three}},
			want:     &Price{Query: *three, Source: SourceConfig},
		},
		{
			name:     "a chat model is not",
			override: Override{Provider: "x", Model: "m", Terms: Terms{Query: three}},
			err:      ErrIncomplete,
		},
		{
			name:     "an hour's write follows that of five minutes",
			override: Override{Provider: "x", Model: "m", Terms: rates(RateTerms{Input: three, Output: fifteen, CacheWrite5m: fifteen})},
			want:     &Price{Input: *three, Output: *fifteen, CacheRead: *three, CacheWrite5m: *fifteen, CacheWrite1h: *fifteen, Source: SourceConfig},
		},
		{
			name: "fees and reasoning",
			override: Override{Provider: "perplexity", Model: "sonar-deep-research", Terms: Terms{
				Rates: RateTerms{Output: new(perMillion(t, "4"))}, Request: fifteen,
			}},
			want: &Price{
				Input: perMillion(t, "2"), Output: perMillion(t, "4"), CacheRead: perMillion(t, "2"),
				CacheWrite5m: perMillion(t, "2"), CacheWrite1h: perMillion(t, "2"),
				Reasoning: new(perMillion(t, "1.5")), Request: *fifteen, Query: 5_000_000_000, Source: SourceConfig,
			},
		},
		{
			name: "own tier",
			override: Override{Provider: "x", Model: "m", Terms: Terms{
				Rates: RateTerms{Input: three, Output: fifteen, CacheRead: new(*three / 10)},
				Tiers: []TierTerms{{Above: 100, Rates: RateTerms{Input: new(*three * 2)}}},
			}},
			want: &Price{
				Input: *three, Output: *fifteen, CacheRead: *three / 10, CacheWrite5m: *three, CacheWrite1h: *three, Source: SourceConfig,
				Tiers: []Tier{{Above: 100, Input: *three * 2, Output: *fifteen, CacheRead: *three / 5, CacheWrite5m: *three * 2, CacheWrite1h: *three * 2}},
			},
		},
		{
			name:     "free of charge",
			override: Override{Provider: "openai", Model: "gpt-4o", Terms: rates(RateTerms{Input: zero, Output: zero})},
			want:     &Price{Source: SourceConfig},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m, err := c.Resolve(tt.override)
			if !errors.Is(err, tt.err) {
				t.Fatalf("error %v, want %v", err, tt.err)
			}
			if err != nil {
				return
			}
			if diff := cmp.Diff(tt.want, m.Price, cmpopts.IgnoreTypes(Origins{})); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if m.Name != tt.override.Model || m.Provider != tt.override.Provider {
				t.Errorf("it is %s/%s", m.Provider, m.Name)
			}
		})
	}
}

func TestCatalogWith(t *testing.T) {
	t.Parallel()
	base := newDefault(t)
	c, err := base.With([]Override{
		{Provider: "openai", Model: "house-model", Terms: rates(RateTerms{Input: new(llm.PicoUSD(1)), Output: new(llm.PicoUSD(2))})},
		{Provider: "openai", Model: "house-model", Terms: rates(RateTerms{Input: new(llm.PicoUSD(5)), Output: new(llm.PicoUSD(6))}), MaxOutputTokens: 100},
		{Provider: "mine", Model: "m"},
	})
	if err != nil {
		t.Fatal(err)
	}
	m, ok := c.Lookup("openai", "openai/house-model-20260101")
	if !ok || m.Price.Input != 5 || m.MaxOutputTokens != 100 {
		t.Errorf("Lookup = %+v, %v", m, ok)
	}
	if m, ok := c.Lookup("mine", "m"); !ok || m.Price != nil {
		t.Errorf("a model without price: %+v, %v", m, ok)
	}
	if _, ok := base.Lookup("openai", "house-model"); ok {
		t.Error("With changed its receiver")
	}
	if got, want := len(c.Models()), len(base.Models())+2; got != want {
		t.Errorf("%d models, want %d", got, want)
	}
	_, err = base.With([]Override{
		{Provider: "a", Model: "one", Terms: rates(RateTerms{Input: new(llm.PicoUSD(1))})},
		{Provider: "a", Model: "two", Terms: rates(RateTerms{Output: new(llm.PicoUSD(1))})},
	})
	if !errors.Is(err, ErrIncomplete) || !strings.Contains(err.Error(), "a/one") || !strings.Contains(err.Error(), "a/two") {
		t.Errorf("error %v does not name both", err)
	}
}
