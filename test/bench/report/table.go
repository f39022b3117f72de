package report

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// WriteTable writes the report for people.
func (r *Report) WriteTable(w io.Writer) error {
	p := &printer{w: w}
	p.heading(r)
	p.columns(rows(r.Figures))
	p.failures(r.Failures)
	return p.err
}

// row is a line of the table.
type row [10]string

// rows are the table's head and figures, with an empty row between two
// quantities.
func rows(figures []Figure) []row {
	all := []row{{"measured", "subject", "median", "unit", "min … max", "calls/s", "held against the goal", "keep", "reach", "verdict"}}
	for i, f := range figures {
		if i > 0 && figures[i-1].Name != f.Name {
			all = append(all, row{})
		}
		all = append(all, cells(f))
	}
	return all
}

// printer remembers the first error, so that lines need not look.
type printer struct {
	w   io.Writer
	err error
}

// columns writes rows with their cells below each other. (A tabwriter would end
// a column where a row has nothing in it.)
func (p *printer) columns(rows []row) {
	var widths [len(row{})]int
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			fmt.Fprintf(&line, "%-*s  ", widths[i], cell)
		}
		p.printf("%s\n", strings.TrimRight(line.String(), " "))
	}
}

func (p *printer) printf(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format, args...)
	}
}

func (p *printer) heading(r *Report) {
	m, s := r.Machine, r.Settings
	p.printf("%s  %d CPUs, load %s before, %s %s, %s, nginx %s\n",
		r.Started.Format("2006-01-02 15:04"), m.CPUs, m.Load, m.OS, m.Kernel, m.Go, m.Nginx)
	p.printf("%d rounds of %gs, %d connections; latencies at %d calls/s; all subjects in front of one mock, in turns\n\n",
		s.Rounds, s.Seconds, s.Connections, s.Rate)
}

// failures go last, where nobody overlooks them.
func (p *printer) failures(fs []Failure) {
	if len(fs) == 0 {
		p.printf("\nEvery answer was a 200 and byte for byte the provider's.\n")
		return
	}
	p.printf("\nFAILED, the figures above mean nothing:\n")
	for _, f := range fs {
		p.printf("  %s, %s: %s\n", f.Name, f.Subject, f.Text)
	}
}

// cells are a figure's columns.
func cells(f Figure) row {
	c := row{f.Name, f.Subject, number(f.Median()), f.Unit}
	if len(f.Samples) > 1 {
		c[4] = number(slices.Min(f.Samples)) + " … " + number(slices.Max(f.Samples))
	}
	if f.CallsPerSecond > 0 {
		c[5] = strconv.FormatFloat(f.CallsPerSecond, 'f', 0, 64)
	}
	if g := f.Goal; g != nil {
		c[6], c[7], c[8], c[9] = strings.TrimSpace(number(g.Value)+" "+g.What), "≤ "+number(g.Keep), "≤ "+number(g.Reach), string(g.Verdict())
	}
	return c
}

// number writes three significant digits, and whole numbers whole.
func number(v float64) string {
	if math.Abs(v) >= 100 || v == math.Trunc(v) {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}
