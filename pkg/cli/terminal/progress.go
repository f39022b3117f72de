package terminal

import (
	"fmt"
	"strings"
	"sync"

	"github.com/charmbracelet/lipgloss"
)

// Progress is a line on Err that says how far a long work is. It is there for whoever
// waits: where Err is no terminal nothing is written. Safe for concurrent use.
//
//	p := io.Progress()
//	defer p.Done()
//	p.Set("probing %s", model)
type Progress struct {
	io *IO

	mu    sync.Mutex // guards what follows
	shown int        // columns that are taken
}

// Progress makes a line that shows nothing yet. End it with Done before anything else
// is written to Err.
func (s *IO) Progress() *Progress { return &Progress{io: s} }

// Set replaces what the line says.
func (p *Progress) Set(format string, args ...any) {
	if !p.io.ErrTTY {
		return
	}
	text := p.io.oneLine(fmt.Sprintf(format, args...))
	if width := p.io.ErrWidth; width > 1 {
		text = p.io.Shorten(text, width-1) // a full line would wrap, and stay
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	width := lipgloss.Width(text)
	fmt.Fprint(p.io.Err, "\r", text, strings.Repeat(" ", max(0, p.shown-width)))
	p.shown = width
}

// Done clears the line. Set may be called again after it.
func (p *Progress) Done() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shown > 0 {
		fmt.Fprint(p.io.Err, "\r", strings.Repeat(" ", p.shown), "\r")
	}
	p.shown = 0
}
