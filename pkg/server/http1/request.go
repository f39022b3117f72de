package http1

import (
	"bytes"
	"net/http"
	"net/url"

	"golang.org/x/net/http/httpguts"

	"github.com/llmgw/llmgw/pkg/httpfield"
)

// fewFields is how many fields are parsed without asking for memory. Claude Code sends
// some 20, the OpenAI SDKs some 18 (2026-08).
const fewFields = 32

// parseHead reads a head that ends in an empty line into req. It reports false for
// whatever is not plain. It writes in head only what changes nothing: the letters of
// field names.
func parseHead(head []byte, req *http.Request) bool {
	end := bytes.IndexByte(head, '\n')
	if end <= 0 || head[end-1] != '\r' || hasBareLF(head) {
		return false
	}
	var few [fewFields]httpfield.Field
	fields, err := httpfield.Parse(head, end+1, few[:0])
	if err != nil {
		return false
	}
	text := string(head) // the one copy, which all parts share
	method, target, ok := requestLine(text[:end-1])
	if !ok {
		return false
	}
	u, err := url.ParseRequestURI(target)
	if err != nil {
		return false
	}
	req.Method, req.RequestURI, req.URL = method, target, u
	req.Header = make(http.Header, len(fields))
	values := make([]string, len(fields))
	for i, f := range fields {
		name := text[f.Name.From:f.Name.To]
		values[i] = text[f.Value.From:f.Value.To]
		if !plainField(name) {
			return false
		}
		if before, ok := req.Header[name]; ok {
			req.Header[name] = append(before, values[i])
			continue
		}
		req.Header[name] = values[i : i+1 : i+1]
	}
	return takeHost(req) && takeLength(req) && takeConnection(req)
}

// hasBareLF reports whether a line ends in LF alone.
func hasBareLF(head []byte) bool {
	for from := 0; ; {
		i := bytes.IndexByte(head[from:], '\n')
		switch {
		case i < 0:
			return false
		case i == 0 || head[from+i-1] != '\r':
			return true
		}
		from += i + 1
	}
}

// requestLine splits a request line of the plain kind.
func requestLine(line string) (method, target string, ok bool) {
	const proto = " HTTP/1.1"
	for _, method = range []string{http.MethodPost, http.MethodGet, http.MethodHead} {
		begin := len(method) + 1
		if len(line) > begin+len(proto) && line[:begin-1] == method && line[begin-1] == ' ' &&
			line[len(line)-len(proto):] == proto {
			target = line[begin : len(line)-len(proto)]
			return method, target, isPlainTarget(target)
		}
	}
	return "", "", false
}

// isPlainTarget takes a path of this server in visible ASCII.
func isPlainTarget(target string) bool {
	if target[0] != '/' {
		return false
	}
	for i := range len(target) {
		if target[i] <= ' ' || target[i] >= 0x7f {
			return false
		}
	}
	return true
}

// plainField reports whether a field leaves the message what it seems to be.
func plainField(name string) bool {
	switch name {
	case "Transfer-Encoding", "Trailer", "Upgrade", "Expect", "Pragma":
		return false
	}
	return true
}

// takeHost moves the Host field to where handlers look for it.
func takeHost(req *http.Request) bool {
	hosts := req.Header["Host"]
	if len(hosts) != 1 || hosts[0] == "" || !httpguts.ValidHostHeader(hosts[0]) {
		return false
	}
	req.Host = hosts[0]
	delete(req.Header, "Host")
	return true
}

// takeLength finds out how long the body is.
func takeLength(req *http.Request) bool {
	values := req.Header["Content-Length"]
	if len(values) == 0 {
		return true
	}
	const most = 18 // digits that surely fit into an int64
	if len(values) != 1 || values[0] == "" || len(values[0]) > most || req.Method != http.MethodPost {
		return false
	}
	for i := range len(values[0]) {
		digit := values[0][i]
		if digit < '0' || digit > '9' {
			return false
		}
		req.ContentLength = 10*req.ContentLength + int64(digit-'0')
	}
	return true
}

// takeConnection finds out whether the client wants to go on after the answer.
func takeConnection(req *http.Request) bool {
	values := req.Header["Connection"]
	if len(values) == 0 {
		return true
	}
	if len(values) != 1 {
		return false
	}
	switch values[0] {
	case "keep-alive", "Keep-Alive":
	case "close", "Close":
		req.Close = true
	default:
		return false
	}
	return true
}
