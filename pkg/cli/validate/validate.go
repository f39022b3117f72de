// Package validate is the command "llmgw validate": it checks a configuration, a
// gateway, or the providers behind a configuration, and says what it found to people
// and to CI.
//
// What is checked stands in pkg/validate. Package root puts the command into the tree.
package validate

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/llmgw/llmgw/pkg/cli"
	"github.com/llmgw/llmgw/pkg/cli/terminal"
	"github.com/llmgw/llmgw/pkg/validate"
)

// Options are what the command needs.
type Options struct {
	Factory *cli.Factory
	IO      *terminal.IO

	ConfigFile string
	Listen     string
	URL        string
	Key        string
	Models     []string
	Probes     []string
	Offline    bool
	Direct     bool
	Strict     bool
	Output     terminal.Format
	Timeout    time.Duration
	Slow       time.Duration
	Repeat     int
	Parallel   int

	mode validate.Mode
}

const long = `Check a configuration, a gateway, or the providers themselves. Made for CI.

  --config FILE   checks a configuration and sends nothing (so does --offline, with
                  the configuration that serve would find): everything that "config
                  check" finds, unknown prices, retired models, models that nobody
                  serves, fallbacks, and what others can reach.
  --url ADDRESS   checks a gateway, or any server with OpenAI's or Anthropic's API:
                  its health, the models that the key sees, and each of them by small
                  real calls. Without --url it is $LLMGW_URL, else
                  http://127.0.0.1:4000.
  --direct        checks the providers of a configuration, each deployment by itself,
                  with the same calls and without a running gateway: no retries, no
                  fallbacks, no cache and no limits stand in between.

The key is --key, else $LLMGW_KEY, else $LLMGW_MASTER_KEY, else, for a gateway on this
machine, the master key of the configuration that serve would find, or of its data
directory.

Each model is called in its own dialect: messages and messages-stream (Anthropic's), or
chat and chat-stream (OpenAI's); then tools and tools-stream, completions, and for
Anthropic's count-tokens; models that embed by embeddings. What is asked is one word,
and a few tokens at most. An answer must say something, why it ended, and its usage; a
stream must be whole and in order; a tool call must fit the tool. --probe chooses among

  health models messages messages-stream chat chat-stream tools tools-stream
  completions count-tokens embeddings

A model that is dead (no connection, no time, refused, 5xx) gets no further probes.

With -o json the result is one object: mode (offline, live, direct) and target;
connection (success, message, error, duration_ms; null where no gateway was called);
checks, a list of what was looked at once (area, name, success, status, message, error,
duration_ms); models, an object by name (success, status, message, error, deployment,
probes), with probes a list (name, success, status, message, error, http_status,
duration_ms, ttft_ms, input_tokens, output_tokens, cost_usd, runs, failed_runs, and with
--repeat latency_ms and ttft_latency_ms with p50, p95 and p99); findings, a list, the
worst first (code, severity, subject, message, hint, probes, file, line, column); and
summary (success, complete, total, passed, failed, skipped, errors, warnings, infos,
duration_ms, input_tokens, output_tokens, tokens, cost_usd, latency_ms,
ttft_latency_ms). Status is passed, warning, failed or skipped; severity is error,
warning or info; cost_usd is null where no answer told its cost, as streams do not.

With -o junit it is JUnit's XML: a test suite for each area, a test case for each check
and each probe of a model.

Exit codes: 0 nothing is wrong, or warnings only; 1 a probe failed or an error was found
(--strict: a warning, too); 2 the command line is wrong or the configuration cannot be
read (with --direct: used); 3 no gateway answers; 4 the key is refused; 130 interrupted,
after what was found by then.`

// NewCmd makes the command. run replaces what it does, for tests of its flags; nil
// means the real thing.
func NewCmd(f *cli.Factory, run func(context.Context, *Options) error) *cobra.Command {
	opts := &Options{Factory: f, IO: f.IO}
	cmd := &cobra.Command{
		Use:   "validate",
		Short: "Check a configuration, a gateway, or the providers",
		Long:  long,
		Example: `  llmgw validate --config llmgw.yaml
  llmgw validate --url https://gateway.example.com --key sk-…
  llmgw validate --model 'claude-*' --probe messages-stream,tools-stream --repeat 10
  llmgw validate --config llmgw.yaml --direct -o junit > validate.xml`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := opts.complete(cmd.Flags().Changed); err != nil {
				return err
			}
			if run != nil {
				return run(cmd.Context(), opts)
			}
			return check(cmd.Context(), opts)
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&opts.ConfigFile, "config", "c", "", "configuration `file` to check; without --direct nothing is sent")
	flags.StringVar(&opts.Listen, "listen", "", "`address` that serve will listen on, for what a configuration exposes")
	flags.StringVar(&opts.URL, "url", "", "`address` of the gateway to check ($LLMGW_URL)")
	flags.StringVar(&opts.Key, "key", "", "`key` for the gateway ($LLMGW_KEY)")
	flags.StringArrayVar(&opts.Models, "model", nil, "only models of this `name` or pattern, such as 'claude-*'; may be repeated")
	flags.StringSliceVar(&opts.Probes, "probe", nil, "only these `probes`, with commas between them")
	flags.BoolVar(&opts.Offline, "offline", false, "check the configuration only")
	flags.BoolVar(&opts.Direct, "direct", false, "check the providers of the configuration, without a gateway")
	flags.BoolVar(&opts.Strict, "strict", false, "warnings count as failures")
	flags.DurationVar(&opts.Timeout, "timeout", validate.DefaultTimeout, "longest `time` for a probe of a model")
	flags.DurationVar(&opts.Slow, "slow", validate.DefaultSlow, "`time` to the answer, or to a stream's first token, above which there is a warning")
	flags.IntVar(&opts.Repeat, "repeat", 1, "`number` of runs of each probe, for percentiles")
	flags.IntVar(&opts.Parallel, "parallel", validate.DefaultParallel, "`number` of models that are probed at one time")
	terminal.Formats(terminal.FormatTable, terminal.FormatJSON, terminal.FormatJUnit).Bind(cmd, &opts.Output)
	return cmd
}

// check does what was asked and ends with the exit code that it means.
func check(ctx context.Context, o *Options) error {
	out := newPrinter(o)
	report, err := o.look(ctx, out)
	if err != nil {
		return err
	}
	report.Strict = o.Strict
	if err := out.report(report); err != nil {
		return err
	}
	return ending(report)
}

// look makes the report.
func (o *Options) look(ctx context.Context, out *printer) (*validate.Report, error) {
	switch o.mode {
	case validate.Offline:
		loaded, err := o.load()
		if err != nil {
			return nil, err
		}
		return validate.Config(*loaded), nil
	case validate.Direct:
		return o.direct(ctx, out)
	default:
		return o.live(ctx, out)
	}
}

// ending is the error with the exit code of a report. Everything has been said.
func ending(r *validate.Report) error {
	silent := func(code int) error { return &cli.Error{Code: code, Err: errors.New("")} }
	switch {
	case r.Outcome == validate.Interrupted:
		return context.Canceled
	case r.Outcome == validate.Unreachable:
		return silent(cli.ExitUnreachable)
	case r.Outcome == validate.KeyRefused:
		return silent(cli.ExitDenied)
	case r.Unreadable():
		return silent(cli.ExitUsage)
	case r.Bad():
		return cli.ErrSilent
	default:
		return nil
	}
}
