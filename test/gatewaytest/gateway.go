package gatewaytest

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	// startTimeout bounds the way from exec to the first accepted connection. A
	// gateway needs some 25 ms; a loaded test machine may need far more.
	startTimeout = 30 * time.Second
	// stopTimeout bounds the way from SIGTERM to the exit.
	stopTimeout = 30 * time.Second
	// pollInterval is how often the address file is looked for.
	pollInterval = 5 * time.Millisecond
)

// Options say how a gateway is started.
type Options struct {
	// Config is the path of the configuration file.
	Config string
	// Env are NAME=value pairs for the gateway. It sees nothing else of the
	// test's environment but PATH, so that no credential of the machine leaks in.
	Env []string
	// DataDir is the data directory of a gateway that ran before, for one that has
	// to go on where that ended. "" means a new one.
	DataDir string
}

// Gateway is a running llmgw. It has a home of its own, and a data directory of
// its own unless Options name one.
type Gateway struct {
	tb      testing.TB
	cmd     *exec.Cmd
	url     string
	dataDir string
	output  *lockedBuffer
	exited  chan struct{} // closed after Wait
	stop    sync.Once
}

// Start runs `llmgw serve` on a free loopback port and returns once it accepts
// connections. The gateway is stopped at the end of the test at the latest; a
// start or a stop that goes wrong fails the test and shows what the gateway
// wrote. With -short the test is skipped.
func Start(tb testing.TB, o Options) *Gateway {
	tb.Helper()
	bin := os.Getenv(BinaryEnv)
	if bin == "" {
		if testing.Short() {
			tb.Skip("needs the gateway's binary, which -short does not build")
		}
		tb.Fatalf("%s is not set: TestMain has to call gatewaytest.Main or Build", BinaryEnv)
	}
	g, err := start(bin, tb.TempDir(), o)
	if err != nil {
		tb.Fatalf("start the gateway: %v", err)
	}
	g.tb = tb
	tb.Cleanup(g.Stop)
	return g
}

// start runs the binary with home as its home and waits until it serves. A
// gateway that does not come to serve has ended when start returns.
func start(bin, home string, o Options) (*Gateway, error) {
	addrFile := filepath.Join(home, "addr")
	g := &Gateway{
		dataDir: cmp.Or(o.DataDir, filepath.Join(home, "data")),
		output:  &lockedBuffer{},
		exited:  make(chan struct{}),
	}
	g.cmd = exec.Command(bin, "serve", "--config", o.Config, "--listen", "127.0.0.1:0", "--addr-file", addrFile)
	g.cmd.Env = append([]string{
		"PATH=" + os.Getenv("PATH"),
		"HOME=" + home,
		"LLMGW_DATA_DIR=" + g.dataDir,
		// Tests stop gateways with no load balancer in front of them.
		"LLMGW_GENERAL_SETTINGS_DRAIN_DELAY=0s",
	}, o.Env...)
	g.cmd.Stdout = g.output
	g.cmd.Stderr = g.output
	if err := g.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = g.cmd.Wait() // The result is read from ProcessState.
		close(g.exited)
	}()
	addr, err := g.awaitAddr(addrFile)
	if err != nil {
		_ = g.cmd.Process.Kill() // Without effect where it has ended by itself.
		<-g.exited
		return nil, fmt.Errorf("%w\n%s", err, g.Output())
	}
	g.url = "http://" + addr
	return g, nil
}

// URL is the gateway's address, http://127.0.0.1:PORT, without a slash at its end.
func (g *Gateway) URL() string { return g.url }

// DataDir is the directory in which the gateway keeps its state.
func (g *Gateway) DataDir() string { return g.dataDir }

// Output is what the gateway has written to its standard streams so far.
func (g *Gateway) Output() string { return g.output.String() }

// Stop ends the gateway by SIGTERM and fails the test unless it exits with 0.
// It waits for the end; any call after the first does nothing.
func (g *Gateway) Stop() {
	g.tb.Helper()
	g.stop.Do(func() {
		if err := g.terminate(); err != nil {
			g.tb.Errorf("stop the gateway: %v\n%s", err, g.Output())
		}
	})
}

// Kill ends the gateway by SIGKILL, in the middle of whatever it does, and waits
// for the end. Stop does nothing afterwards.
func (g *Gateway) Kill() {
	g.tb.Helper()
	g.stop.Do(func() {
		if err := g.cmd.Process.Kill(); err != nil {
			g.tb.Errorf("kill the gateway: %v\n%s", err, g.Output())
		}
		<-g.exited
	})
}

// PID is the number of the gateway's process.
func (g *Gateway) PID() int { return g.cmd.Process.Pid }

// awaitAddr waits for the address file, which the gateway writes once it accepts
// connections, and returns the address in it.
func (g *Gateway) awaitAddr(file string) (string, error) {
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	deadline := time.After(startTimeout)
	for {
		select {
		case <-g.exited:
			return "", fmt.Errorf("it ended before it served: %v", g.cmd.ProcessState)
		case <-deadline:
			return "", fmt.Errorf("it does not serve after %v", startTimeout)
		case <-tick.C:
			text, err := os.ReadFile(file)
			if addr := strings.TrimSpace(string(text)); err == nil && addr != "" {
				return addr, nil
			}
		}
	}
}

// terminate asks the process to end and kills it when it does not.
func (g *Gateway) terminate() error {
	select {
	case <-g.exited:
		return fmt.Errorf("it had ended before: %v", g.cmd.ProcessState)
	default:
	}
	if err := g.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case <-g.exited:
	case <-time.After(stopTimeout):
		_ = g.cmd.Process.Kill() // Without effect only where it has just ended.
		<-g.exited
		return fmt.Errorf("it did not end within %v of SIGTERM", stopTimeout)
	}
	if !g.cmd.ProcessState.Success() {
		return fmt.Errorf("it did not exit with 0: %v", g.cmd.ProcessState)
	}
	return nil
}

// lockedBuffer collects a process's output while the test may read it.
type lockedBuffer struct {
	mu  sync.Mutex // guards buf
	buf bytes.Buffer
}

// Write implements io.Writer.
func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

// String gives everything written so far.
func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
