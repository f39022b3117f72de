package http1

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

var errNoFallback = errors.New("request that only a fallback could serve, and there is none")

// Options say how a Transport connects, and what it keeps. The zero value works.
type Options struct {
	// DialContext opens a connection; nil means a net.Dialer of ten seconds. Its
	// errors are returned as they are, below the reason why the request ended.
	DialContext func(ctx context.Context, network, address string) (net.Conn, error)
	// TLSConfig is copied; nil means TLS 1.2 and the system's certificates. The
	// protocol offered is always http/1.1.
	TLSConfig *tls.Config
	// HandshakeTimeout limits a TLS handshake; 0 means ten seconds.
	HandshakeTimeout time.Duration
	// Fallback takes the requests that Transport does not: see [Transport.RoundTrip].
	// With nil they fail.
	Fallback http.RoundTripper
	// FallbackTLS gives all https to Fallback, which may speak HTTP/2.
	FallbackTLS bool
	// Proxy picks the proxy of a request; those that have one go to Fallback. nil
	// means that there is none.
	Proxy func(*http.Request) (*url.URL, error)
	// MaxIdlePerHost and MaxIdle bound the connections that wait for a request;
	// 0 means 1024 and 4096.
	MaxIdlePerHost, MaxIdle int
	// IdleTimeout is how long one waits; 0 means 90 s.
	IdleTimeout time.Duration
	// CheckInterval is how often those that wait are asked whether the server has
	// closed them; 0 means 5 s. Nobody reads them in between, so until then a
	// connection that the server has given up holds its file descriptor.
	CheckInterval time.Duration
	// MaxHeaderBytes bounds the header of an answer; 0 means 256 KiB.
	MaxHeaderBytes int
}

// withDefaults fills in what 0 stands for.
func (o Options) withDefaults() Options {
	const patient = 10 * time.Second
	if o.DialContext == nil {
		o.DialContext = (&net.Dialer{Timeout: patient}).DialContext
	}
	if o.HandshakeTimeout == 0 {
		o.HandshakeTimeout = patient
	}
	if o.MaxIdlePerHost == 0 {
		o.MaxIdlePerHost = 1024
	}
	if o.MaxIdle == 0 {
		o.MaxIdle = 4096
	}
	if o.IdleTimeout == 0 {
		o.IdleTimeout = 90 * time.Second
	}
	if o.CheckInterval == 0 {
		o.CheckInterval = 5 * time.Second
	}
	if o.MaxHeaderBytes == 0 {
		o.MaxHeaderBytes = 256 << 10
	}
	o.TLSConfig = clientConfig(o.TLSConfig)
	return o
}

// Transport is an http.RoundTripper over pooled HTTP/1.1 connections. Safe for
// concurrent use. Its owner calls CloseIdleConnections when it is done.
type Transport struct {
	opts    Options
	pool    *pool
	buffers sync.Pool // of *[]byte, for requests on their way out
}

// New returns a Transport.
func New(opts Options) *Transport {
	opts = opts.withDefaults()
	return &Transport{opts: opts, pool: newPool(opts)}
}

// CloseIdleConnections closes the connections that wait for a request, and those
// of Fallback.
func (t *Transport) CloseIdleConnections() {
	t.pool.closeAll()
	if f, ok := t.opts.Fallback.(interface{ CloseIdleConnections() }); ok {
		f.CloseIdleConnections()
	}
}

// RoundTrip sends req and reads the header of its answer, on the caller's
// goroutine. req's context ends it, and the answer's body, at once. The body is
// for one goroutine to read; any may close it. A trailer is dropped. Hooks of
// net/http/httptrace are not called.
//
// These go to Options.Fallback: requests for a proxy, to a host that is not plain
// ASCII, with the method CONNECT, with Expect, Upgrade, Connection, Trailer or
// Transfer-Encoding, with Close set, and with a body whose length is not known or
// that cannot be had again from GetBody. The last is how bodies in memory are
// told from those that make a reader wait.
//
// A request is sent once. Only where a connection that waited for it turns out to
// be dead before it took one byte, another one is opened.
//
// Errors: those of the context, which errors.Is finds, and its cause; those of
// DialContext; those of crypto/tls; a *net.OpError or an error of this package
// for a connection that broke or a server that does not speak HTTP/1.1.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	serve, err := t.serves(req)
	switch {
	case err != nil:
		closeBody(req)
		return nil, err
	case serve:
		return t.serve(req)
	case t.opts.Fallback == nil:
		closeBody(req)
		return nil, fmt.Errorf("http1: %w", errNoFallback)
	default:
		return t.opts.Fallback.RoundTrip(req)
	}
}

// serve makes the round trip over a connection of its own.
func (t *Transport) serve(req *http.Request) (*http.Response, error) {
	if err := req.Context().Err(); err != nil {
		closeBody(req)
		return nil, because(req.Context(), err)
	}
	c, err := t.send(req)
	if err != nil {
		closeBody(req)
		return nil, because(req.Context(), err)
	}
	return c.receive(req)
}

// send sends req, or as much of it as can be sent without waiting; the
// connection goes on by itself. With an error the body is still to be closed.
func (t *Transport) send(req *http.Request) (*conn, error) {
	host := target{tls: req.URL.Scheme == "https", host: req.URL.Host}
	c := t.pool.get(host)
	waited := c != nil
	if !waited {
		var err error
		if c, err = t.connect(req.Context(), host); err != nil {
			return nil, err
		}
	}
	m, err := t.newMessage(req)
	if err != nil {
		t.pool.put(c)
		return nil, err
	}
	if c.send(m) {
		return c, nil
	}
	if waited {
		c.kill()
		if c, err = t.connect(req.Context(), host); err != nil {
			m.free()
			return nil, err
		}
		if c.send(m) {
			return c, nil
		}
	}
	m.end()
	return c, nil
}

// because puts the reason why ctx ended before an error that follows from it.
// The error stays: a dial that was cut short shows that nothing was sent.
func because(ctx context.Context, err error) error {
	reason, cause := ctx.Err(), context.Cause(ctx)
	switch {
	case reason == nil:
		return err
	case errors.Is(cause, reason):
		return fmt.Errorf("%w: %w", cause, err)
	default:
		return fmt.Errorf("%w (%w): %w", cause, reason, err)
	}
}
