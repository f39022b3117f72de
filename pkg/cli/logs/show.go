package logs

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/llmgw/llmgw/pkg/cli"
	"github.com/llmgw/llmgw/pkg/cli/terminal"
	"github.com/llmgw/llmgw/pkg/config"
	"github.com/llmgw/llmgw/pkg/requestlog"
)

// ShowOptions are what "logs show" needs.
type ShowOptions struct {
	IO         *terminal.IO
	LoadConfig func(file string) (*config.Config, error)

	ConfigFile string
	ID         string
	Files      []string
	TimeZone   string
	Output     terminal.Format
}

// NewShowCmd makes the command. run replaces what it does, for tests of its flags;
// nil means the real thing.
func NewShowCmd(f *cli.Factory, run func(context.Context, *ShowOptions) error) *cobra.Command {
	opts := &ShowOptions{IO: f.IO, LoadConfig: f.LoadConfig}
	cmd := &cobra.Command{
		Use:   "show REQUEST_ID [FILE]...",
		Short: "Tell the story of one call",
		Long: `Tell the story of one call: who asked for what, where it was tried and served, how long
that took, what it used and cost, and what went wrong.

REQUEST_ID is the x-request-id of the answer. The id that the client gave the call, or
the provider, and the first characters of any of them (at least 6) do as well where they
lead to one call.

The files are searched in the order given, compressed ones as well; "-" is standard
input. Without FILE it is the configured log with its rotated files, the newest first.

Piped, each line has three fields with tabs between them: what, its value, and more about
it. With -o json the result is the line of the file, indented.`,
		Example: `  llmgw logs show req_2c9f1a04k
  llmgw logs show req_011CUpstreamId -o json
  llmgw logs show req_2c9f1a04k requests-*.jsonl.zst`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.ID, opts.Files = args[0], args[1:]
			if run != nil {
				return run(cmd.Context(), opts)
			}
			return show(cmd.Context(), opts)
		},
	}
	bindConfig(cmd, &opts.ConfigFile)
	bindZone(cmd, &opts.TimeZone)
	terminal.Formats(terminal.FormatTable, terminal.FormatJSON).Bind(cmd, &opts.Output)
	return cmd
}

func show(ctx context.Context, o *ShowOptions) error {
	if o.ID == "" {
		return cli.Usagef("an empty text is no request id")
	}
	zone, err := loadZone(o.TimeZone)
	if err != nil {
		return err
	}
	files := o.Files
	if len(files) == 0 {
		if files, err = configuredFiles(o.LoadConfig, o.ConfigFile); err != nil {
			return err
		}
		slices.Reverse(files)
	}
	call, err := o.find(ctx, files)
	if err != nil {
		return err
	}
	if o.Output == terminal.FormatJSON {
		var text bytes.Buffer
		if err := json.Indent(&text, call.Line, "", "  "); err != nil {
			return err
		}
		text.WriteByte('\n')
		_, err := text.WriteTo(o.IO.Out)
		return err
	}
	for i, t := range story(&call.Record, zone) {
		if i > 0 && o.IO.OutTTY {
			fmt.Fprintln(o.IO.Out)
		}
		if o.IO.OutTTY {
			fold(t, o.IO.OutWidth)
		}
		if err := o.IO.WriteTable(t); err != nil {
			return err
		}
	}
	return nil
}

// find looks through the files for the one call that is meant.
func (o *ShowOptions) find(ctx context.Context, files []string) (requestlog.Found, error) {
	list, err := sources(files, o.IO.In)
	if err != nil {
		return requestlog.Found{}, err
	}
	var found []requestlog.Found
	for _, s := range list {
		if err := ctx.Err(); err != nil {
			return requestlog.Found{}, err
		}
		r, err := s.Open()
		if err != nil {
			return requestlog.Found{}, err
		}
		here, err := requestlog.Find(r, o.ID)
		if err := errors.Join(err, r.Close()); err != nil {
			return requestlog.Found{}, fmt.Errorf("read %s: %w", s.Name, err)
		}
		found = append(found, here...)
		if slices.ContainsFunc(here, func(f requestlog.Found) bool { return f.Match == requestlog.MatchID }) {
			break
		}
	}
	return o.choose(found, len(files))
}

// choose takes the best match, which must be one call.
func (o *ShowOptions) choose(found []requestlog.Found, files int) (requestlog.Found, error) {
	slices.SortStableFunc(found, func(a, b requestlog.Found) int { return int(a.Match) - int(b.Match) })
	switch {
	case len(found) == 0:
		hint := "Ids are compared letter by letter; without FILE only the configured log is searched."
		if len(o.ID) < requestlog.MinPrefix {
			hint = fmt.Sprintf("Of an id at least %d characters must be known.", requestlog.MinPrefix)
		}
		return requestlog.Found{}, &cli.Error{
			Code: cli.ExitFailed, Err: fmt.Errorf("no call %q is in the %d file(s) that were searched", o.ID, files), Hint: hint,
		}
	case found[0].Match != requestlog.MatchID && len(found) > 1 && found[1].Match == found[0].Match:
		return requestlog.Found{}, o.ambiguous(found)
	default:
		return found[0], nil
	}
}

// maxNamed is how many calls are named that could be meant.
const maxNamed = 10

func (o *ShowOptions) ambiguous(found []requestlog.Found) error {
	lines := []string{"It could be one of these:"}
	for i, f := range found {
		if f.Match != found[0].Match || i == maxNamed {
			break
		}
		r := &f.Record
		lines = append(lines, fmt.Sprintf("  %s  %s  %s", clean(r.RequestID), r.Timestamp.UTC().Format(time.RFC3339), clean(r.Model)))
	}
	return &cli.Error{Code: cli.ExitFailed, Err: fmt.Errorf("%q leads to more than one call", o.ID), Hint: strings.Join(lines, "\n")}
}
