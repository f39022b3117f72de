// Package keys knows virtual API keys: what a key is, how its secret is hashed,
// what is stored of it, and by which rules it is made, changed, rotated and
// deleted.
//
// It does not decide what a key may spend (ratelimit, budget), keeps nothing itself
// (package store does, behind [Store]) and reads no HTTP header (server). The
// gateway's authenticate and authorize stages look at a [Key]; the admin API of
// package server calls the [Manager]; app puts them together.
package keys

import (
	"crypto/sha256"
	"encoding/hex"
	"path"
	"strings"
	"time"
)

// Role is what a key may do.
type Role uint8

// The roles.
const (
	// Caller may call models.
	Caller Role = iota
	// Admin may do everything, has no limits, and its spend counts to the gateway
	// only: the master key.
	Admin
)

// Key is a virtual API key. Its secret is not part of it. Keys are immutable.
type Key struct {
	// ID is public: it stands in logs and reports.
	ID string
	// Name is for people; never the secret.
	Name string
	// Team is the id of the team it belongs to, or ""; TeamName what people call it.
	Team, TeamName string
	Role           Role
	// Models are the names and patterns ("claude-*") it may use; none means all.
	Models []string
	// Expires is when it stops working; zero for never.
	Expires time.Time
	// Blocked keys are refused.
	Blocked bool
}

// Allows reports whether the key may use a model of that public name.
func (k *Key) Allows(model string) bool {
	if len(k.Models) == 0 || k.Role == Admin {
		return true
	}
	for _, pattern := range k.Models {
		if matches(pattern, model) {
			return true
		}
	}
	return false
}

// matches compares a name with a pattern in which "*" stands for any run of
// characters. A pattern that is not well formed matches only itself.
func matches(pattern, name string) bool {
	if pattern == name || pattern == "*" {
		return true
	}
	if prefix, ok := strings.CutSuffix(pattern, "*"); ok && !strings.ContainsAny(prefix, `*?[\`) {
		return strings.HasPrefix(name, prefix)
	}
	// path.Match stops at slashes, which are ordinary characters in model names.
	const slash = "\x00"
	ok, err := path.Match(strings.ReplaceAll(pattern, "/", slash), strings.ReplaceAll(name, "/", slash))
	return err == nil && ok
}

// Hash is the SHA-256 of a secret: all that is kept of it.
type Hash [sha256.Size]byte

// Sum hashes a secret.
func Sum(secret string) Hash { return sha256.Sum256([]byte(secret)) }

// ParseHash reads 64 hexadecimal digits; false for anything else.
func ParseHash(s string) (h Hash, ok bool) {
	if len(s) != 2*len(h) {
		return Hash{}, false
	}
	_, err := hex.Decode(h[:], []byte(s))
	return h, err == nil
}

// String gives the hash as 64 hexadecimal digits.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// IsZero reports whether it is no hash at all.
func (h Hash) IsZero() bool { return h == Hash{} }

// idPrefix begins the id of every key.
const idPrefix = "key_"

// StaticID derives the public id of a key that stands in the configuration: it
// stays the same across restarts and does not give the secret away.
func StaticID(h Hash) string { return idPrefix + hex.EncodeToString(h[:8]) }

// masked stands for all of a secret but its end.
const masked = secretPrefix + "…"

// Mask shortens a secret to what may be shown: "sk-…last".
func Mask(secret string) string {
	const shown = 4
	if len(secret) < 3*shown {
		return masked
	}
	return masked + secret[len(secret)-shown:]
}
