package main

import (
	"strings"
	"testing"
)

// prices are the cells of a line from its mode to its fees, without the limits.
func prices(line string) string {
	cells := strings.Split(line, "\t")
	kept := append([]string{cells[0] + "/" + cells[1], cells[2]}, cells[5:19]...)
	for i, cell := range kept {
		if cell == "" {
			kept[i] = "-"
		}
	}
	return strings.TrimRight(strings.Join(kept, " "), " -")
}

// TestGenerateMendsSlips has a case for each rule of prices: the row as it stands
// in the sources, and what becomes of it.
func TestGenerateMendsSlips(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		fact map[string]string
		want string
	}{
		{
			"a hundred thousand times too dear",
			map[string]string{"provider": "wandb", "model": "deepseek-ai/DeepSeek-R1-0528", "input": "135000", "output": "540000"},
			"wandb/deepseek-ai/DeepSeek-R1-0528 chat 1.35 5.4",
		},
		{
			"one that is right already",
			map[string]string{"provider": "wandb", "input": "0.6", "output": "2.5"},
			"wandb/m chat 0.6 2.5",
		},
		{
			"the price of a thousand tokens",
			map[string]string{"provider": "azure_ai", "model": "jais-30b-chat", "input": "3200", "output": "9710"},
			"azure_ai/jais-30b-chat chat 3.2 9.71",
		},
		{
			"the same of an embedding",
			map[string]string{"provider": "cohere", "model": "embed-multilingual-light-v3.0", "mode": "embedding", "input": "100", "output": "0"},
			"cohere/embed-multilingual-light-v3.0 embedding 0.1 0",
		},
		{
			"not by the token",
			map[string]string{"provider": "bedrock", "model": "us.twelvelabs.marengo-embed-2-7-v1:0", "mode": "embedding", "input": "70", "output": "0"},
			"bedrock/us.twelvelabs.marengo-embed-2-7-v1:0 embedding",
		},
		{
			"nothing is a gap",
			map[string]string{"provider": "volcengine", "input": "0", "output": "0"},
			"volcengine/m chat",
		},
		{
			"nothing is free",
			map[string]string{"provider": "openai", "model": "omni-moderation-latest", "mode": "moderation", "input": "0", "output": "0"},
			"openai/omni-moderation-latest moderation 0 0",
		},
		{
			"free where the name says so",
			map[string]string{"provider": "openrouter", "model": "z-ai/glm-5.2:free", "as_of": "-"},
			"openrouter/z-ai/glm-5.2:free chat 0 0",
		},
		{
			"one's own machine",
			map[string]string{"provider": "ollama", "model": "llama3:8b", "input": "0", "output": "0"},
			"ollama/llama3:8b chat 0 0",
		},
		{
			"not one's own machine",
			map[string]string{"provider": "ollama", "model": "gpt-oss:120b-cloud", "input": "0", "output": "0"},
			"ollama/gpt-oss:120b-cloud chat",
		},
		{
			"a fee instead of tokens",
			map[string]string{"provider": "cohere", "model": "rerank-v3.5", "mode": "rerank", "input": "0", "output": "0", "per_query_usd": "0.002"},
			"cohere/rerank-v3.5 rerank 0 0 - - - - - - - - - - - 0.002",
		},
		{
			"no fee either",
			map[string]string{"provider": "nvidia_nim", "mode": "rerank", "input": "0", "output": "0", "per_query_usd": "0"},
			"nvidia_nim/m rerank",
		},
		{
			"an output that costs nothing is half a price",
			map[string]string{"provider": "azure_ai", "model": "model_router", "input": "0.14", "output": "0"},
			"azure_ai/model_router chat",
		},
		{
			"an input that costs nothing too",
			map[string]string{"provider": "perplexity", "model": "pplx-7b-online", "input": "0", "output": "0.28"},
			"perplexity/pplx-7b-online chat",
		},
		{
			"the output of an embedding",
			map[string]string{"provider": "mistral", "model": "mistral-embed", "mode": "embedding", "input": "0.1"},
			"mistral/mistral-embed embedding 0.1 0",
		},
		{
			"caches for nothing",
			map[string]string{"provider": "zai", "model": "glm-5", "input": "1", "output": "3.2", "cache_read": "0.2", "cache_write_5m": "0"},
			"zai/glm-5 chat 1 3.2 0.2",
		},
		{
			"gemini: reads at the price of output",
			map[string]string{"provider": "gemini", "model": "gemini-3.5-flash-lite", "input": "0.3", "output": "2.5", "cache_read": "2.5"},
			"gemini/gemini-3.5-flash-lite chat 0.3 2.5 0.03",
		},
		{
			"gemini: reads at a quarter stay",
			map[string]string{"provider": "gemini", "model": "gemini-2.0-flash", "input": "0.1", "output": "0.4", "cache_read": "0.025"},
			"gemini/gemini-2.0-flash chat 0.1 0.4 0.025",
		},
		{
			"gemini: a read in the place of a write",
			map[string]string{
				"provider": "vertex_ai", "model": "gemini-2.5-pro", "input": "1.25", "output": "10", "tier_above_tokens": "200000",
				"tier_input": "2.5", "tier_output": "15", "tier_cache_read": "0.25", "tier_cache_write_5m": "0.25",
			},
			"vertex_ai/gemini-2.5-pro chat 1.25 10 - - - 200000 2.5 15 0.25",
		},
		{
			"minimax: the write for the read",
			map[string]string{"provider": "minimax", "model": "MiniMax-M2.7", "input": "0.3", "output": "1.2", "cache_read": "0.375"},
			"minimax/MiniMax-M2.7 chat 0.3 1.2 0.06 0.375",
		},
		{
			"minimax: where the read is not known",
			map[string]string{"provider": "minimax", "model": "MiniMax-M3", "input": "0.6", "output": "2.4", "cache_read": "0.375"},
			"minimax/MiniMax-M3 chat 0.6 2.4 - 0.375",
		},
		{
			"azure: a misplaced read",
			map[string]string{"provider": "azure", "model": "eu/gpt-4o-2024-11-20", "input": "2.75", "output": "11", "cache_write_5m": "1.38"},
			"azure/eu/gpt-4o-2024-11-20 chat 2.75 11 1.38",
		},
		{
			"claude on bedrock",
			map[string]string{"provider": "bedrock", "model": "anthropic.claude-opus-4-6-v1", "input": "5", "output": "25", "cache_read": "0.5"},
			"bedrock/anthropic.claude-opus-4-6-v1 chat 5 25 0.5 6.25 10",
		},
		{
			"another model on bedrock",
			map[string]string{"provider": "bedrock", "model": "amazon.nova-pro-v1:0", "input": "0.8", "output": "3.2", "cache_read": "0.2"},
			"bedrock/amazon.nova-pro-v1:0 chat 0.8 3.2 0.2",
		},
		{
			"perplexity: sonar",
			map[string]string{"provider": "perplexity", "model": "sonar", "mode": "responses"},
			"perplexity/sonar chat 1 1 - - - - - - - - - - 0.005",
		},
		{
			"perplexity: reasoning and searches",
			map[string]string{"provider": "perplexity", "model": "sonar-deep-research", "input": "2", "output": "8"},
			"perplexity/sonar-deep-research chat 2 8 - - - - - - - - - 3 - 0.005",
		},
		{
			"bedrock: a geography costs more",
			map[string]string{"provider": "bedrock", "model": "us.anthropic.claude-opus-4-8", "input": "5", "output": "25", "as_of": "2026-08"},
			"bedrock/us.anthropic.claude-opus-4-8 chat 5.5 27.5 0.55 6.875 11",
		},
		{
			"bedrock: of older models it does not",
			map[string]string{"provider": "bedrock", "model": "us.anthropic.claude-opus-4-1-20250805-v1:0", "input": "15", "output": "75", "as_of": "2026-08"},
			"bedrock/us.anthropic.claude-opus-4-1-20250805-v1:0 chat 15 75 1.5 18.75 30",
		},
		{
			"bedrock: the prices of another model",
			map[string]string{"provider": "bedrock", "model": "eu.anthropic.claude-3-5-haiku-20241022-v1:0", "input": "0.25", "output": "1.25", "cache_read": "0.025"},
			"bedrock/eu.anthropic.claude-3-5-haiku-20241022-v1:0 chat 0.8 4 0.08 1 1.6",
		},
		{
			"cohere: in each other's place",
			map[string]string{"provider": "cohere", "model": "command-r7b-12-2024", "input": "0.15", "output": "0.0375"},
			"cohere/command-r7b-12-2024 chat 0.0375 0.15",
		},
		{
			"openai: reads of GPT-5.5",
			map[string]string{"provider": "openai", "model": "gpt-5.5", "input": "5", "output": "30"},
			"openai/gpt-5.5 chat 5 30 0.5",
		},
		{
			"openai: no reads of its pro model",
			map[string]string{"provider": "openai", "model": "gpt-5.5-pro", "input": "30", "output": "180"},
			"openai/gpt-5.5-pro chat 30 180",
		},
		{
			"xai: long calls",
			map[string]string{"provider": "xai", "model": "grok-4.5", "input": "2", "output": "6", "cache_read": "0.3"},
			"xai/grok-4.5 chat 2 6 0.3 - - 200000 4 12 0.6",
		},
		{
			"names: the provider's",
			map[string]string{"provider": "fireworks_ai-embedding-models", "model": "fireworks_ai/thenlper/gte-base", "mode": "embedding", "input": "0.008", "output": "0"},
			"fireworks_ai/thenlper/gte-base embedding 0.008 0",
		},
		{
			"names: the configuration's",
			map[string]string{"provider": "venice", "input": "1", "output": "2"},
			"veniceai/m chat 1 2",
		},
		{
			"names: stuck together",
			map[string]string{"provider": "replicate", "model": "replicateopenai/gpt-oss-20b", "input": "0.09", "output": "0.36"},
			"replicate/openai/gpt-oss-20b chat 0.09 0.36",
		},
		{
			"kinds: google",
			map[string]string{"provider": "gemini", "model": "gemini-1.5-flash", "mode": "embedding", "input": "0.075", "output": "0", "tier_above_tokens": "128000", "tier_input": "0.15"},
			"gemini/gemini-1.5-flash chat",
		},
		{
			"kinds: vercel",
			map[string]string{"provider": "vercel_ai_gateway", "model": "mistral/mistral-embed", "input": "0.1", "output": "0"},
			"vercel_ai_gateway/mistral/mistral-embed embedding 0.1 0",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for column, value := range map[string]string{"model": "m", "mode": "chat", "as_of": "2026-04"} {
				if tt.fact[column] == "" {
					tt.fact[column] = value
				}
			}
			if tt.fact["as_of"] == "-" {
				tt.fact["as_of"] = ""
			}
			lines := generated(t, fact(tt.fact))
			if got := prices(lines[0]); got != tt.want {
				t.Errorf("\n got %s\nwant %s", got, tt.want)
			}
		})
	}
}

// TestGenerateResells: who sells at the vendor's price sells long calls at it too.
func TestGenerateResells(t *testing.T) {
	t.Parallel()
	vendor := fact(map[string]string{
		"provider": "gemini", "model": "gemini-2.5-pro", "mode": "chat", "input": "1.25", "output": "10", "cache_read": "0.125",
		"tier_above_tokens": "200000", "tier_input": "2.5", "tier_output": "15", "tier_cache_read": "0.25", "as_of": "2026-08",
	})
	sold := func(provider, model, input, read string) string {
		return fact(map[string]string{
			"provider": provider, "model": model, "mode": "chat", "input": input, "output": "10", "cache_read": read, "as_of": "2026-08",
		})
	}
	for _, tt := range []struct{ name, fact, want string }{
		{
			"at the same price", sold("openrouter", "google/gemini-2.5-pro", "1.25", "0.125"),
			"openrouter/google/gemini-2.5-pro chat 1.25 10 0.125 - - 200000 2.5 15 0.25",
		},
		{
			"under its own name", sold("vertex_ai", "gemini-2.5-pro", "1.25", "0.3"),
			"vertex_ai/gemini-2.5-pro chat 1.25 10 0.125 - - 200000 2.5 15 0.25",
		},
		{
			"at another price", sold("openrouter", "google/gemini-2.5-pro", "1.5", "0.15"),
			"openrouter/google/gemini-2.5-pro chat 1.5 10 0.15",
		},
		{
			"by somebody else", sold("replicate", "google/gemini-2.5-pro", "1.25", "0.125"),
			"replicate/google/gemini-2.5-pro chat 1.25 10 0.125",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			lines := generated(t, vendor, tt.fact)
			if got := prices(lines[1]); got != tt.want {
				t.Errorf("\n got %s\nwant %s", got, tt.want)
			}
		})
	}
}
