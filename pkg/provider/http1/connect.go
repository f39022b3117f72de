package http1

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
)

// protocol is the name of HTTP/1.1 in a TLS handshake (RFC 7301).
const protocol = "http/1.1"

// sessions is how many TLS sessions are remembered, to shorten later handshakes.
const sessions = 256

var errProtocol = errors.New("server chose a protocol that was not offered")

// clientConfig prepares base for connections to any host.
func clientConfig(base *tls.Config) *tls.Config {
	cfg := &tls.Config{MinVersion: tls.VersionTLS12}
	if base != nil {
		cfg = base.Clone()
	}
	cfg.NextProtos = []string{protocol}
	// Short records let a reader begin sooner, which is of no use for a request
	// that nobody reads before its end, and costs a third of the CPU of a long one.
	cfg.DynamicRecordSizingDisabled = true
	if cfg.ClientSessionCache == nil {
		cfg.ClientSessionCache = tls.NewLRUClientSessionCache(sessions)
	}
	return cfg
}

// connect opens a connection.
func (t *Transport) connect(ctx context.Context, host target) (*conn, error) {
	stream, err := t.opts.DialContext(ctx, "tcp", host.address())
	if err != nil {
		return nil, err
	}
	c := newConn(t, host, newSocket(stream))
	if !host.tls {
		return c, nil
	}
	if err := t.handshake(ctx, c); err != nil {
		_ = stream.Close() // It was of no use to anybody.
		return nil, err
	}
	return c, nil
}

func (t *Transport) handshake(ctx context.Context, c *conn) error {
	cfg := t.opts.TLSConfig
	if cfg.ServerName == "" {
		cfg = cfg.Clone()
		cfg.ServerName = c.host.name()
	}
	ctx, cancel := context.WithTimeout(ctx, t.opts.HandshakeTimeout)
	defer cancel()
	secure := tls.Client(c.socket, cfg)
	if err := secure.HandshakeContext(ctx); err != nil {
		return err
	}
	state := secure.ConnectionState()
	if p := state.NegotiatedProtocol; p != "" && p != protocol {
		return fmt.Errorf("http1: %w: %q", errProtocol, p)
	}
	c.stream, c.tls = secure, &state
	return nil
}

// address is what to dial.
func (h target) address() string {
	if h.hasPort() {
		return h.host
	}
	port := "80"
	if h.tls {
		port = "443"
	}
	return net.JoinHostPort(h.name(), port)
}

// hasPort reports whether a port is given: a colon that is not inside brackets.
func (h target) hasPort() bool {
	colon := strings.LastIndexByte(h.host, ':')
	return colon >= 0 && colon > strings.LastIndexByte(h.host, ']') && colon < len(h.host)-1
}

// name is the host without port and brackets.
func (h target) name() string {
	name := h.host
	if colon := strings.LastIndexByte(name, ':'); colon > strings.LastIndexByte(name, ']') {
		name = name[:colon]
	}
	return strings.Trim(name, "[]")
}
