package root_test

import (
	"strings"
	"testing"

	"github.com/llmgw/llmgw/pkg/cli"
	"github.com/llmgw/llmgw/pkg/cli/root"
	"github.com/llmgw/llmgw/pkg/cli/terminal"
)

// run runs a command line and gives what Main would give.
func run(t *testing.T, args ...string) (code int, out, errOut string) {
	t.Helper()
	io, o, e := terminal.Test()
	cmd := root.New(&cli.Factory{IO: io, Version: cli.Version{Number: "1.2.3", Commit: "abc", Date: "2026-11-22"}})
	cmd.SetArgs(args)
	code = cli.Report(io, cmd.ExecuteContext(t.Context()))
	return code, o.String(), e.String()
}

func TestCommandLinesThatAreWrong(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		args string
		want string
	}{
		{"srve", "unknown command \"srve\"\nDid you mean serve?\n"},
		{"xyzzy", "unknown command \"xyzzy\"\nRun 'llmgw --help' for the commands.\n"},
		{"--xyzzy", "unknown flag: --xyzzy\nRun 'llmgw --help' for its flags.\n"},
		{"serve --xyzzy", "unknown flag: --xyzzy\nRun 'llmgw serve --help' for its flags.\n"},
		{"serve --port x", "Run 'llmgw serve --help' for its flags.\n"},
		{"serve extra", "extra"},
		{"version extra", "extra"},
		{"serve --port 4000 --listen :4000", "--listen and --port both name a port"},
	} {
		t.Run(tt.args, func(t *testing.T) {
			t.Parallel()
			code, out, errOut := run(t, strings.Fields(tt.args)...)
			if code != cli.ExitUsage || out != "" || !strings.HasPrefix(errOut, "llmgw: ") || !strings.Contains(errOut, tt.want) {
				t.Errorf("exit %d, stdout %q, stderr %q, want 2 and %q", code, out, errOut, tt.want)
			}
		})
	}
}

func TestHelp(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"": "Available Commands", "--help": "Available Commands", "help serve": "--addr-file", "serve -h": "SIGHUP",
		"help exit-codes": "130  interrupted", "version": "llmgw 1.2.3 (abc, 2026-11-22) go",
	} {
		code, out, errOut := run(t, strings.Fields(args)...)
		if code != 0 || !strings.Contains(out, want) || errOut != "" {
			t.Errorf("llmgw %s: exit %d, stdout %q, stderr %q, want %q", args, code, out, errOut, want)
		}
	}
}

// Every command says what it does and shows how, and has no flag without words.
func TestEveryCommandIsDescribed(t *testing.T) {
	t.Parallel()
	io, _, _ := terminal.Test()
	for _, c := range root.New(&cli.Factory{IO: io}).Commands() {
		if c.Short == "" || c.Runnable() && c.Example == "" {
			t.Errorf("%s: short %q, example %q", c.Name(), c.Short, c.Example)
		}
	}
}
