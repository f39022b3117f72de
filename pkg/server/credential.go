package server

import (
	"net/http"
	"strings"
)

// credentialFields are the header fields in which clients send their key, each
// with what may stand before it.
var credentialFields = []string{"Authorization", "X-Api-Key", "Api-Key", "X-Goog-Api-Key", "X-Litellm-Api-Key"}

// credential finds the client's key. Several equal ones are fine (Claude Code's
// apiKeyHelper sends two); conflict says that two differ.
func credential(h http.Header) (secret string, conflict bool) {
	for _, field := range credentialFields {
		for _, v := range h[field] {
			v = bearer(v)
			if v == "" {
				continue
			}
			if secret != "" && v != secret {
				return secret, true
			}
			secret = v
		}
	}
	return secret, false
}

// bearer strips the scheme from a credential.
func bearer(v string) string {
	const scheme = "bearer "
	v = strings.TrimSpace(v)
	if len(v) >= len(scheme) && strings.EqualFold(v[:len(scheme)], scheme) {
		return strings.TrimSpace(v[len(scheme):])
	}
	return v
}
