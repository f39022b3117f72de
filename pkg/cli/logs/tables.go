package logs

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/llmgw/llmgw/pkg/cli/terminal"
	"github.com/llmgw/llmgw/pkg/requestlog/report"
)

// rows says which rows a table of groups has.
type rows uint8

const (
	groupsOnly rows = iota
	// all has a last row for all calls.
	all
)

// resultTable is a report as a table: of its figures, or of its groups. none stands for
// a value that calls do not have.
func resultTable(r *report.Report, none string, which rows) *terminal.Table {
	if len(r.By) == 0 {
		return summaryTable(r, none)
	}
	columns := append(slices.Clone(r.By), "requests<", "errors<?", "error %<", "avg ms<?", "p50 ms<", "p95 ms<", "p99 ms<?", "tokens in<", "tokens out<", "cost USD<")
	t := &terminal.Table{Columns: terminal.Columns(columns...)}
	for i := range r.Groups {
		values := make([]string, len(r.By))
		for j, value := range r.Groups[i].Values {
			if values[j] = clean(value); value == "" {
				values[j] = none
			}
		}
		t.Rows = append(t.Rows, append(values, groupCells(&r.Groups[i].Summary)...))
	}
	if which == all {
		values := slices.Repeat([]string{""}, len(r.By))
		values[0] = "all calls"
		t.Rows = append(t.Rows, append(values, groupCells(&r.Summary)...))
	}
	return t
}

func groupCells(s *report.Summary) []string {
	return []string{
		whole(s.Total), whole(s.Failed), percent(s.ErrorRate()), rounded(s.Latency.Average), rounded(s.Latency.P50), rounded(s.Latency.P95),
		rounded(s.Latency.P99), whole(s.Tokens.Input), whole(s.Tokens.Output), s.Cost.String(),
	}
}

// summaryTable has a line for each figure.
func summaryTable(r *report.Report, none string) *terminal.Table {
	s := &r.Summary
	at := func(t time.Time) string {
		if t.IsZero() {
			return none
		}
		return strings.Trim(instant(t), `"`)
	}
	return &terminal.Table{Columns: terminal.Columns("figure", "value<", "unit"), Rows: [][]string{
		{"requests", whole(s.Total), ""},
		{"successful", whole(s.Successful), ""},
		{"failed", whole(s.Failed), ""},
		{"refused", whole(s.Refused), ""},
		{"error rate", percent(s.ErrorRate()), "%"},
		{"latency average", rounded(s.Latency.Average), "ms"},
		{"latency min", rounded(s.Latency.Min), "ms"},
		{"latency p50", rounded(s.Latency.P50), "ms"},
		{"latency p95", rounded(s.Latency.P95), "ms"},
		{"latency p99", rounded(s.Latency.P99), "ms"},
		{"latency max", rounded(s.Latency.Max), "ms"},
		{"first byte p50", rounded(s.TTFT.P50), "ms"},
		{"first byte p95", rounded(s.TTFT.P95), "ms"},
		{"tokens", whole(s.Tokens.Total()), ""},
		{"input tokens", whole(s.Tokens.Input), ""},
		{"read from cache", whole(s.Tokens.CacheRead), "of input"},
		{"written to cache", whole(s.Tokens.CacheWrite), "of input"},
		{"output tokens", whole(s.Tokens.Output), ""},
		{"reasoning", whole(s.Tokens.Reasoning), "of output"},
		{"cost", s.Cost.String(), "USD"},
		{"usage estimated", percent(s.EstimatedShare()), "% of requests"},
		{"cache hits", whole(s.CacheHits), ""},
		{"rate", strconv.FormatFloat(s.PerSecond(), 'f', 3, 64), "requests/s"},
		{"first request", at(s.First), ""},
		{"last request", at(s.Last), ""},
	}}
}

// percent is a share with two decimals.
func percent(share float64) string { return strconv.FormatFloat(100*share, 'f', 2, 64) }

// rounded is a duration in milliseconds with at most three decimals.
func rounded(d time.Duration) string { return millis(d.Round(time.Microsecond)) }

// markdown is a table in GitHub's form.
func markdown(t *terminal.Table) string {
	var text strings.Builder
	line := func(cells []string) {
		for _, cell := range cells {
			text.WriteString("| " + cell + " ")
		}
		text.WriteString("|\n")
	}
	heads, rule := make([]string, len(t.Columns)), make([]string, len(t.Columns))
	for i, c := range t.Columns {
		heads[i], rule[i] = escaped(c.Name), "---"
		if c.Right {
			rule[i] = "---:"
		}
	}
	line(heads)
	line(rule)
	for _, row := range t.Rows {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = escaped(cell)
		}
		line(cells)
	}
	return text.String()
}

// escaped keeps Markdown from seeing anything in a text.
func escaped(text string) string {
	var b strings.Builder
	for _, c := range clean(text) {
		if strings.ContainsRune("\\`*|<>[]_~&", c) {
			b.WriteByte('\\')
		}
		b.WriteRune(c)
	}
	return b.String()
}
