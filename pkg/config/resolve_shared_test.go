package config

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestCacheIsSwitchedOnInThreeWays(t *testing.T) {
	t.Parallel()
	type want struct {
		Type, Prefix string
		TTL          time.Duration
	}
	for name, tt := range map[string]struct {
		text string
		want want
	}{
		"nowhere":                   {"", want{"none", "litellm", time.Hour}},
		"cache_settings":            {"cache_settings: {type: memory, cache_ttl: 5, cache_key_prefix: p}", want{"memory", "p", 5 * time.Second}},
		"without a type":            {"cache_settings: {cache_ttl: 5}", want{"none", "litellm", 5 * time.Second}},
		"Redis stands for memory":   {"cache_settings: {type: redis}", want{"memory", "litellm", time.Hour}},
		"LiteLLM's":                 {"litellm_settings: {cache: true}", want{"memory", "litellm", time.Hour}},
		"LiteLLM's with parameters": {"litellm_settings: {cache: true, cache_params: {type: s3, ttl: 9, namespace: n}}", want{"memory", "n", 9 * time.Second}},
		"LiteLLM's, off":            {"litellm_settings: {cache: false, cache_params: {ttl: 9}}", want{"none", "litellm", time.Hour}},
		"LiteLLM's, off by default": {"litellm_settings: {cache: true, cache_params: {mode: default_off}}", want{"none", "litellm", time.Hour}},
		"general_settings":          {"general_settings: {cache: 'redis://h', cache_seconds: 7}", want{"memory", "litellm", 7 * time.Second}},
		"without seconds":           {"general_settings: {cache: 'redis://h'}\ncache_settings: {cache_ttl: 3}", want{"memory", "litellm", 3 * time.Second}},
		"cache_settings wins":       {"general_settings: {cache: 'redis://h', cache_seconds: 7}\nlitellm_settings: {cache: true}\ncache_settings: {type: none}", want{"none", "litellm", time.Hour}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, _ := mustLoad(t, tt.text, nil)
			c := cfg.Document.CacheSettings
			if diff := cmp.Diff(tt.want, want{c.Type, c.CacheKeyPrefix, c.CacheTTL}); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	if _, report := mustLoad(t, "general_settings: {cache_seconds: 7}", nil); !strings.Contains(renderCoded(report), "no-effect test.yaml:1:35: general_settings.cache_seconds") {
		t.Errorf("cache_seconds alone is not reported:\n%s", renderCoded(report))
	}
}

func TestRedisAddressIsThatOfTheFirstPlace(t *testing.T) {
	t.Parallel()
	env := map[string]string{"REDIS_URL": "rediss://env:1"}
	for name, tt := range map[string]struct {
		text string
		env  map[string]string
		want string
	}{
		"nowhere":              {"", nil, ""},
		"general_settings":     {"general_settings: {redis_url: 'redis://a', cache: 'redis://c'}\ncache_settings: {redis_url: 'redis://b'}", env, "redis://a"},
		"cache_settings":       {"general_settings: {cache: 'redis://c'}\ncache_settings: {redis_url: 'redis://b'}", env, "redis://b"},
		"cache":                {"general_settings: {cache: 'redis://c'}\nrouter_settings: {redis_url: 'redis://d'}", env, "redis://c"},
		"router":               {"router_settings: {redis_url: 'redis://d', redis_host: e}", env, "redis://d"},
		"router's parts":       {"router_settings: {redis_host: e, redis_password: p/w, redis_db: 3}", env, "redis://:p%2Fw@e:6379/3"},
		"cache_params":         {"litellm_settings: {cache_params: {url: 'redis://f'}}", env, "redis://f"},
		"parts of cache_param": {"litellm_settings: {cache_params: {host: g, port: 1}}", env, "redis://g:1/0"},
		"environment":          {"", env, "rediss://env:1"},
		"bad environment":      {"", map[string]string{"REDIS_URL": "http://h"}, ""},
		"a socket":             {"general_settings: {redis_url: 'unix:///run/redis.sock'}", nil, "unix:///run/redis.sock"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, report := mustLoad(t, tt.text, tt.env)
			if got := cfg.RedisURL.Reveal(); got != tt.want {
				t.Errorf("RedisURL = %q, want %q", got, tt.want)
			}
			told := strings.Contains(renderCoded(report), "not-effective $REDIS_URL: ")
			if told != strings.HasSuffix(name, "environment") {
				t.Errorf("the variable is reported: %v\n%s", told, renderCoded(report))
			}
		})
	}
	for _, bad := range []string{"canary:6379", "http://canary", "redis://?canary", "redis://canary:x", "//canary"} {
		if _, report, err := loadText(t, "cache_settings: {redis_url: '"+bad+"'}", nil); err == nil || strings.Contains(render(report), "canary") {
			t.Errorf("%s is accepted, or shown:\n%s", bad, render(report))
		}
	}
}

func TestNestedCostTrackingWins(t *testing.T) {
	t.Parallel()
	cfg, report := mustLoad(t, `
cost_tracking: {enabled: false, update_interval: 30, storage: file}
budget_settings: {cost_tracking: {enabled: true, update_interval: 5}}
`, nil)
	c := cfg.CostTracking
	if !*c.Enabled || *c.UpdateInterval != 5*time.Second || c.Storage != "file" {
		t.Errorf("%v %v %v: want the nested form key by key", *c.Enabled, *c.UpdateInterval, c.Storage)
	}
	if got := renderCoded(report); strings.Contains(got, "cost_tracking") {
		t.Errorf("sections that act are reported:\n%s", got)
	}
	cfg, _ = mustLoad(t, "", nil)
	if c = cfg.CostTracking; !*c.Enabled || *c.UpdateInterval != time.Minute || c.Storage != "database" {
		t.Errorf("%v %v %v: want the defaults", *c.Enabled, *c.UpdateInterval, c.Storage)
	}
}

func TestCallbacksAreNamedWhereTheyAreNoSecret(t *testing.T) {
	t.Parallel()
	_, report := mustLoad(t, `
litellm_settings:
  callbacks: [prometheus, langfuse, lakera_prompt_injection, Canary_own_module.handler]
  success_callback: https://h/hook?token=Canary
  failure_callback:
  service_callbacks: []
`, nil)
	got := renderCoded(report)
	for _, want := range []string{
		"callbacks[1]: this has no effect yet: calls are not sent to langfuse, they are in the request log",
		"callbacks[2]: this has no effect yet: lakera_prompt_injection is not run, prompts and answers pass unchecked",
		"callbacks[3]: this has no effect yet: calls are not sent to this receiver,",
		"test.yaml:4:21: litellm_settings.success_callback[0]: this has no effect yet: calls are not sent to this receiver,",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in:\n%s", want, got)
		}
	}
	if strings.Contains(got, "Canary") || strings.Contains(got, "callbacks[0]") {
		t.Errorf("too much is told:\n%s", got)
	}
}
