package catalog

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llmgw/llmgw/pkg/llm"
)

func pico(n int64) *llm.PicoUSD { return new(llm.PicoUSD(n)) }

func TestReadPriceFile(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, file string
		want       []Override
	}{
		{"nothing", `{}`, nil},
		{
			"everything that is understood", `{
			"sample_spec": {"max_tokens": "LEGACY parameter", "litellm_provider": "one of …", "input_cost_per_token": 0.0},
			"openai/house-model": {
				"litellm_provider": "openai", "mode": "responses", "max_input_tokens": 128000, "max_output_tokens": 16384.0, "max_tokens": 7,
				"input_cost_per_token": 3e-06, "output_cost_per_token": 0.000015, "cache_read_input_token_cost": "3e-07",
				"cache_creation_input_token_cost": 3.75e-06, "cache_creation_input_token_cost_above_1hr": 6e-06,
				"output_cost_per_reasoning_token": 2e-05, "input_cost_per_query": 0.004, "input_cost_per_request": 0.001,
				"search_context_cost_per_query": {"search_context_size_low": 0.01, "search_context_size_high": 0.025, "search_context_size_medium": 0.02},
				"input_cost_per_token_above_200k_tokens": 6e-06, "cache_creation_input_token_cost_above_1hr_above_200k_tokens": 1.2e-05,
				"output_cost_per_token_above_128k_tokens": 1.6e-05, "input_cost_per_token_priority": 1, "input_cost_per_image_above_128k_tokens": 1,
				"supports_reasoning": true, "supports_vision": false, "supports_function_calling": true, "supports_everything": "yes",
				"source": "https://example.com", "supported_regions": ["global"], "rpm": null}}`,
			[]Override{{
				Provider: "openai", Model: "house-model", Mode: ModeResponses, ContextTokens: 128_000, MaxOutputTokens: 16_384,
				Capabilities: Tools | Reasoning, Source: SourceFile,
				Terms: Terms{
					Rates: RateTerms{
						Input: pico(3_000_000), Output: pico(15_000_000), CacheRead: pico(300_000),
						CacheWrite5m: pico(3_750_000), CacheWrite1h: pico(6_000_000), Reasoning: pico(20_000_000),
					},
					Query: pico(25_000_000_000), Request: pico(1_000_000_000),
					Tiers: []TierTerms{
						{Above: 128_000, Rates: RateTerms{Output: pico(16_000_000)}},
						{Above: 200_000, Rates: RateTerms{Input: pico(6_000_000), CacheWrite1h: pico(12_000_000)}},
					},
				},
			}},
		},
		{
			"prices by ranges",
			`{"dashscope/qwen-flash": {"litellm_provider": "dashscope", "mode": "chat", "tiered_pricing": [
				{"range": [0, 256000.0], "input_cost_per_token": 5e-08, "output_cost_per_token": 4e-07},
				{"range": [256000.0, 1000000.0], "input_cost_per_token": 2.5e-07, "output_cost_per_token": 2e-06}]}}`,
			[]Override{{
				Provider: "dashscope", Model: "qwen-flash", Mode: ModeChat, Source: SourceFile,
				Terms: Terms{
					Rates: RateTerms{Input: pico(50_000), Output: pico(400_000)},
					Tiers: []TierTerms{{Above: 256_000, Rates: RateTerms{Input: pico(250_000), Output: pico(2_000_000)}}},
				},
			}},
		},
		{
			"names", `{
			"vertex_ai/claude-x@20260101": {"litellm_provider": "vertex_ai-anthropic_models"},
			"gemini-x": {"litellm_provider": "vertex_ai-language-models"},
			"us.anthropic.claude-x-v1:0": {"litellm_provider": "bedrock_converse"},
			"bedrock/eu-west-1/x": {"litellm_provider": "bedrock"},
			"openrouter/anthropic/claude-x": {"litellm_provider": "openrouter"},
			"command-x": {"litellm_provider": "cohere_chat"},
			"mine/m": {"input_cost_per_token": 0, "output_cost_per_token": 0}}`,
			[]Override{
				{Provider: "vertex_ai", Model: "claude-x@20260101", Source: SourceFile},
				{Provider: "vertex_ai", Model: "gemini-x", Source: SourceFile},
				{Provider: "bedrock", Model: "us.anthropic.claude-x-v1:0", Source: SourceFile},
				{Provider: "bedrock", Model: "eu-west-1/x", Source: SourceFile},
				{Provider: "openrouter", Model: "anthropic/claude-x", Source: SourceFile},
				{Provider: "cohere_chat", Model: "command-x", Source: SourceFile},
				{Provider: "mine", Model: "m", Source: SourceFile, Terms: rates(RateTerms{Input: pico(0), Output: pico(0)})},
			},
		},
		{
			"half a price is none, an embedding's is whole", `{
			"a/chat": {"mode": "chat", "input_cost_per_token": 1e-06},
			"a/pictures": {"mode": "image_generation", "input_cost_per_pixel": 1e-06, "max_input_tokens": 77},
			"a/vectors": {"mode": "embedding", "input_cost_per_token": 1e-06, "max_tokens": 8191},
			"a/ranks": {"mode": "rerank", "input_cost_per_query": 0.002}}`,
			[]Override{
				{Provider: "a", Model: "chat", Mode: ModeChat, Source: SourceFile},
				{Provider: "a", Model: "pictures", Mode: "image_generation", ContextTokens: 77, Source: SourceFile},
				{Provider: "a", Model: "vectors", Mode: ModeEmbedding, ContextTokens: 8191, Source: SourceFile, Terms: rates(RateTerms{Input: pico(1_000_000)})},
				{Provider: "a", Model: "ranks", Mode: ModeRerank, Source: SourceFile, Terms: Terms{Query: pico(2_000_000_000)}},
			},
		},
		{"notes", `{"claude-latest": {"alias_of": "claude-x"}, "rules": {"rules": []}}`, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, problems := ReadPriceFile([]byte(tt.file))
			if len(problems) > 0 {
				t.Fatalf("problems: %+v", problems)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestReadPriceFileReportsEverything(t *testing.T) {
	t.Parallel()
	const good = `"a/good": {"input_cost_per_token": 1e-06, "output_cost_per_token": 1e-06}`
	tests := []struct {
		name, file string
		want       []string // line:column key: message
		left       int      // entries that can be used
	}{
		{"nothing", ``, []string{"1:1 : the file ends too early"}, 0},
		{"a list", `[]`, []string{`1:1 : there is no "{" where it should be`}, 0},
		{"cut", `{` + good, []string{"1:2 : the file ends too early"}, 1},
		{"cut in an entry", "{\n" + good + ",\n \"a/bad\": {", []string{"3:2 a/bad: the file ends too early"}, 1},
		{"two objects", `{} {}`, []string{"1:3 : there is something behind the object"}, 0},
		{"no JSON", "{\n\"a/b\": {x}}", []string{"2:1 a/b: invalid character 'x' looking for beginning of object key string"}, 0},
		{
			"all of an entry", "{" + good + `,
			"a/bad": {
				"litellm_provider": 7, "mode": [], "max_input_tokens": -1, "max_output_tokens": 1.5,
				"input_cost_per_token": "cheap", "output_cost_per_token": -1e-06, "cache_read_input_token_cost": 1e-13,
				"input_cost_per_token_above_200k_tokens": {}, "supports_vision": "yes",
				"search_context_cost_per_query": {"search_context_size_low": "low"},
				"tiered_pricing": [{"range": 7, "input_cost_per_token": true}]}}`,
			[]string{
				"2:4 a/bad.litellm_provider: the value is no text",
				"2:4 a/bad.mode: the value is no text",
				"2:4 a/bad.max_input_tokens: the value is no number of tokens",
				"2:4 a/bad.max_output_tokens: the value is no number of tokens",
				"2:4 a/bad.supports_vision: the value is no truth value",
				"2:4 a/bad.input_cost_per_token: the value is no price",
				"2:4 a/bad.output_cost_per_token: the price is negative",
				"2:4 a/bad.cache_read_input_token_cost: the price is below the smallest that is counted",
				"2:4 a/bad.input_cost_per_token_above_200k_tokens: the value is no price",
				"2:4 a/bad.tiered_pricing[0].input_cost_per_token: the value is no price",
				"2:4 a/bad.tiered_pricing[0].range: the value is no list of two numbers",
				"2:4 a/bad.search_context_cost_per_query.search_context_size_low: the value is no price",
			},
			1,
		},
		{
			"entries of other kinds", `{"a/b": 7, "a/c": null, "a/d": [], "house": {"input_cost_per_token": 1}, ` + good + `}`,
			[]string{
				"1:2 a/b: the entry is no object",
				"1:12 a/c: the entry is no object",
				"1:25 a/d: the entry is no object",
				"1:36 house: the entry does not tell the provider",
			},
			1,
		},
		{"twice", "{" + good + ",\n" + good + "}", []string{"2:1 a/good: the model is listed twice"}, 1},
		{
			"numbers that are none",
			`{"a/b": {"input_cost_per_token": 1e999, "output_cost_per_token": "", "max_tokens": 1e999}}`,
			[]string{"1:2 a/b.input_cost_per_token: the value is no price", "1:2 a/b.max_tokens: the value is no number of tokens"},
			0,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			overrides, problems := ReadPriceFile([]byte(tt.file))
			var got []string
			for _, p := range problems {
				got = append(got, fmt.Sprintf("%d:%d %s: %s", p.Line, p.Column, p.Key, p.Message))
				if p.Hint == "" {
					t.Errorf("%s: nothing says what to do", p.Message)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if len(overrides) != tt.left {
				t.Errorf("%d entries are left, want %d", len(overrides), tt.left)
			}
		})
	}
}

// TestPriceFileOverCatalogue: what the file says holds before the catalogue, and
// what it leaves out keeps its proportion.
func TestPriceFileOverCatalogue(t *testing.T) {
	t.Parallel()
	overrides, problems := ReadPriceFile([]byte(`{
		"claude-sonnet-4-5": {"litellm_provider": "anthropic", "input_cost_per_token": 2.4e-06, "output_cost_per_token": 1.2e-05},
		"openai/house": {"litellm_provider": "openai", "max_input_tokens": 1000}}`))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	c, err := newDefault(t).With(overrides)
	if err != nil {
		t.Fatal(err)
	}
	m, ok := c.Lookup("anthropic", "anthropic/claude-sonnet-4-5")
	if !ok || m.Source != SourceFile || m.Price.Source != SourceFile {
		t.Fatalf("Lookup = %+v, %v", m, ok)
	}
	if p := m.Price; p.CacheRead != 240_000 || p.Tiers[0].Output != 18_000_000 || p.Origins.Input != SourceFile ||
		p.Origins.CacheRead != OriginProportion || p.Origins.Query != SourceCatalog {
		t.Errorf("price %+v", p)
	}
	dated, _ := c.Lookup("anthropic", "claude-sonnet-4-5-20250929")
	if dated.Source == SourceFile {
		t.Error("the catalogue knows this name itself")
	}
	if m, ok := c.Lookup("openai", "house-2026-01-01"); !ok || m.Price != nil || m.ContextTokens != 1000 {
		t.Errorf("a model without a price: %+v, %v", m, ok)
	}
}

func FuzzReadPriceFile(f *testing.F) {
	for _, s := range []string{
		``, `{}`, `{"a/b":{}}`, `{"a/b":{"input_cost_per_token":3e-06,"output_cost_per_token":"1"}}`,
		`{"m":{"litellm_provider":"openai","tiered_pricing":[{"range":[0,1]},{"range":[1,2],"input_cost_per_token":1}]}}`,
		`{"a/b":{"input_cost_per_token_above_200k_tokens":1e-6,"input_cost_per_token":0,"output_cost_per_token":0,"mode":"embedding"}}`,
		`{"a/b":{"search_context_cost_per_query":{"search_context_size_low":1}},"a/b":null}`, `{"a":`, `[{"a":1}]`, `{"a/b":{"max_tokens":1e5}}`,
	} {
		f.Add([]byte(s))
	}
	base := newDefault(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		overrides, problems := ReadPriceFile(data)
		for _, p := range problems {
			if p.Line < 1 || p.Column < 1 || p.Message == "" || p.Hint == "" {
				t.Fatalf("problem %+v", p)
			}
		}
		c, err := base.With(overrides)
		if err != nil {
			t.Fatalf("entries without problems: %v", err)
		}
		for _, o := range overrides {
			m, ok := c.Lookup(o.Provider, o.Model)
			if !ok {
				t.Fatalf("%q/%q is not there", o.Provider, o.Model)
			}
			if m.Price == nil || m == free {
				continue
			}
			if cost, worst := m.Price.Cost(llm.Usage{Input: 1000, Output: 1000}), m.Price.WorstCase(1000, 1000); cost < 0 || cost > worst {
				t.Fatalf("%q/%q: costs %d, at most %d", o.Provider, o.Model, cost, worst)
			}
		}
	})
}

func BenchmarkReadPriceFile(b *testing.B) {
	var file strings.Builder
	file.WriteString("{")
	for i := range 1000 {
		if i > 0 {
			file.WriteString(",")
		}
		fmt.Fprintf(&file, `"openai/m-%d": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 3e-06, "output_cost_per_token": 1.5e-05, "supports_vision": true}`, i)
	}
	file.WriteString("}")
	data := []byte(file.String())
	b.ReportAllocs()
	for b.Loop() {
		if _, problems := ReadPriceFile(data); len(problems) > 0 {
			b.Fatal(problems)
		}
	}
}
