package http1

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"time"
)

const (
	// bufferSize is held by every open connection.
	bufferSize = 4 << 10
	// lateAnswer is for how long an answer is waited for on a connection that
	// takes no more of the request: a server that refuses a body and hangs up.
	lateAnswer = time.Second
	// patience is how many empty reads count as a broken reader.
	patience = 100
)

// conn is a connection. It belongs to one request at a time, and while there is
// none, to the pool.
type conn struct {
	t      *Transport
	host   target
	socket *socket
	stream net.Conn             // socket, or TLS over it
	tls    *tls.ConnectionState // nil without TLS

	buf  []byte
	r, w int // what has been read and not yet used is buf[r:w]

	upload *upload // the request that is still being written, or nil
	failed error   // why it could not be written; to be read once upload has ended
	keep   bool    // the answer allows for another request
	// unwatch ends the watch over the request's context. It reports false where
	// that has closed the connection, or is about to.
	unwatch   func() bool
	abort     func() // closes the socket
	idleSince time.Time
}

func newConn(t *Transport, host target, s *socket) *conn {
	c := &conn{t: t, host: host, socket: s, stream: s, buf: make([]byte, bufferSize)}
	// Below TLS, which would want to say good-bye, and wait for room to do so.
	c.abort = func() { _ = s.Close() }
	return c
}

// watch makes the end of ctx the end of the connection.
func (c *conn) watch(ctx context.Context) { c.unwatch = context.AfterFunc(ctx, c.abort) }

// alive reports whether the connection, which waited in the pool, can be used: it
// is not too old, and the server has neither closed it nor said anything. Bytes
// that nobody asked for would be taken for the answer to the next request.
func (c *conn) alive(limit time.Duration) bool {
	if time.Since(c.idleSince) >= limit {
		return false
	}
	c.socket.probing = true
	defer func() { c.socket.probing = false }()
	var b [1]byte
	n, err := c.stream.Read(b[:])
	return n == 0 && errors.Is(err, errWouldBlock)
}

// release gives up the connection after an answer was read to its end. It is kept
// for the next request if nothing speaks against it.
func (c *conn) release() {
	watching := c.unwatch()
	if watching && c.keep && c.r == c.w && c.upload.endsSoon() && c.failed == nil {
		c.upload = nil
		if len(c.buf) > bufferSize {
			c.buf = make([]byte, bufferSize)
		}
		c.r, c.w = 0, 0
		c.t.pool.put(c)
		return
	}
	c.kill()
}

// kill closes the connection in the middle of a request, and waits until the
// request's body is not read any more.
func (c *conn) kill() {
	c.unwatch()
	c.abort()
	c.upload.wait()
}

// discard closes a connection that has no request.
func (c *conn) discard() { _ = c.stream.Close() }

// buffered is what has been read and not yet used.
func (c *conn) buffered() []byte { return c.buf[c.r:c.w] }

// fill reads on, behind what is buffered. It makes room as it must.
func (c *conn) fill() error {
	switch {
	case c.r == c.w:
		c.r, c.w = 0, 0
	case c.w == len(c.buf) && c.r > 0:
		c.w = copy(c.buf, c.buf[c.r:c.w])
		c.r = 0
	case c.w == len(c.buf):
		c.buf = append(c.buf, make([]byte, len(c.buf))...)
	}
	n, err := c.read(c.buf[c.w:])
	c.w += n
	return err
}

// read reads into p: something, or an error.
func (c *conn) read(p []byte) (int, error) {
	for range patience {
		n, err := c.stream.Read(p)
		if n > 0 {
			return n, nil // an error comes again
		}
		if err != nil {
			return 0, err
		}
	}
	return 0, io.ErrNoProgress
}
