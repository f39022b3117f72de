package terminal

import (
	"fmt"
	"strings"
)

// Screen draws the same thing on Out again and again, each time in place of the last.
// Where Out is no terminal the drawings follow each other, with an empty line between
// them. Not safe for concurrent use.
type Screen struct {
	io    *IO
	lines int
	drawn bool
}

// Screen makes a screen that shows nothing yet.
func (s *IO) Screen() *Screen { return &Screen{io: s} }

// Draw shows a text of whole lines. Lines that are too long are cut: they would wrap,
// and stay.
func (s *Screen) Draw(text string) error {
	var out strings.Builder
	switch {
	case !s.io.OutTTY && s.drawn:
		out.WriteByte('\n')
	case s.io.OutTTY && s.lines > 0:
		fmt.Fprintf(&out, "\x1b[%dA\x1b[J", s.lines) // up, and clear to the end
	}
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if s.io.OutTTY && s.io.OutWidth > 0 {
			line = s.io.Shorten(line, s.io.OutWidth)
		}
		out.WriteString(line)
		out.WriteByte('\n')
	}
	s.lines, s.drawn = strings.Count(text, "\n"), true
	_, err := fmt.Fprint(s.io.Out, out.String())
	return err
}
