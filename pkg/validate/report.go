package validate

import (
	"time"

	"github.com/llmgw/llmgw/pkg/llm"
)

// Mode is what was checked.
type Mode string

// The modes.
const (
	// Offline is a configuration by itself.
	Offline Mode = "offline"
	// Live is a gateway.
	Live Mode = "live"
	// Direct is the providers of a configuration, each deployment by itself.
	Direct Mode = "direct"
)

// Status is how a check or a probe ended.
type Status uint8

// The statuses.
const (
	// Passed is all well.
	Passed Status = iota + 1
	// Warned has worked, with something to look at.
	Warned
	// Failed has not worked.
	Failed
	// Skipped was not tried.
	Skipped
)

// String is the status's name.
func (s Status) String() string {
	switch s {
	case Passed:
		return "passed"
	case Warned:
		return "warning"
	case Failed:
		return "failed"
	default:
		return "skipped"
	}
}

// MarshalText is String.
func (s Status) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Outcome is how far the checking came.
type Outcome uint8

// The outcomes.
const (
	// Finished is to the end.
	Finished Outcome = iota
	// Unreachable is that no answer came from the gateway.
	Unreachable
	// KeyRefused is that the gateway did not take the key.
	KeyRefused
	// Interrupted is that the caller ended it; the report has what was done by then.
	Interrupted
)

// The areas of checks.
const (
	areaConfig  = "configuration"
	areaGateway = "gateway"
)

// Check is something that is looked at once: a part of the configuration, or the
// gateway as a whole.
type Check struct {
	// Area is "configuration" or "gateway"; Name is unique in it.
	Area, Name string
	Status     Status
	// Message says how it went, Error why it did not go well, or "".
	Message, Error string
	Duration       time.Duration
}

// Probe is how one kind of call to one model went.
type Probe struct {
	Name    string
	Status  Status
	Message string
	// Error is what the server said where the call was refused, or "".
	Error string
	// HTTPStatus is 0 where there was no answer.
	HTTPStatus int
	// Duration and FirstToken are those of the last run; FirstToken is 0 where the
	// answer is no stream.
	Duration, FirstToken time.Duration
	// Runs are how often it was called, FailedRuns how many of these failed.
	Runs, FailedRuns int
	// Latency is over the runs that did not fail; nil where it ran once only.
	Latency *Latency
	spent   Spent
}

// Spent is what calls have used, as the answers tell it.
type Spent struct {
	Input, Output int64
	Cost          llm.NanoUSD
	// Costed says that an answer told its cost.
	Costed bool
}

func (s *Spent) add(o Spent) {
	s.Input, s.Output, s.Cost, s.Costed = s.Input+o.Input, s.Output+o.Output, s.Cost+o.Cost, s.Costed || o.Costed
}

// Model is how the calls to one model went.
type Model struct {
	Name string
	// Deployment is the id of the deployment that was called, or that has answered
	// last; "" where that is not known.
	Deployment string
	Status     Status
	// Message says how it went; Error is what the server said, or "".
	Message, Error string
	Probes         []Probe
	findings       []Finding
}

// Latency is over all runs of all of its probes that did not fail; nil where each ran
// once.
func (m *Model) Latency() *Latency {
	var parts []Latency
	for i := range m.Probes {
		if l := m.Probes[i].Latency; l != nil {
			parts = append(parts, *l)
		}
	}
	return joinLatencies(parts)
}

// Report is what was found.
type Report struct {
	Mode Mode
	// Target is the address of the gateway or the file of the configuration.
	Target string
	// Strict says that warnings count as failures.
	Strict  bool
	Outcome Outcome
	// Connection is the check of the gateway's health; nil where none was called.
	Connection *Check
	Checks     []Check
	Models     []Model
	// Findings are sorted: the worst in front.
	Findings []Finding
	Duration time.Duration
}

// Summary counts what a Report holds. Total is Passed + Failed + Skipped: checks
// and probes; one with a warning has passed, unless the report is strict.
type Summary struct {
	Total, Passed, Failed, Skipped int
	// Errors, Warnings and Infos are findings.
	Errors, Warnings, Infos int
	Spent                   Spent
	// Latency is over all runs of all probes that did not fail; nil where each ran
	// once.
	Latency *Latency
}

// Summary counts.
func (r *Report) Summary() Summary {
	var s Summary
	for i := range r.Checks {
		s.count(r.Checks[i].Status, r.Strict)
	}
	var all []Latency
	for i := range r.Models {
		for j := range r.Models[i].Probes {
			p := &r.Models[i].Probes[j]
			s.count(p.Status, r.Strict)
			s.Spent.add(p.spent)
		}
		if l := r.Models[i].Latency(); l != nil {
			all = append(all, *l)
		}
	}
	s.Latency = joinLatencies(all)
	for i := range r.Findings {
		switch r.Findings[i].Severity {
		case Error:
			s.Errors++
		case Warning:
			s.Warnings++
		default:
			s.Infos++
		}
	}
	return s
}

func (s *Summary) count(status Status, strict bool) {
	s.Total++
	switch {
	case status == Failed || status == Warned && strict:
		s.Failed++
	case status == Skipped:
		s.Skipped++
	default:
		s.Passed++
	}
}

// Bad reports whether something does not work: a failed check or probe, an error,
// or, where the report is strict, a warning.
func (r *Report) Bad() bool {
	s := r.Summary()
	return s.Failed > 0 || s.Errors > 0 || r.Strict && s.Warnings > 0
}

// add notes a finding.
func (r *Report) add(f Finding) { r.Findings = append(r.Findings, f) }
