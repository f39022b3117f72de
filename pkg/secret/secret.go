// Package secret holds text that must never be shown: credentials, keys,
// passwords. A Text formats, marshals and logs as "[redacted]" whatever the
// verb; only Reveal gives it back, so that every use can be found.
//
// It is not encryption: the text lies in memory as it is. Config reads secrets
// into it, providers and stores reveal them.
package secret

import (
	"fmt"
	"io"
	"log/slog"
)

// Redacted stands wherever a secret would.
const Redacted = "[redacted]"

// Text is a secret. The zero value is the empty secret. It holds a pointer, so
// that printing a struct that hides a Text in an unexported field, where fmt
// calls no methods, shows an address.
type Text struct{ p *string }

// New wraps s.
func New(s string) Text {
	if s == "" {
		return Text{}
	}
	return Text{&s}
}

// Reveal returns the secret itself.
func (t Text) Reveal() string {
	if t.p == nil {
		return ""
	}
	return *t.p
}

// Empty reports whether there is no secret.
func (t Text) Empty() bool { return t.p == nil }

// String gives "[redacted]", or "" for an empty secret.
func (t Text) String() string {
	if t.p == nil {
		return ""
	}
	return Redacted
}

// Format writes String for every verb and flag.
func (t Text) Format(f fmt.State, _ rune) {
	// An error of the underlying writer is reported by the Fprintf around this call.
	_, _ = io.WriteString(f, t.String())
}

// MarshalText is String, for JSON and YAML.
func (t Text) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads a secret from a configuration file.
func (t *Text) UnmarshalText(b []byte) error {
	*t = New(string(b))
	return nil
}

// LogValue is String, for slog.
func (t Text) LogValue() slog.Value { return slog.StringValue(t.String()) }
