package http1

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/llmgw/llmgw/pkg/httpfield"
)

// maxInterim bounds the answers of status 1xx before the one that counts.
const maxInterim = 8

var (
	errInterim  = errors.New("too many answers of status 1xx")
	errUpgrade  = errors.New("server changes the protocol unasked")
	errFraming  = errors.New("length of the answer is ambiguous")
	errHangUp   = errors.New("server closed the connection before it answered")
	errEncoding = errors.New("unsupported transfer encoding")
)

// answer is all that is allocated for a response, but its header. A response with
// few fields has their values here too.
type answer struct {
	resp   http.Response
	body   body
	values [16]string
}

// receive reads the header of the answer to a request that has been sent. With an
// error the connection is closed, and the request's body too.
func (c *conn) receive(req *http.Request) (*http.Response, error) {
	a, err := c.readAnswer(req)
	if err != nil {
		if c.upload.ended() && c.failed != nil {
			err = fmt.Errorf("http1: write request: %w", c.failed)
		}
		c.kill()
		return nil, because(req.Context(), err)
	}
	if a.body.ended() {
		a.resp.Body = http.NoBody
		c.release()
	} else {
		a.resp.Body = &a.body
	}
	return &a.resp, nil
}

// readAnswer reads up to the body of the answer that counts.
func (c *conn) readAnswer(req *http.Request) (*answer, error) {
	for range maxInterim + 1 {
		n, err := c.readHead()
		if errors.Is(err, io.EOF) {
			err = errHangUp
			if c.r != c.w {
				err = io.ErrUnexpectedEOF
			}
		}
		if err != nil {
			return nil, fmt.Errorf("http1: read answer: %w", err)
		}
		a, err := parseAnswer(c.buf[c.r:c.r+n], req)
		if err != nil {
			return nil, fmt.Errorf("http1: %w", err)
		}
		c.r += n
		switch {
		case a.resp.StatusCode == http.StatusSwitchingProtocols:
			return nil, fmt.Errorf("http1: %w", errUpgrade)
		case a.resp.StatusCode >= http.StatusOK:
			a.resp.TLS = c.tls
			a.body.conn, a.body.req, c.keep = c, req, !a.resp.Close
			return a, nil
		}
	}
	return nil, fmt.Errorf("http1: %w", errInterim)
}

// parseAnswer reads a head. It writes in it.
func parseAnswer(head []byte, req *http.Request) (*answer, error) {
	var few [32]httpfield.Field
	lf := bytes.IndexByte(head, '\n')
	fields, err := httpfield.Parse(head, lf+1, few[:0])
	if err != nil {
		return nil, err
	}
	a := &answer{resp: http.Response{Request: req}}
	text := string(head) // the one copy, which all parts share
	if err := parseStatus(strings.TrimSuffix(text[:lf], "\r"), &a.resp); err != nil {
		return nil, err
	}
	values := a.values[:]
	if len(fields) > len(values) {
		values = make([]string, len(fields))
	}
	a.resp.Header = make(http.Header, len(fields))
	for i, f := range fields {
		name := text[f.Name.From:f.Name.To]
		values[i] = text[f.Value.From:f.Value.To]
		if before, ok := a.resp.Header[name]; ok {
			a.resp.Header[name] = append(before, values[i])
			continue
		}
		a.resp.Header[name] = values[i : i+1 : i+1]
	}
	return a, a.frame(req.Method)
}

// frame finds out where the body ends (RFC 9112 6.3), and whether the connection
// can be used after it.
func (a *answer) frame(method string) error {
	resp := &a.resp
	length, err := contentLength(resp.Header)
	if err != nil {
		return err
	}
	encoding, chunked := resp.Header["Transfer-Encoding"]
	if chunked {
		if resp.ProtoMinor == 0 || len(encoding) != 1 || !strings.EqualFold(encoding[0], "chunked") {
			return errEncoding
		}
		delete(resp.Header, "Transfer-Encoding")
	}
	resp.ContentLength = length
	resp.Close = closes(resp)
	switch {
	case method == http.MethodHead:
		a.body.framing = byLength
	case resp.StatusCode < http.StatusOK, resp.StatusCode == http.StatusNoContent, resp.StatusCode == http.StatusNotModified:
		a.body.framing, resp.ContentLength = byLength, 0
	case chunked:
		encoding[0] = "chunked" // in whatever case it was sent
		a.body.framing, resp.TransferEncoding = byChunks, encoding
		// A server that announces both may mean either: this is the safe one, on a
		// connection that is not used again.
		resp.Close = resp.Close || length >= 0
		resp.ContentLength = -1
		delete(resp.Header, "Content-Length")
	case length >= 0:
		a.body.framing, a.body.left = byLength, length
	default:
		a.body.framing, resp.Close = byClose, true
	}
	return nil
}

// contentLength is the length announced, or -1. It may be announced more than
// once, but not differently.
func contentLength(h http.Header) (int64, error) {
	values := h["Content-Length"]
	if len(values) == 0 {
		return -1, nil
	}
	for _, v := range values[1:] {
		if v != values[0] {
			return 0, errFraming
		}
	}
	h["Content-Length"] = values[:1]
	n, err := strconv.ParseUint(values[0], 10, 63)
	if err != nil {
		return 0, errFraming
	}
	return int64(n), nil
}

// closes reports whether the server closes the connection after resp: the
// default of HTTP/1.0, and what has to be said in HTTP/1.1.
func closes(resp *http.Response) bool {
	tokens := resp.Header["Connection"]
	if len(tokens) == 0 {
		return resp.ProtoMinor == 0
	}
	if resp.ProtoMinor == 0 {
		return httpguts.HeaderValuesContainsToken(tokens, "close") ||
			!httpguts.HeaderValuesContainsToken(tokens, "keep-alive")
	}
	if !httpguts.HeaderValuesContainsToken(tokens, "close") {
		return false
	}
	delete(resp.Header, "Connection") // as net/http has it: resp.Close says it
	return true
}
