package tokens

import "testing"

func TestFamilyOf(t *testing.T) {
	t.Parallel()
	tests := []struct{ model, family string }{
		{"gpt-4o-2024-08-06", "gpt-4o"},
		{"openai/gpt-4.1-mini", "gpt-4o"},
		{"gpt-4-turbo", "gpt-4"},
		{"gpt-35-turbo", "gpt-4"},
		{"gpt-3.5-turbo-0125", "gpt-4"},
		{"gpt-5", "gpt-5"},
		{"gpt-5-mini-2025-08-07", "gpt-5"},
		{"openai/gpt-5.4-nano", "gpt-4o"},
		{"openai.gpt-oss-120b-1:0", "gpt-oss"},
		{"o4-mini", "gpt-4o"},
		{"claude-2.1", "claude-3"},
		{"claude-3-5-haiku-latest", "claude-3"},
		{"us.anthropic.claude-sonnet-4-20250514-v1:0", "claude-3"},
		{"claude-opus-4-1@20250805", "claude-3"},
		{"claude-sonnet-4-5-20250929", "claude-4.5"},
		{"anthropic/claude-haiku-4.5", "claude-4.5"},
		{"claude-opus-4-7", "claude-4.7"},
		{"claude-opus-4-10", "claude-4.7"},
		{"claude-sonnet-5", "claude-4.7"},
		{"Claude-Opus-5-20270101", "claude-4.7"},
		{"claude", "claude-4.7"},
		{"gemini-2.5-pro", "gemini"},
		{"meta-llama/Llama-3.3-70B-Instruct", "llama"},
		{"mistral-small-latest", "mistral"},
		{"codestral-2501", "mistral"},
		{"Qwen/Qwen3.5-9B", "qwen-3.5"},
		{"qwen3-32b", "qwen"},
		{"zai/GLM-5.2", "glm"},
		{"", "other"},
		{"granite3.2-vision", "other"},
	}
	for _, tt := range tests {
		if got := familyOf(tt.model).name; got != tt.family {
			t.Errorf("%q belongs to %s, want %s", tt.model, got, tt.family)
		}
	}
}
