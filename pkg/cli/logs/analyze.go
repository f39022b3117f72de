package logs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/llmgw/llmgw/pkg/cli"
	"github.com/llmgw/llmgw/pkg/cli/terminal"
	"github.com/llmgw/llmgw/pkg/config"
	"github.com/llmgw/llmgw/pkg/requestlog/report"
)

// AnalyzeOptions are what "logs analyze" needs.
type AnalyzeOptions struct {
	IO         *terminal.IO
	LoadConfig func(file string) (*config.Config, error)
	Now        func() time.Time

	ConfigFile         string
	Files              []string
	Since, Until, Last string
	TimeZone           string
	By                 []string
	Where              string
	Sort               string
	Top                int
	Output             terminal.Format
}

// The two parts of the help text, with the dimensions between them.
const (
	aboutAnalyze = `Say what the calls in a request log amount to: how many there were and how many failed,
how long they took, what they used and cost. Refused calls count like any other.

FILE may be compressed with gzip or zstd; "-" is standard input. Without FILE it is the
configured log with its rotated files. Lines of LiteLLM (StandardLoggingPayload) are
read, too. Lines that are no calls, or longer than 4 MiB, are left out and told on
standard error.

--since and --until take RFC 3339, a date, a date and a time of day, "now", "today",
"yesterday", or how long ago it was (90m, 24h, 7d, 2w). Both are inclusive; a date as
--until is its whole day. Times are in UTC unless --timezone says otherwise.

--by groups calls by one or several of
`

	aboutResults = `
or by any other field of a line that is a text. key is the key's name, or else its id.

--where takes an expression in the language of expr-lang: 'status == "error" && model
startsWith "claude"'. It may use every field of a line by its name, with durations in
milliseconds and cost in USD; key; and timestamp.Hour() and the like. attempts is a list
of objects with deployment, status, error and ms.

LiteLLM's fields have the names of ours: failure is the status error, model_group the
model, user_api_key_alias the key, error_class the error_type, call_type the endpoint.

Latency leaves out calls whose duration is missing or 0. Percentiles are interpolated
linearly, as numpy.percentile does, and exact. Sums of money are exact.

With -o json the result is an object with total_requests, successful_requests,
failed_requests, refused_requests, error_rate (0 to 1); avg_latency, min_latency,
max_latency, p50_latency, p95_latency, p99_latency, p50_ttft and p95_ttft in
milliseconds; total_tokens, input_tokens (those from and to caches included),
output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens; total_cost in
USD; estimated_requests and estimated_share (usage that no provider reported);
cache_hits; requests_per_second; first_request and last_request (null where there is
none); lines, broken_lines and broken (the first of them: file, line, error); and, with
--by, by and groups: objects with a member for each dimension and the ones above. With
-o csv these are the columns: of one line, or of one for each group. Texts in it are
what clients sent: a spreadsheet may take them for formulas. As columns, where nobody
looks at a table, each line has the name of a figure, its value and its unit; with --by,
the dimensions, requests, errors, error rate in %, average, p50, p95 and p99 latency in
ms, input tokens, output tokens and cost in USD.`
)

// NewAnalyzeCmd makes the command. run replaces what it does, for tests of its flags;
// nil means the real thing.
func NewAnalyzeCmd(f *cli.Factory, run func(context.Context, *AnalyzeOptions) error) *cobra.Command {
	opts := &AnalyzeOptions{IO: f.IO, LoadConfig: f.LoadConfig, Now: time.Now}
	cmd := &cobra.Command{
		Use:   "analyze [FILE]...",
		Short: "Say what a request log amounts to",
		Long:  aboutAnalyze + wrapped(report.Dimensions()) + aboutResults,
		Example: `  llmgw logs analyze
  llmgw logs analyze --last 24h --by model,key --sort cost --top 10
  llmgw logs analyze requests-*.jsonl.zst --since 2026-03-01 --until 2026-03-31 --by day -o csv
  zcat old.gz | llmgw logs analyze - --where 'status == "error"' --by error_type,http_status`,
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.Files = args
			if run != nil {
				return run(cmd.Context(), opts)
			}
			return analyze(cmd.Context(), opts)
		},
	}
	bindConfig(cmd, &opts.ConfigFile)
	bindWhere(cmd, &opts.Where)
	bindZone(cmd, &opts.TimeZone)
	terminal.Formats(terminal.FormatTable, terminal.FormatJSON, terminal.FormatCSV, terminal.FormatMarkdown).Bind(cmd, &opts.Output)
	flags := cmd.Flags()
	flags.StringVar(&opts.Since, "since", "", "only calls that began at this `time` or later")
	flags.StringVar(&opts.Until, "until", "", "only calls that began at this `time` or earlier")
	flags.StringVar(&opts.Last, "last", "", "only calls of this last `length` of time, such as 24h")
	flags.StringSliceVar(&opts.By, "by", nil, "group by these `dimensions`, such as model,key")
	flags.StringVar(&opts.Sort, "sort", "", "`order` of the groups: "+orders()+" (default requests, or name for times)")
	flags.IntVar(&opts.Top, "top", 0, "only the first `N` groups")
	return cmd
}

// wrapped puts words into lines for a help text.
func wrapped(words []string) string {
	const width = 84
	var text strings.Builder
	column := 0
	for i, word := range words {
		if i < len(words)-1 {
			word += ","
		}
		switch {
		case column == 0:
		case column+1+len(word) > width:
			text.WriteByte('\n')
			column = 0
		default:
			text.WriteByte(' ')
			column++
		}
		text.WriteString(word)
		column += len(word)
	}
	return text.String()
}

func orders() string {
	names := make([]string, len(report.Orders()))
	for i, o := range report.Orders() {
		names[i] = string(o)
	}
	return strings.Join(names, ", ")
}

func analyze(ctx context.Context, o *AnalyzeOptions) error {
	ro, order, err := o.complete()
	if err != nil {
		return err
	}
	files := o.Files
	if len(files) == 0 {
		if files, err = configuredFiles(o.LoadConfig, o.ConfigFile); err != nil {
			return err
		}
	}
	list, err := sources(files, o.IO.In)
	if err != nil {
		return err
	}
	r, err := read(ctx, list, ro)
	if err != nil {
		return err
	}
	o.tellBroken(r)
	if err := r.Sort(order); err != nil {
		return err
	}
	left := 0
	if o.Top > 0 && len(r.Groups) > o.Top {
		left = len(r.Groups) - o.Top
		r.Groups = r.Groups[:o.Top]
	}
	if err := write(o.IO, r, o.Output); err != nil {
		return err
	}
	if left > 0 {
		fmt.Fprintf(o.IO.Err, "%d more group(s) are not shown (--top).\n", left)
	}
	return nil
}

// read analyzes, and returns when ctx ends, even where standard input does not.
func read(ctx context.Context, list []report.Source, o report.Options) (*report.Report, error) {
	type result struct {
		r   *report.Report
		err error
	}
	done := make(chan result, 1)
	// A read of a terminal or a pipe cannot be ended: after Ctrl-C it is left to wait for
	// the end of the process.
	go func() {
		r, err := report.Analyze(ctx, list, o)
		done <- result{r, err}
	}()
	select {
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case got := <-done:
		if bad, ok := errors.AsType[*report.ExpressionError](got.err); ok {
			return nil, cli.UsageError(fmt.Errorf("--where: %w", bad), whereHint)
		}
		return got.r, got.err
	}
}

// complete works out what the flags mean together.
func (o *AnalyzeOptions) complete() (report.Options, report.Order, error) {
	zone, err := loadZone(o.TimeZone)
	if err != nil {
		return report.Options{}, "", err
	}
	ro := report.Options{By: o.By, Zone: zone}
	if err := report.CheckDimensions(o.By); err != nil {
		return ro, "", cli.Usagef("--by: %w", err)
	}
	if ro.Where, err = compile(o.Where, zone); err != nil {
		return ro, "", err
	}
	if err := o.bounds(&ro, o.Now().In(zone)); err != nil {
		return ro, "", err
	}
	order := report.Order(o.Sort)
	switch {
	case len(o.By) == 0 && (o.Sort != "" || o.Top != 0):
		return ro, "", cli.Usagef("--sort and --top are about groups: add --by")
	case o.Top < 0:
		return ro, "", cli.Usagef("--top %d is no number of groups", o.Top)
	case o.Sort == "":
		order = report.DefaultOrder(o.By)
	case !slices.Contains(report.Orders(), order):
		return ro, "", cli.Usagef("--sort: there is no order %q (write %s)", o.Sort, orders())
	}
	return ro, order, nil
}

// bounds reads the times between which calls are looked for.
func (o *AnalyzeOptions) bounds(ro *report.Options, now time.Time) error {
	if o.Last != "" {
		if o.Since != "" || o.Until != "" {
			return cli.Usagef("--last says since when and until now: leave out --since and --until")
		}
		d, err := parseSpan(o.Last)
		if err != nil {
			return cli.Usagef("--last: %w", err)
		}
		ro.Since, ro.Until = now.Add(-d), now
		return nil
	}
	for _, bound := range []struct {
		flag, text string
		set        func(period)
	}{
		{"--since", o.Since, func(p period) { ro.Since = p.from }},
		{"--until", o.Until, func(p period) { ro.Until = p.to }},
	} {
		if bound.text == "" {
			continue
		}
		p, err := parseWhen(bound.text, now)
		if err != nil {
			return cli.Usagef("%s: %w", bound.flag, err)
		}
		bound.set(p)
	}
	if !ro.Since.IsZero() && !ro.Until.IsZero() && ro.Until.Before(ro.Since) {
		return cli.Usagef("--until is before --since")
	}
	return nil
}

// tellBroken tells of lines that are no calls.
func (o *AnalyzeOptions) tellBroken(r *report.Report) {
	if r.Broken == 0 {
		return
	}
	fmt.Fprintf(o.IO.Err, "%d of %d line(s) cannot be read and are left out:\n", r.Broken, r.Lines)
	for _, f := range r.Faults {
		fmt.Fprintf(o.IO.Err, "  %s:%d: %s\n", f.Source, f.Line, clean(f.Err.Error()))
	}
	if more := r.Broken - int64(len(r.Faults)); more > 0 {
		fmt.Fprintf(o.IO.Err, "  and %d more\n", more)
	}
}

// write writes the result.
func write(s *terminal.IO, r *report.Report, format terminal.Format) error {
	switch format {
	case terminal.FormatJSON:
		return writeJSON(s.Out, r)
	case terminal.FormatCSV:
		return writeCSV(s.Out, r)
	case terminal.FormatMarkdown:
		_, err := io.WriteString(s.Out, markdown(resultTable(r, "-", all)))
		return err
	default:
		if !s.OutTTY {
			return s.WriteTable(resultTable(r, "", groupsOnly))
		}
		return s.WriteTable(resultTable(r, "-", all))
	}
}
