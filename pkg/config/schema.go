package config

import (
	"github.com/llmgw/llmgw/pkg/secret"
)

// Document is a configuration as it is written: every key of the schema, with its
// default where the file is silent, and with the stand-in where it has a value that
// is not built yet. In cache_settings it has what other sections say of the cache, too.
// All sections are optional.
type Document struct {
	// Include are further files, relative to the folder of the main one: `[models.yaml]`.
	// Lists in them are appended to those of the main file, other sections replace the
	// main file's. Included files may include others; each file is read once.
	Include []string `yaml:"include"`
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
	// MonitoringSettings are about metrics for Prometheus, and about alerts.
	MonitoringSettings MonitoringSettings `yaml:"monitoring_settings"`
	// CostTracking is another place for budget_settings.cost_tracking, which wins.
	CostTracking CostTracking `yaml:"cost_tracking"`
	// LogSettings are about the request log: one line of JSON for each call.
	LogSettings LogSettings `yaml:"log_settings"`
	// CredentialList are credentials with names, for several entries of model_list.
	CredentialList []CredentialEntry `yaml:"credential_list"`
	// EnvironmentVariables are values for references in this file and for the usual
	// variables of vendors, by name; they win over the environment. Unlike in LiteLLM
	// they are not put into the environment of the process. Example: `{OPENAI_API_KEY: file:/run/secrets/openai}`.
	EnvironmentVariables map[string]secret.Text `yaml:"environment_variables"`
}
