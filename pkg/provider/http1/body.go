package http1

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
)

var errBodyClosed = errors.New("http1: read of a body that is closed")

// framing is how the end of a body is found.
type framing uint8

const (
	byLength framing = iota
	byChunks
	byClose // of the connection
)

// The states of a body. Whoever moves it away from open decides what becomes of
// the connection.
const (
	open    int32 = iota
	done          // the connection is given up, or kept
	closing       // Close has closed the connection under a Read
)

// body is the body of an answer. At its end the connection is given up at once,
// not only by Close.
type body struct {
	conn    *conn
	req     *http.Request
	framing framing
	state   atomic.Int32
	mu      sync.Mutex // held by whoever reads; guards what follows
	left    int64      // byLength: of the body
	chunks  chunks
	err     error // what every further Read returns
}

// ended reports whether there is no body at all.
func (b *body) ended() bool { return b.framing == byLength && b.left == 0 }

// Read reads what is there, and waits only where nothing is. It reports the end
// together with the last bytes where it is known by then.
func (b *body) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err != nil || len(p) == 0 {
		return 0, b.err
	}
	n, err := b.read(p)
	switch {
	case errors.Is(err, io.EOF):
		b.finish()
	case err != nil:
		b.fail(err)
	}
	return n, b.err
}

func (b *body) read(p []byte) (int, error) {
	switch b.framing {
	case byLength:
		return b.readLength(p)
	case byChunks:
		return b.readChunks(p)
	default:
		return b.readAll(p)
	}
}

// readLength reads a body of known length. There may be more than it should be:
// a byte more is read where there is room, to find that out.
func (b *body) readLength(p []byte) (int, error) {
	c := b.conn
	var n int
	switch {
	case c.r < c.w || len(p) < len(c.buf):
		if err := c.need(); err != nil {
			return 0, unexpected(err)
		}
		n = copy(p[:min(int64(len(p)), b.left)], c.buffered())
		c.r += n
	default:
		var err error
		n, err = c.read(p[:min(int64(len(p)), b.left+1)])
		if err != nil {
			return 0, unexpected(err)
		}
		if int64(n) > b.left {
			n, c.keep = int(b.left), false
		}
	}
	b.left -= int64(n)
	if b.left == 0 {
		return n, io.EOF
	}
	return n, nil
}

// readChunks reads a chunked body: on through the chunks, as long as one is
// buffered.
func (b *body) readChunks(p []byte) (int, error) {
	c, d := b.conn, &b.chunks
	for {
		if c.r == c.w && d.state == inData && d.left >= uint64(len(c.buf)) && len(p) >= len(c.buf) {
			n, err := c.read(p[:min(uint64(len(p)), d.left)])
			d.took(n)
			return n, unexpected(err)
		}
		n, err := b.decode(p)
		if n > 0 || err != nil {
			return n, err
		}
		if err := c.fill(); err != nil {
			return 0, unexpected(err)
		}
	}
}

// decode reads from what is buffered.
func (b *body) decode(p []byte) (int, error) {
	c := b.conn
	n, used, err := b.chunks.decode(p, c.buffered())
	c.r += used
	switch {
	case err != nil:
		return n, fmt.Errorf("http1: %w", err)
	case b.chunks.state == ended:
		return n, io.EOF
	}
	return n, nil
}

// readAll reads a body that ends with the connection.
func (b *body) readAll(p []byte) (int, error) {
	c := b.conn
	if c.r == c.w && len(p) >= len(c.buf) {
		return c.read(p)
	}
	if err := c.need(); err != nil {
		return 0, err
	}
	n := copy(p, c.buffered())
	c.r += n
	return n, nil
}

// unexpected is for reads that must not meet the end of the connection.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// need fills the buffer unless there is something in it.
func (c *conn) need() error {
	if c.r < c.w {
		return nil
	}
	return c.fill()
}

// finish gives the connection up at the body's end.
func (b *body) finish() {
	b.err = io.EOF
	if b.state.CompareAndSwap(open, done) {
		b.conn.release()
		return
	}
	b.conn.kill()
}

// fail closes the connection.
func (b *body) fail(err error) {
	if b.state.CompareAndSwap(open, done) {
		b.err = because(b.req.Context(), err)
	} else {
		b.err = errBodyClosed
	}
	b.conn.kill()
}

// Close ends the body, and a Read that waits. The connection is closed with it,
// unless all that is missing of the body has already come.
func (b *body) Close() error {
	if !b.mu.TryLock() {
		if b.state.CompareAndSwap(open, closing) {
			b.conn.abort()
		}
		b.mu.Lock()
	}
	defer b.mu.Unlock()
	if b.err == nil {
		if b.drain() {
			b.finish()
		} else {
			b.fail(errBodyClosed)
		}
	}
	b.err = errBodyClosed
	return nil
}

// drain reads what is buffered of the body, and reports whether that is the rest.
func (b *body) drain() bool {
	c := b.conn
	switch b.framing {
	case byLength:
		n := min(b.left, int64(c.w-c.r))
		c.r += int(n)
		return n == b.left
	case byChunks:
		var scratch [512]byte
		for {
			n, err := b.decode(scratch[:])
			if n == 0 || err != nil {
				return errors.Is(err, io.EOF)
			}
		}
	default:
		return false
	}
}
