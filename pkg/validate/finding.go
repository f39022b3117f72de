package validate

import (
	"cmp"
	"slices"
)

// Severity says how bad a finding is.
type Severity uint8

// The severities.
const (
	// Info is good to know.
	Info Severity = iota + 1
	// Warning is something that works and is probably not what was meant.
	Warning
	// Error is something that does not work.
	Error
)

// String is the severity's name.
func (s Severity) String() string {
	switch s {
	case Error:
		return "error"
	case Warning:
		return "warning"
	default:
		return "info"
	}
}

// MarshalText is String.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Code names a kind of finding: a contract with scripts.
type Code string

// The codes of what is found in a configuration, beside those that reading it gives
// (config.Problem).
const (
	// CodeConfig is a problem of the configuration that has no code of its own.
	CodeConfig Code = "config"
	// CodeUnreadable is a configuration that cannot be read at all.
	CodeUnreadable Code = "config-unreadable"
	// CodeUnknownPrice is a deployment whose calls cannot be priced.
	CodeUnknownPrice Code = "unknown-price"
	// CodeRetired is a model whose vendor has switched it off, by the catalogue.
	CodeRetired Code = "model-retired"
	// CodeRetiring is a model whose vendor will switch it off soon.
	CodeRetiring Code = "model-retiring"
	// CodeNoDeployment is a model of which every deployment is left out.
	CodeNoDeployment Code = "no-deployment"
	// CodeFallbackCycle are groups that fall back to each other.
	CodeFallbackCycle Code = "fallback-cycle"
	// CodeShadowed is a name that its own entry takes from a pattern.
	CodeShadowed Code = "shadowed-pattern"
	// CodeExposed is a listener that others can reach without TLS.
	CodeExposed Code = "exposed-listener"
	// CodeExposedMetrics are metrics that others can read without a key.
	CodeExposedMetrics Code = "exposed-metrics"
)

// The codes of what is found at a gateway as a whole.
const (
	// CodeUnreachable is a gateway from which no answer came.
	CodeUnreachable Code = "gateway-unreachable"
	// CodeKeyRefused is a key that the gateway does not take.
	CodeKeyRefused Code = "key-refused"
	// CodeHealth is a health check that did not go well.
	CodeHealth Code = "health-failed"
	// CodeNoHealth is a server without a health check.
	CodeNoHealth Code = "health-missing"
	// CodeUnhealthy is a deployment whose last calls failed.
	CodeUnhealthy Code = "unhealthy-deployment"
	// CodeModels is a list of models that cannot be had.
	CodeModels Code = "models-failed"
	// CodeNoModels is a key that sees no model.
	CodeNoModels Code = "no-models"
	// CodeUnmatched is a pattern that no model has matched.
	CodeUnmatched Code = "pattern-unmatched"
	// CodeTooMany are more models than are probed.
	CodeTooMany Code = "too-many-models"
	// CodePattern is a pattern in place of a model, which cannot be probed.
	CodePattern Code = "pattern-not-probed"
	// CodeNotProbed is a model of a kind for which there is no probe.
	CodeNotProbed Code = "model-not-probed"
)

// The codes of what probes find at a model.
const (
	// CodeTimeout is an answer that did not come in time.
	CodeTimeout Code = "timed-out"
	// CodeConnection is a connection that broke.
	CodeConnection Code = "connection-error"
	// CodeRedirect is an answer that points elsewhere.
	CodeRedirect Code = "redirected"
	// CodeStatus is a status that is no success and has no code of its own.
	CodeStatus Code = "call-failed"
	// CodeRefused is a request that the model does not take.
	CodeRefused Code = "request-refused"
	// CodeModelUnknown is a model that is not there.
	CodeModelUnknown Code = "model-unknown"
	// CodeCredential is a credential for the provider that it does not take.
	CodeCredential Code = "credential-refused"
	// CodeForbidden is a model that the key may not use.
	CodeForbidden Code = "model-forbidden"
	// CodeRateLimited is a limit that was reached.
	CodeRateLimited Code = "rate-limited"
	// CodeBudget is money that is spent.
	CodeBudget Code = "budget-exhausted"
	// CodeNoRoute is a path that the server does not have.
	CodeNoRoute Code = "path-missing"
	// CodeContentType is an answer of another kind than was asked for.
	CodeContentType Code = "wrong-content-type"
	// CodeMalformed is an answer that is not what the dialect says.
	CodeMalformed Code = "malformed-answer"
	// CodeTooLarge is an answer far larger than what was asked for.
	CodeTooLarge Code = "answer-too-large"
	// CodeEmpty is an answer that says nothing.
	CodeEmpty Code = "empty-answer"
	// CodeNoStop is an answer that does not say why it ended.
	CodeNoStop Code = "no-stop-reason"
	// CodeNoUsage is an answer without its tokens: it cannot be priced.
	CodeNoUsage Code = "no-usage"
	// CodeCut is a stream that ended before its answer was whole.
	CodeCut Code = "stream-cut"
	// CodeGrammar is a stream whose events are not in order.
	CodeGrammar Code = "stream-malformed"
	// CodeStreamError is a stream that reported a failure.
	CodeStreamError Code = "stream-failed"
	// CodeToolArguments is a tool call that cannot be carried out.
	CodeToolArguments Code = "tool-arguments"
	// CodeNoToolCall is a model that answers with text where a tool was to be called.
	CodeNoToolCall Code = "no-tool-call"
	// CodeNoTools is a model that takes no tools.
	CodeNoTools Code = "tools-refused"
	// CodeSlow is an answer that took long.
	CodeSlow Code = "slow"
	// CodeFallback is a model for which another one has answered.
	CodeFallback Code = "answered-by-fallback"
	// CodeCached is an answer that no model has given now.
	CodeCached Code = "answered-from-cache"
)

// Finding is one thing that was found. The names in JSON are a contract.
type Finding struct {
	Code     Code     `json:"code"`
	Severity Severity `json:"severity"`
	// Subject is what it was found at: a model, a key of the configuration, "gateway".
	Subject string `json:"subject"`
	// Message says what is wrong, Hint what to do; Hint may be "".
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
	// Probes are the probes that found it; none where it was not found by one.
	Probes []string `json:"probes,omitempty"`
	// File, Line and Column are where it stands in a file, as far as that is known.
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`

	part string // of the configuration: the name of its Check
}

// mergeFinding appends what a probe found at a model, or adds the probe to the
// finding there is.
func mergeFinding(list []Finding, f Finding) []Finding {
	for i := range list {
		if known := &list[i]; known.Code == f.Code && known.Severity == f.Severity {
			for _, probe := range f.Probes {
				if !slices.Contains(known.Probes, probe) {
					known.Probes = append(known.Probes, probe)
				}
			}
			return list
		}
	}
	return append(list, f)
}

// sortFindings puts the worst in front; beyond that the order stays.
func sortFindings(list []Finding) {
	slices.SortStableFunc(list, func(a, b Finding) int { return cmp.Compare(b.Severity, a.Severity) })
}
