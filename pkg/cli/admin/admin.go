// Package admin is how commands for administrators reach a gateway: over the network
// where an address is given, else through the socket of the one that runs on the same
// data directory, else, where none runs, in the database itself.
//
// It knows no command and no shape of the admin API; the commands for keys and teams,
// and completions, are its callers.
package admin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/llmgw/llmgw/pkg/cli"
	"github.com/llmgw/llmgw/pkg/client"
	"github.com/llmgw/llmgw/pkg/secret"
)

// Target says which gateway is meant. Make it with the factory, and Bind the rest.
type Target struct {
	Factory *cli.Factory
	// OnlyThere makes no database where there is none: for who only looks.
	OnlyThere bool

	ConfigFile string
	URL        string
	MasterKey  string
	Timeout    time.Duration
}

// usualTimeout is longer than a gateway's own patience with its database.
const usualTimeout = 30 * time.Second

// Bind adds the flags.
func (t *Target) Bind(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&t.URL, "url", "", "`address` of the gateway ($LLMGW_URL); without it the one on this machine")
	flags.StringVar(&t.MasterKey, "master-key", "", "master `key` of the gateway at --url ($LLMGW_MASTER_KEY)")
	flags.StringVarP(&t.ConfigFile, "config", "c", "", "configuration `file` of the gateway on this machine; without it the one that serve would find")
	flags.DurationVar(&t.Timeout, "timeout", usualTimeout, "longest `time` to wait for an answer")
}

// Help is what the help of every command with these flags says of them.
const Help = `The gateway is the one at --url, which takes a master key; else the one that runs on
the data directory of the configuration, through its socket; else the command opens
the configuration's database itself. A running gateway sees every change within a
second.`

// Do gives what it is handed a client of the gateway. What that returns, and whatever
// keeps it from being called, is told with the exit code that it means.
func (t *Target) Do(ctx context.Context, do func(context.Context, *client.Client) error) (err error) {
	w, err := t.way(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	c, err := client.New(w.options)
	if err != nil {
		return cli.UsageError(err, "")
	}
	w.name = cmp.Or(w.options.Name, c.URL())
	return t.explain(do(ctx, c), w)
}

// way is a way to a gateway.
type way struct {
	options client.Options
	// name is what messages call the gateway.
	name string
	// remote ways need a key.
	remote bool
	close  func() error
}

// way finds the way. What is said on the command line wins over the environment, also
// where that names another way.
func (t *Target) way(ctx context.Context) (*way, error) {
	url := t.URL
	if url != "" && t.ConfigFile != "" {
		return nil, cli.Usagef("--url and --config both say which gateway is meant: use one of them")
	}
	if url == "" && t.ConfigFile == "" {
		url = t.Factory.Getenv("LLMGW_URL")
	}
	w := &way{
		options: client.Options{URL: url, UserAgent: t.Factory.UserAgent(), Timeout: t.Timeout},
		remote:  url != "", close: func() error { return nil },
	}
	if w.remote {
		key := cmp.Or(t.MasterKey, t.Factory.Getenv("LLMGW_MASTER_KEY"))
		w.options.Key = secret.New(strings.TrimSpace(key))
		return w, nil
	}
	if t.MasterKey != "" {
		return nil, cli.Usagef("--master-key goes with --url: the gateway on this machine asks for none")
	}
	return w, t.local(ctx, w)
}

// explain gives an error of a client its exit code, and says what can be done.
func (t *Target) explain(err error, w *way) error {
	var known *cli.Error
	var unreachable *client.UnreachableError
	var foreign *client.ForeignError
	switch {
	case err == nil, errors.As(err, &known), errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, client.ErrUnauthorized), errors.Is(err, client.ErrForbidden):
		hint := ""
		if w.remote {
			hint = "Give the gateway's master key: --master-key or $LLMGW_MASTER_KEY."
		}
		return &cli.Error{Code: cli.ExitDenied, Hint: hint, Err: err}
	case errors.Is(err, client.ErrUnavailable):
		return &cli.Error{Code: cli.ExitUnreachable, Err: err}
	case errors.As(err, &foreign):
		return &cli.Error{Code: cli.ExitUnreachable, Hint: "Is there a gateway at that address?", Err: err}
	case errors.Is(err, context.DeadlineExceeded):
		err = fmt.Errorf("no answer from %s within %v", w.name, t.Timeout)
		return &cli.Error{Code: cli.ExitUnreachable, Hint: "Wait longer with --timeout.", Err: err}
	case errors.As(err, &unreachable):
		return &cli.Error{Code: cli.ExitUnreachable, Hint: "Is the gateway running, and is this its address?", Err: err}
	default:
		return refused(err, w)
	}
}

// refused explains the error of an answer.
func refused(err error, w *way) error {
	status, ok := errors.AsType[*client.StatusError](err)
	if !ok || status.Message != "" {
		return &cli.Error{Code: cli.ExitFailed, Err: err}
	}
	// No gateway is without words.
	return &cli.Error{Code: cli.ExitFailed, Hint: "Is there a gateway at that address?", Err: fmt.Errorf("%s: %w", w.name, err)}
}
