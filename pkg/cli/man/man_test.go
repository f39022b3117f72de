package man_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/llmgw/llmgw/pkg/cli"
	"github.com/llmgw/llmgw/pkg/cli/man"
	"github.com/llmgw/llmgw/pkg/cli/terminal"
)

// pages writes the pages of a small tree.
func pages(t *testing.T, dir string) error {
	t.Helper()
	io, _, _ := terminal.Test()
	f := &cli.Factory{IO: io, Version: cli.Version{Number: "1.2.3", Date: "2026-11-22"}}
	root := &cobra.Command{Use: "llmgw", Short: "A gateway", DisableAutoGenTag: true, SilenceErrors: true, SilenceUsage: true}
	root.AddCommand(
		&cobra.Command{Use: "serve", Short: "Run it", Long: "Run it on $LLMGW_DATA_DIR.", Run: func(*cobra.Command, []string) {}},
		man.NewCmd(f, nil),
	)
	root.SetArgs([]string{"man", "--dir", dir})
	return root.ExecuteContext(t.Context())
}

func TestMan(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "share", "man1")
	if err := pages(t, dir); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(dir, "llmgw-serve.1"))
	for _, want := range []string{`.TH "LLMGW-SERVE" "1" "Nov 2026" "llmgw 1.2.3"`, "Run it on $LLMGW_DATA_DIR."} {
		if err != nil || !strings.Contains(string(page), want) {
			t.Errorf("the page lacks %q, %v:\n%s", want, err, page)
		}
	}
	entries, err := os.ReadDir(dir)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if err != nil || !slices.Contains(names, "llmgw.1") || slices.Contains(names, "llmgw-man.1") {
		t.Errorf("pages %v, %v, want llmgw.1, and none of what is hidden", names, err)
	}
}

func TestManWhereNothingCanBeWritten(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := pages(t, filepath.Join(file, "man1")); err == nil || !strings.Contains(err.Error(), "--dir") {
		t.Errorf("err = %v", err)
	}
}
