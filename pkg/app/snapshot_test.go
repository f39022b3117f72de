package app_test

import (
	"strings"
	"testing"
)

const manyModels = `
model_list:
  - model_name: broken
    litellm_params: {model: echo/error-400, max_retries: 0}
  - model_name: refusing
    litellm_params: {model: echo/error-404, max_retries: 0}
  - model_name: refusing-to-alias
    litellm_params: {model: echo/error-404, max_retries: 0}
  - model_name: refusing-to-pattern
    litellm_params: {model: echo/error-404, max_retries: 0}
  - model_name: any/*
    litellm_params: {model: echo/*}
  - model_name: spare
    litellm_params: {model: echo/hello}
  - model_name: priced
    litellm_params: {model: echo/hello}
    model_info: {input_cost_per_token: 0.000001, output_cost_per_token: 0.001, max_output_tokens: 100}
router_settings:
  routing_strategy: simple-shuffle
  fallbacks: [{refusing: [spare]}, {refusing-to-alias: [best]}, {refusing-to-pattern: [any/hello]}]
  model_group_alias:
    best: spare
    secret: {model: spare, hidden: true}
general_settings: {master_key: ` + masterKey + `}
security_settings:
  valid_api_keys: [` + firstKey + `, ` + secondKey + `]
`

func TestGroupsAliasesAndFallbacks(t *testing.T) {
	t.Parallel()
	r := newPlace(t).start(manyModels)
	for model, status := range map[string]int{
		"spare": 200, "best": 200, "secret": 200, "broken": 400, "unknown": 404,
		"refusing": 200, "refusing-to-alias": 200, "refusing-to-pattern": 200, // by their fallbacks
	} {
		r.want(firstKey, model, status)
	}
	_, list := r.get("/v1/models", firstKey)
	for _, name := range []string{"broken", "refusing", "spare", "priced", "best"} {
		if !strings.Contains(list, `"id":"`+name+`"`) {
			t.Errorf("%s is not listed in %s", name, list)
		}
	}
	if strings.Contains(list, "secret") {
		t.Errorf("a hidden alias is listed in %s", list)
	}
}

// ratio is what the metrics say of a budget.
func (r *running) ratio(budget string) string {
	r.t.Helper()
	_, page := r.get("/metrics", masterKey)
	for line := range strings.Lines(page) {
		if value, ok := strings.CutPrefix(line, `litellm_budget_usage_ratio{budget="`+budget+`"} `); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// The gateway's own budget and those of keys are the same after a restart: no
// call is lost, none is booked twice.
func TestBudgetsAreTheSameAfterARestart(t *testing.T) {
	t.Parallel()
	for _, period := range []string{"total", "monthly"} {
		t.Run(period, func(t *testing.T) {
			t.Parallel()
			text := strings.Replace(manyModels, "security_settings:", "security_settings:\n  max_budget: 1.0\n  budget_duration: "+period, 1) +
				"budget_settings: {budgets: [{name: both, api_keys: [" + firstKey + ", " + secondKey + "], limit: 0.5, period: " + period + "}]}\n"
			p := newPlace(t)
			r := p.start(text)
			r.want(firstKey, "priced", 200)
			r.want(secondKey, "priced", 200)
			r.want(masterKey, "priced", 200)
			// 5 tokens of output cost 0.005, 8 of input 0.000008 dollars.
			gateway, both := r.ratio("gateway"), r.ratio("both")
			if gateway != "0.015024" || both != "0.020032" {
				t.Errorf("gateway %s, both %s, want three calls of 1 and two calls of 0.5 dollars", gateway, both)
			}
			r.end()
			r = p.start(text)
			if g, b := r.ratio("gateway"), r.ratio("both"); g != gateway || b != both {
				t.Errorf("after a restart: gateway %s, both %s, want %s, %s", g, b, gateway, both)
			}
		})
	}
}

func TestKeysHaveTheLimitsOfTheirSection(t *testing.T) {
	t.Parallel()
	r := newPlace(t).start(manyModels + `
rate_limit_settings:
  strategy: fixed_window
  limits: [{api_key: ` + firstKey + `, max_parallel: 2, rpd: 3}]
  default_limits: {rpd: 1}
`)
	for _, status := range []int{200, 200, 200, 429} {
		r.want(firstKey, "spare", status)
	}
	for _, status := range []int{200, 429} {
		r.want(secondKey, "spare", status)
	}
	for range 5 {
		r.want(masterKey, "spare", 200)
	}
}
