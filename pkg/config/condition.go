package config

import (
	"regexp"
	"slices"
	"strings"
)

// Condition is when an alert is due, as it is written: a metric, a comparison and a
// number, such as "error_rate > 0.05". Parts takes it apart.
type Condition string

// alertMetrics are what conditions may be about. Source: the printed configurations
// (error_rate, p99_latency, budget_usage), and their like.
const alertMetrics = `
	budget_usage cache_hit_rate error_rate latency_p50 latency_p95 latency_p99 p50_latency p95_latency
	p99_latency request_rate`

// conditionForm is metric, comparison, number.
var conditionForm = regexp.MustCompile(`^\s*([a-z0-9_]+)\s*(>=|<=|>|<)\s*([0-9.eE+-]+)\s*$`)

// Parts gives the metric, the comparison (">", ">=", "<" or "<=") and the number.
func (c Condition) Parts() (metric, comparison string, number float64) {
	m := conditionForm.FindStringSubmatch(string(c))
	if m == nil {
		return "", "", 0 // a condition that was read has the form
	}
	number, _ = parseFloat(m[3])
	return m[1], m[2], number
}

// parseCondition checks the form of a condition and its metric.
func parseCondition(text string) (Condition, *scalarError) {
	known := strings.Fields(alertMetrics)
	m := conditionForm.FindStringSubmatch(text)
	if m == nil {
		return "", &scalarError{want: "a condition", hint: "write METRIC > NUMBER, such as error_rate > 0.05"}
	}
	if _, err := parseFloat(m[3]); err != nil {
		return "", &scalarError{want: "a condition", hint: "write a number after " + m[2]}
	}
	if !slices.Contains(known, m[1]) {
		hint := "the metrics are " + strings.Join(known, ", ")
		if likely := nearest(m[1], known); likely != "" {
			hint = didYouMean(likely)
		}
		return "", &scalarError{want: "a condition on a metric that is known", hint: hint}
	}
	return Condition(text), nil
}
