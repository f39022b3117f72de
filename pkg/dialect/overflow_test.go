package dialect_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llmgw/llmgw/pkg/dialect"
	"github.com/llmgw/llmgw/pkg/llm"
)

func TestDecodeErrorOverflow(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body string
		status     int
		want       *llm.Overflow
	}{
		{
			"Anthropic", `{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 207999 tokens > 200000 maximum"}}`, 400,
			&llm.Overflow{Tokens: 207999, Limit: 200000},
		},
		{
			"OpenAI", `{"error":{"message":"This model's maximum context length is 8192 tokens. However, your messages resulted in 10010 tokens. Please reduce the length of the messages.",` +
				`"type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}`, 400,
			&llm.Overflow{Tokens: 10010, Limit: 8192},
		},
		{"OpenAI without numbers", `{"error":{"message":"Your input exceeds the context window of this model.","code":"context_length_exceeded"}}`, 400, &llm.Overflow{}},
		{
			"DeepSeek", `{"error":{"message":"This model's maximum context length is 1048565 tokens. However, you requested 1250025 tokens (1250025 in the messages, 0 in the completion).",` +
				`"type":"invalid_request_error","param":null,"code":"invalid_request_error"}}`, 400,
			&llm.Overflow{Tokens: 1250025, Limit: 1048565},
		},
		{
			"OpenRouter", `{"error":{"message":"This endpoint's maximum context length is 200000 tokens. However, you requested about 2500021 tokens (2500021 of text input).","code":400}}`, 400,
			&llm.Overflow{Tokens: 2500021, Limit: 200000},
		},
		{
			"xAI", `{"code":"c","error":"This model's maximum prompt length is 131072 but the request contains 537812 tokens."}`, 400,
			&llm.Overflow{Tokens: 537812, Limit: 131072},
		},
		{"vLLM", `{"message":"This model's maximum context length is 4096 tokens. However, your request has 6000 input tokens."}`, 400, &llm.Overflow{Tokens: 6000, Limit: 4096}},
		{"a limit alone", `{"message":"the maximum context length is 4096 tokens"}`, 400, &llm.Overflow{Limit: 4096}},
		{"no room for the output", `{"message":"max_tokens is too large: 9000. This model's maximum context length is 4096 tokens and your request has 9 input tokens"}`, 400, nil},
		{
			"Google", `{"error":{"code":400,"message":"The input token count (1250074) exceeds the maximum number of tokens allowed (1048576).","status":"INVALID_ARGUMENT"}}`, 400,
			&llm.Overflow{Tokens: 1250074, Limit: 1048576},
		},
		{"Google before", `{"error":{"message":"The input token count is 40000 but model only supports up to 32767"}}`, 400, &llm.Overflow{Tokens: 40000, Limit: 32767}},
		{
			"Mistral", `{"object":"error","message":"Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length","type":"invalid_request_error","code":"3051"}`, 400,
			&llm.Overflow{Tokens: 40000, Limit: 32768},
		},
		{"Cohere", `{"message":"too many tokens: total number of tokens in the prompt cannot exceed 4081 - received 5000","error_type":"TOO_MANY_TOKENS"}`, 400, &llm.Overflow{Tokens: 5000, Limit: 4081}},
		{"Cohere without numbers", `{"message":"no","error_type":"TOO_MANY_TOKENS"}`, 400, &llm.Overflow{}},
		{
			"llama.cpp", `{"error":{"code":400,"message":"the request exceeds the available context size, try increasing it","type":"exceed_context_size_error","n_prompt_tokens":5000,"n_ctx":4096}}`, 400,
			&llm.Overflow{Tokens: 5000, Limit: 4096},
		},
		{"Perplexity", `{"error":{"message":"The total length of all messages is too long.","type":"too_many_prompt_tokens","code":400}}`, 400, &llm.Overflow{}},
		{"Ollama", `{"error":"prompt too long; exceeded max context length by 4 tokens"}`, 400, &llm.Overflow{}},
		{"Bedrock", `{"message":"Input is too long for requested model."}`, 400, &llm.Overflow{}},
		{"as the server's fault", `{"error":"prompt too long"}`, 500, &llm.Overflow{}},
		{"as too large", `{"error":{"message":"prompt is too long: 5 tokens > 4 maximum"}}`, 413, &llm.Overflow{Tokens: 5, Limit: 4}},
		{"in a stream", `{"error":{"message":"too long","code":"context_length_exceeded"}}`, 0, &llm.Overflow{}},
		{"a rate", `{"error":{"message":"prompt is too long: 5 tokens > 4 maximum","type":"rate_limit_error"}}`, 429, nil},
		{"numbers out of range", `{"error":{"message":"prompt is too long: 99999999999999999999 tokens > 4 maximum"}}`, 400, &llm.Overflow{Limit: 4}},
		{"something else", `{"error":{"message":"temperature is too large"}}`, 400, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := dialect.DecodeError(tt.status, nil, []byte(tt.body))
			if diff := cmp.Diff(tt.want, got.Overflow); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if tt.want != nil && got.Kind != llm.InvalidRequest {
				t.Errorf("kind %v", got.Kind)
			}
		})
	}
}
