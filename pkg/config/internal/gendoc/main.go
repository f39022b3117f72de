// Command gendoc writes docs/configuration.md from the comments and tags of the
// structs in package config, so that the manual cannot say anything else than
// the code. It is run by go generate, and by nobody else; a test says when its
// output is stale.
package main

import (
	"flag"
	"log"
	"os"
)

func main() {
	schema := flag.String("schema", ".", "folder of package config")
	out := flag.String("out", "", "file to write")
	flag.Parse()
	page, err := generate(*schema)
	if err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(*out, page, 0o644); err != nil {
		log.Fatal(err)
	}
}
