// Package man is the command "llmgw man": it writes manual pages, for those who make
// packages. It is hidden, as nobody else needs it. Package root puts it into the tree
// of commands.
package man

import (
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"github.com/llmgw/llmgw/pkg/cli"
)

// Options are what the command needs.
type Options struct {
	// Root is the command whose pages are written, with those below it.
	Root *cobra.Command
	// Version stands at the foot of each page.
	Version cli.Version

	Dir string
}

// NewCmd makes the command. run replaces what it does, for tests of its flags; nil
// means the real thing.
func NewCmd(f *cli.Factory, run func(*Options) error) *cobra.Command {
	opts := &Options{Version: f.Version}
	cmd := &cobra.Command{
		Use:    "man",
		Short:  "Write the manual pages",
		Long:   `Write a manual page for every command into a folder, which is made where it is missing.`,
		Hidden: true,
		Example: `  llmgw man --dir /usr/share/man/man1
  llmgw man --dir man1 && man ./man1/llmgw-serve.1`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			opts.Root = c.Root()
			if run != nil {
				return run(opts)
			}
			return write(opts)
		},
	}
	cmd.Flags().StringVar(&opts.Dir, "dir", "man1", "`folder` to write to")
	return cmd
}

// dirMode lets everybody read manual pages.
const dirMode = 0o755

func write(o *Options) error {
	if err := os.MkdirAll(o.Dir, dirMode); err != nil {
		return fmt.Errorf("--dir: %w", err)
	}
	header := &doc.GenManHeader{Section: "1", Source: "llmgw " + o.Version.Number, Manual: "llmgw"}
	if date, err := time.Parse(time.DateOnly, o.Version.Date); err == nil {
		header.Date = &date // the same binary writes the same pages
	}
	if err := doc.GenManTree(o.Root, header, o.Dir); err != nil {
		return fmt.Errorf("write the manual pages: %w", err)
	}
	return nil
}
