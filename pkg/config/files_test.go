package config

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// newPair writes a self-signed certificate and its key into dir.
func newPair(t *testing.T, dir, name string) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	write := func(suffix, kind string, der []byte) string {
		path := filepath.Join(dir, name+suffix)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	return write(".crt", "CERTIFICATE", cert), write(".key", "PRIVATE KEY", der)
}

func TestCertificatesAreTriedOut(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cert, key := newPair(t, dir, "a")
	_, otherKey := newPair(t, dir, "b")
	for name, tt := range map[string]struct{ settings, want string }{
		"good":           {"ca_file: " + cert + "\n  tls: {cert_file: " + cert + ", key_file: " + key + ", client_ca_file: " + cert + "}", ""},
		"key only":       {"tls: {key_file: " + key + "}", "general_settings.tls: TLS needs a certificate, and cert_file is not set"},
		"clients only":   {"tls: {client_ca_file: " + cert + "}", "cert_file is not set"},
		"missing both":   {"tls: {cert_file: /none, key_file: /none}", "general_settings.tls.key_file: read the key: open /none"},
		"other key":      {"tls: {cert_file: " + cert + ", key_file: " + otherKey + "}", "certificate and key cannot be used: tls: private key does not match"},
		"no certificate": {"ca_file: " + key, "there is no certificate in"},
		"swapped":        {"tls: {cert_file: " + key + ", key_file: " + cert + "}", "certificate and key cannot be used"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := loadText(t, "general_settings:\n  "+tt.settings, nil)
			if tt.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("err = %v, want one with %q", err, tt.want)
			}
		})
	}
}
