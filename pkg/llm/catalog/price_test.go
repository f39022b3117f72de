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
	p := &Price{
		Input: 1_000_000, CacheRead: 100_000, CacheWrite5m: 2_000_000, CacheWrite1h: 3_000_000,
		Output: 1_000_000, Reasoning: new(llm.PicoUSD(2_000_000)),
	}
	tests := []struct {
		name  string
		usage llm.Usage
		want  llm.NanoUSD
	}{
		{"nothing", llm.Usage{}, 0},
		{"more cached than input", llm.Usage{Input: 10, CacheRead: 20}, 2_000},
		{"more written than input", llm.Usage{Input: 10, CacheWrite5m: 6, CacheWrite1h: 6}, 30_000},
		{"all negative", llm.Usage{Input: -5, Output: -5, CacheRead: -5, CacheWrite5m: -5, CacheWrite1h: -5, Queries: -1}, 0},
		{"more reasoning than output", llm.Usage{Output: 5, Reasoning: 9}, 10_000},
		{"negative reasoning", llm.Usage{Output: 5, Reasoning: -9}, 5_000},
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
	if r.IntN(3) == 0 {
		p.Reasoning = new(price())
	}
	if r.IntN(3) == 0 {
		p.Request = price()
	}
	above := int64(0)
	for range r.IntN(3) {
		above += r.Int64N(1 << 20)
		p.Tiers = append(p.Tiers, Tier{
			Above: above,
			Input: price(), Output: price(), CacheRead: price(), CacheWrite5m: price(), CacheWrite1h: price(),
		})
		if r.IntN(3) == 0 {
			p.Tiers[len(p.Tiers)-1].Reasoning = new(price())
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
		{"a fee for the call", &Price{Input: 1_000, Output: 2_000, Request: 4_000}, 16, 10, 1},
		{"a fee that does not fit", &Price{Output: 2_000, Request: 4_000}, 3, 0, 0},
		{"dear reasoning", &Price{Output: 1_000, Reasoning: new(llm.PicoUSD(3_000))}, 9, 0, 3},
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
