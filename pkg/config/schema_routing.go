package config

import (
	"time"

	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/secret"
)

// LiteLLMSettings is the section litellm_settings.
type LiteLLMSettings struct {
	// DropParams says that parameters which the provider does not know are left
	// out instead of being refused. An entry's own drop_params wins.
	DropParams bool `yaml:"drop_params" default:"false"`
	// SetVerbose makes the gateway log what is for developers, too.
	SetVerbose bool `yaml:"set_verbose" default:"false"`
	// JSONLogs makes the gateway log JSON, also on a terminal.
	JSONLogs bool `yaml:"json_logs" default:"false"`
	// NumRetries is how often a failed call is tried again within its group,
	// beyond the first attempt. 0 means never; the default is 2.
	NumRetries *int64 `yaml:"num_retries" min:"0" max:"100"`
	// RequestTimeout is how long one attempt may take, in seconds or with a unit:
	// `600`, `10m`. The default is 6000 seconds.
	RequestTimeout *time.Duration `yaml:"request_timeout"`
	// CooldownTime is how long a failing deployment is left out, in seconds or with
	// a unit. 0 means not at all; the default is 5 seconds.
	CooldownTime *time.Duration `yaml:"cooldown_time"`
	// Fallbacks name the groups to try when a group fails, in order. Example:
	// `[{claude-sonnet: [claude-haiku, gpt-4o]}]`; the group `*` is any group that
	// is not named.
	Fallbacks Fallbacks `yaml:"fallbacks"`
	// DefaultFallbacks are the groups to try for every group after its own
	// fallbacks. Example: `[claude-haiku]`.
	DefaultFallbacks []string `yaml:"default_fallbacks"`
	// ContextWindowFallbacks are the groups to try when a call is too long for a group.
	ContextWindowFallbacks Fallbacks `yaml:"context_window_fallbacks" inert:"a call that is too long for a group is refused; only fallbacks are tried, after failures"`
	// ContentPolicyFallbacks are the groups to try when a group's provider refuses a call
	// for its content.
	ContentPolicyFallbacks Fallbacks `yaml:"content_policy_fallbacks" inert:"a call that is refused for its content is not sent elsewhere; only fallbacks are tried, after failures"`
	// AllowedFails is how many calls of a minute may fail before a deployment is left
	// out.
	AllowedFails *int64 `yaml:"allowed_fails" min:"0" inert:"a deployment is left out by the rules that hold without it"`
	// Cache switches the cache on, in LiteLLM's way. cache_settings.type wins.
	Cache bool `yaml:"cache" default:"false"`
	// CacheParams say what kind of cache that is.
	CacheParams CacheParams `yaml:"cache_params"`
	// MaxBudget is a hard budget for the whole gateway, in dollars, in LiteLLM's place for
	// it. security_settings.max_budget wins.
	MaxBudget *llm.NanoUSD `yaml:"max_budget"`
	// BudgetDuration is how long max_budget lasts before it starts anew, as
	// security_settings.budget_duration.
	BudgetDuration Period `yaml:"budget_duration" default:"total"`
	// Timezone is the time zone of the calendar that periods of budgets are aligned to,
	// where no other section has one: `Europe/Berlin`.
	Timezone Timezone `yaml:"timezone"`
	// Callbacks are the receivers of every call: names that LiteLLM has for them
	// (`[langfuse]`), or addresses. `prometheus` is always there; no other is built yet, and
	// each is reported: calls are in the request log only.
	Callbacks []secret.Text `yaml:"callbacks"`
	// SuccessCallback are the receivers of calls that succeed, as callbacks.
	SuccessCallback []secret.Text `yaml:"success_callback"`
	// FailureCallback are the receivers of calls that fail, as callbacks.
	FailureCallback []secret.Text `yaml:"failure_callback"`
	// ServiceCallbacks are the receivers of what the gateway's own parts do, as callbacks.
	ServiceCallbacks []secret.Text `yaml:"service_callbacks" also:"service_callback"`
}

// CacheParams is the part litellm_settings.cache_params.
type CacheParams struct {
	// Type is where answers are kept: `local` is memory. The default is `local`; in
	// LiteLLM it is `redis`.
	Type string `yaml:"type" oneof:"local" later:"redis=local,redis-semantic=local,qdrant-semantic=local,s3=local,gcs=local,azure-blob=local,disk=local"`
	// TTL is how long an answer is kept, in seconds or with a unit. The default is
	// cache_settings.cache_ttl.
	TTL *time.Duration `yaml:"ttl" min:"1s"`
	// Namespace begins the keys of the cache. The default is
	// cache_settings.cache_key_prefix.
	Namespace string `yaml:"namespace"`
	// Mode is whether calls are cached unless they say otherwise (`default_on`).
	// `default_off` switches the cache off here: calls cannot ask for it yet.
	Mode string `yaml:"mode" default:"default_on" oneof:"default_on" later:"default_off"`
	// Host is the host of a Redis server.
	Host string `yaml:"host" inert:"answers are kept in memory, which replicas do not share"`
	// Port is its port.
	Port int64 `yaml:"port" min:"1" max:"65535" inert:"answers are kept in memory, which replicas do not share"`
	// Password is its password.
	Password secret.Text `yaml:"password" inert:"answers are kept in memory, which replicas do not share"`
	// URL is the address of a Redis server: `redis://:PASSWORD@localhost:6379/0`.
	URL secret.Text `yaml:"url" also:"redis_url" inert:"answers are kept in memory, which replicas do not share"`
}

// RouterSettings is the section router_settings.
type RouterSettings struct {
	// RoutingStrategy is how a deployment of a group is picked: at random
	// (`simple-shuffle`) or in turn (`round-robin`). The default is that of
	// load_balancing_settings, else `simple-shuffle`.
	RoutingStrategy string `yaml:"routing_strategy" oneof:"simple-shuffle,round-robin" later:"least-busy=round-robin,usage-based-routing=round-robin,usage-based-routing-v2=round-robin,latency-based-routing=round-robin,cost-based-routing=round-robin,usage-based=round-robin,least-latency=round-robin"`
	// NumRetries is as litellm_settings.num_retries, over which it wins.
	NumRetries *int64 `yaml:"num_retries" min:"0" max:"100"`
	// Timeout is as litellm_settings.request_timeout, over which it wins.
	Timeout *time.Duration `yaml:"timeout"`
	// StreamTimeout is how long a streamed call may take until its first byte, and
	// how long it may be silent later, in seconds or with a unit. The default is
	// the timeout.
	StreamTimeout *time.Duration `yaml:"stream_timeout"`
	// CooldownTime is as litellm_settings.cooldown_time, over which it wins.
	CooldownTime *time.Duration `yaml:"cooldown_time"`
	// Fallbacks are as litellm_settings.fallbacks, over which they win.
	Fallbacks Fallbacks `yaml:"fallbacks"`
	// DefaultFallbacks are as litellm_settings.default_fallbacks, over which they
	// win.
	DefaultFallbacks []string `yaml:"default_fallbacks"`
	// ModelGroupAlias gives groups further names: `{gpt-4: claude-sonnet}`, or
	// `{gpt-4: {model: claude-sonnet, hidden: true}}` for a name that is not listed.
	ModelGroupAlias Aliases `yaml:"model_group_alias"`
	// ContextWindowFallbacks are as litellm_settings.context_window_fallbacks, over which
	// they win.
	ContextWindowFallbacks Fallbacks `yaml:"context_window_fallbacks" inert:"a call that is too long for a group is refused; only fallbacks are tried, after failures"`
	// ContentPolicyFallbacks are as litellm_settings.content_policy_fallbacks, over which
	// they win.
	ContentPolicyFallbacks Fallbacks `yaml:"content_policy_fallbacks" inert:"a call that is refused for its content is not sent elsewhere; only fallbacks are tried, after failures"`
	// MaxFallbacks is how many groups are tried one after another.
	MaxFallbacks *int64 `yaml:"max_fallbacks" min:"0" inert:"all fallbacks of a group are tried"`
	// AllowedFails is as litellm_settings.allowed_fails, over which it wins.
	AllowedFails *int64 `yaml:"allowed_fails" min:"0" inert:"a deployment is left out by the rules that hold without it"`
	// DisableCooldowns says that no deployment is left out for failing, whatever
	// cooldown_time is.
	DisableCooldowns bool `yaml:"disable_cooldowns" default:"false"`
	// RedisURL is the address of a Redis server, in LiteLLM's place for it.
	// general_settings.redis_url wins.
	RedisURL secret.Text `yaml:"redis_url" inert:"replicas share no counters, each has its own limits, budgets and health"`
	// RedisHost is the host of that server, where redis_url is not set.
	RedisHost string `yaml:"redis_host" inert:"replicas share no counters, each has its own limits, budgets and health"`
	// RedisPort is its port. The default is 6379.
	RedisPort int64 `yaml:"redis_port" min:"1" max:"65535" inert:"replicas share no counters, each has its own limits, budgets and health"`
	// RedisPassword is its password.
	RedisPassword secret.Text `yaml:"redis_password" inert:"replicas share no counters, each has its own limits, budgets and health"`
	// RedisDB is the number of its database. The default is 0.
	RedisDB int64 `yaml:"redis_db" min:"0" inert:"replicas share no counters, each has its own limits, budgets and health"`
}

// LoadBalancingSettings is the section load_balancing_settings.
type LoadBalancingSettings struct {
	// RoutingStrategy is how a deployment of a group is picked: in turn
	// (`round-robin`) or at random (`simple-shuffle`). router_settings wins.
	RoutingStrategy string `yaml:"routing_strategy" oneof:"round-robin,simple-shuffle" later:"least-busy=round-robin,usage-based-routing=round-robin,usage-based-routing-v2=round-robin,latency-based-routing=round-robin,cost-based-routing=round-robin,usage-based=round-robin,least-latency=round-robin"`
	// HealthCheck says whether deployments are checked in the background, without paid
	// calls. Calls that fail always tell, too. The default is true.
	HealthCheck *bool `yaml:"health_check" inert:"deployments are judged by the calls that they get" unless:"false"`
	// HealthCheckInterval is how long it takes until the next check, in seconds or with a
	// unit.
	HealthCheckInterval time.Duration `yaml:"health_check_interval" default:"60s" min:"1s" inert:"deployments are judged by the calls that they get"`
}
