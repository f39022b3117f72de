package config

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const diffFile = `model_list:
  - {model_name: a, litellm_params: {model: echo/a, timeout: 1}}
  - {model_name: b, litellm_params: {model: openai/x, api_key: Canary-1}}
  - {model_name: b, litellm_params: {model: openai/y, api_key: Canary-1, temperature: 1.0}}
  - {model_name: c, litellm_params: {model: echo/c}, model_info: {id: sea}}
litellm_settings: {fallbacks: [{a: [b]}, {b: [c]}], default_fallbacks: [a, b]}
router_settings: {model_group_alias: {x: a}}
security_settings: {valid_api_keys: [Canary-2, Canary-3], max_budget: 5}
rate_limit_settings: {limits: [{api_key: Canary-2, rpm: 1}, {api_key: Canary-3, rpm: 2}]}
budget_settings: {budgets: [{name: one, api_keys: [Canary-2], limit: 1}]}
`

func TestDiff(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ old, new, want string }{
		"nothing":       {"", "", ""},
		"order of keys": {"valid_api_keys: [Canary-2, Canary-3]", "valid_api_keys: [Canary-3, Canary-2]", ""},
		"a default":     {"max_budget: 5}", "max_budget: 5, budget_duration: total}", ""},
		"spelling":      {"timeout: 1}", "timeout: 1000ms}", ""},
		"a value":       {"timeout: 1}", "timeout: 2m}", `~ model_list[a].litellm_params.timeout: "1s" -> "2m"`},
		"set":           {"echo/a, timeout: 1}", "echo/a}", `- model_list[a].litellm_params.timeout: "1s" -> `},
		"unset":         {"max_budget: 5}", "}", `- security_settings.max_budget: 5 -> `},
		"a section":     {"security_settings:", "log_settings: {keep: 3}\nsecurity_settings:", `~ log_settings.keep: 10 -> 3`},
		"a model in front": {
			"model_list:\n", "model_list:\n  - {model_name: new, litellm_params: {model: echo/n}}\n",
			"+ model_list[new].model_name:  -> \"new\"\n+ model_list[new].litellm_params.model:  -> \"echo/n\"",
		},
		"one of a group": {
			"openai/y, api_key: Canary-1, temperature: 1.0", "openai/y, api_key: Canary-1, temperature: 1",
			`~ model_list[b#2].litellm_params.temperature: 1.0 -> 1`,
		},
		"the first of a group": {
			"  - {model_name: b, litellm_params: {model: openai/x, api_key: Canary-1}}\n", "",
			"- model_list[b#2].model_name: \"b\" -> \n- model_list[b#2].litellm_params.model: \"openai/x\" -> \n" +
				"- model_list[b#2].litellm_params.api_key: secret",
		},
		"the model of a name": {"model: echo/a,", "model: echo/aa,", `~ model_list[a].litellm_params.model: "echo/a" -> "echo/aa"`},
		"a credential":        {"model: openai/x, api_key: Canary-1", "model: openai/x, api_key: Canary-9", `~ model_list[b].litellm_params.api_key: secret`},
		"a key":               {"valid_api_keys: [Canary-2, Canary-3]", "valid_api_keys: [Canary-2, Canary-4, Canary-3]", "+ security_settings.valid_api_keys[1]: secret"},
		"a limit":             {"{api_key: Canary-3, rpm: 2}", "{api_key: Canary-3, rpm: 4}", "~ rate_limit_settings.limits[1].rpm: 2 -> 4"},
		"a limit in front":    {"limits: [", "limits: [{api_key: Canary-1, tpm: 1}, ", "+ rate_limit_settings.limits[0].api_key: secret\n+ rate_limit_settings.limits[0].tpm:  -> 1"},
		"a budget":            {"limit: 1}", "limit: 2}", "~ budget_settings.budgets[one].limit: 1 -> 2"},
		"a fallback":          {"{a: [b]}, {b: [c]}", "{b: [a]}, {a: [b]}", `~ litellm_settings.fallbacks[b].b: ["c"] -> ["a"]`},
		"an order":            {"default_fallbacks: [a, b]", "default_fallbacks: [b, a]", `~ litellm_settings.default_fallbacks: ["a","b"] -> ["b","a"]`},
		"an alias":            {"{x: a}", "{x: b, y: a}", "~ router_settings.model_group_alias.x: \"a\" -> \"b\"\n+ router_settings.model_group_alias.y:  -> \"a\""},
		"no models":           {diffFile, "", "MANY"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if !strings.Contains(diffFile, tt.old) {
				t.Fatal("the file does not have the text")
			}
			o := Options{LookupEnv: lookup(map[string]string{"HOME": "/h"})}
			found := Diff(lay(t, diffFile, o), lay(t, strings.Replace(diffFile, tt.old, tt.new, 1), o))
			got := differences(found)
			if strings.Contains(fmt.Sprint(found), "Canary") {
				t.Errorf("a secret is shown in %v", found)
			}
			if tt.want == "MANY" {
				if len(found) < 25 {
					t.Errorf("only %d differences:\n%s", len(found), got)
				}
				return
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// differences writes each on a line.
func differences(list []Difference) string {
	lines := make([]string, len(list))
	for i, d := range list {
		lines[i] = fmt.Sprintf("%c %s: %s -> %s", d.Change, d.Path, d.Old, d.New)
		if d.Secret {
			lines[i] = fmt.Sprintf("%c %s: secret", d.Change, d.Path)
		}
	}
	return strings.Join(lines, "\n")
}
