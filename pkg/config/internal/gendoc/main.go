// Command gendoc writes docs/configuration.md from the comments and tags of the
// structs in package config, so that the manual cannot say anything else than
// the code. It is run by go generate, and by nobody else; a test says when its
// output is stale.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	schema := flag.String("schema", ".", "folder of package config")
	out := flag.String("out", "", "file to write")
	flag.Parse()
	if err := run(*schema, *out); err != nil {
		fmt.Fprintln(os.Stderr, "gendoc:", err)
		os.Exit(1)
	}
}

func run(schema, out string) error {
	page, err := generate(schema)
	if err != nil {
		return err
	}
	return os.WriteFile(out, page, 0o644)
}
