package metrics

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/llmgw/llmgw/pkg/requestlog"
)

// TestDashboardFillsUnmodified lets a real Prometheus server scrape the page and
// asks it the queries of the Grafana dashboard that users bring along.
func TestDashboardFillsUnmodified(t *testing.T) {
	t.Parallel()
	queries := dashboardQueries(t)
	binary, err := exec.LookPath("prometheus")
	if err != nil {
		t.Skip("SKIPPED, no query was asked: there is no prometheus here (Debian: apt-get install prometheus)")
	}

	m := newMetrics(t, Options{Families: []string{ // as in the configuration beside the dashboard
		"request_count", "request_duration", "error_count", "cache_hit_rate", "token_usage", "cost",
	}})
	gateway := httptest.NewServer(m.Handler())
	t.Cleanup(gateway.Close)
	server := startPrometheus(t, binary, strings.TrimPrefix(gateway.URL, "http://"))

	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(60 * time.Second)
	for n := 0; len(queries) > 0; n++ {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("no data after a minute for %v", queries)
		}
		for _, r := range traffic(n) {
			m.Observe(r)
		}
		for title, query := range queries {
			value, ok := ask(t, server, query)
			if !ok {
				continue
			}
			t.Logf("%s: %s = %v", title, query, value)
			delete(queries, title)
		}
	}
}

// dashboardQueries reads the queries of the dashboard by panel title.
func dashboardQueries(t *testing.T) map[string]string {
	t.Helper()
	file := filepath.FromSlash("../../../shared/seed/grafana-dashboard.json")
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("SKIPPED, no query was asked: the dashboard %s is not here", file)
	}
	if err != nil {
		t.Fatal(err)
	}
	var board struct {
		Dashboard struct {
			Panels []struct {
				Title   string
				Targets []struct{ Expr string }
			}
		}
	}
	if err := json.Unmarshal(data, &board); err != nil {
		t.Fatal(err)
	}
	queries := make(map[string]string)
	for _, p := range board.Dashboard.Panels {
		for i, target := range p.Targets {
			queries[fmt.Sprintf("%s %d", p.Title, i)] = target.Expr
		}
	}
	if len(queries) < 6 {
		t.Fatalf("only %d queries in %s", len(queries), file)
	}
	return queries
}

// traffic is some calls of one key: hits, misses, a failure now and then.
func traffic(n int) []*requestlog.Record {
	hit := success()
	hit.Cache = "hit"
	calls := []*requestlog.Record{success(), success(), hit}
	if n%2 == 0 {
		calls = append(calls, failure("upstream", 502, 500))
	}
	return calls
}

// startPrometheus runs a server that scrapes the target every second, in a
// folder of its own, and returns its address.
func startPrometheus(t *testing.T, binary, target string) string {
	t.Helper()
	dir := t.TempDir()
	config := filepath.Join(dir, "prometheus.yml")
	text := "global: {scrape_interval: 1s}\nscrape_configs: [{job_name: gateway, static_configs: [{targets: ['" + target + "']}]}]\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	address := freeAddress(t)
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	cmd := exec.CommandContext(ctx, binary,
		"--config.file="+config, "--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+address)
	var log strings.Builder
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		stop()
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		if err := cmd.Wait(); t.Failed() {
			t.Logf("prometheus: %v\n%s", err, log.String())
		}
	})
	return address
}

// freeAddress finds a port that was free a moment ago.
func freeAddress(t *testing.T) string {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// ask evaluates a query. It reports false while the server is not up, the result
// is empty, or its first value is not above 0 (0 / 0 is NaN).
func ask(t *testing.T, server, query string) (float64, bool) {
	t.Helper()
	address := url.URL{Scheme: "http", Host: server, Path: "/api/v1/query", RawQuery: url.Values{"query": {query}}.Encode()}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address.String(), http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	client := http.Client{Timeout: 5 * time.Second}
	res, err := client.Do(req)
	if err != nil {
		return 0, false
	}
	defer res.Body.Close()
	var answer struct {
		Data struct {
			Result []struct{ Value [2]any }
		}
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil || len(answer.Data.Result) == 0 {
		return 0, false
	}
	text, _ := answer.Data.Result[0].Value[1].(string)
	value, err := strconv.ParseFloat(text, 64)
	return value, err == nil && value > 0
}
