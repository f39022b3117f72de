package config

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestLayersWinInOrder(t *testing.T) {
	t.Parallel()
	const file = "general_settings: {data_dir: /file, hold_wait: 1}\n"
	for name, tt := range map[string]struct {
		env       map[string]string
		overrides map[string]string
		want      string
	}{
		"file":         {want: "/file"},
		"shorthand":    {env: map[string]string{"LLMGW_DATA_DIR": "/short"}, want: "/short"},
		"path":         {env: map[string]string{"LLMGW_DATA_DIR": "/short", "LLMGW_GENERAL_SETTINGS_DATA_DIR": "/path"}, want: "/path"},
		"command line": {env: map[string]string{"LLMGW_GENERAL_SETTINGS_DATA_DIR": "/path"}, overrides: map[string]string{"general_settings.data_dir": "/flag"}, want: "/flag"},
		"empty":        {env: map[string]string{"LLMGW_DATA_DIR": ""}, want: "/file"},
		"literal":      {env: map[string]string{"LLMGW_DATA_DIR": "/a${B}"}, want: "/a${B}"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, _, err := load("f.yaml", []byte(file), Options{LookupEnv: lookup(tt.env), Overrides: tt.overrides}.withDefaults())
			if err != nil {
				t.Fatal(err)
			}
			if cfg.DataDir != tt.want {
				t.Errorf("DataDir = %q, want %q", cfg.DataDir, tt.want)
			}
			if got := cfg.Document.GeneralSettings.HoldWait; got != time.Second {
				t.Errorf("HoldWait = %v: what was not overridden has changed", got)
			}
		})
	}
}

func TestMasterKeyVariables(t *testing.T) {
	t.Parallel()
	cfg, _ := mustLoad(t, "general_settings: {master_key: sk-file}", map[string]string{"LITELLM_MASTER_KEY": "sk-litellm"})
	if got := cfg.MasterKey.Reveal(); got != "sk-litellm" {
		t.Errorf("master key = %q, want sk-litellm", got)
	}
	cfg, _ = mustLoad(t, "", map[string]string{"LITELLM_MASTER_KEY": "sk-litellm", "LLMGW_MASTER_KEY": "sk-own"})
	if got := cfg.MasterKey.Reveal(); got != "sk-own" {
		t.Errorf("master key = %q, want sk-own", got)
	}
}

func TestOverridesReachNestedAndOptionalKeys(t *testing.T) {
	t.Parallel()
	cfg, _ := mustLoad(t, "router_settings: {num_retries: 1}\nlog_settings:\n", map[string]string{
		"LLMGW_ROUTER_SETTINGS_NUM_RETRIES":              "9",
		"LLMGW_MONITORING_SETTINGS_PROMETHEUS_PORT":      "9123",
		"LLMGW_RATE_LIMIT_SETTINGS_DEFAULT_LIMITS_RPM":   "3",
		"LLMGW_LOG_SETTINGS_COMPRESS":                    "false",
		"LLMGW_SECURITY_SETTINGS_MAX_BUDGET":             "2.5",
		"LLMGW_LITELLM_SETTINGS_DROP_PARAMS":             "true",
		"LLMGW_CACHE_SETTINGS_CACHE_CONTROL_HEADERS":     "false",
		"LLMGW_BUDGET_SETTINGS_ALLOW_UNBOUNDED":          "true",
		"LLMGW_GENERAL_SETTINGS_MAX_BODY_BYTES":          "1MiB",
		"LLMGW_MONITORING_SETTINGS_PROMETHEUS_PREFIX":    "x_",
		"LLMGW_LOAD_BALANCING_SETTINGS_ROUTING_STRATEGY": "round-robin",
	})
	doc := cfg.Document
	for name, ok := range map[string]bool{
		"num_retries":           cfg.Routing.Retries == 9,
		"prometheus_port":       cfg.Metrics.Addr == "127.0.0.1:9123",
		"default_limits.rpm":    cfg.DefaultLimits.RPM == 3,
		"compress":              !doc.LogSettings.Compress,
		"max_budget":            cfg.GatewayBudget.Limit == 2_500_000_000,
		"drop_params":           doc.LiteLLMSettings.DropParams,
		"cache_control_headers": !doc.CacheSettings.CacheControlHeaders,
		"allow_unbounded":       doc.BudgetSettings.AllowUnbounded,
		"max_body_bytes":        doc.GeneralSettings.MaxBodyBytes == 1<<20,
		"prefix":                cfg.Metrics.Prefix == "x_",
		"routing_strategy":      cfg.Routing.Strategy == "round-robin",
	} {
		if !ok {
			t.Errorf("%s is not overridden", name)
		}
	}
}

func TestOverrideReplacesAnotherNameOfTheKey(t *testing.T) {
	t.Parallel()
	root := &node{kind: objectKind, members: []member{{name: "old", value: &node{kind: scalarKind, text: "1"}}}}
	root.graft(nil, []string{"new", "old"}, &node{kind: scalarKind, text: "2"})
	if len(root.members) != 1 || root.find("new").text != "2" {
		t.Errorf("members = %v, want only new", root.members)
	}
}

func TestBadOverridesNameTheirSource(t *testing.T) {
	t.Parallel()
	env := map[string]string{"LLMGW_GENERAL_SETTINGS_DRAIN_TIMEOUT": "soon", "LLMGW_CACHE_SETTINGS_TYPE": "memory"}
	overrides := map[string]string{"general_settings.hold_wiat": "1", "model_list": "[]", "log_settings.keep": "x"}
	o := Options{LookupEnv: lookup(env), Overrides: overrides, Listen: "nowhere"}.withDefaults()
	_, report, err := load("f.yaml", []byte("cache_settings: 5\nmodel_list: []\n"), o)
	if err == nil {
		t.Fatal("no error")
	}
	got := render(report)
	for _, want := range []string{
		`$LLMGW_GENERAL_SETTINGS_DRAIN_TIMEOUT: general_settings.drain_timeout: the value "soon" is not a duration`,
		"command line: general_settings.hold_wiat: no such key (did you mean general_settings.hold_wait?)",
		"command line: model_list: no such key (only keys with a single value",
		`command line: log_settings.keep: the value "x" is not a whole number`,
		"command line: listen: the address to listen on is not host:port",
		"f.yaml:1:17: cache_settings: a map is wanted here",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no problem %q in:\n%s", want, got)
		}
	}
}

func TestVariableNamesAreUnique(t *testing.T) {
	t.Parallel()
	// LLMGW_MONITORING_SETTINGS_PROMETHEUS_PORT names two keys that mean the same.
	twice := map[string]bool{"LLMGW_MONITORING_SETTINGS_PROMETHEUS_PORT": true}
	seen := map[string]string{}
	for _, k := range overridables(reflect.TypeFor[Document](), "") {
		if other, ok := seen[k.variable()]; ok && !twice[k.variable()] {
			t.Errorf("%s is the variable of %s and of %s", k.variable(), other, k.path)
		}
		seen[k.variable()] = k.path
	}
	if len(seen) < 50 {
		t.Errorf("only %d keys can be overridden", len(seen))
	}
}
