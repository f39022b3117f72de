package terminal

import (
	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"
)

// Styles give weight to text on a terminal. What they say is never said by colour
// alone; without colours they change nothing.
type Styles struct {
	// Heading is for the heads of columns and sections, Faint for what matters less.
	Heading, Faint lipgloss.Style
	// Good and Bad are for what is as it should be, and what is not.
	Good, Bad lipgloss.Style
}

// Styles are those of Out.
func (s *IO) Styles() Styles {
	r := lipgloss.NewRenderer(s.Out)
	if s.Color {
		r.SetColorProfile(termenv.ANSI)
	} else {
		r.SetColorProfile(termenv.Ascii)
	}
	return Styles{
		Heading: r.NewStyle().Bold(s.Color),
		Faint:   r.NewStyle().Faint(s.Color),
		Good:    r.NewStyle().Foreground(lipgloss.ANSIColor(termenv.ANSIGreen)),
		Bad:     r.NewStyle().Foreground(lipgloss.ANSIColor(termenv.ANSIRed)),
	}
}
