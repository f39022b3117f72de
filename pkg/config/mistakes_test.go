package config

import (
	"cmp"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// oneModel is a line that makes a configuration whole.
const oneModel = "model_list: [{model_name: a, litellm_params: {model: echo/hello}}]\n"

// mistakes are configurations with something wrong, and what is said of them, word by
// word: severity, code, place, path, what is wrong and what to do.
var mistakes = []struct {
	name, file, text, want string
}{
	{
		name: "typo at the top",
		text: "modle_list: []\n" + oneModel,
		want: `error unknown-key test.yaml:1:1: modle_list: "modle_list" is not a known key (did you mean model_list?)`,
	},
	{
		name: "typo in a section",
		text: oneModel + `general_settings:
  masterkey: sk-1
`,
		want: `error unknown-key test.yaml:3:3: general_settings.masterkey: "masterkey" is not a known key (did you mean master_key?)`,
	},
	{
		name: "typo in a nested section",
		text: oneModel + `monitoring_settings:
  alerts:
    slack: {webook_url: 'https://h'}
`,
		want: `warning not-effective test.yaml:4:5: monitoring_settings.alerts.slack: this has no effect yet: no alerts are sent (leave it out to silence this)` + "\n" +
			`error unknown-key test.yaml:4:13: monitoring_settings.alerts.slack.webook_url: "webook_url" is not a known key (did you mean webhook_url?)`,
	},
	{
		name: "typo in a list",
		text: oneModel + `rate_limit_settings:
  limits:
    - {api_kee: sk-1, rpm: 1}
`,
		want: `error missing-key test.yaml:4:7: rate_limit_settings.limits[0].api_key: this key is required (write one of security_settings.valid_api_keys)` + "\n" +
			`error unknown-key test.yaml:4:8: rate_limit_settings.limits[0].api_kee: "api_kee" is not a known key (did you mean api_key?)`,
	},
	{
		name: "typo in litellm_params",
		text: `model_list:
  - model_name: a
    litellm_params: {model: echo/hello, api_bsae: 'http://h/v1'}
`,
		want: `error unknown-key test.yaml:3:41: model_list[0].litellm_params.api_bsae: "api_bsae" looks like a misspelt key and would be sent to the provider (did you mean api_base?)`,
	},
	{
		name: "typo in model_info",
		text: `model_list:
  - model_name: a
    litellm_params: {model: echo/hello}
    model_info: {max_input_token: 5}
`,
		want: `error unknown-key test.yaml:4:18: model_list[0].model_info.max_input_token: "max_input_token" is not a known key (did you mean max_input_tokens?)`,
	},
	{
		name: "typo in an alert rule",
		text: oneModel + `monitoring_settings:
  alerts:
    alert_rules: [{name: a, condition: error_rate > 1, severty: info}]
`,
		want: `warning not-effective test.yaml:4:5: monitoring_settings.alerts.alert_rules: this has no effect yet: no alerts are sent (leave it out to silence this)` + "\n" +
			`error unknown-key test.yaml:4:56: monitoring_settings.alerts.alert_rules[0].severty: "severty" is not a known key (did you mean severity?)`,
	},
	{
		name: "typo of a key that is not built",
		text: oneModel + `litellm_settings:
  sucess_callback: [langfuse]
`,
		want: `error unknown-key test.yaml:3:3: litellm_settings.sucess_callback: "sucess_callback" is not a known key (did you mean success_callback?)`,
	},
	{
		name: "unknown key",
		text: oneModel + "colour: blue\n",
		want: `error unknown-key test.yaml:2:1: colour: "colour" is not a known key (the keys here are include, model_list, litellm_settings, router_settings, general_settings, security_settings, load_balancing_settings, cache_settings, rate_limit_settings, budget_settings, monitoring_settings, cost_tracking, log_settings, credential_list, environment_variables)`,
	},
	{
		name: "number for a truth value",
		text: oneModel + "litellm_settings: {drop_params: 2}\n",
		want: `error bad-value test.yaml:2:33: litellm_settings.drop_params: the value "2" is not a truth value (write true or false)`,
	},
	{
		name: "map for a list",
		text: oneModel + `security_settings:
  valid_api_keys: {a: b}
`,
		want: `error wrong-type test.yaml:3:19: security_settings.valid_api_keys: a list is wanted here, not a map (write its items below it, each as - VALUE)`,
	},
	{
		name: "text for a section",
		text: oneModel + "cache_settings: memory\n",
		want: `error wrong-type test.yaml:2:17: cache_settings: a map is wanted here, not a single value (write its keys below it, each as KEY: VALUE with a blank after the colon)`,
	},
	{
		name: "list for a value",
		text: oneModel + "general_settings: {data_dir: [a]}\n",
		want: `error wrong-type test.yaml:2:30: general_settings.data_dir: a single value is wanted here, not a list (write one value behind the colon)`,
	},
	{
		name: "word for a number",
		text: oneModel + "security_settings: {rpm_limit: many}\n",
		want: `error bad-value test.yaml:2:32: security_settings.rpm_limit: the value "many" is not a whole number (write digits only)`,
	},
	{
		name: "half a request",
		text: oneModel + "security_settings: {rpm_limit: 1.5}\n",
		want: `error bad-value test.yaml:2:32: security_settings.rpm_limit: the value "1.5" is not a whole number (write digits only)`,
	},
	{
		name: "unset variable",
		text: `model_list:
  - model_name: a
    litellm_params:
      model: openai/gpt-4o
      api_key: os.environ/OPENAI_KEY
`,
		want: `error unset-variable test.yaml:5:16: model_list[0].litellm_params.api_key: environment variable OPENAI_KEY is not set (export it, or write ${NAME:-default})`,
	},
	{
		name: "unset variable in a text",
		text: oneModel + "general_settings: {data_dir: \"/var/${TENANT}\"}\n",
		want: `error unset-variable test.yaml:2:30: general_settings.data_dir: environment variable TENANT is not set (export it, or write ${NAME:-default})`,
	},
	{
		name: "unset variable in a list",
		text: oneModel + `security_settings:
  valid_api_keys:
    - os.environ/TEAM_KEY
`,
		want: `error unset-variable test.yaml:4:7: security_settings.valid_api_keys[0]: environment variable TEAM_KEY is not set (export it, or write ${NAME:-default})`,
	},
	{
		name: "unset variable in an alert",
		text: oneModel + `monitoring_settings:
  alerts:
    email: {smtp_server: s, to_addresses: [a], smtp_password: '${SMTP_PASSWORD}'}
`,
		want: `warning not-effective test.yaml:4:5: monitoring_settings.alerts.email: this has no effect yet: no alerts are sent (leave it out to silence this)` + "\n" +
			`error unset-variable test.yaml:4:63: monitoring_settings.alerts.email.smtp_password: environment variable SMTP_PASSWORD is not set (export it, or write ${NAME:-default})`,
	},
	{
		name: "reference that is not closed",
		text: oneModel + "general_settings: {master_key: '${KEY'}\n",
		want: `error bad-reference test.yaml:2:32: general_settings.master_key: a reference is not written right: the } after ${ is missing (write os.environ/NAME, ${NAME} or ${NAME:-default}; $${ stands for a literal ${)`,
	},
	{
		name: "reference with a bad name",
		text: oneModel + "general_settings: {master_key: os.environ/MY-KEY}\n",
		want: `error bad-reference test.yaml:2:32: general_settings.master_key: a reference is not written right: the name of a variable has letters, digits and _ only (write os.environ/NAME, ${NAME} or ${NAME:-default}; $${ stands for a literal ${)`,
	},
	{
		name: "indentation",
		text: `general_settings:
  data_dir: /d
   hold_wait: 1
` + oneModel,
		want: `error yaml-syntax test.yaml:3:1: not valid YAML: mapping values are not allowed in this context (indent the lines of a map alike, and put text with a colon in it in quotes)`,
	},
	{
		name: "colon in a text",
		text: oneModel + `general_settings:
  data_dir: a: b
`,
		want: `error yaml-syntax test.yaml:3:1: not valid YAML: mapping values are not allowed in this context (indent the lines of a map alike, and put text with a colon in it in quotes)`,
	},
	{
		name: "bracket that is not closed",
		text: oneModel + "security_settings: {valid_api_keys: [sk-1\n",
		want: `error yaml-syntax test.yaml:2:1: not valid YAML: did not find expected ',' or ']' (close the bracket that is open, and put text with , [ ] { } in it in quotes)`,
	},
	{
		name: "at sign",
		text: oneModel + "general_settings: {data_dir: @home}\n",
		want: "error yaml-syntax test.yaml:2:1: not valid YAML: found character that cannot start any token (put text that begins with @, ` or % in quotes)",
	},
	{
		name: "backslash",
		text: oneModel + "general_settings: {data_dir: \"C:\\data\"}\n",
		want: `error yaml-syntax test.yaml:2:1: not valid YAML: found unknown escape character (put text with a backslash in it in single quotes)`,
	},
	{
		name: "tab",
		text: "model_list:\n\t- model_name: a\n",
		want: `error yaml-syntax test.yaml:2:1: not valid YAML: found character that cannot start any token (indent with spaces, not with tabs)`,
	},
	{
		name: "unclosed quote",
		text: `model_list:
  - model_name: "a
    litellm_params: {model: echo/hello}
`,
		want: `error yaml-syntax test.yaml:2:1: not valid YAML: found unexpected end of stream (close the quote or bracket that is open)`,
	},
	{
		name: "colon without a blank",
		text: `general_settings:
  master_key:sk-1
` + oneModel,
		want: `error wrong-type test.yaml:2:3: general_settings: a map is wanted here, not a single value (write its keys below it, each as KEY: VALUE with a blank after the colon)`,
	},
	{
		name: "unknown strategy",
		text: oneModel + "router_settings: {routing_strategy: simple-shufle}\n",
		want: `error bad-value test.yaml:2:37: router_settings.routing_strategy: the value "simple-shufle" is not known (did you mean simple-shuffle?)`,
	},
	{
		name: "strategy in capitals",
		text: oneModel + "rate_limit_settings: {strategy: Sliding_Window}\n",
		want: `error bad-value test.yaml:2:33: rate_limit_settings.strategy: the value "Sliding_Window" is not known (did you mean sliding_window?)`,
	},
	{
		name: "unknown cache",
		text: oneModel + "cache_settings: {type: rediss}\n",
		want: `error bad-value test.yaml:2:24: cache_settings.type: the value "rediss" is not known (did you mean redis?)`,
	},
	{
		name: "bad duration",
		text: oneModel + "general_settings: {drain_timeout: 30 seconds}\n",
		want: `error bad-duration test.yaml:2:35: general_settings.drain_timeout: the value "30 seconds" is not a duration (write seconds such as 30, or 30s, 5m, 1h)`,
	},
	{
		name: "negative duration",
		text: oneModel + "router_settings: {timeout: -1}\n",
		want: `error bad-duration test.yaml:2:28: router_settings.timeout: the value "-1" is not a duration (write seconds such as 30, or 30s, 5m, 1h)`,
	},
	{
		name: "bad size",
		text: oneModel + "general_settings: {max_body_bytes: 32 M}\n",
		want: `error bad-value test.yaml:2:36: general_settings.max_body_bytes: the value "32 M" is not a size (write bytes such as 33554432, or 512KiB, 32MiB, 1GiB)`,
	},
	{
		name: "fallback to nowhere",
		text: oneModel + `litellm_settings:
  fallbacks: [{a: [b]}]
`,
		want: `error unknown-group test.yaml:3:20: litellm_settings.fallbacks[0].a[0]: there is no model_name "b" to fall back to (names there are: a)`,
	},
	{
		name: "fallback from nowhere",
		text: oneModel + `router_settings:
  fallbacks: [{gpt: [a]}]
`,
		want: `error unknown-group test.yaml:3:21: router_settings.fallbacks[0].gpt: there is no model_name "gpt" to fall back from (names there are: a)`,
	},
	{
		name: "fallback to itself",
		text: oneModel + `router_settings:
  fallbacks: [{a: [a]}]
`,
		want: `error conflict test.yaml:3:20: router_settings.fallbacks[0].a[0]: "a" falls back to itself (remove it)`,
	},
	{
		name: "default fallback to nowhere",
		text: oneModel + "litellm_settings: {default_fallbacks: [aa]}\n",
		want: `error unknown-group test.yaml:2:40: litellm_settings.default_fallbacks[0]: there is no model_name "aa" to fall back to (names there are: a)`,
	},
	{
		name: "fallback for long calls to nowhere",
		text: oneModel + `litellm_settings:
  context_window_fallbacks: [{a: [b]}]
`,
		want: `warning not-effective test.yaml:3:3: litellm_settings.context_window_fallbacks: this has no effect yet: a call that is too long for a group is refused; only fallbacks are tried, after failures (leave it out to silence this)` + "\n" +
			`error unknown-group test.yaml:3:35: litellm_settings.context_window_fallbacks[0].a[0]: there is no model_name "b" to fall back to (names there are: a)`,
	},
	{
		name: "alias to nowhere",
		text: oneModel + `router_settings:
  model_group_alias: {fast: b}
`,
		want: `error unknown-group test.yaml:3:29: router_settings.model_group_alias.fast: the alias leads to "b", and there is no such model_name (names there are: a)`,
	},
	{
		name: "alias that is a group",
		text: oneModel + `router_settings:
  model_group_alias: {a: a}
`,
		want: `error duplicate-name test.yaml:3:26: router_settings.model_group_alias.a: there is a model_name "a" already (choose another name)`,
	},
	{
		name: "duplicate key",
		text: `litellm_settings:
  drop_params: true
  drop_params: false
` + oneModel,
		want: `error duplicate-key test.yaml:3:3: the key "drop_params" occurs twice in one map, first in line 2 (keep one)`,
	},
	{
		name: "two names of one key",
		text: `model_list:
  - model_name: a
    litellm_params: {model: echo/hello, num_retries: 1, max_retries: 2}
`,
		want: `error duplicate-key test.yaml:3:57: model_list[0].litellm_params.max_retries: this is another name for num_retries, which is set too (keep one of the two)`,
	},
	{
		name: "duplicate model id",
		text: `model_list:
  - {model_name: a, litellm_params: {model: echo/hello}, model_info: {id: x}}
  - {model_name: a, litellm_params: {model: echo/hello}, model_info: {id: x}}
`,
		want: `error duplicate-name test.yaml:3:75: model_list[1].model_info.id: model_list[0] has the id "x" already (ids are unique)`,
	},
	{
		name: "port out of range",
		text: oneModel + "monitoring_settings: {prometheus_port: 70000}\n",
		want: `error out-of-range test.yaml:2:40: monitoring_settings.prometheus_port: the value "70000" is too large (write at most 65535)`,
	},
	{
		name: "port that is taken",
		text: oneModel + "monitoring_settings: {prometheus_port: 4000}\n",
		want: `error conflict test.yaml:2:40: monitoring_settings.prometheus_port: the gateway itself listens on port 4000 (choose another port, or leave it out: /metrics is on the main port, for admin keys)`,
	},
	{
		name: "bad mail port",
		text: oneModel + "monitoring_settings: {alerts: {email: {smtp_port: 0, smtp_server: s, to_addresses: [x]}}}\n",
		want: `warning not-effective test.yaml:2:32: monitoring_settings.alerts.email: this has no effect yet: no alerts are sent (leave it out to silence this)` + "\n" +
			`error out-of-range test.yaml:2:51: monitoring_settings.alerts.email.smtp_port: the value "0" is too small (write at least 1)`,
	},
	{
		name: "negative limit",
		text: oneModel + `rate_limit_settings:
  default_limits: {rpm: -5}
`,
		want: `error out-of-range test.yaml:3:25: rate_limit_settings.default_limits.rpm: the value "-5" is too small (write at least 1)`,
	},
	{
		name: "limit of nobody",
		text: oneModel + `rate_limit_settings:
  limits: [{rpm: 5}]
`,
		want: `error missing-key test.yaml:3:12: rate_limit_settings.limits[0].api_key: this key is required (write one of security_settings.valid_api_keys)`,
	},
	{
		name: "limit of a key and a team",
		text: oneModel + `security_settings: {valid_api_keys: [sk-1]}
rate_limit_settings:
  limits: [{api_key: sk-1, team: t, rpm: 5}]
`,
		want: `warning not-effective test.yaml:4:28: rate_limit_settings.limits[0].team: this has no effect yet: these limits are not enforced for the team (leave it out to silence this)` + "\n" +
			`error conflict test.yaml:4:34: rate_limit_settings.limits[0].team: limits are for a key or for a team (make two entries)`,
	},
	{
		name: "empty item",
		text: oneModel + `security_settings:
  valid_api_keys:
    -
`,
		want: `error empty-item test.yaml:4:6: security_settings.valid_api_keys[0]: the item is empty (remove it)`,
	},
	{
		name: "empty key",
		text: oneModel + `security_settings:
  valid_api_keys: ['']
`,
		want: `error empty-item test.yaml:3:20: security_settings.valid_api_keys[0]: the key is empty (remove it)`,
	},
	{
		name: "unknown provider",
		text: `model_list:
  - {model_name: a, litellm_params: {model: antropic/claude-x}}
`,
		want: `error unknown-provider test.yaml:2:45: model_list[0].litellm_params.model: the provider "antropic" is not known (did you mean anthropic? for another server with OpenAI's API write openai/MODEL and its api_base)`,
	},
	{
		name: "bare unknown model",
		text: `model_list:
  - {model_name: a, litellm_params: {model: my-model}}
`,
		want: `error unknown-provider test.yaml:2:45: model_list[0].litellm_params.model: the name "my-model" does not tell its provider (write PROVIDER/MODEL with one of: anthropic, openai, echo; for another server with OpenAI's API write openai/MODEL and its api_base)`,
	},
	{
		name: "typo of a provider that is not built",
		text: `model_list:
  - {model_name: a, litellm_params: {model: bedrok/x}}
`,
		want: `error unknown-provider test.yaml:2:45: model_list[0].litellm_params.model: the provider "bedrok" is not known (did you mean bedrock? for another server with OpenAI's API write openai/MODEL and its api_base)`,
	},
	{
		name: "missing model",
		text: `model_list:
  - model_name: a
    litellm_params: {api_key: sk-1}
`,
		want: `error missing-key test.yaml:3:21: model_list[0].litellm_params.model: this key is required (write PROVIDER/MODEL, such as anthropic/claude-sonnet-5)`,
	},
	{
		name: "missing name",
		text: `model_list:
  - litellm_params: {model: echo/hello}
`,
		want: `error missing-key test.yaml:2:5: model_list[0].model_name: this key is required (write the name that clients use)`,
	},
	{
		name: "bad address",
		text: `model_list:
  - model_name: a
    litellm_params: {model: openai/x, api_base: 'localhost:8000'}
`,
		want: `error bad-url test.yaml:3:49: model_list[0].litellm_params.api_base: the address does not begin with http:// or https:// (write one such as https://api.example.com/v1)`,
	},
	{
		name: "address of the gateway",
		text: `model_list:
  - model_name: a
    litellm_params: {model: openai/x, api_base: 'http://127.0.0.1:4000/v1'}
`,
		want: `error bad-url test.yaml:3:49: model_list[0].litellm_params.api_base: this is the gateway's own address: it would call itself (write the provider's address)`,
	},
	{
		name: "star that stands for nothing",
		text: `model_list:
  - {model_name: a, litellm_params: {model: echo/*}}
`,
		want: `error conflict test.yaml:2:45: model_list[0].litellm_params.model: the * stands for nothing: model_name is no pattern (put a * into model_name too, or name one model)`,
	},
	{
		name: "threshold in percent",
		text: oneModel + `security_settings: {valid_api_keys: [sk-1]}
budget_settings:
  budgets: [{name: b, api_keys: [sk-1], limit: 1, alert_threshold: 80}]
`,
		want: `error out-of-range test.yaml:4:68: budget_settings.budgets[0].alert_threshold: the value "80" is too large (write at most 1)`,
	},
	{
		name: "budget of an unknown key",
		text: oneModel + `security_settings: {valid_api_keys: [sk-1]}
budget_settings:
  budgets: [{name: b, api_keys: [sk-2], limit: 1}]
`,
		want: `error unknown-api-key test.yaml:4:34: budget_settings.budgets[0].api_keys[0]: this key is not in security_settings.valid_api_keys (add it there, or correct it)`,
	},
	{
		name: "two budgets of one name",
		text: oneModel + `security_settings: {valid_api_keys: [sk-1]}
budget_settings:
  budgets:
    - {name: b, api_keys: [sk-1], limit: 1}
    - {name: b, api_keys: [sk-1], limit: 2}
`,
		want: `error duplicate-name test.yaml:6:14: budget_settings.budgets[1].name: there is a budget "b" already (names are unique)`,
	},
	{
		name: "budget without a limit",
		text: oneModel + `security_settings: {valid_api_keys: [sk-1]}
budget_settings:
  budgets: [{name: b, api_keys: [sk-1]}]
`,
		want: `error missing-key test.yaml:4:13: budget_settings.budgets[0].limit: this key is required (write an amount in dollars)`,
	},
	{
		name: "master key as a client's",
		text: oneModel + `general_settings: {master_key: sk-1}
security_settings:
  valid_api_keys: [sk-1]
`,
		want: `error duplicate-name test.yaml:4:20: security_settings.valid_api_keys[0]: this is the master key, which no client should have (make a key of its own)`,
	},
	{
		name: "key that stands twice",
		text: oneModel + `security_settings:
  valid_api_keys: [sk-1, sk-1]
`,
		want: `error duplicate-name test.yaml:3:26: security_settings.valid_api_keys[1]: the same key stands in the list before (remove one)`,
	},
	{
		name: "bad period",
		text: oneModel + "security_settings: {max_budget: 1, budget_duration: fortnightly}\n",
		want: `error bad-period test.yaml:2:53: security_settings.budget_duration: the value "fortnightly" is not a period (write hourly, daily, weekly, monthly, yearly or total, or 30s, 15m, 12h, 30d, 2w, 1mo)`,
	},
	{
		name: "bad time zone",
		text: oneModel + "budget_settings: {timezone: Berlin}\n",
		want: `error bad-value test.yaml:2:29: budget_settings.timezone: the value "Berlin" is not a time zone (write one such as UTC or Europe/Berlin)`,
	},
	{
		name: "other currency",
		text: oneModel + "budget_settings: {currency: EUR}\n",
		want: `error bad-value test.yaml:2:29: budget_settings.currency: the value "EUR" is not known (write USD)`,
	},
	{
		name: "negative money",
		text: oneModel + "security_settings: {max_budget: -1}\n",
		want: `error bad-value test.yaml:2:33: security_settings.max_budget: the value "-1" is not an amount of money (write dollars such as 100 or 0.25)`,
	},
	{
		name: "secret with a line end",
		text: oneModel + `security_settings:
  valid_api_keys: ["sk-1\n"]
`,
		want: `error bad-secret test.yaml:3:20: security_settings.valid_api_keys[0]: the secret has a character that cannot be sent in a header (remove it, a line end or blank perhaps)`,
	},
	{
		name: "secret file that is missing",
		text: oneModel + "general_settings: {master_key: 'file:/does/not/exist'}\n",
		want: `error bad-file test.yaml:2:32: general_settings.master_key: read the secret: open /does/not/exist: no such file or directory (name a readable file with the secret in it)`,
	},
	{
		name: "included file that is missing",
		text: "include: [missing.yaml]\n" + oneModel,
		want: `error bad-file test.yaml:1:11: include[0]: read the included file: open missing.yaml: no such file or directory (name a readable file, relative to the folder of test.yaml)`,
	},
	{
		name: "file that includes itself",
		text: "include: [test.yaml]\n" + oneModel,
		want: `error include-cycle test.yaml:1:11: include[0]: test.yaml includes itself (remove it)`,
	},
	{
		name: "anchor that is missing",
		text: `litellm_settings: &l {drop_params: true}
general_settings: *m
` + oneModel,
		want: `error yaml-syntax test.yaml:2:19: this refers to an anchor that is not defined (put a value that begins with * in quotes)`,
	},
	{
		name: "merge of a value",
		text: `litellm_settings:
  <<: true
` + oneModel,
		want: `error yaml-syntax test.yaml:2:7: << merges maps only, this is a single value (name the anchor of a map)`,
	},
	{
		name: "second document",
		text: oneModel + `---
model_list: [{model_name: a, litellm_params: {model: echo/hello}}]
`,
		want: `error yaml-syntax test.yaml:2:1: a second YAML document begins here (keep one document in a file)`,
	},
	{
		name: "bad condition",
		text: oneModel + `monitoring_settings:
  alerts:
    alert_rules: [{name: a, condition: error_rate is high}]
`,
		want: `warning not-effective test.yaml:4:5: monitoring_settings.alerts.alert_rules: this has no effect yet: no alerts are sent (leave it out to silence this)` + "\n" +
			`error bad-value test.yaml:4:40: monitoring_settings.alerts.alert_rules[0].condition: the value "error_rate is high" is not a condition (write METRIC > NUMBER, such as error_rate > 0.05)`,
	},
	{
		name: "condition on an unknown metric",
		text: oneModel + `monitoring_settings:
  alerts:
    alert_rules: [{name: a, condition: eror_rate > 0.05}]
`,
		want: `warning not-effective test.yaml:4:5: monitoring_settings.alerts.alert_rules: this has no effect yet: no alerts are sent (leave it out to silence this)` + "\n" +
			`error bad-value test.yaml:4:40: monitoring_settings.alerts.alert_rules[0].condition: the value "eror_rate > 0.05" is not a condition on a metric that is known (did you mean error_rate?)`,
	},
	{
		name: "share above one",
		text: oneModel + `monitoring_settings:
  alert_thresholds: {error_rate: 5}
`,
		want: `warning not-effective test.yaml:3:3: monitoring_settings.alert_thresholds: this has no effect yet: no alerts are sent (leave it out to silence this)` + "\n" +
			`error out-of-range test.yaml:3:34: monitoring_settings.alert_thresholds.error_rate: the value "5" is too large (write at most 1)`,
	},
	{
		name: "bad Redis address",
		text: oneModel + "general_settings: {redis_url: 'localhost:6379'}\n",
		want: `warning not-effective test.yaml:2:20: general_settings.redis_url: this has no effect yet: replicas share no counters, each has its own limits and budgets (leave it out to silence this)` + "\n" +
			`error bad-url test.yaml:2:31: general_settings.redis_url: the address does not begin with redis://, rediss:// or unix:// (write one such as redis://localhost:6379/0)`,
	},
	{
		name: "bad webhook",
		text: oneModel + `monitoring_settings:
  alerts: {slack: {webhook_url: hooks.slack.com/x}}
`,
		want: `warning not-effective test.yaml:3:12: monitoring_settings.alerts.slack: this has no effect yet: no alerts are sent (leave it out to silence this)` + "\n" +
			`error bad-url test.yaml:3:33: monitoring_settings.alerts.slack.webhook_url: the address is no URL that begins with https:// (write one such as https://hooks.slack.com/services/…)`,
	},
	{
		name: "bad proxy network",
		text: oneModel + "general_settings: {trusted_proxies: [10.0.0.0/40]}\n",
		want: `error bad-value test.yaml:2:38: general_settings.trusted_proxies[0]: the value "10.0.0.0/40" is no address and no network (write one such as 10.0.0.0/8 or 127.0.0.1)`,
	},
	{
		name: "unknown metric family",
		text: oneModel + "monitoring_settings: {prometheus: {metrics: [request_counts]}}\n",
		want: `error bad-value test.yaml:2:46: monitoring_settings.prometheus.metrics[0]: the value "request_counts" is not known (did you mean request_count?)`,
	},
	{
		name: "half a price",
		text: `model_list:
  - {model_name: a, litellm_params: {model: openai/house, input_cost_per_token: 1e-6}}
`,
		want: `warning no-credential test.yaml:2:37: model_list[0].litellm_params: there is no credential for openai: calls will be refused there (set api_key, or export OPENAI_API_KEY)` + "\n" +
			`error bad-price test.yaml:2:37: model_list[0].litellm_params: there is a price, but none for all that calls use, and the model is not in the catalogue (set output_cost_per_token too, to 0 where it is free)`,
	},
	{
		name: "price in words",
		text: `model_list:
  - {model_name: a, litellm_params: {model: echo/hello, input_cost_per_token: cheap}}
`,
		want: `error bad-value test.yaml:2:79: model_list[0].litellm_params.input_cost_per_token: the value "cheap" is not a price (write dollars for one token such as 0.000003 or 3e-06)`,
	},
	{
		name: "unknown credential",
		text: `credential_list: [{credential_name: eu, credential_values: {api_key: k}}]
model_list:
  - {model_name: a, litellm_params: {model: openai/gpt-4o, litellm_credential_name: ue}}
`,
		want: `warning no-credential test.yaml:3:37: model_list[0].litellm_params: there is no credential for openai: calls will be refused there (set api_key, or export OPENAI_API_KEY)` + "\n" +
			`error unknown-credential test.yaml:3:85: model_list[0].litellm_params.litellm_credential_name: there is no credential "ue" (add it to credential_list)`,
	},
	{
		name: "unknown mode",
		text: `model_list:
  - {model_name: a, litellm_params: {model: echo/hello}, model_info: {mode: chatt}}
`,
		want: `error bad-value test.yaml:2:77: model_list[0].model_info.mode: the value "chatt" is not known (did you mean chat?)`,
	},
	{
		name: "mode that the provider has not",
		text: `model_list:
  - {model_name: a, litellm_params: {model: claude-x, api_key: k}, model_info: {mode: embedding}}
`,
		want: `error conflict test.yaml:2:87: model_list[0].model_info.mode: anthropic has no models of the mode "embedding" (write chat)`,
	},
	{
		name: "TLS without a key",
		text: oneModel + `general_settings:
  tls: {cert_file: c.pem}
`,
		want: `error missing-key test.yaml:3:8: general_settings.tls: TLS needs the certificate's key, and key_file is not set (set key_file)`,
	},
	{
		name: "comma before a bracket in JSON", file: "test.json",
		text: `{"model_list": [],
 "log_settings": {"keep": 3,}
}
`,
		want: `error json-syntax test.json:2:28: not valid JSON: invalid character '}' looking for beginning of object key string`,
	},
	{
		name: "key twice in JSON", file: "test.json",
		text: `{
 "cache_settings": {},
 "cache_settings": {}
}
`,
		want: `error duplicate-key test.json:3:2: the key "cache_settings" occurs twice in one map, first in line 2 (keep one)`,
	},
	{
		name: "JSON that ends too early", file: "test.json",
		text: "{\"model_list\": [\n",
		want: `error json-syntax test.json:2:1: the JSON value ends too early`,
	},
}

func TestMistakesAreExplained(t *testing.T) {
	t.Parallel()
	if len(mistakes) < 50 {
		t.Errorf("%d mistakes, want at least 50", len(mistakes))
	}
	for _, tt := range mistakes {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := Options{LookupEnv: lookup(map[string]string{"HOME": "/home/u"})}.withDefaults()
			cfg, report, err := load(cmp.Or(tt.file, "test.yaml"), []byte(tt.text), o)
			if cfg != nil || err == nil {
				t.Error("it loads")
			}
			if diff := gocmp.Diff(tt.want, strings.TrimSuffix(renderCoded(report), "\n")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			checkCodes(t, report)
		})
	}
}
