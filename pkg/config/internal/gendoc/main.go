// Command gendoc writes docs/configuration.md, and the descriptions that the JSON
// Schema of configurations has, from the comments and tags of the structs in package
// config, so that neither can say anything else than the code. It is run by go
// generate, and by nobody else; tests say when its output is stale.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	schema := flag.String("schema", ".", "folder of package config")
	out := flag.String("out", "", "file to write")
	only := flag.Bool("descriptions", false, "write the descriptions as JSON, not the manual")
	flag.Parse()
	write := generate
	if *only {
		write = descriptions
	}
	if err := run(*schema, *out, write); err != nil {
		fmt.Fprintln(os.Stderr, "gendoc:", err)
		os.Exit(1)
	}
}

func run(schema, out string, write func(dir string) ([]byte, error)) error {
	page, err := write(schema)
	if err != nil {
		return err
	}
	return os.WriteFile(out, page, 0o644)
}
