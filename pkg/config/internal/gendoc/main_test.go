package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestConfigurationPageIsUpToDate(t *testing.T) {
	t.Parallel()
	want, err := generate(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "docs", "configuration.md"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("docs/configuration.md is stale: run go generate ./pkg/config")
	}
}

func TestPageShowsEachKindOfKey(t *testing.T) {
	t.Parallel()
	page, err := generate(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"## `model_list[].litellm_params`\n",
		"## `general_settings.tls`\n",
		"## `environment_variables`\n",
		"- **`num_retries`**, also `max_retries` *(whole number; at least 0; at most 100)* is how often",
		"- **any other key** *(any value)* are request parameters",
		"- **`input_cost_per_token`** *(price in USD)* is the price",
		"- **`drain_timeout`** *(duration; default `30s`)* is how long",
		"one of `admit`, `refuse`; default `admit`",
		"one of `memory`, `none`; not built yet: `redis`, `memcached`",
		", for which `memory` is used)* is where answers are kept",
		"**Not effective in this version: no alerts are sent.**",
		"## `monitoring_settings.alerts.slack`\n\n`slack` sends alerts to Slack. **Not effective",
		"| `unknown-key` | a key that nobody knows. |\n",
		"- **`valid_api_keys`** *(list of secrets)* are the keys",
		"- **`name`** *(text; required)* is",
	} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

func TestSchemaWithoutCommentsIsRefused(t *testing.T) {
	t.Parallel()
	for name, source := range map[string]string{
		"has no comment": "package p\n\ntype Document struct {\n\tA string `yaml:\"a\"`\n}\n",
		"has no tag":     "package p\n\ntype Document struct {\n\t// A is a key.\n\tA string\n}\n",
		"does not begin": "package p\n\ntype Document struct {\n\t// The key.\n\tA string `yaml:\"a\"`\n}\n",
		"no struct":      "package p\n",
		"parse":          "package\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "schema.go"), []byte(source), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := generate(dir)
			if err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("generate = %v, want an error with %q", err, name)
			}
		})
	}
}

func TestCodesWithoutCommentsAreRefused(t *testing.T) {
	t.Parallel()
	for name, source := range map[string]string{
		"does not begin with": "package p\n\nconst (\n\tCodeA = \"a\"\n)\n",
		"does not say":        "package p\n\nconst (\n\t// CodeA has no word for it.\n\tCodeA = \"a\"\n)\n",
		"no constant of its":  "package p\n\nconst (\n\t// CodeA and CodeB are two.\n\tCodeA, CodeB = \"a\", \"b\"\n)\n",
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "codes.go"), []byte(source), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := readCodes(dir); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("readCodes = %v, want an error with %q", err, name)
		}
	}
	if _, err := readCodes(t.TempDir()); err == nil {
		t.Error("codes are read from an empty folder")
	}
}
