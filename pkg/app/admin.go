package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/llmgw/llmgw/pkg/config"
	"github.com/llmgw/llmgw/pkg/dialect/openai"
	"github.com/llmgw/llmgw/pkg/keys"
	"github.com/llmgw/llmgw/pkg/server"
	"github.com/llmgw/llmgw/pkg/store/sqlite"
)

// AdminOptions are what a configuration does not say.
type AdminOptions struct {
	// Logger is told what answers do not tell; nil discards it.
	Logger  *slog.Logger
	Version string
}

// Admin is the admin API of a gateway that does not run: it works in the database of
// a configuration. What keys have spent it knows from the file that the last gateway
// wrote. Should one run all the same, it sees the changes within a second. Safe for
// concurrent use.
type Admin struct {
	store   *sqlite.Store
	audit   *auditLog
	handler http.Handler
}

// OpenAdmin opens the database of a configuration, and makes it where there is none.
// Close must be called. The error wraps keys.ErrUnavailable where another process
// holds the database.
func OpenAdmin(ctx context.Context, cfg *config.Config, o AdminOptions) (*Admin, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if err := os.MkdirAll(cfg.DataDir, 0o700); err != nil {
		return nil, fmt.Errorf("make the data directory (general_settings.data_dir): %w", err)
	}
	master, err := knownMaster(cfg)
	if err != nil {
		return nil, err
	}
	rules, err := callersOf(cfg, master)
	if err != nil {
		return nil, err
	}
	a := &Admin{audit: newAuditLog(cfg.DataDir, o.Logger)}
	if a.store, err = sqlite.Open(ctx, cfg.DatabaseFile()); err != nil {
		if a.store != nil {
			err = errors.Join(err, a.store.Close())
		}
		return nil, err
	}
	spending := &savedSpending{cfg: cfg, rules: rules, logger: o.Logger}
	a.handler = newAdminServer(cfg, o, &server.Admin{
		Keys: keys.NewManager(keys.ManagerOptions{
			Store: a.store, Period: checkPeriod, Audit: a.audit.write,
			Static:   func() []keys.Record { return rules.records },
			Budgets:  func() []keys.Budget { return rules.budgets },
			Reset:    spending.reset,
			Reserved: func(h keys.Hash) bool { return rules.reserved[h] },
		}),
		Spending: spending,
	}).AdminHandler(func(*http.Request) keys.Actor { return keys.Actor{ID: "local", UID: os.Getuid()} })
	return a, nil
}

// newAdminServer makes a server that has an admin API and nothing else.
func newAdminServer(cfg *config.Config, o AdminOptions, admin *server.Admin) *server.Server {
	return server.New(server.Options{
		Admin: admin, OpenAI: openai.Frontend{}, Anthropic: openai.Frontend{}, Logger: o.Logger,
		Version: o.Version, Instance: newInstance(), Limits: limitsOf(cfg),
	})
}

// knownMaster is the master key as far as there is one already: none is made.
func knownMaster(cfg *config.Config) (keyEntry, error) {
	m := master{secret: cfg.MasterKey}
	if m.secret.Empty() {
		m.file = filepath.Join(cfg.DataDir, masterFile)
		if err := m.read(); err != nil && !errors.Is(err, os.ErrNotExist) {
			return keyEntry{}, fmt.Errorf("master key: %w", err)
		}
	}
	return m.entry(), nil
}

// Transport sends requests to the admin API, whatever their address. An answer is
// whole when RoundTrip returns.
func (a *Admin) Transport() http.RoundTripper { return inProcess{a.handler} }

// Close closes the database.
func (a *Admin) Close() error { return errors.Join(a.store.Close(), a.audit.close()) }

// inProcess is a transport that calls a handler.
type inProcess struct{ handler http.Handler }

// RoundTrip implements http.RoundTripper.
func (t inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	in := r.Clone(r.Context())
	if in.Body == nil {
		in.Body = http.NoBody
	}
	defer func() { _ = in.Body.Close() }() // it has been read, or is not wanted
	in.RequestURI = in.URL.RequestURI()
	w := &answerWriter{header: make(http.Header)}
	t.handler.ServeHTTP(w, in)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return w.response(r), nil
}

// answerWriter keeps an answer.
type answerWriter struct {
	header http.Header
	status int
	body   strings.Builder
}

// Header implements http.ResponseWriter.
func (w *answerWriter) Header() http.Header { return w.header }

// WriteHeader implements http.ResponseWriter.
func (w *answerWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

// Write implements http.ResponseWriter.
func (w *answerWriter) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(p)
}

func (w *answerWriter) response(r *http.Request) *http.Response {
	w.WriteHeader(http.StatusOK)
	body := w.body.String()
	return &http.Response{
		StatusCode: w.status, Status: fmt.Sprintf("%d %s", w.status, http.StatusText(w.status)),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.header, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)), Request: r,
	}
}
