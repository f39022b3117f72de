// Package terminal is the only place that touches the process's standard
// streams: commands get them as an [IO] that knows whether a person is looking, and
// writes results for people (tables) or for programs (columns, JSON).
//
// It knows nothing of what is written. The commands are its callers.
package terminal

import (
	"bytes"
	"io"
	"os"

	"github.com/charmbracelet/x/term"
	"github.com/mattn/go-isatty"
)

// IO are the three streams of a command. Out takes the result, Err all else.
type IO struct {
	In  io.Reader
	Out io.Writer
	Err io.Writer
	// OutTTY and ErrTTY say that a terminal is at the other end.
	OutTTY, ErrTTY bool
	// OutWidth is how many columns the terminal at Out has; 0 where that is not known.
	OutWidth int
	// Color says that Out may be coloured.
	Color bool
}

// System gives the process's own streams.
func System() *IO {
	s := &IO{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr,
		OutTTY: isatty.IsTerminal(os.Stdout.Fd()), ErrTTY: isatty.IsTerminal(os.Stderr.Fd()),
	}
	if s.OutTTY {
		s.Color = colored(os.Getenv)
		if width, _, err := term.GetSize(os.Stdout.Fd()); err == nil {
			s.OutWidth = width
		}
	}
	return s
}

// colored reports whether the environment allows colours: https://no-color.org, and
// terminals that have none.
func colored(getenv func(string) string) bool {
	return getenv("NO_COLOR") == "" && getenv("TERM") != "dumb"
}

// Test gives streams in memory, none of them a terminal, and what is written to
// Out and Err.
func Test() (streams *IO, out, errOut *bytes.Buffer) {
	out, errOut = new(bytes.Buffer), new(bytes.Buffer)
	return &IO{In: new(bytes.Buffer), Out: out, Err: errOut}, out, errOut
}
