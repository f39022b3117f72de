package clients

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/llmgw/llmgw/test/gatewaytest"
)

// Variables by which TestMain tells its second self what it has prepared.
const (
	// claudeEnv is the path of Claude Code's binary.
	claudeEnv = "LLMGW_TEST_CLAUDE"
	// claudeMissingEnv says why there is none.
	claudeMissingEnv = "LLMGW_TEST_CLAUDE_MISSING"
	// isolatedEnv is set in a network namespace with nothing but loopback.
	isolatedEnv = "LLMGW_TEST_ISOLATED"
	// notIsolatedEnv says why there is none.
	notIsolatedEnv = "LLMGW_TEST_NOT_ISOLATED"
)

// TestMain fetches what needs a network (the gateway's modules, Claude Code), and
// then runs the tests in a second process that has no network but loopback, so
// that nothing a client sends can leave the machine. Where that is not possible
// the SDKs are tested all the same, and the tests of Claude Code skip.
func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	flag.Parse()
	if testing.Short() {
		return m.Run()
	}
	if os.Getenv(isolatedEnv) != "" {
		if err := raiseLoopback(); err != nil {
			return fail("raise loopback", err)
		}
		return m.Run()
	}
	dir, err := os.MkdirTemp("", "llmgw-clients-")
	if err != nil {
		return fail("temporary directory", err)
	}
	defer os.RemoveAll(dir)
	if err := gatewaytest.Build(dir); err != nil {
		return fail("gateway", err)
	}
	if err := offerClaudeCode(); err != nil {
		return fail("environment", err)
	}
	code, err := runIsolated()
	if err == nil {
		return code
	}
	if err := os.Setenv(notIsolatedEnv, err.Error()); err != nil {
		return fail("environment", err)
	}
	return m.Run()
}

// offerClaudeCode installs Claude Code and notes in the environment where it is,
// or why it is not.
func offerClaudeCode() error {
	path, err := installClaudeCode()
	if err != nil {
		return os.Setenv(claudeMissingEnv, err.Error())
	}
	return os.Setenv(claudeEnv, path)
}

// fail says what went wrong before any test ran and returns the exit code.
func fail(what string, err error) int {
	fmt.Fprintf(os.Stderr, "clients: %s: %v\n", what, err)
	return 1
}
