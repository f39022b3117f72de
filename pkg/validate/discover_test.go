package validate

import (
	"testing"

	"github.com/llmgw/llmgw/pkg/llm"
)

func TestMatches(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		pattern, name string
		want          bool
	}{
		{"a", "a", true},
		{"a", "b", false},
		{"*", "", true},
		{"*", "a/b", true},
		{"a*", "a", true},
		{"a*", "b", false},
		{"*a", "ba", true},
		{"a*a", "a", false},
		{"a*a", "aa", true},
		{"a*b*c", "a-b-c", true},
		{"a*b*c", "a-c", false},
		{"claude-*-4*", "claude-sonnet-4-5", true},
		{"**", "x", true},
	} {
		if got := matches(tt.pattern, tt.name); got != tt.want {
			t.Errorf("matches(%q, %q) = %v", tt.pattern, tt.name, got)
		}
	}
}

func TestKindsAndDialects(t *testing.T) {
	t.Parallel()
	s := &session{opts: Options{Targets: []Target{}}}
	for name, tt := range map[string]struct {
		target Target
		kind   kind
		own    llm.Dialect
	}{
		"Anthropic's":        {Target{Name: "x", Provider: "anthropic", Model: "claude-sonnet-4-5"}, kindChat, llm.Anthropic},
		"OpenAI's":           {Target{Name: "claude-like", Provider: "openai", Model: "gpt-4o"}, kindChat, llm.OpenAI},
		"Claude elsewhere":   {Target{Name: "x", Provider: "bedrock", Model: "us.anthropic.claude-sonnet-4-20250514-v1:0"}, kindChat, llm.Anthropic},
		"another on Bedrock": {Target{Name: "x", Provider: "bedrock", Model: "amazon.nova-pro-v1:0"}, kindChat, llm.OpenAI},
		"only a name":        {Target{Name: "claude-9"}, kindChat, llm.Anthropic},
		"another name":       {Target{Name: "gpt-4o"}, kindChat, llm.OpenAI},
		"embeds":             {Target{Name: "e", Provider: "openai", Model: "text-embedding-3-small"}, kindEmbedding, llm.OpenAI},
		"embeds by its name": {Target{Name: "text-embedding-3-small"}, kindEmbedding, llm.OpenAI},
		"embeds by the mode": {Target{Name: "e", Provider: "openai", Model: "own", Mode: "embedding"}, kindEmbedding, llm.OpenAI},
		"completes":          {Target{Name: "e", Provider: "openai", Model: "own", Mode: "completion"}, kindCompletion, llm.OpenAI},
		"ranks":              {Target{Name: "e", Provider: "openai", Model: "own", Mode: "rerank"}, kindOther, llm.OpenAI},
		"echo":               {Target{Name: "e", Provider: "echo", Model: "hello,speaks-anthropic"}, kindChat, llm.Anthropic},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target := tt.target
			s.classify(t.Context(), &target)
			if target.kind != tt.kind || target.own != tt.own {
				t.Errorf("kind %d, %s, want %d, %s", target.kind, target.own, tt.kind, tt.own)
			}
		})
	}
}

func TestModelsForWhichThereIsNoProbe(t *testing.T) {
	t.Parallel()
	r := Run(t.Context(), Options{Client: serve(t, likeOpenAI()), Targets: []Target{{Name: "m", Provider: "cohere", Model: "x", Mode: "rerank"}}})
	if found(r) != "info m model-not-probed []\n" || r.Models[0].Status != Skipped || r.Mode != Direct || r.Bad() {
		t.Errorf("%s%+v", found(r), r.Models[0])
	}
}

// A server that does not say so may have Anthropic's dialect nevertheless.
func TestServersThatSpeakAnthropicUnasked(t *testing.T) {
	t.Parallel()
	f := likeAnthropic().with("GET /v1/models", jsonAnswer(`{"object":"list","data":[{"id":"claude-m"}]}`))
	delete(f, "GET /health")
	r := Run(t.Context(), Options{Client: serve(t, f)})
	if names(&r.Models[0]) != "messages messages-stream tools tools-stream completions count-tokens" || r.Bad() {
		t.Errorf("%s: %s", names(&r.Models[0]), found(r))
	}
	only := likeOpenAI().with("GET /v1/models", jsonAnswer(`{"object":"list","data":[{"id":"claude-m"}]}`))
	r = Run(t.Context(), Options{Client: serve(t, only)})
	if names(&r.Models[0]) != "chat chat-stream tools tools-stream completions" || r.Bad() {
		t.Errorf("%s: %s", names(&r.Models[0]), found(r))
	}
}
