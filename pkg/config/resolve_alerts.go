package config

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"

	"github.com/llmgw/llmgw/pkg/secret"
)

// alerts resolves the forms of alerts: the nested one wins over the flat one, and
// that one over the usual variables.
func (r *resolver) alerts() {
	settings := &r.cfg.Document.MonitoringSettings
	r.cfg.Alerts = Alerts{
		Slack: r.slack(settings), Email: r.email(settings),
		Thresholds: settings.AlertThresholds, Rules: settings.Alerts.AlertRules,
	}
}

// slack resolves what is said of Slack.
func (r *resolver) slack(settings *MonitoringSettings) SlackSettings {
	const path = "monitoring_settings"
	s := settings.Alerts.Slack
	r.webhook(s.WebhookURL, path+".alerts.slack.webhook_url")
	r.webhook(settings.SlackWebhookURL, path+".slack_webhook_url")
	s.WebhookURL = cmp.Or(s.WebhookURL, settings.SlackWebhookURL)
	written := !s.WebhookURL.Empty() || slices.Contains(r.cfg.Document.GeneralSettings.Alerting, "slack")
	s.Enabled = new(first(written, s.Enabled, settings.EnableSlackAlerts))
	s.WebhookURL = cmp.Or(s.WebhookURL, secret.New(r.opts.env("SLACK_WEBHOOK_URL")))
	if *s.Enabled && s.WebhookURL.Empty() && !r.reported(path+".alerts.slack.webhook_url") && !r.reported(path+".slack_webhook_url") {
		at := r.written(path+".alerts.slack", path+".enable_slack_alerts", "general_settings.alerting")
		r.warn(at, CodeMissingKey, "set alerts.slack.webhook_url, or export SLACK_WEBHOOK_URL", "alerts are to go to Slack, and its address is not known")
	}
	return s
}

// webhook checks an address, which is never quoted: it holds a token.
func (r *resolver) webhook(address secret.Text, path string) {
	u, err := url.Parse(address.Reveal())
	if !address.Empty() && (err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "") {
		r.fail(path, CodeBadURL, "write one such as https://hooks.slack.com/services/…", "the address is no URL that begins with https://")
	}
}

// email resolves what is said of mail.
func (r *resolver) email(settings *MonitoringSettings) EmailSettings {
	e, outer := settings.Alerts.Email, &settings.Email
	e.SMTPServer = cmp.Or(e.SMTPServer, outer.SMTPServer, settings.SMTPServer)
	written := e.SMTPServer != "" || slices.Contains(r.cfg.Document.GeneralSettings.Alerting, "email")
	e.Enabled = new(first(written, e.Enabled, outer.Enabled, settings.EnableEmailAlerts))
	port, _ := strconv.ParseInt(r.opts.env("SMTP_PORT"), 10, 64) // another text is no port
	const submission = 587                                       // RFC 6409
	e.SMTPServer = cmp.Or(e.SMTPServer, r.opts.env("SMTP_HOST"))
	e.SMTPPort = cmp.Or(e.SMTPPort, outer.SMTPPort, settings.SMTPPort, port, submission)
	e.SMTPUsername = cmp.Or(e.SMTPUsername, outer.SMTPUsername, settings.SMTPUsername, r.opts.env("SMTP_USERNAME"))
	e.SMTPPassword = cmp.Or(e.SMTPPassword, outer.SMTPPassword, settings.SMTPPassword, secret.New(r.opts.env("SMTP_PASSWORD")))
	e.FromAddress = cmp.Or(e.FromAddress, outer.FromAddress, r.opts.env("SMTP_SENDER_EMAIL"), e.SMTPUsername)
	if len(e.ToAddresses) == 0 {
		e.ToAddresses = outer.ToAddresses
	}
	if len(e.AlertRules) == 0 {
		e.AlertRules = outer.AlertRules
	}
	r.mailable(&e)
	return e
}

// mailable checks that there is a server and somebody to write to.
func (r *resolver) mailable(e *EmailSettings) {
	if !*e.Enabled {
		return
	}
	const path = "monitoring_settings"
	at := r.written(path+".alerts.email", path+".email", path+".enable_email_alerts", path+".smtp_server", "general_settings.alerting")
	if e.SMTPServer == "" {
		r.warn(at, CodeMissingKey, "set alerts.email.smtp_server, or export SMTP_HOST", "alerts are to be mailed, and the mail server is not known")
	}
	if len(e.ToAddresses) == 0 {
		r.warn(at, CodeMissingKey, "set alerts.email.to_addresses", "alerts are to be mailed, and nobody receives them")
	}
}

// written is the first of the paths that stands in the file.
func (r *resolver) written(paths ...string) string {
	for _, path := range paths {
		if _, ok := r.places[path]; ok {
			return path
		}
	}
	return paths[0]
}
