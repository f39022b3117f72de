package server

import (
	"net/http"
	"time"

	"github.com/llmgw/llmgw/pkg/keys"
	"github.com/llmgw/llmgw/pkg/llm"
)

// liveness says that the process answers.
func (s *Server) liveness(w http.ResponseWriter, _ *http.Request) {
	s.writeJSON(w, http.StatusOK, "I'm alive!")
}

// readiness is what GET /health/readiness answers.
type readiness struct {
	Status  string `json:"status"`
	Version string `json:"version"`
	Reason  string `json:"reason,omitempty"`
}

// readiness says whether calls should be sent here.
func (s *Server) readiness(w http.ResponseWriter, _ *http.Request) {
	reason := s.opts.Ready()
	if s.draining.Load() {
		reason = "the gateway is shutting down"
	}
	if reason != "" {
		s.writeJSON(w, http.StatusServiceUnavailable, readiness{Status: "unhealthy", Version: s.opts.Version, Reason: reason})
		return
	}
	s.writeJSON(w, http.StatusOK, readiness{Status: "healthy", Version: s.opts.Version})
}

// endpoint is one deployment in the answer of GET /health.
type endpoint struct {
	Model    string `json:"model"`
	ModelID  string `json:"model_id"`
	Group    string `json:"model_name"`
	Provider string `json:"provider"`
	Error    string `json:"error,omitempty"`
}

// healthReport is what GET /health answers, with LiteLLM's field names.
type healthReport struct {
	Status         string     `json:"status"`
	Healthy        []endpoint `json:"healthy_endpoints"`
	Unhealthy      []endpoint `json:"unhealthy_endpoints"`
	HealthyCount   int        `json:"healthy_count"`
	UnhealthyCount int        `json:"unhealthy_count"`
}

// health tells of every deployment whether calls to it went well lately. It costs
// nothing and needs any valid key. 503 means that some model has no healthy
// deployment left.
func (s *Server) health(w http.ResponseWriter, r *http.Request) {
	if _, ok := s.caller(w, r); !ok {
		return
	}
	report := healthReport{Status: "healthy", Healthy: []endpoint{}, Unhealthy: []endpoint{}}
	now, status := time.Now(), http.StatusOK
	for _, g := range s.opts.Gateway.Snapshot().Routes.Groups() {
		alive := len(g.Deployments) == 0
		for _, d := range g.Deployments {
			e := endpoint{Model: d.ProviderName + "/" + d.Model, ModelID: d.ID, Group: g.Name, Provider: d.ProviderName}
			ok, reason := d.Health.Healthy(now)
			if ok {
				alive = true
				report.Healthy = append(report.Healthy, e)
				continue
			}
			e.Error = reason
			report.Unhealthy = append(report.Unhealthy, e)
		}
		if !alive {
			report.Status, status = "unhealthy", http.StatusServiceUnavailable
		}
	}
	report.HealthyCount, report.UnhealthyCount = len(report.Healthy), len(report.Unhealthy)
	s.writeJSON(w, status, report)
}

// metrics serves the counters to admin keys; without a key they stand on a port
// of their own.
func (s *Server) metrics(w http.ResponseWriter, r *http.Request) {
	caller, ok := s.caller(w, r)
	switch {
	case !ok:
	case caller.Role != keys.Admin:
		s.writeError(w, r, &llm.Error{Kind: llm.Permission, NoRetry: true, Message: "/metrics needs the master key here (or set monitoring_settings.prometheus_port)"})
	case s.opts.Metrics == nil:
		s.writeError(w, r, &llm.Error{Kind: llm.NotFound, NoRetry: true, Message: "metrics are switched off (monitoring_settings.enable_prometheus)"})
	default:
		s.opts.Metrics.ServeHTTP(w, r)
	}
}

// root answers the probes that clients send to the base URL.
func (s *Server) root(w http.ResponseWriter, _ *http.Request) {
	s.writeJSON(w, http.StatusOK, map[string]string{"name": "llmgw", "version": s.opts.Version})
}
