// Command llmgw is an LLM gateway and the toolkit to run it.
package main

import (
	"os"

	"github.com/llmgw/llmgw/pkg/cli/root"
)

func main() { os.Exit(root.Main()) }
