package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// loadFiles writes files into a folder and loads main.yaml of them. The folder is left
// out of what is reported.
func loadFiles(t *testing.T, files map[string]string) (*Config, string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	env := lookup(map[string]string{"HOME": "/h", "PART": "part.yaml"})
	cfg, report, _ := Load(Options{File: filepath.Join(dir, "main.yaml"), LookupEnv: env})
	return cfg, strings.ReplaceAll(renderCoded(report), dir+string(filepath.Separator), "")
}

func entry(name string) string {
	return fmt.Sprintf("model_list: [{model_name: %s, litellm_params: {model: echo/hello}}]\n", name)
}

func TestIncludedFilesArePutTogether(t *testing.T) {
	t.Parallel()
	cfg, problems := loadFiles(t, map[string]string{
		"main.yaml": "include: [sub/a.yaml, b.json, '${PART}']\n" + entry("m") +
			"log_settings: {keep: 1}\nrouter_settings: {num_retries: 1}\n",
		"sub/a.yaml": "include: c.yaml\n" + entry("a"),
		"b.json":     `{"model_list": [{"model_name": "b", "litellm_params": {"model": "echo/hello"}}], "log_settings": {"max_size_mb": 5}}`,
		"c.yaml":     entry("c") + "security_settings: {rpm_limit: 7}\n",
		"part.yaml":  "rate_limit_settings:\n",
	})
	if cfg == nil {
		t.Fatal(problems)
	}
	var names []string
	for _, m := range cfg.Models {
		names = append(names, m.Group)
	}
	if got := strings.Join(names, " "); got != "m a b c" {
		t.Errorf("models %q, want those of all files", got)
	}
	doc := cfg.Document
	if doc.LogSettings.MaxSizeMB != 5 || doc.LogSettings.Keep != 10 || cfg.DefaultLimits.RPM != 7 || cfg.Routing.Retries != 1 {
		t.Errorf("log_settings %+v, limits %+v, retries %d", doc.LogSettings, cfg.DefaultLimits, cfg.Routing.Retries)
	}
	want := "warning include-replaces b.json:1:82: log_settings: this takes the place of the whole section in main.yaml:3:15 (keep one of them)\n"
	if diff := cmp.Diff(want, problems); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	if len(cfg.Files) != 5 || filepath.Base(cfg.Files[0]) != "main.yaml" || filepath.Base(cfg.Files[4]) != "c.yaml" {
		t.Errorf("Files = %v", cfg.Files)
	}
	if got := doc.Include; len(got) != 3 || got[2] != "part.yaml" {
		t.Errorf("include = %v, want that of the main file with its references replaced", got)
	}
}

func TestIncludesThatGoWrong(t *testing.T) {
	t.Parallel()
	many := "include:" + strings.Repeat("\n  - part.yaml", 3) + "\n"
	crowd := map[string]string{"main.yaml": entry("m") + "include:"}
	for i := range maxIncludes + 1 {
		name := fmt.Sprintf("f%d.yaml", i)
		crowd["main.yaml"] += "\n  - " + name
		crowd[name] = ""
	}
	for name, tt := range map[string]struct {
		files map[string]string
		want  string
	}{
		"cycle": {
			map[string]string{"main.yaml": entry("m") + "include: [a.yaml]", "a.yaml": "include: [b.yaml]", "b.yaml": "\ninclude:\n  - a.yaml\n"},
			"error include-cycle b.yaml:3:5: include[0]: a.yaml includes itself (remove it)\n",
		},
		"cycle with the main file": {
			map[string]string{"main.yaml": entry("m") + "include: [a.yaml]", "a.yaml": "include: [./main.yaml]"},
			"error include-cycle a.yaml:1:11: include[0]: main.yaml includes itself (remove it)\n",
		},
		"twice": {
			map[string]string{"main.yaml": entry("m") + many, "part.yaml": ""},
			"warning no-effect main.yaml:4:5: include[1]: part.yaml is included already, and is read once (remove one)\n" +
				"warning no-effect main.yaml:5:5: include[2]: part.yaml is included already, and is read once (remove one)\n",
		},
		"missing": {
			map[string]string{"main.yaml": entry("m") + "include: [a.yaml]", "a.yaml": "include: [none.yaml]"},
			"error bad-file a.yaml:1:11: include[0]: read the included file: open none.yaml: no such file or directory (name a readable file, relative to the folder of main.yaml)\n",
		},
		"no YAML": {
			map[string]string{"main.yaml": entry("m") + "include: [a.yaml]", "a.yaml": "a: [\n"},
			"error yaml-syntax a.yaml:2:1: not valid YAML: did not find expected node content\n",
		},
		"no map": {
			map[string]string{"main.yaml": entry("m") + "include: [a.yaml]", "a.yaml": "- a\n"},
			"error wrong-type a.yaml:1:1: a configuration must be a map, this is a list (begin with a section such as model_list:)\n",
		},
		"wrong in an included file": {
			map[string]string{"main.yaml": entry("m") + "include: [a.yaml]", "a.yaml": "general_settings:\n  drain_timeout: soon\n"},
			"error bad-duration a.yaml:2:18: general_settings.drain_timeout: the value \"soon\" is not a duration (write seconds such as 30, or 30s, 5m, 1h)\n",
		},
		"not a list": {
			map[string]string{"main.yaml": entry("m") + "include: {a: b}"},
			"error wrong-type main.yaml:2:10: include: a list is wanted here, not a map (write its items below it, each as - VALUE)\n",
		},
		"an empty item": {
			map[string]string{"main.yaml": entry("m") + "include: [a.yaml, ]\n", "a.yaml": "include: [~]"},
			"",
		},
		"an unset variable": {
			map[string]string{"main.yaml": entry("m") + "include: ['${NOWHERE}']"},
			"error unset-variable main.yaml:2:11: include[0]: environment variable NOWHERE is not set (export it, or write ${NAME:-default})\n",
		},
		"too many": {
			crowd,
			"error bad-file main.yaml:67:5: include[64]: more than 64 files are included (put some together)\n",
		},
		"a folder": {
			map[string]string{"main.yaml": entry("m") + "include: [sub]", "sub/a.yaml": ""},
			"error bad-file main.yaml:2:11: include[0]: read the included file: sub is not a regular file (name a readable file, relative to the folder of main.yaml)\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, got := loadFiles(t, tt.files); got != tt.want {
				t.Errorf("problems:\n%swant:\n%s", got, tt.want)
			}
		})
	}
}

func TestIncludedFilesAreBoundedTogether(t *testing.T) {
	t.Parallel()
	files := map[string]string{"main.yaml": entry("m") + "include:"}
	for i := range 5 {
		name := fmt.Sprintf("f%d.yaml", i)
		files["main.yaml"] += "\n  - " + name
		files[name] = "#" + strings.Repeat("x", maxFile-1)
	}
	if _, got := loadFiles(t, files); !strings.Contains(got, "include[4]: the included files are larger than 16777216 bytes together") {
		t.Errorf("problems:\n%s", got)
	}
}
