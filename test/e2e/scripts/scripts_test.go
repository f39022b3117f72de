// Package scripts runs the command line as people do: each file in testdata is a
// session at a prompt, in a home of its own, with what it must print.
//
// It is for what commands say, their exit codes and the life of a process. What
// the gateway does with calls is tested beside its packages, and with crashes and
// hostile clients in test/e2e.
//
// Beside testscript's own commands there are
//
//	exitcode N COMMAND…   runs a command that must end with that code
//	waitaddr VAR FILE     sets VAR to the address that serve writes to FILE
//	waitfor TEXT FILE     waits until the text stands in the file
//	stdout2env VAR        sets VAR to what the last command printed
//	signal NAME [N]       sends HUP, INT or TERM to the first (or Nth) command in the background
//	exec httpreq …        makes a request; -until and -find wait for an answer
package scripts

import (
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/llmgw/llmgw/pkg/cli/root"
)

// update rewrites what the scripts compare with.
var update = flag.Bool("update", false, "rewrite the expected output in the scripts")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"llmgw":   func() { os.Exit(root.Main()) },
		"httpreq": func() { os.Exit(httpreq(os.Args[1:])) },
	})
}

func TestInit(t *testing.T)      { run(t, "init") }
func TestServe(t *testing.T)     { run(t, "serve") }
func TestConfig(t *testing.T)    { run(t, "config") }
func TestModels(t *testing.T)    { run(t, "models") }
func TestProviders(t *testing.T) { run(t, "providers") }
func TestVersion(t *testing.T)   { run(t, "version") }
func TestHelp(t *testing.T)      { run(t, "help") }
func TestKeys(t *testing.T)      { run(t, "keys") }
func TestTeam(t *testing.T)      { run(t, "team") }
func TestBudget(t *testing.T)    { run(t, "budget") }
func TestValidate(t *testing.T)  { run(t, "validate") }

func TestCompletion(t *testing.T) { run(t, "completion") }

func run(t *testing.T, area string) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", area),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       *update,
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", filepath.Join(env.WorkDir, "home"))
			env.Setenv("LLMGW_DATA_DIR", filepath.Join(env.WorkDir, "data"))
			env.Setenv("LANG", "C.UTF-8")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exitcode": exitcode, "waitaddr": waitaddr, "waitfor": waitfor, "signal": sendSignal,
			"stdout2env": stdoutToEnv,
		},
	})
}

func exitcode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exitcode N COMMAND…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	code := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit := (*exec.ExitError)(nil)
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		code = exit.ExitCode()
	}
	if code != want {
		ts.Fatalf("exit code %d, want %d", code, want)
	}
}

// patience is how long a script waits for something that is about to happen.
const patience = 20 * time.Second

// every calls f until it is true, or patience is over.
func every(pause time.Duration, f func() bool) bool {
	tick := time.NewTicker(pause)
	defer tick.Stop()
	late := time.After(patience)
	for !f() {
		select {
		case <-tick.C:
		case <-late:
			return false
		}
	}
	return true
}

func waitaddr(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: waitaddr VAR FILE")
	}
	found := every(5*time.Millisecond, func() bool {
		text, err := os.ReadFile(ts.MkAbs(args[1]))
		ts.Setenv(args[0], strings.TrimSpace(string(text)))
		return err == nil && len(text) > 0
	})
	if !found {
		ts.Fatalf("there is no address in %s after %v", args[1], patience)
	}
}

func waitfor(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: waitfor TEXT FILE")
	}
	var text []byte
	found := every(5*time.Millisecond, func() bool {
		text, _ = os.ReadFile(ts.MkAbs(args[1])) // it may not be there yet
		return strings.Contains(string(text), args[0])
	})
	if !found {
		ts.Fatalf("%q does not stand in %s after %v:\n%s", args[0], args[1], patience, text)
	}
}

func stdoutToEnv(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: stdout2env VAR")
	}
	ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile("stdout")))
}

func sendSignal(ts *testscript.TestScript, neg bool, args []string) {
	signals := map[string]os.Signal{"HUP": syscall.SIGHUP, "INT": syscall.SIGINT, "TERM": syscall.SIGTERM}
	running := ts.BackgroundCmds()
	n := 1
	if len(args) == 2 {
		var err error
		n, err = strconv.Atoi(args[1])
		ts.Check(err)
	}
	if neg || len(args) < 1 || len(args) > 2 || signals[args[0]] == nil || n < 1 || n > len(running) {
		ts.Fatalf("usage: signal HUP|INT|TERM [N], with N commands in the background")
	}
	ts.Check(running[n-1].Process.Signal(signals[args[0]]))
}
