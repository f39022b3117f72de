package app

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/llmgw/llmgw/pkg/admission"
	"github.com/llmgw/llmgw/pkg/budget"
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

// mostKeyBudgets is how many budgets of single keys are shown. More would crowd out
// those of the configuration.
const mostKeyBudgets = 9_000

// updateGauges reads health and budgets. What a reload has removed stays on the
// page until the process ends: its series would break in the middle otherwise. A key
// that was deleted does not come back.
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
	config, stored := a.roster.budgets(mostKeyBudgets)
	for _, b := range slices.Concat(config, stored) {
		a.updateBudget(r.Context(), b, now)
	}
	a.forgetBudgets(stored)
	if n := a.ledger.Stats().Dropped - a.dropped.Load(); n > 0 {
		a.dropped.Add(n)
		a.metrics.RecordsDropped(int(n))
	}
}

// updateBudget shows how much of a budget is used.
func (a *App) updateBudget(ctx context.Context, b *budget.Budget, now time.Time) {
	states, err := a.admission.States(ctx, []admission.Line{b.Line(now, 0, 0)})
	if err != nil || len(states) != 1 || states[0].Limit <= 0 {
		return
	}
	a.metrics.SetBudgetUsage(b.Name, float64(states[0].Used+states[0].Held)/float64(states[0].Limit))
}

// forgetBudgets takes budgets of the store that are not there any more off the page.
func (a *App) forgetBudgets(stored []*budget.Budget) {
	names := make(map[string]bool, len(stored))
	for _, b := range stored {
		names[b.Name] = true
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for name := range a.shown {
		if !names[name] {
			a.metrics.ForgetBudget(name)
		}
	}
	a.shown = names
}
