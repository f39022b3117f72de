package main

import (
	"testing"

	"github.com/llmgw/llmgw/test/bench/report"
	"github.com/llmgw/llmgw/test/bench/traffic"
)

func TestGatewayIsJudgedByNginxMedian(t *testing.T) {
	t.Parallel()
	l := &lab{report: &report.Report{}}
	w := workloads(traffic.OpenAI)[0]
	l.addCPU("cpu/x", w, cpuFigure{subject: nginx, micros: []float64{20, 90, 10}, rates: []float64{5}})
	l.addCPU("cpu/x", w, cpuFigure{subject: llmgw, micros: []float64{50, 30, 500}})
	got := l.report.Find("cpu/x", llmgw).Goal
	if want := (report.Goal{What: "× nginx", Value: 2.5, Keep: 3, Reach: 1.7}); got == nil || *got != want {
		t.Errorf("goal %+v, want %+v", got, want)
	}
	if g := l.report.Find("cpu/x", nginx).Goal; g != nil {
		t.Errorf("nginx has a goal: %+v", g)
	}
}

func TestGatewayWithoutAnNginxFigureIsNotJudged(t *testing.T) {
	t.Parallel()
	l := &lab{report: &report.Report{}}
	w := workloads(traffic.OpenAI)[0]
	l.addCPU("cpu/x", w, cpuFigure{subject: nginx, micros: []float64{0}})
	l.addCPU("cpu/x", w, cpuFigure{subject: llmgw, micros: []float64{50}})
	if g := l.report.Find("cpu/x", llmgw).Goal; g != nil {
		t.Errorf("goal %+v from no time at all", g)
	}
}
