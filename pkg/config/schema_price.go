package config

import "github.com/llmgw/llmgw/pkg/llm"

// Prices are what a model costs, in dollars for one token: `0.000003` or
// `3e-06` is 3 dollars for a million. What is not set is taken from the price file
// or the built-in catalogue; there, prices of cached input and of long calls keep
// their proportion to those of input and output that are set here. A model that
// nobody knows needs input and output (only input where it embeds).
type Prices struct {
	// Input is the price of one input token.
	Input *llm.PicoUSD `yaml:"input_cost_per_token"`
	// Output is the price of one output token.
	Output *llm.PicoUSD `yaml:"output_cost_per_token"`
	// CacheRead is the price of one input token read from the provider's cache.
	// The default is the price of input.
	CacheRead *llm.PicoUSD `yaml:"cache_read_input_token_cost"`
	// CacheWrite is the price of one input token written to the provider's cache
	// for five minutes. The default is the price of input.
	CacheWrite *llm.PicoUSD `yaml:"cache_creation_input_token_cost"`
	// CacheWrite1h is the price of one input token written to the provider's cache
	// for an hour. The default is cache_creation_input_token_cost, else the price
	// of input.
	CacheWrite1h *llm.PicoUSD `yaml:"cache_creation_input_token_cost_above_1hr"`
	// Reasoning is the price of one output token that is reasoning. The default is
	// output_cost_per_token.
	Reasoning *llm.PicoUSD `yaml:"output_cost_per_reasoning_token"`
	// Query is the fee for one search: of a rerank model, or by the provider's own
	// web search.
	Query *llm.PicoUSD `yaml:"input_cost_per_query"`
	// Request is the fee for each call beside its tokens.
	Request *llm.PicoUSD `yaml:"input_cost_per_request"`
	// SearchFees are fees for one web search by its size, as LiteLLM has them:
	// `{search_context_size_low: 0.01, search_context_size_high: 0.025}`. The dearest
	// counts.
	SearchFees map[string]llm.PicoUSD `yaml:"search_context_cost_per_query"`
	// Above128k are the prices of long calls.
	Above128k Above128k `yaml:",inline"`
	// Above200k are the prices of long calls.
	Above200k Above200k `yaml:",inline"`
	// Above272k are the prices of long calls.
	Above272k Above272k `yaml:",inline"`
}

// Above128k are the prices of calls with more than 128,000 tokens of input, which
// hold for all tokens of such a call.
type Above128k struct {
	// Input is the price of one input token in calls with more than 128,000. The
	// default is input_cost_per_token.
	Input *llm.PicoUSD `yaml:"input_cost_per_token_above_128k_tokens"`
	// Output is the price of one output token in calls with more than 128,000 input
	// tokens. The default is output_cost_per_token.
	Output *llm.PicoUSD `yaml:"output_cost_per_token_above_128k_tokens"`
	// CacheRead is the price of one cached input token in calls with more than 128,000.
	// The default is in proportion to the input.
	CacheRead *llm.PicoUSD `yaml:"cache_read_input_token_cost_above_128k_tokens"`
	// CacheWrite is the price of one input token written to the provider's cache for
	// five minutes in calls with more than 128,000. The default is in proportion to the
	// input.
	CacheWrite *llm.PicoUSD `yaml:"cache_creation_input_token_cost_above_128k_tokens"`
	// CacheWrite1h is the price of one input token written to the provider's cache for
	// an hour in calls with more than 128,000. The default is in proportion to the input.
	CacheWrite1h *llm.PicoUSD `yaml:"cache_creation_input_token_cost_above_1hr_above_128k_tokens"`
}

// Above200k are the prices of calls with more than 200,000 tokens of input, which
// hold for all tokens of such a call.
type Above200k struct {
	// Input is the price of one input token in calls with more than 200,000. The
	// default is input_cost_per_token.
	Input *llm.PicoUSD `yaml:"input_cost_per_token_above_200k_tokens"`
	// Output is the price of one output token in calls with more than 200,000 input
	// tokens. The default is output_cost_per_token.
	Output *llm.PicoUSD `yaml:"output_cost_per_token_above_200k_tokens"`
	// CacheRead is the price of one cached input token in calls with more than 200,000.
	// The default is in proportion to the input.
	CacheRead *llm.PicoUSD `yaml:"cache_read_input_token_cost_above_200k_tokens"`
	// CacheWrite is the price of one input token written to the provider's cache for
	// five minutes in calls with more than 200,000. The default is in proportion to the
	// input.
	CacheWrite *llm.PicoUSD `yaml:"cache_creation_input_token_cost_above_200k_tokens"`
	// CacheWrite1h is the price of one input token written to the provider's cache for
	// an hour in calls with more than 200,000. The default is in proportion to the input.
	CacheWrite1h *llm.PicoUSD `yaml:"cache_creation_input_token_cost_above_1hr_above_200k_tokens"`
}

// Above272k are the prices of calls with more than 272,000 tokens of input, which
// hold for all tokens of such a call.
type Above272k struct {
	// Input is the price of one input token in calls with more than 272,000. The
	// default is input_cost_per_token.
	Input *llm.PicoUSD `yaml:"input_cost_per_token_above_272k_tokens"`
	// Output is the price of one output token in calls with more than 272,000 input
	// tokens. The default is output_cost_per_token.
	Output *llm.PicoUSD `yaml:"output_cost_per_token_above_272k_tokens"`
	// CacheRead is the price of one cached input token in calls with more than 272,000.
	// The default is in proportion to the input.
	CacheRead *llm.PicoUSD `yaml:"cache_read_input_token_cost_above_272k_tokens"`
	// CacheWrite is the price of one input token written to the provider's cache for
	// five minutes in calls with more than 272,000. The default is in proportion to the
	// input.
	CacheWrite *llm.PicoUSD `yaml:"cache_creation_input_token_cost_above_272k_tokens"`
	// CacheWrite1h is the price of one input token written to the provider's cache for
	// an hour in calls with more than 272,000. The default is in proportion to the input.
	CacheWrite1h *llm.PicoUSD `yaml:"cache_creation_input_token_cost_above_1hr_above_272k_tokens"`
}
