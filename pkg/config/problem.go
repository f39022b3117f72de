package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Severity says whether a problem stops the gateway.
type Severity uint8

// The severities.
const (
	// Warning is something that works and is probably not what was meant.
	Warning Severity = iota + 1
	// Error is something that cannot be used as it is written.
	Error
)

// String is the severity's name.
func (s Severity) String() string {
	if s == Error {
		return "error"
	}
	return "warning"
}

// Position is where something was written. The zero Position is nowhere.
type Position struct {
	// File is the path of the file, "$NAME" for an environment variable, or
	// another word for a source without lines.
	File string
	// Line and Column count from 1; 0 where the source has none.
	Line, Column int
}

// String writes file:line:column, as far as they are known.
func (p Position) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Problem is one thing that is wrong with a configuration. No part of it holds
// the value of a secret.
type Problem struct {
	Severity Severity
	// Code is one of the Code constants: the kind of problem. It is stable, so that
	// programs can tell problems apart.
	Code string
	Position
	// Path names the key: model_list[0].litellm_params.model. It is empty where
	// the file as a whole is wrong.
	Path string
	// Message says what is wrong.
	Message string
	// Hint says what to do, or is empty.
	Hint string
}

// String writes "file:line:column: path: message (hint)".
func (p Problem) String() string {
	var b strings.Builder
	for _, part := range []string{p.Position.String(), p.Path} {
		if part != "" {
			b.WriteString(part + ": ")
		}
	}
	b.WriteString(p.Message)
	if p.Hint != "" {
		b.WriteString(" (" + p.Hint + ")")
	}
	return b.String()
}

// Report is everything that was found, sorted by place.
type Report struct {
	Problems []Problem
}

// Err returns an *InvalidError with the errors among the problems, or nil where
// there are only warnings.
func (r Report) Err() error {
	bad := slices.DeleteFunc(slices.Clone(r.Problems), func(p Problem) bool { return p.Severity != Error })
	if len(bad) == 0 {
		return nil
	}
	return &InvalidError{Problems: bad}
}

// InvalidError is a configuration that cannot be used. Problems are its errors,
// at least one.
type InvalidError struct {
	Problems []Problem
}

// Error writes every problem on a line of its own.
func (e *InvalidError) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// maxProblems bounds the errors of a report, and its warnings: a file that is wrong
// a thousand times is wrong in one way that the first hundreds show.
const maxProblems = 500

// reporter collects problems while a configuration is read.
type reporter struct {
	problems []Problem
	counts   [Error + 1]int // by severity, with those that are not in problems
	// repeated are the problems that stand for others like them in the same list.
	repeated map[repetition]*repeats
}

// repetition is what problems in one list have in common.
type repetition struct{ section, message string }

// repeats counts further problems like that of an index.
type repeats struct{ index, more int }

// add notes a problem.
func (r *reporter) add(p Problem) {
	r.counts[p.Severity]++
	if r.counts[p.Severity] <= maxProblems {
		r.problems = append(r.problems, p)
	}
}

// addOnce notes a problem that items of a list may all have: the first of them
// stands for all.
func (r *reporter) addOnce(p Problem) {
	like := repetition{section(p.Path), p.Message}
	if first := r.repeated[like]; first != nil && strings.Contains(p.Path, "[") {
		first.more++
		return
	}
	if r.repeated == nil {
		r.repeated = make(map[repetition]*repeats)
	}
	before := len(r.problems)
	r.add(p)
	if len(r.problems) > before {
		r.repeated[like] = &repeats{index: before}
	}
}

// full reports whether further errors are only counted.
func (r *reporter) full() bool { return r.counts[Error] >= maxProblems }

// reported reports whether a problem of that path has been noted.
func (r *reporter) reported(path string) bool {
	return slices.ContainsFunc(r.problems, func(p Problem) bool { return p.Path == path })
}

// report sorts what was collected by file, line, column and path.
func (r *reporter) report() Report {
	for _, first := range r.repeated {
		if first.more > 0 {
			r.problems[first.index].Message += fmt.Sprintf("; %d more in this list", first.more)
		}
	}
	r.repeated = nil
	slices.SortStableFunc(r.problems, func(a, b Problem) int {
		return cmp.Or(
			cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column),
			cmp.Compare(a.Path, b.Path),
		)
	})
	for _, severity := range []Severity{Error, Warning} {
		if dropped := r.counts[severity] - maxProblems; dropped > 0 {
			r.problems = append(r.problems, Problem{
				Severity: severity, Code: CodeTooMany,
				Message: fmt.Sprintf("%d more %ss are not listed", dropped, severity),
				Hint:    "correct these first",
			})
		}
	}
	return Report{Problems: r.problems}
}

// spot is where a problem is.
type spot struct {
	reporter *reporter
	at       Position
	path     string
}

// errorf reports an error there. The hint may be empty.
func (s spot) errorf(code, hint, format string, args ...any) {
	s.add(Error, code, hint, fmt.Sprintf(format, args...))
}

// warnf reports a warning there.
func (s spot) warnf(code, hint, format string, args ...any) {
	s.add(Warning, code, hint, fmt.Sprintf(format, args...))
}

func (s spot) add(severity Severity, code, hint, message string) {
	s.reporter.add(s.problem(severity, code, hint, message))
}

func (s spot) problem(severity Severity, code, hint, message string) Problem {
	return Problem{Severity: severity, Code: code, Position: s.at, Path: s.path, Message: message, Hint: hint}
}
