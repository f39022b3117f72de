package validate

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/llmgw/llmgw/pkg/cli/terminal"
	"github.com/llmgw/llmgw/pkg/validate"
)

// printer tells of results as they come, and of the report at the end.
type printer struct {
	io     *terminal.IO
	format terminal.Format
	styles terminal.Styles
	bar    *terminal.Progress
	// told says that the checks and probes of the report have been told already.
	told bool
}

func newPrinter(o *Options) *printer {
	return &printer{io: o.IO, format: o.Output, styles: o.IO.Styles(), bar: o.IO.Progress()}
}

// people reports whether somebody reads the result as it comes.
func (p *printer) people() bool { return p.format == terminal.FormatTable }

func (p *printer) progress(done, total int) {
	if done == total {
		p.bar.Done()
		return
	}
	p.bar.Set("probing: %d of %d models", done, total)
}

// symbol stands in front of a line.
func (p *printer) symbol(s validate.Status) string {
	switch s {
	case validate.Passed:
		return p.styles.GoodSymbol()
	case validate.Warned:
		return p.styles.WarnSymbol()
	case validate.Failed:
		return p.styles.BadSymbol()
	default:
		return "-"
	}
}

// line writes one line of the result.
func (p *printer) line(format string, args ...any) {
	p.bar.Done()
	fmt.Fprintf(p.io.Out, format+"\n", args...)
}

// check tells of a check.
func (p *printer) check(c *validate.Check) {
	if !p.people() {
		return
	}
	p.told = true
	text := c.Message
	if c.Error != "" {
		text += ": " + c.Error
	}
	p.line("%s %s: %s%s", p.symbol(c.Status), c.Name, text, p.faint(took(c.Duration)))
}

func (p *printer) faint(text string) string {
	if text == "" {
		return ""
	}
	return p.styles.Faint.Render(" (" + text + ")")
}

// took is a duration for people; "" for none.
func took(d time.Duration) string {
	switch {
	case d <= 0:
		return ""
	case d < time.Millisecond:
		return "<1ms"
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	default:
		return d.Round(10 * time.Millisecond).String()
	}
}

// model tells of the probes of a model.
func (p *printer) model(m *validate.Model) {
	if !p.people() {
		return
	}
	p.told = true
	if len(m.Probes) == 0 {
		p.line("%s %s: %s", p.symbol(m.Status), m.Name, m.Message)
	}
	for i := range m.Probes {
		probe := &m.Probes[i]
		p.line("%s %s %s: %s%s", p.symbol(probe.Status), m.Name, probe.Name, probe.Message, p.faint(times(probe)))
	}
}

// times are how long a probe took.
func times(probe *validate.Probe) string {
	if l := probe.Latency; l != nil {
		text := fmt.Sprintf("p50 %s, p95 %s, p99 %s", took(l.P50), took(l.P95), took(l.P99))
		if f := l.FirstToken; f != nil {
			text += "; first token p50 " + took(f.P50) + ", p95 " + took(f.P95)
		}
		return text
	}
	text := took(probe.Duration)
	if probe.FirstToken > 0 {
		text += ", first token after " + took(probe.FirstToken)
	}
	return text
}

// report writes the report, or what of it has not been told.
func (p *printer) report(r *validate.Report) error {
	p.bar.Done()
	switch p.format {
	case terminal.FormatJSON:
		return validate.WriteJSON(p.io.Out, r)
	case terminal.FormatJUnit:
		return validate.WriteJUnit(p.io.Out, r)
	default:
		return p.tell(r)
	}
}

// tell writes it for people.
func (p *printer) tell(r *validate.Report) error {
	if !p.told {
		for i := range r.Checks {
			if c := &r.Checks[i]; c.Status != validate.Skipped {
				p.check(c)
			}
		}
	}
	if p.io.OutTTY && len(r.Models) > 1 {
		fmt.Fprintln(p.io.Out)
		if err := p.io.WriteTable(p.table(r)); err != nil {
			return err
		}
	}
	p.findings(r)
	_, err := fmt.Fprintf(p.io.Out, "\n%s %s\n", p.symbol(verdict(r)), summary(r))
	return err
}

// findings tells what was found, and what can be done.
func (p *printer) findings(r *validate.Report) {
	for i := range r.Findings {
		f := &r.Findings[i]
		if i == 0 {
			fmt.Fprintln(p.io.Out)
		}
		word := f.Severity.String()
		switch f.Severity {
		case validate.Error:
			word = p.styles.Bad.Render(word)
		case validate.Warning:
			word = p.styles.Warn.Render(word)
		default:
		}
		fmt.Fprintf(p.io.Out, "%s: %s\n", word, p.finding(f))
		if f.Hint != "" {
			fmt.Fprintf(p.io.Out, "  %s\n", f.Hint)
		}
	}
}

// finding says where it is and what is wrong.
func (p *printer) finding(f *validate.Finding) string {
	var b strings.Builder
	if f.File != "" {
		b.WriteString(f.File + ":")
		if f.Line > 0 {
			fmt.Fprintf(&b, "%d:%d:", f.Line, f.Column)
		}
		b.WriteByte(' ')
	}
	fmt.Fprintf(&b, "%s: %s", f.Subject, f.Message)
	about := string(f.Code)
	if len(f.Probes) > 0 {
		about += ": " + strings.Join(f.Probes, ", ")
	}
	b.WriteString(p.styles.Faint.Render(" [" + about + "]"))
	return b.String()
}

// verdict is how it went as a whole.
func verdict(r *validate.Report) validate.Status {
	switch {
	case r.Outcome != validate.Finished || r.Bad():
		return validate.Failed
	case r.Summary().Warnings > 0:
		return validate.Warned
	default:
		return validate.Passed
	}
}

// summary counts in one line.
func summary(r *validate.Report) string {
	s := r.Summary()
	parts := []string{fmt.Sprintf("%s: %d passed, %d failed", counted(s.Total, "check"), s.Passed, s.Failed)}
	if s.Skipped > 0 {
		parts[0] += fmt.Sprintf(", %d skipped", s.Skipped)
	}
	parts = append(parts, counted(s.Errors, "error")+", "+counted(s.Warnings, "warning"))
	if tokens := s.Spent.Input + s.Spent.Output; tokens > 0 {
		text := counted(int(tokens), "token")
		if s.Spent.Costed {
			text += ", " + s.Spent.Cost.String() + " USD"
		}
		parts = append(parts, text)
	}
	if l := s.Latency; l != nil {
		parts = append(parts, fmt.Sprintf("p50 %s, p95 %s, p99 %s", took(l.P50), took(l.P95), took(l.P99)))
	}
	if r.Outcome == validate.Interrupted {
		parts = append(parts, "interrupted")
	}
	return strings.Join(append(parts, took(r.Duration)), "; ")
}

func counted(n int, what string) string {
	text := strconv.Itoa(n) + " " + what
	if n != 1 {
		text += "s"
	}
	return text
}

// table has a row for each model and a column for each kind of probe.
func (p *printer) table(r *validate.Report) *terminal.Table {
	var kinds []string
	repeated := false
	for _, name := range validate.ProbeNames() {
		used := false
		for i := range r.Models {
			for j := range r.Models[i].Probes {
				probe := &r.Models[i].Probes[j]
				used = used || probe.Name == name
				repeated = repeated || probe.Latency != nil
			}
		}
		if used {
			kinds = append(kinds, name)
		}
	}
	heads := append([]string{"model"}, kinds...)
	if repeated {
		heads = append(heads, "p50<", "p95<", "p99<")
	}
	t := &terminal.Table{Columns: terminal.Columns(heads...)}
	for i := range r.Models {
		t.Rows = append(t.Rows, p.row(&r.Models[i], kinds, repeated))
	}
	return t
}

// row is the row of a model. Its percentiles are over all of its probes.
func (p *printer) row(m *validate.Model, kinds []string, repeated bool) []string {
	row := []string{m.Name}
	for _, kind := range kinds {
		cell := ""
		for i := range m.Probes {
			if m.Probes[i].Name == kind {
				cell = p.symbol(m.Probes[i].Status)
			}
		}
		row = append(row, cell)
	}
	if !repeated {
		return row
	}
	if l := m.Latency(); l != nil {
		return append(row, took(l.P50), took(l.P95), took(l.P99))
	}
	return append(row, "", "", "")
}
