package config

import (
	"time"

	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/secret"
)

// CacheSettings is the section cache_settings.
type CacheSettings struct {
	// Type is where answers are kept: in `memory`, or nowhere (`none`). The default is
	// what litellm_settings.cache and general_settings.cache say, else `none`.
	Type string `yaml:"type" oneof:"memory,none" later:"redis=memory,memcached=memory,local=memory,disk=memory,redis-semantic=memory,qdrant-semantic=memory,s3=memory,gcs=memory,azure-blob=memory"`
	// RedisURL is the address of the Redis server that keeps the answers:
	// `redis://:PASSWORD@localhost:6379/0`. The default is general_settings.redis_url.
	RedisURL secret.Text `yaml:"redis_url" inert:"answers are kept in memory, which replicas do not share"`
	// MemcachedServers are the Memcached servers that keep the answers:
	// `[localhost:11211]`.
	MemcachedServers []string `yaml:"memcached_servers" inert:"answers are kept in memory, which replicas do not share"`
	// OnStoreFailure is what happens to calls while the cache's server cannot be reached:
	// `fail_open` sends them to the provider, `fail_closed` refuses them.
	OnStoreFailure string `yaml:"on_store_failure" default:"fail_open" oneof:"fail_open,fail_closed" inert:"the cache is in memory, which is always there"`
	// CacheTTL is how long an answer is kept, in seconds or with a unit.
	CacheTTL time.Duration `yaml:"cache_ttl" default:"3600s" min:"1s"`
	// CacheKeyPrefix begins the keys of the cache, so that several gateways can
	// share one.
	CacheKeyPrefix string `yaml:"cache_key_prefix" default:"litellm"`
	// EnableCacheForStream says whether streams read and write the cache.
	EnableCacheForStream bool `yaml:"enable_cache_for_stream" default:"true"`
	// CacheControlHeaders says whether the client's Cache-Control is obeyed and Age
	// is sent.
	CacheControlHeaders bool `yaml:"cache_control_headers" default:"true"`
	// Scope is who shares answers: the keys of a `team` (a key without a team is
	// its own team), a single `key`, or all (`global`).
	Scope string `yaml:"scope" default:"team" oneof:"team,key,global"`
	// MaxBytes bounds the answers that are kept in memory, in bytes or with a unit.
	MaxBytes Bytes `yaml:"max_bytes" default:"64MiB" min:"1KiB"`
}

// RateLimitSettings is the section rate_limit_settings.
type RateLimitSettings struct {
	// Enabled switches the section on. Off, it is still checked, and the limits in
	// security_settings still apply.
	Enabled bool `yaml:"enabled" default:"true"`
	// Strategy is how minutes are counted: `sliding_window` (never more than the
	// limit in any 60 seconds), `fixed_window` (per minute of the clock), or
	// `token_bucket` (refilled evenly, up to burst_size).
	Strategy string `yaml:"strategy" default:"sliding_window" oneof:"sliding_window,fixed_window,token_bucket"`
	// Limits are limits of single keys. They win over default_limits, unit by unit.
	Limits []KeyLimit `yaml:"limits"`
	// DefaultLimits are for every key that has no limit of its own.
	DefaultLimits LimitSet `yaml:"default_limits"`
	// BurstSize is the capacity of the request bucket with `token_bucket`. The
	// default is one minute's worth; other strategies do not use it.
	BurstSize int64 `yaml:"burst_size" min:"1"`
	// Oversize is what happens to a call that needs more tokens than the whole
	// limit: `admit` lets it pass alone when nothing else is counted, `refuse`
	// answers 400.
	Oversize string `yaml:"oversize" default:"admit" oneof:"admit,refuse"`
	// OnStoreFailure is what happens to calls while shared counters cannot be reached:
	// `fail_open` admits them, `fail_closed` refuses them.
	OnStoreFailure string `yaml:"on_store_failure" default:"fail_open" oneof:"fail_open,fail_closed" inert:"counters are in memory, which is always there"`
}

// KeyLimit is an entry of rate_limit_settings.limits.
type KeyLimit struct {
	// APIKey is whose limits these are: one of valid_api_keys.
	APIKey secret.Text `yaml:"api_key" also:"key"`
	// Team is the team whose keys have these limits where they have none of their own, in
	// place of api_key.
	Team string `yaml:"team" inert:"these limits are not enforced for the team"`
	// Limits are the numbers.
	Limits LimitSet `yaml:",inline"`
}

// LimitSet is a set of limits. What is not set, which is 0, is not limited here.
type LimitSet struct {
	// RPM is the number of requests a minute.
	RPM int64 `yaml:"rpm" min:"1"`
	// TPM is the number of tokens a minute, input and output.
	TPM int64 `yaml:"tpm" min:"1"`
	// RPD is the number of requests a day, by UTC.
	RPD int64 `yaml:"rpd" min:"1"`
	// MaxParallel is the number of calls that may be open at one time.
	MaxParallel int64 `yaml:"max_parallel" min:"1"`
}

// BudgetSettings is the section budget_settings.
type BudgetSettings struct {
	// Enabled switches the section on. Off, it is still checked, and
	// security_settings.max_budget still applies.
	Enabled bool `yaml:"enabled" default:"true"`
	// Currency is the currency of every amount.
	Currency string `yaml:"currency" default:"USD" oneof:"USD"`
	// Budgets are the limits. A key may be in several: all of them count.
	Budgets []BudgetEntry `yaml:"budgets"`
	// Timezone is the time zone of the calendar that periods are aligned to:
	// `Europe/Berlin`. The default is UTC.
	Timezone Timezone `yaml:"timezone"`
	// CostTracking says how what calls cost is kept.
	CostTracking CostTracking `yaml:"cost_tracking"`
	// Reservation is what a call holds of a hard budget before it is made: `strict` holds
	// the worst case, so that the budget is never exceeded; `expected` holds the 99th
	// percentile of what such calls used, so that more of them run side by side, and the
	// budget may be exceeded by those under way, which is reported.
	Reservation string `yaml:"reservation" default:"strict" oneof:"strict,expected"`
	// OnStoreFailure is what happens to calls under a hard budget while shared counters
	// cannot be reached: `fail_closed` refuses them, `fail_open` admits them.
	OnStoreFailure string `yaml:"on_store_failure" default:"fail_closed" oneof:"fail_open,fail_closed" inert:"counters are in memory, which is always there"`
	// UnknownPrice is what happens under a hard budget to a model whose price is
	// not known: `assume` books the dearest known price of its provider, and refuses
	// the call where no price of the provider is known; `block` refuses the call. A
	// refusal has the status 403 and the code model_unpriced. Where there is no hard
	// budget such calls pass and are logged without a cost, as `price_source: unknown`.
	UnknownPrice string `yaml:"unknown_price" default:"assume" oneof:"assume,block"`
	// AllowUnbounded admits calls under a hard budget whose cost has no bound, such
	// as those with server tools that may run any number of times. The budget may
	// then be exceeded.
	AllowUnbounded bool `yaml:"allow_unbounded" default:"false"`
}

// BudgetEntry is an entry of budget_settings.budgets.
type BudgetEntry struct {
	// Name is the budget's name; names are unique.
	Name string `yaml:"name" required:"give the budget a name"`
	// APIKeys are the keys that share the budget, each one of valid_api_keys. A budget
	// needs api_keys or teams.
	APIKeys []secret.Text `yaml:"api_keys"`
	// Teams are the teams whose keys share the budget.
	Teams []string `yaml:"teams" also:"team" inert:"the budget does not hold for these teams"`
	// Limit is the amount in dollars for one period. Example: `1000.0`.
	Limit *llm.NanoUSD `yaml:"limit" required:"write an amount in dollars"`
	// Period is how long the budget lasts before it starts anew: `hourly`, `daily`,
	// `weekly`, `monthly`, `yearly`, `total`, or `12h`, `30d`, `1mo`; aligned to the
	// calendar of the time zone.
	Period Period `yaml:"period" default:"total"`
	// Timezone is the time zone of the budget's calendar: `Europe/Berlin`. The default is
	// that of budget_settings.
	Timezone Timezone `yaml:"timezone"`
	// AlertThreshold is the share of the limit at which the budget is reported as
	// nearly used up, between 0 and 1.
	AlertThreshold float64 `yaml:"alert_threshold" default:"0.8" min:"0" max:"1"`
	// HardLimit says that no call may exceed the budget. `false` only reports.
	HardLimit bool `yaml:"hard_limit" default:"true"`
}

// CostTracking is the part budget_settings.cost_tracking.
type CostTracking struct {
	// Enabled switches it on. The default is true.
	Enabled *bool `yaml:"enabled"`
	// UpdateInterval is how long it takes until sums are written again, in seconds or
	// with a unit; they are also written when the gateway stops. The default is 60 seconds.
	// Nothing that is settled is lost in between: it is in the journal.
	UpdateInterval *time.Duration `yaml:"update_interval" min:"1s"`
	// Storage is where the sums of what keys and budgets used are written, each call once
	// also over crashes: to the table spend of the `database`, or to a `file` of JSON lines,
	// costs.jsonl in data_dir. The default is `database`.
	Storage string `yaml:"storage" oneof:"database,file"`
}
