package provider

import (
	"errors"
	"fmt"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"

	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/secret"
)

// DefaultUserAgent is what providers call themselves where nothing else is set.
const DefaultUserAgent = "llmgw"

var (
	errBaseURL    = errors.New("not an http or https URL with a host")
	errUserInfo   = errors.New("has a user name or password in it (put credentials in api_key)")
	errCredential = errors.New("credential has characters that no header field may carry (a line break at its end?)")
	errHeader     = errors.New("not allowed as an extra header field")
)

// ParseBaseURL reads the address of a vendor, or fallback where raw is "". No
// text of raw is in its errors: it may hold a credential.
func ParseBaseURL(raw, fallback string) (*url.URL, error) {
	if raw == "" {
		raw = fallback
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil, u.Scheme != "http" && u.Scheme != "https", u.Host == "":
		return nil, fmt.Errorf("base URL: %w", errBaseURL)
	case u.User != nil:
		return nil, fmt.Errorf("base URL: %w", errUserInfo)
	}
	u.Fragment, u.RawFragment = "", ""
	if u.Path == "" {
		// JoinPath makes a relative path of an empty one, and a request line without
		// its slash.
		u.Path = "/"
	}
	return u, nil
}

// WithQuery returns u with a client's query string added to its own, or u itself
// where there is nothing to add. Pairs that name a credential are left out, and
// so are those that no request line can carry.
func WithQuery(u *url.URL, query string) *url.URL {
	kept := filterQuery(query)
	if kept == "" {
		return u
	}
	v := *u
	if v.RawQuery != "" {
		kept = v.RawQuery + "&" + kept
	}
	v.RawQuery = kept
	return &v
}

// filterQuery keeps the pairs that may go to a vendor, byte for byte.
func filterQuery(query string) string {
	kept := make([]string, 0, 4)
	for pair := range strings.SplitSeq(query, "&") {
		name, _, _ := strings.Cut(pair, "=")
		if pair != "" && isPrintable(pair) && !namesCredential(name) {
			kept = append(kept, pair)
		}
	}
	return strings.Join(kept, "&")
}

// namesCredential judges a query parameter by its name, unescaped where it can be.
func namesCredential(name string) bool {
	if plain, err := url.QueryUnescape(name); err == nil {
		name = plain
	}
	name = strings.ToLower(name)
	return name == "key" || strings.Contains(name, "token") || strings.Contains(name, "auth") ||
		strings.HasSuffix(name, "api_key") || strings.HasSuffix(name, "apikey") || strings.HasSuffix(name, "api-key")
}

// isPrintable reports whether s is visible ASCII without "#".
func isPrintable(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f || s[i] == '#' {
			return false
		}
	}
	return true
}

// FixedHeader returns the header fields of every request to a vendor that speaks
// JSON, with the configured extra ones set over them. It refuses extra fields
// that frame a message, and values that no field may carry, without showing any:
// extra fields may hold credentials.
func FixedHeader(userAgent string, extra llm.Header) (http.Header, error) {
	if userAgent == "" {
		userAgent = DefaultUserAgent
	}
	h := http.Header{
		"Content-Type": {"application/json"},
		"Accept":       {"application/json"},
		"User-Agent":   {userAgent},
	}
	for name, values := range extra {
		canonical := textproto.CanonicalMIMEHeaderKey(name)
		if !isFieldName(canonical) || framesMessage(canonical) {
			return nil, fmt.Errorf("header field %q: %w", name, errHeader)
		}
		for _, v := range values {
			if !isFieldValue(v) {
				return nil, fmt.Errorf("header field %q: %w", name, errCredential)
			}
		}
		h[canonical] = values
	}
	return h, nil
}

// CheckCredential refuses a credential that cannot be sent, without showing it.
// An empty one is fine: local vendors need none.
func CheckCredential(t secret.Text) error {
	if !isFieldValue(t.Reveal()) {
		return errCredential
	}
	return nil
}

// framesMessage names the fields that belong to the connection or the message,
// not to the call (RFC 9110 7.6.1 and RFC 9112).
func framesMessage(name string) bool {
	switch name {
	case "Accept-Encoding", "Connection", "Content-Encoding", "Content-Length", "Expect", "Host", "Keep-Alive",
		"Proxy-Authorization", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade":
		return true
	}
	return false
}

// isFieldName reports whether s is a token (RFC 9110 5.6.2).
func isFieldName(s string) bool {
	const others = "!#$%&'*+-.^_`|~"
	for i := range len(s) {
		c := s[i]
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && (c < '0' || c > '9') && !strings.Contains(others, string(rune(c))) {
			return false
		}
	}
	return s != ""
}

// isFieldValue reports whether s can be the value of a field: no control
// characters but tabs, no blanks around it (RFC 9110 5.5).
func isFieldValue(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' && s[i] != '\t' || s[i] == 0x7f {
			return false
		}
	}
	return strings.TrimSpace(s) == s
}
