package main

import (
	"bytes"
	"encoding/json"
	"testing"
)

func TestLogIsAlwaysTheSame(t *testing.T) {
	t.Parallel()
	log := makeLog(3000)
	if !bytes.Equal(log, makeLog(3000)) {
		t.Error("it differs")
	}
	lines, broken := 0, 0
	for line := range bytes.Lines(log) {
		lines++
		if !json.Valid(line) {
			broken++
		}
	}
	if lines != 3000 || broken != 3 {
		t.Errorf("%d lines, %d broken", lines, broken)
	}
}

func TestSameFindsDifferences(t *testing.T) {
	t.Parallel()
	sum := func(change func(*modelSum)) []modelSum {
		s := modelSum{Model: "a", Requests: 2, Failed: 1, Cost: "1.5", Input: "3", Output: "4", P50: 1.25, P95: 2, P99: 3}
		change(&s)
		return []modelSum{s}
	}
	ours := sum(func(*modelSum) {})
	if err := same(ours, sum(func(s *modelSum) { s.Cost, s.P50 = "1.500000000", 1.2500000001 })); err != nil {
		t.Error(err)
	}
	for name, theirs := range map[string][]modelSum{
		"none": nil, "model": sum(func(s *modelSum) { s.Model = "b" }), "requests": sum(func(s *modelSum) { s.Requests++ }),
		"failed": sum(func(s *modelSum) { s.Failed-- }), "cost": sum(func(s *modelSum) { s.Cost = "1.50000001" }),
		"input": sum(func(s *modelSum) { s.Input = "4" }), "output": sum(func(s *modelSum) { s.Output = "3" }), "p99": sum(func(s *modelSum) { s.P99 = 3.1 }),
	} {
		if same(ours, theirs) == nil {
			t.Errorf("%s: no difference", name)
		}
	}
}
