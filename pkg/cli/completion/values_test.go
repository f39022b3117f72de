package completion_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"github.com/llmgw/llmgw/pkg/cli"
	"github.com/llmgw/llmgw/pkg/cli/completion"
	"github.com/llmgw/llmgw/pkg/cli/terminal"
)

// complete runs what the tab key runs on a command with many flags, and gives the
// values and what was told.
func complete(t *testing.T, env map[string]string, args ...string) (values []string, told string) {
	t.Helper()
	streams, out, errOut := terminal.Test()
	v := completion.Values{Factory: &cli.Factory{IO: streams, LookupEnv: func(name string) (string, bool) {
		value, set := env[name]
		return value, set
	}}}
	root := &cobra.Command{Use: "llmgw"}
	sub := &cobra.Command{Use: "x", Run: func(*cobra.Command, []string) {}, ValidArgsFunction: v.Key}
	many := &cobra.Command{Use: "y", Run: func(*cobra.Command, []string) {}, ValidArgsFunction: v.Keys}
	budgets := &cobra.Command{Use: "z", Run: func(*cobra.Command, []string) {}, ValidArgsFunction: v.Budgets}
	oneBudget := &cobra.Command{Use: "b", Run: func(*cobra.Command, []string) {}, ValidArgsFunction: v.Budget}
	for _, c := range []*cobra.Command{sub, many, budgets, oneBudget} {
		for _, name := range []string{"model", "models", "provider", "team", "budget", "period", "grace", "config", "other"} {
			c.Flags().String(name, "", "")
		}
		v.Register(c)
		v.Register(c) // does no harm
	}
	root.AddCommand(sub, many, budgets, oneBudget)
	root.SetOut(out)
	root.SetErr(new(strings.Builder)) // cobra's own words for shells that are debugged
	root.SetArgs(append([]string{cobra.ShellCompRequestCmd}, args...))
	if err := root.ExecuteContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out.String()) {
		// The shells take what begins with what has been written.
		if line = strings.TrimSuffix(line, "\n"); !strings.HasPrefix(line, ":") && strings.HasPrefix(line, args[len(args)-1]) {
			values = append(values, line)
		}
	}
	return values, errOut.String()
}

func TestValues(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Header.Get("Authorization") != "Bearer sk-master":
			w.WriteHeader(http.StatusUnauthorized)
		case r.URL.Path == "/budget/list":
			fmt.Fprint(w, `[{"name":"team","limit_usd":5,"period":"daily"},{"name":"all","limit_usd":7.50,"period":"total"}]`)
		case r.URL.Path == "/team/list":
			fmt.Fprint(w, `[{"team_id":"t1","team_alias":"research"}]`)
		default:
			fmt.Fprint(w, `{"keys":[{"key_id":"key_1","key_alias":"ci"},{"key_id":"key_2"}],"total_pages":1}`)
		}
	}))
	t.Cleanup(server.Close)
	dir := t.TempDir()
	config := filepath.Join(dir, "llmgw.yaml")
	text := "model_list:\n" +
		"  - {model_name: hello, litellm_params: {model: echo/hello}}\n  - {model_name: hello, litellm_params: {model: echo/hello}}\n" +
		"  - {model_name: world, litellm_params: {model: echo/hello}}\nrouter_settings: {model_group_alias: {hi: hello}}\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{
		"LLMGW_CONFIG": config, "LLMGW_DATA_DIR": filepath.Join(dir, "data"), "HOME": dir,
		"LLMGW_URL": server.URL, "LLMGW_MASTER_KEY": "sk-master",
	}
	for _, tt := range []struct {
		args string
		want []string
	}{
		{"x --model _", []string{"hello\techo", "hi\talias of hello", "world\techo"}},
		{"x --models _", []string{"hello\techo", "hi\talias of hello", "world\techo"}},
		{"x --models a,w", []string{"a,world\techo"}},
		{"x --provider anth", []string{"anthropic"}},
		{"x --team _", []string{"research\tt1"}},
		{"x --budget 5", nil},
		{"x --budget 5/m", []string{"5/monthly"}},
		{"x --period y", []string{"yearly"}},
		{"x --grace 1", []string{"12h"}},
		{"x _", []string{"ci\tkey_1", "key_2"}},
		{"x key_", []string{"key_1\tci", "key_2"}},
		{"x ci _", nil},
		{"y ci _", []string{"key_2"}},
		{"z _", []string{"team\t5 USD daily", "all\t7.50 USD total"}},
		{"z team _", []string{"all\t7.50 USD total"}},
		{"b t", []string{"team\t5 USD daily"}},
		{"b team _", nil},
	} {
		args := strings.Fields(tt.args)
		if last := len(args) - 1; args[last] == "_" {
			args[last] = ""
		}
		got, told := complete(t, env, args...)
		if diff := cmp.Diff(tt.want, got); diff != "" || told != "" {
			t.Errorf("%s: told %q\n%s", tt.args, told, diff)
		}
	}
}

func TestValuesThatAreNotToBeHad(t *testing.T) {
	t.Parallel()
	slow := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	t.Cleanup(slow.Close)
	dir := t.TempDir()
	wrong := filepath.Join(dir, "wrong.yaml")
	if err := os.WriteFile(wrong, []byte("model_lisd: []\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, env := range map[string]map[string]string{
		"no answer in time":     {"LLMGW_URL": slow.URL, "LLMGW_CONFIG": wrong},
		"nobody there":          {"LLMGW_URL": "http://127.0.0.1:1", "LLMGW_CONFIG": wrong},
		"a wrong configuration": {"LLMGW_CONFIG": wrong},
		"no database":           {"LLMGW_CONFIG": "/dev/null/x", "LLMGW_DATA_DIR": filepath.Join(dir, "data")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env["HOME"] = dir
			began := time.Now()
			for _, flag := range []string{"--team", "--model"} {
				if got, told := complete(t, env, "x", flag, ""); len(got) > 0 || told != "" {
					t.Errorf("%s gives %q, told %q", flag, got, told)
				}
			}
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}
