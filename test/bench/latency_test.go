package main

import (
	"testing"

	"github.com/llmgw/llmgw/test/bench/report"
)

func newLatencyLab(samples map[string][]float64) *lab {
	l := &lab{report: &report.Report{}}
	for subject, ms := range samples {
		l.report.Add(report.Figure{Name: latencyP50, Subject: subject, Samples: ms})
	}
	return l
}

func TestLatencyIsJudgedByWhatTheQuietestRoundsAdd(t *testing.T) {
	t.Parallel()
	l := newLatencyLab(map[string][]float64{direct: {0.25, 9, 9}, nginx: {3, 0.375}, llmgw: {1, 0.75, 7}})
	l.judgeLatency()
	got := l.report.Find(latencyP50, llmgw).Goal
	if got == nil || got.Value != 0.5 || got.Keep != keepAdded || got.Reach != 0.125+reachAdded || got.Verdict() != report.Missed {
		t.Errorf("goal %+v", got)
	}
}

func TestLatencyWithoutAFigureIsNotJudged(t *testing.T) {
	t.Parallel()
	l := newLatencyLab(map[string][]float64{direct: {0.25}, nginx: {}, llmgw: {1}})
	l.judgeLatency()
	if g := l.report.Find(latencyP50, llmgw).Goal; g != nil {
		t.Errorf("goal %+v", g)
	}
}
