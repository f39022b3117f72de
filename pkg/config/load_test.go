package config

import (
	"errors"
	"io/fs"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/llm/catalog"
	"github.com/llmgw/llmgw/pkg/secret"
)

// loadText loads a configuration from text with the given environment; HOME is
// always set.
func loadText(t *testing.T, text string, env map[string]string) (*Config, Report, error) {
	t.Helper()
	all := map[string]string{"HOME": "/home/u"}
	maps.Copy(all, env)
	return load("test.yaml", []byte(text), Options{LookupEnv: lookup(all)}.withDefaults())
}

// mustLoad is loadText for a configuration without errors.
func mustLoad(t *testing.T, text string, env map[string]string) (*Config, Report) {
	t.Helper()
	cfg, report, err := loadText(t, text, env)
	if err != nil {
		t.Fatalf("load: %v", err)
	}
	return cfg, report
}

// revealed lets cmp look into secrets.
var revealed = cmp.Options{
	cmp.Comparer(func(a, b secret.Text) bool { return a.Reveal() == b.Reveal() }),
	cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }),
	cmp.Comparer(func(a, b *time.Location) bool { return a.String() == b.String() }),
	cmp.Comparer(func(a, b *catalog.Catalog) bool { return a == b }),
}

const fullFile = `
model_list:
  - model_name: sonnet
    litellm_params:
      model: claude-sonnet-5
      api_key: os.environ/KEY_A
      api_base: https://proxy.example.com/anthropic/
      timeout: 90
      stream_timeout: 15s
      max_retries: 4
      extra_headers: {x-team: "${TEAM:-none}"}
      drop_params: false
      max_tokens: 4096
      temperature: .70
      stop: [a, 'b"', 7]
      metadata: {user_id: os.environ/TEAM, n: 1e3, ok: True, none: null}
      seed: ${SEED}
      user: "${SEED}"
      input_cost_per_token: 3e-06
    model_info:
      id: one
      mode: chat
      max_tokens: 100
      max_input_tokens: 200_000
      base_model: anthropic/claude-sonnet-5
      input_cost_per_token: 1
      output_cost_per_token: 0.000015
      cache_creation_input_token_cost: 0.00000375
  - model_name: sonnet
    litellm_params: {model: openai/m, api_base: "http://localhost:8000/v1"}
  - model_name: anthropic/*
    litellm_params: {model: anthropic/*}
    model_info: {max_output_tokens: 5, max_tokens: 6}
litellm_settings: {drop_params: true, num_retries: 7, request_timeout: 100, cooldown_time: 1m, default_fallbacks: sonnet}
router_settings:
  num_retries: 0
  timeout: 60
  fallbacks: [{sonnet: [anthropic/claude-haiku-4-5, fast]}, {"*": fast}]
  model_group_alias: {fast: sonnet, slow: {model: sonnet, hidden: true}}
general_settings:
  master_key: sk-master
  data_dir: /data
  trusted_proxies: [10.1.2.3/8, "::1"]
security_settings:
  valid_api_keys: [sk-a, sk-b]
  max_budget: 1000.0
  budget_duration: monthly
  rpm_limit: 100
  tpm_limit: 10000
load_balancing_settings: {routing_strategy: round-robin}
rate_limit_settings:
  strategy: token_bucket
  burst_size: 3
  limits: [{key: sk-a, rpm: 1, max_parallel: 2}]
  default_limits: {rpm: 10, rpd: 50}
budget_settings:
  budgets: [{name: a, api_keys: sk-a, limit: 0.25, period: 2w, hard_limit: false}]
monitoring_settings:
  enable_prometheus: false
  prometheus_port: 9091
  prometheus: {enabled: true, port: 9090, prefix: llmgw_, metrics: [cost]}
`

func TestEverythingIsResolved(t *testing.T) {
	t.Parallel()
	cfg, report := mustLoad(t, fullFile, map[string]string{
		"KEY_A": "sk-ant-a", "TEAM": "blue", "SEED": "12", "OPENAI_API_KEY": "sk-oai", "ANTHROPIC_API_KEY": "sk-ant-env",
	})
	if len(report.Problems) != 0 {
		t.Errorf("problems:\n%s", render(report))
	}
	got := *cfg
	got.Document, got.Catalog = Document{}, nil
	got.CostTracking, got.Alerts = CostTracking{}, Alerts{} // these have tests of their own
	want := Config{
		File: "test.yaml", Files: []string{"test.yaml"}, Listen: DefaultListen,
		Models: []Model{
			{
				Path: "model_list[0]", Group: "sonnet", ID: "one", Provider: "anthropic", UpstreamModel: "claude-sonnet-5",
				APIBase: "https://proxy.example.com/anthropic", APIKey: secret.New("sk-ant-a"),
				Headers: map[string]secret.Text{"X-Team": secret.New("blue")},
				Mode:    "chat", BaseModel: "anthropic/claude-sonnet-5", MaxInputTokens: 200_000, MaxOutputTokens: 100,
				Params: []llm.Default{
					{Name: "max_tokens", Value: []byte("4096")},
					{Name: "temperature", Value: []byte("0.7")},
					{Name: "stop", Value: []byte(`["a","b\"",7]`)},
					{Name: "metadata", Value: []byte(`{"user_id":"blue","n":1e3,"ok":true,"none":null}`)},
					{Name: "seed", Value: []byte("12")},
					{Name: "user", Value: []byte(`"12"`)},
				},
				Terms: catalog.Terms{Rates: catalog.RateTerms{
					Input: new(llm.PicoUSD(3_000_000)), Output: new(llm.PicoUSD(15_000_000)), CacheWrite5m: new(llm.PicoUSD(3_750_000)),
				}},
				Timeout: 90 * time.Second, StreamTimeout: 15 * time.Second, Retries: 4,
			},
			{
				Path: "model_list[1]", Group: "sonnet", ID: "sonnet-74925efa", Provider: "openai", UpstreamModel: "m",
				APIBase: "http://localhost:8000/v1", APIKey: secret.New("sk-oai"),
				Timeout: time.Minute, StreamTimeout: time.Minute, DropParams: true,
			},
			{
				Path: "model_list[2]", Group: "anthropic/*", ID: "anthropic/*-52786811", Provider: "anthropic", UpstreamModel: "*",
				APIBase: "https://api.anthropic.com", APIKey: secret.New("sk-ant-env"), MaxOutputTokens: 5,
				Timeout: time.Minute, StreamTimeout: time.Minute, DropParams: true,
			},
		},
		Routing: Routing{
			Strategy: "round-robin", Cooldown: time.Minute,
			Aliases:          []Alias{{Name: "fast", Group: "sonnet"}, {Name: "slow", Group: "sonnet", Hidden: true}},
			Fallbacks:        []Fallback{{Group: "sonnet", To: []string{"anthropic/claude-haiku-4-5", "fast"}}, {Group: "*", To: []string{"fast"}}},
			DefaultFallbacks: []string{"sonnet"},
		},
		MasterKey:     secret.New("sk-master"),
		Keys:          []secret.Text{secret.New("sk-a"), secret.New("sk-b")},
		DefaultLimits: LimitSet{RPM: 10, TPM: 10000, RPD: 50},
		KeyLimits:     []KeyLimit{{APIKey: secret.New("sk-a"), Limits: LimitSet{RPM: 1, MaxParallel: 2}}},
		GatewayBudget: &Budget{Name: "gateway", Limit: 1000 * llm.USD, Period: "monthly", Location: time.UTC, Hard: true},
		Budgets: []Budget{{
			Name: "a", Keys: []secret.Text{secret.New("sk-a")}, Limit: llm.USD / 4, Period: "2w", Location: time.UTC, AlertThreshold: 0.8,
		}},
		Metrics: Metrics{Addr: "127.0.0.1:9090", Prefix: "llmgw_", Families: []string{"cost"}},
		DataDir: "/data", LogFile: "/data/requests.jsonl",
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")},
	}
	if diff := cmp.Diff(want, got, revealed); diff != "" {
		t.Errorf("Config (-want +got):\n%s", diff)
	}
}

func TestSwitchedOffSectionsDoNotApply(t *testing.T) {
	t.Parallel()
	cfg, _ := mustLoad(t, `
security_settings: {valid_api_keys: sk-a, rpm_limit: 5, max_budget: 1}
rate_limit_settings: {enabled: false, limits: [{api_key: sk-a, rpm: 1}], default_limits: {rpm: 2, rpd: 3}}
budget_settings: {enabled: false, budgets: [{name: a, api_keys: sk-a, limit: 1}]}
monitoring_settings: {enable_prometheus: false, prometheus_port: 9090}
log_settings: {enabled: false}
`, nil)
	if len(cfg.KeyLimits) != 0 || len(cfg.Budgets) != 0 || cfg.Metrics.Addr != "" || cfg.LogFile != "" {
		t.Errorf("limits %v, budgets %v, metrics %v, log %q: want none", cfg.KeyLimits, cfg.Budgets, cfg.Metrics, cfg.LogFile)
	}
	if want := (LimitSet{RPM: 5}); cfg.DefaultLimits != want {
		t.Errorf("DefaultLimits = %v, want %v", cfg.DefaultLimits, want)
	}
	if cfg.GatewayBudget == nil {
		t.Error("GatewayBudget is switched off too")
	}
}

func TestSwitchedOffSectionsAreChecked(t *testing.T) {
	t.Parallel()
	_, _, err := loadText(t, "budget_settings: {enabled: false, budgets: [{name: a, api_keys: sk-x, limit: 1}]}", nil)
	if err == nil || !strings.Contains(err.Error(), "valid_api_keys") {
		t.Errorf("err = %v, want one about the unknown key", err)
	}
}

func TestEmptyFilesAreConfigurations(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "# nothing\n", "---\n", "model_list:\ngeneral_settings:\n", "{}"} {
		cfg, report := mustLoad(t, text, nil)
		if len(cfg.Models) != 0 || len(report.Problems) != 1 {
			t.Errorf("%q: %d models, problems:\n%s", text, len(cfg.Models), render(report))
		}
	}
}

func TestUnreadableFilesAreNotInvalid(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	large := filepath.Join(dir, "large.yaml")
	if err := os.WriteFile(large, make([]byte, maxFile+1), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct{ file, want string }{
		"missing": {filepath.Join(dir, "none.yaml"), "no such file"},
		"folder":  {dir, "not a regular file"},
		"large":   {large, "larger than 4194304 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, report, err := Load(Options{File: tt.file, LookupEnv: lookup(nil)})
			if cfg != nil || len(report.Problems) != 0 || err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Load = %v, %v, %v; want an error with %q", cfg, report, err, tt.want)
			}
			if _, invalid := errors.AsType[*InvalidError](err); invalid {
				t.Error("an unreadable file is reported as an invalid one")
			}
			if name == "missing" && !errors.Is(err, fs.ErrNotExist) {
				t.Error("the error does not wrap fs.ErrNotExist")
			}
		})
	}
}

func TestDeploymentIDs(t *testing.T) {
	t.Parallel()
	ids := func(text string) []string {
		cfg, _ := mustLoad(t, "model_list:\n"+text, nil)
		var ids []string
		for _, m := range cfg.Models {
			ids = append(ids, m.ID)
		}
		return ids
	}
	const a = "  - {model_name: a, litellm_params: {model: openai/m, api_key: sk-1}}\n"
	const sameButKey = "  - {model_name: a, litellm_params: {model: openai/m, api_key: sk-2}}\n"
	const other = "  - {model_name: a, litellm_params: {model: openai/n, api_key: sk-1}}\n"
	alone := ids(a)
	if got := ids(sameButKey); got[0] != alone[0] {
		t.Errorf("another credential changes the id: %s, %s", alone[0], got[0])
	}
	all := ids(other + a + sameButKey)
	if all[1] != alone[0] {
		t.Errorf("entries before change the id: %s, %s", alone[0], all[1])
	}
	if all[0] == all[1] || all[2] != alone[0]+"-2" {
		t.Errorf("ids = %v, want three different ones, the last numbered", all)
	}
}

func TestAddressesComeFromTheVendorsVariables(t *testing.T) {
	t.Parallel()
	const entry = "model_list: [{model_name: a, litellm_params: {model: %s, api_key: k%s}}]"
	tests := map[string]struct {
		model, base string
		env         map[string]string
		want        string
		warning     string
	}{
		"own address":      {model: "claude-x", want: "https://api.anthropic.com"},
		"variable":         {model: "claude-x", env: map[string]string{"ANTHROPIC_BASE_URL": "https://p/"}, want: "https://p"},
		"LiteLLM's":        {model: "gpt-x", env: map[string]string{"OPENAI_API_BASE": "https://p/v1"}, want: "https://p/v1"},
		"file wins":        {model: "gpt-x", base: "https://f/v1", env: map[string]string{"OPENAI_BASE_URL": "https://p/v1"}, want: "https://f/v1"},
		"v1 too much":      {model: "claude-x", base: "https://f/v1", want: "https://f", warning: "does not end in /v1"},
		"v1 missing":       {model: "openai/x", base: "https://f/", want: "https://f", warning: "usually end in /v1"},
		"the gateway's":    {model: "claude-x", env: map[string]string{"ANTHROPIC_BASE_URL": "http://127.0.0.1:4000"}, want: "https://api.anthropic.com", warning: "gateway's own address"},
		"bad variable":     {model: "claude-x", env: map[string]string{"ANTHROPIC_BASE_URL": "Canary"}, want: "https://api.anthropic.com", warning: "does not begin with"},
		"provider by host": {model: "my-finetune", base: "https://api.openai.com/v1", want: "https://api.openai.com/v1"},
		"other port":       {model: "gpt-x", base: "http://localhost:4001/v1", want: "http://localhost:4001/v1"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			base := ""
			if tt.base != "" {
				base = ", api_base: '" + tt.base + "'"
			}
			text := strings.NewReplacer("%s}}]", base+"}}]", "%s", tt.model).Replace(entry)
			cfg, report := mustLoad(t, text, tt.env)
			if got := cfg.Models[0].APIBase; got != tt.want {
				t.Errorf("APIBase = %q, want %q", got, tt.want)
			}
			got := render(report)
			if (tt.warning == "") != (got == "") || !strings.Contains(got, tt.warning) || strings.Contains(got, "Canary") {
				t.Errorf("problems %q, want one with %q", got, tt.warning)
			}
		})
	}
}

func TestDatabaseURLs(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		file, env, want string
	}{
		"postgres":      {file: "postgres://u:Canary@h/d", want: "warning test.yaml:1:34: general_settings.database_url: PostgreSQL is not built yet: the embedded store is used"},
		"other":         {file: "mysql://u:Canary@h/d", want: "error test.yaml:1:34: general_settings.database_url: this kind of database"},
		"other by env":  {env: "mysql://u:Canary@h/d", want: "warning $DATABASE_URL: general_settings.database_url: this kind of database"},
		"env wins":      {file: "postgres://u:Canary@h/d", env: "oracle://x", want: "warning $DATABASE_URL: general_settings.database_url: this kind"},
		"no file":       {file: "sqlite://", want: "error test.yaml:1:34: general_settings.database_url: this names no database file"},
		"in memory":     {file: "'sqlite://:memory:'", want: "this names no database file"},
		"with options":  {file: "'sqlite:///x?mode=ro'", want: "this names no database file"},
		"file is empty": {file: "''", want: "warning test.yaml: model_list"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := ""
			if tt.file != "" {
				text = "general_settings: {database_url: " + tt.file + "}\n"
			}
			_, report, _ := loadText(t, text, map[string]string{"DATABASE_URL": tt.env})
			if got := render(report); !strings.Contains(got, tt.want) || strings.Contains(got, "Canary") {
				t.Errorf("problems:\n%swant one with %q", got, tt.want)
			}
		})
	}
}

func TestDatabaseFile(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"":                        "/data/llmgw.db",
		"postgres://u:p@h/d":      "/data/llmgw.db",
		"sqlite:///var/lib/x.db":  "/var/lib/x.db",
		"SQLite://relative/to.db": "relative/to.db",
	} {
		c := Config{DataDir: "/data"}
		c.Document.GeneralSettings.DatabaseURL = secret.New(url)
		if got := filepath.ToSlash(c.DatabaseFile()); got != want {
			t.Errorf("%q: the database is %q, want %q", url, got, want)
		}
	}
}
