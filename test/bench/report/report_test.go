package report

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"
)

func TestMedian(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		values []float64
		want   float64
	}{
		{"none", nil, 0},
		{"one", []float64{3}, 3},
		{"odd", []float64{9, 1, 5}, 5},
		{"even", []float64{4, 1, 2, 9}, 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := Median(tt.values); got != tt.want {
				t.Errorf("Median(%v) = %v, want %v", tt.values, got, tt.want)
			}
		})
	}
}

func TestMedianLeavesItsArgumentInOrder(t *testing.T) {
	t.Parallel()
	v := []float64{3, 1, 2}
	Median(v)
	if v[0] != 3 || v[1] != 1 {
		t.Errorf("values became %v", v)
	}
}

func TestVerdict(t *testing.T) {
	t.Parallel()
	for value, want := range map[float64]Verdict{1.5: Reached, 1.7: Reached, 1.71: Kept, 3: Kept, 3.01: Missed, math.Inf(1): Missed} {
		if got := (Goal{Value: value, Keep: 3, Reach: 1.7}).Verdict(); got != want {
			t.Errorf("%v: %q, want %q", value, got, want)
		}
	}
	if got := (Goal{Value: math.NaN(), Keep: 3}).Verdict(); got != Missed {
		t.Errorf("NaN: %q, want %q", got, Missed)
	}
}

func newReport() *Report {
	r := &Report{
		Started:  time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC),
		Machine:  Machine{CPUs: 2, OS: "linux", Kernel: "6.1", Go: "go1.26", Nginx: "1.22.1", Load: "0.12"},
		Settings: Settings{Rounds: 3, Seconds: 1.5, Connections: 32, Rate: 1000},
	}
	r.Add(Figure{Name: "cpu/openai/1k", Subject: "nginx", Unit: "µs/call", Samples: []float64{30, 29.5, 31}, CallsPerSecond: 20123})
	r.Add(Figure{
		Name: "cpu/openai/1k", Subject: "llmgw", Unit: "µs/call", Samples: []float64{61, 60, 62}, CallsPerSecond: 9000,
		Goal: &Goal{What: "× nginx", Value: 61.0 / 30, Keep: 3, Reach: 1.7},
	})
	return r
}

func TestTable(t *testing.T) {
	t.Parallel()
	const want = `2026-11-22 12:00  2 CPUs, load 0.12 before, linux 6.1, go1.26, nginx 1.22.1
3 rounds of 1.5s, 32 connections; latencies at 1000 calls/s; all subjects in front of one mock, in turns

measured       subject  median  unit     min … max  calls/s  held against the goal  keep  reach  verdict
cpu/openai/1k  nginx    30      µs/call  29.5 … 31  20123
cpu/openai/1k  llmgw    61      µs/call  60 … 62    9000     2.03 × nginx           ≤ 3   ≤ 1.7  ok

Every answer was a 200 and byte for byte the provider's.
`
	var got strings.Builder
	if err := newReport().WriteTable(&got); err != nil || got.String() != want {
		t.Errorf("%v\n%s\nwant\n%s", err, got.String(), want)
	}
}

func TestTableNamesFailures(t *testing.T) {
	t.Parallel()
	r := newReport()
	r.Fail("bytes", "llmgw", errors.New("status 500"))
	var got strings.Builder
	if err := r.WriteTable(&got); err != nil || !strings.HasSuffix(got.String(), "mean nothing:\n  bytes, llmgw: status 500\n") {
		t.Errorf("%v\n%s", err, got.String())
	}
}

type brokenWriter struct{}

var errBroken = errors.New("disk full")

func (brokenWriter) Write([]byte) (int, error) { return 0, errBroken }

func TestTableReportsWriteErrors(t *testing.T) {
	t.Parallel()
	if err := newReport().WriteTable(brokenWriter{}); !errors.Is(err, errBroken) {
		t.Errorf("got %v", err)
	}
}

func TestJSONCarriesTheVerdict(t *testing.T) {
	t.Parallel()
	b, err := json.Marshal(newReport())
	if err != nil || !strings.Contains(string(b), `"verdict":"ok"`) || !strings.Contains(string(b), `"samples":[30,29.5,31]`) {
		t.Errorf("%v %s", err, b)
	}
}

func TestOverAndFind(t *testing.T) {
	t.Parallel()
	r := newReport()
	if r.Over() {
		t.Error("over with all goals kept")
	}
	r.Find("cpu/openai/1k", "llmgw").Goal.Value = 3.1
	if !r.Over() {
		t.Error("not over")
	}
	if f := r.Find("cpu/openai/1k", "direct"); f != nil {
		t.Errorf("found %+v", f)
	}
}
