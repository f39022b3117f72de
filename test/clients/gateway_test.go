package clients

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/llmgw/llmgw/test/gatewaytest"
)

// Keys of the gateways that the tests start.
const (
	masterKey  = "sk-clients-master"
	clientKey  = "sk-clients-full"
	limitedKey = "sk-clients-one-a-minute"
	unknownKey = "sk-clients-nobody-knows"
)

// echoModels are the models of the echo gateway, each a behaviour of the echo
// provider.
var echoModels = []string{"hello", "tools", "thinking", "cached", "stream-error", "error-429", "error-500", "error-529"}

type object = map[string]any

// startEcho starts a gateway whose models are answered by the echo provider. It
// does not retry, so that each provoked error costs one attempt.
func startEcho(t *testing.T) *gatewaytest.Gateway {
	t.Helper()
	var models []object
	for _, m := range echoModels {
		models = append(models, object{"model_name": m, "litellm_params": object{"model": "echo/" + m}})
	}
	return gatewaytest.Start(t, gatewaytest.Options{Config: writeConfig(t, object{
		"model_list":        models,
		"general_settings":  object{"master_key": masterKey},
		"security_settings": object{"valid_api_keys": []string{clientKey, limitedKey}},
		"router_settings":   object{"num_retries": 0},
		"rate_limit_settings": object{
			"enabled": true,
			"limits":  []object{{"api_key": limitedKey, "rpm": 1}},
		},
	})})
}

// writeConfig writes a configuration and returns its path. It is JSON, which is
// YAML too.
func writeConfig(t *testing.T, config object) string {
	t.Helper()
	text, err := json.MarshalIndent(config, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "llmgw.yaml")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// counter counts the requests that an SDK sends, its retries included. Not safe
// for concurrent use: one per call.
type counter struct {
	requests int
	last     *http.Response
}

// Do is a middleware of either SDK.
func (c *counter) Do(r *http.Request, next func(*http.Request) (*http.Response, error)) (*http.Response, error) {
	c.requests++
	resp, err := next(r)
	c.last = resp
	return resp, err
}

// asJSON renders a value for comparison, so that two ways to the same answer can
// be told apart by what they mean alone.
func asJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
