package http1

import (
	"bytes"
	"errors"
	"net/http"
	"strings"

	"github.com/llmgw/llmgw/pkg/httpfield"
)

var (
	errHeadSize   = errors.New("header of the answer is too long")
	errStatusLine = errors.New("malformed status line")
)

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

func isControl(r rune) bool { return r <= 0x7f && httpfield.IsControl(byte(r)) }
