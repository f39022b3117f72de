package logs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/llmgw/llmgw/pkg/cli"
	"github.com/llmgw/llmgw/pkg/cli/terminal"
	"github.com/llmgw/llmgw/pkg/config"
	"github.com/llmgw/llmgw/pkg/requestlog"
	"github.com/llmgw/llmgw/pkg/requestlog/report"
)

// TailOptions are what "logs tail" needs.
type TailOptions struct {
	IO         *terminal.IO
	LoadConfig func(file string) (*config.Config, error)

	ConfigFile string
	File       string
	Lines      int
	Follow     bool
	Where      string
	TimeZone   string
	Output     terminal.Format
}

// defaultLines is how many calls are shown where nobody says.
const defaultLines = 20

// NewTailCmd makes the command. run replaces what it does, for tests of its flags;
// nil means the real thing.
func NewTailCmd(f *cli.Factory, run func(context.Context, *TailOptions) error) *cobra.Command {
	opts := &TailOptions{IO: f.IO, LoadConfig: f.LoadConfig}
	cmd := &cobra.Command{
		Use:   "tail [FILE]",
		Short: "Show the last calls, and those to come",
		Long: `Show the last calls of a request log, one line for each, and with --follow those to
come, also when the file is rotated, until Ctrl-C.

FILE may be compressed with gzip or zstd; "-" is standard input. Without FILE it is the
configured log, with its rotated files where it is shorter than asked for.

--where takes an expression as "logs analyze" does: only calls that it holds for are
shown, and counted by --lines.

Piped, each line has, with tabs between: time, status, HTTP status, model, deployment,
key, input tokens, output tokens, cost in USD, duration and time to the first byte in
milliseconds, and the error. With -o json the lines are those of the file.`,
		Example: `  llmgw logs tail -n 100
  llmgw logs tail --follow --where 'status == "error" || cost > 0.5'
  llmgw logs tail -f -o json | jq .error`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.File = ""
			if len(args) > 0 {
				opts.File = args[0]
			}
			if run != nil {
				return run(cmd.Context(), opts)
			}
			return tail(cmd.Context(), opts)
		},
	}
	bindConfig(cmd, &opts.ConfigFile)
	bindWhere(cmd, &opts.Where)
	bindZone(cmd, &opts.TimeZone)
	terminal.Formats(terminal.FormatTable, terminal.FormatJSON).Bind(cmd, &opts.Output)
	cmd.Flags().IntVarP(&opts.Lines, "lines", "n", defaultLines, "how many of the last calls")
	cmd.Flags().BoolVarP(&opts.Follow, "follow", "f", false, "go on with what is written")
	return cmd
}

// follower shows calls as they come.
type follower struct {
	o     *TailOptions
	where *report.Filter
	zone  *time.Location
	// log is the file to be followed, end where its last calls end.
	log string
	end int64
	// failed is why the expression cannot be evaluated.
	failed error
}

// pollEvery is how often a file is asked for more.
const pollEvery = 200 * time.Millisecond

func tail(ctx context.Context, o *TailOptions) error {
	if o.Lines < 0 {
		return cli.Usagef("--lines %d is no number of calls", o.Lines)
	}
	zone, err := loadZone(o.TimeZone)
	if err != nil {
		return err
	}
	where, err := compile(o.Where, zone)
	if err != nil {
		return err
	}
	if o.File == standardInput && o.Follow {
		return cli.Usagef("standard input (-) cannot be followed: it is read to its end")
	}
	f := &follower{o: o, where: where, zone: zone}
	lines, err := f.last()
	if err := errors.Join(err, f.failed); err != nil {
		return err
	}
	if err := f.show(lines); err != nil || !o.Follow {
		return err
	}
	if f.end == requestlog.Compressed {
		return cli.Usagef("%s is compressed: nothing is added to it", f.log)
	}
	return f.follow(ctx)
}

// last reads the last calls, and notes which file is to be followed from where.
func (f *follower) last() (lines [][]byte, err error) {
	switch {
	case f.o.File == standardInput:
		return requestlog.LastOf(f.o.IO.In, f.o.Lines, f.keep)
	case f.o.File != "":
		f.log = f.o.File
		lines, f.end, err = requestlog.LastLines(f.log, f.o.Lines, f.keep)
		return lines, err
	}
	if f.log, err = configuredLog(f.o.LoadConfig, f.o.ConfigFile); err != nil {
		return nil, err
	}
	files, err := filesOf(f.log)
	if err != nil && !f.o.Follow {
		return nil, err
	}
	for _, file := range slices.Backward(files) {
		more, end, err := requestlog.LastLines(file, f.o.Lines-len(lines), f.keep)
		if err != nil {
			return nil, err
		}
		if file == f.log {
			f.end = end
		}
		if lines = append(more, lines...); len(lines) >= f.o.Lines {
			break
		}
	}
	return lines, nil
}

// keep reports whether a line is to be shown.
func (f *follower) keep(line []byte) bool {
	if f.where == nil {
		_, err := requestlog.ParseLine(line)
		return err == nil
	}
	holds, err := f.where.Match(line)
	if _, bad := errors.AsType[*report.ExpressionError](err); bad && f.failed == nil {
		f.failed = cli.UsageError(fmt.Errorf("--where: %w", err), whereHint)
	}
	return holds
}

// follow shows what is written from now on, until ctx ends.
func (f *follower) follow(ctx context.Context) (err error) {
	file, err := requestlog.Follow(f.log, f.end)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		text, err := file.Next()
		if err != nil {
			return fmt.Errorf("follow %s: %w", f.log, err)
		}
		var lines [][]byte
		for line := range bytes.Lines(text) {
			if line = bytes.TrimRight(line, "\r\n"); f.keep(line) {
				lines = append(lines, line)
			}
		}
		if err := errors.Join(f.failed, f.show(lines)); err != nil {
			return err
		}
		if len(text) > 0 && ctx.Err() == nil {
			continue
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
}

// show writes calls.
func (f *follower) show(lines [][]byte) error {
	if len(lines) == 0 {
		return nil
	}
	if f.o.Output == terminal.FormatJSON {
		_, err := f.o.IO.Out.Write(append(bytes.Join(lines, []byte("\n")), '\n'))
		return err
	}
	t := &terminal.Table{Columns: terminal.Columns(
		"time", "status", "http", "model", "deployment", "key", "input<", "output<", "cost<", "duration<", "first byte<", "error",
	)}
	styles := f.o.IO.Styles()
	for _, line := range lines {
		r, err := requestlog.ParseLine(line)
		if err != nil {
			continue // cannot be: it was kept
		}
		if f.o.IO.OutTTY {
			fmt.Fprintln(f.o.IO.Out, fitted(f.o.IO, &r, &styles, f.zone))
		} else {
			t.Rows = append(t.Rows, cells(&r, f.zone))
		}
	}
	if f.o.IO.OutTTY {
		return nil
	}
	return f.o.IO.WriteTable(t)
}
