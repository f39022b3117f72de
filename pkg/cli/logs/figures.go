package logs

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/llmgw/llmgw/pkg/requestlog/report"
)

// figure is one number of a summary. Its name in JSON and CSV is a contract.
type figure struct {
	name string
	// json is its value in JSON, text that in CSV.
	json string
}

func (f figure) text() string {
	if f.json == "null" {
		return ""
	}
	return strings.Trim(f.json, `"`)
}

// figures are all of a summary.
func figures(s *report.Summary) []figure {
	return []figure{
		{"total_requests", whole(s.Total)},
		{"successful_requests", whole(s.Successful)},
		{"failed_requests", whole(s.Failed)},
		{"refused_requests", whole(s.Refused)},
		{"error_rate", float(s.ErrorRate())},
		{"avg_latency", millis(s.Latency.Average)},
		{"min_latency", millis(s.Latency.Min)},
		{"max_latency", millis(s.Latency.Max)},
		{"p50_latency", millis(s.Latency.P50)},
		{"p95_latency", millis(s.Latency.P95)},
		{"p99_latency", millis(s.Latency.P99)},
		{"p50_ttft", millis(s.TTFT.P50)},
		{"p95_ttft", millis(s.TTFT.P95)},
		{"total_tokens", whole(s.Tokens.Total())},
		{"input_tokens", whole(s.Tokens.Input)},
		{"output_tokens", whole(s.Tokens.Output)},
		{"cache_read_tokens", whole(s.Tokens.CacheRead)},
		{"cache_write_tokens", whole(s.Tokens.CacheWrite)},
		{"reasoning_tokens", whole(s.Tokens.Reasoning)},
		{"total_cost", s.Cost.String()},
		{"estimated_requests", whole(s.Estimated)},
		{"estimated_share", float(s.EstimatedShare())},
		{"cache_hits", whole(s.CacheHits)},
		{"requests_per_second", float(s.PerSecond())},
		{"first_request", instant(s.First)},
		{"last_request", instant(s.Last)},
	}
}

func whole(n int64) string { return strconv.FormatInt(n, 10) }

func float(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// millis is a duration in milliseconds, with every digit that it has.
func millis(d time.Duration) string {
	text := strconv.FormatInt(int64(d/time.Millisecond), 10)
	if rest := int64(d % time.Millisecond); rest != 0 {
		nanos := strconv.FormatInt(int64(time.Millisecond)+rest, 10)[1:]
		text += "." + strings.TrimRight(nanos, "0")
	}
	return text
}

// instant is a time as JSON has it, null for none.
func instant(t time.Time) string {
	if t.IsZero() {
		return "null"
	}
	return `"` + t.Format("2006-01-02T15:04:05.000Z07:00") + `"`
}

// writeJSON writes a report as an indented JSON object.
func writeJSON(w io.Writer, r *report.Report) error {
	b := appendFigures([]byte{'{'}, &r.Summary)
	b = append(b, `,"lines":`+whole(r.Lines)+`,"broken_lines":`+whole(r.Broken)+`,"broken":[`...)
	for i, f := range r.Faults {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"file":`+quote(f.Source)+`,"line":`+whole(f.Line)+`,"error":`+quote(f.Err.Error())+`}`...)
	}
	b = append(b, ']')
	if len(r.By) > 0 {
		b = appendGroups(b, r)
	}
	b = append(b, '}')
	var indented bytes.Buffer
	if err := json.Indent(&indented, b, "", "  "); err != nil {
		return err
	}
	indented.WriteByte('\n')
	_, err := indented.WriteTo(w)
	return err
}

func appendGroups(b []byte, r *report.Report) []byte {
	b = append(b, `,"by":[`...)
	for i, name := range r.By {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, quote(name)...)
	}
	b = append(b, `],"groups":[`...)
	for i := range r.Groups {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '{')
		for j, value := range r.Groups[i].Values {
			b = append(b, quote(r.By[j])+":"+quote(value)+","...)
		}
		b = append(appendFigures(b, &r.Groups[i].Summary), '}')
	}
	return append(b, ']')
}

// appendFigures appends the members of a summary.
func appendFigures(b []byte, s *report.Summary) []byte {
	for i, f := range figures(s) {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, quote(f.name)+":"+f.json...)
	}
	return b
}

// quote is a text in JSON.
func quote(text string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(text); err != nil {
		return `""` // cannot be: it is a string
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// writeCSV writes a line of names, and one of values for each group, or for all calls
// where there are no groups.
func writeCSV(w io.Writer, r *report.Report) error {
	c := csv.NewWriter(w)
	head := append([]string{}, r.By...)
	for _, f := range figures(&r.Summary) {
		head = append(head, f.name)
	}
	rows := [][]string{head}
	groups := r.Groups
	if len(r.By) == 0 {
		groups = []report.Group{{Summary: r.Summary}}
	}
	for i := range groups {
		row := append([]string{}, groups[i].Values...)
		for _, f := range figures(&groups[i].Summary) {
			row = append(row, f.text())
		}
		rows = append(rows, row)
	}
	if err := c.WriteAll(rows); err != nil {
		return err
	}
	return c.Error()
}

// clean makes a text that comes from a log safe to show: no line ends, no control of
// the terminal.
func clean(text string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsControl(c) {
			return ' '
		}
		return c
	}, text)
}
