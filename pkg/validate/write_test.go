package validate

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the expected output in testdata")

// sample is a report with something of everything.
func sample() *Report {
	slow := newLatency([]float64{float64(time.Second), float64(2 * time.Second)})
	slow.FirstToken = newLatency([]float64{float64(time.Millisecond)})
	health := Check{Area: areaGateway, Name: ProbeHealth, Status: Passed, Message: connected, Duration: 1500 * time.Microsecond}
	broken := Finding{
		Code: CodeToolArguments, Severity: Error, Subject: "b/<&\">", Message: "no JSON: {\"a", Hint: "look at it", Probes: []string{ProbeTools, ProbeToolsStream},
	}
	late := Finding{Code: CodeSlow, Severity: Warning, Subject: "b/<&\">", Message: "slow", Probes: []string{ProbeChat}}
	price := Finding{Code: CodeUnknownPrice, Severity: Warning, Subject: "model_list[0]", Message: "no price", File: "gw.yaml", Line: 3, Column: 5, part: "prices"}
	return &Report{
		Mode: Live, Target: "http://gateway", Duration: 3 * time.Second, Connection: &health,
		Checks: []Check{
			{Area: areaConfig, Name: "prices", Status: Warned, Message: "1 warning"},
			{Area: areaConfig, Name: "routing", Status: Skipped, Message: "not looked at"},
			health,
			{Area: areaGateway, Name: ProbeModels, Status: Failed, Message: "answered 500", Error: "out of \x00cheese", Duration: time.Millisecond},
		},
		Models: []Model{
			{Name: "a", Deployment: "a-1", Status: Passed, Message: "Model a accessible", Probes: []Probe{{
				Name: ProbeChat, Status: Passed, Message: "answered", HTTPStatus: 200, Duration: 12 * time.Millisecond, Runs: 1,
				spent: Spent{Input: 8, Output: 2, Cost: 1_500_000, Costed: true},
			}}},
			{
				Name: "b/<&\">", Status: Failed, Message: "Model access error: tools: no JSON", Error: "no JSON", findings: []Finding{broken, late},
				Probes: []Probe{
					{
						Name: ProbeChat, Status: Warned, Message: "slow", HTTPStatus: 200, Duration: time.Second, FirstToken: time.Millisecond, Runs: 2,
						FailedRuns: 0, Latency: slow, spent: Spent{Input: 8, Output: 2},
					},
					{Name: ProbeTools, Status: Failed, Message: "no JSON: {\"a", HTTPStatus: 200, Runs: 1, FailedRuns: 1},
					{Name: ProbeCompletions, Status: Skipped, Message: "not tried"},
				},
			},
			{Name: "c", Status: Skipped, Message: "not probed"},
		},
		Findings: []Finding{
			broken,
			{Code: CodeModels, Severity: Error, Subject: areaGateway, Message: "answered 500", Hint: "see the log", Probes: []string{ProbeModels}},
			late, price,
			{Code: CodeNoHealth, Severity: Info, Subject: areaGateway, Message: "none"},
		},
	}
}

// golden compares with a file of testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func TestWriteJSON(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]*Report{"report.json": sample(), "empty.json": {Mode: Offline, Target: "gw.yaml"}} {
		var b bytes.Buffer
		if err := WriteJSON(&b, r); err != nil || !json.Valid(b.Bytes()) {
			t.Fatalf("%v: %s", err, b.Bytes())
		}
		golden(t, name, b.Bytes())
	}
}

func TestWriteJUnit(t *testing.T) {
	t.Parallel()
	strict := sample()
	strict.Strict = true
	for name, r := range map[string]*Report{"report.xml": sample(), "strict.xml": strict, "empty.xml": {Mode: Offline}} {
		var b bytes.Buffer
		if err := WriteJUnit(&b, r); err != nil {
			t.Fatal(err)
		}
		golden(t, name, b.Bytes())
		var back junitSuites
		if err := xml.Unmarshal(b.Bytes(), &back); err != nil {
			t.Fatalf("%s cannot be read back: %v", name, err)
		}
		s := r.Summary()
		cases, failures, skipped := 0, 0, 0
		for i := range back.Suites {
			for j := range back.Suites[i].Cases {
				c := &back.Suites[i].Cases[j]
				cases++
				if c.Failure != nil {
					failures++
				}
				if c.Skipped != nil {
					skipped++
				}
			}
		}
		if cases != back.Tests || failures != back.Failures || skipped != back.Skipped || failures != s.Failed {
			t.Errorf("%s: %d, %d, %d in %+v, %+v", name, cases, failures, skipped, back, s)
		}
	}
}

func TestStrictReports(t *testing.T) {
	t.Parallel()
	warned := &Report{
		Checks:   []Check{{Area: areaConfig, Name: "prices", Status: Warned}},
		Findings: []Finding{{Code: CodeUnknownPrice, Severity: Warning}, {Code: CodeNoHealth, Severity: Info}},
	}
	if warned.Bad() || warned.Summary().Failed != 0 {
		t.Error("warnings fail")
	}
	warned.Strict = true
	if !warned.Bad() || warned.Summary().Failed != 1 {
		t.Error("warnings do not fail a strict report")
	}
	if r := (&Report{Strict: true, Findings: []Finding{{Severity: Info}}}); r.Bad() {
		t.Error("notes fail a strict report")
	}
}

func TestFindingsInOneLine(t *testing.T) {
	t.Parallel()
	f := Finding{Code: CodeSlow, Severity: Warning, Subject: "m", Message: "slow", Hint: "wait", File: "a.yaml", Line: 1, Column: 2}
	if got, want := f.String(), "a.yaml:1:2: m: slow (wait) [slow]"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestPercentiles(t *testing.T) {
	t.Parallel()
	if newLatency(nil) != nil || joinLatencies(nil) != nil {
		t.Error("percentiles of nothing")
	}
	l := newLatency([]float64{4e9, 1e9, 3e9, 2e9})
	if l.P50 != 2500*time.Millisecond || l.P95 != 3850*time.Millisecond || l.P99 != 3970*time.Millisecond {
		t.Errorf("%+v", l)
	}
	joined := joinLatencies([]Latency{*newLatency([]float64{1, 2}), *newLatency([]float64{3})})
	if joined.P50 != 2 || joined.FirstToken != nil {
		t.Errorf("%+v", joined)
	}
}
