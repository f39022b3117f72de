package app_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestReload(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	r := p.start(basic)
	r.want(firstKey, "hello", 200)
	r.want(secondKey, "hello", 401)

	underWay := make(chan int)
	go func() {
		status, _ := r.call(firstKey, "echo/delay-500ms")
		underWay <- status
	}()
	r.await("the slow call is under way", func() bool {
		_, page := r.get("/metrics", masterKey)
		return strings.Contains(page, "litellm_in_flight_requests 1")
	})
	other := strings.Replace(strings.Replace(basic, firstKey, secondKey, 1), "model_name: hello", "model_name: bonjour", 1)
	if err := r.Reload(p.config(other)); err != nil {
		t.Fatal(err)
	}
	r.want(secondKey, "bonjour", 200)
	r.want(secondKey, "hello", 404)
	r.want(firstKey, "bonjour", 401)
	r.want(masterKey, "bonjour", 200)
	if status := <-underWay; status != 200 {
		t.Errorf("the call under way = %d, want 200", status)
	}
}

// await waits for a condition.
func (r *running) await(what string, ok func() bool) {
	r.t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	late := time.After(10 * time.Second)
	for !ok() {
		select {
		case <-tick.C:
		case <-late:
			r.t.Fatalf("%s: not within 10 s", what)
		}
	}
}

// What cannot change while running is refused, and then nothing is changed.
func TestAReloadThatIsRefused(t *testing.T) {
	t.Parallel()
	const port = "monitoring_settings: {prometheus_port: 9}\n"
	for _, tt := range []struct {
		name string
		text string
		move func(*place)
		want string
	}{
		{"another address", basic, func(p *place) { p.listen = "127.0.0.1:9" }, "address cannot change"},
		{"another directory", basic, func(p *place) { p.dir += "2" }, "data_dir cannot change"},
		{"another port for metrics", basic + port, nil, "prometheus_port cannot change"},
		{"a cache", basic + "cache_settings: {type: memory}\n", nil, "cache_settings"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t)
			r := p.start(basic)
			if tt.move != nil {
				tt.move(p)
			}
			err := r.Reload(p.config(strings.Replace(tt.text, firstKey, secondKey, 1)))
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "restart") {
				t.Errorf("err = %v, want one about %q", err, tt.want)
			}
			r.want(firstKey, "hello", 200)
			r.want(secondKey, "hello", 401)
		})
	}
}

func TestTheCacheAndItsReload(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	text := basic + "cache_settings: {type: memory}\n"
	r := p.start(text)
	r.want(firstKey, "hello", 200)
	if r.hit() {
		t.Error("a hit before anything was kept")
	}
	if err := r.Reload(p.config(text)); err != nil {
		t.Fatal(err)
	}
	r.want(firstKey, "hello", 200)
	if !r.hit() {
		t.Error("the answer is not in the cache after a reload")
	}
	if err := r.Reload(p.config(basic)); err != nil {
		t.Errorf("switch the cache off: %v", err)
	}
	r.want(firstKey, "hello", 200)
}

// hit reports whether there was one hit in the cache.
func (r *running) hit() bool {
	r.t.Helper()
	_, page := r.get("/metrics", masterKey)
	for line := range strings.Lines(page) {
		if strings.HasPrefix(line, "litellm_cache_hits") && strings.HasSuffix(line, " 1\n") {
			return true
		}
	}
	return false
}

// A stream comes out of the cache as it went in, in each dialect.
func TestStreamsFromTheCache(t *testing.T) {
	t.Parallel()
	for path, end := range map[string]string{"/v1/messages": "message_stop", "/v1/chat/completions": "[DONE]"} {
		r := newPlace(t).start(basic + "cache_settings: {type: memory}\n")
		text := `{"model":"hello","stream":true,"max_tokens":100,"messages":[{"role":"user","content":"Hi"}]}`
		_, first := r.send(http.MethodPost, path, firstKey, text)
		status, second := r.send(http.MethodPost, path, firstKey, text)
		if status != 200 || first != second || !strings.Contains(second, end) || !r.hit() {
			t.Errorf("%s: %d, hit %v:\n%s\nwant\n%s", path, status, r.hit(), second, first)
		}
	}
}

func TestDrain(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	r := p.start(strings.Replace(basic, "master_key:", "drain_delay: 2s, drain_timeout: 10s, master_key:", 1))
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+r.Addr()+"/v1/messages",
		strings.NewReader(`{"model":"echo/hello,pace-150ms","stream":true,"max_tokens":100,"messages":[{"role":"user","content":"Hi"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Api-Key", firstKey)
	resp, err := r.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	stopped := make(chan struct{})
	go func() {
		r.end()
		close(stopped)
	}()
	// Readiness fails at once, while calls are still taken.
	r.await("readiness fails", func() bool {
		status, _ := r.get("/health/readiness", "")
		return status == http.StatusServiceUnavailable
	})
	r.want(firstKey, "hello", 200)
	r.await("new connections are refused", func() bool {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", r.Addr())
		if err == nil {
			conn.Close()
		}
		return err != nil
	})
	b, err := io.ReadAll(resp.Body)
	if err != nil || !strings.Contains(string(b), "message_stop") {
		t.Errorf("the stream under way ended with %v: %s", err, b)
	}
	<-stopped
}

// What does not end in time is cut, settled and logged.
func TestTheDrainTimeout(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	r := p.start(strings.Replace(basic, "master_key:", "drain_timeout: 100ms, master_key:", 1))
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.send(http.MethodPost, "/v1/messages", firstKey,
			`{"model":"echo/hello,pace-1m","stream":true,"max_tokens":100,"messages":[{"role":"user","content":"Hi"}]}`)
	}()
	r.await("the call is under way", func() bool {
		_, page := r.get("/metrics", masterKey)
		return strings.Contains(page, "litellm_in_flight_requests 1")
	})
	start := time.Now()
	r.end()
	<-done
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("the stop took %v", took)
	}
	log, err := os.ReadFile(filepath.Join(p.dir, "requests.jsonl"))
	if err != nil || !strings.Contains(string(log), `"http_status":499`) {
		t.Errorf("log = %s, %v", log, err)
	}
	if !strings.Contains(r.log.String(), "calls were cut") {
		t.Errorf("the gateway says %s", r.log.String())
	}
}

// A gateway that never ran can be stopped.
func TestStopWithoutStart(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	a, _, err := p.build(basic)
	if err != nil {
		t.Fatal(err)
	}
	if a.Addr() != "" {
		t.Errorf("addr = %q, want none", a.Addr())
	}
	if err := a.Stop(context.WithoutCancel(t.Context())); err != nil {
		t.Error(err)
	}
}

// authority signs certificates.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	file string // its own certificate
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t}
	a.cert, a.key, a.file, _ = a.issue("authority", true)
	return a
}

// issue makes a certificate; that of an authority signs itself.
func (a *authority) issue(name string, ca bool) (cert *x509.Certificate, key *ecdsa.PrivateKey, certFile, keyFile string) {
	a.t.Helper()
	must := func(err error) {
		if err != nil {
			a.t.Fatal(err)
		}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: ca, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	parent, signer := a.cert, a.key
	if ca {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	must(err)
	cert, err = x509.ParseCertificate(der)
	must(err)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	must(err)
	dir := a.t.TempDir()
	certFile, keyFile = filepath.Join(dir, name+".crt"), filepath.Join(dir, name+".key")
	must(os.WriteFile(certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	must(os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}), 0o600))
	return cert, key, certFile, keyFile
}

// trusting is a client that trusts the authority, and shows certs.
func (a *authority) trusting(certs ...tls.Certificate) *http.Client {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	t := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, Certificates: certs, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true}
	a.t.Cleanup(t.CloseIdleConnections)
	return &http.Client{Transport: t}
}

func withTLS(settings string) string {
	return strings.Replace(basic, "general_settings: {", "general_settings: {tls: {"+settings+"}, ", 1)
}

func TestTLS(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	_, _, cert, key := a.issue("server", false)
	r := newPlace(t).start(withTLS("cert_file: " + cert + ", key_file: " + key))
	r.scheme, r.client = "https", a.trusting()
	r.want(firstKey, "hello", 200)

	r.scheme = "http" // plain on a TLS port
	if status, body := r.call(firstKey, "hello"); status == 200 {
		t.Errorf("a plain call = %d %s", status, body)
	}
}

func TestClientCertificates(t *testing.T) {
	t.Parallel()
	a, stranger := newAuthority(t), newAuthority(t)
	_, _, cert, key := a.issue("server", false)
	pair := func(by *authority) tls.Certificate {
		_, _, cert, key := by.issue("client", false)
		p, err := tls.LoadX509KeyPair(cert, key)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	r := newPlace(t).start(withTLS("cert_file: " + cert + ", key_file: " + key + ", client_ca_file: " + a.file))
	r.scheme = "https"
	for _, tt := range []struct {
		name   string
		client *http.Client
		status int
	}{
		{"ours", a.trusting(pair(a)), 200},
		{"none", a.trusting(), 0},
		{"a stranger's", a.trusting(pair(stranger)), 0},
	} {
		r.client = tt.client
		if status, body := r.call(firstKey, "hello"); status != tt.status {
			t.Errorf("%s: %d %s, want %d", tt.name, status, body, tt.status)
		}
	}
}
