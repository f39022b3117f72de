package main

import (
	"slices"
	"strings"

	"github.com/llmgw/llmgw/pkg/llm"
)

// modes are the kinds of models whose calls the gateway can price.
var modes = []string{"chat", "completion", "embedding", "responses"}

// rule corrects what is known to be wrong or missing in the sources.
type rule struct {
	// provider is whose rows it looks at; "" means all.
	provider string
	// apply changes the row and reports whether it did.
	apply func(*row) bool
}

var rules = []rule{
	{"", windowHoldsOutput},
	{"anthropic", anthropicCachePrices},
	{"anthropic", anthropicWebSearch},
	{"openai", openaiMisplacedCacheRead},
	{"openai", openaiCacheWrite},
	{"openai", openaiLongContext},
}

// aliases are names that a vendor documents for a model and the sources lack.
// Anthropic: platform.claude.com/docs/en/about-claude/models/overview; OpenAI:
// developers.openai.com/api/docs/models/gpt-5.6-sol; read 2026-11.
var aliases = []struct{ provider, alias, model string }{
	{"anthropic", "claude-opus-4-0", "claude-opus-4-20250514"},
	{"anthropic", "claude-sonnet-4-0", "claude-sonnet-4-20250514"},
	{"openai", "gpt-5.6", "gpt-5.6-sol"},
}

// refine keeps the rows the gateway can use, corrects them and sorts them.
func refine(rows []row, providers []string) []row {
	var kept []row
	for _, r := range rows {
		if slices.Contains(providers, r.provider) && slices.Contains(modes, r.mode) && r.saysSomething() {
			kept = append(kept, correct(r))
		}
	}
	kept = append(kept, aliasRows(kept)...)
	slices.SortFunc(kept, func(a, b row) int {
		if c := strings.Compare(a.provider, b.provider); c != 0 {
			return c
		}
		return strings.Compare(a.model, b.model)
	})
	return kept
}

// saysSomething is false for what is not a model: price maps also list fees
// (openai/container) as rows without a single number.
func (r row) saysSomething() bool {
	return r.context > 0 || r.base.input != nil || r.base.output != nil
}

func correct(r row) row {
	for _, rule := range rules {
		if rule.provider == "" || rule.provider == r.provider {
			r.corrected = rule.apply(&r) || r.corrected
		}
	}
	return r
}

func aliasRows(rows []row) []row {
	var made []row
	for _, a := range aliases {
		named := func(name string) func(row) bool {
			return func(r row) bool { return r.provider == a.provider && r.model == name }
		}
		i := slices.IndexFunc(rows, named(a.model))
		if i < 0 || slices.ContainsFunc(rows, named(a.alias)) {
			continue
		}
		r := rows[i]
		r.model = a.alias
		made = append(made, r)
	}
	return made
}

// windowHoldsOutput mends rows that give the input limit as the context window:
// no model writes more than its window holds (gpt-5-pro: 128,000 in, 272,000
// out, window 400,000).
func windowHoldsOutput(r *row) bool {
	if r.context == 0 || r.maxOutput <= r.context || r.mode == "embedding" {
		return false
	}
	r.context += r.maxOutput
	return true
}

// anthropicCachePrices fills in and mends cache prices. Anthropic: five-minute
// writes cost 1.25 times the input price, one-hour writes 2 times, reads 0.1
// times (platform.claude.com/docs/en/about-claude/pricing, read 2026-11). The
// page prints claude-3-haiku's prices rounded (0.30 and 0.03 instead of 0.3125
// and 0.025), and the newest models read for less than 0.1, so a write price is
// mended only where it is more than a quarter off, which is how the one-hour
// price of claude-3-haiku (6 instead of 0.50) shows; and a read price only where
// it is above the input price.
func anthropicCachePrices(r *row) bool {
	base := anthropicCache(&r.base)
	return r.tierAbove > 0 && anthropicCache(&r.tier) || base
}

func anthropicCache(p *rates) bool {
	if p.input == nil {
		return false
	}
	changed := false
	set := func(price **llm.PicoUSD, want llm.PicoUSD, wrong bool) {
		if *price == nil || wrong {
			*price = &want
			changed = true
		}
	}
	in := *p.input
	set(&p.read, in/10, p.read != nil && *p.read > in)
	set(&p.write5m, in*5/4, farFrom(p.write5m, in*5/4))
	set(&p.write1h, in*2, farFrom(p.write1h, in*2))
	return changed
}

// farFrom says that the price is more than a quarter away from want.
func farFrom(price *llm.PicoUSD, want llm.PicoUSD) bool {
	return price != nil && max(*price-want, want-*price) > want/4
}

// anthropicWebSearch adds the fee of a web search, which the sources lack: 10 USD
// for 1,000. platform.claude.com/docs/en/about-claude/pricing, read 2026-11.
func anthropicWebSearch(r *row) bool {
	if r.query != nil {
		return false
	}
	fee := llm.PicoUSD(10_000_000_000)
	r.query = &fee
	return true
}

// openaiMisplacedCacheRead moves a read price that slipped into the next column
// (ft:gpt-4o-2024-11-20): OpenAI had no price for writing, and never one below
// the input price.
func openaiMisplacedCacheRead(r *row) bool {
	p := &r.base
	if p.read != nil || p.write5m == nil || p.input == nil || *p.write5m >= *p.input {
		return false
	}
	p.read, p.write5m = p.write5m, nil
	return true
}

// openaiCacheWrite adds what the sources lack: from GPT-5.6 on, cache writes
// cost 1.25 times the input price.
// developers.openai.com/api/docs/models/gpt-5.6-luna, read 2026-11.
func openaiCacheWrite(r *row) bool {
	if !strings.HasPrefix(r.model, "gpt-5.6") || r.base.input == nil || r.base.write5m != nil {
		return false
	}
	r.base.write5m = times(r.base.input, 5, 4)
	return true
}

// openaiLongContext adds what one of the sources lacks: calls with more than
// 272,000 input tokens cost 2 times the input and 1.5 times the output price,
// for the full request, on the models with a window of 1,050,000 tokens.
// developers.openai.com/api/docs/models/gpt-5.6-luna, read 2026-11.
func openaiLongContext(r *row) bool {
	const window, threshold = 1_050_000, 272_000
	if r.context != window || r.tierAbove != 0 || r.base.input == nil {
		return false
	}
	r.tierAbove = threshold
	r.tier = rates{
		input: times(r.base.input, 2, 1), output: times(r.base.output, 3, 2),
		read: times(r.base.read, 2, 1), write5m: times(r.base.write5m, 2, 1),
	}
	return true
}

// times is price × num / den, nil for nil.
func times(price *llm.PicoUSD, num, den llm.PicoUSD) *llm.PicoUSD {
	if price == nil {
		return nil
	}
	p := *price * num / den
	return &p
}
