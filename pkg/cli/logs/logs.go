// Package logs is the command "llmgw logs": what a request log amounts to, what is
// being written to it, and the story of one call.
//
// It opens files and writes results; reading lines and adding them up is done by
// packages requestlog and report. Package root puts it into the tree of commands.
package logs

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/llmgw/llmgw/pkg/cli"
	"github.com/llmgw/llmgw/pkg/config"
	"github.com/llmgw/llmgw/pkg/requestlog"
	"github.com/llmgw/llmgw/pkg/requestlog/report"
)

// NewCmd makes the command with those below it.
func NewCmd(f *cli.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "logs",
		Short: "Analyze and follow the request log",
		Long: `Work with request logs, the files that a gateway writes a line to for each call:
add them up, follow them, tell the story of one call.

The files are those of the gateway that is configured here, with the ones that were
rotated, unless others are named. Files that are compressed with gzip or zstd are read
as they are, by whatever name, and so are LiteLLM's (StandardLoggingPayload).`,
		Example: `  llmgw logs analyze --last 24h --by model
  llmgw logs tail --follow
  llmgw logs show req_2c9f1a`,
	}
	cmd.AddCommand(NewAnalyzeCmd(f, nil), NewTailCmd(f, nil), NewShowCmd(f, nil))
	return cmd
}

// bindConfig adds the flag --config.
func bindConfig(cmd *cobra.Command, file *string) {
	cmd.Flags().StringVarP(file, "config", "c", "", "configuration `file`; without it the one that serve would find")
}

// bindWhere adds the flag --where.
func bindWhere(cmd *cobra.Command, text *string) {
	cmd.Flags().StringVarP(text, "where", "w", "", "only calls that an `expression` holds for")
}

// bindZone adds the flag --timezone.
func bindZone(cmd *cobra.Command, name *string) {
	cmd.Flags().StringVar(name, "timezone", "UTC", "`zone` of times and days: UTC, local, or a name such as Europe/Berlin")
}

// loadZone finds a time zone.
func loadZone(name string) (*time.Location, error) {
	if name == "local" {
		name = "Local"
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, cli.Usagef("--timezone: there is no zone %q (write UTC, local, or a name such as Europe/Berlin)", name)
	}
	return zone, nil
}

// compile makes the filter of --where; nil for none.
func compile(text string, zone *time.Location) (*report.Filter, error) {
	if text == "" {
		return nil, nil
	}
	f, err := report.NewFilter(text, zone)
	if err != nil {
		return nil, cli.UsageError(fmt.Errorf("--where: %w", err), whereHint)
	}
	return f, nil
}

const whereHint = `Write an expression such as 'status == "error" && duration > 1000' with the fields of a line.`

// standardInput is the name of what is no file.
const standardInput = "-"

// configuredFiles are the files of the configured log, oldest first.
func configuredFiles(load func(string) (*config.Config, error), file string) ([]string, error) {
	log, err := configuredLog(load, file)
	if err != nil {
		return nil, err
	}
	return filesOf(log)
}

// filesOf are the files of a log, oldest first. None is an error.
func filesOf(log string) ([]string, error) {
	files, err := requestlog.Files(log)
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("there is no request log at %s", log)
	}
	if err != nil {
		return nil, &cli.Error{Code: cli.ExitFailed, Err: err, Hint: "A gateway makes it with its first call. Name the files if they are elsewhere."}
	}
	return files, nil
}

// configuredLog is the path of the configured log.
func configuredLog(load func(string) (*config.Config, error), file string) (string, error) {
	cfg, err := load(file)
	if err != nil {
		return "", err
	}
	if cfg.LogFile == "" {
		return "", &cli.Error{
			Code: cli.ExitFailed, Err: errors.New("the request log is switched off (log_settings.enabled)"), Hint: "Name the files to read.",
		}
	}
	return cfg.LogFile, nil
}

// sources are logs to be read, from files or, by the name "-", from in.
func sources(files []string, in io.Reader) ([]report.Source, error) {
	if i := slices.Index(files, standardInput); i >= 0 && slices.Contains(files[i+1:], standardInput) {
		return nil, cli.Usagef("standard input (-) can be read only once")
	}
	list := make([]report.Source, len(files))
	for i, file := range files {
		list[i] = report.Source{Name: file, Open: func() (io.ReadCloser, error) { return open(file, in) }}
	}
	return list, nil
}

// open opens a file, or in, for reading.
func open(file string, in io.Reader) (io.ReadCloser, error) {
	if file != standardInput {
		return requestlog.Open(file)
	}
	r, err := requestlog.Decompress(in)
	if err != nil {
		return nil, fmt.Errorf("read standard input: %w", err)
	}
	return r, nil
}
