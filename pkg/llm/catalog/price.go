package catalog

import (
	"math"
	"math/bits"
	"slices"

	"github.com/llmgw/llmgw/pkg/llm"
)

// Where a price comes from: price_source of the request log.
const (
	// SourceCatalog is the built-in catalogue.
	SourceCatalog = "catalog"
	// SourceFile is the operator's price file.
	SourceFile = "file"
	// SourceConfig is the operator's configuration.
	SourceConfig = "config"
	// SourceAssumed is the dearest known price of the provider, in place of an
	// unknown one.
	SourceAssumed = "assumed"
	// SourceUnknown marks calls without a price. No Price has it.
	SourceUnknown = "unknown"
)

// Price is what a model's tokens cost, in pico-dollars each. Every field holds:
// 0 is free. A Price is shared: callers must not change it.
type Price struct {
	Input, Output llm.PicoUSD
	CacheRead     llm.PicoUSD
	CacheWrite5m  llm.PicoUSD
	CacheWrite1h  llm.PicoUSD
	// Reasoning is the price of output that is reasoning, where the vendor asks
	// another one for it; nil where it costs what other output costs.
	Reasoning *llm.PicoUSD
	// Query is the fee for one of the provider's own tool calls (a web search), or
	// for one search of a rerank model; 0 where none is known.
	Query llm.PicoUSD
	// Request is the fee for each call beside its tokens; 0 for none.
	Request llm.PicoUSD
	// Tiers are the prices of long calls, the shortest first.
	Tiers []Tier
	// Source is one of the Source constants: the nearest to the operator of those
	// who had a say.
	Source string
	// Origins tells for each single price where it comes from.
	Origins Origins
}

// Tier is the price of calls whose whole input, everything cached included, is
// more than Above tokens. It holds for all tokens of such a call. Its fields are
// those of [Price].
type Tier struct {
	Above         int64
	Input, Output llm.PicoUSD
	CacheRead     llm.PicoUSD
	CacheWrite5m  llm.PicoUSD
	CacheWrite1h  llm.PicoUSD
	Reasoning     *llm.PicoUSD
	Origins       Origins
}

// Cost is what a call that used u costs, rounded up to a nano-dollar once.
// Input that was neither read from nor written to a cache is billed as input;
// reasoning is part of the output. Usage that contradicts itself is billed as
// stated, with no input or output left over. A call that used nothing costs
// nothing.
func (p *Price) Cost(u llm.Usage) llm.NanoUSD {
	t := p.at(u.Input)
	plain := max(0, u.Input-max(0, u.CacheRead))
	plain = max(0, plain-max(0, u.CacheWrite5m))
	plain = max(0, plain-max(0, u.CacheWrite1h))
	var bill llm.Bill
	bill.Add(plain, t.Input)
	bill.Add(u.CacheRead, t.CacheRead)
	bill.Add(u.CacheWrite5m, t.CacheWrite5m)
	bill.Add(u.CacheWrite1h, t.CacheWrite1h)
	if reasoning := min(u.Reasoning, u.Output); t.Reasoning != nil && reasoning > 0 {
		bill.Add(reasoning, *t.Reasoning)
		bill.Add(u.Output-reasoning, t.Output)
	} else {
		bill.Add(u.Output, t.Output)
	}
	bill.Add(u.Queries, p.Query)
	if u.Input > 0 || u.Output > 0 || u.Queries > 0 {
		bill.Add(1, p.Request)
	}
	return bill.Total()
}

// WorstCase is the most that a call can cost which uses at most input and
// output tokens and no queries, however they are cached, whatever of them is
// reasoning and whichever tier they fall in: Cost of no such usage is above it.
func (p *Price) WorstCase(input, output int64) llm.NanoUSD {
	in, out := p.dearest(input)
	var bill llm.Bill
	bill.Add(input, in)
	bill.Add(output, out)
	bill.Add(1, p.Request)
	return bill.Total()
}

// MaxOutputFor is how many output tokens fit into money beside input tokens in
// the worst case: the largest n with WorstCase(input, n) ≤ money. It is 0 where
// not even the input fits, and [math.MaxInt64] where output is free.
func (p *Price) MaxOutputFor(money llm.NanoUSD, input int64) int64 {
	in, out := p.dearest(input)
	// 128 bits: a balance in pico-dollars does not fit into 64.
	hi, lo := bits.Mul64(uint64(max(0, money)), 1000)
	usedHi, usedLo := bits.Mul64(uint64(max(0, input)), uint64(in))
	usedLo, carry := bits.Add64(usedLo, uint64(max(0, p.Request)), 0)
	usedHi += carry
	lo, borrow := bits.Sub64(lo, usedLo, 0)
	hi, borrow = bits.Sub64(hi, usedHi, borrow)
	switch {
	case borrow != 0:
		return 0
	case hi >= uint64(out): // also where out is 0: the quotient has no bound
		return math.MaxInt64
	}
	n, _ := bits.Div64(hi, lo, uint64(out))
	return int64(min(n, math.MaxInt64))
}

// at returns the prices that hold for a call with that much input.
func (p *Price) at(input int64) Tier {
	for _, t := range slices.Backward(p.Tiers) {
		if input > t.Above {
			return t
		}
	}
	return p.base()
}

// base returns the prices of calls in no tier.
func (p *Price) base() Tier {
	return Tier{
		Input: p.Input, Output: p.Output, CacheRead: p.CacheRead,
		CacheWrite5m: p.CacheWrite5m, CacheWrite1h: p.CacheWrite1h, Reasoning: p.Reasoning, Origins: p.Origins,
	}
}

// dearest returns the highest prices that any call with up to that much input
// can meet. A tier need not be the dearer one.
func (p *Price) dearest(input int64) (in, out llm.PicoUSD) {
	in, out = p.base().dearest()
	for i := range p.Tiers {
		if input > p.Tiers[i].Above {
			tierIn, tierOut := p.Tiers[i].dearest()
			in, out = max(in, tierIn), max(out, tierOut)
		}
	}
	return max(0, in), max(0, out)
}

func (t Tier) dearest() (in, out llm.PicoUSD) {
	return max(t.Input, t.CacheRead, t.CacheWrite5m, t.CacheWrite1h), max(t.Output, or(t.Reasoning, 0))
}

// raise makes every price of p at least as high as those of other, tiers
// folded into the base.
func (p *Price) raise(other *Price) {
	b := p.base().atLeast(other.base())
	for i := range other.Tiers {
		b = b.atLeast(other.Tiers[i])
	}
	p.Input, p.Output, p.CacheRead = b.Input, b.Output, b.CacheRead
	p.CacheWrite5m, p.CacheWrite1h = b.CacheWrite5m, b.CacheWrite1h
	p.Query, p.Request = max(p.Query, other.Query), max(p.Request, other.Request)
}

// atLeast is the dearer price of each kind. Reasoning is folded into the output.
func (t Tier) atLeast(o Tier) Tier {
	return Tier{
		Input: max(t.Input, o.Input), CacheRead: max(t.CacheRead, o.CacheRead),
		Output:       max(t.Output, o.Output, or(t.Reasoning, 0), or(o.Reasoning, 0)),
		CacheWrite5m: max(t.CacheWrite5m, o.CacheWrite5m), CacheWrite1h: max(t.CacheWrite1h, o.CacheWrite1h),
	}
}
