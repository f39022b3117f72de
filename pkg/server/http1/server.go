package http1

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Options are what a Server is made of. All are required.
type Options struct {
	// Handler answers the requests that are served here.
	Handler http.Handler
	// Rest serves the connections that are handed over. It should have the same
	// handler and limits. The Server starts it and shuts it down.
	Rest *http.Server
	// HeaderTime bounds the arrival of a head from its first byte on, IdleTime the
	// time before it.
	HeaderTime, IdleTime time.Duration
	Logger               *slog.Logger
}

// Server serves connections. Safe for concurrent use.
type Server struct {
	opts    Options
	rest    *handover
	clock   clock
	outs    sync.Pool // of *[]byte: buffers in which answers are brought together
	closing atomic.Bool
	loops   sync.WaitGroup // the goroutines of connections

	mu       sync.Mutex // guards what follows
	listener net.Listener
	conns    map[*conn]struct{}
}

// New makes a server that listens to nothing yet.
func New(o Options) *Server {
	s := &Server{opts: o, rest: newHandover(), clock: clock{epoch: time.Now()}, conns: make(map[*conn]struct{})}
	s.outs.New = func() any { return new([]byte) }
	return s
}

// How long a listener that fails for the moment is left alone, as in net/http.
const (
	firstPause   = 5 * time.Millisecond
	longestPause = time.Second
)

// Serve accepts connections until Shutdown, after which it returns
// http.ErrServerClosed. It is called once.
func (s *Server) Serve(l net.Listener) error {
	s.mu.Lock()
	s.listener = l
	s.mu.Unlock()
	s.rest.addr = l.Addr()
	done := make(chan struct{})
	var helpers sync.WaitGroup
	defer helpers.Wait()
	defer close(done)
	helpers.Go(func() { s.watch(done) })
	// It ends when its listener is closed, and says so.
	helpers.Go(func() { _ = s.opts.Rest.Serve(s.rest) })
	defer func() { _ = s.rest.Close() }() // it never fails
	if s.closing.Load() {
		_ = l.Close() // Shutdown came first
		return http.ErrServerClosed
	}
	err := s.accept(l)
	if s.closing.Load() {
		return http.ErrServerClosed
	}
	return err
}

// accept starts a loop for each connection until the listener fails for good.
func (s *Server) accept(l net.Listener) error {
	pause := firstPause
	for {
		c, err := l.Accept()
		if err == nil {
			pause = firstPause
			s.start(c)
			continue
		}
		// Temporary is deprecated and still the only way to tell a want of file
		// descriptors, which passes, from the end of the listener.
		var temporary interface{ Temporary() bool }
		if s.closing.Load() || !errors.As(err, &temporary) || !temporary.Temporary() {
			return err
		}
		s.opts.Logger.Warn("a connection could not be accepted", "err", err, "again_in", pause)
		<-time.After(pause)
		pause = min(2*pause, longestPause)
	}
}

// start serves a connection on a goroutine of its own.
func (s *Server) start(nc net.Conn) {
	c := newConn(s, nc)
	if c == nil {
		s.rest.give(nc)
		return
	}
	s.mu.Lock()
	s.conns[c] = struct{}{}
	s.mu.Unlock()
	s.loops.Go(func() {
		defer s.forget(c)
		c.serve()
	})
}

func (s *Server) forget(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
}

// Shutdown accepts no more connections, closes those without a request, and waits for
// the requests under way. When ctx ends first, it closes what is left and returns ctx's
// error; the handlers notice by their contexts.
func (s *Server) Shutdown(ctx context.Context) error {
	s.closing.Store(true)
	s.mu.Lock()
	if s.listener != nil {
		_ = s.listener.Close() // a listener that is closed already is what is wanted
	}
	s.mu.Unlock()
	s.closeConns(idle)
	ended := make(chan struct{})
	go func() {
		s.loops.Wait()
		close(ended)
	}()
	err := s.opts.Rest.Shutdown(ctx)
	select {
	case <-ended:
		return err
	case <-ctx.Done():
		s.closeConns(idle, busy)
		return ctx.Err()
	}
}

// Close closes every connection at once; the handlers notice by their contexts.
func (s *Server) Close() error {
	s.closing.Store(true)
	s.mu.Lock()
	if s.listener != nil {
		_ = s.listener.Close() // as above
	}
	s.mu.Unlock()
	s.closeConns(idle, busy)
	return s.opts.Rest.Close()
}

// closeConns closes the connections that are in one of the states.
func (s *Server) closeConns(states ...int32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		for _, state := range states {
			if c.state.CompareAndSwap(state, closed) {
				c.hangUp()
				_ = c.nc.Close() // nothing more is wanted of it
			}
		}
	}
}
