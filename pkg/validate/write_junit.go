package validate

import (
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// The elements of JUnit's XML that CI systems read. There is no standard; source:
// the schema of Jenkins' xunit plugin (junit-10.xsd, read 2026-11).
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Skipped  int          `xml:"skipped,attr"`
		Time     string       `xml:"time,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Skipped  int         `xml:"skipped,attr"`
		Errors   int         `xml:"errors,attr"`
		Time     string      `xml:"time,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Class   string        `xml:"classname,attr"`
		Name    string        `xml:"name,attr"`
		Time    string        `xml:"time,attr"`
		Failure *junitFailure `xml:"failure,omitempty"`
		Skipped *junitSkipped `xml:"skipped,omitempty"`
		Out     string        `xml:"system-out,omitempty"`
	}
	junitFailure struct {
		Type    string `xml:"type,attr"`
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
	junitSkipped struct {
		Message string `xml:"message,attr"`
	}
)

// WriteJUnit writes the report as JUnit's XML: a test suite for each area
// (configuration, gateway, models), a test case for each check and for each probe of
// a model. Where the report is strict warnings are failures, else they stand in
// system-out.
func WriteJUnit(w io.Writer, r *Report) error {
	b := junitBuilder{report: r}
	var suites []junitSuite
	for _, area := range []string{areaConfig, areaGateway} {
		suite := junitSuite{Name: area}
		var took time.Duration
		for i := range r.Checks {
			if c := &r.Checks[i]; c.Area == area {
				took += c.Duration
				suite.add(b.check(c))
			}
		}
		suites = suite.to(suites, took)
	}
	models := junitSuite{Name: "models"}
	var took time.Duration
	for i := range r.Models {
		m := &r.Models[i]
		if len(m.Probes) == 0 {
			models.add(junitCase{Class: "models." + m.Name, Name: "probe", Time: seconds(0), Skipped: &junitSkipped{m.Message}})
		}
		for j := range m.Probes {
			took += m.Probes[j].Duration
			models.add(b.probe(m, &m.Probes[j]))
		}
	}
	suites = models.to(suites, took)
	return writeXML(w, &junitSuites{Name: "llmgw validate", Time: seconds(r.Duration), Suites: suites})
}

func writeXML(w io.Writer, all *junitSuites) error {
	for i := range all.Suites {
		s := &all.Suites[i]
		all.Tests, all.Failures, all.Skipped = all.Tests+s.Tests, all.Failures+s.Failures, all.Skipped+s.Skipped
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(all); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	if _, err := io.WriteString(w, "\n"); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

func (s *junitSuite) add(c junitCase) {
	s.Tests++
	switch {
	case c.Failure != nil:
		s.Failures++
	case c.Skipped != nil:
		s.Skipped++
	}
	s.Cases = append(s.Cases, c)
}

// to appends the suite where there is something in it.
func (s *junitSuite) to(suites []junitSuite, took time.Duration) []junitSuite {
	if s.Tests == 0 {
		return suites
	}
	s.Time = seconds(took)
	return append(suites, *s)
}

// junitBuilder makes test cases.
type junitBuilder struct{ report *Report }

func (b *junitBuilder) check(c *Check) junitCase {
	out := junitCase{Class: c.Area, Name: c.Name, Time: seconds(c.Duration)}
	var lines []Finding
	for i := range b.report.Findings {
		if f := &b.report.Findings[i]; f.of(c) {
			lines = append(lines, *f)
		}
	}
	b.fill(&out, verdict{c.Status, c.Message, c.Error}, lines)
	return out
}

// of reports whether a finding belongs to a check.
func (f *Finding) of(c *Check) bool {
	if c.Area == areaGateway {
		return len(f.Probes) == 1 && f.Probes[0] == c.Name
	}
	return f.part == c.Name
}

func (b *junitBuilder) probe(m *Model, p *Probe) junitCase {
	out := junitCase{Class: "models." + m.Name, Name: p.Name, Time: seconds(p.Duration)}
	var lines []Finding
	for i := range m.findings {
		for _, name := range m.findings[i].Probes {
			if name == p.Name {
				lines = append(lines, m.findings[i])
			}
		}
	}
	b.fill(&out, verdict{p.Status, p.Message, p.Error}, lines)
	return out
}

// verdict is how a check or a probe ended.
type verdict struct {
	status         Status
	message, error string
}

// fill makes the verdict that of the test case. Its text says what to do.
func (b *junitBuilder) fill(c *junitCase, v verdict, findings []Finding) {
	var text strings.Builder
	code := ""
	for i := range findings {
		f := &findings[i]
		if code == "" && (f.Severity == Error || b.report.Strict && f.Severity == Warning) {
			code = string(f.Code)
		}
		fmt.Fprintf(&text, "%s: %s\n", f.Severity, f)
	}
	switch {
	case v.status == Skipped:
		c.Skipped = &junitSkipped{v.message}
	case v.status == Failed || v.status == Warned && b.report.Strict:
		message := v.message
		if v.error != "" && !strings.Contains(message, v.error) {
			message += ": " + v.error
		}
		c.Failure = &junitFailure{code, message, text.String()}
	default:
		c.Out = text.String()
	}
}

// String says in one line where it is, what is wrong and what to do.
func (f *Finding) String() string {
	var b strings.Builder
	if f.File != "" && f.Line > 0 {
		b.WriteString(f.File + ":" + strconv.Itoa(f.Line) + ":" + strconv.Itoa(f.Column) + ": ")
	}
	b.WriteString(f.Subject + ": " + f.Message)
	if f.Hint != "" {
		b.WriteString(" (" + f.Hint + ")")
	}
	b.WriteString(" [" + string(f.Code) + "]")
	return b.String()
}

// seconds writes a duration as JUnit does.
func seconds(d time.Duration) string {
	return strconv.FormatFloat(d.Seconds(), 'f', 3, 64)
}
