package main

import "github.com/llmgw/llmgw/pkg/llm"

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

// perplexityFees are what Perplexity asks beside tokens, in pico-dollars:
// for each request at the search context size that is the default (low), and for
// each search of the deep one; and where it has a price of its own, reasoning.
// docs.perplexity.ai/getting-started/pricing, read 2026-11.
var perplexityFees = []struct {
	model                     string
	request, query, reasoning llm.PicoUSD
}{
	{model: "sonar", request: 5_000_000_000},
	{model: "sonar-pro", request: 6_000_000_000},
	{model: "sonar-reasoning", request: 5_000_000_000},
	{model: "sonar-reasoning-pro", request: 6_000_000_000},
	{model: "sonar-deep-research", query: 5_000_000_000, reasoning: 3_000_000},
}

// perplexityPrices adds these fees. It also mends sonar, which stands in the
// sources as a model of another interface, without a price: it is a chat model
// with a window of 128,000 tokens at 1 USD for a million of both.
func perplexityPrices(r *row) bool {
	if r.model == "sonar" {
		r.mode, r.context = "chat", 128_000
		r.base = rates{input: new(llm.PicoUSD(1_000_000)), output: new(llm.PicoUSD(1_000_000))}
	}
	for _, f := range perplexityFees {
		if r.model != f.model {
			continue
		}
		if f.request > 0 {
			r.request = new(f.request)
		}
		if f.query > 0 {
			r.query, r.base.reasoning = new(f.query), new(f.reasoning)
		}
		return true
	}
	return false
}
