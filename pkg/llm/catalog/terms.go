package catalog

import (
	"errors"
	"math"
	"math/bits"

	"github.com/llmgw/llmgw/pkg/llm"
)

// ErrIncomplete is returned for terms from which no price can be made without
// taking something for free that nobody said is free.
var ErrIncomplete = errors.New("a price needs both input and output")

// Terms are prices as somebody states them, in pico-dollars each. A nil price is
// one they do not mention.
type Terms struct {
	Input, Output, CacheRead, CacheWrite5m, CacheWrite1h *llm.PicoUSD
	// Query is the fee for one of the provider's own tool calls.
	Query *llm.PicoUSD
	// Tier is the price of long calls; nil where they mention none.
	Tier *TierTerms
}

// TierTerms are the prices of calls with more than Above tokens of input.
type TierTerms struct {
	Above                                                int64
	Input, Output, CacheRead, CacheWrite5m, CacheWrite1h *llm.PicoUSD
}

// Empty reports whether the terms mention no price at all.
func (t Terms) Empty() bool { return t == Terms{} }

// price completes terms into a Price. Cache prices that are not mentioned are
// those of the input. It returns ErrIncomplete where input or output is missing.
func (t Terms) price(source string) (*Price, error) {
	if t.Input == nil || t.Output == nil {
		return nil, ErrIncomplete
	}
	p := &Price{
		Input: *t.Input, Output: *t.Output,
		CacheRead:    or(t.CacheRead, *t.Input),
		CacheWrite5m: or(t.CacheWrite5m, *t.Input),
		CacheWrite1h: or(t.CacheWrite1h, *t.Input),
		Query:        or(t.Query, 0),
		Source:       source,
	}
	p.Tier = t.Tier.over(p.base())
	return p, nil
}

// over completes a tier: input and output that it does not mention are those of
// the base, cache prices keep their proportion to the input price.
func (t *TierTerms) over(base Tier) *Tier {
	if t == nil {
		return nil
	}
	in, out := or(t.Input, base.Input), or(t.Output, base.Output)
	return &Tier{
		Above: t.Above, Input: in, Output: out,
		CacheRead:    or(t.CacheRead, scale(base.CacheRead, base.Input, in)),
		CacheWrite5m: or(t.CacheWrite5m, scale(base.CacheWrite5m, base.Input, in)),
		CacheWrite1h: or(t.CacheWrite1h, scale(base.CacheWrite1h, base.Input, in)),
	}
}

// over lays the terms over a known price, as an operator does who pays something
// else than the list price. Prices that the terms do not mention keep their
// proportion to the input price (those of tiers for output: to the output
// price): a discount on input is one on cached input, and a mark-up too.
func (t Terms) over(known *Price) (*Price, error) {
	if known == nil {
		return t.price(SourceConfig)
	}
	in, out := or(t.Input, known.Input), or(t.Output, known.Output)
	p := &Price{
		Input: in, Output: out,
		CacheRead:    or(t.CacheRead, scale(known.CacheRead, known.Input, in)),
		CacheWrite5m: or(t.CacheWrite5m, scale(known.CacheWrite5m, known.Input, in)),
		CacheWrite1h: or(t.CacheWrite1h, scale(known.CacheWrite1h, known.Input, in)),
		Query:        or(t.Query, known.Query),
		Source:       SourceConfig,
	}
	p.Tier = t.Tier.over(p.base())
	if t.Tier == nil && known.Tier != nil {
		p.Tier = known.Tier.scaled(known, p)
	}
	return p, nil
}

// scaled is the tier of price from in proportion to the price to.
func (t *Tier) scaled(from, to *Price) *Tier {
	return &Tier{
		Above:        t.Above,
		Input:        scale(t.Input, from.Input, to.Input),
		Output:       scale(t.Output, from.Output, to.Output),
		CacheRead:    scale(t.CacheRead, from.CacheRead, to.CacheRead),
		CacheWrite5m: scale(t.CacheWrite5m, from.CacheWrite5m, to.CacheWrite5m),
		CacheWrite1h: scale(t.CacheWrite1h, from.CacheWrite1h, to.CacheWrite1h),
	}
}

// scale is price × to / from, rounded up. Beside a price of nothing there is no
// proportion: the result is then the larger of price and to.
func scale(price, from, to llm.PicoUSD) llm.PicoUSD {
	if from == to {
		return price
	}
	if from <= 0 || price < 0 || to < 0 {
		return max(price, to)
	}
	hi, lo := bits.Mul64(uint64(price), uint64(to))
	lo, carry := bits.Add64(lo, uint64(from)-1, 0)
	hi += carry
	if hi >= uint64(from) {
		return math.MaxInt64
	}
	q, _ := bits.Div64(hi, lo, uint64(from))
	return llm.PicoUSD(min(q, math.MaxInt64))
}

func or(p *llm.PicoUSD, otherwise llm.PicoUSD) llm.PicoUSD {
	if p == nil {
		return otherwise
	}
	return *p
}
