// Command generate turns a table of facts about models, as it was collected
// from public price maps, into the data file that package catalog embeds:
//
//	go run ./pkg/llm/catalog/internal/generate -in models.tsv -out pkg/llm/catalog/models.tsv
//
// It corrects known slips of the sources by rules that name their reason, leaves
// out what is no model that can be called, and writes one sorted line for each
// model, so that two runs give the same bytes and a change of price is one line of
// diff. It runs by hand when newer facts are at hand; no build depends on it.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
)

func main() {
	in := flag.String("in", "", "table of facts to read")
	out := flag.String("out", "", "data file to write")
	flag.Parse()
	if err := run(*in, *out); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func run(in, out string) error {
	facts, err := os.ReadFile(in)
	if err != nil {
		return fmt.Errorf("read facts: %w", err)
	}
	rows, err := readFacts(bytes.NewReader(facts))
	if err != nil {
		return fmt.Errorf("%s: %w", in, err)
	}
	data := render(refine(rows))
	if err := os.WriteFile(out, data, 0o644); err != nil {
		return fmt.Errorf("write data file: %w", err)
	}
	return nil
}
