package config

import (
	"time"

	"github.com/llmgw/llmgw/pkg/secret"
)

// Document is a configuration as it is written: every key that this version
// acts upon, with its default where the file is silent. All sections are
// optional.
type Document struct {
	// ModelList is what clients can call. Several entries with one model_name form
	// a group of deployments among which calls are spread. Without any entry no
	// model can be called.
	ModelList []ModelEntry `yaml:"model_list"`
	// LiteLLMSettings are settings for all models, under LiteLLM's name for them.
	LiteLLMSettings LiteLLMSettings `yaml:"litellm_settings"`
	// RouterSettings say how a call finds its deployment, and what happens when
	// that fails. What is set here wins over the same key in litellm_settings and
	// load_balancing_settings.
	RouterSettings RouterSettings `yaml:"router_settings"`
	// GeneralSettings are the settings of the gateway itself.
	GeneralSettings GeneralSettings `yaml:"general_settings"`
	// SecuritySettings are the keys that clients may use, and limits for all of
	// them.
	SecuritySettings SecuritySettings `yaml:"security_settings"`
	// LoadBalancingSettings say how calls are spread over the deployments of a
	// group.
	LoadBalancingSettings LoadBalancingSettings `yaml:"load_balancing_settings"`
	// CacheSettings are about answers that are given again to the same request.
	CacheSettings CacheSettings `yaml:"cache_settings"`
	// RateLimitSettings limit requests, tokens and parallel calls.
	RateLimitSettings RateLimitSettings `yaml:"rate_limit_settings"`
	// BudgetSettings limit money.
	BudgetSettings BudgetSettings `yaml:"budget_settings"`
	// MonitoringSettings are about metrics for Prometheus.
	MonitoringSettings MonitoringSettings `yaml:"monitoring_settings"`
	// LogSettings are about the request log: one line of JSON for each call.
	LogSettings LogSettings `yaml:"log_settings"`
	// EnvironmentVariables are values for references in this file and for the usual
	// variables of vendors, by name; they win over the environment. Unlike in LiteLLM
	// they are not put into the environment of the process. Example: `{OPENAI_API_KEY: file:/run/secrets/openai}`.
	EnvironmentVariables map[string]secret.Text `yaml:"environment_variables"`
}

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
}

// RouterSettings is the section router_settings.
type RouterSettings struct {
	// RoutingStrategy is how a deployment of a group is picked: at random
	// (`simple-shuffle`) or in turn (`round-robin`). The default is that of
	// load_balancing_settings, else `simple-shuffle`.
	RoutingStrategy string `yaml:"routing_strategy" oneof:"simple-shuffle,round-robin" later:"least-busy,usage-based-routing,usage-based-routing-v2,latency-based-routing,cost-based-routing,usage-based,least-latency"`
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
}

// LoadBalancingSettings is the section load_balancing_settings.
type LoadBalancingSettings struct {
	// RoutingStrategy is how a deployment of a group is picked: in turn
	// (`round-robin`) or at random (`simple-shuffle`). router_settings wins.
	RoutingStrategy string `yaml:"routing_strategy" oneof:"round-robin,simple-shuffle" later:"usage-based,least-latency,least-busy,latency-based-routing,usage-based-routing,usage-based-routing-v2,cost-based-routing"`
}
