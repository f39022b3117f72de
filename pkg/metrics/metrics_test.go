package metrics

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

func newMetrics(t testing.TB, o Options) *Metrics {
	t.Helper()
	m, err := New(o)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	return m
}

// page is a scraped page: families by name.
type page map[string]*dto.MetricFamily

// fetch scrapes the page as text and checks that it is what Prometheus reads.
func fetch(t testing.TB, m *Metrics, accept string) (string, page) {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", http.NoBody)
	req.Header.Set("Accept", accept)
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, req)
	body, err := io.ReadAll(w.Result().Body)
	if err != nil || w.Code != http.StatusOK {
		t.Fatalf("status %d, %v: %s", w.Code, err, body)
	}
	if got := w.Header().Get("Content-Type"); !strings.HasPrefix(got, "text/plain; version=0.0.4") {
		t.Fatalf("content type %q, want plain text", got)
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(string(body)))
	if err != nil {
		t.Fatalf("the page does not parse: %v", err)
	}
	return string(body), families
}

func scrape(t testing.TB, m *Metrics) page {
	t.Helper()
	_, p := fetch(t, m, "")
	return p
}

// value sums what a family counts in the series that have all of want
// (name, value, name, value, …), and reports whether there is one.
func (p page) value(t testing.TB, family string, want ...string) (float64, bool) {
	t.Helper()
	sum, found := 0.0, false
	for _, s := range p[family].GetMetric() {
		if !hasLabels(s, want) {
			continue
		}
		found = true
		sum += s.GetCounter().GetValue() + s.GetGauge().GetValue() + s.GetHistogram().GetSampleSum()
	}
	return sum, found
}

// is checks a value. Floats are compared as they are: tests use short ones.
func (p page) is(t testing.TB, want float64, family string, labels ...string) {
	t.Helper()
	got, found := p.value(t, family, labels...)
	if !found || got < want-1e-9 || got > want+1e-9 {
		t.Errorf("%s%v = %v (there: %v), want %v", family, labels, got, found, want)
	}
}

func hasLabels(s *dto.Metric, want []string) bool {
	for pair := range slices.Chunk(want, 2) {
		if !slices.ContainsFunc(s.GetLabel(), func(l *dto.LabelPair) bool {
			return l.GetName() == pair[0] && l.GetValue() == pair[1]
		}) {
			return false
		}
	}
	return true
}

func labelNames(s *dto.Metric) string {
	var names []string
	for _, l := range s.GetLabel() {
		names = append(names, l.GetName())
	}
	slices.Sort(names)
	return strings.Join(names, ",")
}

func TestPageHasTheNamesOfTheContract(t *testing.T) {
	t.Parallel()
	m := newMetrics(t, Options{Version: "1.2.3"})
	r := success()
	r.Attempts = append(r.Attempts, r.Attempts[0])
	m.Observe(r)
	m.SetBudgetUsage("monthly", 0.5)
	m.SetDeploymentState("d1", Healthy)
	const perCall, perGroup = "deployment,key,model,provider,team", "deployment,model,provider,team"
	want := map[string]string{
		"request_count": perCall, "error_count": perCall, "cache_hits": perCall, "cache_requests": perCall,
		"cost_total": perCall, "token_usage": "deployment,key,model,provider,team,type",
		"responses_total":  "deployment,key,model,provider,status,team",
		"request_duration": perGroup, "time_to_first_token": perGroup, "overhead_duration": perGroup,
		"retries_total": perGroup, "fallbacks_total": perGroup,
		"rejected_total": "reason", "cache_hit_rate": "", "in_flight_requests": "", "dropped_records_total": "",
		"budget_usage_ratio": "budget", "deployment_state": "deployment", "build_info": "go_version,version",
	}
	p := scrape(t, m)
	for name, labels := range want {
		family := p["litellm_"+name]
		if family == nil {
			t.Errorf("litellm_%s is missing", name)
			continue
		}
		if got := labelNames(family.GetMetric()[0]); got != labels {
			t.Errorf("litellm_%s has the labels %q, want %q", name, got, labels)
		}
		if family.GetHelp() == "" {
			t.Errorf("litellm_%s has no help", name)
		}
	}
	for name := range p {
		if short, ours := strings.CutPrefix(name, "litellm_"); ours && want[short] == "" && !slices.Contains([]string{"cache_hit_rate", "in_flight_requests", "dropped_records_total"}, short) {
			t.Errorf("%s is not in the contract", name)
		}
	}
	if p["go_goroutines"] == nil || p["process_start_time_seconds"] == nil {
		t.Error("the instruments of Go and the process are missing")
	}
	p.is(t, 1, "litellm_build_info", "version", "1.2.3")
}

func TestHandlerNeverSpeaksOpenMetrics(t *testing.T) {
	t.Parallel()
	m := newMetrics(t, Options{})
	m.Observe(success())
	for _, accept := range []string{
		"",
		"*/*",
		"application/openmetrics-text;version=1.0.0",
		"application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
		"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited",
		"text/plain;version=1.0.0;escaping=allow-utf-8;q=0.5",
	} {
		text, p := fetch(t, m, accept)
		if strings.Contains(text, "litellm_request_count_total") || p["litellm_request_count"] == nil {
			t.Errorf("accept %q: request_count has another name", accept)
		}
	}
}

func TestFamiliesOfTheConfiguration(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		families []string
		want     string
	}{
		{
			"the chapter's list",
			[]string{"request_count", "request_duration", "error_count", "cache_hit_rate", "token_usage", "cost"},
			"build_info cache_hit_rate cache_hits cache_requests cost_total error_count request_count request_duration token_usage",
		},
		{"one", []string{"cost_total"}, "build_info cost_total"},
		{"twice and in both ways", []string{"cost", "cost_total", "cost"}, "build_info cost_total"},
		{"without its companions", []string{"cache_hits"}, "build_info cache_hits"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := newMetrics(t, Options{Prefix: "gw_", Families: tt.families})
			m.Observe(success())
			m.SetBudgetUsage("b", 1)
			var got []string
			for name := range scrape(t, m) {
				if short, ours := strings.CutPrefix(name, "gw_"); ours {
					got = append(got, short)
				}
			}
			slices.Sort(got)
			if s := strings.Join(got, " "); s != tt.want {
				t.Errorf("the page has %s, want %s", s, tt.want)
			}
		})
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		options Options
		want    string
	}{
		{"unknown families, all of them", Options{Families: []string{"latency", "cost", "speed"}}, `"latency", "speed" (known: cost, request_count`},
		{"a prefix that is no name", Options{Prefix: "my gateway "}, "prefix"},
		{"a prefix that begins with a digit", Options{Prefix: "1_"}, "prefix"},
		{"a prefix in another script", Options{Prefix: "größe_"}, "prefix"},
		{"a prefix that is not text", Options{Prefix: "\xff"}, "prefix"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if _, err := New(tt.options); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("New: %v, want %q in it", err, tt.want)
			}
		})
	}
}

func TestNewTakesAnyVersion(t *testing.T) {
	t.Parallel()
	scrape(t, newMetrics(t, Options{Version: "v1\xff\"\n" + strings.Repeat("x", 1000)}))
}

func TestSetters(t *testing.T) {
	t.Parallel()
	m := newMetrics(t, Options{})
	p := scrape(t, m)
	p.is(t, 0, "litellm_in_flight_requests")
	p.is(t, 0, "litellm_dropped_records_total")
	p.is(t, 0, "litellm_cache_hit_rate")

	m.CallStarted()
	m.CallStarted()
	m.CallEnded()
	m.RecordsDropped(3)
	m.RecordsDropped(0)
	m.RecordsDropped(-1)
	m.SetBudgetUsage("monthly", 0.25)
	m.SetBudgetUsage("monthly", 1.5)
	m.SetBudgetUsage("old", 1)
	m.ForgetBudget("old")
	m.ForgetBudget("never there")
	m.SetDeploymentState("a", Down)
	m.SetDeploymentState("b\xff", Degraded)
	m.SetDeploymentState("c", Down)
	m.SetDeploymentState("c", Healthy)
	m.ForgetDeployment("a")

	p = scrape(t, m)
	p.is(t, 1, "litellm_in_flight_requests")
	p.is(t, 3, "litellm_dropped_records_total")
	p.is(t, 1.5, "litellm_budget_usage_ratio")
	p.is(t, 1, "litellm_deployment_state", "deployment", "b\uFFFD")
	p.is(t, 0, "litellm_deployment_state", "deployment", "c")
	if n := len(p["litellm_deployment_state"].GetMetric()); n != 2 {
		t.Errorf("%d deployments on the page, want 2", n)
	}
}

func TestGaugesAreBounded(t *testing.T) {
	t.Parallel()
	m := newMetrics(t, Options{})
	for i := range maxSeries + 5 {
		m.SetBudgetUsage(name("budget", i), 1)
	}
	if n := len(scrape(t, m)["litellm_budget_usage_ratio"].GetMetric()); n != maxSeries {
		t.Errorf("%d budgets on the page, want %d", n, maxSeries)
	}
	m.ForgetBudget(name("budget", 0))
	m.SetBudgetUsage("new", 0.5)
	scrape(t, m).is(t, 0.5, "litellm_budget_usage_ratio", "budget", "new")
}
