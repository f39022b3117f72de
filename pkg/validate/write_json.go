package validate

import (
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// The shapes of the report in JSON: a contract with scripts. Times are milliseconds.
type (
	reportJSON struct {
		Mode       Mode                 `json:"mode"`
		Target     string               `json:"target"`
		Connection *connectionJSON      `json:"connection"`
		Checks     []checkJSON          `json:"checks"`
		Models     map[string]modelJSON `json:"models"`
		Findings   []Finding            `json:"findings"`
		Summary    summaryJSON          `json:"summary"`
	}
	connectionJSON struct {
		Success    bool    `json:"success"`
		Message    string  `json:"message"`
		Error      *string `json:"error"`
		DurationMS float64 `json:"duration_ms"`
	}
	checkJSON struct {
		Area       string  `json:"area"`
		Name       string  `json:"name"`
		Success    bool    `json:"success"`
		Status     Status  `json:"status"`
		Message    string  `json:"message"`
		Error      *string `json:"error"`
		DurationMS float64 `json:"duration_ms"`
	}
	modelJSON struct {
		Success    bool        `json:"success"`
		Status     Status      `json:"status"`
		Message    string      `json:"message"`
		Error      *string     `json:"error"`
		Deployment string      `json:"deployment,omitempty"`
		Probes     []probeJSON `json:"probes"`
	}
	probeJSON struct {
		Name         string           `json:"name"`
		Success      bool             `json:"success"`
		Status       Status           `json:"status"`
		Message      string           `json:"message"`
		Error        *string          `json:"error"`
		HTTPStatus   int              `json:"http_status,omitempty"`
		DurationMS   float64          `json:"duration_ms"`
		TTFTMS       *float64         `json:"ttft_ms,omitempty"`
		InputTokens  int64            `json:"input_tokens"`
		OutputTokens int64            `json:"output_tokens"`
		CostUSD      *json.Number     `json:"cost_usd"`
		Runs         int              `json:"runs"`
		FailedRuns   int              `json:"failed_runs"`
		Latency      *percentilesJSON `json:"latency_ms,omitempty"`
		TTFT         *percentilesJSON `json:"ttft_latency_ms,omitempty"`
	}
	percentilesJSON struct {
		P50 float64 `json:"p50"`
		P95 float64 `json:"p95"`
		P99 float64 `json:"p99"`
	}
	summaryJSON struct {
		Success      bool             `json:"success"`
		Complete     bool             `json:"complete"`
		Total        int              `json:"total"`
		Passed       int              `json:"passed"`
		Failed       int              `json:"failed"`
		Skipped      int              `json:"skipped"`
		Errors       int              `json:"errors"`
		Warnings     int              `json:"warnings"`
		Infos        int              `json:"infos"`
		DurationMS   float64          `json:"duration_ms"`
		InputTokens  int64            `json:"input_tokens"`
		OutputTokens int64            `json:"output_tokens"`
		Tokens       int64            `json:"tokens"`
		CostUSD      *json.Number     `json:"cost_usd"`
		Latency      *percentilesJSON `json:"latency_ms,omitempty"`
		TTFT         *percentilesJSON `json:"ttft_latency_ms,omitempty"`
	}
)

// WriteJSON writes the report as one JSON document.
func WriteJSON(w io.Writer, r *Report) error {
	out := reportJSON{
		Mode: r.Mode, Target: r.Target, Checks: []checkJSON{}, Models: make(map[string]modelJSON, len(r.Models)),
		Findings: r.Findings, Summary: r.summaryJSON(),
	}
	if out.Findings == nil {
		out.Findings = []Finding{}
	}
	if c := r.Connection; c != nil {
		out.Connection = &connectionJSON{c.Status != Failed, c.Message, orNull(c.Error), millis(c.Duration)}
	}
	for i := range r.Checks {
		c := &r.Checks[i]
		out.Checks = append(out.Checks, checkJSON{c.Area, c.Name, c.Status < Failed, c.Status, c.Message, orNull(c.Error), millis(c.Duration)})
	}
	for i := range r.Models {
		out.Models[r.Models[i].Name] = r.Models[i].json()
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(out); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

func (m *Model) json() modelJSON {
	out := modelJSON{m.Status < Failed, m.Status, m.Message, orNull(m.Error), m.Deployment, make([]probeJSON, len(m.Probes))}
	for i := range m.Probes {
		p := &m.Probes[i]
		out.Probes[i] = probeJSON{
			Name: p.Name, Success: p.Status < Failed, Status: p.Status, Message: p.Message, Error: orNull(p.Error),
			HTTPStatus: p.HTTPStatus, DurationMS: millis(p.Duration), InputTokens: p.spent.Input, OutputTokens: p.spent.Output,
			CostUSD: p.spent.json(), Runs: p.Runs, FailedRuns: p.FailedRuns,
		}
		if p.FirstToken > 0 {
			out.Probes[i].TTFTMS = new(millis(p.FirstToken))
		}
		out.Probes[i].Latency, out.Probes[i].TTFT = p.Latency.json()
	}
	return out
}

func (r *Report) summaryJSON() summaryJSON {
	s := r.Summary()
	out := summaryJSON{
		Success: !r.Bad() && r.Outcome == Finished, Complete: r.Outcome == Finished,
		Total: s.Total, Passed: s.Passed, Failed: s.Failed, Skipped: s.Skipped,
		Errors: s.Errors, Warnings: s.Warnings, Infos: s.Infos, DurationMS: millis(r.Duration),
		InputTokens: s.Spent.Input, OutputTokens: s.Spent.Output, Tokens: s.Spent.Input + s.Spent.Output, CostUSD: s.Spent.json(),
	}
	out.Latency, out.TTFT = s.Latency.json()
	return out
}

// json is the cost, null where no answer told one.
func (s *Spent) json() *json.Number {
	if !s.Costed {
		return nil
	}
	return new(json.Number(s.Cost.String()))
}

func (l *Latency) json() (all, first *percentilesJSON) {
	if l == nil {
		return nil, nil
	}
	all = &percentilesJSON{millis(l.P50), millis(l.P95), millis(l.P99)}
	if f := l.FirstToken; f != nil {
		first = &percentilesJSON{millis(f.P50), millis(f.P95), millis(f.P99)}
	}
	return all, first
}

// millis is a duration in milliseconds, to the microsecond.
func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
