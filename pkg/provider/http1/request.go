package http1

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"golang.org/x/net/http/httpguts"
)

// userAgent is what is sent where a request does not say, as net/http does.
const userAgent = "Go-http-client/1.1"

var (
	errTarget = errors.New("request target with characters that no request line can carry")
	errField  = errors.New("header field that cannot be sent")
)

// serves reports whether Transport takes req itself.
func (t *Transport) serves(req *http.Request) (bool, error) {
	if req.URL == nil || req.Header == nil || !t.takesURL(req) || !takesMessage(req) {
		return false, nil
	}
	if t.opts.Proxy == nil {
		return true, nil
	}
	proxy, err := t.opts.Proxy(req)
	return proxy == nil, err
}

func (t *Transport) takesURL(req *http.Request) bool {
	switch req.URL.Scheme {
	case "http":
	case "https":
		if t.opts.FallbackTLS {
			return false
		}
	default:
		return false
	}
	return req.URL.Opaque == "" && isPlainHost(req.URL.Host) && (req.Host == "" || isPlainHost(req.Host))
}

// isPlainHost takes what can go into a Host field as it is: no zones, nothing to
// be encoded.
func isPlainHost(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f || s[i] == '%' {
			return false
		}
	}
	return s != "" && httpguts.ValidHostHeader(s)
}

func takesMessage(req *http.Request) bool {
	if req.Method == http.MethodConnect || !httpguts.ValidHeaderFieldName(methodOf(req)) || req.Close ||
		len(req.TransferEncoding) > 0 || len(req.Trailer) > 0 {
		return false
	}
	for _, name := range [...]string{"Expect", "Upgrade", "Connection", "Trailer", "Transfer-Encoding"} {
		if _, ok := req.Header[name]; ok {
			return false
		}
	}
	if req.Body == nil {
		return req.ContentLength == 0
	}
	return !hasBody(req) || req.ContentLength > 0 && req.GetBody != nil
}

func hasBody(req *http.Request) bool { return req.Body != nil && req.Body != http.NoBody }

func methodOf(req *http.Request) string {
	if req.Method == "" {
		return http.MethodGet
	}
	return req.Method
}

func closeBody(req *http.Request) {
	if req.Body != nil {
		_ = req.Body.Close() // Nobody waits for what closing says of a request that has ended.
	}
}

// appendHead adds the request line and the header to dst. Nothing that it lets
// through can end a line early.
func appendHead(dst []byte, req *http.Request) ([]byte, error) {
	uri := req.URL.RequestURI()
	for i := range len(uri) {
		if uri[i] <= ' ' || uri[i] == 0x7f {
			return dst, fmt.Errorf("http1: %w", errTarget)
		}
	}
	host := req.Host
	if host == "" {
		host = req.URL.Host
	}
	dst = append(dst, methodOf(req)...)
	dst = append(dst, ' ')
	dst = append(dst, uri...)
	dst = append(dst, " HTTP/1.1\r\n"...)
	dst = appendField(dst, "Host", host)
	if _, ok := req.Header["User-Agent"]; !ok {
		dst = appendField(dst, "User-Agent", userAgent)
	}
	if hasBody(req) || expectsBody(req.Method) {
		dst = append(dst, "Content-Length: "...)
		dst = strconv.AppendInt(dst, max(req.ContentLength, 0), 10)
		dst = append(dst, "\r\n"...)
	}
	dst, err := appendHeader(dst, req.Header)
	return append(dst, "\r\n"...), err
}

// expectsBody names the methods whose requests say that they have no body.
func expectsBody(method string) bool {
	return method == http.MethodPost || method == http.MethodPut || method == http.MethodPatch
}

// appendHeader adds the fields of h, save those that frame the message.
func appendHeader(dst []byte, h http.Header) ([]byte, error) {
	for name, values := range h {
		if name == "Host" || name == "Content-Length" {
			continue
		}
		if !httpguts.ValidHeaderFieldName(name) {
			return dst, fmt.Errorf("http1: %w: name %q", errField, name)
		}
		for _, v := range values {
			if !httpguts.ValidHeaderFieldValue(v) {
				// Not the value: it may be a credential.
				return dst, fmt.Errorf("http1: %w: value of %q", errField, name)
			}
			if name == "User-Agent" && v == "" {
				continue // the way to send none
			}
			dst = appendField(dst, name, strings.Trim(v, " \t"))
		}
	}
	return dst, nil
}

func appendField(dst []byte, name, value string) []byte {
	dst = append(dst, name...)
	dst = append(dst, ": "...)
	dst = append(dst, value...)
	return append(dst, "\r\n"...)
}
