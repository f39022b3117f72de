package catalog

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/llmgw/llmgw/pkg/llm"
)

// perMillion is a price in dollars per million tokens, for tests.
func perMillion(t testing.TB, dollars string) llm.PicoUSD {
	t.Helper()
	p, err := llm.ParsePrice(dollars + "e-6")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestDefaultIsSane(t *testing.T) {
	t.Parallel()
	c := newDefault(t)
	if got := c.Providers(); !slices.Contains(got, "anthropic") || !slices.Contains(got, "openai") || !slices.IsSorted(got) {
		t.Fatalf("Providers() = %v", got)
	}
	for _, m := range c.Models() {
		if m.Price == nil {
			continue // unknown is allowed, free by accident is not
		}
		p := m.Price
		if p.Source != SourceCatalog || m.Source == "" || m.AsOf == "" {
			t.Errorf("%s/%s: a price without source (%q, %q) or month (%q)", m.Provider, m.Name, p.Source, m.Source, m.AsOf)
		}
		if p.Input > 0 && min(p.CacheRead, p.CacheWrite5m, p.CacheWrite1h) == 0 {
			t.Errorf("%s/%s: cached input is free: %+v", m.Provider, m.Name, p)
		}
		if m.Mode == ModeChat && p.Output == 0 {
			t.Errorf("%s/%s: output is free", m.Provider, m.Name)
		}
		if tier := p.Tier; tier != nil && (tier.Above <= 0 || tier.Input < p.Input || tier.Output < p.Output) {
			t.Errorf("%s/%s: odd tier %+v", m.Provider, m.Name, tier)
		}
		if m.MaxOutputTokens > m.ContextTokens && m.Mode != ModeEmbedding {
			t.Errorf("%s/%s: writes %d into a window of %d", m.Provider, m.Name, m.MaxOutputTokens, m.ContextTokens)
		}
	}
}

func TestDefaultFollowsAnthropicsMultiples(t *testing.T) {
	t.Parallel()
	for _, m := range newDefault(t).Models() {
		p := m.Price
		if m.Provider != "anthropic" || m.Name == "claude-3-haiku-20240307" { // whose list prices are rounded
			continue
		}
		if p.CacheWrite5m*4 != p.Input*5 || p.CacheWrite1h != p.Input*2 || p.CacheRead*10 != p.Input {
			t.Errorf("%s: cache prices %+v", m.Name, p)
		}
	}
}

func TestDefaultModel(t *testing.T) {
	t.Parallel()
	got, ok := newDefault(t).Lookup("anthropic", "claude-opus-4-1-20250805")
	if !ok {
		t.Fatal("not found")
	}
	want := &Model{
		Provider: "anthropic", Name: "claude-opus-4-1-20250805", Mode: ModeChat,
		ContextTokens: 200_000, MaxOutputTokens: 32_000,
		Price: &Price{
			Input: perMillion(t, "15"), Output: perMillion(t, "75"), CacheRead: perMillion(t, "1.5"),
			CacheWrite5m: perMillion(t, "18.75"), CacheWrite1h: perMillion(t, "30"),
			Query: 10_000_000_000, Source: SourceCatalog,
		},
		Capabilities: Tools | ToolChoice | Vision | PDF | Reasoning | JSONSchema | PromptCache,
		Deprecation:  time.Date(2026, 8, 5, 0, 0, 0, 0, time.UTC),
		Source:       "catwalk+", AsOf: "2026-08",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestCapabilities(t *testing.T) {
	t.Parallel()
	set := Vision | Tools | WebSearch
	if got, want := strings.Join(set.Names(), ","), "tools,vision,web_search"; got != want {
		t.Errorf("Names() = %s, want %s", got, want)
	}
	if !set.Has(Tools|Vision) || set.Has(Tools|PDF) || !set.Has(0) {
		t.Error("Has is wrong")
	}
	if got := 1 << (len(capabilityNames) - 1); Capabilities(got) != WebSearch {
		t.Errorf("names and constants differ: the last name is bit %b, the last constant %b", got, WebSearch)
	}
	back, err := parseCapabilities(strings.Join(capabilityNames[:], ","))
	if err != nil || len(back.Names()) != len(capabilityNames) {
		t.Errorf("round trip: %v, %v", back.Names(), err)
	}
}

func TestCatalogDearestBoundsEveryPrice(t *testing.T) {
	t.Parallel()
	c := newDefault(t)
	usages := []llm.Usage{
		{Input: 1_000, Output: 1_000},
		{Input: 900_000, Output: 1_000},
		{Input: 900_000, CacheRead: 900_000},
		{Input: 300_000, CacheWrite1h: 300_000, Queries: 2},
		{Input: 10, CacheWrite5m: 10},
		{Output: math.MaxInt32},
	}
	for _, m := range c.Models() {
		dearest := c.Dearest(m.Provider)
		if dearest == nil || dearest.Source != SourceAssumed {
			t.Fatalf("Dearest(%q) = %+v", m.Provider, dearest)
		}
		if m.Price == nil {
			continue
		}
		for _, u := range usages {
			if m.Price.Cost(u) > dearest.Cost(u) {
				t.Errorf("%s/%s: %+v costs %s, more than the dearest %s", m.Provider, m.Name, u, m.Price.Cost(u), dearest.Cost(u))
			}
		}
	}
	if got := c.Dearest("nobody"); got != nil {
		t.Errorf("Dearest of an unknown provider = %+v", got)
	}
}

func TestCatalogResolveOverKnownPrice(t *testing.T) {
	t.Parallel()
	c := newDefault(t)
	// 20 % off the list price of claude-sonnet-4-5 (3, 15, long context 6, 22.5).
	m, err := c.Resolve(Override{
		Provider: "anthropic", Model: "claude-sonnet-4-5",
		Terms: Terms{Input: new(perMillion(t, "2.4"))},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := &Price{
		Input: perMillion(t, "2.4"), Output: perMillion(t, "15"), CacheRead: perMillion(t, "0.24"),
		CacheWrite5m: perMillion(t, "3"), CacheWrite1h: perMillion(t, "4.8"),
		Query: 10_000_000_000, Source: SourceConfig,
		Tier: &Tier{
			Above: 200_000, Input: perMillion(t, "4.8"), Output: perMillion(t, "22.5"),
			CacheRead: perMillion(t, "0.48"), CacheWrite5m: perMillion(t, "6"), CacheWrite1h: perMillion(t, "9.6"),
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
			override: Override{Provider: "x", Model: "m", Terms: Terms{Input: three, Output: fifteen}},
			want:     &Price{Input: *three, Output: *fifteen, CacheRead: *three, CacheWrite5m: *three, CacheWrite1h: *three, Source: SourceConfig},
		},
		{
			name:     "unknown model: stated cache prices hold, also free ones",
			override: Override{Provider: "x", Model: "m", Terms: Terms{Input: three, Output: fifteen, CacheRead: zero}},
			want:     &Price{Input: *three, Output: *fifteen, CacheWrite5m: *three, CacheWrite1h: *three, Source: SourceConfig},
		},
		{
			name:     "input alone is no price",
			override: Override{Provider: "x", Model: "m", Terms: Terms{Input: three}},
			err:      ErrIncomplete,
		},
		{
			name:     "output alone is no price",
			override: Override{Provider: "x", Model: "m", Terms: Terms{Output: fifteen}},
			err:      ErrIncomplete,
		},
		{
			name:     "input alone is the price of an embedding",
			override: Override{Provider: "x", Model: "m", Mode: ModeEmbedding, Terms: Terms{Input: three}},
			want:     &Price{Input: *three, CacheRead: *three, CacheWrite5m: *three, CacheWrite1h: *three, Source: SourceConfig},
		},
		{
			name: "own tier",
			override: Override{Provider: "x", Model: "m", Terms: Terms{
				Input: three, Output: fifteen, CacheRead: new(*three / 10),
				Tier: &TierTerms{Above: 100, Input: new(*three * 2)},
			}},
			want: &Price{
				Input: *three, Output: *fifteen, CacheRead: *three / 10, CacheWrite5m: *three, CacheWrite1h: *three, Source: SourceConfig,
				Tier: &Tier{Above: 100, Input: *three * 2, Output: *fifteen, CacheRead: *three / 5, CacheWrite5m: *three * 2, CacheWrite1h: *three * 2},
			},
		},
		{
			name:     "free of charge",
			override: Override{Provider: "openai", Model: "gpt-4o", Terms: Terms{Input: zero, Output: zero}},
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
			if diff := cmp.Diff(tt.want, m.Price); diff != "" {
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
		{Provider: "openai", Model: "house-model", Terms: Terms{Input: new(llm.PicoUSD(1)), Output: new(llm.PicoUSD(2))}},
		{Provider: "openai", Model: "house-model", Terms: Terms{Input: new(llm.PicoUSD(5)), Output: new(llm.PicoUSD(6))}, MaxOutputTokens: 100},
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
		{Provider: "a", Model: "one", Terms: Terms{Input: new(llm.PicoUSD(1))}},
		{Provider: "a", Model: "two", Terms: Terms{Output: new(llm.PicoUSD(1))}},
	})
	if !errors.Is(err, ErrIncomplete) || !strings.Contains(err.Error(), "a/one") || !strings.Contains(err.Error(), "a/two") {
		t.Errorf("error %v does not name both", err)
	}
}

func TestScale(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name                  string
		price, from, to, want llm.PicoUSD
	}{
		{"half", 10, 20, 10, 5},
		{"rounded up", 10, 3, 1, 4},
		{"same", 7, 3, 3, 7},
		{"to free", 7, 3, 0, 0},
		{"from free", 7, 0, 9, 9},
		{"from free, dearer", 11, 0, 9, 11},
		{"beyond measure", math.MaxInt64, 1, math.MaxInt64, math.MaxInt64},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := scale(tt.price, tt.from, tt.to); got != tt.want {
				t.Errorf("scale(%d, %d, %d) = %d, want %d", tt.price, tt.from, tt.to, got, tt.want)
			}
		})
	}
}
