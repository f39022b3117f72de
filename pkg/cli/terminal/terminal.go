// Package terminal is the only place that touches the process's standard
// streams: commands get them as an [IO] that knows whether a person is looking.
package terminal

import (
	"bytes"
	"io"
	"os"

	"github.com/mattn/go-isatty"
)

// IO are the three streams of a command. Out takes the result, Err all else.
type IO struct {
	In  io.Reader
	Out io.Writer
	Err io.Writer
	// OutTTY and ErrTTY say that a terminal is at the other end.
	OutTTY, ErrTTY bool
}

// System gives the process's own streams.
func System() *IO {
	return &IO{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr,
		OutTTY: isatty.IsTerminal(os.Stdout.Fd()), ErrTTY: isatty.IsTerminal(os.Stderr.Fd()),
	}
}

// Test gives streams in memory, none of them a terminal, and what is written to
// Out and Err.
func Test() (streams *IO, out, errOut *bytes.Buffer) {
	out, errOut = new(bytes.Buffer), new(bytes.Buffer)
	return &IO{In: new(bytes.Buffer), Out: out, Err: errOut}, out, errOut
}
