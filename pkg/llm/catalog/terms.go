package catalog

import (
	"cmp"
	"errors"
	"math"
	"math/bits"
	"slices"

	"github.com/llmgw/llmgw/pkg/llm"
)

// ErrIncomplete is returned for terms from which no price can be made without
// taking something for free that nobody said is free.
var ErrIncomplete = errors.New("a price needs both input and output")

// Terms are prices as somebody states them, in pico-dollars each. A nil price is
// one they do not mention.
type Terms struct {
	Rates RateTerms
	// Query and Request are the fees of [Price].
	Query, Request *llm.PicoUSD
	// Tiers are the prices of long calls, the shortest first; none where they
	// mention none.
	Tiers []TierTerms
}

// RateTerms are the prices of tokens.
type RateTerms struct {
	Input, Output, CacheRead, CacheWrite5m, CacheWrite1h, Reasoning *llm.PicoUSD
}

// TierTerms are the prices of calls with more than Above tokens of input.
type TierTerms struct {
	Above int64
	Rates RateTerms
}

// Empty reports whether the terms mention no price at all.
func (t Terms) Empty() bool {
	return t.Rates == RateTerms{} && t.Query == nil && t.Request == nil && len(t.Tiers) == 0
}

// price completes terms into a Price. Cache prices that are not mentioned are
// those of the input, save that of an hour, which is that of five minutes. It
// returns ErrIncomplete where input or output is missing.
func (t Terms) price(source string) (*Price, error) {
	r := &t.Rates
	if r.Input == nil || r.Output == nil {
		return nil, ErrIncomplete
	}
	c := completion{origin: Origin(source)}
	p := &Price{Input: *r.Input, Output: *r.Output, Source: source}
	p.Origins.Input, p.Origins.Output = c.origin, c.origin
	p.CacheRead, p.Origins.CacheRead = c.or(r.CacheRead, p.Input, OriginInput)
	p.CacheWrite5m, p.Origins.CacheWrite5m = c.or(r.CacheWrite5m, p.Input, OriginInput)
	p.CacheWrite1h, p.Origins.CacheWrite1h = c.or(r.CacheWrite1h, p.CacheWrite5m, OriginWrite)
	p.Query, p.Origins.Query = c.or(t.Query, 0, "")
	p.Request, p.Origins.Request = c.or(t.Request, 0, "")
	if p.Reasoning = r.Reasoning; p.Reasoning != nil {
		p.Origins.Reasoning = c.origin
	}
	p.Tiers = c.tiers(t.Tiers, p.base())
	return p, nil
}

// over lays the terms over a known price, as an operator does who pays something
// else than the list price. Prices that the terms do not mention keep their
// proportion to the input price (those of reasoning, and of tiers for output: to
// the output price): a discount on input is one on cached input, and a mark-up
// too.
func (t Terms) over(known *Price, source string) (*Price, error) {
	if known == nil {
		return t.price(source)
	}
	c := completion{origin: Origin(source)}
	p := &Price{Source: source}
	c.lay(p, t.Rates, known)
	p.Query, p.Origins.Query = c.or(t.Query, known.Query, known.Origins.Query)
	p.Request, p.Origins.Request = c.or(t.Request, known.Request, known.Origins.Request)
	p.Tiers = c.tiers(t.Tiers, p.base())
	if len(t.Tiers) == 0 {
		for _, tier := range known.Tiers {
			p.Tiers = append(p.Tiers, tier.scaled(known, p))
		}
	}
	return p, nil
}

// completion fills in what terms do not mention.
type completion struct{ origin Origin }

// or is the price that is stated, else the one that stands in for it.
func (c completion) or(stated *llm.PicoUSD, otherwise llm.PicoUSD, why Origin) (llm.PicoUSD, Origin) {
	if stated != nil {
		return *stated, c.origin
	}
	return otherwise, why
}

// lay lays the rates over those of a known price.
func (c completion) lay(p *Price, r RateTerms, known *Price) {
	o, from := &p.Origins, known.Origins
	p.Input, o.Input = c.or(r.Input, known.Input, from.Input)
	p.Output, o.Output = c.or(r.Output, known.Output, from.Output)
	scaled := func(stated *llm.PicoUSD, price llm.PicoUSD, was Origin) (llm.PicoUSD, Origin) {
		price, was = follow(price, known.Input, p.Input, was)
		return c.or(stated, price, was)
	}
	p.CacheRead, o.CacheRead = scaled(r.CacheRead, known.CacheRead, from.CacheRead)
	p.CacheWrite5m, o.CacheWrite5m = scaled(r.CacheWrite5m, known.CacheWrite5m, from.CacheWrite5m)
	p.CacheWrite1h, o.CacheWrite1h = scaled(r.CacheWrite1h, known.CacheWrite1h, from.CacheWrite1h)
	switch {
	case r.Reasoning != nil:
		p.Reasoning, o.Reasoning = r.Reasoning, c.origin
	case known.Reasoning != nil:
		var reasoning llm.PicoUSD
		reasoning, o.Reasoning = follow(*known.Reasoning, known.Output, p.Output, from.Reasoning)
		p.Reasoning = &reasoning
	}
}

// tiers completes tiers: input and output that they do not mention are those of
// the base, cache prices keep their proportion to the input price, reasoning to
// the output price.
func (c completion) tiers(terms []TierTerms, base Tier) []Tier {
	var tiers []Tier
	for i := range terms {
		r := &terms[i].Rates
		t := Tier{Above: terms[i].Above}
		o := &t.Origins
		t.Input, o.Input = c.or(r.Input, base.Input, base.Origins.Input)
		t.Output, o.Output = c.or(r.Output, base.Output, base.Origins.Output)
		t.CacheRead, o.CacheRead = c.or(r.CacheRead, scale(base.CacheRead, base.Input, t.Input), OriginProportion)
		t.CacheWrite5m, o.CacheWrite5m = c.or(r.CacheWrite5m, scale(base.CacheWrite5m, base.Input, t.Input), OriginProportion)
		t.CacheWrite1h, o.CacheWrite1h = c.or(r.CacheWrite1h, scale(base.CacheWrite1h, base.Input, t.Input), OriginProportion)
		if r.Reasoning != nil {
			t.Reasoning, o.Reasoning = r.Reasoning, c.origin
		} else if base.Reasoning != nil {
			t.Reasoning, o.Reasoning = new(scale(*base.Reasoning, base.Output, t.Output)), OriginProportion
		}
		tiers = append(tiers, t)
	}
	slices.SortStableFunc(tiers, func(a, b Tier) int { return cmp.Compare(a.Above, b.Above) })
	return tiers
}

// scaled is the tier of price from in proportion to the price to.
func (t Tier) scaled(from, to *Price) Tier {
	s := Tier{Above: t.Above}
	o := &s.Origins
	s.Input, o.Input = follow(t.Input, from.Input, to.Input, t.Origins.Input)
	s.Output, o.Output = follow(t.Output, from.Output, to.Output, t.Origins.Output)
	s.CacheRead, o.CacheRead = follow(t.CacheRead, from.CacheRead, to.CacheRead, t.Origins.CacheRead)
	s.CacheWrite5m, o.CacheWrite5m = follow(t.CacheWrite5m, from.CacheWrite5m, to.CacheWrite5m, t.Origins.CacheWrite5m)
	s.CacheWrite1h, o.CacheWrite1h = follow(t.CacheWrite1h, from.CacheWrite1h, to.CacheWrite1h, t.Origins.CacheWrite1h)
	if t.Reasoning != nil {
		var reasoning llm.PicoUSD
		reasoning, o.Reasoning = follow(*t.Reasoning, from.Output, to.Output, t.Origins.Reasoning)
		s.Reasoning = &reasoning
	}
	return s
}

// follow is a price that keeps its proportion to another one, and where it comes
// from by then.
func follow(price, from, to llm.PicoUSD, was Origin) (llm.PicoUSD, Origin) {
	if from == to {
		return price, was
	}
	return scale(price, from, to), OriginProportion
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
