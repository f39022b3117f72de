package config

import (
	"time"

	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/secret"
)

// GeneralSettings is the section general_settings.
type GeneralSettings struct {
	// MasterKey may call every model and administer the gateway. It is no client's
	// key. `$LLMGW_MASTER_KEY` and `$LITELLM_MASTER_KEY` win over the file; without
	// any of them a key is made at the first start and kept in data_dir.
	MasterKey secret.Text `yaml:"master_key"`
	// DatabaseURL is the database that keeps keys, teams, budgets and what was spent:
	// `sqlite:///var/lib/llmgw/llmgw.db`. `$DATABASE_URL` wins over the file; the default is
	// `llmgw.db` in data_dir. A PostgreSQL address is accepted with a warning and not used:
	// this version has an embedded store only.
	DatabaseURL secret.Text `yaml:"database_url"`
	// RedisURL is the address of the Redis server in which replicas share counters, holds
	// and cached answers: `redis://:PASSWORD@localhost:6379/0`. Where it is not set,
	// cache_settings.redis_url, cache, the redis_ keys of router_settings and `$REDIS_URL`
	// count, in this order.
	RedisURL secret.Text `yaml:"redis_url" inert:"replicas share no counters, each has its own limits and budgets"`
	// Cache is the address of a Redis server that keeps answers; it switches the cache
	// on. cache_settings.type wins.
	Cache secret.Text `yaml:"cache" inert:"answers are kept in memory, which replicas do not share"`
	// CacheTime is how long answers are kept where cache switches the cache on, in
	// seconds or with a unit. The default is cache_settings.cache_ttl.
	CacheTime *time.Duration `yaml:"cache_seconds" min:"1s"`
	// DataDir is the folder of everything that must survive a restart;
	// `$LLMGW_DATA_DIR` wins over the file. The default is `$XDG_STATE_HOME/llmgw`,
	// else `~/.local/state/llmgw`.
	DataDir string `yaml:"data_dir"`
	// MaxBodyBytes is the largest request body, in bytes or with a unit, after
	// decompression.
	MaxBodyBytes Bytes `yaml:"max_body_bytes" default:"32MiB" min:"1KiB"`
	// MaxBodyBytesInFlight bounds the request bodies of all open calls together;
	// calls beyond it are refused as overload. It is at least max_body_bytes.
	MaxBodyBytesInFlight Bytes `yaml:"max_body_bytes_in_flight" default:"1GiB" min:"1KiB"`
	// MaxParallelRequests is the number of calls that each key may have open at one time,
	// in LiteLLM's place for it. rate_limit_settings wins. The default is no limit.
	MaxParallelRequests int64 `yaml:"max_parallel_requests" min:"1"`
	// Timezone is the time zone of the calendar that periods of budgets are aligned to,
	// where no section about money has one: `Europe/Berlin`.
	Timezone Timezone `yaml:"timezone"`
	// BackgroundHealthChecks is LiteLLM's name for load_balancing_settings.health_check.
	BackgroundHealthChecks *bool `yaml:"background_health_checks" inert:"deployments are judged by the calls that they get" unless:"false"`
	// HealthCheckInterval is LiteLLM's place for
	// load_balancing_settings.health_check_interval.
	HealthCheckInterval *time.Duration `yaml:"health_check_interval" min:"1s" inert:"deployments are judged by the calls that they get"`
	// Alerting are the kinds of receivers of alerts, in LiteLLM's way: `[slack]` uses
	// `$SLACK_WEBHOOK_URL`, `[email]` the variables `$SMTP_HOST` and so on.
	// monitoring_settings.alerts wins.
	Alerting []string `yaml:"alerting" inert:"no alerts are sent"`
	// AlertingThreshold is how long a call may take until it is reported as slow.
	AlertingThreshold *time.Duration `yaml:"alerting_threshold" inert:"no alerts are sent"`
	// AlertToWebhookURL are addresses of Slack for single kinds of alerts, by kind.
	AlertToWebhookURL map[string]secret.Text `yaml:"alert_to_webhook_url" inert:"no alerts are sent"`
	// TrustedProxies are the addresses whose X-Forwarded-For is believed, as IP
	// addresses or networks: `[10.0.0.0/8, 127.0.0.1]`. The default is none.
	TrustedProxies []string `yaml:"trusted_proxies"`
	// DrainDelay is how long, after a signal to stop, connections are still
	// accepted while readiness already fails: the time that load balancers need.
	DrainDelay time.Duration `yaml:"drain_delay" default:"0s"`
	// DrainTimeout is how long open calls may go on after that.
	DrainTimeout time.Duration `yaml:"drain_timeout" default:"30s"`
	// HoldWait is how long a call waits for money that open calls hold before it
	// is refused. 0 means that it does not wait.
	HoldWait time.Duration `yaml:"hold_wait" default:"10s"`
	// DisconnectGrace is how long the answer to a client that went away is still
	// read, so that its cost is known.
	DisconnectGrace time.Duration `yaml:"disconnect_grace" default:"30s"`
	// Fsync says when the journal is forced to disk: `never` (a crash of the
	// process loses nothing, loss of power may), `interval` (every second), `always`
	// (before each answer).
	Fsync string `yaml:"fsync" default:"never" oneof:"never,interval,always"`
	// CAFile is a file of PEM certificates to trust beside the system's, for
	// everything outgoing.
	CAFile string `yaml:"ca_file"`
	// PriceFile is a file of prices and limits in the format of LiteLLM's
	// `model_prices_and_context_window.json`. What it says of a model wins over the
	// built-in catalogue; prices in model_list win over both. It is read when the
	// gateway starts and reloads.
	PriceFile string `yaml:"price_file"`
	// TLS makes the gateway serve HTTPS.
	TLS TLSSettings `yaml:"tls"`
}

// TLSSettings is the part general_settings.tls.
type TLSSettings struct {
	// CertFile is the file of the gateway's certificate chain, PEM. key_file
	// belongs to it.
	CertFile string `yaml:"cert_file"`
	// KeyFile is the file of the certificate's private key, PEM.
	KeyFile string `yaml:"key_file"`
	// ClientCAFile is a file of PEM certificates; where it is set, clients must
	// show a certificate that one of them has signed.
	ClientCAFile string `yaml:"client_ca_file"`
}

// SecuritySettings is the section security_settings.
type SecuritySettings struct {
	// ValidAPIKeys are the keys that clients may use. Example:
	// `[os.environ/TEAM_A_KEY, file:/run/secrets/team-b]`.
	ValidAPIKeys []secret.Text `yaml:"valid_api_keys"`
	// MaxBudget is a hard budget for the whole gateway, in dollars. The default is
	// none.
	MaxBudget *llm.NanoUSD `yaml:"max_budget"`
	// BudgetDuration is how long max_budget lasts before it starts anew: `hourly`,
	// `daily`, `weekly`, `monthly`, `yearly`, `total`, or `12h`, `30d`, `1mo`.
	BudgetDuration Period `yaml:"budget_duration" default:"total"`
	// Timezone is the time zone of the calendar that the period of max_budget is aligned
	// to: `Europe/Berlin`. The default is that of budget_settings, else UTC.
	Timezone Timezone `yaml:"timezone"`
	// RPMLimit is the number of requests a minute for keys to which no other limit
	// on them applies. The default is no limit.
	RPMLimit int64 `yaml:"rpm_limit" min:"1"`
	// TPMLimit is the number of tokens a minute for keys to which no other limit on
	// them applies. The default is no limit.
	TPMLimit int64 `yaml:"tpm_limit" min:"1"`
}

// LogSettings is the section log_settings.
type LogSettings struct {
	// Enabled says whether the request log is written.
	Enabled bool `yaml:"enabled" default:"true"`
	// File is the path of the log. The default is `requests.jsonl` in data_dir.
	File string `yaml:"file"`
	// MaxSizeMB is the size at which a new file is begun, in megabytes (MiB).
	MaxSizeMB int64 `yaml:"max_size_mb" default:"100" min:"1" max:"1000000"`
	// Keep is how many old files are kept; 0 keeps all.
	Keep int64 `yaml:"keep" default:"10" min:"0" max:"100000"`
	// Compress says whether old files are compressed (gzip).
	Compress bool `yaml:"compress" default:"true"`
	// StoreContent says whether prompts and answers are logged, too.
	StoreContent bool `yaml:"store_content" default:"false" inert:"prompts and answers are not logged" unless:"false"`
}
