package config

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// canaryFile has a secret in every place for one. Each begins with Canary.
const canaryFile = `
model_list:
  - model_name: a
    litellm_params:
      model: openai/m
      api_key: Canary-1
      api_base: https://h/v1
      extra_headers: {x-auth: Canary-2}
general_settings:
  master_key: Canary-3
  database_url: postgres://u:Canary-4@h/d
security_settings:
  valid_api_keys:
    - Canary-5
    - os.environ/CANARY_ENV
    - ${CANARY_OWN}
rate_limit_settings:
  limits:
    - {api_key: Canary-5, rpm: 1}
budget_settings:
  budgets: [{name: b, api_keys: [Canary-5], limit: 1}]
environment_variables:
  CANARY_OWN: Canary-6
`

// canaryEnv is the environment of canaryFile.
var canaryEnv = map[string]string{
	"HOME": "/h", "CANARY_ENV": "Canary-7", "ANTHROPIC_BASE_URL": "https://u:Canary-8@h",
	"DATABASE_URL": "", "OPENAI_API_KEY": "Canary-9", "LITELLM_MASTER_KEY": "",
}

// shown is everything that is ever printed of a configuration.
func shown(cfg *Config, report Report, err error) string {
	text := fmt.Sprintf("%v %+v %#v %s %v", cfg, cfg, cfg, render(report), err)
	if cfg != nil {
		text += fmt.Sprintf("%+v %#v %v", *cfg, *cfg, cfg.Models)
		encoded, jsonErr := json.Marshal(cfg)
		text += string(encoded) + fmt.Sprint(jsonErr)
	}
	encoded, jsonErr := json.Marshal(report)
	return text + string(encoded) + fmt.Sprint(jsonErr)
}

func TestSecretsAreNeverShown(t *testing.T) {
	t.Parallel()
	cfg, report, err := load("f.yaml", []byte(canaryFile), Options{LookupEnv: lookup(canaryEnv)}.withDefaults())
	if err != nil {
		t.Fatal(err)
	}
	if got := shown(cfg, report, err); strings.Contains(got, "Canary-") {
		t.Errorf("a secret is shown: %s", got)
	}
	if cfg.Models[0].APIKey.Reveal() != "Canary-1" || cfg.Keys[2].Reveal() != "Canary-6" {
		t.Error("the secrets were not read: the test proves nothing")
	}
}

// TestBrokenFilesShowNoSecret breaks the file in every place: cut off, with a
// character that means something to YAML, or without a character.
func TestBrokenFilesShowNoSecret(t *testing.T) {
	t.Parallel()
	o := Options{LookupEnv: lookup(canaryEnv)}.withDefaults()
	check := func(text string) {
		cfg, report, err := load("f.yaml", []byte(text), o)
		if got := shown(cfg, report, err); strings.Contains(got, "Canary-") {
			at := strings.Index(got, "Canary-")
			t.Errorf("a secret is shown: %.400v\n…%s…\nof\n%s", err, got[max(0, at-60):at+20], text)
		}
	}
	for i := range canaryFile {
		check(canaryFile[:i])
		check(canaryFile[:i] + canaryFile[i+1:])
		for _, c := range []string{"*", "!", "\"", "[", "#", "\n", "${", ","} {
			check(canaryFile[:i] + c + canaryFile[i+1:])
		}
	}
}

func TestSecretsInOverridesAreNotShown(t *testing.T) {
	t.Parallel()
	env := map[string]string{
		"HOME": "/h", "LLMGW_GENERAL_SETTINGS_DATABASE_URL": "mysql://Canary-1", "LITELLM_MASTER_KEY": "Canary- 2",
	}
	o := Options{LookupEnv: lookup(env), Overrides: map[string]string{"general_settings.master_key": "Canary-\x003"}}
	cfg, report, err := load("f.yaml", nil, o.withDefaults())
	if err == nil {
		t.Fatal("the bad secrets are accepted")
	}
	if got := shown(cfg, report, err); strings.Contains(got, "Canary-") {
		t.Errorf("a secret is shown: %s", got)
	}
}

func TestExampleSecretsOfTheSeedFilesAreWarnings(t *testing.T) {
	t.Parallel()
	dir := filepath.Join("..", "..", "..", "shared", "seed")
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("SKIPPED: the example configurations are missing: %v", err)
	}
	env := map[string]string{
		"HOME": "/h", "ANTHROPIC_API_KEY": "sk-ant", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b",
		"GOOGLE_APPLICATION_CREDENTIALS": "c", "VERTEX_PROJECT_ID": "d", "SMTP_PASSWORD": "e",
	}
	for file, want := range map[string]struct{ warnings, unsupported int }{
		"1-basic.yaml":    {warnings: 4},
		"2-detailed.yaml": {warnings: 5, unsupported: 16},
		"3-advanced.yaml": {warnings: 5, unsupported: 5},
		"4-combined.yaml": {warnings: 6, unsupported: 21},
	} {
		_, report, err := Load(Options{File: filepath.Join(dir, file), LookupEnv: lookup(env)})
		if (err == nil) != (want.unsupported == 0) {
			t.Errorf("%s: err = %v", file, err)
		}
		warnings, unsupported := 0, 0
		for _, p := range report.Problems {
			switch {
			case p.Severity == Warning:
				warnings++
			case strings.Contains(p.Message, "is not supported by this version of llmgw"):
				unsupported++
			default:
				t.Errorf("%s: unexpected: %v", file, p)
			}
		}
		if warnings != want.warnings || unsupported != want.unsupported {
			t.Errorf("%s: %d warnings and %d unsupported, want %+v:\n%s", file, warnings, unsupported, want, render(report))
		}
	}
}

// TestConfigsLoadCleanly loads every file of configs/, with the variables set
// that the file refers to: no error, no warning.
func TestConfigsLoadCleanly(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("..", "..", "configs", "*.yaml"))
	if err != nil || len(files) < 2 {
		t.Fatalf("configs/ has %d files: %v", len(files), err)
	}
	set := func(name string) (string, bool) {
		switch {
		case name == "HOME":
			return "/h", true
		case strings.HasPrefix(name, "LLMGW_"), strings.HasSuffix(name, "_URL"), strings.HasSuffix(name, "_BASE"), strings.HasPrefix(name, "XDG_"):
			return "", false
		default:
			return "sk-value-of-" + name, true
		}
	}
	for _, file := range files {
		cfg, report, err := Load(Options{File: file, LookupEnv: set})
		if err != nil || len(report.Problems) != 0 {
			t.Errorf("%s has problems:\n%s%v", file, render(report), err)
			continue
		}
		if len(cfg.Models) == 0 || len(cfg.Keys) == 0 {
			t.Errorf("%s: %d models and %d keys", file, len(cfg.Models), len(cfg.Keys))
		}
	}
}

func TestEchoConfigNeedsNoVariables(t *testing.T) {
	t.Parallel()
	file := filepath.Join("..", "..", "configs", "echo.yaml")
	if _, report, err := Load(Options{File: file, LookupEnv: lookup(map[string]string{"HOME": "/h"})}); err != nil || len(report.Problems) != 0 {
		t.Errorf("problems:\n%s", render(report))
	}
}
