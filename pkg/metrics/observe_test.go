package metrics

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/requestlog"
)

func name(kind string, i int) string { return kind + "-" + strconv.Itoa(i) }

// success is the record of a call that went well.
func success() *requestlog.Record {
	return &requestlog.Record{
		Status: requestlog.StatusSuccess, HTTPStatus: 200,
		Model: "claude", Provider: "anthropic", Deployment: "d1", UpstreamModel: "claude-sonnet-4-5",
		KeyID: "k_1", KeyName: "ci", Team: "core",
		Duration: 1500 * time.Millisecond, TTFT: 250 * time.Millisecond, Overhead: 400 * time.Microsecond,
		Usage: llm.Usage{Input: 100, Output: 20, CacheRead: 60, CacheWrite5m: 5, CacheWrite1h: 6, Reported: true},
		Cost:  1_250_000, Cache: "miss",
		Attempts: []requestlog.Attempt{{Deployment: "d1", Status: 200}},
	}
}

// failure is the record of a call that went wrong, with an attempt for each
// status of a provider.
func failure(errorType string, status int, attempts ...int) *requestlog.Record {
	r := success()
	r.Status, r.ErrorType, r.HTTPStatus, r.Cache = requestlog.StatusError, errorType, status, ""
	r.Usage, r.Cost, r.TTFT, r.Attempts = llm.Usage{}, 0, 0, nil
	for _, s := range attempts {
		r.Attempts = append(r.Attempts, requestlog.Attempt{Deployment: "d1", Status: s, Error: errorType})
	}
	return r
}

var seriesOfSuccess = []string{"model", "claude", "provider", "anthropic", "deployment", "d1", "key", "ci", "team", "core"}

func TestObserveSuccess(t *testing.T) {
	t.Parallel()
	m := newMetrics(t, Options{})
	m.Observe(success())
	m.Observe(success())
	p := scrape(t, m)
	with := func(more ...string) []string {
		return append(slices.Clip(seriesOfSuccess), more...)
	}
	p.is(t, 2, "litellm_request_count", with()...)
	p.is(t, 0, "litellm_error_count", with()...)
	p.is(t, 0, "litellm_cache_hits", with()...)
	p.is(t, 2, "litellm_cache_requests", with()...)
	p.is(t, 2, "litellm_responses_total", with("status", "200")...)
	p.is(t, 200, "litellm_token_usage", with("type", "input")...)
	p.is(t, 40, "litellm_token_usage", with("type", "output")...)
	p.is(t, 120, "litellm_token_usage", with("type", "cache_read")...)
	p.is(t, 22, "litellm_token_usage", with("type", "cache_write")...)
	p.is(t, 0.0025, "litellm_cost_total", with()...)
	p.is(t, 3, "litellm_request_duration", "model", "claude", "team", "core")
	p.is(t, 0.5, "litellm_time_to_first_token", "deployment", "d1")
	p.is(t, 0.0008, "litellm_overhead_duration", "provider", "anthropic")
}

func TestObserveOutcomes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		record *requestlog.Record
		errors float64
		reason string // of rejected_total, "" for none
	}{
		{"success", success(), 0, ""},
		{"success after a failed attempt", func() *requestlog.Record {
			r := success()
			r.Attempts = append([]requestlog.Attempt{{Deployment: "d0", Status: 500, Error: "x"}}, r.Attempts...)
			return r
		}(), 0, ""},

		{"upstream", failure("upstream", 502, 500), 1, ""},
		{"upstream without an answer", failure("upstream", 502, 0), 1, ""},
		{"no deployment healthy", failure("upstream", 502), 1, ""},
		{"credential refused", failure("upstream_auth", 502, 401), 1, ""},
		{"timeout", failure("timeout", 504, 0), 1, ""},
		{"internal", failure("internal", 500), 1, ""},
		{"cut by a crash", failure("interrupted", 0, 0), 1, ""},
		{"provider limits", failure("rate_limited", 429, 429), 1, ""},
		{"provider overloaded", failure("overloaded", 529, 529), 1, ""},

		{"no key", failure("authentication", 401), 0, "authentication"},
		{"forbidden", failure("permission", 403), 0, "permission"},
		{"unknown model", failure("not_found", 404), 0, "not_found"},
		{"bad request", failure("invalid_request", 400), 0, "invalid_request"},
		{"too large", failure("too_large", 413), 0, "too_large"},
		{"conflict", failure("conflict", 409), 0, "conflict"},
		{"our limit", failure("rate_limited", 429), 0, "rate_limited"},
		{"our limit, after an attempt without answer", failure("rate_limited", 429, 0), 0, "rate_limited"},
		{"our overload", failure("overloaded", 503), 0, "overloaded"},
		{"budget", failure("budget_exceeded", 429), 0, "budget_exceeded"},
		{"budget, at the second attempt", failure("budget_exceeded", 429, 500), 0, "budget_exceeded"},
		{"an error nobody knows", failure("gremlins", 400), 0, "other"},

		{"provider's 400", failure("invalid_request", 400, 400), 0, ""},
		{"provider's 413", failure("too_large", 413, 413), 0, ""},
		{"provider's 404", failure("not_found", 404, 404), 0, ""},
		{"client hung up", failure("canceled", 499), 0, ""},
		{"client hung up on an answer", failure("canceled", 499, 200), 0, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := newMetrics(t, Options{})
			m.Observe(tt.record)
			p := scrape(t, m)
			p.is(t, 1, "litellm_request_count")
			p.is(t, tt.errors, "litellm_error_count")
			for _, reason := range reasons {
				want := 0.0
				if reason == tt.reason {
					want = 1
				}
				p.is(t, want, "litellm_rejected_total", "reason", reason)
			}
			p.is(t, 1, "litellm_responses_total", "status", statusLabel(tt.record.HTTPStatus))
		})
	}
}

func TestObserveMakesCountersAppearTogether(t *testing.T) {
	t.Parallel()
	m := newMetrics(t, Options{})
	m.Observe(failure("rate_limited", 429))
	p := scrape(t, m)
	for _, family := range []string{"error_count", "cache_hits", "cache_requests", "token_usage", "cost_total"} {
		p.is(t, 0, "litellm_"+family, seriesOfSuccess...)
	}
	for _, kind := range []string{"input", "output", "cache_read", "cache_write"} {
		p.is(t, 0, "litellm_token_usage", "type", kind)
	}
}

func TestObserveCache(t *testing.T) {
	t.Parallel()
	m := newMetrics(t, Options{})
	for _, cache := range []string{"miss", "hit", "hit", "bypass", "", "hit"} {
		r := success()
		r.Cache = cache
		m.Observe(r)
	}
	p := scrape(t, m)
	p.is(t, 3, "litellm_cache_hits")
	p.is(t, 4, "litellm_cache_requests")
	p.is(t, 0.75, "litellm_cache_hit_rate")
}

func TestObserveAttempts(t *testing.T) {
	t.Parallel()
	m := newMetrics(t, Options{})
	r := success()
	r.Attempts = nil
	for _, deployment := range []string{"a", "a", "a", "b", "b", "a"} {
		r.Attempts = append(r.Attempts, requestlog.Attempt{Deployment: deployment})
	}
	m.Observe(r)
	p := scrape(t, m)
	p.is(t, 3, "litellm_retries_total")
	p.is(t, 2, "litellm_fallbacks_total")
}

func TestObserveLeavesOutTimesNotTaken(t *testing.T) {
	t.Parallel()
	m := newMetrics(t, Options{})
	r := failure("canceled", 499)
	r.Duration, r.Overhead = 0, -1
	m.Observe(r)
	p := scrape(t, m)
	for _, family := range []string{"request_duration", "time_to_first_token", "overhead_duration"} {
		for _, s := range p["litellm_"+family].GetMetric() {
			if n := s.GetHistogram().GetSampleCount(); n != 0 {
				t.Errorf("%s has %d samples", family, n)
			}
		}
	}
}

func TestObserveUnknownModelsAreOneSeries(t *testing.T) {
	t.Parallel()
	m := newMetrics(t, Options{})
	for i := range 50 {
		r := failure("not_found", 404)
		r.Model, r.Deployment, r.Provider = name("made-up", i), "", name("p", i)
		m.Observe(r)
	}
	p := scrape(t, m)
	p.is(t, 50, "litellm_request_count", "model", "unknown", "provider", "", "deployment", "", "key", "ci")
	if n := len(p["litellm_request_count"].GetMetric()); n != 1 {
		t.Errorf("%d series, want 1", n)
	}
}

func TestObserveNamesKeys(t *testing.T) {
	t.Parallel()
	m := newMetrics(t, Options{})
	named, unnamed, none := success(), success(), success()
	unnamed.KeyName = ""
	none.KeyName, none.KeyID = "", ""
	for _, r := range []*requestlog.Record{named, unnamed, none} {
		m.Observe(r)
	}
	p := scrape(t, m)
	p.is(t, 1, "litellm_request_count", "key", "ci")
	p.is(t, 1, "litellm_request_count", "key", "k_1")
	p.is(t, 1, "litellm_request_count", "key", "")
	if n := len(p["litellm_request_duration"].GetMetric()); n != 1 {
		t.Errorf("%d histograms for three keys, want 1", n)
	}
}

func TestObserveIsBounded(t *testing.T) {
	t.Parallel()
	// Without the histograms: reading a million lines takes seconds.
	m := newMetrics(t, Options{Families: []string{
		"request_count", "error_count", "cost", "responses_total", "token_usage", "retries_total",
	}})
	const calls = maxSeries + 50
	r := success()
	for i := range calls {
		r.KeyName, r.Model = name("key", i), name("model", i)
		m.Observe(r)
		m.Observe(r)
	}
	p := scrape(t, m)
	for family, want := range map[string]int{
		"request_count": maxSeries + 1, "error_count": maxSeries + 1, "cost_total": maxSeries + 1,
		"responses_total": maxSeries + 1, "retries_total": maxSeries + 1,
		"token_usage": maxSeries + 4,
	} {
		if n := len(p["litellm_"+family].GetMetric()); n != want {
			t.Errorf("%s has %d series, want %d", family, n, want)
		}
	}
	p.is(t, 2*calls, "litellm_request_count")
	p.is(t, 100, "litellm_request_count", "key", "other", "model", "other", "deployment", "other")
	p.is(t, 100, "litellm_responses_total", "key", "other", "status", "200")
	p.is(t, 2*calls*100, "litellm_token_usage", "type", "input")
}

func TestObserveStatusesAreBounded(t *testing.T) {
	t.Parallel()
	m := newMetrics(t, Options{})
	for _, status := range []int{-1, 0, 99, 600, 1 << 40} {
		m.Observe(failure("upstream", status, 500))
	}
	p := scrape(t, m)
	p.is(t, 5, "litellm_responses_total", "status", "other")
	if n := len(p["litellm_responses_total"].GetMetric()); n != 1 {
		t.Errorf("%d series, want 1", n)
	}
}

func TestObserveTakesAnyText(t *testing.T) {
	t.Parallel()
	m := newMetrics(t, Options{})
	for range 20 { // the second one must find the series of the first
		r := success()
		r.Model, r.Team, r.KeyName = "m\xff\xfe\"\n", strings.Repeat("é", 300), "\xc3"
		m.Observe(r)
	}
	p := scrape(t, m)
	p.is(t, 20, "litellm_request_count", "model", "m\uFFFD\"\n", "key", "\uFFFD")
	if n := m.calls.requests.made; n != 1 {
		t.Errorf("%d sets of labels were made, want 1", n)
	}
}

func TestObserveTakesNegativeNumbers(t *testing.T) {
	t.Parallel()
	m := newMetrics(t, Options{})
	r := success()
	r.Usage, r.Cost = llm.Usage{Input: -1, Output: -1, CacheRead: -1, CacheWrite1h: -1}, -5
	m.Observe(r)
	scrape(t, m).is(t, 0, "litellm_cost_total")
}

func TestObserveConcurrently(t *testing.T) {
	t.Parallel()
	m := newMetrics(t, Options{})
	const workers, calls = 8, 500
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := range calls {
				r := success()
				r.KeyName, r.HTTPStatus = name("key", i%50), 200+i%7
				if w%2 == 0 {
					r.Cache = "hit"
				}
				m.CallStarted()
				m.Observe(r)
				m.CallEnded()
				if i%100 == 0 {
					scrape(t, m)
				}
			}
		})
	}
	wg.Wait()
	p := scrape(t, m)
	p.is(t, workers*calls, "litellm_request_count")
	p.is(t, workers*calls, "litellm_responses_total")
	p.is(t, 0.5, "litellm_cache_hit_rate")
	p.is(t, 0, "litellm_in_flight_requests")
	if n := len(p["litellm_request_count"].GetMetric()); n != 50 {
		t.Errorf("%d series, want 50", n)
	}
}

func FuzzObserve(f *testing.F) {
	f.Add("claude", "anthropic", "d1", "ci", "core", "upstream", 500, int64(5))
	f.Add("", "", "", "", "", "", 0, int64(0))
	f.Add("\xff", "\x00", "\"\\\n", "é", "{}", "canceled", -1, int64(-1))
	m := newMetrics(f, Options{})
	f.Fuzz(func(t *testing.T, model, provider, deployment, key, team, errorType string, status int, number int64) {
		m.Observe(&requestlog.Record{
			Status: requestlog.StatusError, ErrorType: errorType, HTTPStatus: status, Cache: errorType,
			Model: model, Provider: provider, Deployment: deployment, KeyName: key, Team: team,
			Usage: llm.Usage{Input: number, Output: number}, Cost: llm.NanoUSD(number), Duration: time.Duration(number),
		})
		if len(m.calls.series) < 100 { // reading thousands of series each time teaches nothing
			scrape(t, m)
		}
	})
}

func BenchmarkObserve(b *testing.B) {
	m := newMetrics(b, Options{})
	r := success()
	b.ReportAllocs()
	for b.Loop() {
		m.Observe(r)
	}
}

func BenchmarkObserveParallel(b *testing.B) {
	m := newMetrics(b, Options{})
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		r := success()
		for pb.Next() {
			m.Observe(r)
		}
	})
}

// BenchmarkObserveManyKeys is an instrument that is full.
func BenchmarkObserveManyKeys(b *testing.B) {
	m := newMetrics(b, Options{})
	records := make([]*requestlog.Record, 2*maxSeries)
	for i := range records {
		records[i] = success()
		records[i].KeyName = fmt.Sprintf("key-%d", i)
		m.Observe(records[i])
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		m.Observe(records[i%len(records)])
	}
}

func BenchmarkObserveRefused(b *testing.B) {
	m := newMetrics(b, Options{})
	r := failure("rate_limited", 429)
	b.ReportAllocs()
	for b.Loop() {
		m.Observe(r)
	}
}
