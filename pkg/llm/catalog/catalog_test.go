package catalog

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

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
		if m.MaxOutputTokens > m.ContextTokens && m.ContextTokens > 0 {
			t.Errorf("%s/%s: writes %d into a window of %d", m.Provider, m.Name, m.MaxOutputTokens, m.ContextTokens)
		}
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
		if free := p.Input == 0 && p.Output == 0; m.Mode.hasOutput() && !free && min(p.Input, p.Output) == 0 {
			t.Errorf("%s/%s: half of it is free", m.Provider, m.Name)
		}
		// The dearest that vendors ask is 600 dollars for a million (o1-pro).
		if dearest := perMillion(t, "600"); max(p.Input, p.Output) > dearest {
			t.Errorf("%s/%s: not credible: %+v", m.Provider, m.Name, p)
		}
		if p.CacheRead > p.Input || p.CacheWrite5m > 2*p.Input || p.CacheWrite1h > 2*p.Input {
			t.Errorf("%s/%s: dear caches: %+v", m.Provider, m.Name, p)
		}
		for _, tier := range p.Tiers {
			if tier.Above <= 0 || tier.Input < p.Input || tier.Output < p.Output {
				t.Errorf("%s/%s: odd tier %+v", m.Provider, m.Name, tier)
			}
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
	if diff := cmp.Diff(want, got, cmpopts.IgnoreTypes(Origins{})); diff != "" {
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
		{Output: 1_000, Reasoning: 900},
	}
	for _, m := range c.Models() {
		if m.Price == nil {
			continue
		}
		dearest := c.Dearest(m.Provider)
		if dearest == nil || dearest.Source != SourceAssumed {
			t.Fatalf("Dearest(%q) = %+v", m.Provider, dearest)
		}
		for _, u := range usages {
			if m.Price.Cost(u) > dearest.Cost(u) {
				t.Errorf("%s/%s: %+v costs %s, more than the dearest %s", m.Provider, m.Name, u, m.Price.Cost(u), dearest.Cost(u))
			}
		}
	}
	for _, provider := range []string{"nobody", "github_copilot", "codestral", ""} {
		if got := c.Dearest(provider); got != nil {
			t.Errorf("Dearest(%q) = %+v, of which no price is known", provider, got)
		}
	}
	if c.Dearest("cohere_chat") != c.Dearest("cohere") {
		t.Error("one vendor has two prices")
	}
}
