package subject

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"text/template"

	"github.com/llmgw/llmgw/test/bench/traffic"
)

const (
	// Key is the virtual key that the calls carry.
	Key = "sk-bench-key-0123456789abcdef"
	// MasterKey is the gateway's own.
	MasterKey = "sk-bench-master-0123456789abcdef"
	// KeyRPM is the key's limit on requests a minute.
	KeyRPM = 100_000_000
)

// gatewayConf switches on whatever a call can cost: a key with limits on
// requests, tokens and days, a hard budget with prices, metrics, and, by
// default, journal and request log. The numbers are high enough that no call is
// ever refused.
const gatewayConf = `# Written by the benchmark.
model_list:
{{- range .Models}}
  - model_name: {{.Name}}
    litellm_params:
      model: {{.Provider}}/{{.Upstream}}
      api_base: {{.Base}}
      api_key: sk-upstream-0123456789abcdef
      input_cost_per_token: 0.0000025
      output_cost_per_token: 0.00001
{{- end}}

general_settings:
  master_key: {{.MasterKey}}
  data_dir: {{.DataDir}}

security_settings:
  valid_api_keys:
    - {{.Key}}

rate_limit_settings:
  enabled: true
  strategy: sliding_window
  limits:
    - api_key: {{.Key}}
      rpm: {{.RPM}}
      tpm: 1000000000000
      rpd: 10000000000

budget_settings:
  enabled: true
  currency: USD
  budgets:
    - name: bench
      api_keys:
        - {{.Key}}
      limit: 100000000.0
      period: monthly
      alert_threshold: 0.9
      hard_limit: true

monitoring_settings:
  enable_prometheus: true
`

// gatewayValues are the gaps of gatewayConf.
type gatewayValues struct {
	Models                  []gatewayModel
	Key, MasterKey, DataDir string
	RPM                     int
}

type gatewayModel struct{ Name, Provider, Upstream, Base string }

// Gateway says which gateway to start, and how.
type Gateway struct {
	Path string   // the llmgw binary
	Dir  string   // for its files; must be empty
	Env  []string // its whole environment, NAME=value
}

// Start runs the gateway in front of upstream with everything switched on.
func (g Gateway) Start(ctx context.Context, upstream string) (*Process, error) {
	conf, err := renderGateway(filepath.Join(g.Dir, "data"), upstream)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(g.Dir, "llmgw.yaml")
	if err := os.WriteFile(file, conf, 0o600); err != nil {
		return nil, err
	}
	return g.start(ctx, []string{"--config", file}, nil)
}

// StartBare runs the gateway as it starts on a machine where nothing is set up:
// no configuration, an empty data directory.
func (g Gateway) StartBare(ctx context.Context) (*Process, error) {
	return g.start(ctx, nil, []string{
		"LLMGW_DATA_DIR=" + filepath.Join(g.Dir, "data"), "LLMGW_MASTER_KEY=" + MasterKey,
	})
}

// start runs "llmgw serve". HOME is within Dir, so that no file of the user's is
// found.
func (g Gateway) start(ctx context.Context, args, env []string) (*Process, error) {
	addr := filepath.Join(g.Dir, "llmgw.addr")
	return start(ctx, command{
		name:  "llmgw",
		dir:   g.Dir,
		path:  g.Path,
		args:  append([]string{"serve", "--listen", "127.0.0.1:0", "--addr-file", addr}, args...),
		env:   append(append([]string{"HOME=" + g.Dir}, g.Env...), env...),
		ready: addrFile(addr),
	})
}

// renderGateway fills in gatewayConf for a provider at upstream.
func renderGateway(dataDir, upstream string) ([]byte, error) {
	v := gatewayValues{Key: Key, MasterKey: MasterKey, DataDir: dataDir, RPM: KeyRPM}
	for _, d := range traffic.Dialects() {
		base := "http://" + upstream
		if d == traffic.OpenAI {
			base += "/v1"
		}
		for _, p := range traffic.Paces() {
			v.Models = append(v.Models, gatewayModel{traffic.Model(d, p), string(d), traffic.UpstreamModel(p), base})
		}
	}
	t, err := template.New("llmgw.yaml").Parse(gatewayConf)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = t.Execute(&b, v)
	return b.Bytes(), err
}
