package config

import (
	"cmp"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/llmgw/llmgw/pkg/secret"
)

// redisVariable is the usual variable with the address of a Redis server.
const redisVariable = "REDIS_URL"

// redis resolves the address of the Redis server: that of the first place that has
// one, the environment last.
func (r *resolver) redis() {
	doc := &r.cfg.Document
	general, router, params := &doc.GeneralSettings, &doc.RouterSettings, &doc.LiteLLMSettings.CacheParams
	for _, place := range []struct {
		path    string
		address secret.Text
	}{
		{"general_settings.redis_url", general.RedisURL},
		{"cache_settings.redis_url", doc.CacheSettings.RedisURL},
		{"general_settings.cache", general.Cache},
		{"router_settings.redis_url", router.RedisURL},
		{"router_settings.redis_host", redisAddress(router.RedisHost, router.RedisPort, router.RedisPassword, router.RedisDB)},
		{"litellm_settings.cache_params.url", params.URL},
		{"litellm_settings.cache_params.host", redisAddress(params.Host, params.Port, params.Password, 0)},
	} {
		if problem := redisProblem(place.address); problem != "" {
			r.fail(place.path, CodeBadURL, "write one such as redis://localhost:6379/0", "the address %s", problem)
			continue
		}
		r.cfg.RedisURL = cmp.Or(r.cfg.RedisURL, place.address)
	}
	if !r.cfg.RedisURL.Empty() {
		return
	}
	address := secret.New(r.opts.env(redisVariable))
	if address.Empty() {
		return
	}
	message := "this has no effect yet: replicas share no counters, each has its own limits and budgets"
	if problem := redisProblem(address); problem != "" {
		message = "the address " + problem + " and is not used"
	} else {
		r.cfg.RedisURL = address
	}
	spot{r.reporter, Position{File: "$" + redisVariable}, ""}.warnf(CodeNotEffective, "unset it to silence this", "%s", message)
}

// redisAddress makes an address of its parts; "" without a host.
func redisAddress(host string, port int64, password secret.Text, db int64) secret.Text {
	if host == "" {
		return secret.Text{}
	}
	u := url.URL{Scheme: "redis", Host: net.JoinHostPort(host, strconv.FormatInt(cmp.Or(port, 6379), 10)), Path: "/" + strconv.FormatInt(db, 10)}
	if !password.Empty() {
		u.User = url.UserPassword("", password.Reveal())
	}
	return secret.New(u.String())
}

// redisProblem says what is wrong with an address, which is never quoted.
func redisProblem(address secret.Text) string {
	if address.Empty() {
		return ""
	}
	u, err := url.Parse(address.Reveal())
	switch {
	case err != nil:
		return "is no URL"
	case !slices.Contains([]string{"redis", "rediss", "unix"}, u.Scheme):
		return "does not begin with redis://, rediss:// or unix://"
	case u.Scheme != "unix" && u.Hostname() == "":
		return "has no host"
	default:
		return ""
	}
}

// cache resolves which answers are kept: cache_settings, else LiteLLM's ways to say so,
// which are put there.
func (r *resolver) cache() {
	c := &r.cfg.Document.CacheSettings
	general, global := &r.cfg.Document.GeneralSettings, &r.cfg.Document.LiteLLMSettings
	params := &global.CacheParams
	switch {
	case c.Type != "":
	case global.Cache && params.Mode == "default_off":
		c.Type = "none"
		r.warn("litellm_settings.cache_params.mode", CodeNotImplemented, silence, "default_off is not built yet: nothing is cached")
	case global.Cache:
		c.Type, c.CacheTTL = "memory", deref(params.TTL, c.CacheTTL)
		c.CacheKeyPrefix = cmp.Or(params.Namespace, c.CacheKeyPrefix)
	case !general.Cache.Empty():
		c.Type, c.CacheTTL = "memory", deref(general.CacheTime, c.CacheTTL)
	default:
		c.Type = "none"
	}
	if general.CacheTime != nil && general.Cache.Empty() {
		r.warn("general_settings.cache_seconds", CodeNoEffect, "write cache_settings: {type: memory, cache_ttl: …}",
			"cache_seconds has no effect without cache")
	}
}

// costTracking resolves the two places of cost_tracking; the nested one wins.
func (r *resolver) costTracking() {
	const interval = 60 * time.Second
	nested, outer := &r.cfg.Document.BudgetSettings.CostTracking, &r.cfg.Document.CostTracking
	r.cfg.CostTracking = CostTracking{
		Enabled:        new(first(true, nested.Enabled, outer.Enabled)),
		UpdateInterval: new(first(interval, nested.UpdateInterval, outer.UpdateInterval)),
		Storage:        cmp.Or(nested.Storage, outer.Storage, "database"),
	}
}

// callbacks says of each receiver of calls that it gets none.
func (r *resolver) callbacks() {
	global := &r.cfg.Document.LiteLLMSettings
	for _, list := range []struct {
		key   string
		names []secret.Text
	}{
		{"callbacks", global.Callbacks},
		{"success_callback", global.SuccessCallback},
		{"failure_callback", global.FailureCallback},
		{"service_callbacks", global.ServiceCallbacks},
	} {
		path := "litellm_settings." + list.key
		for i, name := range list.names {
			if text := name.Reveal(); text != "" && text != "prometheus" {
				r.warn(indexed(path, i), CodeNotEffective, silence, "this has no effect yet: %s", withoutReceiver(text))
			}
		}
	}
}

// withoutReceiver says what happens without a receiver of calls. Only names that are
// LiteLLM's own are shown, since an address may have a token in it.
func withoutReceiver(name string) string {
	switch {
	case slices.Contains(strings.Fields(guardCallbacks), name):
		return name + " is not run, prompts and answers pass unchecked"
	case slices.Contains(strings.Fields(knownCallbacks), name):
		return "calls are not sent to " + name + ", they are in the request log"
	default:
		return "calls are not sent to this receiver, they are in the request log"
	}
}

// guardCallbacks are names of LiteLLM's callbacks that check calls. Source: as below.
const guardCallbacks = `
	aporia azure_content_safety banned_keywords blocked_user_check detect_prompt_injection
	google_text_moderation hide_secrets lakera_prompt_injection llamaguard_moderations llmguard_moderations
	openai_moderations presidio`

// knownCallbacks are names of LiteLLM's receivers. Source: its documentation
// (proxy/logging.md, observability), 1.83.2, May 2026.
const knownCallbacks = `
	agentops argilla arize arize_phoenix athena azure_sentinel azure_storage bitbucket braintrust
	cloudzero custom datadog datadog_llm_observability deepeval dynamodb email
	focus galileo gcs_bucket gcs_pubsub generic generic_api gitlab greenscale helicone humanloop
	lago langfuse langfuse_otel langsmith langtrace levo literalai lunary
	logfire mlflow openmeter opik otel pagerduty posthog
	prometheus_system promptlayer resend_email s3 s3_v2 sendgrid_email sentry slack smtp_email sqs
	supabase traceloop vantage vector_store_pre_call_hook wandb weave_otel webhook`
