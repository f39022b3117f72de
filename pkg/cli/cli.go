// Package cli holds what all commands share: the [Factory] they are made from
// and the errors that carry an exit code.
//
// A command is a package below this one: Options with what it needs, NewCmd that
// binds flags to them, and a run function that knows no cobra. Only these
// packages import cobra, lipgloss and tablewriter; what a command does stands in
// the packages below them.
package cli

import (
	"errors"
	"fmt"

	"github.com/llmgw/llmgw/pkg/cli/terminal"
)

// Exit codes: a contract with scripts.
const (
	ExitOK = 0
	// ExitFailed is a check that failed or an operation that was refused.
	ExitFailed = 1
	// ExitUsage is a wrong command line or an invalid configuration.
	ExitUsage = 2
	// ExitUnreachable is a gateway or database that cannot be reached.
	ExitUnreachable = 3
	// ExitDenied is a key that may not do this.
	ExitDenied = 4
	// ExitInterrupted is Ctrl-C.
	ExitInterrupted = 130
)

// Factory is what commands are made from. Its functions are called when a
// command runs, not when it is made: help reads no configuration.
type Factory struct {
	IO      *terminal.IO
	Version Version
}

// Version is what the binary knows of its own making.
type Version struct {
	Number, Commit, Date string
}

// Error is an error that ends the process with a code. Hint, where it is not "",
// says what to do and stands on a line of its own.
type Error struct {
	Code int
	Hint string
	Err  error
}

// Error gives the text of what went wrong.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap gives what went wrong.
func (e *Error) Unwrap() error { return e.Err }

// Usagef makes the error of a wrong command line.
func Usagef(format string, args ...any) error {
	return &Error{Code: ExitUsage, Err: fmt.Errorf(format, args...)}
}

// ErrSilent ends the process with ExitFailed without a word: everything has been
// said already.
var ErrSilent = &Error{Code: ExitFailed, Err: errors.New("")}

// Report prints an error to the terminal and gives the exit code that it means.
func Report(io *terminal.IO, err error) int {
	if err == nil {
		return ExitOK
	}
	var e *Error
	if !errors.As(err, &e) {
		e = &Error{Code: ExitFailed, Err: err}
	}
	if text := err.Error(); text != "" {
		fmt.Fprintf(io.Err, "llmgw: %s\n", text)
	}
	if e.Hint != "" {
		fmt.Fprintln(io.Err, e.Hint)
	}
	return e.Code
}
