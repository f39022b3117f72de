package main

import (
	"context"
	"io"
	"net"
	"os"

	"github.com/llmgw/llmgw/test/bench/mock"
)

// serveMock is the provider's process: it listens on a free port, writes the
// address to a file and answers until ctx or the parent's pipe ends, so that it
// never outlives the benchmark.
func serveMock(ctx context.Context, addrFile string, parent io.Reader) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		_, _ = io.Copy(io.Discard, parent) // any end of the pipe is the parent's
		cancel()
	}()
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	// Renamed into place: a reader sees the whole address or none.
	if err := os.WriteFile(addrFile+".new", []byte(ln.Addr().String()), 0o600); err != nil {
		return err
	}
	if err := os.Rename(addrFile+".new", addrFile); err != nil {
		return err
	}
	return mock.New().Serve(ctx, ln)
}
