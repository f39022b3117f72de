package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReferencesAreExpanded(t *testing.T) {
	t.Parallel()
	refs := references{
		lookup: lookup(map[string]string{"A": "1", "EMPTY": "", "NESTED": "${A}", "BOTH": "env"}),
		own:    map[string]string{"BOTH": "own"},
	}
	for text, want := range map[string]string{
		"":                     "",
		"plain $A {A}":         "plain $A {A}",
		"os.environ/A":         "1",
		"os.environ/EMPTY":     "",
		"x os.environ/A":       "x os.environ/A",
		"${A}":                 "1",
		"-${A}-${A}-":          "-1-1-",
		"${A:-d}":              "1",
		"${UNSET:-d}":          "d",
		"${UNSET:-}":           "",
		"${EMPTY:-d}":          "d",
		"${UNSET:-a:-b}":       "a:-b",
		"$${A}":                "${A}",
		"$${A}${A}":            "${A}1",
		"$$${A}":               "$${A}",
		"${NESTED}":            "${A}",
		"os.environ/BOTH":      "own",
		"p${UNSET:-$}x":        "p$x",
		"trailing $":           "trailing $",
		"${A}${UNSET:-}${A}$}": "11$}",
	} {
		got, err := refs.expand(text)
		if err != nil || got != want {
			t.Errorf("expand(%q) = %q, %v; want %q", text, got, err, want)
		}
	}
}

func TestBadReferencesSayWhat(t *testing.T) {
	t.Parallel()
	refs := references{lookup: lookup(nil)}
	for _, text := range []string{"os.environ/UNSET", "${UNSET}", "a${UNSET}b"} {
		_, err := refs.expand(text)
		if unset, ok := errors.AsType[*unsetError](err); !ok || unset.name != "UNSET" {
			t.Errorf("expand(%q) = %v, want UNSET to be named", text, err)
		}
	}
	for _, text := range []string{"os.environ/", "os.environ/A B", "${", "${A", "${}", "${A-b:-c}", "${1A}", "${:-x}"} {
		if _, err := refs.expand(text); !errors.Is(err, errReference) {
			t.Errorf("expand(%q) = %v, want errReference", text, err)
		}
	}
}

func TestSecretsAreReadFromFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	env := map[string]string{"DIR": dir, "REF": "file:" + write("b", "sk-b\r\n")}
	cfg, _ := mustLoad(t, `
general_settings: {master_key: "file:${DIR}/a", data_dir: "file:/not/a/secret"}
security_settings: {valid_api_keys: [os.environ/REF, "file:relative", sk-c]}
environment_variables: {X: "file:`+write("a", "sk-a\n")+`"}
`, env)
	if got := cfg.MasterKey.Reveal(); got != "sk-a" {
		t.Errorf("master key = %q, want the content of the file", got)
	}
	if got := cfg.Keys[0].Reveal(); got != "sk-b" {
		t.Errorf("first key = %q, want the content of the file", got)
	}
	if got := cfg.Keys[1].Reveal(); got != "file:relative" {
		t.Errorf("second key = %q, want the text itself", got)
	}
	if got := cfg.DataDir; got != "file:/not/a/secret" {
		t.Errorf("data_dir = %q: it is no secret", got)
	}
	if got := cfg.Document.EnvironmentVariables["X"].Reveal(); got != "sk-a" {
		t.Errorf("environment_variables.X = %q, want the content of the file", got)
	}
	_, _, err := loadText(t, `general_settings: {master_key: "file:`+write("empty", "\n")+`"}`, nil)
	if err == nil || !strings.Contains(err.Error(), "is empty") {
		t.Errorf("an empty file gives %v", err)
	}
}

func TestOwnVariablesWinAndAreNotExported(t *testing.T) {
	t.Parallel()
	cfg, _ := mustLoad(t, `
model_list: [{model_name: a, litellm_params: {model: openai/m, api_key: os.environ/K}}]
environment_variables: {K: os.environ/OTHER, OPENAI_API_KEY: sk-own}
`, map[string]string{"K": "env", "OTHER": "other"})
	if got := cfg.Models[0].APIKey.Reveal(); got != "other" {
		t.Errorf("api_key = %q, want the file's own variable", got)
	}
	if os.Getenv("OPENAI_API_KEY") == "sk-own" {
		t.Error("environment_variables are put into the process's environment")
	}
}
