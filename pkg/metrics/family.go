package metrics

import (
	"fmt"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

// family is an instrument under its name without the prefix.
type family struct {
	name      string
	collector prometheus.Collector
}

// families lists everything that a configuration can choose from.
func (m *Metrics) families(prefix string) []family {
	c := m.calls
	return []family{
		{"request_count", c.requests.vec},
		{"error_count", c.errors.vec},
		{"cache_hits", c.hits.vec},
		{"cache_requests", c.lookups.vec},
		{"cache_hit_rate", prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: prefix + "cache_hit_rate", Help: "Hits by lookups of the response cache since the start.",
		}, m.hitRate)},
		{"responses_total", c.responses.vec},
		{"rejected_total", m.rejected},
		{"request_duration", c.duration.vec},
		{"time_to_first_token", c.firstToken.vec},
		{"overhead_duration", c.overhead.vec},
		{"token_usage", c.tokens.vec},
		{"cost_total", c.cost.vec},
		{"retries_total", c.retries.vec},
		{"fallbacks_total", c.fallbacks.vec},
		{"in_flight_requests", m.inFlight},
		{"dropped_records_total", m.dropped},
		{"budget_usage_ratio", m.budgets.vec},
		{"deployment_state", m.deployments.vec},
	}
}

// meanings are the names in configurations that stand for others.
var meanings = map[string][]string{
	"cost":           {"cost_total"},
	"cache_hit_rate": {"cache_hits", "cache_requests", "cache_hit_rate"},
}

// choose picks the named families, all where none is named. It returns an error
// that lists the names that mean nothing.
func choose(all []family, names []string) ([]family, error) {
	if len(names) == 0 {
		return all, nil
	}
	wanted := make(map[string]bool)
	var unknown []string
	for _, name := range names {
		for _, meant := range meaningOf(name) {
			wanted[meant] = true
			if !slices.ContainsFunc(all, func(f family) bool { return f.name == meant }) {
				unknown = append(unknown, fmt.Sprintf("%q", name))
			}
		}
	}
	if len(unknown) > 0 {
		return nil, fmt.Errorf("no such metrics: %s (known: %s)", strings.Join(unknown, ", "), known(all))
	}
	return slices.DeleteFunc(all, func(f family) bool { return !wanted[f.name] }), nil
}

func meaningOf(name string) []string {
	if meant, ok := meanings[name]; ok {
		return meant
	}
	return []string{name}
}

func known(all []family) string {
	names := []string{"cost"}
	for _, f := range all {
		names = append(names, f.name)
	}
	return strings.Join(names, ", ")
}
