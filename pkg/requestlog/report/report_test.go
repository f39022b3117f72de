package report

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/llmgw/llmgw/pkg/requestlog"
)

// source is a log in memory, which may be compressed.
func source(name string, log []byte) Source {
	return Source{Name: name, Open: func() (io.ReadCloser, error) { return requestlog.Decompress(bytes.NewReader(log)) }}
}

func analyze(t testing.TB, o Options, logs ...[]byte) *Report {
	t.Helper()
	var sources []Source
	for i, log := range logs {
		sources = append(sources, source(fmt.Sprint("log", i), log))
	}
	r, err := Analyze(t.Context(), sources, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func gzipped(t testing.TB, log []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write(log)
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zstded(t testing.TB, log []byte) []byte {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return w.EncodeAll(log, nil)
}

func mustFilter(t testing.TB, text string) *Filter {
	t.Helper()
	f, err := NewFilter(text, nil)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// A report equals an independent computation to the digit.
func TestReportIsRight(t *testing.T) {
	t.Parallel()
	const n = 200_000
	for _, tt := range []struct {
		name  string
		lines int
		write writer
	}{
		{"ours", n, ours},
		{"of others", 20_000, others},
		{"of LiteLLM", 20_000, litellm},
		{"mixed", 20_000, mixed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			lines := tt.lines
			if testing.Short() {
				lines = 5000
			}
			log, broken := generate(lines, tt.write)
			huge := `{"status":"success","error":"` + strings.Repeat("x", requestlog.MaxLine) + `"}` + "\n"
			log = append(log, huge...)
			want := newIndependent()
			want.add(log, nil)
			if want.broken != broken+1 {
				t.Fatalf("%d lines are broken, %d were made so", want.broken, broken+1)
			}
			logs := map[string][]byte{"plain": log}
			if tt.name == "mixed" {
				logs["gzip"], logs["zstd"] = gzipped(t, log), zstded(t, log)
			}
			for name, text := range logs {
				got := analyze(t, Options{}, text)
				if diff := cmp.Diff(want.summary(), got.Summary); diff != "" {
					t.Errorf("%s (-want +got):\n%s", name, diff)
				}
				if got.Lines != want.lines || got.Broken != want.broken || len(got.Faults) != min(int(want.broken), maxFaults) || got.Faults[0].Line != 501 {
					t.Errorf("%s: %d lines, %d broken, first %v", name, got.Lines, got.Broken, got.Faults)
				}
			}
		})
	}
}

// Groups, times and expressions change what is added up, not how.
func TestGroupsAreRight(t *testing.T) {
	t.Parallel()
	log, _ := generate(5_000, mixed)
	since, until := time.Date(2026, 3, 1, 0, 30, 0, 0, time.UTC), time.Date(2026, 3, 1, 1, 29, 59, 999_000_000, time.UTC)
	got := analyze(t, Options{
		Since: since, Until: until, By: []string{"model", "hour"}, Where: mustFilter(t, `status == "error" || duration > 1000`), Workers: 3,
	}, log, log)
	if len(got.Groups) != 4*2 {
		t.Fatalf("%d groups", len(got.Groups))
	}
	all, groups := newIndependent(), map[string]*independent{}
	all.add(slices.Concat(log, log), func(l *ourLine) bool {
		ms, _ := l.Duration.Float64()
		if l.Timestamp == nil || l.Timestamp.Before(since) || l.Timestamp.After(until) || l.Status != "error" && ms <= 1000 {
			return false
		}
		key := l.Model + l.Timestamp.Format("2006-01-02T15:00Z")
		if groups[key] == nil {
			groups[key] = newIndependent()
		}
		groups[key].call(l)
		return true
	})
	for _, g := range got.Groups {
		if diff := cmp.Diff(groups[g.Values[0]+g.Values[1]].summary(), g.Summary); diff != "" {
			t.Errorf("%v (-want +got):\n%s", g.Values, diff)
		}
	}
	if diff := cmp.Diff(all.summary(), got.Summary); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestEmptyLog(t *testing.T) {
	t.Parallel()
	got := analyze(t, Options{By: []string{"model"}}, nil)
	if diff := cmp.Diff(&Report{By: []string{"model"}, Faults: []Fault{}}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got.ErrorRate() != 0 || got.PerSecond() != 0 || got.EstimatedShare() != 0 {
		t.Errorf("%v %v %v", got.ErrorRate(), got.PerSecond(), got.EstimatedShare())
	}
}

// line makes a line with a status and the given members.
func line(members string) string { return `{"status":"success"` + members + "}\n" }

func TestRefusedCallsCount(t *testing.T) {
	t.Parallel()
	got := analyze(t, Options{}, []byte(
		`{"status":"error","error_type":"rate_limited"}`+"\n"+
			`{"status":"error","error_type":"rate_limited","attempts":[{"deployment":"a","status":429,"ms":1}]}`+"\n"+
			`{"status":"error","error_type":"budget_exceeded","attempts":[{"deployment":"a","status":500,"ms":1}]}`+"\n"+
			`{"status":"error","error_type":"upstream"}`+"\n"+`{"status":"pending"}`+"\n"+line("")))
	if got.Total != 6 || got.Failed != 4 || got.Refused != 2 || got.Successful != 1 {
		t.Errorf("%+v", got.Summary)
	}
}

func TestBoundsAreInclusive(t *testing.T) {
	t.Parallel()
	log := []byte(line(`,"timestamp":"2026-03-01T00:00:00Z"`) + line(`,"timestamp":"2026-03-01T00:00:00.001Z"`) +
		line(`,"timestamp":"2026-03-01T02:00:00.002+02:00"`) + line("") + line(`,"timestamp":"2026-03-01T00:00:00.002001Z"`))
	at := func(ms int) time.Time { return time.Date(2026, 3, 1, 0, 0, 0, ms*1e6, time.UTC) }
	for _, tt := range []struct {
		since, until time.Time
		want         int64
	}{
		{time.Time{}, time.Time{}, 5},
		{at(0), time.Time{}, 4},
		{at(1), at(2), 2},
		{at(2), at(2), 1},
		{time.Time{}, at(0), 1},
		{at(0).Add(time.Nanosecond), time.Time{}, 3},
		{at(3), time.Time{}, 0},
	} {
		if got := analyze(t, Options{Since: tt.since, Until: tt.until}, log); got.Total != tt.want {
			t.Errorf("%v to %v: %d, want %d", tt.since, tt.until, got.Total, tt.want)
		}
	}
}

func TestDimensions(t *testing.T) {
	t.Parallel()
	log := []byte(line(`,"timestamp":"2026-12-31T23:30:00Z","model":"m\u00e4\n","key_id":"k1","http_status":429,"stream":true,"stop_reason":"end","request_id":"r"`))
	berlin := time.FixedZone("", 3600)
	for by, want := range map[string]string{
		"model": "mä\n", "key": "k1", "http_status": "429", "stream": "true", "minute": "2027-01-01T00:30+01:00", "hour": "2027-01-01T00:00+01:00",
		"day": "2027-01-01", "week": "2026-W53", "month": "2027-01", "team": "", "status": "success", "request_id": "r", "stop_reason": "end",
	} {
		got := analyze(t, Options{By: []string{by}, Zone: berlin}, log)
		if len(got.Groups) != 1 || got.Groups[0].Values[0] != want {
			t.Errorf("by %s: %+v, want %q", by, got.Groups, want)
		}
	}
	for _, name := range Dimensions() {
		if got := analyze(t, Options{By: []string{name}}, []byte(line(""))); len(got.Groups) != 1 || got.Groups[0].Total != 1 {
			t.Errorf("by %s: %+v", name, got.Groups)
		}
	}
	if err := CheckDimensions([]string{"model", "colour"}); err == nil || !strings.Contains(err.Error(), `"colour"`) {
		t.Errorf("err = %v", err)
	}
	if err := CheckDimensions([]string{"model", "key", "model"}); err == nil {
		t.Error("twice the same is taken")
	}
}

func TestSort(t *testing.T) {
	t.Parallel()
	log := []byte(line(`,"model":"a","cost":2,"duration":1`) + line(`,"model":"a","cost":1,"duration":1`) + line(`,"model":"b","cost":9,"duration":5`) +
		`{"status":"error","model":"c","duration":7,"input_tokens":5}` + "\n")
	for order, want := range map[Order]string{
		ByName: "abc", ByRequests: "abc", ByErrors: "cab", ByErrorRate: "cab", ByCost: "bac", ByMax: "cba", ByP50: "cba", ByTokens: "cab",
		ByP95: "cba", ByP99: "cba", ByAverage: "cba", ByInput: "cab", ByOutput: "abc",
	} {
		r := analyze(t, Options{By: []string{"model"}}, log)
		if err := r.Sort(order); err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, g := range r.Groups {
			got += g.Values[0]
		}
		if got != want {
			t.Errorf("%s: %s, want %s", order, got, want)
		}
	}
	if len(comparisons()) != len(Orders()) {
		t.Error("an order is not compared")
	}
	if err := (&Report{}).Sort("colour"); err == nil {
		t.Error("sorted by colour")
	}
	if DefaultOrder([]string{"day", "model"}) != ByName || DefaultOrder([]string{"model", "day"}) != ByRequests {
		t.Error("default order")
	}
}

func TestFaultsHaveTheirPlaces(t *testing.T) {
	t.Parallel()
	good := []byte(strings.Repeat(line(`,"error":"`+strings.Repeat("e", 1000)+`"`), 5000))
	log := slices.Concat(good, []byte("broken\n"), good, []byte("\r\n"), good, []byte(`{"status":"success"`))
	got := analyze(t, Options{Workers: 4}, good, log)
	var places []string
	for _, f := range got.Faults {
		places = append(places, fmt.Sprint(f.Source, ":", f.Line))
		if !errors.Is(f.Err, requestlog.ErrRecord) {
			t.Errorf("%v", f.Err)
		}
	}
	if want := []string{"log1:5001", "log1:10002", "log1:15003"}; !slices.Equal(places, want) || got.Broken != 3 || got.Total != 20_000 {
		t.Errorf("%v, %d broken, %d calls", places, got.Broken, got.Total)
	}
}

func TestAnalyzeFails(t *testing.T) {
	t.Parallel()
	log, _ := generate(20_000, ours)
	cut := gzipped(t, log)
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	for _, tt := range []struct {
		name   string
		ctx    context.Context
		source Source
		o      Options
		want   string
	}{
		{"cut gzip", t.Context(), source("old.gz", cut[:len(cut)/2]), Options{}, "read old.gz: unexpected EOF"},
		{"not there", t.Context(), Source{Name: "x", Open: func() (io.ReadCloser, error) { return nil, errors.New("open x: not there") }}, Options{}, "open x: not there"},
		{"canceled", canceled, source("log", log), Options{}, "context canceled"},
		{"dimension", t.Context(), source("log", log), Options{By: []string{"colour"}}, `grouped by "colour"`},
		{"expression", t.Context(), source("log", log), Options{Where: mustFilter(t, `attempts[7].status == 1`)}, "index out of range"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if _, err := Analyze(tt.ctx, []Source{source("good", log), tt.source}, tt.o); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("err = %v, want %s", err, tt.want)
			}
		})
	}
}

func TestSumsDoNotOverflow(t *testing.T) {
	t.Parallel()
	big := line(`,"input_tokens":9223372036854775807,"output_tokens":9223372036854775807,"cost":9000000000,"duration":315360000000`)
	got := analyze(t, Options{}, []byte(strings.Repeat(big, 100)))
	if got.Tokens.Total() <= 0 || got.Cost <= 0 || got.Latency.Average != maxDuration || got.Latency.P95 != maxDuration {
		t.Errorf("%+v", got.Summary)
	}
}

func BenchmarkAnalyze(b *testing.B) {
	log, _ := generate(50_000, ours)
	foreign, _ := generate(50_000, litellm)
	for _, bench := range []struct {
		name string
		log  []byte
		o    Options
	}{
		{"all", log, Options{Workers: 1}},
		{"by model", log, Options{Workers: 1, By: []string{"model"}}},
		{"by hour and key", log, Options{Workers: 1, By: []string{"hour", "key"}}},
		{"where", log, Options{Workers: 1, Where: mustFilter(b, `status == "error" && model startsWith "claude"`)}},
		{"LiteLLM", foreign, Options{Workers: 1}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.SetBytes(int64(len(bench.log)))
			for b.Loop() {
				analyze(b, bench.o, bench.log)
			}
		})
	}
}
