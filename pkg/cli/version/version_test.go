package version_test

import (
	"runtime"
	"testing"

	"github.com/llmgw/llmgw/pkg/cli"
	"github.com/llmgw/llmgw/pkg/cli/terminal"
	"github.com/llmgw/llmgw/pkg/cli/version"
)

func TestVersion(t *testing.T) {
	t.Parallel()
	built := " " + runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH + "\n"
	for _, tt := range []struct {
		version cli.Version
		want    string
	}{
		{cli.Version{Number: "1.2.3", Commit: "abc", Date: "2026-11-22"}, "llmgw 1.2.3 (abc, 2026-11-22)" + built},
		{cli.Version{Number: "dev"}, "llmgw dev" + built},
	} {
		io, out, _ := terminal.Test()
		cmd := version.NewCmd(&cli.Factory{IO: io, Version: tt.version})
		cmd.SetArgs(nil)
		if err := cmd.ExecuteContext(t.Context()); err != nil || out.String() != tt.want {
			t.Errorf("version = %q, %v, want %q", out, err, tt.want)
		}
	}
}

func TestReadAlwaysKnowsANumber(t *testing.T) {
	t.Parallel()
	if v := version.Read(); v.Number == "" {
		t.Error("no number")
	}
}
