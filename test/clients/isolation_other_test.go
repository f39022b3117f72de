//go:build !linux

package clients

import "errors"

// errNoNamespaces is why the tests of Claude Code skip elsewhere.
var errNoNamespaces = errors.New("network namespaces exist on Linux only")

// runIsolated always fails: see the one for Linux.
func runIsolated() (int, error) { return 0, errNoNamespaces }

// raiseLoopback always fails: see the one for Linux.
func raiseLoopback() error { return errNoNamespaces }
