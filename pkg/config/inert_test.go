package config

import (
	"strings"
	"testing"
)

func TestWhatIsNotEffectiveIsToldOnce(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		text string
		want int
	}{
		"a value":                 {"general_settings: {redis_url: 'redis://h'}", 1},
		"an empty key":            {"general_settings: {redis_url: }", 0},
		"what happens anyway":     {"load_balancing_settings: {health_check: false}\nlog_settings: {store_content: false}", 0},
		"a section":               {"monitoring_settings: {grafana: {enabled: true, dashboard_url: 'http://h'}}", 1},
		"a section that is off":   {"monitoring_settings: {grafana: {enabled: false, dashboard_url: 'http://h'}}", 0},
		"a section that is no":    {"monitoring_settings: {grafana: {enabled: no}}", 1},
		"several keys":            {"monitoring_settings: {slack_webhook_url: 'http://h', smtp_port: 5}", 2},
		"a key in many entries":   {"model_list:" + strings.Repeat("\n  - {model_name: a, litellm_params: {model: echo/hello, rpm: 1}}", 700), 1},
		"LiteLLM's key":           {"general_settings: {allowed_ips: [a]}", 1},
		"LiteLLM's key, empty":    {"general_settings: {allowed_ips: }", 0},
		"a value in many entries": {"rate_limit_settings: {limits: [{team: a, rpm: 1}, {team: b, rpm: 1}]}", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, report := mustLoad(t, tt.text, nil)
			got := 0
			for _, p := range report.Problems {
				if p.Code == CodeNotEffective || p.Code == CodeNotImplemented {
					got++
				}
			}
			if got != tt.want {
				t.Errorf("%d warnings, want %d:\n%s", got, tt.want, renderCoded(report))
			}
		})
	}
	_, report := mustLoad(t, "model_list:"+strings.Repeat("\n  - {model_name: a, litellm_params: {model: echo/hello, rpm: 1}}", 700), nil)
	if got := renderCoded(report); !strings.Contains(got, "not-effective test.yaml:2:57: model_list[0].litellm_params.rpm: ") || !strings.Contains(got, "; 699 more in this list (") {
		t.Errorf("problems:\n%s", got)
	}
}

// TestWarningsDoNotHideErrors: a report has room for errors however many warnings
// there are.
func TestWarningsDoNotHideErrors(t *testing.T) {
	t.Parallel()
	text := "general_settings: {drain_timeout: soon}\nmodel_list:" +
		strings.Repeat("\n  - {model_name: a, litellm_params: {model: bedrock/m}}", maxProblems+100) + "\n  - {model_name: a, litellm_params: {model: nobody/m}}"
	_, report, err := loadText(t, text, nil)
	if err == nil || strings.Count(err.Error(), "\n") != 1 || !strings.Contains(err.Error(), "soon") || !strings.Contains(err.Error(), "nobody") {
		t.Errorf("err = %v", err)
	}
	if last := report.Problems[len(report.Problems)-1]; last.Severity != Warning || last.Code != CodeTooMany {
		t.Errorf("the last problem is %v", last)
	}
}

func TestStandInsAreUsed(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"router_settings: {routing_strategy: least-busy}":                                                                 "round-robin",
		"load_balancing_settings: {routing_strategy: usage-based}":                                                        "round-robin",
		"load_balancing_settings: {routing_strategy: least-latency}\nrouter_settings: {routing_strategy: simple-shuffle}": "simple-shuffle",
		"": "simple-shuffle",
	} {
		cfg, _ := mustLoad(t, text, nil)
		if cfg.Routing.Strategy != want {
			t.Errorf("%s: %s, want %s", text, cfg.Routing.Strategy, want)
		}
	}
	_, report := mustLoad(t, "", map[string]string{"LLMGW_ROUTER_SETTINGS_ROUTING_STRATEGY": "least-busy", "LLMGW_GENERAL_SETTINGS_REDIS_URL": "redis://h"})
	for _, want := range []string{
		"not-implemented $LLMGW_ROUTER_SETTINGS_ROUTING_STRATEGY: router_settings.routing_strategy: least-busy is not built yet: round-robin is used",
		"not-effective $LLMGW_GENERAL_SETTINGS_REDIS_URL: general_settings.redis_url: this has no effect yet",
	} {
		if !strings.Contains(renderCoded(report), want) {
			t.Errorf("no %q in:\n%s", want, renderCoded(report))
		}
	}
}
