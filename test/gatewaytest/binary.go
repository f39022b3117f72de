// Package gatewaytest runs the real llmgw binary for tests that look at it from
// the outside: over HTTP, through its files, by its exit code.
//
// It knows the command line of `llmgw serve` and the form of the request log
// and nothing of the code behind them, so that the suites built on it (test/replay,
// test/clients) also judge a released binary: name one in LLMGW_BIN. It is not
// for unit tests, which call packages directly.
//
//	func TestMain(m *testing.M) { os.Exit(gatewaytest.Main(m)) }
//
//	func TestHello(t *testing.T) {
//		gw := gatewaytest.Start(t, gatewaytest.Options{Config: "testdata/hello.yaml"})
//		resp, err := http.Get(gw.URL() + "/health/liveness")
//		...
//	}
package gatewaytest

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// BinaryEnv names the environment variable that holds the path of the gateway
// under test. Build sets it where it is not set.
const BinaryEnv = "LLMGW_BIN"

// modulePath is the product's module, by which moduleRoot knows its go.mod.
const modulePath = "github.com/llmgw/llmgw"

// Main runs the tests of m with a gateway built once for all of them, and
// returns the exit code. With -short nothing is built and Start skips.
func Main(m *testing.M) int {
	flag.Parse()
	if testing.Short() {
		return m.Run()
	}
	dir, err := os.MkdirTemp("", "llmgw-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "gatewaytest:", err)
		return 1
	}
	defer os.RemoveAll(dir)
	if err := Build(dir); err != nil {
		fmt.Fprintln(os.Stderr, "gatewaytest:", err)
		return 1
	}
	return m.Run()
}

// Build makes sure that LLMGW_BIN names a gateway: where it is empty, the one of
// this source tree is built into dir and the variable set for this process and
// those that it starts. Call it before the tests run.
func Build(dir string) error {
	if os.Getenv(BinaryEnv) != "" {
		return nil
	}
	root, err := moduleRoot()
	if err != nil {
		return err
	}
	bin := filepath.Join(dir, "llmgw")
	cmd := exec.Command("go", "build", "-o", bin, "./cmd/llmgw")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build the gateway: %w\n%s", err, out)
	}
	return os.Setenv(BinaryEnv, bin)
}

// moduleRoot finds the source tree upwards from the working directory, which is
// the tested package's.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && declaresModule(string(text), modulePath) {
			return dir, nil
		}
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return "", err
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", fmt.Errorf("no go.mod of %s above the working directory (run inside the source tree or set %s)", modulePath, BinaryEnv)
		}
		dir = parent
	}
}

// declaresModule reports whether a go.mod is that of module path.
func declaresModule(goMod, path string) bool {
	for line := range strings.Lines(goMod) {
		if strings.TrimSpace(line) == "module "+path {
			return true
		}
	}
	return false
}
