package metrics

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/requestlog"
)

// interrupted is the error type of calls that were cut by a crash of the gateway
// and written down after the restart.
const interrupted = "interrupted"

// The values of Record.Cache that count as a lookup.
const (
	cacheHit  = "hit"
	cacheMiss = "miss"
)

// Observe counts one call. It keeps nothing of the record.
func (m *Metrics) Observe(r *requestlog.Record) {
	s, response := m.calls.handles(labelsOf(r), r.HTTPStatus)
	s.requests.Inc()
	response.Inc()
	switch outcomeOf(r) {
	case failed:
		s.errors.Inc()
	case refused:
		m.rejected.WithLabelValues(reasonOf(r)).Inc()
	case answered, passedOn, hungUp:
	}
	m.observeCache(s, r)
	s.observeUsage(r)
	s.observeTimes(r)
	s.observeAttempts(r.Attempts)
}

func (m *Metrics) observeCache(s *series, r *requestlog.Record) {
	if r.Cache != cacheHit && r.Cache != cacheMiss {
		return
	}
	s.lookups.Inc()
	m.lookups.Add(1)
	if r.Cache == cacheHit {
		s.hits.Inc()
		m.hits.Add(1)
	}
}

// hitRate is hits by lookups; 0 before the first lookup.
func (m *Metrics) hitRate() float64 {
	// In this order a call in between cannot make it more than 1.
	hits, lookups := m.hits.Load(), m.lookups.Load()
	if lookups == 0 {
		return 0
	}
	return float64(hits) / float64(lookups)
}

func (s *series) observeUsage(r *requestlog.Record) {
	add(s.input, float64(r.Usage.Input))
	add(s.output, float64(r.Usage.Output))
	add(s.read, float64(r.Usage.CacheRead))
	add(s.write, float64(r.Usage.CacheWrite()))
	add(s.cost, float64(r.Cost)/float64(llm.USD))
}

func (g *group) observeTimes(r *requestlog.Record) {
	observe(g.duration, r.Duration)
	observe(g.firstToken, r.TTFT)
	observe(g.overhead, r.Overhead)
}

// observe leaves out times that were not taken.
func observe(h prometheus.Observer, d time.Duration) {
	if d > 0 {
		h.Observe(d.Seconds())
	}
}

func (g *group) observeAttempts(attempts []requestlog.Attempt) {
	for i := 1; i < len(attempts); i++ {
		if attempts[i].Deployment == attempts[i-1].Deployment {
			g.retries.Inc()
		} else {
			g.fallbacks.Inc()
		}
	}
}

// outcome is how a call ended, as operators see it.
type outcome int

const (
	// answered is a success.
	answered outcome = iota
	// failed is a failure of the gateway or a provider: the only kind that is an
	// error.
	failed
	// refused is a call that the gateway turned away: the client's matter.
	refused
	// passedOn is a call that the provider turned away for the client's fault (its
	// 400): seen in responses_total only.
	passedOn
	// hungUp is a client that went away.
	hungUp
)

func outcomeOf(r *requestlog.Record) outcome {
	if r.Status != requestlog.StatusError {
		return answered
	}
	switch r.ErrorType {
	case llm.Upstream.String(), llm.UpstreamAuth.String(), llm.Timeout.String(), llm.Internal.String(), interrupted:
		return failed
	case llm.Canceled.String():
		return hungUp
	case llm.BudgetExceeded.String():
		return refused // also after an attempt: a further one did not fit
	}
	switch status := lastAnswer(r.Attempts); {
	case status == 0:
		return refused
	case status == http.StatusTooManyRequests || status >= http.StatusInternalServerError:
		return failed
	default:
		return passedOn
	}
}

// lastAnswer is the status that a provider answered last, 0 where none was asked
// or none answered.
func lastAnswer(attempts []requestlog.Attempt) int {
	if len(attempts) == 0 {
		return 0
	}
	return attempts[len(attempts)-1].Status
}

// reasons are the values of the label reason: the kinds of errors that are
// refusals, and other.
var reasons = []string{
	llm.InvalidRequest.String(), llm.Authentication.String(), llm.Permission.String(), llm.NotFound.String(),
	llm.Conflict.String(), llm.TooLarge.String(), llm.RateLimited.String(), llm.BudgetExceeded.String(),
	llm.Overloaded.String(), other,
}

func reasonOf(r *requestlog.Record) string {
	for _, reason := range reasons {
		if r.ErrorType == reason {
			return reason
		}
	}
	return other
}
