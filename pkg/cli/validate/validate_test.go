package validate

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/llmgw/llmgw/pkg/cli"
	"github.com/llmgw/llmgw/pkg/cli/terminal"
	"github.com/llmgw/llmgw/pkg/validate"
)

// environment is what a command finds set.
type environment map[string]string

// run runs a command line in a home of its own.
func (e environment) run(t *testing.T, streams *terminal.IO, args ...string) error {
	t.Helper()
	if e == nil {
		e = environment{}
	}
	if e["HOME"] == "" {
		e["HOME"] = t.TempDir()
	}
	cmd := NewCmd(&cli.Factory{IO: streams, Version: cli.Version{Number: "1.2.3"}, LookupEnv: func(name string) (string, bool) {
		v, ok := e[name]
		return v, ok
	}}, nil)
	cmd.SetArgs(args)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	return cmd.ExecuteContext(t.Context())
}

func codeOf(err error) int {
	io, _, _ := terminal.Test()
	return cli.Report(io, err)
}

func TestFlags(t *testing.T) {
	t.Parallel()
	io, _, _ := terminal.Test()
	f := &cli.Factory{IO: io}
	usual := Options{
		Factory: f, IO: io, Output: terminal.FormatTable, Timeout: 30 * time.Second, Slow: 10 * time.Second, Repeat: 1, Parallel: 8, mode: validate.Live,
	}
	for args, want := range map[string]func(*Options){
		"":                          func(*Options) {},
		"--offline":                 func(o *Options) { o.Offline, o.mode = true, validate.Offline },
		"-c a.yaml":                 func(o *Options) { o.ConfigFile, o.mode = "a.yaml", validate.Offline },
		"-c a.yaml --offline":       func(o *Options) { o.ConfigFile, o.Offline, o.mode = "a.yaml", true, validate.Offline },
		"-c a.yaml --offline=false": func(o *Options) { o.ConfigFile, o.mode = "a.yaml", validate.Offline },
		"--direct -c a.yaml":        func(o *Options) { o.ConfigFile, o.Direct, o.mode = "a.yaml", true, validate.Direct },
		"--offline --listen :4000":  func(o *Options) { o.Listen, o.Offline, o.mode = ":4000", true, validate.Offline },
		"--url http://x --key k --model a,b --model c* --probe Chat,tools --probe health --strict": func(o *Options) {
			o.URL, o.Key, o.Strict = "http://x", "k", true
			o.Models, o.Probes = []string{"a,b", "c*"}, []string{"chat", "tools", "health"}
		},
		"--timeout 5s --slow 2s --repeat 3 --parallel 2 -o junit": func(o *Options) {
			o.Timeout, o.Slow, o.Repeat, o.Parallel, o.Output = 5*time.Second, 2*time.Second, 3, 2, terminal.FormatJUnit
		},
	} {
		var got Options
		cmd := NewCmd(f, func(_ context.Context, o *Options) error { got = *o; return nil })
		cmd.SetArgs(strings.Fields(args))
		if err := cmd.ExecuteContext(t.Context()); err != nil {
			t.Errorf("%s: %v", args, err)
			continue
		}
		o := usual
		want(&o)
		if diff := cmp.Diff(o, got, cmp.AllowUnexported(Options{}), cmpopts.IgnoreFields(Options{}, "Factory", "IO")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", args, diff)
		}
	}
}

func TestCommandLinesThatAreWrong(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"--url http://x -c a.yaml":     "--url and --config",
		"--url http://x --offline":     "--url and --offline",
		"--url http://x --direct":      "--url and --direct",
		"--offline --direct":           "--offline and --direct",
		"-c a.yaml --model m":          "--model is for calls",
		"--offline --repeat 2":         "--repeat is for calls",
		"--offline --key k":            "--key is for a gateway",
		"--direct --key k":             "--key is for a gateway",
		"--listen :4000":               "--listen is for the check",
		"--timeout 0s":                 "--timeout 0s",
		"--slow -1s":                   "--slow -1s",
		"--repeat 0":                   "--repeat 0",
		"--repeat 1001":                "--repeat 1001",
		"--parallel 0":                 "--parallel 0",
		"--probe chat,chats":           `no probe "chats"`,
		"--direct --probe health":      "is of a gateway",
		"--url nowhere":                "no address",
		"--url http://x --key sk-\x01": "key",
		"--model=":                     "--model needs a name",
	} {
		io, out, _ := terminal.Test()
		err := environment(nil).run(t, io, strings.Fields(args)...)
		if codeOf(err) != cli.ExitUsage || err == nil || !strings.Contains(err.Error(), want) || out.Len() > 0 {
			t.Errorf("%s: %v, %q, want %q", args, err, out, want)
		}
	}
}

// gateway answers chat completions to one key.
func gateway(t *testing.T, key string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.Header.Get("Authorization") != "Bearer "+key {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		body, _ := io.ReadAll(r.Body)
		switch {
		case r.Method == http.MethodGet && r.URL.Path == "/v1/models":
			io.WriteString(w, `{"data":[{"id":"good"},{"id":"bad"}]}`)
		case r.URL.Path == "/health":
			io.WriteString(w, `{"status":"healthy"}`)
		case strings.Contains(string(body), `"bad"`):
			w.WriteHeader(http.StatusInternalServerError)
			io.WriteString(w, `{"error":{"message":"out of cheese"}}`)
		default:
			io.WriteString(w, `{"choices":[{"message":{"content":"Hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":8,"completion_tokens":1}}`)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func TestExitCodesOfGateways(t *testing.T) {
	t.Parallel()
	url := gateway(t, "sk-k")
	env := environment{"LLMGW_URL": url, "LLMGW_KEY": "sk-k\n"}
	for args, want := range map[string]int{
		"--probe chat --model good":                        cli.ExitOK,
		"--probe chat":                                     cli.ExitFailed,
		"--probe chat --model good --slow 1ns":             cli.ExitOK,
		"--probe chat --model good --slow 1ns --strict":    cli.ExitFailed,
		"--probe chat --model nobody*":                     cli.ExitFailed,
		"--key sk-other":                                   cli.ExitDenied,
		"--url http://127.0.0.1:1":                         cli.ExitUnreachable,
		"--url http://127.0.0.1:1 --probe chat --model m ": cli.ExitFailed,
	} {
		io, out, errOut := terminal.Test()
		if code := codeOf(env.run(t, io, strings.Fields(args)...)); code != want || out.Len() == 0 || errOut.Len() > 0 {
			t.Errorf("%s: exit code %d, want %d: %s%s", args, code, want, out, errOut)
		}
	}
}

func TestOutputOfAGateway(t *testing.T) {
	t.Parallel()
	env := environment{"LLMGW_URL": gateway(t, "sk-k"), "LLMGW_MASTER_KEY": "sk-k"}
	streams, out, _ := terminal.Test()
	if err := env.run(t, streams, "--probe", "health,models,chat"); !errors.Is(err, cli.ErrSilent) {
		t.Error(err)
	}
	for _, want := range []string{
		"✓ health: Connection successful (", "✓ models: the key sees 2 (", "✓ good chat: answered (",
		"✗ bad chat: answered 500 Internal Server Error: out of cheese (",
		"\n\nerror: bad: answered 500 Internal Server Error: out of cheese [call-failed: chat]\n  see the log of the gateway",
		"\n\n✗ 4 checks: 3 passed, 1 failed; 1 error, 0 warnings; 9 tokens; ",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in:\n%s", want, out)
		}
	}
	if strings.Contains(out.String(), "MODEL") {
		t.Errorf("there is a table for nobody:\n%s", out)
	}
}

func TestOutputOnATerminal(t *testing.T) {
	t.Parallel()
	env := environment{"LLMGW_URL": gateway(t, "sk-k"), "LLMGW_KEY": "sk-k"}
	streams, out, errOut := terminal.Test()
	streams.OutTTY, streams.ErrTTY = true, true
	if err := env.run(t, streams, "--probe", "chat,completions", "--repeat", "3"); !errors.Is(err, cli.ErrSilent) {
		t.Error(err)
	}
	for _, want := range []string{"MODEL  CHAT  COMPLETIONS ", " P50 ", "[empty-answer: completions]", "good   ✓     ✗", "bad    ✗     ✗"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in:\n%s", want, out)
		}
	}
	if !strings.Contains(errOut.String(), "probing: 0 of 2 models") || !strings.HasSuffix(errOut.String(), "\r") {
		t.Errorf("progress %q", errOut)
	}
}

const configText = `
model_list:
  - {model_name: hello, litellm_params: {model: echo/hello}}
  - {model_name: dead, litellm_params: {model: echo/error-500}}
general_settings: {master_key: sk-validate-canary}
`

func write(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "gw.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestExitCodesOfConfigurations(t *testing.T) {
	t.Parallel()
	const warned = "model_list: [{model_name: m, litellm_params: {model: openai/nobody-knows, api_key: sk-x}}]\n"
	for name, tt := range map[string]struct {
		text, args string
		code       int
		want       string
	}{
		"good":               {configText, "", 0, "✓ 5 checks: 5 passed, 0 failed; 0 errors, 0 warnings; "},
		"warnings":           {warned, "", 0, "! 5 checks"},
		"strict":             {warned, "--strict", 1, "✗ 5 checks: 4 passed, 1 failed"},
		"an error":           {configText + "genral_settings: {}\n", "", 1, "gw.yaml:6:1: genral_settings: "},
		"no YAML":            {"a: [", "", 2, "yaml-syntax"},
		"direct":             {configText, "--direct --model hello", 0, "✓ hello chat: answered ("},
		"direct, one fails":  {configText, "--direct", 1, "✗ dead chat: answered 500"},
		"direct, none":       {configText, "--direct --model nobody", 1, "no deployment to call"},
		"direct, an error":   {configText + "genral_settings: {}\n", "--direct", 2, "genral_settings"},
		"exposed":            {configText, "--listen 0.0.0.0:4000", 0, "exposed-listener"},
		"direct, a pattern":  {"model_list: [{model_name: e/*, litellm_params: {model: echo/*}}]\n", "--direct --model e/hello", 0, "✓ e/hello chat"},
		"direct, a pattern*": {"model_list: [{model_name: e/*, litellm_params: {model: echo/*}}]\n", "--direct", 1, "pattern-not-probed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			io, out, _ := terminal.Test()
			err := environment(nil).run(t, io, append(strings.Fields(tt.args), "--config", write(t, tt.text))...)
			if codeOf(err) != tt.code || !strings.Contains(out.String(), tt.want) || strings.Contains(out.String(), "canary") {
				t.Errorf("%v, want %d and %q:\n%s", err, tt.code, tt.want, out)
			}
		})
	}
	streams, out, _ := terminal.Test()
	if err := environment(nil).run(t, streams, "--config", "nowhere.yaml"); codeOf(err) != cli.ExitUsage || !strings.Contains(out.String(), "config-unreadable") {
		t.Errorf("%v, %s", err, out)
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	io, out, errOut := terminal.Test()
	err := environment(nil).run(t, io, "--direct", "-o", "json", "--config", write(t, configText))
	var got struct {
		Mode, Target string
		Models       map[string]struct{ Success bool }
		Summary      struct{ Success bool }
	}
	if codeOf(err) != cli.ExitFailed || json.Unmarshal(out.Bytes(), &got) != nil || errOut.Len() > 0 {
		t.Fatalf("%v, %s%s", err, out, errOut)
	}
	if got.Mode != "direct" || filepath.Base(got.Target) != "gw.yaml" || !got.Models["hello"].Success || got.Models["dead"].Success || got.Summary.Success {
		t.Errorf("%+v", got)
	}
}

// The key of a gateway on this machine is found without being told.
func TestKeysThatAreFound(t *testing.T) {
	t.Parallel()
	url := gateway(t, "sk-found")
	home := t.TempDir()
	data := filepath.Join(home, "data")
	if err := os.MkdirAll(data, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(data, "master.key"), []byte("sk-found\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, env := range map[string]environment{
		"data directory": {"HOME": home, "LLMGW_DATA_DIR": data},
		"configuration":  {"HOME": home, "LLMGW_CONFIG": write(t, "general_settings: {master_key: sk-found}\n"), "LLMGW_DATA_DIR": t.TempDir()},
	} {
		io, out, _ := terminal.Test()
		if err := env.run(t, io, "--url", url, "--probe", "models"); err != nil {
			t.Errorf("%s: %v, %s", name, err, out)
		}
	}
	for address, want := range map[string]bool{
		"http://127.0.0.1:4000": true, "http://localhost": true, "http://[::1]:1": true, "http://10.0.0.1": false, "https://gateway.example.com": false, "::": false,
	} {
		if got := local(address); got != want {
			t.Errorf("local(%q) = %v", address, got)
		}
	}
}
