package app

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/llmgw/llmgw/pkg/config"
	"github.com/llmgw/llmgw/pkg/gateway"
)

// ports are the listeners of a running gateway; nil where there is none.
type ports struct {
	main, metrics net.Listener
	tls           *tls.Config
	metricsServer *http.Server
	socket        *socket
}

// The limits of the metrics port.
const (
	metricsHeaderTime = 5 * time.Second
	metricsTime       = 30 * time.Second
)

// Start opens the ports and returns once they accept connections. ctx bounds the
// opening, not the running.
func (a *App) Start(ctx context.Context) error {
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	a.stop = stop
	a.running.Go(func() { a.runBooks(background) })
	a.running.Go(func() { a.roster.run(background) })
	if err := a.listen(ctx); err != nil {
		return err
	}
	a.openSocket(ctx)
	if s := a.ports.socket; s != nil {
		a.running.Go(func() { a.report(s.serve()) })
	}
	a.running.Go(func() { a.report(a.server.Serve(a.ports.main, a.ports.tls)) })
	if a.ports.metrics != nil {
		a.running.Go(func() { a.report(a.ports.serveMetrics()) })
	}
	return nil
}

// report passes on why a port closed by itself.
func (a *App) report(err error) {
	if err == nil {
		return
	}
	select {
	case a.failed <- err:
	default: // one reason is enough to stop
	}
}

// Failed tells when the gateway cannot go on serving.
func (a *App) Failed() <-chan error { return a.failed }

// Addr is the address the gateway is bound to, also where the port was left to
// the system; "" before Start.
func (a *App) Addr() string {
	if a.ports.main == nil {
		return ""
	}
	return a.ports.main.Addr().String()
}

func (a *App) listen(ctx context.Context) (err error) {
	g := &a.cfg.Document.GeneralSettings
	if g.TLS.CertFile != "" {
		if a.ports.tls, err = serverTLS(&g.TLS); err != nil {
			return err
		}
	}
	var lc net.ListenConfig
	if a.ports.main, err = lc.Listen(ctx, "tcp", a.cfg.Listen); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	if addr := a.cfg.Metrics.Addr; addr != "" {
		if a.ports.metrics, err = lc.Listen(ctx, "tcp", addr); err != nil {
			// Nobody serves it yet, so that nobody would close it.
			err = errors.Join(err, a.ports.main.Close())
			return fmt.Errorf("listen for metrics (monitoring_settings.prometheus_port): %w", err)
		}
		mux := http.NewServeMux()
		mux.Handle("GET /metrics", a.page())
		a.ports.metricsServer = &http.Server{
			Handler: mux, ReadHeaderTimeout: metricsHeaderTime, ReadTimeout: metricsTime, WriteTimeout: metricsTime,
		}
	}
	return nil
}

func (p *ports) serveMetrics() error {
	if err := p.metricsServer.Serve(p.metrics); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// serverTLS reads the certificate of the gateway and, where one is named, the
// authority that clients must be certified by.
func serverTLS(c *config.TLSSettings) (*tls.Config, error) {
	cert, err := tls.LoadX509KeyPair(c.CertFile, c.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("general_settings.tls: %w", err)
	}
	conf := &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	if c.ClientCAFile == "" {
		return conf, nil
	}
	pem, err := os.ReadFile(c.ClientCAFile)
	if err != nil {
		return nil, fmt.Errorf("general_settings.tls.client_ca_file: %w", err)
	}
	conf.ClientCAs = x509.NewCertPool()
	if !conf.ClientCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("general_settings.tls.client_ca_file: no certificate in PEM form in %s", c.ClientCAFile)
	}
	conf.ClientAuth = tls.RequireAndVerifyClientCert
	return conf, nil
}

// Reload serves calls that begin from now on by another configuration. What
// cannot be changed while running (addresses, the data directory) is named in the
// error, and then nothing is changed.
func (a *App) Reload(cfg *config.Config) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case cfg.Listen != a.cfg.Listen:
		return fmt.Errorf("the address cannot change while running (%s to %s): restart", a.cfg.Listen, cfg.Listen)
	case cfg.DataDir != a.cfg.DataDir:
		return fmt.Errorf("general_settings.data_dir cannot change while running (%s to %s): restart", a.cfg.DataDir, cfg.DataDir)
	case cfg.Metrics.Addr != a.cfg.Metrics.Addr:
		return fmt.Errorf("monitoring_settings.prometheus_port cannot change while running (%q to %q): restart", a.cfg.Metrics.Addr, cfg.Metrics.Addr)
	case cfg.DatabaseFile() != a.cfg.DatabaseFile():
		return fmt.Errorf("general_settings.database_url cannot change while running (%s to %s): restart", a.cfg.DatabaseFile(), cfg.DatabaseFile())
	case !keepsCache(&a.cfg.Document.CacheSettings, &cfg.Document.CacheSettings):
		return errors.New("cache_settings: a cache cannot be set up, resized or given another cache_ttl while running: restart")
	}
	master := a.master
	if !cfg.MasterKey.Empty() {
		var err error
		if master, err = openMaster(cfg); err != nil {
			return err
		}
	}
	rules, err := callersOf(cfg, master.key)
	if err != nil {
		return err
	}
	err = a.roster.reload(rules, func(d *gateway.Directory) error {
		snapshot, err := a.builder.snapshot(cfg)
		if err != nil {
			return err
		}
		snapshot.Callers = d
		a.gateway.Swap(snapshot)
		return nil
	})
	if err != nil {
		return err
	}
	a.cfg, a.master = cfg, master
	return nil
}

// keepsCache reports whether the cache that there is serves for the new settings:
// it can be left unused, but it is made at the start.
func keepsCache(old, next *config.CacheSettings) bool {
	return next.Type != "memory" ||
		(old.Type == next.Type && old.MaxBytes == next.MaxBytes && old.CacheTTL == next.CacheTTL)
}

// Stop ends the gateway: readiness fails at once, new connections are refused
// after the drain delay, calls under way may finish within the drain timeout, and
// what was counted is written down. When ctx ends first, what is left is cut.
func (a *App) Stop(ctx context.Context) error {
	g := &a.cfg.Document.GeneralSettings
	a.server.Drain()
	if g.DrainDelay > 0 {
		delay := time.NewTimer(g.DrainDelay)
		select {
		case <-delay.C:
		case <-ctx.Done():
		}
		delay.Stop()
	}
	drain, cancel := context.WithTimeout(ctx, g.DrainTimeout)
	defer cancel()
	err := a.server.Shutdown(drain)
	if errors.Is(err, context.DeadlineExceeded) {
		a.opts.Logger.Warn("calls were cut because they did not end in time", "open", a.gateway.Open(), "drain_timeout", g.DrainTimeout)
		err = nil
	}
	if a.ports.socket != nil {
		err = errors.Join(err, a.ports.socket.shutdown(drain))
	}
	a.settled(ctx)
	if a.ports.metricsServer != nil {
		err = errors.Join(err, a.ports.metricsServer.Close())
	}
	return errors.Join(err, a.close())
}

// cutTime is how long calls that were cut have to settle.
const cutTime = 2 * time.Second

// settled waits until calls whose connection was cut have been settled.
func (a *App) settled(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, cutTime)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for a.gateway.Open() > 0 {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// close ends what runs in the background and closes what is open.
func (a *App) close() error {
	a.stop()
	a.running.Wait()
	err := errors.Join(a.closeBooks(), a.audit.close())
	if a.keys != nil {
		err = errors.Join(err, a.keys.Close())
	}
	if a.transport != nil {
		a.transport.CloseIdleConnections()
	}
	return err
}
