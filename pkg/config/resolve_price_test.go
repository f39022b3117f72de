package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/llm/catalog"
)

// priceFile writes a price file and gives general_settings that name it.
func priceFile(t *testing.T, text string) (settings, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "prices.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return "general_settings: {price_file: '" + path + "'}\n", path
}

// known loads a configuration and says what is known of its first model.
func known(t *testing.T, text string) *catalog.Model {
	t.Helper()
	cfg, _ := mustLoad(t, text, map[string]string{"OPENAI_API_KEY": "k", "ANTHROPIC_API_KEY": "k"})
	m := &cfg.Models[0]
	k, err := m.Known(cfg.Catalog, m.UpstreamModel)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// TestPricesInTheirOrder: the configuration's price wins over the price file's, and
// that over the catalogue's.
func TestPricesInTheirOrder(t *testing.T) {
	t.Parallel()
	const file = `{"gpt-4o": {"litellm_provider": "openai", "input_cost_per_token": 1e-06, "output_cost_per_token": 2e-06, "max_input_tokens": 1000}}`
	const entry = "model_list: [{model_name: m, litellm_params: {model: openai/gpt-4o%s}}]\n"
	settings, _ := priceFile(t, file)
	for _, tt := range []struct {
		name, text string
		price      catalog.Price
		context    int64
	}{
		{
			"catalogue", strings.ReplaceAll(entry, "%s", ""),
			catalog.Price{Input: 2_500_000, Output: 10_000_000, CacheRead: 1_250_000, Source: catalog.SourceCatalog},
			128_000,
		},
		{
			"file", strings.ReplaceAll(entry, "%s", "") + settings,
			catalog.Price{Input: 1_000_000, Output: 2_000_000, CacheRead: 500_000, Source: catalog.SourceFile},
			1000,
		},
		{
			"configuration", strings.ReplaceAll(entry, "%s", ", output_cost_per_token: 3e-06") + settings,
			catalog.Price{Input: 1_000_000, Output: 3_000_000, CacheRead: 500_000, Source: catalog.SourceConfig},
			1000,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := known(t, tt.text)
			price := catalog.Price{Input: got.Price.Input, Output: got.Price.Output, CacheRead: got.Price.CacheRead, Source: got.Price.Source}
			if diff := cmp.Diff(tt.price, price); diff != "" || got.ContextTokens != tt.context {
				t.Errorf("context %d, price (-want +got):\n%s", got.ContextTokens, diff)
			}
		})
	}
}

func TestEveryPriceOfAnEntryCounts(t *testing.T) {
	t.Parallel()
	cfg, _ := mustLoad(t, `
model_list:
  - model_name: m
    litellm_params:
      model: openai/house
      input_cost_per_token: 1e-06
      output_cost_per_token: 2e-06
      input_cost_per_token_above_200k_tokens: 3e-06
      output_cost_per_token_above_272k_tokens: 4e-06
      search_context_cost_per_query: {search_context_size_low: 0.01, search_context_size_high: 0.03}
    model_info:
      input_cost_per_token: 9
      cache_read_input_token_cost: 1e-07
      cache_creation_input_token_cost: 1.25e-06
      cache_creation_input_token_cost_above_1hr: 2e-06
      output_cost_per_reasoning_token: 5e-06
      input_cost_per_request: 0.001
      output_cost_per_token_above_200k_tokens: 6e-06
      cache_creation_input_token_cost_above_1hr_above_200k_tokens: 7e-06
      input_cost_per_token_above_128k_tokens: 8e-06
`, map[string]string{"OPENAI_API_KEY": "k"})
	p := func(n int64) *llm.PicoUSD { return new(llm.PicoUSD(n)) }
	want := catalog.Terms{
		Rates: catalog.RateTerms{
			Input: p(1_000_000), Output: p(2_000_000), CacheRead: p(100_000), CacheWrite5m: p(1_250_000), CacheWrite1h: p(2_000_000),
			Reasoning: p(5_000_000),
		},
		Query: p(30_000_000_000), Request: p(1_000_000_000),
		Tiers: []catalog.TierTerms{
			{Above: 200_000, Rates: catalog.RateTerms{Input: p(3_000_000), Output: p(6_000_000), CacheWrite1h: p(7_000_000)}},
			{Above: 272_000, Rates: catalog.RateTerms{Output: p(4_000_000)}},
			{Above: 128_000, Rates: catalog.RateTerms{Input: p(8_000_000)}},
		},
	}
	if diff := cmp.Diff(want, cfg.Models[0].Terms); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestBaseModel(t *testing.T) {
	t.Parallel()
	const entry = "model_list: [{model_name: m, litellm_params: {model: openai/prod-7}, model_info: {base_model: %s}}]\n"
	for base, want := range map[string]string{
		"gpt-4o": "openai/gpt-4o", "openai/gpt-4o": "openai/gpt-4o", "azure/eu/gpt-5-mini-2025-08-07": "azure/eu/gpt-5-mini-2025-08-07",
		"anthropic/claude-opus-4-5": "anthropic/claude-opus-4-5",
	} {
		if got := known(t, strings.ReplaceAll(entry, "%s", base)); got.Provider+"/"+got.Name != want || got.Price == nil {
			t.Errorf("base_model %s leads to %s/%s", base, got.Provider, got.Name)
		}
	}
	_, report := mustLoad(t, strings.ReplaceAll(entry, "%s", "gpt-9000"), map[string]string{"OPENAI_API_KEY": "k"})
	if got := render(report); !strings.Contains(got, `model_info.base_model: the catalogue does not know the model "gpt-9000"`) {
		t.Errorf("problems:\n%s", got)
	}
}

func TestHalfAPrice(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ params, info, want string }{
		"of a model nobody knows":    {params: "model: openai/house, input_cost_per_token: 1e-6", want: "set output_cost_per_token too"},
		"the other half":             {params: "model: openai/house", info: "output_cost_per_token: 1e-6", want: "set input_cost_per_token too"},
		"of a model that is known":   {params: "model: openai/gpt-4o, input_cost_per_token: 1e-6"},
		"of one that embeds":         {params: "model: openai/house, input_cost_per_token: 1e-6", info: "mode: embedding"},
		"of one without a price":     {params: "model: openai/house"},
		"of a base model":            {params: "model: openai/house, input_cost_per_token: 1e-6", info: "base_model: gpt-4o"},
		"of models behind a pattern": {params: "model: openai/*, input_cost_per_token: 1e-6"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := "model_list: [{model_name: 'm*', litellm_params: {" + strings.ReplaceAll(tt.params, "openai/*", "'openai/*'") + "}, model_info: {" + tt.info + "}}]"
			_, report, err := loadText(t, text, map[string]string{"OPENAI_API_KEY": "k"})
			if (err != nil) != (tt.want != "") || !strings.Contains(render(report), tt.want) {
				t.Errorf("%v, problems:\n%s", err, render(report))
			}
		})
	}
}

func TestPriceFilesAreChecked(t *testing.T) {
	t.Parallel()
	settings, path := priceFile(t, "{\n\"a/m\": {\"input_cost_per_token\": \"cheap\", \"max_tokens\": -1},\n\"m\": {\"input_cost_per_token\": 1}}")
	_, report, err := loadText(t, settings, nil)
	if err == nil {
		t.Fatal("it loads")
	}
	got := render(report)
	for _, want := range []string{
		"error " + path + ":2:1: a/m.input_cost_per_token: the value is no price (write dollars for one token, such as 3e-06)",
		"error " + path + ":2:1: a/m.max_tokens: the value is no number of tokens (write digits only)",
		"error " + path + ":3:1: m: the entry does not tell the provider",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in:\n%s", want, got)
		}
	}
	_, report, _ = loadText(t, "general_settings: {price_file: /none.json}", nil)
	if got := render(report); !strings.Contains(got, "error test.yaml:1:32: general_settings.price_file: read the prices: open /none.json") {
		t.Errorf("problems:\n%s", got)
	}
}
