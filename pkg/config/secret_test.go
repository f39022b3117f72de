package config

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
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
      aws_access_key_id: Canary-10
      aws_secret_access_key: Canary-11
      aws_session_token: Canary-12
      azure_ad_token: Canary-13
      client_secret: Canary-14
  - model_name: b
    litellm_params:
      model: vertex_ai/gemini-2.5-pro
      vertex_credentials: {private_key: Canary-15}
      litellm_credential_name: shared
credential_list:
  - {credential_name: shared, credential_values: {api_key: Canary-16, aws_secret_access_key: Canary-17}}
litellm_settings:
  success_callback: https://h/Canary-18
  cache_params: {password: Canary-19, url: redis://:Canary-20@h}
router_settings: {redis_url: redis://:Canary-21@h, redis_password: Canary-22}
cache_settings: {redis_url: redis://:Canary-23@h}
monitoring_settings:
  slack_webhook_url: https://h/Canary-24
  smtp_password: Canary-25
  email: {smtp_password: Canary-26}
  alerts:
    slack: {webhook_url: https://h/Canary-27}
    email: {smtp_password: Canary-28}
general_settings:
  master_key: Canary-3
  database_url: postgres://u:Canary-4@h/d
  redis_url: redis://:Canary-29@h
  cache: redis://:Canary-30@h
  alert_to_webhook_url: {budget_alerts: https://h/Canary-31}
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
	"DATABASE_URL": "", "OPENAI_API_KEY": "Canary-9", "LITELLM_MASTER_KEY": "", "REDIS_URL": "redis://:Canary-32@h",
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

// TestBrokenFilesShowNoSecret breaks the file in many places: cut off, with a
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
	marks := []string{"*", "!", "\"", "[", "#", "\n", "${", ","}
	for i := range canaryFile {
		switch i % 6 { // a third of it, so that the race detector is done in time
		case 0:
			check(canaryFile[:i])
		case 2:
			check(canaryFile[:i] + canaryFile[i+1:])
		case 4:
			check(canaryFile[:i] + marks[i/6%len(marks)] + canaryFile[i+1:])
		default: // the next one
		}
		if canaryFile[i] == ':' {
			for _, mark := range marks {
				check(canaryFile[:i] + mark + canaryFile[i+1:])
			}
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
	for file, want := range map[string]map[string]int{
		"1-basic.yaml":    {CodeExampleSecret: 3, CodeNotImplemented: 1},
		"2-detailed.yaml": {CodeExampleSecret: 4, CodeNotImplemented: 4, CodeNotEffective: 12},
		"3-advanced.yaml": {CodeExampleSecret: 4, CodeNotImplemented: 1, CodeNoEffect: 1, CodeNotEffective: 4},
		"4-combined.yaml": {CodeExampleSecret: 4, CodeNotImplemented: 5, CodeNoEffect: 1, CodeNotEffective: 16},
	} {
		cfg, report, err := Load(Options{File: filepath.Join(dir, file), LookupEnv: lookup(env)})
		if err != nil {
			t.Errorf("%s: err = %v", file, err)
			continue
		}
		got := map[string]int{}
		for _, p := range report.Problems {
			got[p.Code]++
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: warnings by code (-want +got):\n%s\n%s", file, diff, render(report))
		}
		if len(cfg.Models)+len(cfg.Inactive) != len(cfg.Document.ModelList) {
			t.Errorf("%s: %d models and %d left out", file, len(cfg.Models), len(cfg.Inactive))
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
