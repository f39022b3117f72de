package catalog

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/llmgw/llmgw/pkg/llm"
)

func newDefault(t testing.TB) *Catalog {
	t.Helper()
	c, err := Default()
	if err != nil {
		t.Fatalf("Default() = %v", err)
	}
	return c
}

func priceOf(t testing.TB, provider, model string) *Price {
	t.Helper()
	m, ok := newDefault(t).Lookup(provider, model)
	if !ok || m.Price == nil {
		t.Fatalf("no price of %s/%s", provider, model)
	}
	return m.Price
}

// TestPriceCostInvoices checks bills worked out by hand from the vendors' price
// lists. Anthropic: platform.claude.com/docs/en/about-claude/pricing; OpenAI:
// developers.openai.com/api/docs/pricing; both read 2026-11.
func TestPriceCostInvoices(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, provider, model string
		usage                 llm.Usage
		want                  string
	}{
		{
			// 3 $/M in, 15 $/M out: 0.000030 + 0.000375.
			name: "plain call", provider: "anthropic", model: "claude-sonnet-4-20250514",
			usage: llm.Usage{Input: 10, Output: 25}, want: "0.000405",
		},
		{
			// Reads 0.30, writes 3.75 (5 min) and 6 (1 h) $/M:
			// 1,000 × 3 + 50,000 × 0.30 + 2,000 × 3.75 + 3,000 × 6 + 700 × 15, in millionths.
			name: "cache read and both writes", provider: "anthropic", model: "claude-sonnet-4-20250514",
			usage: llm.Usage{Input: 56_000, Output: 700, CacheRead: 50_000, CacheWrite5m: 2_000, CacheWrite1h: 3_000},
			want:  "0.054",
		},
		{
			// 200,000 is not above 200,000: 0.6 + 0.0015.
			name: "at the edge of the tier", provider: "anthropic", model: "claude-sonnet-4-20250514",
			usage: llm.Usage{Input: 200_000, Output: 100}, want: "0.6015",
		},
		{
			// One token more: the whole call at 6 and 22.50: 1.200006 + 0.00225.
			name: "above the tier", provider: "anthropic", model: "claude-sonnet-4-20250514",
			usage: llm.Usage{Input: 200_001, Output: 100}, want: "1.202256",
		},
		{
			// Cached input counts for the tier: 1,000 × 6 + 250,000 × 0.60 + 1,000 × 7.50 + 1,000 × 12 + 10 × 22.50.
			name: "tier reached by cached input", provider: "anthropic", model: "claude-sonnet-4-20250514",
			usage: llm.Usage{Input: 253_000, Output: 10, CacheRead: 250_000, CacheWrite5m: 1_000, CacheWrite1h: 1_000},
			want:  "0.175725",
		},
		{
			// The 1-hour write of Claude 3 Haiku is 0.50 $/M: 1,000 × 0.50 + 1 × 1.25.
			name: "mended write price", provider: "anthropic", model: "claude-3-haiku-20240307",
			usage: llm.Usage{Input: 1_000, Output: 1, CacheWrite1h: 1_000}, want: "0.00050125",
		},
		{
			// 3 searches at 10 $ for 1,000, 100 × 5 + 100 × 25.
			name: "web searches", provider: "anthropic", model: "claude-opus-4-5",
			usage: llm.Usage{Input: 100, Output: 100, Queries: 3}, want: "0.033",
		},
		{
			// Reasoning is in the output already: 100 × 1.25 + 500 × 10.
			name: "reasoning", provider: "openai", model: "gpt-5",
			usage: llm.Usage{Input: 100, Output: 500, Reasoning: 448}, want: "0.005125",
		},
		{
			// Cached input at 1.25 $/M: 400 × 2.50 + 1,600 × 1.25 + 10 × 10.
			name: "cached input", provider: "openai", model: "gpt-4o",
			usage: llm.Usage{Input: 2_000, Output: 10, CacheRead: 1_600}, want: "0.0031",
		},
		{
			// Above 272,000: 2 × 5 and 1.5 × 30: 272,001 × 10 + 100 × 45.
			name: "long context", provider: "openai", model: "gpt-5.6-sol",
			usage: llm.Usage{Input: 272_001, Output: 100}, want: "2.72451",
		},
		{
			// Writes from GPT-5.6 on at 1.25 × 5: 1,000 × 5 + 2,000 × 6.25.
			name: "cache write", provider: "openai", model: "gpt-5.6",
			usage: llm.Usage{Input: 3_000, CacheWrite5m: 2_000}, want: "0.0175",
		},
		{
			// 0.4 $/M in binary floating point was 0.39999999999999997.
			name: "price without float dust", provider: "openai", model: "gpt-4.1-mini",
			usage: llm.Usage{Input: 1_000_000}, want: "0.4",
		},
		{
			// 0.02 $/M: 3 tokens are 60 nano-dollars.
			name: "embedding", provider: "openai", model: "text-embedding-3-small",
			usage: llm.Usage{Input: 3}, want: "0.00000006",
		},
		{
			// 1 token at 0.025 $/M is 25 nano-dollars.
			name: "one cached token", provider: "openai", model: "gpt-4.1-nano",
			usage: llm.Usage{Input: 1, CacheRead: 1}, want: "0.000000025",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := priceOf(t, tt.provider, tt.model).Cost(tt.usage); got.String() != tt.want {
				t.Errorf("Cost = %s USD, want %s", got, tt.want)
			}
		})
	}
}

func TestPriceCostRoundsUpOnce(t *testing.T) {
	t.Parallel()
	p := &Price{Input: 1, Output: 1}
	if got := p.Cost(llm.Usage{Input: 1, Output: 1}); got != 1 {
		t.Errorf("two pico-dollars cost %d nano-dollars, want 1", got)
	}
	if got := p.Cost(llm.Usage{Input: 1000, Output: 1}); got != 2 {
		t.Errorf("1,001 pico-dollars cost %d nano-dollars, want 2", got)
	}
}

func TestPriceCostOfBrokenUsage(t *testing.T) {
	t.Parallel()
	p := &Price{Input: 1_000_000, CacheRead: 100_000, CacheWrite5m: 2_000_000, CacheWrite1h: 3_000_000, Output: 1_000_000}
	tests := []struct {
		name  string
		usage llm.Usage
		want  llm.NanoUSD
	}{
		{"nothing", llm.Usage{}, 0},
		{"more cached than input", llm.Usage{Input: 10, CacheRead: 20}, 2_000},
		{"more written than input", llm.Usage{Input: 10, CacheWrite5m: 6, CacheWrite1h: 6}, 30_000},
		{"all negative", llm.Usage{Input: -5, Output: -5, CacheRead: -5, CacheWrite5m: -5, CacheWrite1h: -5, Queries: -1}, 0},
		{"negative parts add no input", llm.Usage{Input: 5, CacheRead: -5, CacheWrite5m: math.MinInt64}, 5_000},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := p.Cost(tt.usage); got != tt.want {
				t.Errorf("Cost = %d nano-dollars, want %d", got, tt.want)
			}
		})
	}
}

// randomPrice makes prices that no vendor would ask, dear reads and cheap tiers
// among them.
func randomPrice(r *rand.Rand) *Price {
	price := func() llm.PicoUSD {
		if r.IntN(5) == 0 {
			return 0
		}
		return llm.PicoUSD(r.Int64N(1 << r.IntN(40)))
	}
	p := &Price{Input: price(), Output: price(), CacheRead: price(), CacheWrite5m: price(), CacheWrite1h: price()}
	if r.IntN(2) == 0 {
		p.Tier = &Tier{
			Above: r.Int64N(1 << 20),
			Input: price(), Output: price(), CacheRead: price(), CacheWrite5m: price(), CacheWrite1h: price(),
		}
	}
	return p
}

// randomUsage makes usage within the bounds, with parts that fit into the whole.
func randomUsage(r *rand.Rand, input, output int64) llm.Usage {
	u := llm.Usage{Input: r.Int64N(input + 1), Output: r.Int64N(output + 1)}
	left := u.Input
	for _, part := range []*int64{&u.CacheRead, &u.CacheWrite5m, &u.CacheWrite1h} {
		*part = r.Int64N(left + 1)
		left -= *part
	}
	u.Reasoning = r.Int64N(u.Output + 1)
	return u
}

func TestPriceWorstCaseBoundsCost(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 50_000 {
		p := randomPrice(r)
		input, output := r.Int64N(1<<r.IntN(42)), r.Int64N(1<<r.IntN(42))
		worst := p.WorstCase(input, output)
		u := randomUsage(r, input, output)
		if cost := p.Cost(u); cost > worst {
			t.Fatalf("%+v: Cost(%+v) = %d above WorstCase(%d, %d) = %d", p, u, cost, input, output, worst)
		}
	}
}

func TestPriceWorstCaseIsReached(t *testing.T) {
	t.Parallel()
	p := priceOf(t, "anthropic", "claude-sonnet-4-5")
	for _, input := range []int64{1, 200_000, 200_001} {
		u := llm.Usage{Input: input, CacheWrite1h: input, Output: 7}
		if cost, worst := p.Cost(u), p.WorstCase(input, 7); cost != worst {
			t.Errorf("%d tokens written for an hour cost %s, the worst case is %s", input, cost, worst)
		}
	}
}

func TestPriceMaxOutputForFillsTheMoney(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	for range 50_000 {
		p := randomPrice(r)
		money := llm.NanoUSD(r.Int64N(1 << r.IntN(54)))
		input := r.Int64N(1 << r.IntN(30))
		n := p.MaxOutputFor(money, input)
		switch {
		case n < 0:
			t.Fatalf("%+v: MaxOutputFor(%d, %d) = %d", p, money, input, n)
		case n > 0 && p.WorstCase(input, n) > money:
			t.Fatalf("%+v: MaxOutputFor(%d, %d) = %d costs %d", p, money, input, n, p.WorstCase(input, n))
		case n < math.MaxInt64 && p.WorstCase(input, n+1) <= money:
			t.Fatalf("%+v: MaxOutputFor(%d, %d) = %d, but %d fit", p, money, input, n, n+1)
		}
	}
}

func TestPriceMaxOutputForEdges(t *testing.T) {
	t.Parallel()
	p := &Price{Input: 1_000, Output: 2_000}
	free := &Price{Input: 1_000}
	tests := []struct {
		name  string
		price *Price
		money llm.NanoUSD
		input int64
		want  int64
	}{
		{"nothing left", p, 10, 10, 0},
		{"input does not fit", p, 9, 10, 0},
		{"half a token does not fit", p, 11, 10, 0},
		{"one fits", p, 12, 10, 1},
		{"no money", p, 0, 0, 0},
		{"debt", p, -1, 0, 0},
		{"output is free", free, 10, 10, math.MaxInt64},
		{"output is free, input does not fit", free, 9, 10, 0},
		{"all the money in the world", p, math.MaxInt64, 0, math.MaxInt64 / 2},
		{"negative input", p, 2, -5, 1},
		{"input beyond measure", &Price{Input: math.MaxInt64, Output: 1}, math.MaxInt64, math.MaxInt64, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := tt.price.MaxOutputFor(tt.money, tt.input); got != tt.want {
				t.Errorf("MaxOutputFor(%d, %d) = %d, want %d", tt.money, tt.input, got, tt.want)
			}
		})
	}
}

var benchUsage = llm.Usage{Input: 250_000, Output: 900, CacheRead: 240_000, CacheWrite5m: 5_000, CacheWrite1h: 100}

func BenchmarkPriceCost(b *testing.B) {
	p := priceOf(b, "anthropic", "claude-sonnet-4-5")
	b.ReportAllocs()
	var sum llm.NanoUSD
	for b.Loop() {
		sum += p.Cost(benchUsage)
	}
	if sum == 0 {
		b.Fatal("free")
	}
}

func BenchmarkPriceWorstCase(b *testing.B) {
	p := priceOf(b, "anthropic", "claude-sonnet-4-5")
	b.ReportAllocs()
	var sum llm.NanoUSD
	for b.Loop() {
		sum += p.WorstCase(250_000, 8_000)
	}
	if sum == 0 {
		b.Fatal("free")
	}
}
