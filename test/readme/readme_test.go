//go:build unix

package readme

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/llmgw/llmgw/test/gatewaytest"
)

func TestMain(m *testing.M) { os.Exit(gatewaytest.Main(m)) }

const (
	root = "../.."
	// usual is the address in the README; the tests take a free one instead.
	usual = "127.0.0.1:4000"
)

// notRun are the blocks that are not run as they are, by their first line, with
// the reason.
var notRun = map[string]string{
	"make run":  "TestMakeRun runs what it runs",
	"make test": "it would run this test",
	"make build && export PATH=$PWD/dist:$PATH":       "the session has a gateway on its PATH already",
	"export ANTHROPIC_BASE_URL=http://127.0.0.1:4000": "Claude Code itself is run in test/clients",
}

func page(t *testing.T) []block {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	return blocks(string(text))
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

func TestEveryBlockIsRunOrHasAReason(t *testing.T) {
	t.Parallel()
	listed := make(map[string]bool)
	for _, b := range page(t) {
		first := firstLine(b.commands)
		_, ok := notRun[first]
		listed[first] = true
		if b.marked == ok {
			t.Errorf("README.md:%d: %q must either have the mark %s or stand in the table with a reason", b.line, first, mark)
		}
	}
	for first := range notRun {
		if !listed[first] {
			t.Errorf("%q is not in README.md any more", first)
		}
	}
}

// needs skips the test where a program is missing, and says so.
func needs(t *testing.T, programs ...string) {
	t.Helper()
	if testing.Short() {
		t.Skip("needs the gateway's binary, which -short does not build")
	}
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			t.Skipf("SKIPPED: README.md was not tried, because %s is missing: %v", p, err)
		}
	}
}

// freeAddr is an address on which nobody listened a moment ago.
func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// environment is that of somebody who has just come: a home without anything in
// it, no credentials, and the gateway on the PATH.
func environment(t *testing.T) []string {
	t.Helper()
	bin, err := filepath.Abs(os.Getenv(gatewaytest.BinaryEnv))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Symlink(bin, filepath.Join(dir, "llmgw")); err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	return []string{"PATH=" + dir + ":" + os.Getenv("PATH"), "HOME=" + home, "TMPDIR=" + t.TempDir(), "LC_ALL=C.UTF-8"}
}

// sessionTime bounds all commands together.
const sessionTime = 2 * time.Minute

// bash runs a script, with whatever it leaves running, and gives what was
// printed.
func bash(t *testing.T, script string) (string, error) {
	t.Helper()
	// A file, not a pipe: a gateway that is left running would keep a pipe open.
	out, err := os.Create(filepath.Join(t.TempDir(), "printed"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	cmd := exec.Command("bash", "-c", script)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = root, environment(t), out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	// The group has the session's number; without effect where all of it has ended.
	end := func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	late := time.AfterFunc(sessionTime, end)
	err = cmd.Wait()
	late.Stop()
	end()
	printed, rerr := os.ReadFile(out.Name())
	if rerr != nil {
		t.Fatal(rerr)
	}
	return string(printed), err
}

// TestCommands runs the marked blocks.
func TestCommands(t *testing.T) {
	t.Parallel()
	needs(t, "bash", "curl")
	var marked []block
	script := []byte("set -e -o pipefail\n")
	for _, b := range page(t) {
		if b.marked {
			marked = append(marked, b)
			script = fmt.Appendf(script, "%s\necho; echo @@ %d\n", b.commands, b.line)
		}
	}
	if len(marked) == 0 {
		t.Fatal("README.md has no block with the mark " + mark)
	}
	addr := freeAddr(t)
	printed, err := bash(t, strings.ReplaceAll(string(script), usual, addr))
	if err != nil {
		t.Errorf("the session: %v", err)
	}
	rest := strings.ReplaceAll(printed, addr, usual)
	for _, b := range marked {
		this, after, ended := strings.Cut(rest, fmt.Sprintf("\n@@ %d\n", b.line))
		if !ended {
			t.Fatalf("README.md:%d: %s\nfailed; it printed\n%s", b.line, b.commands, rest)
		}
		if !appears(b.output, this) {
			t.Errorf("README.md:%d: %s\nprinted\n%s\nwant\n%s", b.line, b.commands, this, b.output)
		}
		rest = after
	}
}

// TestMakeRun makes the first call as `make run` does.
func TestMakeRun(t *testing.T) {
	t.Parallel()
	needs(t, "go")
	gateway, err := filepath.Abs(os.Getenv(gatewaytest.BinaryEnv))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "go", "run", "./tools/firstcall", "-gateway", gateway, "-listen", "127.0.0.1:0", "-once")
	cmd.Dir = root
	cmd.Env = append(withoutSettings(os.Environ()), "XDG_CONFIG_HOME="+t.TempDir())
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	printed := regexp.MustCompile(`127\.0\.0\.1:\d+`).ReplaceAllString(string(out), usual)
	for _, b := range page(t) {
		if b.commands == "make run" && !appears(b.output, printed) {
			t.Errorf("README.md:%d: make run printed\n%s\nwant\n%s", b.line, printed, b.output)
		}
	}
}

// withoutSettings leaves out what would configure a gateway.
func withoutSettings(env []string) []string {
	var kept []string
	for _, e := range env {
		name, _, _ := strings.Cut(e, "=")
		if !strings.HasPrefix(name, "LLMGW_") && !strings.HasPrefix(name, "LITELLM_") && !strings.HasSuffix(name, "_API_KEY") {
			kept = append(kept, e)
		}
	}
	return kept
}
