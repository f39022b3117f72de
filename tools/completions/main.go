// Command completions writes the shells' completions of llmgw into a folder. `go
// generate` calls it.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/llmgw/llmgw/pkg/cli"
	"github.com/llmgw/llmgw/pkg/cli/root"
	"github.com/llmgw/llmgw/pkg/cli/terminal"
)

func main() {
	out := flag.String("out", "completions", "`folder` to write to")
	flag.Parse()
	if err := write(*out); err != nil {
		fmt.Fprintln(os.Stderr, "completions:", err)
		os.Exit(1)
	}
}

func write(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	streams, _, _ := terminal.Test()
	cmd := root.New(&cli.Factory{IO: streams})
	for file, generate := range map[string]func(path string) error{
		"llmgw.bash": func(p string) error { return cmd.GenBashCompletionFileV2(p, true) },
		"llmgw.zsh":  cmd.GenZshCompletionFile,
		"llmgw.fish": func(p string) error { return cmd.GenFishCompletionFile(p, true) },
		"llmgw.ps1":  cmd.GenPowerShellCompletionFileWithDesc,
	} {
		if err := generate(filepath.Join(dir, file)); err != nil {
			return err
		}
	}
	return nil
}
