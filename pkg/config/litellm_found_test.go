package config

import (
	"strings"
	"testing"
)

// TestWhatLiteLLMsOwnExamplesHave: keys and forms that stand in the example
// configurations of LiteLLM 1.83.2 are findings, no errors.
func TestWhatLiteLLMsOwnExamplesHave(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ text, want string }{
		"limits beside litellm_params": {
			"model_list: [{model_name: a, rpm: 1, litellm_params: {model: echo/hello}}]\n",
			`test.yaml:1:30: model_list[0].rpm: "rpm" is LiteLLM's and has no effect here: it belongs into litellm_params`,
		},
		"keys of another service that look like known ones": {
			"model_list: [{model_name: a, litellm_params: {model: echo/hello, s3_region_name: x}}]\n",
			`model_list[0].litellm_params.s3_region_name: "s3_region_name" is LiteLLM's and has no effect here`,
		},
		"variables without a value": {
			oneModel + "environment_variables: {REDIS_HOST: }\n",
			"environment_variables.REDIS_HOST: the variable has no value: it is left as it is in the environment",
		},
		"a setting of a hook": {
			oneModel + "litellm_settings: {websearch_interception_params: {enabled: true}}\n",
			`"websearch_interception_params" is LiteLLM's and has no effect here`,
		},
		"a bare name that the catalogue knows": {
			"model_list: [{model_name: a, litellm_params: {model: textembedding-gecko-multilingual@001}}]\n",
			`the provider vertex_ai is not built yet: this deployment of "a" is left out`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, report, err := load("test.yaml", []byte(tt.text), Options{LookupEnv: func(name string) (string, bool) { return "/home/me", name == "HOME" }}.withDefaults())
			var found strings.Builder
			for _, p := range report.Problems {
				found.WriteString(p.Severity.String() + " " + p.String() + "\n")
			}
			if err != nil || !strings.Contains(found.String(), tt.want) {
				t.Errorf("%v\n%swant %s", err, found.String(), tt.want)
			}
		})
	}
}
