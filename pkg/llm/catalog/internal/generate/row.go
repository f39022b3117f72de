package main

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/llmgw/llmgw/pkg/llm"
)

// row is what is known about one model. Missing limits are 0, missing prices
// are nil: nothing known is not the same as nothing to pay.
type row struct {
	provider, model, mode string
	context, maxOutput    int64
	base                  rates
	tierAbove             int64
	tier                  rates
	request, query        *llm.PicoUSD
	capabilities          []string
	deprecation           string
	source, asOf          string
	corrected             bool
}

// rates are prices per token.
type rates struct {
	input, output, read, write5m, write1h, reasoning *llm.PicoUSD
}

// factColumns is the heading of the table that is read.
const factColumns = "provider\tmodel\tmode\tcontext_tokens\tmax_output_tokens\tinput\toutput\tcache_read\t" +
	"cache_write_5m\tcache_write_1h\ttier_above_tokens\ttier_input\ttier_output\ttier_cache_read\t" +
	"tier_cache_write_5m\tper_query_usd\tcapabilities\tdeprecation_date\tas_of"

// sources names who stated the facts of a month: the table is one price map
// overlaid by a newer one, and the month tells them apart. Rows without a month
// come from the newer one and state no price.
var sources = map[string]string{
	"":        "catwalk",
	"2026-04": "litellm",
	"2026-08": "catwalk",
}

// readFacts reads the whole table. It returns an error that names the line for
// anything it does not understand: a slip must not become a price.
func readFacts(r io.Reader) ([]row, error) {
	lines := bufio.NewScanner(r)
	if !lines.Scan() || lines.Text() != factColumns {
		return nil, fmt.Errorf("line 1: want the heading %q", factColumns)
	}
	var rows []row
	for n := 2; lines.Scan(); n++ {
		got, err := readRow(lines.Text())
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		rows = append(rows, got)
	}
	return rows, lines.Err()
}

func readRow(line string) (row, error) {
	f := strings.Split(line, "\t")
	if want := strings.Count(factColumns, "\t") + 1; len(f) != want {
		return row{}, fmt.Errorf("%d columns, want %d", len(f), want)
	}
	source, ok := sources[f[18]]
	if !ok {
		return row{}, fmt.Errorf("as_of %q: no source is known for that month (add it to sources)", f[18])
	}
	c := &cells{}
	got := row{
		provider: f[0], model: f[1], mode: f[2],
		context: c.count(f[3]), maxOutput: c.count(f[4]),
		base: rates{
			input: c.perMillion(f[5]), output: c.perMillion(f[6]), read: c.perMillion(f[7]),
			write5m: c.perMillion(f[8]), write1h: c.perMillion(f[9]),
		},
		tierAbove: c.count(f[10]),
		tier: rates{
			input: c.perMillion(f[11]), output: c.perMillion(f[12]), read: c.perMillion(f[13]),
			write5m: c.perMillion(f[14]),
		},
		query:       c.price(f[15]),
		deprecation: f[17],
		source:      source, asOf: f[18],
	}
	if f[16] != "" {
		got.capabilities = strings.Split(f[16], ",")
		slices.Sort(got.capabilities)
	}
	return got, c.err
}

// cells reads the cells of a line and keeps the first error.
type cells struct{ err error }

func (c *cells) count(s string) int64 {
	if s == "" {
		return 0
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err == nil && n < 0 {
		err = fmt.Errorf("%d tokens: negative", n)
	}
	c.keep(err)
	return n
}

// price reads dollars per unit.
func (c *cells) price(s string) *llm.PicoUSD {
	if s == "" {
		return nil
	}
	p, err := llm.ParsePrice(s)
	if err == nil && p < 0 {
		err = fmt.Errorf("price %s: negative", s)
	}
	c.keep(err)
	return &p
}

// perMillion reads dollars per million tokens. Rounding to a pico-dollar per
// token undoes what binary floating point left in the table
// (0.39999999999999997).
func (c *cells) perMillion(s string) *llm.PicoUSD {
	if s == "" {
		return nil
	}
	return c.price(s + "e-6")
}

func (c *cells) keep(err error) {
	if c.err == nil {
		c.err = err
	}
}
