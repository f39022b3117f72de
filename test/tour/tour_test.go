//go:build unix

package tour

import (
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/llmgw/llmgw/test/gatewaytest"
)

func TestMain(m *testing.M) { os.Exit(gatewaytest.Main(m)) }

// update writes the page.
var update = flag.Bool("update", false, "write docs/tour.md")

const page = "../../docs/tour.md"

// step is a line that is typed, and what comes of it.
type step struct {
	// text is what the page says before it.
	text string
	// window is where it is typed: 0, or 1 for the gateway.
	window int
	typed  string
	// answers are typed when the program asks: each after its question.
	answers [][2]string
	// shows is on the screen when the step is done, beside a new prompt.
	shows string
	// stays says that the program goes on, and no prompt comes.
	stays bool
}

// steps are the tour. {port} is the gateway's.
func steps() []step {
	return []step{
		{
			text: "A first configuration. On a terminal `init` asks; an empty line takes what stands in brackets.", typed: "llmgw init",
			answers: [][2]string{{"Providers", "anthropic"}, {"File", ""}, {"Port", "{port}"}, {"Requests a minute", "60"}, {"Budget", "100"}},
			shows:   "is written",
		},
		{text: "Is it right?", typed: "llmgw config check", shows: "llmgw.yaml is fine"},
		{text: "The gateway, in a second window. It made its master key and shows it this once.", window: 1, typed: "llmgw serve --port {port}", shows: "listens on", stays: true},
		{text: "Every model, by small calls of each kind.", typed: "llmgw validate --url http://127.0.0.1:{port}", shows: "0 failed"},
		{text: "A key. Its secret is shown this once.", typed: "llmgw keys create --name alice --budget 5/monthly --rpm 60 --expires 30d", shows: "Store the secret now"},
		{text: "A call with another key, whose secret never touches the screen.", typed: "KEY=$(llmgw keys create --name bob --models 'echo/*' 2>/dev/null)", shows: "$ "},
		{
			typed: `curl -s http://127.0.0.1:{port}/v1/chat/completions -H "x-api-key: $KEY" -d '{"model": "echo/hello", "messages": [{"role": "user", "content": "Hi"}]}'`,
			shows: "Hello! You said: Hi",
		},
		{text: "The keys.", typed: "llmgw keys list", shows: "bob"},
		{text: "What was asked, how long it took, what it cost.", typed: "llmgw logs analyze", shows: "p99"},
		{typed: "llmgw logs analyze --by key", shows: "bob"},
		{text: "The calls, one by one.", typed: "llmgw logs tail -n 3", shows: "echo/hello"},
		{text: "A budget that keys share, and what is left of all budgets.", typed: "llmgw budget create team --limit 100 --period monthly --key alice --key bob", shows: "team"},
		{typed: "llmgw budget status", shows: "alice"},
		{text: "A key that is blocked is refused from the next call on.", typed: "llmgw keys block bob", shows: "locked"},
		{typed: `curl -s http://127.0.0.1:{port}/v1/models -H "x-api-key: $KEY"`, shows: "is blocked"},
	}
}

// TestTour types everything into a terminal.
func TestTour(t *testing.T) {
	if testing.Short() {
		t.Skip("needs the gateway's binary, which -short does not build")
	}
	for _, program := range []string{"tmux", "bash", "curl"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("SKIPPED: the tour was not tried, because %s is missing: %v", program, err)
		}
	}
	home, port := t.TempDir(), freePort(t)
	env := environment(t, home)
	w := openTerminal(t, home, env...)
	t.Cleanup(func() { w.interrupt(1) })
	w.window(home, env...)
	w.wait(1, prompt)
	clean := cleaner(home, port)
	var text strings.Builder
	text.WriteString(head)
	for _, s := range steps() {
		screen := play(w, s, port)
		if whole := w.screen(s.window, true); !strings.HasPrefix(s.typed, "curl") && strings.Count(whole, "\n") != strings.Count(w.screen(s.window, false), "\n") {
			t.Errorf("%s: lines are too long for %s columns:\n%s", s.typed, columns, screen)
		}
		if s.text != "" {
			fmt.Fprintf(&text, "\n%s\n", s.text)
		}
		fmt.Fprintf(&text, "\n```text\n%s\n```\n", clean(screen))
	}
	if *update {
		if err := os.WriteFile(page, []byte(text.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	compare(t, text.String())
}

const head = `<!-- Written by "go test ./test/tour -update"; the test types these commands anew. -->

# A tour in a terminal

A terminal of 80 columns, and a machine with nothing set up but the binary. The commands are
those of the [README](../README.md).
`

// play types a step and gives the screen when it is done.
func play(w *terminal, s step, port string) string {
	w.t.Helper()
	w.clear(s.window)
	w.enter(s.window, strings.ReplaceAll(s.typed, "{port}", port))
	for _, a := range s.answers {
		w.wait(s.window, a[0])
		w.enter(s.window, strings.ReplaceAll(a[1], "{port}", port))
	}
	w.wait(s.window, s.shows)
	if !s.stays {
		w.waitPrompt(s.window)
	}
	screen := w.screen(s.window, false)
	return strings.TrimSuffix(strings.TrimSuffix(screen, strings.TrimRight(prompt, " ")), "\n")
}

// environment is that of somebody who has just come.
func environment(t *testing.T, home string) []string {
	t.Helper()
	bin, err := filepath.Abs(os.Getenv(gatewaytest.BinaryEnv))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Symlink(bin, filepath.Join(dir, "llmgw")); err != nil {
		t.Fatal(err)
	}
	return []string{"PATH=" + dir + ":" + os.Getenv("PATH"), "HOME=" + home, "LC_ALL=C.UTF-8", "TZ=UTC", "HISTFILE=/dev/null"}
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// cleaner puts what a reader would see for what is this run's own.
func cleaner(home, port string) func(string) string {
	secret := regexp.MustCompile(`sk-[A-Za-z0-9_-]{20,}`)
	return func(screen string) string {
		screen = strings.ReplaceAll(screen, port, "4000")
		screen = strings.ReplaceAll(screen, home, "/home/you")
		return secret.ReplaceAllString(screen, "sk-…")
	}
}

// compare holds the page's commands against those that were typed.
func compare(t *testing.T, now string) {
	t.Helper()
	kept, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := commands(string(kept)), commands(now); got != want {
		t.Errorf("docs/tour.md shows other commands than the test types; run go test ./test/tour -update\nit has\n%s\ntyped\n%s", got, want)
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range regexp.MustCompile(`llmgw ([a-z]+)(?: ([a-z]+))?`).FindAllStringSubmatch(commands(now), -1) {
		whole, below := strings.Contains(string(readme), name[0]), name[2] != "" && strings.Contains(string(readme), "`"+name[2]+"`")
		if !whole && (!strings.Contains(string(readme), "llmgw "+name[1]) || !below) {
			t.Errorf("the tour types %q, of which the README says nothing", name[0])
		}
	}
}

// commands are the lines behind a prompt.
func commands(page string) string {
	var b strings.Builder
	for line := range strings.Lines(page) {
		if typed, ok := strings.CutPrefix(line, prompt); ok {
			b.WriteString(typed)
		}
	}
	return b.String()
}
