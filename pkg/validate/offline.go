package validate

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/llmgw/llmgw/pkg/config"
)

// Loaded is what reading a configuration gave.
type Loaded struct {
	// File is the path of the file, or what stands for it.
	File string
	// Config is nil where it cannot be run.
	Config *config.Config
	// Problems are what reading it found.
	Problems []config.Problem
	// Err is why it cannot be read at all; nil where it was read, with problems or
	// without.
	Err error
	// Now is the time at which models are judged to be retired.
	Now time.Time
}

// inspection looks at one configuration.
type inspection struct {
	Loaded

	report *Report
}

// Config checks a configuration and sends nothing: what reading it has found, and
// what it means for prices, routing and whoever can reach the gateway.
func Config(l Loaded) *Report {
	began := time.Now()
	in := &inspection{Loaded: l, report: &Report{Mode: Offline, Target: l.File}}
	in.file()
	for _, part := range []struct {
		name string
		look func() []Finding
	}{
		{"prices", in.prices}, {"retirement", in.retirement}, {"routing", in.routing}, {"exposure", in.exposure},
	} {
		if l.Config == nil {
			in.report.Checks = append(in.report.Checks, Check{
				Area: areaConfig, Name: part.name, Status: Skipped, Message: "not looked at, because the configuration cannot be used",
			})
			continue
		}
		in.part(part.name, part.look())
	}
	in.report.Duration = time.Since(began)
	sortFindings(in.report.Findings)
	return in.report
}

// part notes a part of the configuration with what was found.
func (in *inspection) part(name string, found []Finding) {
	c := Check{Area: areaConfig, Name: name, Status: Passed, Message: "nothing to say"}
	var errs, warnings int
	for i := range found {
		found[i].part = name
		switch found[i].Severity {
		case Error:
			errs++
		case Warning:
			warnings++
		default:
		}
	}
	switch {
	case errs > 0:
		c.Status, c.Message = Failed, counted(errs, "error")
		if warnings > 0 {
			c.Message += ", " + counted(warnings, "warning")
		}
	case warnings > 0:
		c.Status, c.Message = Warned, counted(warnings, "warning")
	case len(found) > 0:
		c.Message = counted(len(found), "note")
	}
	in.report.Checks = append(in.report.Checks, c)
	in.report.Findings = append(in.report.Findings, found...)
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// file notes what reading the configuration found.
func (in *inspection) file() {
	var found []Finding
	if in.Err != nil {
		found = append(found, Finding{
			Code: CodeUnreadable, Severity: Error, Subject: areaConfig, Message: in.Err.Error(),
			Hint: "name a readable file with --config", File: in.File,
		})
	}
	for i := range in.Problems {
		p := &in.Problems[i]
		severity := Warning
		if p.Severity == config.Error {
			severity = Error
		}
		found = append(found, Finding{
			Code: cmp.Or(Code(p.Code), CodeConfig), Severity: severity, Subject: cmp.Or(p.Path, areaConfig),
			Message: p.Message, Hint: p.Hint, File: p.File, Line: p.Line, Column: p.Column,
		})
	}
	in.part("file", found)
}

// Unreadable reports whether the configuration could not be read as what it should
// be: there is no file, or it is no YAML.
func (r *Report) Unreadable() bool {
	return slices.ContainsFunc(r.Findings, func(f Finding) bool {
		return f.Severity == Error && (f.Code == CodeUnreadable || f.Code == config.CodeYAMLSyntax || f.Code == config.CodeJSONSyntax)
	})
}
