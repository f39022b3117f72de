package main

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/llmgw/llmgw/pkg/llm"
)

// preamble stands at the top of the data file. The last line is its heading.
const preamble = `# Facts about models. Written by pkg/llm/catalog/internal/generate; do not edit.
# Prices: USD per million tokens; request, query: USD each. Empty: unknown, never free (a cache price: that of the
# input; reasoning: that of the output; request and query: none known).
# Source litellm: LiteLLM's public price map (MIT). catwalk: charmbracelet/catwalk (MIT).
# A "+" after the source: mended or completed by the generator's rules, which name their own.
provider	model	mode	context	max_output	input	output	cache_read	cache_write_5m	cache_write_1h	` +
	`tier_above	tier_input	tier_output	tier_cache_read	tier_cache_write_5m	tier_cache_write_1h	` +
	`reasoning	request	query	capabilities	deprecation	source	as_of
`

// render writes the data file.
func render(rows []row) []byte {
	var out bytes.Buffer
	out.WriteString(preamble)
	for i := range rows {
		out.WriteString(strings.Join(rows[i].cells(), "\t"))
		out.WriteByte('\n')
	}
	return out.Bytes()
}

func (r *row) cells() []string {
	source := r.source
	if r.corrected {
		source += "+"
	}
	cells := []string{r.provider, r.model, r.mode, count(r.context), count(r.maxOutput)}
	cells = append(cells, r.base.cells()...)
	cells = append(cells, count(r.tierAbove))
	cells = append(cells, r.tier.cells()...)
	return append(cells, perMillion(r.base.reasoning), perUnit(r.request), perUnit(r.query), strings.Join(r.capabilities, ","), r.deprecation, source, r.asOf)
}

func (p *rates) cells() []string {
	return []string{
		perMillion(p.input), perMillion(p.output), perMillion(p.read), perMillion(p.write5m), perMillion(p.write1h),
	}
}

func count(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// perMillion writes a price per token as dollars per million tokens: a
// pico-dollar each is a thousand nano-dollars for a million.
func perMillion(p *llm.PicoUSD) string {
	if p == nil {
		return ""
	}
	return (llm.NanoUSD(*p) * 1000).String()
}

// perUnit writes a price in dollars. Fees are whole nano-dollars.
func perUnit(p *llm.PicoUSD) string {
	if p == nil {
		return ""
	}
	return llm.NanoUSD((*p + 999) / 1000).String()
}
