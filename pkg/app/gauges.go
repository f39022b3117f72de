package app

import (
	"net/http"
	"time"

	"github.com/llmgw/llmgw/pkg/admission"
	"github.com/llmgw/llmgw/pkg/metrics"
	"github.com/llmgw/llmgw/pkg/requestlog"
)

// counted feeds the metrics: calls as they come and go, and what stands still
// (health, budgets) whenever somebody looks.
type counted struct{ *metrics.Metrics }

// Observe implements gateway.Observer.
func (c counted) Observe(r *requestlog.Record) {
	c.Metrics.Observe(r)
	c.CallEnded()
}

// page serves the metrics with the gauges brought up to date.
func (a *App) page() http.Handler {
	inner := a.metrics.Handler()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.updateGauges(r)
		inner.ServeHTTP(w, r)
	})
}

// updateGauges reads health and budgets. What a reload has removed stays on the
// page until the process ends: its series would break in the middle otherwise.
func (a *App) updateGauges(r *http.Request) {
	snapshot, now := a.gateway.Snapshot(), time.Now()
	for _, g := range snapshot.Routes.Groups() {
		for _, d := range g.Deployments {
			state := metrics.Healthy
			if ok, _ := d.Health.Healthy(now); !ok {
				state = metrics.Degraded
			}
			if !d.Health.Ready(now) {
				state = metrics.Down
			}
			a.metrics.SetDeploymentState(d.ID, state)
		}
	}
	for _, b := range snapshot.AllBudgets() {
		states, err := a.admission.States(r.Context(), []admission.Line{b.Line(now, 0, 0)})
		if err != nil || len(states) != 1 || states[0].Limit <= 0 {
			continue
		}
		a.metrics.SetBudgetUsage(b.Name, float64(states[0].Used+states[0].Held)/float64(states[0].Limit))
	}
	if n := a.ledger.Stats().Dropped - a.dropped.Load(); n > 0 {
		a.dropped.Add(n)
		a.metrics.RecordsDropped(int(n))
	}
}
