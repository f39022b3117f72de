// Package http1 reads HTTP/1.1 messages off a connection with as little work as
// a correct reading needs, so that the two ends of a benchmark, the generator
// and the mock provider, leave the machine to what is measured.
//
// It is not an HTTP implementation: it looks at the first line and at the body's
// framing, passes over the rest and refuses what neither end sends. Its callers
// are load and mock.
package http1

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// maxHead bounds first line and header fields together, and maxChunk one chunk;
// what is larger is no message of a benchmark.
const (
	maxHead  = 32 << 10
	maxChunk = 1 << 30
)

// ErrMalformed is the cause of every error about what a peer has sent.
var ErrMalformed = errors.New("malformed HTTP/1.1 message")

// Head is what a message says before its body.
type Head struct {
	// Status is a response's status, 0 in a request.
	Status int
	// Target is a request's path and query, nil in a response. It is valid until
	// the next call of the Reader.
	Target []byte

	framing framing
}

// Reader reads messages one after the other: a head, its body, the next head.
// Not safe for concurrent use.
type Reader struct {
	br     *bufio.Reader
	target []byte
}

// NewReader returns a Reader of the messages on r.
func NewReader(r io.Reader) *Reader {
	return &Reader{br: bufio.NewReaderSize(r, maxHead)}
}

// Request reads the head of a request. It returns io.EOF where the peer has
// closed the connection between two messages, io.ErrUnexpectedEOF within one.
func (r *Reader) Request() (Head, error) {
	line, err := r.firstLine()
	if err != nil {
		return Head{}, err
	}
	_, rest, ok := bytes.Cut(line, []byte(" "))
	target, version, ok2 := bytes.Cut(rest, []byte(" "))
	if !ok || !ok2 || string(version) != "HTTP/1.1" || len(target) == 0 {
		return Head{}, fmt.Errorf("%w: request line %.80q", ErrMalformed, line)
	}
	r.target = append(r.target[:0], target...)
	h := Head{Target: r.target}
	h.framing, err = r.fields()
	return h, err
}

// Response reads the head of a response, with the errors of Request. A response
// that ends where the connection does is malformed: on a kept connection nobody
// could tell whether it is whole.
func (r *Reader) Response() (Head, error) {
	line, err := r.firstLine()
	if err != nil {
		return Head{}, err
	}
	h := Head{}
	if h.Status, err = status(line); err != nil {
		return Head{}, err
	}
	if h.framing, err = r.fields(); err != nil {
		return Head{}, err
	}
	if h.framing.kind == unframed {
		return Head{}, fmt.Errorf("%w: response without a length", ErrMalformed)
	}
	return h, nil
}

// status reads the code of a status line such as "HTTP/1.1 200 OK".
func status(line []byte) (int, error) {
	code, ok := bytes.CutPrefix(line, []byte("HTTP/1.1 "))
	code, _, _ = bytes.Cut(code, []byte(" "))
	n, valid := digits(code)
	if !ok || !valid || len(code) != 3 {
		return 0, fmt.Errorf("%w: status line %.80q", ErrMalformed, line)
	}
	return int(n), nil
}

// firstLine is line, but an end of the connection before its first byte is
// io.EOF.
func (r *Reader) firstLine() ([]byte, error) {
	if _, err := r.br.Peek(1); err != nil {
		return nil, err
	}
	return r.line()
}

// line reads up to the next line feed and returns what is before it, without a
// carriage return. The bytes are valid until the next read.
func (r *Reader) line() ([]byte, error) {
	b, err := r.br.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return nil, fmt.Errorf("%w: line over %d bytes", ErrMalformed, maxHead)
	case err != nil:
		return nil, unexpected(err)
	}
	return bytes.TrimSuffix(b[:len(b)-1], []byte("\r")), nil
}

// unexpected turns the end of a connection within a message into an error.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// digits reads a decimal number of at most 18 digits and nothing else.
func digits(b []byte) (int64, bool) {
	if len(b) == 0 || len(b) > 18 {
		return 0, false
	}
	var n int64
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}
