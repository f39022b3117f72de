package config

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llmgw/llmgw/pkg/secret"
)

// importFiles are the configurations that are converted in tests, by name.
func importFiles(t testing.TB) map[string][]byte {
	t.Helper()
	texts := map[string][]byte{}
	for _, pattern := range []string{"testdata/import/*.yaml", "testdata/import/*.json", "testdata/litellm/*.yaml", "../../configs/*.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			texts[file] = data
		}
	}
	if len(texts) < 6 {
		t.Fatalf("only %d files", len(texts))
	}
	return texts
}

func mustImport(t testing.TB, name string, data []byte) *Imported {
	t.Helper()
	im, err := Import(name, data, Options{})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return im
}

// TestImport compares the results, word by word, with the .want file beside each.
func TestImport(t *testing.T) {
	t.Parallel()
	for file, data := range importFiles(t) {
		if !strings.HasPrefix(file, "testdata/import") {
			continue
		}
		im := mustImport(t, filepath.Base(file), data)
		got := string(im.YAML) + "---\n"
		for _, f := range im.Findings {
			got += f.String() + "\n"
		}
		golden(t, file+".want", got)
	}
}

// importOptions are those with which the files load: variables have what their names
// tell.
func importOptions() Options {
	return Options{LookupEnv: func(name string) (string, bool) {
		switch {
		case name == "HOME":
			return "/h", true
		case name == "SOME_MODEL":
			return "echo/x", true
		case strings.HasPrefix(name, "LLMGW_"), strings.HasPrefix(name, "XDG_"), name == "REDIS_URL", name == "LITELLM_MASTER_KEY", name == "DATABASE_URL":
			return "", false
		case strings.Contains(name, "DATABASE"):
			return "postgres://h/d", true
		case strings.Contains(name, "_BASE"), strings.HasSuffix(name, "_URL"):
			return "http://h/v1", true
		default:
			return "sk-" + strings.ToLower(name), true
		}
	}}.withDefaults()
}

func TestImportedFilesLoad(t *testing.T) {
	t.Parallel()
	for file, data := range importFiles(t) {
		im := mustImport(t, file, data)
		_, report, _ := load("new.yaml", im.YAML, importOptions())
		for _, p := range report.Problems {
			if p.Severity == Error && p.Code != CodeUnsetVariable && p.Code != CodeBadFile {
				t.Errorf("%s: %v", file, p)
			}
		}
	}
}

// TestImportedFilesMeanTheSame compares what the file means before and after, but for
// what this version does not act upon.
func TestImportedFilesMeanTheSame(t *testing.T) {
	t.Parallel()
	o := importOptions()
	compared := 0
	for file, data := range importFiles(t) {
		before, _, err := load(file, data, o)
		if err != nil {
			continue
		}
		compared++
		after, report, err := load(file+".yaml", mustImport(t, file, data).YAML, o)
		if err != nil {
			t.Errorf("%s: %v\n%s", file, err, render(report))
			continue
		}
		if diff := cmp.Diff(meaning(before), meaning(after), revealed); diff != "" {
			t.Errorf("%s: -before +after:\n%s", file, diff)
		}
	}
	if compared < 4 {
		t.Errorf("only %d files load", compared)
	}
}

// meaning is a configuration without how it is written, and without what this version
// does not act upon.
func meaning(cfg *Config) *Config {
	c := *cfg
	c.File, c.Files, c.Document = "", nil, Document{CacheSettings: cfg.Document.CacheSettings}
	c.Catalog, c.Alerts, c.CostTracking = nil, Alerts{}, CostTracking{}
	c.Budgets = slices.Clone(c.Budgets)
	for i := range c.Budgets {
		c.Budgets[i].Location = nil
	}
	if c.GatewayBudget != nil {
		b := *c.GatewayBudget
		b.Location, c.GatewayBudget = nil, &b
	}
	c.RedisURL = secret.Text{}
	cache := &c.Document.CacheSettings
	cache.RedisURL, cache.MemcachedServers, cache.OnStoreFailure = secret.Text{}, nil, ""
	return &c
}

// TestImportLosesNothing looks for all comments, and everything that was dropped, among
// the comments.
func TestImportLosesNothing(t *testing.T) {
	t.Parallel()
	for file, data := range importFiles(t) {
		im := mustImport(t, file, data)
		for line := range strings.Lines(string(data)) {
			if text := strings.TrimSpace(line); strings.HasPrefix(text, "#") && !strings.Contains(string(im.YAML), text) {
				t.Errorf("%s: a comment is lost: %s", file, text)
			}
		}
		for _, f := range im.Findings {
			name := strings.TrimSuffix(section(f.Path[strings.LastIndexByte(f.Path, '.')+1:]), "[]")
			reason, _, _ := strings.Cut(f.Message, " (")
			if f.Action == Dropped && (!strings.Contains(string(im.YAML), name) || !strings.Contains(string(im.YAML), reason)) {
				t.Errorf("%s: it is lost: %v\n%s", file, f, im.YAML)
			}
		}
	}
}

func TestImportTwiceIsImportOnce(t *testing.T) {
	t.Parallel()
	for file, data := range importFiles(t) {
		once := mustImport(t, file, data)
		twice := mustImport(t, "again.yaml", once.YAML)
		if diff := cmp.Diff(string(once.YAML), string(twice.YAML)); diff != "" {
			t.Errorf("%s: -once +twice:\n%s", file, diff)
		}
		for _, f := range twice.Findings {
			if f.Action != Advice && f.Action != Wrong {
				t.Errorf("%s: the second time: %v", file, f)
			}
		}
	}
}

func TestImportRefusesWhatItCannotRead(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"a.yaml": "a: [", "b.json": "{", "c.yaml": "- a", "d.yaml": "a: *b"} {
		if im, err := Import(name, []byte(text), Options{}); err == nil {
			t.Errorf("%s is converted to %s", name, im.YAML)
		}
	}
	for _, text := range []string{"", "# nothing\n", "{}", "null"} {
		im := mustImport(t, "a.yaml", []byte(text))
		if _, _, err := load("b.yaml", im.YAML, Options{LookupEnv: emptyEnvironment}.withDefaults()); err != nil {
			t.Errorf("%q becomes %q: %v", text, im.YAML, err)
		}
	}
}

func TestImportFindingsShowNoSecret(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"canary": canaryFile, "layout": layoutFile} {
		for _, f := range mustImport(t, name, []byte(text)).Findings {
			if strings.Contains(f.String(), "Canary") {
				t.Errorf("a secret is shown: %v", f)
			}
		}
	}
}

func TestSecondFormsAreInTheSchema(t *testing.T) {
	t.Parallel()
	for _, m := range secondForms {
		for _, path := range []string{m.from, m.to} {
			if _, ok := schemaField(path); !ok {
				t.Errorf("the schema has no %s", path)
			}
		}
	}
	for _, path := range []string{"monitoring_settings.nothing", "model_list.model_name.b"} {
		if _, ok := schemaField(path); ok {
			t.Errorf("the schema has %s", path)
		}
	}
	if f, ok := schemaField("model_list[].litellm_params.model"); !ok || !f.required {
		t.Error("the schema does not require a model")
	}
}

// FuzzImport converts any text: the result, where there is one, can be read.
func FuzzImport(f *testing.F) {
	for _, data := range importFiles(f) {
		f.Add(data)
	}
	f.Add([]byte(layoutFile))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 4096 {
			t.Skip("long texts take long")
		}
		im, err := Import("f.yaml", data, Options{})
		if err != nil {
			return
		}
		if root := parse("g.yaml", im.YAML, &reporter{}); root == nil {
			t.Errorf("%q becomes %q", data, im.YAML)
		}
	})
}
