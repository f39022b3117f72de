package replay

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
)

// report collects how the exchanges went. It is safe for concurrent use.
type report struct {
	threshold float64 // the share of exchanges that has to pass

	mu       sync.Mutex // guards rows, failures
	rows     map[string]*tally
	failures map[string][]string // by the first word of the reason
}

// tally counts the exchanges of one row.
type tally struct{ passed, total int }

// add notes the result of one exchange: failed where there are reasons.
func (r *report) add(e *exchange, way string, reasons []string) {
	row := e.Provider + "\t" + e.Endpoint + "\t" + way
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.rows == nil {
		r.rows = map[string]*tally{}
	}
	if r.rows[row] == nil {
		r.rows[row] = &tally{}
	}
	r.rows[row].total++
	if len(reasons) == 0 {
		r.rows[row].passed++
		return
	}
	if r.failures == nil {
		r.failures = map[string][]string{}
	}
	// An exchange stands below each of its reasons.
	name := way + "/" + e.Provider + "/" + e.Endpoint + "/" + e.ID
	for _, reason := range reasons {
		kind, _, _ := strings.Cut(reason, ":")
		r.failures[kind] = append(r.failures[kind], name+": "+reason)
	}
}

// check fails the test where too few exchanges passed, and shows the report.
func (r *report) check(t *testing.T) {
	t.Helper()
	t.Logf("\n%s", r)
	if r.rate() < r.threshold {
		t.Errorf("pass rate %.2f %%, want at least %.2f %%", 100*r.rate(), 100*r.threshold)
	}
}

// rate is the share of exchanges that passed; 0 where there were none, so that
// an empty run is no success.
func (r *report) rate() float64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	passed, total := 0, 0
	for _, row := range r.rows {
		passed, total = passed+row.passed, total+row.total
	}
	if total == 0 {
		return 0
	}
	return float64(passed) / float64(total)
}

// String is the report as a table, with each failure below it, grouped by reason.
func (r *report) String() string {
	rate := r.rate()
	r.mu.Lock()
	defer r.mu.Unlock()
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "provider\tendpoint\tway\tpassed\tof")
	for _, name := range slices.Sorted(maps.Keys(r.rows)) {
		fmt.Fprintf(w, "%s\t%d\t%d\n", name, r.rows[name].passed, r.rows[name].total)
	}
	w.Flush() // A strings.Builder takes everything.
	fmt.Fprintf(&b, "pass rate %.2f %%, at least %.2f %% wanted\n", 100*rate, 100*r.threshold)
	for _, kind := range slices.Sorted(maps.Keys(r.failures)) {
		fmt.Fprintf(&b, "FAILED for %s: %d\n", kind, len(r.failures[kind]))
		for _, failure := range slices.Sorted(slices.Values(r.failures[kind])) {
			fmt.Fprintln(&b, "   ", failure)
		}
	}
	return b.String()
}

func TestReportGroupsFailuresByReason(t *testing.T) {
	t.Parallel()
	r := &report{threshold: 0.5}
	e := &exchange{ID: "e1", Provider: "p", Endpoint: "messages"}
	r.add(e, "whole", nil)
	r.add(e, "events", []string{"text: a", "usage: b"})
	text := r.String()
	for _, want := range []string{"p         messages  events  0       1", "50.00 %", "FAILED for text: 1", "    events/p/messages/e1: usage: b"} {
		if !strings.Contains(text, want) {
			t.Errorf("the report has no %q:\n%s", want, text)
		}
	}
}
