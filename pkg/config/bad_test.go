package config

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write what is found into the .want files")

// lookup makes an environment of a map.
func lookup(env map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		value, ok := env[name]
		return value, ok
	}
}

// render lists a report's problems with their severities.
func render(report Report) string {
	var b strings.Builder
	for _, p := range report.Problems {
		b.WriteString(p.Severity.String() + " " + p.String() + "\n")
	}
	return b.String()
}

// renderCoded lists a report's problems with their severities and codes.
func renderCoded(report Report) string {
	var b strings.Builder
	for _, p := range report.Problems {
		b.WriteString(p.Severity.String() + " " + p.Code + " " + p.String() + "\n")
	}
	return b.String()
}

// TestBadFilesAreReported loads testdata/*.bad.* and compares the whole report,
// word by word, with the .want file beside each.
func TestBadFilesAreReported(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.bad.*")
	if err != nil {
		t.Fatal(err)
	}
	files = without(files, ".want")
	total := 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		env := map[string]string{"HOME": "/home/u", "OPENAI_API_KEY": "sk-Canary-env", "SET_TO_CANARY": "Canary-value"}
		cfg, report, err := load(filepath.Base(file), data, Options{LookupEnv: lookup(env)}.withDefaults())
		total += len(report.Problems)
		if cfg != nil || err == nil {
			t.Errorf("%s: loads, want an error", file)
		}
		got := renderCoded(report)
		if strings.Contains(got, "Canary") {
			t.Errorf("%s: a secret is shown in:\n%s", file, got)
		}
		golden(t, file+".want", got)
	}
	if total < 100 {
		t.Errorf("the bad files have %d problems together, want at least 100", total)
	}
}

// without leaves out the names that end in suffix.
func without(names []string, suffix string) []string {
	var kept []string
	for _, name := range names {
		if !strings.HasSuffix(name, suffix) {
			kept = append(kept, name)
		}
	}
	return kept
}

// golden compares got with a file, or writes the file with -update.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}
