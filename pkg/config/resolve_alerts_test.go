package config

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/llmgw/llmgw/pkg/secret"
)

func TestNestedAlertsWin(t *testing.T) {
	t.Parallel()
	cfg, report := mustLoad(t, `
monitoring_settings:
  enable_slack_alerts: false
  slack_webhook_url: https://flat
  enable_email_alerts: true
  smtp_server: flat
  smtp_port: 1
  smtp_username: flat-user
  smtp_password: flat-password
  email: {smtp_port: 2, from_address: outer, to_addresses: [outer]}
  alert_thresholds: {error_rate: 0.05, latency_p99: 5000}
  alerts:
    slack:
      enabled: true
      webhook_url: https://nested
      channels: [a, b]
      alert_rules: [{name: slow, condition: "p99_latency>5e3", duration: 2m, severity: critical}]
    email: {smtp_server: nested, from_address: nested}
    alert_rules: [{name: money, condition: budget_usage >= 1}]
`, map[string]string{"SMTP_HOST": "env", "SMTP_PASSWORD": "env", "SLACK_WEBHOOK_URL": "https://env"})
	want := Alerts{
		Slack: SlackSettings{
			Enabled: new(true), WebhookURL: secret.New("https://nested"), Channels: []string{"a", "b"},
			AlertRules: []AlertRule{{Name: "slow", Condition: "p99_latency>5e3", Duration: 2 * time.Minute, Severity: "critical"}},
		},
		Email: EmailSettings{
			Enabled: new(true), SMTPServer: "nested", SMTPPort: 2, SMTPUsername: "flat-user", SMTPPassword: secret.New("flat-password"),
			FromAddress: "nested", ToAddresses: []string{"outer"},
		},
		Thresholds: AlertThresholds{ErrorRate: new(0.05), LatencyP99: new(5000.0)},
		Rules:      []AlertRule{{Name: "money", Condition: "budget_usage >= 1", Severity: "warning"}},
	}
	if diff := cmp.Diff(want, cfg.Alerts, revealed); diff != "" {
		t.Errorf("Alerts (-want +got):\n%s", diff)
	}
	if got := strings.Count(renderCoded(report), "no alerts are sent"); got != 11 {
		t.Errorf("%d warnings about alerts, want one for each of 11 keys:\n%s", got, renderCoded(report))
	}
}

func TestAlertsFromTheEnvironment(t *testing.T) {
	t.Parallel()
	env := map[string]string{
		"SLACK_WEBHOOK_URL": "https://env", "SMTP_HOST": "host", "SMTP_PORT": "25", "SMTP_USERNAME": "u", "SMTP_PASSWORD": "p", "SMTP_SENDER_EMAIL": "s",
	}
	cfg, _ := mustLoad(t, "general_settings: {alerting: [slack, email]}", env)
	a := cfg.Alerts
	if !*a.Slack.Enabled || a.Slack.WebhookURL.Reveal() != "https://env" {
		t.Errorf("Slack: %v %q", *a.Slack.Enabled, a.Slack.WebhookURL.Reveal())
	}
	if e := a.Email; !*e.Enabled || e.SMTPServer != "host" || e.SMTPPort != 25 || e.SMTPUsername != "u" || e.SMTPPassword.Reveal() != "p" || e.FromAddress != "s" {
		t.Errorf("email: %+v", e)
	}
	if cfg, _ = mustLoad(t, "", env); *cfg.Alerts.Slack.Enabled || *cfg.Alerts.Email.Enabled {
		t.Error("variables alone switch alerts on")
	}
}

func TestAlertsWithoutAnAddressAreReported(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"general_settings: {alerting: [slack]}":                                    "warning missing-key test.yaml:1:30: general_settings.alerting: alerts are to go to Slack",
		"monitoring_settings: {enable_slack_alerts: true}":                         "warning missing-key test.yaml:1:44: monitoring_settings.enable_slack_alerts: alerts are to go to Slack",
		"monitoring_settings: {alerts: {slack: {enabled: true}}}":                  "warning missing-key test.yaml:1:39: monitoring_settings.alerts.slack: alerts are to go to Slack",
		"monitoring_settings: {alerts: {email: {enabled: true}}}":                  "monitoring_settings.alerts.email: alerts are to be mailed, and the mail server is not known",
		"monitoring_settings: {alerts: {email: {smtp_server: s}}}":                 "monitoring_settings.alerts.email: alerts are to be mailed, and nobody receives them",
		"monitoring_settings: {alerts: {email: {enabled: false, smtp_server: s}}}": "",
	} {
		_, report := mustLoad(t, text, nil)
		got := renderCoded(report)
		if !strings.Contains(got, want) || want == "" && strings.Contains(got, "alert") {
			t.Errorf("%s gives:\n%s", text, got)
		}
	}
}

func TestConditionsAreTakenApart(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][3]any{
		"error_rate > 0.05":   {"error_rate", ">", 0.05},
		" p99_latency<=5e3 ":  {"p99_latency", "<=", 5000.0},
		"budget_usage >= 1.0": {"budget_usage", ">=", 1.0},
		"request_rate<-1":     {"request_rate", "<", -1.0},
	} {
		c, err := parseCondition(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		metric, comparison, number := c.Parts()
		if got := [3]any{metric, comparison, number}; got != want {
			t.Errorf("%q is %v, want %v", text, got, want)
		}
	}
	for _, text := range []string{"", "error_rate", "error_rate > ", "error_rate == 1", "> 1", "error_rate > 1 2", "error_rate > e", "foo > 1", "Error_Rate > 1"} {
		if c, err := parseCondition(text); err == nil {
			t.Errorf("%q is accepted as %q", text, c)
		}
	}
	if metric, comparison, _ := Condition("nonsense").Parts(); metric != "" || comparison != "" {
		t.Errorf("nonsense has parts %q, %q", metric, comparison)
	}
}

func TestTimezones(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"UTC": "UTC", "Europe/Berlin": "Europe/Berlin", "Local": "", "Berlin": "", "../etc": "", "/etc/passwd": ""} {
		zone, err := parseTimezone(text)
		if (err == nil) != (want != "") || err == nil && zone.Location().String() != want {
			t.Errorf("%q is %q, %v", text, zone, err)
		}
	}
	if got := Timezone("").Location(); got != time.UTC {
		t.Errorf("no time zone is %v", got)
	}
	cfg, _ := mustLoad(t, `
litellm_settings: {timezone: Asia/Tokyo}
general_settings: {timezone: Asia/Seoul}
budget_settings: {budgets: [{name: a, api_keys: k, limit: 1}, {name: b, api_keys: k, limit: 1, timezone: Europe/Paris}]}
security_settings: {valid_api_keys: k, max_budget: 1, timezone: America/Lima}
`, nil)
	if got := []string{cfg.GatewayBudget.Location.String(), cfg.Budgets[0].Location.String(), cfg.Budgets[1].Location.String()}; got[0] != "America/Lima" || got[1] != "Asia/Tokyo" || got[2] != "Europe/Paris" {
		t.Errorf("time zones %v", got)
	}
}
