package openai

// ParamName implements dialect.Frontend: the vocabulary's names are OpenAI's.
func (Frontend) ParamName(name string) string {
	if name == "max_output" {
		return "max_completion_tokens"
	}
	return name
}

// hints are the parameters that can be left out without changing what an answer
// consists of: they tell the vendor who asks, how fast to be, what to keep, and
// how to pick tokens. All others are part of what was asked for.
var hints = map[string]bool{
	"store": true, "metadata": true, "user": true, "safety_identifier": true, "service_tier": true,
	"prompt_cache_key": true, "prompt_cache_retention": true, "prompt_cache_options": true,
	"verbosity": true, "prediction": true, "reasoning_effort": true,
	"temperature": true, "top_p": true, "top_k": true, "seed": true,
	"frequency_penalty": true, "presence_penalty": true,
	"max_tokens": true, "max_completion_tokens": true, "stream_options": true,
	// OpenRouter's: where to route, and what to tell of it.
	"provider": true, "transforms": true, "usage": true, "include_reasoning": true,
}
