// Package app is the composition root: it makes a running gateway out of a
// configuration. It is the only place that knows which provider, which dialect
// and which store stands behind an interface.
//
// It decides nothing about a call and prints nothing. The command serve is its
// caller.
//
//	a, err := app.New(cfg, app.Options{Logger: logger})
//	err = a.Start(ctx)
//	defer a.Stop(ctx)
//	fmt.Println(a.Addr())
package app

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/llmgw/llmgw/pkg/admission"
	"github.com/llmgw/llmgw/pkg/cache"
	"github.com/llmgw/llmgw/pkg/config"
	"github.com/llmgw/llmgw/pkg/dialect/anthropic"
	"github.com/llmgw/llmgw/pkg/dialect/openai"
	"github.com/llmgw/llmgw/pkg/gateway"
	"github.com/llmgw/llmgw/pkg/journal"
	"github.com/llmgw/llmgw/pkg/ledger"
	"github.com/llmgw/llmgw/pkg/metrics"
	"github.com/llmgw/llmgw/pkg/provider"
	"github.com/llmgw/llmgw/pkg/provider/http1"
	"github.com/llmgw/llmgw/pkg/router"
	"github.com/llmgw/llmgw/pkg/server"
	"github.com/llmgw/llmgw/pkg/store/sqlite"
)

// Options are what a configuration does not say.
type Options struct {
	Logger  *slog.Logger
	Version string
}

// App is a gateway. Its methods are safe for concurrent use.
type App struct {
	opts      Options
	master    master
	gateway   *gateway.Gateway
	server    *server.Server
	metrics   *metrics.Metrics
	journal   *journal.Log
	log       lines
	ledger    *ledger.Ledger
	cut       []ledger.Call // what the last run has left
	admission *admission.Queue
	transport *http1.Transport
	health    router.States
	builder   builder
	keys      *sqlite.Store
	roster    *roster
	audit     *auditLog

	ports   ports
	mu      sync.Mutex // guards cfg and shown: one reload at a time
	cfg     *config.Config
	shown   map[string]bool    // the budgets of keys that the metrics have
	stop    context.CancelFunc // ends what runs in the background
	running sync.WaitGroup
	failed  chan error
	resets  sync.Mutex   // one reset of a budget at a time
	dropped atomic.Int64 // records that the metrics know to be lost
}

// New makes a gateway that does not run yet: it opens the data directory, brings
// the journal into order and builds every part. Nothing is listened to before
// Start. Stop must be called also where Start was not.
func New(ctx context.Context, cfg *config.Config, opts Options) (*App, error) {
	a := &App{opts: opts, cfg: cfg, failed: make(chan error, 4), stop: func() {}, audit: newAuditLog(cfg.DataDir, opts.Logger)}
	if err := a.build(ctx); err != nil {
		return nil, errors.Join(err, a.close())
	}
	return a, nil
}

// build makes the parts in the order in which they need each other. It is one
// straight line on purpose: this is the only place that shows the whole.
func (a *App) build(ctx context.Context) (err error) {
	cfg, logger := a.cfg, a.opts.Logger
	if a.master, err = openMaster(cfg); err != nil {
		return err
	}
	if a.transport, err = provider.NewLeanTransport(provider.TransportOptions{
		CAFile: cfg.Document.GeneralSettings.CAFile, Proxy: http.ProxyFromEnvironment,
	}); err != nil {
		return err
	}
	rules, err := callersOf(cfg, a.master.key)
	if err != nil {
		return err
	}
	opened, err := a.beginKeys(ctx, rules)
	if err != nil {
		return err
	}
	a.builder = builder{transport: a.transport, health: &a.health, logger: logger, version: a.opts.Version}
	snapshot, err := a.builder.snapshot(cfg)
	if err != nil {
		return err
	}
	if err := a.openBooks(ctx); err != nil {
		return err
	}
	if a.metrics, err = metrics.New(metrics.Options{
		Prefix: cfg.Metrics.Prefix, Families: cfg.Metrics.Families, Version: a.opts.Version,
	}); err != nil {
		return err
	}
	store, err := openCache(cfg)
	if err != nil {
		return err
	}
	if err := <-opened; err != nil {
		return err
	}
	snapshot.Callers = a.roster.directory
	instance := newInstance()
	a.gateway = gateway.New(gateway.Options{
		Admission: a.admission, Ledger: a.ledger, Cache: store,
		Observers: []gateway.Observer{counted{a.metrics}}, Logger: logger, Owner: instance,
		DisconnectGrace: cfg.Document.GeneralSettings.DisconnectGrace, Cut: a.cut,
	}, snapshot)
	a.server = server.New(server.Options{
		Gateway: a.gateway, Anthropic: anthropic.Frontend{}, OpenAI: openai.Frontend{},
		Admin:   &server.Admin{Keys: a.newManager(), Spending: a.spending()},
		Metrics: a.page(), Logger: logger, Version: a.opts.Version,
		Ready: a.notReady, TrustedProxies: cfg.TrustedProxies, Instance: instance,
		Limits: limitsOf(cfg),
	})
	return nil
}

// The time limits towards clients that no configuration changes: a body of
// 32 MiB takes a minute at 4.5 Mbit/s, and Claude Code gives up a stream that is
// silent for 300 s and shows a banner after 20 s (measured with 2.1.330, 2026-08).
const (
	bodyTime  = 60 * time.Second
	writeTime = 60 * time.Second
	silence   = 15 * time.Second
)

func limitsOf(cfg *config.Config) server.Limits {
	g := &cfg.Document.GeneralSettings
	return server.Limits{
		Body: int64(g.MaxBodyBytes), InFlight: int64(g.MaxBodyBytesInFlight),
		BodyTime: bodyTime, WriteTime: writeTime, Silence: silence,
	}
}

// newInstance names this run of the process: it makes request ids unique.
func newInstance() string {
	var b [5]byte
	// crypto/rand.Read never fails: it ends the process instead.
	_, _ = rand.Read(b[:])
	return strings.ToLower(base32.StdEncoding.EncodeToString(b[:]))
}

// openCache makes the response cache; nil where it is off.
func openCache(cfg *config.Config) (cache.Store, error) {
	c := &cfg.Document.CacheSettings
	if c.Type != "memory" {
		return nil, nil //nolint:nilnil // no cache is an answer
	}
	m, err := cache.NewMemory(int64(c.MaxBytes), c.CacheTTL)
	if err != nil {
		return nil, fmt.Errorf("cache_settings: %w", err)
	}
	return m, nil
}

// notReady says why the gateway cannot take calls, "" where it can. Keys that were
// read once go on working without their database.
func (a *App) notReady() string {
	if loaded, err := a.roster.state(); !loaded {
		return fmt.Sprintf("the database of keys cannot be read: %v", err)
	}
	if why := a.ledger.Trouble(); why != "" {
		return "the journal cannot be written: " + why
	}
	return ""
}

// MasterKeyFile is where a master key was made, because the configuration has
// none, and whether that was just now; "" where the configuration has one.
func (a *App) MasterKeyFile() (path string, made bool) { return a.master.file, a.master.made }

// RevealMasterKey gives the master key: for the terminal that it is shown on once.
func (a *App) RevealMasterKey() string { return a.master.secret.Reveal() }
