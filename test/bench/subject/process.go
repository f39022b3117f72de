// Package subject starts and stops what the benchmark measures, nginx and the
// gateway, and the provider behind them. Each runs as a process of its own, with
// its files in a folder of its own.
//
// It measures nothing. A subject is an address to send calls to and a process
// whose use of the machine others read.
package subject

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const (
	// startWithin bounds how long a process may take until it answers.
	startWithin = 30 * time.Second
	// stopWithin is how long it may take to end before it is killed.
	stopWithin = 5 * time.Second
	// pollEvery is how often a starting process is looked at; start-up times are
	// measured with it.
	pollEvery = 500 * time.Microsecond
)

// Process is a running subject.
type Process struct {
	// Name is what the report calls it.
	Name string
	// Addr is where it takes calls, host:port.
	Addr string
	// Dir holds its files.
	Dir string

	cmd    *exec.Cmd
	log    string // the file its output goes to
	cancel context.CancelFunc
	exited chan struct{} // closed when it has ended
	err    error         // set before; nil where the end was asked for
}

// command is what to start.
type command struct {
	name string
	dir  string // working folder, and home of the log
	path string
	args []string
	env  []string
	// ready returns the address once the process takes calls, "" before.
	ready func() string
}

// start runs a command and waits until it is ready. Its standard input is a pipe
// that closes with this process, so that a child can tell when it is alone.
func start(ctx context.Context, c command) (*Process, error) {
	ctx, cancel := context.WithCancel(ctx)
	p := &Process{Name: c.name, Dir: c.dir, log: filepath.Join(c.dir, c.name+".log"), cancel: cancel, exited: make(chan struct{})}
	p.cmd = exec.CommandContext(ctx, c.path, c.args...)
	p.cmd.Dir, p.cmd.Env = c.dir, c.env
	p.cmd.Cancel = func() error { return p.cmd.Process.Signal(syscall.SIGTERM) }
	p.cmd.WaitDelay = stopWithin
	if err := p.run(ctx); err != nil {
		cancel()
		return nil, fmt.Errorf("start %s: %w", c.name, err)
	}
	if err := p.await(ctx, c.ready); err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", c.name, err), p.Stop())
	}
	return p, nil
}

// run starts the process with its output in the log file. It ends with ctx.
func (p *Process) run(ctx context.Context) error {
	log, err := os.Create(p.log)
	if err != nil {
		return err
	}
	defer log.Close() // the child has its own descriptor
	p.cmd.Stdout, p.cmd.Stderr = log, log
	if _, err := p.cmd.StdinPipe(); err != nil {
		return err
	}
	if err := p.cmd.Start(); err != nil {
		return err
	}
	go func() {
		defer close(p.exited)
		if err := p.cmd.Wait(); ctx.Err() == nil {
			p.err = fmt.Errorf("%s has ended by itself (%w); its log ends:\n%s", p.Name, err, tail(p.log))
		}
	}()
	return nil
}

// await polls until the process is ready, has ended or takes too long.
func (p *Process) await(ctx context.Context, ready func() string) error {
	late := time.NewTimer(startWithin)
	defer late.Stop()
	poll := time.NewTicker(pollEvery)
	defer poll.Stop()
	for {
		if p.Addr = ready(); p.Addr != "" {
			return nil
		}
		select {
		case <-poll.C:
		case <-p.exited:
			return errors.New("it has ended before it took calls")
		case <-late.C:
			return fmt.Errorf("takes no calls after %v", startWithin)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// PID identifies the process, which may have children.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Stop ends the process, first politely, and waits for it. Returns an error with
// the end of its log where it had ended by itself. Safe to call again.
func (p *Process) Stop() error {
	p.cancel()
	<-p.exited
	return p.err
}

// maxTail bounds what is shown of a log.
const maxTail = 2 << 10

// tail returns the end of a log file.
func tail(path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(string(b[max(0, len(b)-maxTail):]))
}

// accepts reports whether something takes connections at addr.
func accepts(addr string) bool {
	c, err := net.DialTimeout("tcp", addr, time.Second)
	if err != nil {
		return false
	}
	_ = c.Close() // nothing was sent
	return true
}

// addrFile returns a ready function for programs that write the address they
// listen on to a file.
func addrFile(path string) func() string {
	return func() string {
		b, err := os.ReadFile(path)
		addr := strings.TrimSpace(string(b))
		if err != nil || addr == "" || !accepts(addr) {
			return ""
		}
		return addr
	}
}
