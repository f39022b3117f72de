package logs

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/llmgw/llmgw/pkg/cli"
	"github.com/llmgw/llmgw/pkg/cli/terminal"
	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/requestlog"
)

// call is a call that was logged, some minutes after the other ones.
func call(minutes int, change func(*requestlog.Record)) []byte {
	r := requestlog.Record{
		Timestamp: time.Date(2026, 3, 4, 5, 6+minutes, 7, 0, time.UTC), RequestID: "req_" + string(rune('a'+minutes)), Status: requestlog.StatusSuccess, HTTPStatus: 200,
		Model: "sonnet", Deployment: "sonnet-1", Provider: "anthropic", UpstreamModel: "claude-sonnet-4-5", KeyID: "key_1", KeyName: "ci",
		Duration: 1500 * time.Millisecond, TTFT: 250 * time.Millisecond, Usage: llm.Usage{Input: 100, Output: 20, Reported: true}, Cost: 31_500_000,
		Attempts: []requestlog.Attempt{{Deployment: "sonnet-1", Status: 200, Duration: time.Second}},
	}
	if change != nil {
		change(&r)
	}
	return append(r.AppendJSON(nil), '\n')
}

// logOf is a log of one call that went well, and one that did not.
func logOf() []byte {
	return append(call(0, nil), call(1, func(r *requestlog.Record) {
		r.Status, r.HTTPStatus, r.ErrorType, r.Error, r.Cost, r.TTFT = requestlog.StatusError, 429, "rate_limited", "60 requests\x1b[2J a minute", 0, 0
		r.Model, r.Deployment, r.Provider, r.UpstreamModel, r.Attempts, r.Usage, r.Duration = "opus", "", "", "", nil, llm.Usage{}, 300*time.Microsecond
	})...)
}

func writeFile(t testing.TB, name string, text []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// run runs a command line; a terminal is at the other end where it has columns.
func run(t testing.TB, columns int, args ...string) (out, errOut string, err error) {
	t.Helper()
	io, o, e := terminal.Test()
	io.OutTTY, io.OutWidth = columns > 0, columns
	cmd := NewCmd(&cli.Factory{IO: io})
	cmd.SetArgs(args)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	err = cmd.ExecuteContext(t.Context())
	return o.String(), e.String(), err
}

func TestAnalyzeOnATerminal(t *testing.T) {
	t.Parallel()
	log := writeFile(t, "log", logOf())
	got, _, err := run(t, 120, "analyze", log, "--by", "model,team")
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Join([]string{
		"MODEL      TEAM  REQUESTS  ERRORS  ERROR %  AVG MS  P50 MS    P95 MS    P99 MS  TOKENS IN  TOKENS OUT  COST USD",
		"opus       -            1       1   100.00     0.3     0.3       0.3       0.3          0           0         0",
		"sonnet     -            1       0     0.00    1500    1500      1500      1500        100          20    0.0315",
		"all calls               2       1    50.00  750.15  750.15  1425.015  1485.003        100          20    0.0315",
	}, "\n")
	if diff := cmp.Diff(want, trimmed(got)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	got, _, err = run(t, 120, "analyze", log)
	for _, line := range []string{"requests 2", "cost 0.0315 USD", "error rate 50.00 %"} {
		if err != nil || !strings.Contains(strings.Join(strings.Fields(got), " "), line) {
			t.Errorf("%v, no %q in:\n%s", err, line, got)
		}
	}
}

// trimmed is a table without what fills its lines.
func trimmed(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		lines = append(lines, strings.TrimRight(line, " \n"))
	}
	return strings.Join(lines, "\n")
}

// Compressed files are known by what is in them.
func TestAnalyzeCompressedFiles(t *testing.T) {
	t.Parallel()
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	if _, err := w.Write(logOf()); errors.Join(err, w.Close()) != nil {
		t.Fatal(err)
	}
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{"a.txt": zipped.Bytes(), "b.gz": z.EncodeAll(logOf(), nil), "c.zst": logOf()} {
		log := writeFile(t, name, text)
		for _, command := range [][]string{{"analyze", log, "--by", "model"}, {"tail", log}, {"show", "req_a", log}} {
			got, errOut, err := run(t, 0, command...)
			if err != nil || errOut != "" || !strings.Contains(got, "sonnet") {
				t.Errorf("%s of %s: %v, %q, %q", command[0], name, err, errOut, got)
			}
		}
	}
}

func TestCompressedFilesAreNotFollowed(t *testing.T) {
	t.Parallel()
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = run(t, 0, "tail", "-f", writeFile(t, "log", z.EncodeAll(logOf(), nil)))
	if e, ok := errors.AsType[*cli.Error](err); !ok || e.Code != cli.ExitUsage {
		t.Errorf("err = %v", err)
	}
}

func TestTailOnATerminal(t *testing.T) {
	t.Parallel()
	got, _, err := run(t, 200, "tail", writeFile(t, "log", logOf()))
	want := "2026-03-04 05:06:07.000  ✓ 200  sonnet -> sonnet-1  ci  100+20 tokens  $0.0315  1.50 s (first byte 250 ms)\n" +
		"2026-03-04 05:07:07.000  ✗ 429  opus  ci  0.3 ms  rate_limited 60 requests [2J a minute\n"
	if got != want || err != nil {
		t.Errorf("%v\n%s\nwant\n%s", err, got, want)
	}
}

// Nothing of an error is cut, and what it says does nothing to the terminal.
func TestShowOnATerminal(t *testing.T) {
	t.Parallel()
	log := writeFile(t, "log", call(0, func(r *requestlog.Record) {
		r.Status, r.Error = requestlog.StatusError, strings.Repeat("a long \x1b[2Jerror ", 30)+"ends"
	}))
	got, _, err := run(t, 80, "show", "req_a", log)
	if err != nil || strings.Contains(got, "…") || strings.Contains(got, "\x1b") || !strings.Contains(got, "ends") || strings.Count(got, "long") != 30 {
		t.Errorf("%v:\n%s", err, got)
	}
	for line := range strings.Lines(got) {
		if len(line) > 81 {
			t.Errorf("%d columns: %s", len(line), line)
		}
	}
}

// --follow ends with its context, which is Ctrl-C, and has shown what came until then.
func TestFollow(t *testing.T) {
	t.Parallel()
	log := writeFile(t, "log", logOf())
	ctx, cancel := context.WithCancel(t.Context())
	io, _, _ := terminal.Test()
	seen := make(chan string, 10)
	io.Out = writerFunc(func(p []byte) (int, error) { seen <- string(p); return len(p), nil })
	done := make(chan error, 1)
	go func() {
		cmd := NewTailCmd(&cli.Factory{IO: io}, nil)
		cmd.SetArgs([]string{"-f", "-n", "1", "--where", `status == "success" || model == "opus"`, log})
		cmd.SilenceErrors, cmd.SilenceUsage = true, true
		done <- cmd.ExecuteContext(ctx)
	}()
	next := func(want string) {
		t.Helper()
		select {
		case got := <-seen:
			if !strings.Contains(got, want) || strings.Count(got, "\n") != 1 {
				t.Errorf("%q, want %q", got, want)
			}
		case err := <-done:
			t.Fatal(err)
		case <-time.After(20 * time.Second):
			t.Fatalf("no %q", want)
		}
	}
	next("opus")
	file, err := os.OpenFile(log, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	more := append(call(2, func(r *requestlog.Record) { r.Model, r.Status = "haiku", requestlog.StatusError }), "no line\n"...)
	_, err = file.Write(append(more, call(3, func(r *requestlog.Record) { r.Model = "later" })...))
	if err := errors.Join(err, file.Close()); err != nil {
		t.Fatal(err)
	}
	next("later")
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v", err)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// Ctrl-C ends the reading of a pipe that nobody closes.
func TestAnalyzeEndsWithItsContext(t *testing.T) {
	t.Parallel()
	streams, _, _ := terminal.Test()
	in, end, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = errors.Join(end.Close(), in.Close()) })
	streams.In = in
	ctx, cancel := context.WithCancel(t.Context())
	cmd := NewAnalyzeCmd(&cli.Factory{IO: streams}, nil)
	cmd.SetArgs([]string{"-"})
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	time.AfterFunc(10*time.Millisecond, cancel)
	if err := cmd.ExecuteContext(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v", err)
	}
}

func TestFlags(t *testing.T) {
	t.Parallel()
	io, _, _ := terminal.Test()
	f := &cli.Factory{IO: io}
	execute := func(cmd interface {
		SetArgs([]string)
		ExecuteContext(context.Context) error
	}, line string,
	) {
		t.Helper()
		cmd.SetArgs(strings.Fields(line))
		if err := cmd.ExecuteContext(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	var a AnalyzeOptions
	execute(NewAnalyzeCmd(f, func(_ context.Context, o *AnalyzeOptions) error { a = *o; return nil }),
		"a b -c c.yaml --since s --until u --last l --timezone z --by model,key --by day -w true --sort cost --top 3 -o csv")
	a.IO, a.LoadConfig, a.Now = nil, nil, nil
	if diff := cmp.Diff(AnalyzeOptions{
		ConfigFile: "c.yaml", Files: []string{"a", "b"}, Since: "s", Until: "u", Last: "l", TimeZone: "z", By: []string{"model", "key", "day"},
		Where: "true", Sort: "cost", Top: 3, Output: terminal.FormatCSV,
	}, a); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	var l TailOptions
	execute(NewTailCmd(f, func(_ context.Context, o *TailOptions) error { l = *o; return nil }), "a -f -n 3 -w true -o json --timezone local")
	l.IO, l.LoadConfig = nil, nil
	if diff := cmp.Diff(TailOptions{File: "a", Lines: 3, Follow: true, Where: "true", TimeZone: "local", Output: terminal.FormatJSON}, l); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	var s ShowOptions
	execute(NewShowCmd(f, func(_ context.Context, o *ShowOptions) error { s = *o; return nil }), "id a b -c c.yaml")
	s.IO, s.LoadConfig = nil, nil
	if diff := cmp.Diff(ShowOptions{ConfigFile: "c.yaml", ID: "id", Files: []string{"a", "b"}, TimeZone: "UTC", Output: terminal.FormatTable}, s); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// factory makes commands that are not run.
func factory() *cli.Factory {
	io, _, _ := terminal.Test()
	return &cli.Factory{IO: io}
}

func TestALineFitsTheTerminal(t *testing.T) {
	t.Parallel()
	r := requestlog.Record{
		Timestamp: time.Date(2026, 11, 24, 19, 40, 12, 5e6, time.UTC), Status: requestlog.StatusSuccess, HTTPStatus: 200,
		Model: "claude-sonnet-5", Deployment: "anthropic/claude-sonnet-5-20de8cff", KeyName: "alice",
		Usage: llm.Usage{Input: 1200, Output: 300}, Duration: 1500 * time.Millisecond, TTFT: 400 * time.Millisecond,
	}
	for width, want := range map[int]string{
		0:   "2026-11-24 19:40:12.005  ✓ 200  claude-sonnet-5 -> anthropic/claude-sonnet-5-20de8cff  alice  1200+300 tokens  1.50 s (first byte 400 ms)",
		125: "19:40:12  ✓ 200  claude-sonnet-5 -> anthropic/claude-sonnet-5-20de8cff  alice  1200+300 tokens  1.50 s (first byte 400 ms)",
		90:  "19:40:12  ✓ 200  claude-sonnet-5  alice  1200+300 tokens  1.50 s (first byte 400 ms)",
		70:  "19:40:12  ✓ 200  claude-sonnet-5  alice  1200+300 tokens  1.50 s",
		40:  "19:40:12  ✓ 200  claude-sonnet-5  alice…",
	} {
		io, _, _ := terminal.Test()
		io.OutTTY, io.OutWidth = true, width
		styles := io.Styles()
		if got := fitted(io, &r, &styles, time.UTC); got != want {
			t.Errorf("%d columns: %q, want %q", width, got, want)
		}
	}
}
