package http1

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// maxFields bounds the fields of one header: a field takes far more memory than
// the three bytes that it may have on the wire.
const maxFields = 512

var (
	errHeadSize   = errors.New("header of the answer is too long")
	errStatusLine = errors.New("malformed status line")
	errFieldLine  = errors.New("malformed header field")
)

// span is a part of a head.
type span struct{ from, to int }

// field is where a header field is in a head.
type field struct{ name, value span }

// readHead reads the status line and the header, up to the empty line that ends
// them, and returns their length in c.buffered. Lines may end in LF alone (RFC
// 9112 2.2).
func (c *conn) readHead() (int, error) {
	line := 0 // where the line begins that is being read
	for seen := 0; ; {
		head := c.buffered()
		lf := bytes.IndexByte(head[seen:], '\n')
		if lf < 0 {
			seen = len(head)
			if seen >= c.t.opts.MaxHeaderBytes {
				return 0, errHeadSize
			}
			if err := c.fill(); err != nil {
				return 0, err
			}
			continue
		}
		seen += lf + 1
		if seen > c.t.opts.MaxHeaderBytes {
			return 0, errHeadSize
		}
		if text := head[line:seen]; string(text) == "\r\n" || string(text) == "\n" {
			if line == 0 {
				return 0, errStatusLine
			}
			return seen, nil
		}
		line = seen
	}
}

// parseFields finds the fields in head, which is all that readHead found, behind
// the status line. Names are made canonical where they stand. Whatever could be
// read in two ways is refused: folded lines, blanks around a name, control
// characters.
func parseFields(head []byte, from int, fields []field) ([]field, error) {
	for {
		end := from + bytes.IndexByte(head[from:], '\n')
		next := end + 1
		if end > from && head[end-1] == '\r' {
			end--
		}
		if end == from {
			return fields, nil
		}
		if len(fields) == maxFields {
			return nil, errHeadSize
		}
		f, ok := parseField(head, span{from, end})
		if !ok {
			// Not the line: it may be a cookie.
			return nil, fmt.Errorf("%w (line %d)", errFieldLine, len(fields)+1)
		}
		fields = append(fields, f)
		from = next
	}
}

// parseField finds name and value in a line.
func parseField(head []byte, line span) (field, bool) {
	colon := bytes.IndexByte(head[line.from:line.to], ':')
	if colon <= 0 || !canonicalize(head[line.from:line.from+colon]) {
		return field{}, false
	}
	f := field{name: span{line.from, line.from + colon}, value: span{line.from + colon + 1, line.to}}
	for f.value.from < f.value.to && isBlank(head[f.value.from]) {
		f.value.from++
	}
	for f.value.from < f.value.to && isBlank(head[f.value.to-1]) {
		f.value.to--
	}
	for _, b := range head[f.value.from:f.value.to] {
		if b < ' ' && b != '\t' || b == 0x7f {
			return field{}, false
		}
	}
	return f, true
}

func isBlank(b byte) bool { return b == ' ' || b == '\t' }

// canonicalize gives a field name capitals at its beginning and behind hyphens,
// as http.Header wants it, or reports that it is no name.
func canonicalize(name []byte) bool {
	upper := true
	for i, b := range name {
		if !isToken[b] {
			return false
		}
		switch {
		case upper && 'a' <= b && b <= 'z':
			name[i] = b - 'a' + 'A'
		case !upper && 'A' <= b && b <= 'Z':
			name[i] = b - 'A' + 'a'
		}
		upper = b == '-'
	}
	return true
}

// isToken has the characters of tokens (RFC 9110 5.6.2).
var isToken = func() (is [256]bool) {
	for _, b := range []byte("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") {
		is[b] = true
	}
	return is
}()

// parseStatus reads a status line without its end into resp.
func parseStatus(line string, resp *http.Response) error {
	proto, status, ok := strings.Cut(line, " ")
	switch {
	case !ok:
		return errStatusLine
	case proto == "HTTP/1.1":
		resp.ProtoMinor = 1
	case proto != "HTTP/1.0":
		return errStatusLine
	}
	code, reason, _ := strings.Cut(status, " ")
	if len(code) != 3 {
		return errStatusLine
	}
	for i := range len(code) {
		if code[i] < '0' || code[i] > '9' {
			return errStatusLine
		}
		resp.StatusCode = 10*resp.StatusCode + int(code[i]-'0')
	}
	if resp.StatusCode < 100 || strings.ContainsFunc(reason, isControl) {
		return errStatusLine
	}
	resp.Proto, resp.ProtoMajor, resp.Status = proto, 1, status
	return nil
}

func isControl(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }
