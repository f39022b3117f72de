package http1

import (
	"errors"
	"io"
	"time"
)

// body is what a request has behind its head. One goroutine reads it.
type body struct {
	c    *conn
	left int64
	err  error // of the connection; it stays
}

// errBodyClosed is a read after Close.
var errBodyClosed = errors.New("http: invalid Read on closed Body")

// Read implements io.Reader. What is buffered comes first; the rest is read straight
// into p.
func (b *body) Read(p []byte) (int, error) {
	switch {
	case b.err != nil:
		return 0, b.err
	case b.left == 0:
		return 0, io.EOF
	case len(p) == 0:
		return 0, nil
	}
	p = p[:min(int64(len(p)), b.left)]
	c := b.c
	n := copy(p, c.buf[c.r:c.w])
	if n > 0 {
		c.r += n
	} else if n, b.err = c.nc.Read(p); n > 0 {
		b.err = nil // it comes again
	} else if errors.Is(b.err, io.EOF) {
		b.err = io.ErrUnexpectedEOF
	}
	b.left -= int64(n)
	if b.left == 0 && b.err == nil {
		return n, io.EOF
	}
	return n, b.err
}

// Close implements io.Closer. It reads nothing: what is left is the connection's
// business.
func (b *body) Close() error {
	if b.err == nil {
		b.err = errBodyClosed
	}
	return nil
}

// What is left of a body after its answer is read, within bounds: a connection that is
// closed is dearer, but not at any price.
const (
	maxDiscard  = 256 << 10
	discardTime = time.Second
)

// discard reads the body to its end, and reports whether it came there.
func (b *body) discard() bool {
	if b.left == 0 {
		return true
	}
	if b.left > maxDiscard || b.err != nil && !errors.Is(b.err, errBodyClosed) {
		return false
	}
	b.err = nil
	if int64(b.c.w-b.c.r) < b.left {
		_ = b.c.nc.SetReadDeadline(time.Now().Add(discardTime)) // it fails where Read will
	}
	_, err := io.Copy(io.Discard, b)
	return err == nil
}
