package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/llmgw/llmgw/test/bench/report"
	"github.com/llmgw/llmgw/test/bench/subject"
)

// TestMain lets the test binary be what the benchmark starts: its own mock, and
// a gateway.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case subject.MockFlag:
			os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
		case "serve":
			os.Exit(fakeGateway(os.Args))
		}
	}
	os.Exit(m.Run())
}

// fakeFault is the environment variable that makes the fake gateway misbehave.
const fakeFault = "FAKE_GATEWAY_FAULT"

// fakeGateway keeps to the contract that the benchmark relies on, and does no
// more: it passes calls on, and answers echo/hello itself.
func fakeGateway(args []string) int {
	flags := map[string]string{}
	for i := 2; i+1 < len(args); i += 2 {
		flags[args[i]] = args[i+1]
	}
	ln, err := net.Listen("tcp", flags["--listen"])
	if err != nil {
		panic(err)
	}
	h := http.HandlerFunc(fakeEcho)
	if file := flags["--config"]; file != "" {
		h = fakeProxy(file)
	}
	if err := os.WriteFile(flags["--addr-file"], []byte(ln.Addr().String()), 0o600); err != nil {
		panic(err)
	}
	panic(http.Serve(ln, h))
}

func fakeEcho(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer "+os.Getenv("LLMGW_MASTER_KEY") {
		w.WriteHeader(http.StatusUnauthorized)
	}
}

// fakeProxy passes calls to the first api_base of the configuration.
func fakeProxy(file string) http.HandlerFunc {
	conf, err := os.ReadFile(file)
	if err != nil {
		panic(err)
	}
	base, err := url.Parse(regexp.MustCompile(`http://[0-9.:]+`).FindString(string(conf)))
	if err != nil {
		panic(err)
	}
	var calls atomic.Int64
	data := filepath.Join(filepath.Dir(file), "data")
	if err := errors.Join(os.Mkdir(data, 0o700), os.WriteFile(filepath.Join(data, "requests.jsonl"), []byte(`{"status":"success","cost":0.1}`), 0o600)); err != nil {
		panic(err)
	}
	proxy := &httputil.ReverseProxy{FlushInterval: -1, Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(base) }}
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Ratelimit-Limit-Requests", strconv.Itoa(subject.KeyRPM))
		if r.URL.Path == "/metrics" {
			fmt.Fprintf(w, "litellm_request_count{model=\"a b\"} %d\nlitellm_request_count{model=\"c\"} 1\nlitellm_cost_total 0.5\n", calls.Load()-1)
			return
		}
		if os.Getenv(fakeFault) != "forget" || calls.Load() == 0 {
			calls.Add(1)
		}
		if os.Getenv(fakeFault) == "refuse" {
			http.Error(w, "no budget left", http.StatusTooManyRequests)
			return
		}
		// ReverseProxy with the client's own body cuts a stream now and then, which
		// is a find of this benchmark and no fault to test with.
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		proxy.ServeHTTP(w, r)
		if os.Getenv(fakeFault) == "append" {
			_, _ = io.WriteString(w, ": one more\n\n") // fails where the answer has a length, which is a fault too
		}
	}
}

// newTestLab is a benchmark of a moment, with the fake gateway.
func newTestLab(t *testing.T, only string, env ...string) *lab {
	t.Helper()
	path, err := lookNginx()
	if err != nil {
		t.Skipf("SKIPPED: %v", err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	o, err := parse([]string{"-quick", "-seconds", "0.05", "-gateway", self, "-run", only}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	l, err := newLab(o, path, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	l.gatewayEnv = append(l.gatewayEnv, env...)
	t.Cleanup(func() {
		if err := l.close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

func TestEverythingIsMeasured(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("SKIPPED: -short; opens a thousand streams")
	}
	l := newTestLab(t, "")
	if err := l.measure(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, f := range l.report.Failures {
		t.Errorf("%s, %s: %s", f.Name, f.Subject, f.Text)
	}
	for _, name := range []string{
		"bytes/openai", "bytes/openai-without-usage", "bytes/anthropic",
		"cpu/openai/1k", "cpu/openai/60k", "cpu/openai/stream", "cpu/anthropic/1k", "cpu/anthropic/60k", "cpu/anthropic/stream",
		"latency/p50", "books", "memory/bodies", "memory/streams", "startup",
	} {
		f := l.report.Find(name, llmgw)
		if f == nil || len(f.Samples) == 0 {
			t.Errorf("%s: %+v, want samples", name, f)
			continue
		}
		// In so short a time nginx may use less CPU than the kernel counts in.
		cpu := strings.HasPrefix(name, "cpu")
		if f.Goal == nil && !cpu {
			t.Errorf("%s has no goal", name)
		}
		if v := f.Median(); v < 0 || v == 0 && !cpu && !strings.HasPrefix(name, "b") {
			t.Errorf("%s = %v", name, v)
		}
	}
	if f := l.report.Find("memory/bodies", llmgw); f != nil && f.Median() < heldBodies*largeBody/megabyte {
		t.Errorf("256 bodies of 60 KiB in %v MB", f.Median())
	}
}

func TestFaultsAreFailures(t *testing.T) {
	t.Parallel()
	tests := []struct{ fault, only, want string }{
		{"refuse", "^cpu/openai/1k", "status 429"},
		{"refuse", "^latency", "status 429"},
		{"refuse", "^memory/streams", "status 429"},
		{"forget", "^books|^bytes", "3 calls made, 1 in its metrics"},
		{"append", "^bytes/anthropic", "not the provider's"},
		{"append", "^cpu/openai/stream", "want"},
	}
	for _, tt := range tests {
		t.Run(tt.fault+" "+tt.only, func(t *testing.T) {
			t.Parallel()
			l := newTestLab(t, tt.only, fakeFault+"="+tt.fault)
			if err := l.measure(t.Context()); err != nil {
				t.Fatal(err)
			}
			if !slices.ContainsFunc(l.report.Failures, func(f report.Failure) bool {
				return f.Subject == llmgw && strings.Contains(f.Text, tt.want)
			}) {
				t.Errorf("failures %+v, want %q", l.report.Failures, tt.want)
			}
			for _, f := range l.report.Failures {
				if f.Subject != llmgw {
					t.Errorf("%s failed too: %s", f.Subject, f.Text)
				}
			}
		})
	}
}

func TestRunExitsByWhatItFound(t *testing.T) {
	t.Parallel()
	if _, err := lookNginx(); err != nil {
		t.Skipf("SKIPPED: %v", err)
	}
	out := filepath.Join(t.TempDir(), "new", "bench.json")
	var stdout, stderr strings.Builder
	if code := run([]string{"-quick", "-seconds", "0.05", "-run", "bytes", "-out", out}, &stdout, &stderr); code != exitOK {
		t.Fatalf("exit %d: %s", code, stderr.String())
	}
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	var got report.Report
	if err := json.Unmarshal(b, &got); err != nil || len(got.Figures) != 3 || got.Failures == nil {
		t.Errorf("%v: %s", err, b)
	}
	if !strings.Contains(stdout.String(), "bytes/anthropic") || !strings.Contains(stderr.String(), "bytes/anthropic") {
		t.Errorf("stdout %q, stderr %q, want table and progress", stdout.String(), stderr.String())
	}
}

func TestRunRefuses(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		args []string
		code int
		want string
	}{
		"no seconds":     {[]string{"-seconds", "-1"}, exitUsage, "above 0"},
		"too long":       {[]string{"-seconds", "601"}, exitUsage, "at most 600"},
		"arguments":      {[]string{"llmgw"}, exitUsage, "no arguments"},
		"unknown flag":   {[]string{"-wrk"}, exitUsage, "not defined"},
		"bad expression": {[]string{"-run", "("}, exitUsage, "missing closing"},
		"help":           {[]string{"-h"}, exitOK, "-gateway"},
		"no nginx there": {[]string{"-nginx", "/no/such/nginx", "-run", "^bytes"}, exitFailed, "/no/such/nginx"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var stderr strings.Builder
			if code := run(tt.args, io.Discard, &stderr); code != tt.code || !strings.Contains(stderr.String(), tt.want) {
				t.Errorf("exit %d, %q, want %d, %q", code, stderr.String(), tt.code, tt.want)
			}
		})
	}
}
