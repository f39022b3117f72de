// Package metrics shows what the gateway does to Prometheus: instruments that
// are fed one [requestlog.Record] at a time by [Metrics.Observe], a few gauges
// with setters, and the page to scrape.
//
//	m, err := metrics.New(metrics.Options{Prefix: "litellm_", Version: version})
//	mux.Handle("GET /metrics", m.Handler())
//	…
//	m.Observe(record) // once for each call
//
// It counts; it decides nothing and keeps nothing that another package could
// ask for. It is the only package that knows the Prometheus client. App makes
// one Metrics; the gateway, as one of its observers, feeds it.
package metrics

import (
	"fmt"
	"net/http"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// DefaultPrefix is what the names begin with if nothing else is configured.
const DefaultPrefix = "litellm_"

// Options are the settings of New.
type Options struct {
	// Prefix is what all names but go_* and process_* begin with; "" means
	// DefaultPrefix.
	Prefix string
	// Families are the names of the instruments to show, without the prefix; none
	// means all. "cost" stands for cost_total, and "cache_hit_rate" brings
	// cache_hits and cache_requests along.
	Families []string
	// Version is the program's, for build_info.
	Version string
}

// Metrics are the gateway's instruments. Safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry
	calls    *calls
	rejected *prometheus.CounterVec

	hits, lookups atomic.Int64 // of the response cache

	inFlight    prometheus.Gauge
	dropped     prometheus.Counter
	budgets     *gauges
	deployments *gauges
}

// New returns instruments that have counted nothing. It returns an error for a
// prefix that cannot begin a metric's name, and for families that do not exist.
func New(o Options) (*Metrics, error) {
	if o.Prefix == "" {
		o.Prefix = DefaultPrefix
	}
	if !model.LegacyValidation.IsValidMetricName(o.Prefix) {
		return nil, fmt.Errorf("metrics prefix %q: want letters, digits, _ and :, not a digit first", o.Prefix)
	}
	m := newInstruments(o.Prefix)
	families := m.families(o.Prefix)
	shown, err := choose(families, o.Families)
	if err != nil {
		return nil, err
	}
	for _, f := range shown {
		if err := m.registry.Register(f.collector); err != nil {
			return nil, err
		}
	}
	return m, m.registerProcess(o)
}

func newInstruments(prefix string) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		calls:    newCalls(prefix),
		rejected: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: prefix + "rejected_total", Help: "Calls that the gateway refused, by reason.",
		}, []string{"reason"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: prefix + "in_flight_requests", Help: "Calls that are open.",
		}),
		dropped: prometheus.NewCounter(prometheus.CounterOpts{
			Name: prefix + "dropped_records_total", Help: "Records of calls that could not be written down.",
		}),
		budgets: newGauges(prometheus.GaugeOpts{
			Name: prefix + "budget_usage_ratio", Help: "Spent and held money by the limit of the budget.",
		}, "budget"),
		deployments: newGauges(prometheus.GaugeOpts{
			Name: prefix + "deployment_state", Help: "0 healthy, 1 degraded, 2 down.",
		}, "deployment"),
	}
	for _, reason := range reasons {
		m.rejected.WithLabelValues(reason) // there from the start, at 0
	}
	return m
}

// registerProcess adds what every Prometheus page has: Go, process, build.
func (m *Metrics) registerProcess(o Options) error {
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: o.Prefix + "build_info", Help: "1, with the version of the program.",
		ConstLabels: prometheus.Labels{"version": clean(o.Version), "go_version": runtime.Version()},
	})
	build.Set(1)
	for _, c := range []prometheus.Collector{
		build, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	} {
		if err := m.registry.Register(c); err != nil {
			return err
		}
	}
	return nil
}

// scrapeTimeout and maxScrapes bound what a page costs.
const (
	scrapeTimeout = 30 * time.Second
	maxScrapes    = 4
)

// Handler serves the page. It speaks the plain text format only: OpenMetrics
// would append _total to the names of counters, and dashboards are written for
// names without it (request_count).
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		AcceptedFormats:     []expfmt.Format{expfmt.NewFormat(expfmt.TypeTextPlain)},
		MaxRequestsInFlight: maxScrapes,
		Timeout:             scrapeTimeout,
	})
}

// CallStarted counts a call as open.
func (m *Metrics) CallStarted() { m.inFlight.Inc() }

// CallEnded counts a call as no longer open: once for each CallStarted.
func (m *Metrics) CallEnded() { m.inFlight.Dec() }

// RecordsDropped counts records that were lost, n of them.
func (m *Metrics) RecordsDropped(n int) { add(m.dropped, float64(n)) }

// SetBudgetUsage shows how much of a budget is spent and held; 1 is all of it.
func (m *Metrics) SetBudgetUsage(budget string, ratio float64) { m.budgets.set(budget, ratio) }

// ForgetBudget takes a budget that no longer exists off the page.
func (m *Metrics) ForgetBudget(budget string) { m.budgets.forget(budget) }

// State is how a deployment does.
type State int

// The states of a deployment, as numbers on the page.
const (
	// Healthy takes calls.
	Healthy State = 0
	// Degraded takes calls again after failures, or only some.
	Degraded State = 1
	// Down takes no calls.
	Down State = 2
)

// SetDeploymentState shows how a deployment does.
func (m *Metrics) SetDeploymentState(deployment string, s State) {
	m.deployments.set(deployment, float64(s))
}

// ForgetDeployment takes a deployment that is no longer configured off the page.
func (m *Metrics) ForgetDeployment(deployment string) { m.deployments.forget(deployment) }
