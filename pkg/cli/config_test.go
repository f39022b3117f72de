package cli_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/llmgw/llmgw/pkg/cli"
	"github.com/llmgw/llmgw/pkg/cli/terminal"
)

func TestLoadConfig(t *testing.T) {
	t.Parallel()
	const good = "model_list: [{model_name: m, litellm_params: {model: echo/hello}}]\n"
	for name, tt := range map[string]struct {
		text, told string
		code       int
	}{
		"good":              {text: good},
		"warnings only":     {text: "model_list: []\n"},
		"errors":            {text: good + "genral_settings: {}\n", told: "error: FILE:2:1: genral_settings:", code: cli.ExitUsage},
		"errors and others": {text: "model_list: []\ngenral_settings: {}\n", told: "error: FILE:2:1: genral_settings:", code: cli.ExitUsage},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "llmgw.yaml")
			if err := os.WriteFile(file, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			io, out, errOut := terminal.Test()
			cfg, err := cli.LoadConfig(io, file)
			var e *cli.Error
			if (cfg == nil) != (tt.code != 0) || errors.As(err, &e) != (tt.code != 0) || e != nil && e.Code != tt.code {
				t.Errorf("LoadConfig = %v, %v", cfg, err)
			}
			told := strings.ReplaceAll(errOut.String(), file, "FILE")
			if out.Len() > 0 || !strings.HasPrefix(told, tt.told) || strings.Contains(told, "warning") || (tt.told == "") != (told == "") {
				t.Errorf("told %q, want %q", told, tt.told)
			}
		})
	}
}

func TestLoadConfigReadsTheFactorysEnvironment(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	io, _, errOut := terminal.Test()
	env := map[string]string{"LLMGW_DATA_DIR": dir}
	f := &cli.Factory{IO: io, LookupEnv: func(name string) (string, bool) {
		value, set := env[name]
		return value, set
	}}
	cfg, err := f.LoadConfig("")
	if err != nil || cfg.DataDir != dir {
		t.Errorf("LoadConfig = %+v, %v, %s", cfg, err, errOut)
	}
}
