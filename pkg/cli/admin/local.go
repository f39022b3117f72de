package admin

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"

	"github.com/llmgw/llmgw/pkg/app"
	"github.com/llmgw/llmgw/pkg/cli"
	"github.com/llmgw/llmgw/pkg/config"
)

// nowhere is the address on ways that go by none.
const nowhere = "http://localhost"

// local finds the way to the gateway on this machine: the one that runs, else its
// database.
func (t *Target) local(ctx context.Context, w *way) error {
	cfg, err := t.Factory.LoadConfig(t.ConfigFile)
	if err != nil {
		return err
	}
	w.options.URL = nowhere
	socket := app.AdminSocket(cfg)
	running, err := app.AdminSocketAnswers(ctx, socket)
	switch {
	case running:
		w.options.Name, w.options.Transport = socket, overSocket(socket)
		return nil
	case errors.Is(err, fs.ErrPermission):
		return &cli.Error{
			Code: cli.ExitDenied, Err: fmt.Errorf("the gateway on this machine belongs to another user: %w", err),
			Hint: "Be that user, or use --url and a master key.",
		}
	case err != nil:
		return err
	default:
		return t.database(ctx, cfg, w)
	}
}

// database opens the database where no gateway runs.
func (t *Target) database(ctx context.Context, cfg *config.Config, w *way) error {
	file := cfg.DatabaseFile()
	if t.OnlyThere {
		if _, err := os.Stat(file); err != nil {
			return &cli.Error{Code: cli.ExitUnreachable, Err: fmt.Errorf("the database: %w", err)}
		}
	}
	opened, err := app.OpenAdmin(ctx, cfg, app.AdminOptions{Version: t.Factory.Version.Number})
	if err != nil {
		return &cli.Error{Code: cli.ExitUnreachable, Err: fmt.Errorf("open the database %s: %w", file, err)}
	}
	w.options.Name, w.options.Transport, w.close = file, opened.Transport(), opened.Close
	return nil
}

// overSocket is a transport that dials a socket whatever the address.
func overSocket(path string) http.RoundTripper {
	return &http.Transport{
		DisableKeepAlives: true, // nothing is left behind when a command ends
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", path)
		},
	}
}
