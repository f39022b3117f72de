package config

import (
	"crypto/tls"
	"crypto/x509"
)

// certificates checks the files that TLS needs: a gateway that starts and then
// refuses every connection helps nobody.
func (r *resolver) certificates() {
	general := r.cfg.Document.GeneralSettings
	r.certificateFile("general_settings.ca_file", general.CAFile)
	r.certificateFile("general_settings.tls.client_ca_file", general.TLS.ClientCAFile)
	r.keyPair(general.TLS)
}

// certificateFile checks that a file holds certificates, if one is named.
func (r *resolver) certificateFile(path, file string) {
	if file == "" {
		return
	}
	data, err := readFile(file, maxSecretFile)
	if err != nil {
		r.fail(path, CodeBadFile, "name a readable PEM file", "read the certificates: %v", err)
		return
	}
	if !x509.NewCertPool().AppendCertsFromPEM(data) {
		r.fail(path, CodeBadFile, "name a PEM file", "there is no certificate in %s", file)
	}
}

// keyPair checks that certificate and key are both there and belong together.
func (r *resolver) keyPair(s TLSSettings) {
	const path = "general_settings.tls"
	switch {
	case s == TLSSettings{}:
	case s.CertFile == "":
		r.fail(path, CodeMissingKey, "set cert_file", "TLS needs a certificate, and cert_file is not set")
	case s.KeyFile == "":
		r.fail(path, CodeMissingKey, "set key_file", "TLS needs the certificate's key, and key_file is not set")
	default:
		cert, certErr := readFile(s.CertFile, maxSecretFile)
		key, keyErr := readFile(s.KeyFile, maxSecretFile)
		if certErr != nil {
			r.fail(path+".cert_file", CodeBadFile, "name a readable PEM file", "read the certificate: %v", certErr)
		}
		if keyErr != nil {
			r.fail(path+".key_file", CodeBadFile, "name a readable PEM file", "read the key: %v", keyErr)
		}
		if certErr != nil || keyErr != nil {
			return
		}
		// The error tells what is wrong with the files' form, never what is in them.
		if _, err := tls.X509KeyPair(cert, key); err != nil {
			r.fail(path, CodeBadFile, "name a certificate and the key that belongs to it", "certificate and key cannot be used: %v", err)
		}
	}
}
