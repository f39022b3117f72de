package models

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/llmgw/llmgw/pkg/cli/terminal"
	"github.com/llmgw/llmgw/pkg/llm/catalog"
)

// The units of what is shown.
const (
	tokens     = "tokens"
	perMTokens = "USD/M tokens" //nolint:gosec // a unit, no credential
	usdEach    = "USD each"
)

// aLine is how many capabilities stand in one line, so that none is cut.
const aLine = 3

// details is everything of a model, a line for each fact.
func details(m *model) *terminal.Table {
	t := &terminal.Table{Columns: terminal.Columns("what", "value", "unit", "from")}
	add := func(what, value, unit, from string) {
		if value != "" {
			t.Rows = append(t.Rows, []string{what, value, unit, from})
		}
	}
	add("model", m.Model, "", "")
	add("served by", m.Provider+"/"+m.UpstreamModel, "", "")
	add("deployment", m.Deployment, "", "")
	if m.Match != nil {
		add("known as", m.Match.Provider+"/"+m.Match.Name, "", string(m.Match.Rule))
	}
	add("mode", string(m.Mode), "", "")
	add("context", count(m.ContextTokens), tokens, "")
	add("output", count(m.MaxOutputTokens), tokens, "")
	for can := range slices.Chunk(m.Capabilities, aLine) {
		add("can", strings.Join(can, ", "), "", "")
	}
	add("retires", m.Deprecation, "", "")
	add("facts", strings.TrimSpace(m.Source+" "+m.AsOf), "", "")
	add("price", m.PriceSource, "", "")
	if p := m.Price; p != nil {
		addRates(add, "", p.rates, p.Origins)
		add("search", p.Query.String(), usdEach, string(p.Origins.Query))
		add("call", p.Request.String(), usdEach, string(p.Origins.Request))
		for i := range p.Tiers {
			addRates(add, fmt.Sprintf(" above %d", p.Tiers[i].AboveInputTokens), p.Tiers[i].rates, p.Tiers[i].Origins)
		}
	}
	return t
}

// addRates adds the prices of tokens; above names the tier.
func addRates(add func(what, value, unit, from string), above string, r rates, from *catalogOrigins) {
	for _, line := range []struct {
		what  string
		price json.Number
		from  catalog.Origin
	}{
		{"input", r.Input, from.Input},
		{"output", r.Output, from.Output},
		{"reasoning", r.Reasoning, from.Reasoning},
		{"cache read", r.CacheRead, from.CacheRead},
		{"cache write 5m", r.CacheWrite5m, from.CacheWrite5m},
		{"cache write 1h", r.CacheWrite1h, from.CacheWrite1h},
	} {
		add(line.what+above, line.price.String(), perMTokens, string(line.from))
	}
}
