package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/llmgw/llmgw/test/gatewaytest"
)

func TestMain(m *testing.M) { os.Exit(gatewaytest.Main(m)) }

// soaking reports whether LLMGW_SOAK asks for the long form of the tests.
func soaking() bool { return os.Getenv("LLMGW_SOAK") != "" }

// newRand gives the random numbers of one test: the same ones in every run. n
// tells the goroutines of a test apart.
func newRand(seed, n uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, n)) }

// between draws a duration from [low, high).
func between(r *rand.Rand, low, high time.Duration) time.Duration {
	return low + time.Duration(r.Int64N(int64(high-low)))
}

// start runs a gateway on a configuration. dataDir is "" for a new one.
func start(t *testing.T, config, dataDir string) *gatewaytest.Gateway {
	t.Helper()
	return gatewaytest.Start(t, gatewaytest.Options{Config: writeConfig(t, config), DataDir: dataDir})
}

// writeConfig puts a configuration into a file of its own.
func writeConfig(t *testing.T, config string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "llmgw.yaml")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// The prices of the mock vendor's models, in nano-dollars for one token.
const (
	inputPrice  = 3_000
	outputPrice = 15_000
)

const masterKey = "sk-e2e-master-0000000000000000"

// models are the configuration's model_list for a mock vendor: one model of each
// dialect. attempt bounds one attempt.
func models(vendorURL string, attempt time.Duration) string {
	const entry = `
  - model_name: %s
    litellm_params: {model: %s, api_base: "%s", api_key: sk-vendor, timeout: %v, stream_timeout: %v, num_retries: 0}
    model_info: {input_cost_per_token: 0.000003, output_cost_per_token: 0.000015}`
	return "model_list:" +
		fmt.Sprintf(entry, "mock-openai", "openai/mock", vendorURL+"/v1", attempt, attempt) +
		fmt.Sprintf(entry, "mock-anthropic", "anthropic/mock", vendorURL, attempt, attempt) + "\n"
}

// await asks until done says yes, and fails the test when that takes longer than
// limit. what says what was waited for.
func await(t *testing.T, limit time.Duration, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(limit)
	for !done() {
		select {
		case <-deadline:
			t.Fatalf("%s: not within %v", what, limit)
		case <-tick.C:
		}
	}
}
