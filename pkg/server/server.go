// Package server is the HTTP face of the gateway: which path means what, where a
// credential stands in a request, how a body is read and an answer written.
//
// It decides nothing about a call: it fills in a gateway.Call, hands it over and
// writes what comes back. app builds it; routes.go holds the whole URL map.
package server

import (
	"context"
	"crypto/tls"
	"errors"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/llmgw/llmgw/pkg/dialect"
	"github.com/llmgw/llmgw/pkg/gateway"
	"github.com/llmgw/llmgw/pkg/server/http1"
)

// Options are the parts and limits of a Server. All are required but Admin, Metrics
// and TrustedProxies; a server that is used for its AdminHandler alone needs no
// Gateway.
type Options struct {
	Gateway *gateway.Gateway
	// Anthropic and OpenAI are the dialects of the client side.
	Anthropic, OpenAI dialect.Frontend
	// Admin is what the admin API works with; nil where there is none.
	Admin *Admin
	// Metrics serves /metrics to admin keys; nil where there are none.
	Metrics http.Handler
	Logger  *slog.Logger
	// Version is told in health answers.
	Version string
	// Ready says why the gateway cannot take calls, "" where it can.
	Ready func() string
	// TrustedProxies may tell a client's address in X-Forwarded-For.
	TrustedProxies []netip.Prefix
	// Instance makes request ids unique across restarts and replicas.
	Instance string
	Limits   Limits
}

// Limits bound what clients can make the server hold.
type Limits struct {
	// Body bounds one body, InFlight all bodies held at one time, in decoded bytes.
	Body, InFlight int64
	// BodyTime bounds the reading of one body.
	BodyTime time.Duration
	// WriteTime bounds one write to a client that does not read.
	WriteTime time.Duration
	// Silence is how long a stream may be silent before a keep-alive goes out.
	Silence time.Duration
}

// The limits on what comes before a body. Claude Code's and Codex's headers stay
// below 4 KiB (2026-08).
const (
	headerTime     = 10 * time.Second
	idleTime       = 120 * time.Second
	maxHeaderBytes = 64 << 10
)

// Server answers HTTP. Safe for concurrent use.
type Server struct {
	opts     Options
	http     *http.Server  // TLS, and what plain leaves to it
	plain    *http1.Server // the plainest requests without TLS, at a fraction of the cost
	bodies   bodies
	ids      atomic.Uint64
	draining atomic.Bool
}

// New makes a server that listens to nothing yet.
func New(opts Options) *Server {
	s := &Server{opts: opts}
	// There is always room for one body of the largest size, in the buffer it takes.
	s.bodies.max, s.bodies.room = opts.Limits.Body, max(opts.Limits.InFlight, bufferSize(opts.Limits.Body+1))
	s.http = &http.Server{
		Handler:           s.routes(),
		ReadHeaderTimeout: headerTime,
		IdleTimeout:       idleTime,
		MaxHeaderBytes:    maxHeaderBytes,
		// "OPTIONS *" is as unknown as any other path, and told so like any other.
		DisableGeneralOptionsHandler: true,
		ErrorLog:                     log.New(quiet{opts.Logger}, "", 0),
	}
	s.plain = http1.New(http1.Options{
		Handler: s.http.Handler, Rest: s.http, HeaderTime: headerTime, IdleTime: idleTime, Logger: opts.Logger,
	})
	return s
}

// quiet passes net/http's own messages on as debug lines: they tell of clients'
// broken handshakes and hang-ups, which are no fault of the gateway.
type quiet struct{ logger *slog.Logger }

// Write implements io.Writer.
func (q quiet) Write(p []byte) (int, error) {
	q.logger.Debug("http", "message", string(p))
	return len(p), nil
}

// Handler is the whole surface, for tests and for transports without a network.
func (s *Server) Handler() http.Handler { return s.http.Handler }

// Serve answers on l until Shutdown, with TLS where conf is not nil. It returns
// nil after Shutdown.
func (s *Server) Serve(l net.Listener, conf *tls.Config) error {
	var err error
	if conf != nil {
		s.http.TLSConfig = conf
		err = s.http.ServeTLS(l, "", "")
	} else {
		err = s.plain.Serve(l)
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// Drain makes readiness fail from now on, so that balancers look elsewhere.
func (s *Server) Drain() { s.draining.Store(true) }

// Shutdown refuses new connections and waits for the calls under way. When ctx
// ends first it cuts what is left and returns ctx's error.
func (s *Server) Shutdown(ctx context.Context) error {
	s.Drain()
	err := s.plain.Shutdown(ctx) // both: the one shuts the other down
	if err != nil {
		return errors.Join(err, s.plain.Close())
	}
	return nil
}
