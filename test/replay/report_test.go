package replay

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
)

// threshold is the share of exchanges that has to pass.
const threshold = 0.99

// report collects how the exchanges went. It is safe for concurrent use.
type report struct {
	mu       sync.Mutex // guards rows, failures
	rows     map[string]*tally
	failures []string
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
	r.failures = append(r.failures, fmt.Sprintf("%s/%s/%s/%s: %s", way, e.Provider, e.Endpoint, e.ID, strings.Join(reasons, "; ")))
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

// String is the report as a table, with each failure below it.
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
	fmt.Fprintf(&b, "pass rate %.2f %%, at least %.2f %% wanted\n", 100*rate, 100*threshold)
	for _, failure := range slices.Sorted(slices.Values(r.failures)) {
		fmt.Fprintln(&b, "FAILED", failure)
	}
	return b.String()
}
