package terminal

import (
	"io"

	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"
)

// Styles give weight to text on a terminal. What they say is never said by colour
// alone; without colours they change nothing.
type Styles struct {
	// Heading is for the heads of columns and sections, Faint for what matters less.
	Heading, Faint lipgloss.Style
	// Good, Warn and Bad are for what is as it should be, what might not be, and what
	// is not.
	Good, Warn, Bad lipgloss.Style

	symbols symbols
}

// symbols are one column wide.
type symbols struct{ good, warn, bad string }

// Styles are those of Out.
func (s *IO) Styles() Styles { return s.styles(s.Out, s.Color) }

// ErrStyles are those of Err.
func (s *IO) ErrStyles() Styles { return s.styles(s.Err, s.ErrColor) }

func (s *IO) styles(w io.Writer, color bool) Styles {
	r := lipgloss.NewRenderer(w)
	if color {
		r.SetColorProfile(termenv.ANSI)
	} else {
		r.SetColorProfile(termenv.Ascii)
	}
	styles := Styles{
		Heading: r.NewStyle().Bold(color),
		Faint:   r.NewStyle().Faint(color),
		Good:    r.NewStyle().Foreground(lipgloss.ANSIColor(termenv.ANSIGreen)),
		Warn:    r.NewStyle().Foreground(lipgloss.ANSIColor(termenv.ANSIYellow)),
		Bad:     r.NewStyle().Foreground(lipgloss.ANSIColor(termenv.ANSIRed)),
		symbols: symbols{good: "✓", warn: "!", bad: "✗"},
	}
	if s.ASCII {
		styles.symbols = symbols{good: "+", warn: "!", bad: "x"}
	}
	return styles
}

// GoodSymbol is a tick: "✓", or "+" in ASCII.
func (s Styles) GoodSymbol() string { return s.Good.Render(s.symbols.good) }

// WarnSymbol is "!".
func (s Styles) WarnSymbol() string { return s.Warn.Render(s.symbols.warn) }

// BadSymbol is a cross: "✗", or "x" in ASCII.
func (s Styles) BadSymbol() string { return s.Bad.Render(s.symbols.bad) }
