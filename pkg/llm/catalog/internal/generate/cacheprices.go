package main

import (
	"strings"

	"github.com/llmgw/llmgw/pkg/llm"
)

// claudeCachePrices fills in and mends cache prices. Anthropic: five-minute
// writes cost 1.25 times the input price, one-hour writes 2 times, reads 0.1
// times (platform.claude.com/docs/en/about-claude/pricing, read 2026-11). The
// page prints claude-3-haiku's prices rounded (0.30 and 0.03 instead of 0.3125
// and 0.025), and the newest models read for less than 0.1, so a write price is
// mended only where it is a quarter off or more, which is how the one-hour price of
// claude-3-haiku (6 instead of 0.50) shows; and a read price only where it is above
// the input price.
//
// Amazon, Google, Microsoft, OpenRouter and Vercel sell Claude with the same
// multiples (the page says so of the first three; openrouter.ai/docs/faq and
// vercel.com/docs/ai-gateway/pricing: the vendor's prices; read 2026-11).
func claudeCachePrices(r *row) bool {
	if !strings.Contains(r.model, "claude") {
		return false
	}
	base := claudeCache(&r.base)
	return r.tierAbove > 0 && claudeCache(&r.tier) || base
}

func claudeCache(p *rates) bool {
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

// farFrom says that the price is a quarter away from want, or more.
func farFrom(price *llm.PicoUSD, want llm.PicoUSD) bool {
	return price != nil && *price != want && max(*price-want, want-*price) >= want/4
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

// openaiCacheRead adds what the newer source lacks: GPT-5.5 reads cached input at a
// tenth, as all of GPT-5 do but the pro models, which cache nothing.
// developers.openai.com/api/docs/pricing, read 2026-11.
func openaiCacheRead(r *row) bool {
	if !strings.HasPrefix(r.model, "gpt-5.5") || strings.Contains(r.model, "-pro") || r.base.input == nil || r.base.read != nil {
		return false
	}
	r.base.read = times(r.base.input, 1, 10)
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

// geminiCachePrices mends reads that cost what output does, or an hour of storage:
// the newer source took the wrong line of Google's list. Cached input costs a
// tenth from Gemini 2.5 on, and never was above a quarter. Writing has no price of
// its own: what the sources give as that of long calls is the price of reading.
// ai.google.dev/gemini-api/docs/pricing, read 2026-11.
func geminiCachePrices(r *row) bool {
	p, changed := &r.base, false
	if !strings.Contains(r.model, "gemini-") || p.input == nil {
		return false
	}
	if p.read != nil && *p.read > *p.input/2 {
		p.read, changed = times(p.input, 1, 10), true
	}
	if r.tier.write5m != nil {
		r.tier.write5m, changed = nil, true
	}
	return changed
}

// minimaxReads are the prices of cached input that MiniMax asks, in pico-dollars
// each. platform.minimax.io/docs/guides/pricing-paygo, read 2026-11.
var minimaxReads = []struct {
	prefix string
	read   llm.PicoUSD
}{
	{"MiniMax-M2.7", 60_000},
	{"MiniMax-M2", 30_000},
}

// minimaxCachePrices tells reading from writing: the newer source gives the price
// of a write (0.375) for a read. Where the read is not known it is left out.
func minimaxCachePrices(r *row) bool {
	const write = 375_000
	p := &r.base
	if p.read == nil || *p.read != write {
		return false
	}
	p.write5m, p.read = p.read, nil
	for _, m := range minimaxReads {
		if strings.HasPrefix(r.model, m.prefix) {
			p.read = new(m.read)
			break
		}
	}
	return true
}
