package catalog

import (
	"testing"

	"github.com/llmgw/llmgw/pkg/llm"
)

// TestPriceCostInvoices checks bills worked out by hand from the vendors' price
// lists. Anthropic: platform.claude.com/docs/en/about-claude/pricing; OpenAI:
// developers.openai.com/api/docs/pricing; the others are named where they begin.
// All as of the catalogue's facts (2026-04 to 2026-08), read 2026-11.
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
		{
			// 800 × 5 + 4,000 × 0.50 + 1,200 × 6.25 + 2,000 × 10 + 900 × 25, in millionths:
			// 4,000 + 2,000 + 7,500 + 20,000 + 22,500.
			name: "everything at once", provider: "anthropic", model: "claude-opus-4-8",
			usage: llm.Usage{Input: 8_000, Output: 900, CacheRead: 4_000, CacheWrite5m: 1_200, CacheWrite1h: 2_000},
			want:  "0.056",
		},
		{
			// 12,345 × 1 + 678 × 5: 12,345 + 3,390.
			name: "odd numbers", provider: "anthropic", model: "claude-haiku-4-5-20251001",
			usage: llm.Usage{Input: 12_345, Output: 678}, want: "0.015735",
		},
		{
			// A read of 500,000 at 0.50, the whole of it above 272,000: 2 × 0.50; 500 × 45.
			name: "long context, all of it cached", provider: "openai", model: "gpt-5.5",
			usage: llm.Usage{Input: 500_000, Output: 500, CacheRead: 500_000}, want: "0.5225",
		},
		{
			// Legacy completions: 40 × 1.50 + 16 × 2.
			name: "completion", provider: "openai", model: "gpt-3.5-turbo-instruct",
			usage: llm.Usage{Input: 40, Output: 16}, want: "0.000092",
		},
		{
			// The dearest list price there is: 1,000 × 150 + 1,000 × 600.
			name: "responses", provider: "openai", model: "o1-pro-2025-03-19",
			usage: llm.Usage{Input: 1_000, Output: 1_000, Reasoning: 900}, want: "0.75",
		},
		{
			name: "moderation is free", provider: "openai", model: "omni-moderation-latest",
			usage: llm.Usage{Input: 1_000}, want: "0",
		},
		{
			// ai.google.dev/gemini-api/docs/pricing: thoughts are output. 1,000 × 1.25 + 3,000 × 10.
			name: "thoughts", provider: "gemini", model: "gemini-2.5-pro",
			usage: llm.Usage{Input: 1_000, Output: 3_000, Reasoning: 2_500}, want: "0.03125",
		},
		{
			// Above 200,000: 150,000 × 2.50 + 100,000 cached × 0.25 + 2,000 × 15: 0.375 + 0.025 + 0.03.
			name: "long context", provider: "gemini", model: "models/gemini-2.5-pro",
			usage: llm.Usage{Input: 250_000, Output: 2_000, CacheRead: 100_000}, want: "0.43",
		},
		{
			// 0.15 $/M: 7 × 0.15 millionths are 1,050 nano-dollars.
			name: "embedding", provider: "gemini", model: "gemini-embedding-001",
			usage: llm.Usage{Input: 7}, want: "0.00000105",
		},
		{
			// cloud.google.com/vertex-ai/generative-ai/pricing: the vendor's price.
			// 2,000 × 3 + 10,000 × 0.30 + 300 × 15: 6,000 + 3,000 + 4,500.
			name: "claude", provider: "vertex_ai", model: "claude-sonnet-4-5@20250929",
			usage: llm.Usage{Input: 12_000, Output: 300, CacheRead: 10_000}, want: "0.0135",
		},
		{
			// aws.amazon.com/bedrock/pricing: 10 % more in a geography: 1,000 × 3.30 +
			// 1,000 × 4.125 + 100 × 16.50: 3,300 + 4,125 + 1,650.
			name: "claude in Europe", provider: "bedrock", model: "converse/eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
			usage: llm.Usage{Input: 2_000, Output: 100, CacheWrite5m: 1_000}, want: "0.009075",
		},
		{
			// 1,000 × 0.80 + 1,000 × 3.20.
			name: "nova", provider: "bedrock", model: "amazon.nova-pro-v1:0",
			usage: llm.Usage{Input: 1_000, Output: 1_000}, want: "0.004",
		},
		{
			// azure.microsoft.com/pricing/details/azure-openai: 1,000 × 2.50 + 1,000 × 1.25 + 100 × 10.
			name: "half of it cached", provider: "azure", model: "azure/gpt-4o-2024-08-06",
			usage: llm.Usage{Input: 2_000, Output: 100, CacheRead: 1_000}, want: "0.00475",
		},
		{
			// openrouter.ai/docs/faq: the vendor's price. 100 × 5 + 1,000 × 10 + 10 × 25.
			name: "an hour's write", provider: "openrouter", model: "anthropic/claude-opus-4.8",
			usage: llm.Usage{Input: 1_100, Output: 10, CacheWrite1h: 1_000}, want: "0.01075",
		},
		{
			name: "a free variant", provider: "openrouter", model: "openai/gpt-oss-20b:free",
			usage: llm.Usage{Input: 1_000, Output: 1_000}, want: "0",
		},
		{
			// cohere.com/pricing: 2 USD for 1,000 searches, whatever is in them.
			name: "a search", provider: "cohere", model: "rerank-v3.5",
			usage: llm.Usage{Queries: 3}, want: "0.006",
		},
		{
			// docs.voyageai.com/docs/pricing: 0.18 $/M.
			name: "embedding", provider: "voyage", model: "voyage-3-large",
			usage: llm.Usage{Input: 1_234}, want: "0.00022212",
		},
		{
			// docs.perplexity.ai/getting-started/pricing: 6 USD for 1,000 requests beside
			// 100 × 3 + 200 × 15.
			name: "a fee for the request", provider: "perplexity", model: "sonar-pro",
			usage: llm.Usage{Input: 100, Output: 200}, want: "0.0093",
		},
		{
			// 33 × 2 + 7,163 × 8 + 95,305 of reasoning × 3, in millionths, and 30 searches
			// at 0.005: 66 + 57,304 + 285,915 = 343,285; 0.15.
			name: "reasoning and searches", provider: "perplexity", model: "sonar-deep-research",
			usage: llm.Usage{Input: 33, Output: 7_163 + 95_305, Reasoning: 95_305, Queries: 30}, want: "0.493285",
		},
		{
			// api-docs.deepseek.com/quick_start/pricing: 0.028 cached, 0.28, 0.42:
			// 900 × 0.028 + 100 × 0.28 + 50 × 0.42: 25.2 + 28 + 21 millionths.
			name: "a cache hit", provider: "deepseek", model: "deepseek-chat",
			usage: llm.Usage{Input: 1_000, Output: 50, CacheRead: 900}, want: "0.0000742",
		},
		{
			// docs.x.ai/docs/models: above 200,000 twice: 200,001 × 4 + 100 × 12.
			name: "long context", provider: "xai", model: "grok-4.5",
			usage: llm.Usage{Input: 200_001, Output: 100}, want: "0.801204",
		},
		{
			// groq.com/pricing: 10 × 0.59 + 10 × 0.79 millionths: 13,800 nano-dollars.
			name: "small", provider: "groq", model: "llama-3.3-70b-versatile",
			usage: llm.Usage{Input: 10, Output: 10}, want: "0.0000138",
		},
		{
			// docs.mistral.ai: 0.1 $/M.
			name: "embedding", provider: "mistral", model: "mistral-embed",
			usage: llm.Usage{Input: 9}, want: "0.0000009",
		},
		{
			// fireworks.ai/pricing: 1,001 × 0.56 + 7 × 1.68 millionths: 560,560 + 11,760 nano-dollars.
			name: "by its short name", provider: "fireworks_ai", model: "deepseek-v3p2",
			usage: llm.Usage{Input: 1_001, Output: 7}, want: "0.00057232",
		},
		{
			// 1 × 0.0375 millionths is 37.5 nano-dollars, rounded up.
			name: "half a nano-dollar", provider: "cohere", model: "command-r7b-12-2024",
			usage: llm.Usage{Input: 1}, want: "0.000000038",
		},
	}
	for _, tt := range tests {
		t.Run(tt.provider+" "+tt.name, func(t *testing.T) {
			t.Parallel()
			if got := priceOf(t, tt.provider, tt.model).Cost(tt.usage); got.String() != tt.want {
				t.Errorf("Cost = %s USD, want %s", got, tt.want)
			}
		})
	}
}
