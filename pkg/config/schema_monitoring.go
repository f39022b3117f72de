package config

import (
	"time"

	"github.com/llmgw/llmgw/pkg/secret"
)

// MonitoringSettings is the section monitoring_settings.
type MonitoringSettings struct {
	// EnablePrometheus serves metrics on prometheus_port. The default is whether a
	// port is set.
	EnablePrometheus *bool `yaml:"enable_prometheus"`
	// PrometheusPort is a port of its own for `/metrics`, served without a key. The
	// default is none: `/metrics` is then on the main port and needs an admin key.
	PrometheusPort int64 `yaml:"prometheus_port" min:"1" max:"65535"`
	// PrometheusHost is the address on which prometheus_port listens. The default is
	// that of the gateway.
	PrometheusHost string `yaml:"prometheus_host"`
	// Prometheus is the nested form of the same settings, which wins.
	Prometheus PrometheusSettings `yaml:"prometheus"`
	// Grafana is where the dashboard is.
	Grafana GrafanaSettings `yaml:"grafana" inert:"Grafana fetches what it shows, nothing is sent to it"`
	// Alerts say who is told of what.
	Alerts AlertSettings `yaml:"alerts"`
	// EnableSlackAlerts is as alerts.slack.enabled, which wins.
	EnableSlackAlerts *bool `yaml:"enable_slack_alerts" inert:"no alerts are sent" unless:"false"`
	// SlackWebhookURL is as alerts.slack.webhook_url, which wins.
	SlackWebhookURL secret.Text `yaml:"slack_webhook_url" inert:"no alerts are sent"`
	// AlertThresholds are limits which, when they are passed, are alerts.
	AlertThresholds AlertThresholds `yaml:"alert_thresholds" inert:"no alerts are sent"`
	// EnableEmailAlerts is as alerts.email.enabled, which wins.
	EnableEmailAlerts *bool `yaml:"enable_email_alerts" inert:"no alerts are sent" unless:"false"`
	// Email is another place for alerts.email, which wins.
	Email EmailSettings `yaml:"email" inert:"no alerts are sent"`
	// SMTPServer is as alerts.email.smtp_server, which wins.
	SMTPServer string `yaml:"smtp_server" inert:"no alerts are sent"`
	// SMTPPort is as alerts.email.smtp_port, which wins.
	SMTPPort int64 `yaml:"smtp_port" min:"1" max:"65535" inert:"no alerts are sent"`
	// SMTPUsername is as alerts.email.smtp_username, which wins.
	SMTPUsername string `yaml:"smtp_username" inert:"no alerts are sent"`
	// SMTPPassword is as alerts.email.smtp_password, which wins.
	SMTPPassword secret.Text `yaml:"smtp_password" inert:"no alerts are sent"`
}

// PrometheusSettings is the part monitoring_settings.prometheus.
type PrometheusSettings struct {
	// Enabled is as enable_prometheus.
	Enabled *bool `yaml:"enabled"`
	// Port is as prometheus_port.
	Port int64 `yaml:"port" min:"1" max:"65535"`
	// Prefix begins the name of each metric. The default is `litellm_`; `llmgw_`
	// gives them a name of their own.
	Prefix string `yaml:"prefix" default:"litellm_"`
	// Metrics are the families to serve: `[request_count, request_duration]`. The
	// default is all. `cost` means cost_total; `cache_hit_rate` brings cache_hits
	// and cache_requests.
	Metrics []string `yaml:"metrics" oneof:"budget_usage_ratio,cache_hit_rate,cache_hits,cache_requests,cost,cost_total,deployment_state,dropped_records_total,error_count,fallbacks_total,in_flight_requests,overhead_duration,rejected_total,request_count,request_duration,responses_total,retries_total,time_to_first_token,token_usage"`
}

// GrafanaSettings is the part monitoring_settings.grafana.
type GrafanaSettings struct {
	// Enabled says that there is a dashboard. The default is whether dashboard_url is set.
	Enabled *bool `yaml:"enabled"`
	// DashboardURL is its address: `http://localhost:3000/d/litellm`.
	DashboardURL string `yaml:"dashboard_url"`
}

// AlertThresholds is the part monitoring_settings.alert_thresholds. What is not set is
// no alert.
type AlertThresholds struct {
	// ErrorRate is the share of calls that fail, between 0 and 1.
	ErrorRate *float64 `yaml:"error_rate" min:"0" max:"1"`
	// LatencyP50 is the median of how long calls take, in milliseconds.
	LatencyP50 *float64 `yaml:"latency_p50" min:"0"`
	// LatencyP95 is the 95th percentile of how long calls take, in milliseconds.
	LatencyP95 *float64 `yaml:"latency_p95" min:"0"`
	// LatencyP99 is the 99th percentile of how long calls take, in milliseconds.
	LatencyP99 *float64 `yaml:"latency_p99" min:"0"`
	// BudgetUsage is the share of a budget that is used up: 1 is all of it.
	BudgetUsage *float64 `yaml:"budget_usage" min:"0"`
}

// AlertSettings is the part monitoring_settings.alerts.
type AlertSettings struct {
	// Slack sends alerts to Slack.
	Slack SlackSettings `yaml:"slack" inert:"no alerts are sent"`
	// Email sends alerts by mail.
	Email EmailSettings `yaml:"email" inert:"no alerts are sent"`
	// AlertRules are alerts for all receivers.
	AlertRules []AlertRule `yaml:"alert_rules" inert:"no alerts are sent"`
}

// SlackSettings is the part monitoring_settings.alerts.slack.
type SlackSettings struct {
	// Enabled switches it on. The default is whether there is an address.
	Enabled *bool `yaml:"enabled"`
	// WebhookURL is the address of an incoming webhook. The default is
	// `$SLACK_WEBHOOK_URL`.
	WebhookURL secret.Text `yaml:"webhook_url"`
	// Channels are the channels to write to. The default is the webhook's own.
	Channels []string `yaml:"channels"`
	// AlertRules are the alerts that go there.
	AlertRules []AlertRule `yaml:"alert_rules"`
}

// EmailSettings is the part monitoring_settings.alerts.email.
type EmailSettings struct {
	// Enabled switches it on. The default is whether there is a server.
	Enabled *bool `yaml:"enabled"`
	// SMTPServer is the mail server. The default is `$SMTP_HOST`.
	SMTPServer string `yaml:"smtp_server"`
	// SMTPPort is its port. The default is `$SMTP_PORT`, else 587.
	SMTPPort int64 `yaml:"smtp_port" min:"1" max:"65535"`
	// SMTPUsername is who logs in there. The default is `$SMTP_USERNAME`.
	SMTPUsername string `yaml:"smtp_username"`
	// SMTPPassword is the password for it. The default is `$SMTP_PASSWORD`.
	SMTPPassword secret.Text `yaml:"smtp_password"`
	// FromAddress is the sender. The default is `$SMTP_SENDER_EMAIL`, else smtp_username.
	FromAddress string `yaml:"from_address"`
	// ToAddresses are the receivers.
	ToAddresses []string `yaml:"to_addresses"`
	// AlertRules are the alerts that go there. The default is those of alerts.
	AlertRules []AlertRule `yaml:"alert_rules"`
}

// AlertRule is an entry of alert_rules.
type AlertRule struct {
	// Name is the alert's name.
	Name string `yaml:"name" required:"give the alert a name"`
	// Condition is what must be so: a metric (`error_rate`, `p50_latency`, `p95_latency`,
	// `p99_latency` in milliseconds, `budget_usage`, `request_rate`, `cache_hit_rate`), `>`,
	// `>=`, `<` or `<=`, and a number. Example: `error_rate > 0.05`.
	Condition Condition `yaml:"condition" required:"write one such as error_rate > 0.05"`
	// Duration is how long it must be so, in seconds or with a unit.
	Duration time.Duration `yaml:"duration" default:"0s"`
	// Severity is how bad that is.
	Severity string `yaml:"severity" default:"warning" oneof:"info,warning,critical"`
}
