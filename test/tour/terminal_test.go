//go:build unix

package tour

import (
	"context"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The size of the terminal: 80 columns are what a new one has.
const columns, lines = "80", "50"

// terminal is a tmux server with one session, whose windows are shells.
type terminal struct {
	t      *testing.T
	socket string
}

// openTerminal starts a terminal with a shell in dir, which sees nothing but env, NAME=value.
func openTerminal(t *testing.T, dir string, env ...string) *terminal {
	t.Helper()
	w := &terminal{t: t, socket: filepath.Join(t.TempDir(), "tmux")}
	args := []string{"-f", "/dev/null", "new-session", "-d", "-x", columns, "-y", lines, "-c", dir}
	w.tmux(append(args, shell(env)...)...)
	t.Cleanup(func() { w.tmux("kill-server") })
	w.wait(0, prompt)
	return w
}

// window opens another shell of the same kind.
func (w *terminal) window(dir string, env ...string) {
	w.t.Helper()
	w.tmux(append([]string{"new-window", "-d", "-c", dir}, shell(env)...)...)
}

const prompt = "$ "

// shell is the command of a shell without anybody's own settings.
func shell(env []string) []string {
	return slices.Concat([]string{"env", "-i", "TERM=screen", "PS1=" + prompt}, env, []string{"bash", "--norc", "--noprofile"})
}

func (w *terminal) tmux(args ...string) string {
	w.t.Helper()
	// The session is closed when the test's context has ended.
	ctx := context.WithoutCancel(w.t.Context())
	out, err := exec.CommandContext(ctx, "tmux", append([]string{"-u", "-S", w.socket}, args...)...).CombinedOutput()
	if err != nil {
		w.t.Fatalf("tmux %v: %v\n%s", args, err, out)
	}
	return string(out)
}

// enter types a line.
func (w *terminal) enter(window int, text string) {
	w.t.Helper()
	target := ":" + strconv.Itoa(window)
	if text != "" {
		w.tmux("send-keys", "-t", target, "-l", text)
	}
	w.tmux("send-keys", "-t", target, "Enter")
}

// interrupt stops what runs in a window, and waits for its end.
func (w *terminal) interrupt(window int) {
	w.tmux("send-keys", "-t", ":"+strconv.Itoa(window), "C-c")
	w.waitPrompt(window)
}

// clear empties the screen.
func (w *terminal) clear(window int) {
	w.t.Helper()
	target := ":" + strconv.Itoa(window)
	w.tmux("send-keys", "-t", target, "C-l")
	empty := strings.TrimRight(prompt, " ")
	w.until(window, "an empty screen", func(screen string) bool {
		w.tmux("clear-history", "-t", target) // what was on the screen is in the history now
		return screen == empty
	})
}

// screen is what a window shows, without blank lines at its end. Joined, lines that the
// terminal has broken are whole again.
func (w *terminal) screen(window int, joined bool) string {
	w.t.Helper()
	args := []string{"capture-pane", "-p", "-S", "-", "-t", ":" + strconv.Itoa(window)}
	if joined {
		args = append(args, "-J")
	}
	var b strings.Builder
	for line := range strings.Lines(w.tmux(args...)) {
		b.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	return strings.Trim(b.String(), "\n")
}

// patience is how long a screen may take to show what it should.
const patience = 20 * time.Second

// wait waits until a window shows text, and gives the screen.
func (w *terminal) wait(window int, text string) string {
	w.t.Helper()
	return w.until(window, text, func(screen string) bool { return strings.Contains(screen, strings.TrimRight(text, " ")) })
}

// until waits until a window's screen is as it should be, with lines that the terminal
// has broken made whole, and gives the screen.
func (w *terminal) until(window int, what string, good func(screen string) bool) string {
	w.t.Helper()
	deadline := time.Now().Add(patience)
	for !good(w.screen(window, true)) {
		if time.Now().After(deadline) {
			w.t.Fatalf("%s is not on the screen:\n%s", what, w.screen(window, false))
		}
		<-time.After(20 * time.Millisecond)
	}
	return w.screen(window, false)
}

// waitPrompt waits until the shell asks for the next line.
func (w *terminal) waitPrompt(window int) {
	w.t.Helper()
	// Output without a line end at its end has the prompt on its last line.
	w.until(window, "the next prompt", func(screen string) bool { return strings.HasSuffix(screen, strings.TrimRight(prompt, " ")) })
}
