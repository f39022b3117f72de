package scripts

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/llmgw/llmgw/pkg/cli"
	"github.com/llmgw/llmgw/pkg/cli/root"
	"github.com/llmgw/llmgw/pkg/cli/terminal"
)

// TestEveryHelpPageHasAScript: a command whose help page no script compares could
// change without anybody seeing it.
func TestEveryHelpPageHasAScript(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("testdata", "help", "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	var scripts strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		scripts.Write(text)
	}
	var check func(*cobra.Command)
	check = func(c *cobra.Command) {
		want := "exec " + c.CommandPath() + " --help\ncmp stdout "
		if c.IsAdditionalHelpTopicCommand() {
			want = "exec llmgw help " + c.Name() + "\ncmp stdout "
		}
		if !c.Hidden && !strings.Contains(scripts.String(), want) {
			t.Errorf("no script in testdata/help has %q", want)
		}
		for _, below := range c.Commands() {
			check(below)
		}
	}
	streams, _, _ := terminal.Test()
	check(root.New(&cli.Factory{IO: streams}))
}
