// Package cli holds what all commands share: the [Factory] they are made from
// and the errors that carry an exit code.
//
// A command is a package below this one: Options with what it needs, NewCmd that
// binds flags to them, and a run function that knows no cobra. Only these
// packages import cobra, lipgloss and tablewriter; what a command does stands in
// the packages below them.
package cli

import (
	"context"
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
	// LookupEnv reads the environment; nil stands for one in which nothing is set.
	// Package root hands in the process's own.
	LookupEnv func(name string) (value string, set bool)
}

// Version is what the binary knows of its own making.
type Version struct {
	Number, Commit, Date string
}

// Getenv reads a variable of the environment; "" for one that is not set.
func (f *Factory) Getenv(name string) string {
	value, _ := f.lookupEnv(name)
	return value
}

func (f *Factory) lookupEnv(name string) (value string, set bool) {
	if f.LookupEnv == nil {
		return "", false
	}
	return f.LookupEnv(name)
}

// UserAgent is how commands present themselves to gateways.
func (f *Factory) UserAgent() string { return "llmgw/" + f.Version.Number }

// Error is an error that ends the process with a code. Hint, where it is not "",
// says what to do and stands on a line of its own.
type Error struct {
	Code int
	Hint string
	Err  error

	usage   bool
	command string // whose help is to be read, for errors of usage
}

// Error gives the text of what went wrong.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap gives what went wrong.
func (e *Error) Unwrap() error { return e.Err }

// Usagef makes the error of a wrong command line.
func Usagef(format string, args ...any) error {
	return UsageError(fmt.Errorf(format, args...), "")
}

// UsageError makes an error the one of a wrong command line. The hint may be "".
func UsageError(err error, hint string) error {
	return &Error{Code: ExitUsage, Hint: hint, Err: err, usage: true}
}

// InCommand says in which command an error came up ("llmgw serve"): those of a wrong
// command line then say whose help to read. Package root calls it for all commands.
func InCommand(err error, command string) error {
	e, ok := errors.AsType[*Error](err)
	if !ok || !e.usage || e.command != "" {
		return err
	}
	return &Error{Code: e.Code, Hint: e.Hint, Err: err, usage: true, command: command}
}

// ErrSilent ends the process with ExitFailed without a word: everything has been
// said already.
var ErrSilent = &Error{Code: ExitFailed, Err: errors.New("")}

// Report prints an error to the terminal and gives the exit code that it means. It is
// the only place that does either. After Ctrl-C nothing is said.
func Report(io *terminal.IO, err error) int {
	switch {
	case err == nil:
		return ExitOK
	case errors.Is(err, context.Canceled):
		return ExitInterrupted
	}
	e, ok := errors.AsType[*Error](err)
	if !ok {
		e = &Error{Code: ExitFailed}
	}
	if text := err.Error(); text != "" {
		fmt.Fprintf(io.Err, "llmgw: %s\n", text)
	}
	if e.Hint != "" {
		fmt.Fprintln(io.Err, e.Hint)
	}
	if e.command != "" {
		fmt.Fprintf(io.Err, "See '%s --help'.\n", e.command)
	}
	return e.Code
}
