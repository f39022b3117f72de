package initialize

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/llmgw/llmgw/pkg/cli"
	"github.com/llmgw/llmgw/pkg/cli/terminal"
)

func environment(env map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) { value, ok := env[name]; return value, ok }
}

func TestFlags(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]Options{
		"": {File: "llmgw.yaml"},
		"--file a.yaml --provider anthropic,groq --provider xai --force": {File: "a.yaml", Providers: []string{"anthropic", "groq", "xai"}, Force: true},
		"-f b --rpm 5 --budget 1.5":                                      {File: "b", RPM: "5", Budget: "1.5"},
	} {
		streams, _, _ := terminal.Test()
		f := &cli.Factory{IO: streams}
		var got Options
		cmd := NewCmd(f, func(_ context.Context, o *Options) error { got = *o; return nil })
		cmd.SetArgs(strings.Fields(args))
		if err := cmd.ExecuteContext(t.Context()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(Options{}, "Factory"), cmpopts.IgnoreUnexported(Options{})); diff != "" {
			t.Errorf("%s: -want +got:\n%s", args, diff)
		}
	}
}

// answer runs init at a terminal with what somebody types; FILE in it is a file that is
// not there.
func answer(t *testing.T, typed string, env map[string]string) (file, told string, err error) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "gw.yaml")
	streams, out, errOut := terminal.Test()
	streams.InTTY, streams.In = true, strings.NewReader(strings.ReplaceAll(typed, "FILE", name))
	cmd := NewCmd(&cli.Factory{IO: streams, LookupEnv: environment(env)}, nil)
	cmd.SetArgs(nil)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	err = cmd.ExecuteContext(t.Context())
	if out.Len() > 0 {
		t.Errorf("%q on stdout", out)
	}
	text, _ := os.ReadFile(name)
	return string(text), strings.ReplaceAll(errOut.String(), name, "FILE"), err
}

func TestInterview(t *testing.T) {
	t.Parallel()
	file, told, err := answer(t, "grok\ngroq, anthropic\nFILE\n0\n4100\nmany\n30\n12.5\n", map[string]string{"GROQ_API_KEY": "Canary", "HOME": "/h"})
	if err != nil {
		t.Fatal(err, told)
	}
	for _, want := range []string{
		"\n  - model_name: groq/*\n", "  # ANTHROPIC_API_KEY is not set", "\n    rpm: 30\n", "\n  max_budget: 12.5\n",
	} {
		if !strings.Contains(file, want) {
			t.Errorf("no %q in:\n%s", want, file)
		}
	}
	for _, want := range []string{
		"Credentials in the environment: groq.\n", "Providers, with commas between [groq]: ", "did you mean groq",
		`"0" is no port`, `--rpm "many" is no number`, "llmgw serve --config FILE --port 4100 ", "http://127.0.0.1:4100",
	} {
		if !strings.Contains(told, want) {
			t.Errorf("no %q in:\n%s", want, told)
		}
	}
	if strings.Contains(file+told, "Canary") || strings.Contains(file, "openai") {
		t.Errorf("the file:\n%s", file)
	}
}

func TestEndOfInputTakesDefaults(t *testing.T) {
	t.Parallel()
	file, told, err := answer(t, "\nFILE", map[string]string{"HOME": "/h"})
	if err != nil || !strings.Contains(file, "echo/hello") || !strings.Contains(file, "# - model_name: claude-*") || strings.Contains(file, "\n    rpm:") {
		t.Errorf("%v, told %q, wrote:\n%s", err, told, file)
	}
	if !strings.Contains(told, "No provider's credential") {
		t.Errorf("told %q", told)
	}
}

func TestInterviewNeverOverwrites(t *testing.T) {
	t.Parallel()
	there := filepath.Join(t.TempDir(), "there.yaml")
	if err := os.WriteFile(there, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, told, err := answer(t, "\n"+there+"\nFILE\n", map[string]string{"HOME": "/h"})
	if err != nil || !strings.Contains(told, "is there already: name another file") {
		t.Errorf("%v, told %q", err, told)
	}
	_, _, err = answer(t, "\n"+there, map[string]string{"HOME": "/h"})
	if e, ok := errors.AsType[*cli.Error](err); !ok || e.Code != cli.ExitFailed || e.Hint == "" {
		t.Errorf("err = %v", err)
	}
	if text, _ := os.ReadFile(there); string(text) != "mine" {
		t.Errorf("the file has %q", text)
	}
}

func TestInterviewEndsWithItsContext(t *testing.T) {
	t.Parallel()
	streams, _, _ := terminal.Test()
	in, end := io.Pipe()
	t.Cleanup(func() { _ = end.Close() })
	streams.InTTY, streams.In = true, in
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	cmd := NewCmd(&cli.Factory{IO: streams}, nil)
	cmd.SetArgs(nil)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	if err := cmd.ExecuteContext(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v", err)
	}
}

func TestWithFlagsNothingIsAsked(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	streams, _, errOut := terminal.Test()
	streams.InTTY, streams.In = true, new(bytes.Buffer)
	run := func(args ...string) error {
		cmd := NewCmd(&cli.Factory{IO: streams}, nil)
		cmd.SetArgs(args)
		cmd.SilenceErrors, cmd.SilenceUsage = true, true
		return cmd.ExecuteContext(t.Context())
	}
	file := filepath.Join(dir, "a.yaml")
	if err := run("--file", file); err != nil || strings.Contains(errOut.String(), "[") {
		t.Errorf("%v, told %q", err, errOut)
	}
	if e, ok := errors.AsType[*cli.Error](run("--file", file)); !ok || e.Code != cli.ExitFailed {
		t.Errorf("the file is overwritten: %v", e)
	}
	if err := run("--file", file, "--force"); err != nil {
		t.Error(err)
	}
	for _, args := range [][]string{{"--provider", "antropic"}, {"--rpm", "0"}, {"--budget", "lots"}, {"--budget", "0"}} {
		e, ok := errors.AsType[*cli.Error](run(append(args, "--file", filepath.Join(dir, "b.yaml"))...))
		if !ok || e.Code != cli.ExitUsage {
			t.Errorf("%v: %v", args, e)
		}
	}
}
