package provider_test

import (
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/provider"
)

func TestTransportTrustsTheCAFileAndSpeaksHTTP2(t *testing.T) {
	t.Parallel()
	var proto string
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		proto = r.Proto
		reply("application/json", "{}")(w, r)
	}))
	server.EnableHTTP2 = true
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // one client is to refuse the certificate
	server.StartTLS()
	t.Cleanup(server.Close)
	address, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(file, cert, 0o600); err != nil {
		t.Fatal(err)
	}
	for ca, trusted := range map[string]bool{file: true, "": false} {
		rt, err := provider.NewTransport(provider.TransportOptions{CAFile: ca})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(rt.CloseIdleConnections)
		_, err = send(t.Context(), provider.NewExchange(rt, provider.Timeouts{}), address, chat("{}"))
		if !trusted {
			wantError(t, err, llm.Upstream)
			continue
		}
		if err != nil || proto != "HTTP/2.0" {
			t.Errorf("got %v over %q, want an answer over HTTP/2.0", err, proto)
		}
	}
}

// TestLeanTransport: TLS goes over HTTP/1.1 unless HTTP/2 is asked for, and calls
// for a proxy go to the one that knows proxies.
func TestLeanTransport(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reply("application/json", `"`+r.Proto+" "+r.URL.Host+`"`)(w, r)
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	proxy := newVendor(t, func(w http.ResponseWriter, r *http.Request) {
		reply("application/json", `"`+r.Proto+" for "+r.Host+`"`)(w, r)
	})
	secure, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(file, cert, 0o600); err != nil {
		t.Fatal(err)
	}
	for want, c := range map[string]struct {
		opts provider.TransportOptions
		to   *url.URL
	}{
		`"HTTP/1.1 "`: {provider.TransportOptions{CAFile: file}, secure},
		`"HTTP/2.0 "`: {provider.TransportOptions{CAFile: file, HTTP2: true}, secure},
		`"HTTP/1.1 for vendor.invalid"`: {provider.TransportOptions{Proxy: func(*http.Request) (*url.URL, error) {
			return &url.URL{Scheme: "http", Host: proxy.address.Host}, nil
		}}, &url.URL{Scheme: "http", Host: "vendor.invalid", Path: "/"}},
	} {
		rt, err := provider.NewLeanTransport(c.opts)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(rt.CloseIdleConnections)
		ans, err := send(t.Context(), provider.NewExchange(rt, provider.Timeouts{}), c.to, chat("{}"))
		if err != nil || string(ans.Body) != want {
			t.Errorf("got %+v, %v, want %s", ans, err, want)
		}
	}
	if _, err := provider.NewLeanTransport(provider.TransportOptions{CAFile: file + ".missing"}); err == nil {
		t.Error("no error for a CA file that is missing")
	}
}

func TestTransportRefusesCAFilesWithoutCertificates(t *testing.T) {
	t.Parallel()
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{empty, empty + ".missing"} {
		if _, err := provider.NewTransport(provider.TransportOptions{CAFile: file}); err == nil || !strings.Contains(err.Error(), "empty.pem") {
			t.Errorf("%s: got %v, want an error that names the file", file, err)
		}
	}
}

func TestTransportAsksForTheProxy(t *testing.T) {
	t.Parallel()
	v := newVendor(t, func(w http.ResponseWriter, r *http.Request) {
		reply("application/json", `"`+r.Host+`"`)(w, r)
	})
	rt, err := provider.NewTransport(provider.TransportOptions{Proxy: func(*http.Request) (*url.URL, error) {
		return &url.URL{Scheme: "http", Host: v.address.Host}, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(rt.CloseIdleConnections)
	far := &url.URL{Scheme: "http", Host: "vendor.invalid", Path: "/"}
	ans, err := send(t.Context(), provider.NewExchange(rt, provider.Timeouts{}), far, chat("{}"))
	if err != nil || string(ans.Body) != `"vendor.invalid"` {
		t.Errorf("got %+v, %v, want the proxy's answer", ans, err)
	}
}
