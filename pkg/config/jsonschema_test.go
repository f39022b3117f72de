package config

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
)

// compiled is the schema, ready to be used.
func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := JSONSchema()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	if err := c.AddResource("llmgw.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("llmgw.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// instance reads YAML as the values that the schema is held against.
func instance(t *testing.T, text []byte) any {
	t.Helper()
	var value any
	if err := yaml.Unmarshal(text, &value); err != nil {
		t.Fatal(err)
	}
	if value == nil {
		value = map[string]any{}
	}
	return value
}

func TestJSONSchemaAcceptsWhatLoads(t *testing.T) {
	t.Parallel()
	s := compiled(t)
	texts := map[string][]byte{"layout": []byte(layoutFile), "diff": []byte(diffFile), "canary": []byte(canaryFile), "built in": Builtin(Options{LookupEnv: lookup(canaryEnv)})}
	for _, pattern := range []string{"../../configs/*.yaml", "testdata/import/*.yaml", "testdata/litellm/*.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "wrong.yaml") {
				continue
			}
			if texts[file], err = os.ReadFile(file); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(texts) < 6 {
		t.Errorf("only %d files", len(texts))
	}
	for name, text := range texts {
		if err := s.Validate(instance(t, text)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, text := range []string{
		"", "model_list:", "general_settings:\n  master_key:\n",
		"general_settings: {drain_timeout: 1m30s, hold_wait: 0.5, drain_delay: '${X}', max_body_bytes: 64 KiB, max_body_bytes_in_flight: 1GB}",
		"security_settings: {valid_api_keys: one, max_budget: '5', budget_duration: 30d, rpm_limit: os.environ/RPM}",
		"litellm_settings: {drop_params: 'yes', num_retries: '3', fallbacks: {a: b}, default_fallbacks: x}",
		"model_list: [{model_name: 5, litellm_params: {model: echo/x, anything: {at: [all]}, input_cost_per_token: 3e-06, output_cost_per_token: '1e-06'}}]",
		"router_settings: {model_group_alias: {a: b, c: {model: d, hidden: true}}}",
		"log_settings: {enabled: '${LOG}', keep: 0}",
	} {
		if err := s.Validate(instance(t, []byte(text))); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestJSONSchemaRejectsMistakes(t *testing.T) {
	t.Parallel()
	s := compiled(t)
	for _, text := range []string{
		"[]", "model_list: {}", "genral_settings: {}", "general_settings: {drain_timout: 1}", "general_settings: []",
		"model_list: [{litellm_params: {model: echo/x}}]", "model_list: [{model_name: a, litellm_params: {}}]",
		"model_list: [{model_name: a, litellm_params: {model: [x]}}]",
		"general_settings: {drain_timeout: soon}", "general_settings: {fsync: sometimes}", "general_settings: {max_body_bytes: lots}",
		"router_settings: {num_retries: 1.5}", "router_settings: {num_retries: -1}", "router_settings: {num_retries: 101}",
		"litellm_settings: {drop_params: maybe}", "security_settings: {budget_duration: fortnightly}",
		"budget_settings: {budgets: [{name: a, limit: -5}]}", "monitoring_settings: {prometheus_port: 70000}",
		"cache_settings: {scope: everybody}", "rate_limit_settings: {default_limits: {rpm: 0}}",
		"router_settings: {model_group_alias: [a]}", "litellm_settings: {fallbacks: [a]}",
		"model_list: [{model_name: a, litellm_params: {model: echo/x}, model_info: {mode: talk}}]",
	} {
		if err := s.Validate(instance(t, []byte(text))); err == nil {
			t.Errorf("%s is accepted", text)
		}
	}
}

func TestJSONSchemaDescribesKeys(t *testing.T) {
	t.Parallel()
	text, err := JSONSchema()
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Defs map[string]struct {
			Properties map[string]struct {
				Description string
				Default     any
				WriteOnly   bool
			}
		} `json:"$defs"`
	}
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	general := schema.Defs["GeneralSettings"].Properties
	if got := general["drain_timeout"]; !strings.HasPrefix(got.Description, "drain_timeout is how long") || got.Default != "30s" || got.WriteOnly {
		t.Errorf("drain_timeout: %+v", got)
	}
	if got := schema.Defs["LogSettings"].Properties["keep"]; got.Default != 10.0 {
		t.Errorf("keep: %+v", got)
	}
	if got := schema.Defs["LogSettings"].Properties["enabled"]; got.Default != true {
		t.Errorf("enabled: %+v", got)
	}
	for _, secret := range []bool{
		general["master_key"].WriteOnly, schema.Defs["SecuritySettings"].Properties["valid_api_keys"].WriteOnly,
		schema.Defs["LiteLLMParams"].Properties["extra_headers"].WriteOnly,
	} {
		if !secret {
			t.Error("a secret is not write-only")
		}
	}
	for name, def := range schema.Defs {
		for key, property := range def.Properties {
			if property.Description == "" {
				t.Errorf("%s.%s has no description", name, key)
			}
		}
	}
	if a, b := reflect.TypeFor[ModelInfo](), fieldsOf(reflect.TypeFor[ModelInfo]()); ownerOf(a, b[len(b)-1]) == "ModelInfo" {
		t.Error("the owner of an inline field is not found")
	}
}
