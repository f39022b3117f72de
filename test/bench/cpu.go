package main

import (
	"context"
	"fmt"
	"time"

	"github.com/llmgw/llmgw/test/bench/load"
	"github.com/llmgw/llmgw/test/bench/report"
	"github.com/llmgw/llmgw/test/bench/subject"
	"github.com/llmgw/llmgw/test/bench/traffic"
)

// connections is how many calls are under way at a time.
const connections = 32

const (
	smallBody = 1 << 10
	largeBody = 60 << 10
)

// workload is one kind of call, with what it may cost.
type workload struct {
	name        string
	request     traffic.Request
	keep, reach float64 // × nginx
}

// workloads are the kinds of calls in a dialect.
func workloads(d traffic.Dialect) []workload {
	return []workload{
		{"1k", traffic.Request{Dialect: d, Size: smallBody}, 3.0, 1.7},
		{"60k", traffic.Request{Dialect: d, Size: largeBody}, 2.0, 1.05},
		{"stream", traffic.Request{Dialect: d, Size: smallBody, Stream: true}, 1.7, 1.15},
	}
}

// newCall is the call that makes a request and wants the provider's own answer.
func newCall(r traffic.Request) *load.Call {
	return load.NewCall(r.Message(subject.Key), r.Answer().Bytes())
}

// measureCPU finds the CPU time of a call of every kind.
func (l *lab) measureCPU(ctx context.Context, proxies []*subject.Process) error {
	for _, d := range traffic.Dialects() {
		for _, w := range workloads(d) {
			name := fmt.Sprintf("cpu/%s/%s", d, w.name)
			if !l.wanted(name) {
				continue
			}
			if err := l.measureWorkload(ctx, name, w, proxies); err != nil {
				return err
			}
		}
	}
	return nil
}

// measureWorkload measures the mock once and the proxies in turns, so that
// whatever else the machine does meets them alike.
func (l *lab) measureWorkload(ctx context.Context, name string, w workload, proxies []*subject.Process) error {
	figures := make([]cpuFigure, 1+len(proxies))
	figures[0] = cpuFigure{subject: direct, process: l.mock}
	for i, p := range proxies {
		figures[1+i] = cpuFigure{subject: p.Name, process: p}
	}
	for round := range l.report.Settings.Rounds {
		for i := range figures {
			if i == 0 && round > 0 {
				continue
			}
			if err := l.sampleCPU(ctx, name, newCall(w.request), &figures[i]); err != nil {
				return err
			}
		}
	}
	for _, f := range figures {
		l.addCPU(name, w, f)
	}
	return nil
}

// cpuFigure gathers the samples of one subject.
type cpuFigure struct {
	subject string
	process *subject.Process
	micros  []float64 // CPU per call
	rates   []float64 // calls per second
}

// sampleCPU is one measurement. Calls that go wrong are a failure in the report;
// an error is one of the benchmark itself.
func (l *lab) sampleCPU(ctx context.Context, name string, call *load.Call, f *cpuFigure) error {
	length := seconds(l.report.Settings.Seconds)
	plan := load.Plan{Addr: f.process.Addr, Call: call, Conns: connections, For: length / 5}
	warm := load.Closed(ctx, plan)
	before, err := l.settledCPU(ctx, f.process.PID())
	if err != nil {
		return err
	}
	plan.For = length
	got := load.Closed(ctx, plan)
	after, err := l.settledCPU(ctx, f.process.PID())
	if err != nil {
		return err
	}
	for _, r := range []load.Result{warm, got} {
		l.answered[f.subject] += r.Calls
		if r.Failed > 0 {
			l.report.Fail(name, f.subject, fmt.Errorf("%d of %d calls: %w", r.Failed, r.Failed+r.Calls, r.First))
		}
	}
	if got.Calls > 0 {
		perCall := (after - before) / time.Duration(got.Calls)
		f.micros = append(f.micros, float64(perCall)/float64(time.Microsecond))
		f.rates = append(f.rates, got.Rate())
	}
	return nil
}

// addCPU reports a subject's samples, the gateway's as a multiple of nginx's.
func (l *lab) addCPU(name string, w workload, f cpuFigure) {
	figure := report.Figure{
		Name: name, Subject: f.subject, Unit: "µs/call", Samples: f.micros, CallsPerSecond: report.Median(f.rates),
	}
	if base := l.report.Find(name, nginx); f.subject == llmgw && base != nil && base.Median() > 0 {
		figure.Goal = &report.Goal{What: "× nginx", Value: figure.Median() / base.Median(), Keep: w.keep, Reach: w.reach}
	}
	l.report.Add(figure)
}
