package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/llmgw/llmgw/test/bench/proc"
	"github.com/llmgw/llmgw/test/bench/report"
	"github.com/llmgw/llmgw/test/bench/subject"
)

// What the subjects are called.
const (
	direct = "direct"
	nginx  = "nginx"
	llmgw  = "llmgw"
)

// lab is where one benchmark is carried out: a folder, a provider, and a report
// that fills up.
type lab struct {
	report    *report.Report
	only      *regexp.Regexp
	processes proc.Table
	progress  io.Writer

	dir               string // for everything that is written; removed by close
	nginxPath, gwPath string // gwPath is "" without a gateway
	selfPath          string
	mock              *subject.Process
	gatewayEnv        []string
	answered          map[string]int // calls by subject, of the subjects that run now
}

// newLab prepares a folder and starts nothing.
func newLab(o options, nginxPath string, progress io.Writer) (*lab, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	l := &lab{
		only: o.only, processes: proc.NewTable(os.DirFS("/proc")), progress: progress,
		nginxPath: nginxPath, selfPath: self, gatewayEnv: gatewayEnv(),
		report: &report.Report{Started: time.Now(), Settings: o.settings, Failures: []report.Failure{}},
	}
	if o.gateway != "" {
		if l.gwPath, err = filepath.Abs(o.gateway); err != nil {
			return nil, err
		}
	}
	l.dir, err = os.MkdirTemp("", "llmgw-bench-")
	return l, err
}

// gatewayEnv is what of this process's environment a gateway gets: what tunes
// the Go runtime, for experiments, and nothing that could configure it.
func gatewayEnv() []string {
	var env []string
	for _, name := range []string{"PATH", "TMPDIR", "GOMAXPROCS", "GOGC", "GOMEMLIMIT", "GODEBUG", "GOCOVERDIR"} {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return env
}

// close removes the folder.
func (l *lab) close() error { return os.RemoveAll(l.dir) }

// measure carries out everything that was asked for.
func (l *lab) measure(ctx context.Context) (err error) {
	l.report.Machine = machine(ctx, l.nginxPath, l.gwPath)
	if _, err := l.processes.CPU(os.Getpid()); err != nil {
		return fmt.Errorf("read CPU times from /proc, which only Linux has: %w", err)
	}
	if l.mock, err = subject.StartMock(ctx, l.selfPath, l.dir); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.mock.Stop()) }()
	for _, part := range []func(context.Context) error{
		l.measureCalls, l.measureBodies, l.measureStreams, l.measureStartup,
	} {
		// Whatever an interrupted part says, the interruption is the reason.
		if err := part(ctx); err != nil || ctx.Err() != nil {
			return cmp.Or(ctx.Err(), err)
		}
	}
	return nil
}

// measureCalls is what running subjects are measured by.
func (l *lab) measureCalls(ctx context.Context) error {
	return l.withSubjects(ctx, func(proxies []*subject.Process) error {
		l.answered = map[string]int{}
		if err := l.measureBytes(ctx, proxies); err != nil {
			return err
		}
		if err := l.measureCPU(ctx, proxies); err != nil {
			return err
		}
		l.measureLatency(ctx, proxies)
		if p := proxies[len(proxies)-1]; p.Name == llmgw {
			l.checkBooks(ctx, p, l.answered[llmgw])
		}
		return nil
	})
}

// withSubjects starts nginx and, where there is one, the gateway, both fresh,
// for the length of f.
func (l *lab) withSubjects(ctx context.Context, f func(proxies []*subject.Process) error) (err error) {
	dir, err := l.newDir(nginx)
	if err != nil {
		return err
	}
	n, err := subject.StartNginx(ctx, l.nginxPath, dir, l.mock.Addr)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.Stop()) }()
	if l.gwPath == "" {
		return f([]*subject.Process{n})
	}
	gw, err := l.newGateway()
	if err != nil {
		return err
	}
	g, err := gw.Start(ctx, l.mock.Addr)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, g.Stop()) }()
	return f([]*subject.Process{n, g})
}

// newGateway says how to start a gateway in a folder of its own.
func (l *lab) newGateway() (subject.Gateway, error) {
	dir, err := l.newDir(llmgw)
	return subject.Gateway{Path: l.gwPath, Dir: dir, Env: l.gatewayEnv}, err
}

// newDir makes an empty folder.
func (l *lab) newDir(name string) (string, error) {
	return os.MkdirTemp(l.dir, name+"-")
}

// wanted reports whether a measurement was asked for, and says that it begins.
func (l *lab) wanted(name string) bool {
	if !l.only.MatchString(name) {
		return false
	}
	// Progress that cannot be shown is no reason not to measure.
	_, _ = fmt.Fprintf(l.progress, "%5.0fs %s\n", time.Since(l.report.Started).Seconds(), name)
	return true
}

// seconds turns a number of seconds into a Duration.
func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// idleCheck is how long a process tree is watched to see whether it is idle, and
// idleWithin how long it may go on with what it has put off.
const (
	idleCheck  = 100 * time.Millisecond
	idleWithin = 2 * time.Second
)

// settledCPU waits until a process tree has come to rest and returns the CPU
// time it has used: what a subject puts off, such as writing its log, is part of
// the calls' cost.
func (l *lab) settledCPU(ctx context.Context, pid int) (time.Duration, error) {
	tick := time.NewTicker(idleCheck)
	defer tick.Stop()
	last, err := l.processes.CPU(pid)
	for end := time.Now().Add(idleWithin); err == nil && time.Now().Before(end); {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
		var now time.Duration
		if now, err = l.processes.CPU(pid); now-last <= idleCheck/10 {
			return now, err
		}
		last = now
	}
	return last, err
}
