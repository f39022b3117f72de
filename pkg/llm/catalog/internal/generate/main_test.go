package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fact makes a line of the table that is read, from some of its columns.
func fact(columns map[string]string) string {
	names := strings.Split(factColumns, "\t")
	cells := make([]string, len(names))
	for i, name := range names {
		cells[i] = columns[name]
	}
	return strings.Join(cells, "\t")
}

// generated runs the generator on facts and returns the lines of models.
func generated(t *testing.T, facts ...string) []string {
	t.Helper()
	rows, err := readFacts(strings.NewReader(factColumns + "\n" + strings.Join(facts, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	text := string(render(refine(rows)))
	text, ok := strings.CutPrefix(text, preamble)
	if !ok {
		t.Fatal("the preamble is missing")
	}
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}

func TestGenerateCorrects(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		fact map[string]string
		want string
	}{
		{
			name: "float dust is rounded off",
			fact: map[string]string{"provider": "openai", "input": "0.39999999999999997", "output": "1.5999999999999999", "as_of": "2026-04"},
			want: "openai m chat - - 0.4 1.6 - - - - - - - - - - - - - - litellm 2026-04",
		},
		{
			name: "a window that holds less than the output is the input limit",
			fact: map[string]string{"provider": "openai", "context_tokens": "128000", "max_output_tokens": "272000", "as_of": "2026-08"},
			want: "openai m chat 400000 272000 - - - - - - - - - - - - - - - - catwalk+ 2026-08",
		},
		{
			name: "elsewhere an output beyond the window is none",
			fact: map[string]string{"provider": "novita", "context_tokens": "8192", "max_output_tokens": "32000", "as_of": "2026-04"},
			want: "novita m chat 8192 8192 - - - - - - - - - - - - - - - - litellm+ 2026-04",
		},
		{
			name: "what puts nothing out has no limit of it",
			fact: map[string]string{"provider": "openai", "mode": "embedding", "context_tokens": "8191", "max_output_tokens": "3072", "as_of": "2026-04"},
			want: "openai m embedding 8191 - - - - - - - - - - - - - - - - - litellm+ 2026-04",
		},
		{
			name: "a window with a 0 too many",
			fact: map[string]string{"provider": "xai", "context_tokens": "20000000", "as_of": "2026-04"},
			want: "xai m chat 2000000 - - - - - - - - - - - - - - - - - litellm+ 2026-04",
		},
		{
			name: "anthropic: empty cache prices follow the input price",
			fact: map[string]string{"provider": "anthropic", "model": "claude", "input": "5", "output": "25", "as_of": "2026-08"},
			want: "anthropic claude chat - - 5 25 0.5 6.25 10 - - - - - - - - 0.01 - - catwalk+ 2026-08",
		},
		{
			name: "anthropic: a write price far from the rule is wrong, one that is rounded is not",
			fact: map[string]string{
				"provider": "anthropic", "model": "claude", "input": "0.25", "output": "1.25", "cache_read": "0.03",
				"cache_write_5m": "0.3", "cache_write_1h": "6", "as_of": "2026-04",
			},
			want: "anthropic claude chat - - 0.25 1.25 0.03 0.3 0.5 - - - - - - - - 0.01 - - litellm+ 2026-04",
		},
		{
			name: "anthropic: a read price below the rule is a discount",
			fact: map[string]string{
				"provider": "anthropic", "model": "claude", "input": "4", "output": "20", "cache_read": "0.2",
				"cache_write_5m": "5", "cache_write_1h": "8", "per_query_usd": "0.02", "as_of": "2026-08",
			},
			want: "anthropic claude chat - - 4 20 0.2 5 8 - - - - - - - - 0.02 - - catwalk 2026-08",
		},
		{
			name: "anthropic: the tier too",
			fact: map[string]string{
				"provider": "anthropic", "model": "claude", "input": "3", "output": "15", "tier_above_tokens": "200000",
				"tier_input": "6", "tier_output": "22.5", "as_of": "2026-04",
			},
			want: "anthropic claude chat - - 3 15 0.3 3.75 6 200000 6 22.5 0.6 7.5 12 - - 0.01 - - litellm+ 2026-04",
		},
		{
			name: "openai: a write price below the input price is the read price",
			fact: map[string]string{"provider": "openai", "input": "3.75", "output": "15", "cache_write_5m": "1.875", "as_of": "2026-04"},
			want: "openai m chat - - 3.75 15 1.875 - - - - - - - - - - - - - litellm+ 2026-04",
		},
		{
			name: "openai: the long window has a tier",
			fact: map[string]string{
				"provider": "openai", "model": "gpt-5.6-luna", "context_tokens": "1050000", "input": "1", "output": "6",
				"cache_read": "0.1", "capabilities": "vision,tools", "as_of": "2026-08",
			},
			want: "openai gpt-5.6-luna chat 1050000 - 1 6 0.1 1.25 - 272000 2 9 0.2 2.5 - - - - tools,vision - catwalk+ 2026-08",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for column, value := range map[string]string{"model": "m", "mode": "chat"} {
				if tt.fact[column] == "" {
					tt.fact[column] = value
				}
			}
			lines := generated(t, fact(tt.fact))
			cells := strings.Split(lines[0], "\t")
			for i, cell := range cells {
				if cell == "" {
					cells[i] = "-"
				}
			}
			if got := strings.Join(cells, " "); got != tt.want {
				t.Errorf("\n got %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestGenerateKeepsModelsOnly(t *testing.T) {
	t.Parallel()
	row := func(provider, model, mode, input string) string {
		return fact(map[string]string{"provider": provider, "model": model, "mode": mode, "input": input, "output": input, "as_of": "2026-04"})
	}
	lines := generated(t,
		row("openai", "gpt-5.6-sol", "chat", "5"),
		row("openai", "b", "chat", "1"),
		row("openai", "a", "responses", "1"),
		row("openai", "container", "chat", ""),
		row("openai", "sora", "video_generation", "1"),
		row("mistral", "m", "chat", "1"),
		row("palm", "text-bison", "completion", "1"),
		row("perplexity", "preset/fast-search", "responses", ""),
		row("anthropic", "z", "chat", "1"),
	)
	var got []string
	for _, l := range lines {
		cells := strings.Split(l, "\t")
		got = append(got, cells[0]+"/"+cells[1])
	}
	want := "anthropic/z mistral/m openai/a openai/b openai/gpt-5.6 openai/gpt-5.6-sol perplexity/preset/fast-search"
	if strings.Join(got, " ") != want {
		t.Errorf("kept %v, want %s", got, want)
	}
}

func TestReadFactsRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, table, want string }{
		{"nothing", "", "line 1"},
		{"other heading", "a\tb\n", "line 1"},
		{"short line", factColumns + "\na\tb\n", "line 2: 2 columns"},
		{"unknown month", factColumns + "\n" + fact(map[string]string{"as_of": "1999-01"}), "1999-01"},
		{"bad price", factColumns + "\n" + fact(map[string]string{"input": "x"}), "not an amount"},
		{"negative price", factColumns + "\n" + fact(map[string]string{"tier_input": "-1"}), "negative"},
		{"bad count", factColumns + "\n" + fact(map[string]string{"context_tokens": "1e3"}), "1e3"},
		{"negative count", factColumns + "\n" + fact(map[string]string{"max_output_tokens": "-3"}), "negative"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if _, err := readFacts(strings.NewReader(tt.table)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q in it", err, tt.want)
			}
		})
	}
}

func FuzzReadFacts(f *testing.F) {
	f.Add(factColumns + "\n" + fact(map[string]string{"provider": "anthropic", "model": "m", "mode": "chat", "input": "3", "as_of": "2026-04"}))
	f.Add(factColumns + "\n" + fact(map[string]string{"provider": "openai", "model": "gpt-5.6", "mode": "chat", "context_tokens": "1050000", "input": "9e12", "output": "1"}))
	f.Fuzz(func(t *testing.T, table string) {
		rows, err := readFacts(strings.NewReader(table))
		if err != nil {
			return
		}
		if !bytes.HasPrefix(render(refine(rows)), []byte(preamble)) {
			t.Fatal("the preamble is missing")
		}
	})
}

// TestEmbeddedDataIsUpToDate runs the generator on the facts it was last run on
// and compares.
func TestEmbeddedDataIsUpToDate(t *testing.T) {
	t.Parallel()
	facts := filepath.FromSlash("../../../../../../shared/data/models.tsv")
	if _, err := os.Stat(facts); errors.Is(err, fs.ErrNotExist) {
		t.Skipf("SKIPPED, nothing was compared: the table of facts %s is not here", facts)
	}
	out := filepath.Join(t.TempDir(), "models.tsv")
	if err := run(facts, out); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.FromSlash("../../models.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("models.tsv is not what the generator writes; run it")
	}
}

func TestRunReportsMissingFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := run(filepath.Join(dir, "none"), filepath.Join(dir, "out")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v, want that the file is missing", err)
	}
	in := filepath.Join(dir, "in")
	if err := os.WriteFile(in, []byte(factColumns), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run(in, filepath.Join(dir, "none", "out")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v, want that the folder is missing", err)
	}
}
