package config

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/llmgw/llmgw/pkg/llm"
)

// lay lays out a configuration that must load.
func lay(t *testing.T, text string, o Options) *Layout {
	t.Helper()
	o = o.withDefaults()
	o.trace = &trace{}
	cfg, report, err := load("f.yaml", []byte(text), o)
	if err != nil {
		t.Fatalf("%v\n%s", err, render(report))
	}
	return o.layout(cfg)
}

const layoutFile = `model_list:
  - model_name: a
    litellm_params:
      model: openai/m
      api_base: ${HOST}/v1
      max_retries: 1
      max_tokens: 4096
      metadata: {user_id: u, n: [1.0, "2"]}
      service_token: Canary-1
      extra_headers: {x-auth: "Bearer ${TOKEN:-Canary-2}"}
  - model_name: b
    litellm_params: {model: anthropic/claude-x, api_key: os.environ/KEY}
    model_info: {id: bee}
litellm_settings:
  num_retries: 3
  fallbacks: [{a: [b]}, {b: a}]
router_settings:
  model_group_alias: {"c:1": a, d: {model: b, hidden: true}}
general_settings:
  master_key:
  drain_timeout: 90
  hold_wait: 1
security_settings:
  valid_api_keys: Canary-3
environment_variables:
  OWN: Canary-4
  OPENAI_API_KEY: Canary-5
`

func layoutOptions() Options {
	return Options{
		LookupEnv: lookup(map[string]string{
			"HOME": "/h", "HOST": "https://h", "TOKEN": "Canary-6", "KEY": "Canary-7", "LLMGW_GENERAL_SETTINGS_HOLD_WAIT": "5m",
			"LITELLM_MASTER_KEY": "Canary-8", "ANTHROPIC_BASE_URL": "https://proxy",
		}),
		Overrides: map[string]string{"log_settings.compress": "false"},
	}
}

func TestEffectiveTellsWhatIsSetAndWhere(t *testing.T) {
	t.Parallel()
	l := lay(t, layoutFile, layoutOptions())
	var got strings.Builder
	for _, s := range l.Written().Settings() {
		fmt.Fprintf(&got, "%s = %s @ %s\n", s.Path, s.JSON(), s.Origin)
	}
	want := `model_list[0].model_name = "a" @ f.yaml:2:17
model_list[0].litellm_params.model = "openai/m" @ f.yaml:4:14
model_list[0].litellm_params.api_base = "https://h/v1" @ f.yaml:5:17 (${HOST})
model_list[0].litellm_params.num_retries = 1 @ f.yaml:6:20
model_list[0].litellm_params.extra_headers.x-auth = "********" @ f.yaml:10:31 (${TOKEN})
model_list[0].litellm_params.max_tokens = 4096 @ f.yaml:7:19
model_list[0].litellm_params.metadata.user_id = "u" @ f.yaml:8:27
model_list[0].litellm_params.metadata.n[0] = 1.0 @ f.yaml:8:34
model_list[0].litellm_params.metadata.n[1] = "2" @ f.yaml:8:39
model_list[0].litellm_params.service_token = "********" @ f.yaml:9:22
model_list[0].litellm_params.api_key = "********" @ f.yaml:27:19
model_list[1].model_name = "b" @ f.yaml:11:17
model_list[1].litellm_params.model = "anthropic/claude-x" @ f.yaml:12:29
model_list[1].litellm_params.api_key = "********" @ f.yaml:12:58 (os.environ/KEY)
model_list[1].litellm_params.api_base = "https://proxy" @ $ANTHROPIC_BASE_URL
model_list[1].model_info.id = "bee" @ f.yaml:13:22
litellm_settings.num_retries = 3 @ f.yaml:15:16
litellm_settings.fallbacks[0].a[0] = "b" @ f.yaml:16:20
litellm_settings.fallbacks[1].b[0] = "a" @ f.yaml:16:29
router_settings.num_retries = 3 @ f.yaml:15:16
router_settings.model_group_alias.c:1 = "a" @ f.yaml:18:30
router_settings.model_group_alias.d.model = "b" @ f.yaml:18:44
router_settings.model_group_alias.d.hidden = true @ f.yaml:18:55
general_settings.master_key = "********" @ $LITELLM_MASTER_KEY
general_settings.drain_timeout = "1m30s" @ f.yaml:21:18
general_settings.hold_wait = "5m" @ $LLMGW_GENERAL_SETTINGS_HOLD_WAIT
security_settings.valid_api_keys[0] = "********" @ f.yaml:24:19
log_settings.compress = false @ command line
environment_variables.OPENAI_API_KEY = "********" @ f.yaml:27:19
environment_variables.OWN = "********" @ f.yaml:26:8
`
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestEffectiveHasAllKeysWithDefaults(t *testing.T) {
	t.Parallel()
	l := lay(t, layoutFile, layoutOptions())
	found := map[string]Setting{}
	for _, s := range l.Settings() {
		if _, twice := found[s.Path]; twice {
			t.Errorf("%s stands there twice", s.Path)
		}
		found[s.Path] = s
	}
	for _, key := range overridables(reflect.TypeFor[Document](), "") {
		if _, ok := found[key.path]; !ok && !isInertKey(key.path) {
			t.Errorf("%s is missing", key.path)
		}
	}
	for path, want := range map[string]string{
		"general_settings.max_body_bytes":       `"32MiB"`,
		"general_settings.drain_delay":          `"0s"`,
		"general_settings.data_dir":             `"/h/.local/state/llmgw"`,
		"log_settings.file":                     `"/h/.local/state/llmgw/requests.jsonl"`,
		"log_settings.keep":                     "10",
		"router_settings.routing_strategy":      `"simple-shuffle"`,
		"router_settings.timeout":               `"1h40m"`,
		"security_settings.max_budget":          "null",
		"litellm_settings.drop_params":          "false",
		"cache_settings.scope":                  `"team"`,
		"budget_settings.budgets":               "null",
		"model_list[1].litellm_params.api_base": `"https://proxy"`,
	} {
		s, ok := found[path]
		if got := string(s.JSON()); !ok || got != want {
			t.Errorf("%s = %s, want %s", path, got, want)
		}
	}
	if s := found["general_settings.data_dir"]; !s.Origin.IsDefault() {
		t.Errorf("data_dir comes from %v", s.Origin)
	}
	for path := range found {
		if strings.HasPrefix(path, "model_list[0].litellm_params.input_cost") {
			t.Errorf("%s is not set, and listed", path)
		}
	}
}

// isInertKey reports whether a key, or a section around it, has no effect.
func isInertKey(path string) bool {
	for i, c := range path + "." {
		if f, ok := schemaField(path[:i]); c == '.' && ok && f.inert != "" {
			return true
		}
	}
	return false
}

// TestLayoutsShowNoSecret lays out a file that has a secret in every place for one.
func TestLayoutsShowNoSecret(t *testing.T) {
	t.Parallel()
	for name, l := range map[string]*Layout{
		"canary file": lay(t, canaryFile, Options{LookupEnv: lookup(canaryEnv)}),
		"layout file": lay(t, layoutFile, layoutOptions()),
	} {
		plain, err := l.YAML()
		if err != nil {
			t.Fatal(err)
		}
		annotated, err := l.AnnotatedYAML()
		if err != nil {
			t.Fatal(err)
		}
		encoded, err := json.Marshal(l)
		if err != nil {
			t.Fatal(err)
		}
		text := string(plain) + string(annotated) + string(encoded) + fmt.Sprintf("%v %+v %#v %+v", l, *l, l, l.Settings())
		if strings.Contains(text, "Canary-") {
			t.Errorf("%s: a secret is shown in %s", name, text)
		}
		if !strings.Contains(text, Mask) {
			t.Errorf("%s: there is no mask", name)
		}
	}
}

func TestAnnotatedYAML(t *testing.T) {
	t.Parallel()
	l := lay(t, "general_settings: {drain_timeout: 5}\nlitellm_settings: {default_fallbacks: []}\n", Options{LookupEnv: lookup(map[string]string{"HOME": "/h"})})
	got, err := l.Written().AnnotatedYAML()
	if err != nil {
		t.Fatal(err)
	}
	want := "litellm_settings:\n  default_fallbacks: [] # f.yaml:2:39\ngeneral_settings:\n  drain_timeout: 5s # f.yaml:1:35\n"
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	got, err = lay(t, "", Options{LookupEnv: lookup(map[string]string{"HOME": "/h"})}).Written().YAML()
	if err != nil || string(got) != "{}\n" {
		t.Errorf("an empty file is %q, %v", got, err)
	}
}

// TestLayoutsMeanTheSame reads back what a layout of a file without secrets writes.
func TestLayoutsMeanTheSame(t *testing.T) {
	t.Parallel()
	const file = `
model_list:
  - model_name: a
    litellm_params: {model: echo/hello, timeout: 1.5, num_retries: 0, temperature: 1.0, stop: ["on", "1"], input_cost_per_token: 3e-06, output_cost_per_token: 0.000000000001}
    model_info: {mode: chat, max_tokens: 5}
  - model_name: b
    litellm_params: {model: echo/long-5, drop_params: true}
router_settings: {fallbacks: [{a: [b]}], model_group_alias: {"no": a, x: {model: b, hidden: true}}}
general_settings: {data_dir: /d, max_body_bytes: 5000, trusted_proxies: 10.0.0.0/8}
security_settings: {max_budget: 12.5, budget_duration: 1mo}
monitoring_settings: {enable_prometheus: false, prometheus: {metrics: [cost]}}
`
	o := Options{LookupEnv: lookup(map[string]string{"HOME": "/h"})}
	before := lay(t, file, o)
	for name, write := range map[string]func() ([]byte, error){
		"yaml": before.YAML, "written": before.Written().YAML, "json": before.MarshalJSON,
	} {
		text, err := write()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(values(before), values(lay(t, string(text), o))); diff != "" {
			t.Errorf("%s: -before +after:\n%s\n%s", name, diff, text)
		}
	}
}

// values are the settings without their origins.
func values(l *Layout) map[string]string {
	all := map[string]string{}
	for _, s := range l.Settings() {
		all[s.Path] = string(s.JSON())
	}
	return all
}

func TestEffectiveReadsTheFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "gw.yaml")
	if err := os.WriteFile(file, []byte("model_list: [{model_name: a, litellm_params: {model: echo/a}}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	l, _, err := Effective(Options{File: file, LookupEnv: lookup(map[string]string{"HOME": "/h"})})
	if err != nil || l.File != file {
		t.Fatalf("Effective = %v, %v", l, err)
	}
	if _, _, err := Effective(Options{File: file + "x"}); err == nil {
		t.Error("a file that is not there is laid out")
	}
	l, _, err = Effective(Options{LookupEnv: lookup(map[string]string{"HOME": "/h"})})
	if err != nil || l.File != "" || l.Written().Settings()[0].Origin.String() != "built-in configuration:2:17" {
		t.Errorf("the built-in configuration: %+v, %v", l, err)
	}
}

func TestFormatsCanBeReadBack(t *testing.T) {
	t.Parallel()
	for _, d := range []time.Duration{0, time.Nanosecond, 1500 * time.Millisecond, time.Minute, 90 * time.Second, time.Hour, 25*time.Hour + time.Second, maxDuration} {
		if got, err := parseDuration(formatDuration(d)); err != nil || got != d {
			t.Errorf("%v is written %s", d, formatDuration(d))
		}
	}
	for _, n := range []Bytes{0, 1, 1000, 1024, 1025, 32 << 20, 1 << 30, 3 << 40, 1<<63 - 1} {
		text, _ := formatBytes(n)
		if got, err := parseBytes(text); err != nil || got != n {
			t.Errorf("%d is written %s", n, text)
		}
	}
	for _, p := range []llm.PicoUSD{0, 1, 3_000_000, 1_000_000_000_000, 1_500_000_000_000, 1<<63 - 1} {
		if got, err := parsePrice(formatPrice(p)); err != nil || got != p {
			t.Errorf("%d is written %s", p, formatPrice(p))
		}
	}
}

func TestReferenceText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"os.environ/A": "os.environ/A", "${A}": "${A}", "x${A:-secret}y${B}": "${A} ${B}", "$${A}": "", "plain": "",
		"file:/run/x": "file:/run/x", "${A:-}$${B}": "${A}",
	} {
		if got := referenceText(&node{kind: scalarKind, text: text}); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
	if got := referenceText(&node{kind: scalarKind, text: "${A}", final: true}); got != "" {
		t.Errorf("from a variable: %q", got)
	}
}

func TestVariables(t *testing.T) {
	t.Parallel()
	got := Variables(Options{LookupEnv: lookup(map[string]string{"LLMGW_DATA_DIR": "/d", "LITELLM_MASTER_KEY": "x", "LLMGW_LOG_SETTINGS_KEEP": ""})})
	byName := map[string]Variable{}
	for _, v := range got {
		byName[v.Name] = v
	}
	for _, want := range []Variable{
		{"LLMGW_GENERAL_SETTINGS_DATA_DIR", "general_settings.data_dir", false},
		{"LLMGW_DATA_DIR", "general_settings.data_dir", true},
		{"LITELLM_MASTER_KEY", "general_settings.master_key", true},
		{"LLMGW_LOG_SETTINGS_KEEP", "log_settings.keep", false},
	} {
		if byName[want.Name] != want {
			t.Errorf("%+v, want %+v", byName[want.Name], want)
		}
	}
}

func TestEffectiveTellsWhereElseAValueComesFrom(t *testing.T) {
	t.Parallel()
	const file = `model_list:
  - model_name: a
    litellm_params: {model: gpt-4o, litellm_credential_name: c}
litellm_settings: {cache: true, cache_params: {ttl: 60}, request_timeout: 30, max_budget: 7}
monitoring_settings: {slack_webhook_url: https://hooks.example.com, prometheus_port: 9123}
credential_list:
  - {credential_name: c, credential_values: {api_key: Canary-1}}
`
	l := lay(t, file, Options{LookupEnv: lookup(map[string]string{"HOME": "/h"})})
	found := map[string]Setting{}
	for _, s := range l.Settings() {
		found[s.Path] = s
	}
	for path, want := range map[string]string{
		"model_list[0].litellm_params.api_key": `"********" f.yaml:7:55`,
		"cache_settings.type":                  `"memory" f.yaml:4:27`,
		"cache_settings.cache_ttl":             `"1m" f.yaml:4:53`,
		"cache_settings.scope":                 `"team" default`,
		"monitoring_settings.prometheus.port":  `9123 f.yaml:5:86`,
		"model_list[0].litellm_params.model":   `"openai/gpt-4o" f.yaml:3:29`,
		"router_settings.timeout":              `"30s" f.yaml:4:75`,
		"security_settings.max_budget":         `7 f.yaml:4:91`,
	} {
		s := found[path]
		if got := string(s.JSON()) + " " + s.Origin.String(); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
	for _, s := range l.Written().Settings() {
		if s.Path == "model_list[0].litellm_params.model" && s.Value != "gpt-4o" {
			t.Errorf("%s is written", s.Value)
		}
	}
	if !found["monitoring_settings.slack_webhook_url"].Inert || found["cache_settings.type"].Inert {
		t.Error("what has no effect is not told")
	}
}

// FuzzEffective lays out whatever loads: what is written of it is YAML and JSON, and it
// differs in nothing from itself.
func FuzzEffective(f *testing.F) {
	for _, text := range []string{layoutFile, diffFile, canaryFile, "", "model_list: [{model_name: a, litellm_params: {model: echo/a, extra_body: {a: [1]}}}]"} {
		f.Add([]byte(text))
	}
	env := layoutOptions().LookupEnv
	f.Fuzz(func(t *testing.T, data []byte) {
		o := Options{LookupEnv: env, trace: &trace{}}.withDefaults()
		cfg, _, err := load("f.yaml", data, o)
		if err != nil {
			return
		}
		l := o.layout(cfg)
		text, err := l.AnnotatedYAML()
		if err != nil || parse("g.yaml", text, &reporter{}) == nil {
			t.Errorf("%v: %q is laid out as %q", err, data, text)
		}
		if encoded, _ := l.MarshalJSON(); !json.Valid(encoded) {
			t.Errorf("%q is laid out as %q", data, encoded)
		}
		if found := Diff(l, l); len(found) > 0 {
			t.Errorf("%q differs from itself: %v", data, found)
		}
	})
}
