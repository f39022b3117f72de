package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llmgw/llmgw/pkg/llm"
)

func TestDeploymentsThatCannotBeCalledAreLeftOut(t *testing.T) {
	t.Parallel()
	cfg, report := mustLoad(t, `
model_list:
  - {model_name: a, litellm_params: {model: bedrock/x}}
  - {model_name: a, litellm_params: {model: echo/hello}}
  - {model_name: b, litellm_params: {model: claude-sonnet-4@20250514}}
  - {model_name: c, litellm_params: {model: openai/whisper-1}, model_info: {mode: audio_transcription}}
  - {model_name: "d*e*", litellm_params: {model: "openai/*"}}
  - {model_name: f, litellm_params: {model: x, custom_llm_provider: sagemaker}}
litellm_settings:
  fallbacks: [{a: [b, c]}, {b: [a]}, {"d*e*": [a]}]
  default_fallbacks: [f]
router_settings:
  model_group_alias: {fast: b, slow: f}
`, map[string]string{"OPENAI_API_KEY": "k"})
	want := []Inactive{
		{Path: "model_list[0]", Group: "a", Provider: "bedrock", Reason: "the provider bedrock is not built yet"},
		{Path: "model_list[2]", Group: "b", Provider: "vertex_ai", Reason: "the provider vertex_ai is not built yet"},
		{Path: "model_list[3]", Group: "c", Provider: "openai", Reason: "the mode audio_transcription is not built yet"},
		{Path: "model_list[4]", Group: "d*e*", Reason: "a pattern with more than one * is not built yet"},
		{Path: "model_list[5]", Group: "f", Provider: "sagemaker", Reason: "the provider sagemaker is not built yet"},
	}
	if diff := cmp.Diff(want, cfg.Inactive); diff != "" {
		t.Errorf("Inactive (-want +got):\n%s", diff)
	}
	if len(cfg.Models) != 1 || cfg.Models[0].Path != "model_list[1]" {
		t.Errorf("Models = %+v", cfg.Models)
	}
	if got := strings.Count(renderCoded(report), "is left out"); got != len(want) || len(report.Problems) != len(want) {
		t.Errorf("want a warning for each:\n%s", renderCoded(report))
	}
}

func TestModesOfTheSameProvider(t *testing.T) {
	t.Parallel()
	cfg, report := mustLoad(t, `model_list: [{model_name: a, litellm_params: {model: openai/gpt-5, api_key: k}, model_info: {mode: responses}}]`, nil)
	if len(cfg.Models) != 1 || cfg.Models[0].Mode != "" || !strings.Contains(render(report), "the provider's other endpoints are used") {
		t.Errorf("%+v\n%s", cfg.Models, render(report))
	}
	vendors := []Vendor{{Name: "v", BaseURL: "https://v/v1", Keyless: true, Modes: []string{"rerank", "responses"}}}
	for _, mode := range vendors[0].Modes {
		text := "model_list: [{model_name: a, litellm_params: {model: v/m}, model_info: {mode: " + mode + "}}]"
		o := Options{LookupEnv: lookup(map[string]string{"HOME": "/h"}), Vendors: vendors}.withDefaults()
		cfg, report, err := load("f.yaml", []byte(text), o)
		if err != nil || len(report.Problems) > 0 || len(cfg.Models) != 1 || cfg.Models[0].Mode != mode {
			t.Errorf("%s, which the vendor has: %v\n%s", mode, err, render(report))
		}
	}
}

func TestModelStarIsEveryProviderThatIsSetUp(t *testing.T) {
	t.Parallel()
	env := map[string]string{"ANTHROPIC_API_KEY": "k", "OPENAI_API_KEY": "k"}
	groups := func(text string, env map[string]string) (string, string) {
		cfg, report := mustLoad(t, text, env)
		var names []string
		for _, m := range cfg.Models {
			names = append(names, m.Group+"="+m.Provider+"/"+m.UpstreamModel)
		}
		return strings.Join(names, " "), renderCoded(report)
	}
	got, problems := groups(`model_list: [{model_name: "*", litellm_params: {model: "*", rpm: 1}}, {model_name: "gpt-*", litellm_params: {model: echo/hello}}]`, env)
	want := "anthropic/*=anthropic/* claude-*=anthropic/claude-* openai/*=openai/* o1*=openai/o1* o3*=openai/o3* o4*=openai/o4* " +
		"chatgpt-*=openai/chatgpt-* text-embedding-*=openai/text-embedding-* gpt-*=echo/hello"
	if got != want || strings.Count(problems, "\n") != 1 {
		t.Errorf("groups\n%s, want\n%s\n%s", got, want, problems)
	}
	if got, _ = groups(`model_list: [{model_name: "all/*", litellm_params: {model: "*"}}]`, map[string]string{"ANTHROPIC_API_KEY": "k"}); got != "all/anthropic/*=anthropic/* all/claude-*=anthropic/claude-*" {
		t.Errorf("groups %q", got)
	}
	for text, want := range map[string]string{
		`model_list: [{model_name: "*", litellm_params: {model: "*"}}]`:                       "no provider for * has a credential in the environment",
		`model_list: [{model_name: "*", litellm_params: {model: "*", api_key: k}}]`:           "one credential or address cannot be for all providers",
		`model_list: [{model_name: "*", litellm_params: {model: "*", api_base: "http://h"}}]`: "one credential or address cannot be for all providers",
	} {
		if got, problems := groups(text, nil); got != "" || !strings.Contains(problems, want) {
			t.Errorf("groups %q, problems:\n%s", got, problems)
		}
	}
}

func TestCredentialsWithNames(t *testing.T) {
	t.Parallel()
	cfg, report := mustLoad(t, `
credential_list:
  - {credential_name: a, credential_values: {api_key: sk-a, api_base: "https://a/v1", api_version: x}, credential_info: {note: n}}
model_list:
  - {model_name: m, litellm_params: {model: openai/m, litellm_credential_name: a}}
  - {model_name: m, litellm_params: {model: openai/m, litellm_credential_name: a, api_key: own, api_base: "https://own/v1"}}
`, nil)
	for i, want := range []string{"sk-a https://a/v1", "own https://own/v1"} {
		if m := cfg.Models[i]; m.APIKey.Reveal()+" "+m.APIBase != want {
			t.Errorf("model %d: %s %s, want %s", i, m.APIKey.Reveal(), m.APIBase, want)
		}
	}
	if got := renderCoded(report); strings.Count(got, "\n") != 1 || !strings.Contains(got, "not-effective test.yaml:3:100: credential_list[0].credential_values.api_version") {
		t.Errorf("problems:\n%s", got)
	}
	if e := cfg.Document.ModelList[0].LiteLLMParams; !e.APIKey.Empty() || e.APIBase != "" {
		t.Error("the document has what its entry has not")
	}
	_, report, _ = loadText(t, `
credential_list: [{credential_name: anthropic-eu, credential_values: {api_key: k}}, {credential_name: anthropic-eu, credential_values: {api_key: k}}]
model_list: [{model_name: m, litellm_params: {model: openai/m, litellm_credential_name: antropic-eu}}]
`, nil)
	for _, want := range []string{`there is a credential "anthropic-eu" already`, "did you mean anthropic-eu?"} {
		if !strings.Contains(render(report), want) {
			t.Errorf("no %q in:\n%s", want, render(report))
		}
	}
}

func TestParametersOfLiteLLMThatActHere(t *testing.T) {
	t.Parallel()
	cfg, report := mustLoad(t, `
model_list:
  - model_name: a
    litellm_params:
      model: gpt-oss
      custom_llm_provider: openai
      base_url: https://h/v1
      api_key: k
      organization: org-1
      temperature: 1.0
      extra_body: {service_tier: flex, n: {a: [1.50]}}
  - {model_name: b, litellm_params: {model: anthropic/m, custom_llm_provider: anthropic, api_key: k, organization: org-1}}
`, nil)
	m := cfg.Models[0]
	if m.Provider != "openai" || m.UpstreamModel != "gpt-oss" || m.APIBase != "https://h/v1" || m.Headers["Openai-Organization"].Reveal() != "org-1" {
		t.Errorf("%+v", m)
	}
	want := []llm.Default{
		{Name: "temperature", Value: []byte("1.0")},
		{Name: "service_tier", Value: []byte(`"flex"`)},
		{Name: "n", Value: []byte(`{"a":[1.50]}`)},
	}
	if diff := cmp.Diff(want, m.Params); diff != "" {
		t.Errorf("Params (-want +got):\n%s", diff)
	}
	if cfg.Models[1].UpstreamModel != "m" || !strings.Contains(renderCoded(report), "no-effect test.yaml:12:116: model_list[1].litellm_params.organization: organization has no effect at anthropic") {
		t.Errorf("%+v\n%s", cfg.Models[1], renderCoded(report))
	}
}

func TestLimitsInLiteLLMsPlaces(t *testing.T) {
	t.Parallel()
	cfg, _ := mustLoad(t, `
litellm_settings: {max_budget: 10, budget_duration: 1mo}
general_settings: {max_parallel_requests: 4}
security_settings: {valid_api_keys: k}
rate_limit_settings: {limits: [{team: t, rpm: 1}, {api_key: k, rpm: 2}]}
budget_settings: {budgets: [{name: t, team: t, limit: 1}, {name: both, teams: [t], api_keys: k, limit: 1}]}
router_settings: {disable_cooldowns: true, cooldown_time: 9}
`, nil)
	if b := cfg.GatewayBudget; b == nil || b.Limit != 10*llm.USD || b.Period != "1mo" || !b.Hard {
		t.Errorf("GatewayBudget = %+v", b)
	}
	if cfg.DefaultLimits.MaxParallel != 4 || len(cfg.KeyLimits) != 1 || cfg.KeyLimits[0].Limits.RPM != 2 {
		t.Errorf("limits %+v, %+v", cfg.DefaultLimits, cfg.KeyLimits)
	}
	if len(cfg.Budgets) != 1 || cfg.Budgets[0].Name != "both" {
		t.Errorf("Budgets = %+v", cfg.Budgets)
	}
	if cfg.Routing.Cooldown != 0 {
		t.Errorf("Cooldown = %v", cfg.Routing.Cooldown)
	}
	cfg, report := mustLoad(t, "litellm_settings: {max_budget: 10}\nsecurity_settings: {max_budget: 5, budget_duration: daily}\n", nil)
	if b := cfg.GatewayBudget; b.Limit != 5*llm.USD || b.Period != "daily" || !strings.Contains(renderCoded(report), "no-effect test.yaml:1:32: litellm_settings.max_budget") {
		t.Errorf("GatewayBudget = %+v\n%s", b, renderCoded(report))
	}
}
