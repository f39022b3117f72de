// Package report is what a benchmark has found: figures with their spread, goals
// they are held against, failures; as a table for people and JSON for programs.
//
// It measures nothing and decides nothing: the measurements fill it, the program
// prints it and derives its exit code from it.
package report

import (
	"slices"
	"time"
)

// Report is one run of the benchmark.
type Report struct {
	Started  time.Time `json:"started"`
	Machine  Machine   `json:"machine"`
	Settings Settings  `json:"settings"`
	Figures  []Figure  `json:"figures"`
	// Failures say which calls went wrong. With any of them the figures mean
	// nothing.
	Failures []Failure `json:"failures"`
}

// Machine is where it ran.
type Machine struct {
	CPUs    int    `json:"cpus"`
	OS      string `json:"os"`
	Kernel  string `json:"kernel"`
	Go      string `json:"go"`
	Nginx   string `json:"nginx"`
	Gateway string `json:"gateway"` // path of the binary, "" where none was given
	// Load is the load average of the minute before: above about 1, others use
	// the machine as well.
	Load string `json:"load"`
}

// Settings are what the run was asked to do.
type Settings struct {
	Quick       bool    `json:"quick"`
	Rounds      int     `json:"rounds"`
	Seconds     float64 `json:"seconds"` // of load in each round
	Connections int     `json:"connections"`
	Rate        int     `json:"rate"` // calls per second for latencies
}

// Figure is one quantity of one subject.
type Figure struct {
	Name    string `json:"name"`    // what was measured, such as "cpu/openai/1k"
	Subject string `json:"subject"` // direct, nginx or llmgw
	Unit    string `json:"unit"`
	// Samples are the rounds' values in the order in which they were taken.
	Samples []float64 `json:"samples"`
	// CallsPerSecond is the median rate of the rounds, where calls were made as
	// fast as they went: orientation, not a figure to compare between machines.
	CallsPerSecond float64 `json:"calls_per_second,omitempty"`
	Goal           *Goal   `json:"goal,omitempty"`
}

// Median is the middle one of the samples; 0 of none.
func (f Figure) Median() float64 { return Median(f.Samples) }

// Median returns the middle one of the values, or the mean of the middle two; 0
// of none.
func Median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(values))
	mid := len(s) / 2
	if len(s)%2 == 1 {
		return s[mid]
	}
	return (s[mid-1] + s[mid]) / 2
}

// Failure is a measurement whose calls did not all go right.
type Failure struct {
	Name    string `json:"name"`
	Subject string `json:"subject"`
	Text    string `json:"text"`
}

// Fail notes a failure.
func (r *Report) Fail(name, subject string, err error) {
	r.Failures = append(r.Failures, Failure{Name: name, Subject: subject, Text: err.Error()})
}

// Add notes a figure.
func (r *Report) Add(f Figure) { r.Figures = append(r.Figures, f) }

// Find returns the figure of a subject, nil where there is none.
func (r *Report) Find(name, subject string) *Figure {
	for i := range r.Figures {
		if f := &r.Figures[i]; f.Name == name && f.Subject == subject {
			return f
		}
	}
	return nil
}

// Over reports whether any figure misses its goal.
func (r *Report) Over() bool {
	return slices.ContainsFunc(r.Figures, func(f Figure) bool { return f.Goal != nil && f.Goal.Verdict() == Missed })
}
