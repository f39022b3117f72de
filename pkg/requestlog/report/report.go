// Package report says what a request log amounts to: how many calls there were, how
// many failed, how long they took, what they used and cost, for all of them and for
// groups. It reads lines as package requestlog knows them, picks them by time and by
// expression, adds them up on all cores and gives the same report whatever the order
// in which they are read.
//
// It opens no files, prints nothing and knows no output format: "llmgw logs" calls it
// with readers and writes what comes out.
package report

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// Source is a log to be read. What Open returns is closed.
type Source struct {
	// Name stands in errors and faults.
	Name string
	Open func() (io.ReadCloser, error)
}

// Options say which calls a report is about, and how they are grouped. The zero value
// is all calls without groups.
type Options struct {
	// Since and Until are the first and the last instant, to a microsecond, at which
	// calls may have begun; zero times are no bounds. With either, calls whose line has
	// no time are left out.
	Since, Until time.Time
	// By are the dimensions of the groups: see Dimensions.
	By []string
	// Zone is where days begin, for the dimensions of time; nil is UTC.
	Zone *time.Location
	// Where picks calls; nil picks all.
	Where *Filter
	// Workers is how many goroutines read; 0 is one for each core.
	Workers int
}

// Report is what a log amounts to.
type Report struct {
	Summary

	// By are the dimensions of the groups; Groups are in no order: see Sort.
	By     []string
	Groups []Group
	// Lines is how many lines were read, Broken how many of them are no calls, Faults
	// the first of these in the order of the log.
	Lines, Broken int64
	Faults        []Fault
}

// Group is what the calls with the same values in all dimensions amount to.
type Group struct {
	// Values are those of By, "" where calls have none.
	Values []string
	Summary
}

// Fault is a line that cannot be read.
type Fault struct {
	Source string
	// Line counts from 1.
	Line int64
	Err  error
}

// maxFaults is how many faults a report tells of.
const maxFaults = 5

// maxGroups is how many groups a report may have: about a gigabyte of them.
const maxGroups = 1 << 20

// ErrGroups is returned where calls fall into more groups than a report may have.
var ErrGroups = errors.New("there are more than 1048576 groups")

// Analyze reads logs, one after the other, and reports. It holds eight bytes for each
// call, and eight more for each that tells of its first byte, and a few megabytes
// for each worker. It ends with ctx, between blocks.
func Analyze(ctx context.Context, sources []Source, o Options) (*Report, error) {
	zone := cmp.Or(o.Zone, time.UTC)
	by := make([]dimension, len(o.By))
	for i, name := range o.By {
		var err error
		if by[i], err = dimensionNamed(name); err != nil {
			return nil, err
		}
	}
	total, faults, err := readAll(ctx, sources, o.Workers, func() *worker { return newWorker(&o, by, zone) })
	if err != nil {
		return nil, err
	}
	r := total.report(o.By)
	r.Faults = faults
	return r, nil
}

// report works out what a worker that has seen everything knows.
func (w *worker) report(by []string) *Report {
	r := &Report{By: by, Lines: w.lines, Broken: w.broken}
	if w.alone != nil {
		r.Summary = w.alone.summary()
		return r
	}
	whole := newTally()
	for key, t := range w.groups {
		values := strings.Split(strings.TrimSuffix(key, separator), separator)
		r.Groups = append(r.Groups, Group{Values: values, Summary: t.summary()})
		whole.merge(t)
	}
	r.Summary = whole.summary()
	return r
}

// Order is what groups are sorted by.
type Order string

// The orders. All but ByName put the largest first; where two are equal, and with
// ByName, groups come in the order of their values.
const (
	ByName      Order = "name"
	ByRequests  Order = "requests"
	ByErrors    Order = "errors"
	ByErrorRate Order = "error_rate"
	ByTokens    Order = "tokens"
	ByInput     Order = "input_tokens"
	ByOutput    Order = "output_tokens"
	ByCost      Order = "cost"
	ByAverage   Order = "avg"
	ByMax       Order = "max"
	ByP50       Order = "p50"
	ByP95       Order = "p95"
	ByP99       Order = "p99"
)

// Orders are all of them.
func Orders() []Order {
	return []Order{
		ByName, ByRequests, ByErrors, ByErrorRate, ByTokens, ByInput, ByOutput, ByCost, ByAverage, ByMax, ByP50, ByP95, ByP99,
	}
}

// DefaultOrder is the order for dimensions: time goes on, everything else is sorted by
// requests.
func DefaultOrder(by []string) Order {
	if len(by) > 0 && isTime(by[0]) {
		return ByName
	}
	return ByRequests
}

// Sort sorts the groups. It returns an error for an order that there is not.
func (r *Report) Sort(o Order) error {
	larger, ok := comparisons()[o]
	if !ok {
		return fmt.Errorf("groups cannot be sorted by %q", o)
	}
	slices.SortFunc(r.Groups, func(a, b Group) int {
		return cmp.Or(larger(&b.Summary, &a.Summary), slices.Compare(a.Values, b.Values))
	})
	return nil
}

// comparisons compare summaries, by order.
func comparisons() map[Order]func(a, b *Summary) int {
	by := func(value func(*Summary) int64) func(a, b *Summary) int {
		return func(a, b *Summary) int { return cmp.Compare(value(a), value(b)) }
	}
	return map[Order]func(a, b *Summary) int{
		ByName:      func(*Summary, *Summary) int { return 0 },
		ByRequests:  by(func(s *Summary) int64 { return s.Total }),
		ByErrors:    by(func(s *Summary) int64 { return s.Failed }),
		ByErrorRate: func(a, b *Summary) int { return cmp.Compare(a.ErrorRate(), b.ErrorRate()) },
		ByTokens:    by(func(s *Summary) int64 { return s.Tokens.Total() }),
		ByInput:     by(func(s *Summary) int64 { return s.Tokens.Input }),
		ByOutput:    by(func(s *Summary) int64 { return s.Tokens.Output }),
		ByCost:      by(func(s *Summary) int64 { return int64(s.Cost) }),
		ByAverage:   by(func(s *Summary) int64 { return int64(s.Latency.Average) }),
		ByMax:       by(func(s *Summary) int64 { return int64(s.Latency.Max) }),
		ByP50:       by(func(s *Summary) int64 { return int64(s.Latency.P50) }),
		ByP95:       by(func(s *Summary) int64 { return int64(s.Latency.P95) }),
		ByP99:       by(func(s *Summary) int64 { return int64(s.Latency.P99) }),
	}
}
