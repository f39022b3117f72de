package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSumMetric(t *testing.T) {
	t.Parallel()
	const text = "# HELP calls_total x\n# TYPE calls_total counter\ncalls_total{model=\"a } b\",key=\"k\"} 2\ncalls_total 3e1\ncalls_total_other 5\n"
	if got, err := sumMetric([]byte(text), "calls_total"); got != 32 || err != nil {
		t.Errorf("got %v, %v, want 32", got, err)
	}
	if got, err := sumMetric([]byte(text), "calls"); got != 0 || err != nil {
		t.Errorf("of none: %v, %v", got, err)
	}
	if _, err := sumMetric([]byte("calls_total many\n"), "calls_total"); err == nil {
		t.Error("no error for a value that is no number")
	}
}

func TestCheckLog(t *testing.T) {
	t.Parallel()
	const good = `{"status":"success","cost":0.0016}`
	for _, tt := range []struct{ name, log, want string }{
		{"priced", good + "\n" + good + "\n", ""},
		{"empty", "", "last line"},
		{"refused", good + "\n" + `{"status":"error","cost":0}`, `status "error"`},
		{"unpriced", `{"status":"success"}`, "cost 0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "requests.jsonl")
			if err := os.WriteFile(path, []byte(tt.log), 0o600); err != nil {
				t.Fatal(err)
			}
			err := checkLog(path)
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
	if err := checkLog(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("no error for a log that is not there")
	}
}
