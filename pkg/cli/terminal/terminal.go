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
	"runtime"
	"strconv"
	"strings"

	"github.com/charmbracelet/x/term"
	"github.com/mattn/go-isatty"
)

// IO are the three streams of a command. Out takes the result, Err all else.
type IO struct {
	In  io.Reader
	Out io.Writer
	Err io.Writer
	// InTTY, OutTTY and ErrTTY say that a terminal is at the other end.
	InTTY, OutTTY, ErrTTY bool
	// OutWidth and ErrWidth are how many columns the terminal there has; 0 where that
	// is not known.
	OutWidth, ErrWidth int
	// Color and ErrColor say that Out and Err may be coloured.
	Color, ErrColor bool
	// ASCII says that symbols beyond ASCII would not be shown as such.
	ASCII bool
}

// System gives the process's own streams.
func System() *IO {
	e := environment(os.Getenv)
	s := &IO{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr,
		InTTY: isTerminal(os.Stdin), OutTTY: isTerminal(os.Stdout), ErrTTY: isTerminal(os.Stderr),
		ASCII: !e.unicode(runtime.GOOS),
	}
	s.Color, s.ErrColor = e.colored(s.OutTTY), e.colored(s.ErrTTY)
	s.OutWidth, s.ErrWidth = e.width(os.Stdout, s.OutTTY), e.width(os.Stderr, s.ErrTTY)
	return s
}

func isTerminal(f *os.File) bool { return isatty.IsTerminal(f.Fd()) || isatty.IsCygwinTerminal(f.Fd()) }

// environment reads a variable of the environment; "" for one that is not set.
type environment func(name string) string

// colored reports whether colours are welcome: https://no-color.org,
// https://bixense.com/clicolors, and terminals that have none.
func (e environment) colored(tty bool) bool {
	switch {
	case e("NO_COLOR") != "":
		return false
	case e("CLICOLOR_FORCE") != "" && e("CLICOLOR_FORCE") != "0":
		return true
	default:
		return tty && e("TERM") != "dumb" && e("CLICOLOR") != "0"
	}
}

// width is $COLUMNS, else what the terminal says; 0 where nobody looks.
func (e environment) width(f *os.File, tty bool) int {
	if !tty {
		return 0
	}
	if n, err := strconv.Atoi(e("COLUMNS")); err == nil && n > 0 {
		return n
	}
	width, _, err := term.GetSize(f.Fd())
	if err != nil {
		return 0
	}
	return width
}

// unicode reports whether the locale's characters are UTF-8. Where none is named it is
// the one of POSIX, which is ASCII; Go writes to the console of Windows in UTF-16
// whatever the locale, and macOS knows nothing but UTF-8.
func (e environment) unicode(system string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if locale := e(name); locale != "" {
			locale = strings.ToUpper(locale)
			return strings.Contains(locale, "UTF-8") || strings.Contains(locale, "UTF8")
		}
	}
	return system == "windows" || system == "darwin"
}

// Test gives streams in memory, none of them a terminal, and what is written to
// Out and Err.
func Test() (streams *IO, out, errOut *bytes.Buffer) {
	out, errOut = new(bytes.Buffer), new(bytes.Buffer)
	return &IO{In: new(bytes.Buffer), Out: out, Err: errOut}, out, errOut
}
