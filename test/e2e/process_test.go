package e2e

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/llmgw/llmgw/test/gatewaytest"
)

// process looks at a running gateway from the outside.
type process struct {
	gw     *gatewaytest.Gateway
	client *http.Client
}

// inspect returns a view of the gateway. Without /proc the test is skipped.
func inspect(t *testing.T, gw *gatewaytest.Gateway) *process {
	t.Helper()
	if _, err := os.Stat("/proc/self/fd"); err != nil {
		t.Skip("needs /proc, to count the files that a process has open and its memory")
	}
	// A connection for each look: none that stays would be counted.
	transport := &http.Transport{DisableKeepAlives: true}
	return &process{gw: gw, client: &http.Client{Transport: transport}}
}

// metric sums all series of a name at /metrics.
func (p *process) metric(t *testing.T, name string) float64 {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.gw.URL()+"/metrics", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+masterKey)
	resp, err := p.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("GET /metrics: %s", resp.Status)
	}
	sum, found := 0.0, false
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		// Labels may have spaces in them, values have none.
		line := lines.Text()
		space := strings.LastIndexByte(line, ' ')
		if bare, _, _ := strings.Cut(line[:max(space, 0)], "{"); bare != name {
			continue
		}
		value := line[space+1:]
		v, err := strconv.ParseFloat(value, 64)
		if err != nil {
			t.Fatalf("GET /metrics: %q: %v", line, err)
		}
		sum, found = sum+v, true
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	if !found {
		t.Fatalf("GET /metrics has no %s", name)
	}
	return sum
}

// goroutines is how many the gateway has, and inFlight how many calls are open in
// its own eyes.
func (p *process) goroutines(t *testing.T) int { return int(p.metric(t, "go_goroutines")) }

func (p *process) inFlight(t *testing.T) int { return int(p.metric(t, "litellm_in_flight_requests")) }

// files is how many descriptors the gateway has open.
func (p *process) files(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", p.gw.PID()))
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// memory is a line of /proc/PID/status in bytes: VmRSS for what the gateway has
// in memory, VmHWM for the most it ever had.
func (p *process) memory(t *testing.T, line string) int64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.gw.PID()))
	if err != nil {
		t.Fatal(err)
	}
	for l := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(l, line+":"); ok {
			kb, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			if err != nil {
				t.Fatalf("/proc/%d/status: %q: %v", p.gw.PID(), l, err)
			}
			return kb << 10
		}
	}
	t.Fatalf("/proc/%d/status has no %s", p.gw.PID(), line)
	return 0
}
