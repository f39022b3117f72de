package provider

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/llmgw/llmgw/pkg/provider/http1"
)

// Limits of the transport. Those of an attempt as a whole are the Exchange's.
const (
	dialTimeout      = 10 * time.Second
	keepAlive        = 30 * time.Second
	handshakeTimeout = 10 * time.Second
	idleConnTimeout  = 90 * time.Second
	pingAfter        = 30 * time.Second // of silence on an HTTP/2 connection
	pingTimeout      = 15 * time.Second
	idleConns        = 4096
	idleConnsPerHost = 1024
	headerBytes      = 256 << 10 // of an answer
	// readBuffer and writeBuffer are held by every open connection over HTTP/1.1.
	// With 16 and 64 KiB BenchmarkExchange is no faster (1 KB and 60 KB bodies,
	// 53-event streams, 2026-11-22), and each slow stream would hold as much more.
	readBuffer  = 4 << 10
	writeBuffer = 4 << 10
)

var errNoCertificate = errors.New("no certificate in PEM form found")

// TransportOptions is what may differ between two transports.
type TransportOptions struct {
	// HTTP2 makes NewLeanTransport leave TLS to NewTransport, which speaks HTTP/2
	// with vendors that offer it: one connection for many calls, for more CPU.
	HTTP2 bool
	// CAFile is a PEM file of certificates to trust beside the system's; "" for none.
	CAFile string
	// Proxy picks the proxy of a request; nil means that there is none.
	Proxy func(*http.Request) (*url.URL, error)
}

// NewTransport returns the connections to all vendors: pooled, bounded, HTTP/2
// where TLS offers it, TLS 1.2 at least. It neither follows redirects nor asks
// for compression. Its owner calls CloseIdleConnections when it is done.
func NewTransport(opts TransportOptions) (*http.Transport, error) {
	roots, err := trustedRoots(opts.CAFile)
	if err != nil {
		return nil, err
	}
	d := &dialer{net: net.Dialer{Timeout: dialTimeout, KeepAlive: keepAlive}}
	return &http.Transport{
		Proxy:                  opts.Proxy,
		DialContext:            d.dial,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
		TLSHandshakeTimeout:    handshakeTimeout,
		DisableCompression:     true,
		MaxIdleConns:           idleConns,
		MaxIdleConnsPerHost:    idleConnsPerHost,
		IdleConnTimeout:        idleConnTimeout,
		ExpectContinueTimeout:  time.Second,
		MaxResponseHeaderBytes: headerBytes,
		ReadBufferSize:         readBuffer,
		WriteBufferSize:        writeBuffer,
		ForceAttemptHTTP2:      true,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingTimeout},
	}, nil
}

// NewLeanTransport returns what calls should go over: HTTP/1.1, at a fraction of
// the CPU of net/http (package http1 has the figures), with NewTransport behind it
// for proxies and whatever else needs more. Its limits are the same. Its owner
// calls CloseIdleConnections when it is done.
func NewLeanTransport(opts TransportOptions) (*http1.Transport, error) {
	fallback, err := NewTransport(opts)
	if err != nil {
		return nil, err
	}
	d := &net.Dialer{Timeout: dialTimeout, KeepAlive: keepAlive}
	return http1.New(http1.Options{
		DialContext:      d.DialContext,
		TLSConfig:        fallback.TLSClientConfig,
		HandshakeTimeout: handshakeTimeout,
		Fallback:         fallback,
		FallbackTLS:      opts.HTTP2,
		Proxy:            opts.Proxy,
		MaxIdlePerHost:   idleConnsPerHost,
		MaxIdle:          idleConns,
		IdleTimeout:      idleConnTimeout,
		MaxHeaderBytes:   headerBytes,
	}), nil
}

// trustedRoots returns the system's certificates and those of file, or nil, the
// system's alone, without a file.
func trustedRoots(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil //nolint:nilnil // nil is what tls.Config means by the system's roots.
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read CA file: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		return nil, fmt.Errorf("load the system's CA certificates: %w", err)
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("CA file %s: %w", file, errNoCertificate)
	}
	return pool, nil
}
