// Package version is the command "llmgw version".
package version

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/llmgw/llmgw/pkg/cli"
)

// number, commit and date are stamped by the linker: see the Makefile.
//
//nolint:gochecknoglobals // the linker can only set variables of a package
var number, commit, date string

// Read gives the version stamped into the binary, or what the Go toolchain knows
// where it was built without the Makefile.
func Read() cli.Version {
	v := cli.Version{Number: number, Commit: commit, Date: date}
	info, ok := debug.ReadBuildInfo()
	if v.Number == "" && ok && info.Main.Version != "(devel)" {
		v.Number = info.Main.Version
	}
	if v.Number == "" {
		v.Number = "dev"
	}
	return v
}

// NewCmd makes the command.
func NewCmd(f *cli.Factory) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Show the version of this binary",
		Example: "  llmgw version",
		Args:    cobra.NoArgs,
		RunE:    func(*cobra.Command, []string) error { return Write(f) },
	}
}

// Write writes the version: what the command does.
func Write(f *cli.Factory) error {
	_, err := fmt.Fprintln(f.IO.Out, text(f.Version))
	return err
}

func text(v cli.Version) string {
	s := "llmgw " + v.Number
	if v.Commit != "" {
		s += " (" + v.Commit + ", " + v.Date + ")"
	}
	return s + " " + runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH
}
