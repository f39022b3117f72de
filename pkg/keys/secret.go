package keys

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/base64"
	"strings"

	"github.com/llmgw/llmgw/pkg/secret"
)

const (
	// secretPrefix begins every secret, so that scanners for leaked secrets know it.
	secretPrefix = "sk-"
	// secretBytes is how much randomness a secret has.
	secretBytes = 24
	// A secret that somebody chose has a length between these, in characters.
	shortestSecret, longestSecret = 16, 256
)

// NewSecret makes a secret: "sk-" and 32 characters.
func NewSecret() secret.Text {
	var b [secretBytes]byte
	// crypto/rand.Read never fails: it ends the process instead.
	_, _ = rand.Read(b[:])
	return secret.New(secretPrefix + base64.RawURLEncoding.EncodeToString(b[:]))
}

// newID makes a public id: the prefix and 16 characters.
func newID(prefix string) string {
	var b [10]byte
	_, _ = rand.Read(b[:]) // as above
	return prefix + strings.ToLower(base32.StdEncoding.EncodeToString(b[:]))
}

// checkSecret says what is wrong with a secret that somebody chose; param is where
// it stands.
func checkSecret(s, param string) error {
	switch {
	case !strings.HasPrefix(s, secretPrefix):
		return invalid(param, "a key begins with sk- (leave %s out, and one is made)", param)
	case len(s) < shortestSecret || len(s) > longestSecret:
		return invalid(param, "a key has %d to %d characters (leave %s out, and one is made)", shortestSecret, longestSecret, param)
	case strings.ContainsFunc(s, unfitForHeader):
		return invalid(param, "the key has a character that cannot be sent in a header (use letters, digits, - and _)")
	}
	return nil
}

// unfitForHeader reports whether a character cannot stand in a header field.
func unfitForHeader(c rune) bool { return c <= ' ' || c > '~' }
