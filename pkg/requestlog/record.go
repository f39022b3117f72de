// Package requestlog is the log of calls: one [Record] for each call whatever
// happened to it, written as one line of JSON.
//
// It knows the line's form, the file, its rotation and how to read it back. It
// does not decide what is logged (package gateway fills Records) nor when
// (package ledger delivers them from the journal).
package requestlog

import (
	"time"

	"github.com/llmgw/llmgw/pkg/llm"
)

// The two values of Record.Status.
const (
	StatusSuccess = "success"
	StatusError   = "error"
)

// Record is everything that is written down about one call. Empty strings and
// zero numbers that mean "does not apply" are left out of the line, except
// those that reports sum: tokens, cost, duration.
//
// A Record is filled by one goroutine and read by observers during the call of
// Observe only.
type Record struct {
	Timestamp  time.Time
	RequestID  string
	Status     string
	HTTPStatus int
	ErrorType  string
	Error      string
	Endpoint   string
	Dialect    llm.Dialect
	Model      string
	// Group is the group that the model belongs to, "" where none serves it. It is
	// for metrics, whose labels must be bounded, and does not stand in the line.
	Group             string
	Deployment        string
	Provider          string
	UpstreamModel     string
	Stream            bool
	KeyID             string
	KeyName           string
	Team              string
	SessionID         string
	UserAgent         string
	ClientIP          string
	ClientRequestID   string
	Duration          time.Duration
	TTFT              time.Duration
	Upstream          time.Duration
	Overhead          time.Duration
	Usage             llm.Usage
	Cost              llm.NanoUSD
	PriceSource       string
	Cache             string
	StopReason        string
	UpstreamRequestID string
	Attempts          []Attempt
}

// Attempt is one try at one deployment.
type Attempt struct {
	Deployment string
	// Status is the provider's HTTP status, 0 where it did not answer.
	Status int
	// Error says what went wrong, "" for the attempt that answered.
	Error    string
	Duration time.Duration
}
