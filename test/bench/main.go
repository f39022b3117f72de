// Command bench measures what a call through the gateway costs, beside the same
// call through nginx and straight to the provider: CPU per call, latency at a
// constant rate, memory, start-up time and bytes added to streams. README.md
// says how to read its figures.
//
// It is a program for people who change the gateway and for CI ("make bench"),
// no part of the product. It drives the gateway's binary through the command
// line and HTTP alone, as any user does, and imports nothing of it.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"syscall"

	"github.com/llmgw/llmgw/test/bench/report"
	"github.com/llmgw/llmgw/test/bench/subject"
)

// Exit codes, those of the gateway's own command line.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 130
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run is the program.
func run(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if len(args) == 2 && args[0] == subject.MockFlag {
		return exit(stderr, serveMock(ctx, args[1], os.Stdin))
	}
	o, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return exitOK
	}
	if err != nil {
		return exitUsage
	}
	return exit(stderr, benchmark(ctx, o, stdout, stderr))
}

// exit turns an error into a message and a code.
func exit(stderr io.Writer, err error) int {
	if err == nil {
		return exitOK
	}
	fmt.Fprintf(stderr, "bench: %v\n", err)
	if errors.Is(err, context.Canceled) {
		return exitInterrupted
	}
	return exitFailed
}

// options are the command line.
type options struct {
	gateway, nginx   string
	out              string
	only             *regexp.Regexp
	settings         report.Settings
	install, enforce bool
}

// Defaults of -rounds and -seconds, also with -quick.
const (
	defaultRounds, quickRounds   = 5, 1
	defaultSeconds, quickSeconds = 3.0, 0.7
)

// parse reads the command line. Whatever it refuses it has already explained.
func parse(args []string, stderr io.Writer) (options, error) {
	o := options{only: regexp.MustCompile("")}
	o.settings.Connections, o.settings.Rate = connections, rate
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&o.gateway, "gateway", "", "the llmgw `binary`; without it only direct and nginx are measured")
	f.StringVar(&o.nginx, "nginx", "", "the nginx `binary` (default: found in PATH and /usr/sbin)")
	f.StringVar(&o.out, "out", "", "`file` for the figures as JSON")
	f.IntVar(&o.settings.Rounds, "rounds", 0, "how often each subject is measured (default 5, quick 1)")
	f.Float64Var(&o.settings.Seconds, "seconds", 0, "`length` of one measurement (default 3, quick 0.7)")
	f.BoolVar(&o.settings.Quick, "quick", false, "short rounds: shows that everything runs, the figures are rough")
	f.BoolVar(&o.install, "install", false, "install a missing nginx with apt-get (Debian, root)")
	f.BoolVar(&o.enforce, "enforce", false, "exit 1 also when a goal is missed")
	f.Func("run", "measure only what matches the `regexp`, such as ^cpu/openai or memory", func(s string) (err error) {
		o.only, err = regexp.Compile(s)
		return err
	})
	if err := f.Parse(args); err != nil {
		return options{}, err
	}
	o.defaults()
	if f.NArg() > 0 || o.settings.Rounds < 1 || o.settings.Seconds <= 0 || o.settings.Seconds > 600 {
		err := errors.New("-rounds and -seconds must be above 0 (at most 600 seconds), and there are no arguments")
		fmt.Fprintf(stderr, "bench: %v\n", err)
		return options{}, err
	}
	return o, nil
}

// defaults fills in what was not set.
func (o *options) defaults() {
	s := &o.settings
	r, sec := defaultRounds, defaultSeconds
	if s.Quick {
		r, sec = quickRounds, quickSeconds
	}
	if s.Rounds == 0 {
		s.Rounds = r
	}
	if s.Seconds == 0 {
		s.Seconds = sec
	}
}

// benchmark measures, prints and judges.
func benchmark(ctx context.Context, o options, stdout, stderr io.Writer) error {
	nginx, err := findNginx(ctx, o, stderr)
	if err != nil {
		return err
	}
	l, err := newLab(o, nginx, stderr)
	if err != nil {
		return err
	}
	if err := errors.Join(l.measure(ctx), l.compareLogs(ctx), l.close()); err != nil {
		return err
	}
	if err := l.report.WriteTable(stdout); err != nil {
		return err
	}
	if err := writeJSON(o.out, l.report); err != nil {
		return err
	}
	switch {
	case len(l.report.Failures) > 0:
		return fmt.Errorf("%d measurements failed", len(l.report.Failures))
	case o.enforce && l.report.Over():
		return errors.New("a goal is missed")
	}
	return nil
}

// writeJSON writes the report to a file, if one is asked for.
func writeJSON(path string, r *report.Report) error {
	if path == "" {
		return nil
	}
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return err
	}
	return os.WriteFile(path, append(b, '\n'), 0o600)
}

// findNginx returns the path of nginx, after installing it where that is wanted.
func findNginx(ctx context.Context, o options, stderr io.Writer) (string, error) {
	if o.nginx != "" {
		return filepath.Abs(o.nginx)
	}
	path, err := lookNginx()
	if err == nil || !o.install {
		return path, err
	}
	for _, args := range [][]string{{"update"}, {"install", "-y", "--no-install-recommends", "nginx-light"}} {
		apt := exec.CommandContext(ctx, "apt-get", args...)
		apt.Stdout, apt.Stderr = stderr, stderr
		if err := apt.Run(); err != nil {
			return "", fmt.Errorf("apt-get %s: %w", args[0], err)
		}
	}
	return lookNginx()
}

// lookNginx finds nginx where Debian puts it, too, which is in no user's PATH.
func lookNginx() (string, error) {
	for _, name := range []string{"nginx", "/usr/sbin/nginx", "/usr/local/sbin/nginx"} {
		if path, err := exec.LookPath(name); err == nil {
			return filepath.Abs(path)
		}
	}
	return "", errors.New("nginx not found (apt-get install nginx-light, or -install as root on Debian)")
}
