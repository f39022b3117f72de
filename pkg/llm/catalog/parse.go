package catalog

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/llmgw/llmgw/pkg/llm"
)

// heading is the first line of the data after its comments; the fields of each
// later line are in this order.
const heading = "provider\tmodel\tmode\tcontext\tmax_output\tinput\toutput\tcache_read\tcache_write_5m\tcache_write_1h\t" +
	"tier_above\ttier_input\ttier_output\ttier_cache_read\ttier_cache_write_5m\ttier_cache_write_1h\t" +
	"query\tcapabilities\tdeprecation\tsource\tas_of"

// columns is the number of fields of a line.
const columns = 21

// parse reads a data file: comments ("#"), the heading, one line for each model.
// It returns an error that names the line for anything else.
func parse(data string) (*Catalog, error) {
	models := make([]*Model, 0, strings.Count(data, "\n"))
	headed, number := false, 0
	for line := range strings.SplitSeq(data, "\n") {
		number++
		switch {
		case line == "" || line[0] == '#':
			continue
		case !headed:
			if line != heading {
				return nil, fmt.Errorf("model data, line %d: want the heading", number)
			}
			headed = true
			continue
		}
		m, err := parseLine(line)
		if err != nil {
			return nil, fmt.Errorf("model data, line %d: %w", number, err)
		}
		models = append(models, m)
	}
	if !headed {
		return nil, errors.New("model data: no heading")
	}
	c, err := newCatalog(models)
	if err != nil {
		return nil, fmt.Errorf("model data: %w", err)
	}
	return c, nil
}

func parseLine(line string) (*Model, error) {
	var f [columns]string
	if err := split(&f, line); err != nil {
		return nil, err
	}
	if f[0] == "" || f[1] == "" {
		return nil, errors.New("no provider or no model")
	}
	mode, err := parseMode(f[2])
	if err != nil {
		return nil, err
	}
	capabilities, err := parseCapabilities(f[17])
	if err != nil {
		return nil, err
	}
	m := &Model{
		Provider: f[0], Name: f[1], Mode: mode,
		Capabilities: capabilities,
		Source:       f[19], AsOf: f[20],
	}
	if f[18] != "" {
		if m.Deprecation, err = time.Parse(time.DateOnly, f[18]); err != nil {
			return nil, fmt.Errorf("deprecation: %w", err)
		}
	}
	return m, m.parseNumbers(&f)
}

func split(f *[columns]string, line string) error {
	i := 0
	for cell := range strings.SplitSeq(line, "\t") {
		if i == columns {
			return fmt.Errorf("more than %d fields", columns)
		}
		f[i] = cell
		i++
	}
	if i < columns {
		return fmt.Errorf("%d fields, want %d", i, columns)
	}
	return nil
}

func (m *Model) parseNumbers(f *[columns]string) error {
	n := &numbers{}
	m.ContextTokens, m.MaxOutputTokens = n.count(f[3]), n.count(f[4])
	terms := Terms{
		Input: n.perMillion(f[5]), Output: n.perMillion(f[6]), CacheRead: n.perMillion(f[7]),
		CacheWrite5m: n.perMillion(f[8]), CacheWrite1h: n.perMillion(f[9]),
		Query: n.price(f[16]),
	}
	if f[10] != "" {
		terms.Tier = &TierTerms{
			Above: n.count(f[10]),
			Input: n.perMillion(f[11]), Output: n.perMillion(f[12]), CacheRead: n.perMillion(f[13]),
			CacheWrite5m: n.perMillion(f[14]), CacheWrite1h: n.perMillion(f[15]),
		}
	}
	if n.err != nil || terms.Input == nil && terms.Output == nil {
		return n.err
	}
	var err error
	m.Price, err = terms.price(SourceCatalog)
	return err
}

// numbers reads the cells of a line and keeps the first error.
type numbers struct{ err error }

// count reads a number of tokens; nothing is 0.
func (n *numbers) count(s string) int64 {
	if s == "" {
		return 0
	}
	v, err := strconv.ParseInt(s, 10, 64)
	if err == nil && v < 0 {
		err = fmt.Errorf("%d: negative", v)
	}
	n.keep(err)
	return v
}

// price reads dollars for one; nothing is nil.
func (n *numbers) price(s string) *llm.PicoUSD {
	if s == "" {
		return nil
	}
	p, err := llm.ParsePrice(s)
	if err == nil && p < 0 {
		err = fmt.Errorf("price %s: negative", s)
	}
	n.keep(err)
	return &p
}

// perMillion reads dollars for a million; nothing is nil.
func (n *numbers) perMillion(s string) *llm.PicoUSD {
	p := n.price(s)
	if p != nil {
		if *p%1_000_000 != 0 {
			n.keep(fmt.Errorf("price %s: more than 6 decimal places", s))
		}
		*p /= 1_000_000
	}
	return p
}

func (n *numbers) keep(err error) {
	if n.err == nil {
		n.err = err
	}
}
