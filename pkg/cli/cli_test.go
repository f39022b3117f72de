package cli_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/llmgw/llmgw/pkg/cli"
	"github.com/llmgw/llmgw/pkg/cli/terminal"
)

func TestReport(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		err  error
		code int
		text string
	}{
		{"nothing", nil, 0, ""},
		{"any error", errors.New("the disk is full"), 1, "llmgw: the disk is full\n"},
		{"usage", cli.Usagef("--port %d is no port", 0), 2, "llmgw: --port 0 is no port\n"},
		{
			"a hint", &cli.Error{Code: 3, Hint: "Is it running?", Err: errors.New("cannot reach the gateway")}, 3,
			"llmgw: cannot reach the gateway\nIs it running?\n",
		},
		{
			"wrapped", fmt.Errorf("serve: %w", &cli.Error{Code: 4, Err: errors.New("not allowed")}), 4,
			"llmgw: serve: not allowed\n",
		},
		{"joined", errors.Join(cli.Usagef("first"), errors.New("second")), 2, "llmgw: first\nsecond\n"},
		{"said already", cli.ErrSilent, 1, ""},
		{"usage of a command", cli.InCommand(cli.Usagef("no"), "llmgw keys"), 2, "llmgw: no\nSee 'llmgw keys --help'.\n"},
		{
			"the innermost command counts", cli.InCommand(cli.InCommand(cli.UsageError(errors.New("no"), "Say y."), "llmgw keys"), "llmgw"), 2,
			"llmgw: no\nSay y.\nSee 'llmgw keys --help'.\n",
		},
		{
			"an invalid configuration is no wrong command line", cli.InCommand(&cli.Error{Code: 2, Err: errors.New("bad")}, "llmgw"), 2,
			"llmgw: bad\n",
		},
		{"another error in a command", cli.InCommand(errors.New("no"), "llmgw"), 1, "llmgw: no\n"},
		{"interrupted", fmt.Errorf("list the keys: %w", context.Canceled), 130, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			io, out, errOut := terminal.Test()
			if code := cli.Report(io, tt.err); code != tt.code || errOut.String() != tt.text || out.Len() != 0 {
				t.Errorf("Report = %d, %q, and %q on stdout, want %d, %q", code, errOut, out, tt.code, tt.text)
			}
		})
	}
}

func TestGetenv(t *testing.T) {
	t.Parallel()
	var f cli.Factory
	if got := f.Getenv("LLMGW_URL"); got != "" {
		t.Errorf("Getenv without an environment = %q", got)
	}
	f.LookupEnv = func(name string) (string, bool) { return name + "!", true }
	if got := f.Getenv("LLMGW_URL"); got != "LLMGW_URL!" {
		t.Errorf("Getenv = %q", got)
	}
}
