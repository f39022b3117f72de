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
	"reasoning\trequest\tquery\tcapabilities\tdeprecation\tsource\tas_of"

// columns is the number of fields of a line.
const columns = 23

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
	capabilities, err := parseCapabilities(f[19])
	if err != nil {
		return nil, err
	}
	m := &Model{
		Provider: f[0], Name: f[1], Mode: mode,
		Capabilities: capabilities,
		Source:       f[21], AsOf: f[22],
	}
	if f[20] != "" {
		if m.Deprecation, err = time.Parse(time.DateOnly, f[20]); err != nil {
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
		Rates: n.rates(f[5:10]), Request: n.price(f[17]), Query: n.price(f[18]),
	}
	terms.Rates.Reasoning = n.perMillion(f[16])
	if f[10] != "" {
		terms.Tiers = []TierTerms{{Above: n.count(f[10]), Rates: n.rates(f[11:16])}}
	}
	if n.err != nil || terms.Empty() {
		return n.err
	}
	var err error
	m.Price, err = terms.price(SourceCatalog)
	return err
}

// numbers reads the cells of a line and keeps the first error.
type numbers struct{ err error }

// rates reads input, output, cache read, and cache writes for 5 minutes and 1
// hour.
func (n *numbers) rates(cells []string) RateTerms {
	return RateTerms{
		Input: n.perMillion(cells[0]), Output: n.perMillion(cells[1]), CacheRead: n.perMillion(cells[2]),
		CacheWrite5m: n.perMillion(cells[3]), CacheWrite1h: n.perMillion(cells[4]),
	}
}

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
