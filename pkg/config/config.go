package config

import (
	"net/netip"
	"time"

	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/llm/catalog"
	"github.com/llmgw/llmgw/pkg/secret"
)

// Config is a configuration that can be run: complete, checked and immutable.
// What means exactly what it says stays in Document; what has to be worked out
// of several keys, of the environment or of the vendor's customs is here.
type Config struct {
	// File is the path of the file; "" for the built-in configuration.
	File string
	// Files are File and all files that it includes; none for the built-in configuration.
	Files []string
	// Document is the schema with references replaced and defaults filled in.
	Document Document
	// Listen is the address of the gateway, host:port.
	Listen string
	// Models are the deployments, in the order of the file.
	Models []Model
	// Inactive are the deployments that are left out of Models.
	Inactive []Inactive
	// Catalog is what is known about models: the built-in catalogue with the price
	// file laid over it.
	Catalog *catalog.Catalog
	// Routing says how a call finds its deployment.
	Routing Routing
	// MasterKey is empty where one is to be made.
	MasterKey secret.Text
	// Keys are the static keys, each once, none of them the master key.
	Keys []secret.Text
	// DefaultLimits are for every key, unit by unit where KeyLimits say nothing.
	DefaultLimits LimitSet
	// KeyLimits are the limits of single keys; empty where they are switched off.
	KeyLimits []KeyLimit
	// GatewayBudget is the hard budget for everything; nil where there is none.
	GatewayBudget *Budget
	// Budgets are the budgets of keys; empty where they are switched off.
	Budgets []Budget
	// CostTracking says how what calls cost is kept; nothing in it is unset.
	CostTracking CostTracking
	// RedisURL is the address of the server that replicas share; empty where there is
	// none.
	RedisURL secret.Text
	// Metrics is where metrics are served.
	Metrics Metrics
	// Alerts say who is told of what.
	Alerts Alerts
	// DataDir is the folder of the state.
	DataDir string
	// LogFile is the request log; "" where none is written.
	LogFile string
	// TrustedProxies are the networks whose X-Forwarded-For is believed.
	TrustedProxies []netip.Prefix
}

// Model is one deployment.
type Model struct {
	// Path is where it stands in the file: model_list[0].
	Path string
	// Group is the public name, or a pattern with one "*".
	Group string
	// ID is the deployment's id: unique, and the same after every restart.
	ID string
	// Provider is the Name of a vendor: "anthropic", "openai", "echo", or one of
	// Options.Vendors.
	Provider string
	// UpstreamModel is the provider's name for the model. A "*" in it stands for
	// what the "*" of Group matched.
	UpstreamModel string
	// APIBase is the provider's address without a slash at the end; "" for echo.
	APIBase string
	// APIKey is empty where none is known.
	APIKey secret.Text
	// Headers are sent with every call, by canonical name.
	Headers map[string]secret.Text
	// Mode is chat, completion or embedding; "" for all that the provider has.
	Mode string
	// BaseModel is the model to look up in the catalogue instead of UpstreamModel,
	// or "".
	BaseModel string
	// MaxInputTokens and MaxOutputTokens are 0 where the file does not say.
	MaxInputTokens, MaxOutputTokens int64
	// Params are default request parameters, in the order of the file.
	Params []llm.Default
	// Terms are the prices that the file names.
	Terms catalog.Terms
	// Timeout is for a whole attempt, StreamTimeout for a stream's first byte and
	// its silences; 0 means no limit.
	Timeout, StreamTimeout time.Duration
	// Retries is the number of further attempts.
	Retries int
	// DropParams leaves out what the provider does not know.
	DropParams bool
}

// Inactive is a deployment that this version cannot call.
type Inactive struct {
	// Path is where it stands in the file: model_list[0].
	Path string
	// Group is the public name, or a pattern. It may be that of no other deployment;
	// aliases and fallbacks may still name it.
	Group string
	// Provider is the name of its provider; "" where that is not the reason.
	Provider string
	// Reason says why it is left out, in a few words.
	Reason string
}

// Routing says how a call finds its deployment and what happens when it fails.
type Routing struct {
	// Strategy is "simple-shuffle" or "round-robin".
	Strategy string
	// Retries is the number of further attempts where the model does not say.
	Retries int
	// Cooldown is how long a failing deployment is left out; 0 means not at all.
	Cooldown time.Duration
	// Aliases are further names of groups. Every Group is one of the models', or of those
	// that are left out.
	Aliases []Alias
	// Fallbacks are lists of groups to try; each group is served, or left out.
	Fallbacks []Fallback
	// DefaultFallbacks are tried after them.
	DefaultFallbacks []string
}

// Budget is a limit on money.
type Budget struct {
	// Name is unique; "gateway" for the gateway's own.
	Name string
	// Keys are the static keys that share it.
	Keys   []secret.Text
	Limit  llm.NanoUSD
	Period Period
	// Location is the time zone of the calendar that Period is aligned to.
	Location *time.Location
	// AlertThreshold is the share of Limit that is reported; 0 for none.
	AlertThreshold float64
	// Hard says that no call may exceed it.
	Hard bool
}

// Metrics is where metrics are served.
type Metrics struct {
	// Addr is an address of their own, host:port; "" means on the main one.
	Addr string
	// Prefix begins each name.
	Prefix string
	// Families are the ones to serve; none means all.
	Families []string
}

// Alerts say who is told of what. Enabled is set in both kinds of receivers.
type Alerts struct {
	Slack SlackSettings
	Email EmailSettings
	// Thresholds are alerts for both.
	Thresholds AlertThresholds
	// Rules are alerts for both, too.
	Rules []AlertRule
}
