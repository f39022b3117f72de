package http1

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"runtime/debug"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	// bufferSize is held by every open connection.
	bufferSize = 4 << 10
	// maxHead is where a head is given up and left to net/http.
	maxHead = 64 << 10
	// lingering is how long the end of an answer may take to reach a client that is
	// still sending: closing at once would reset the connection under it.
	lingering = 500 * time.Millisecond
)

// The states of a connection. Whoever changes it to closed closes it.
const (
	idle   int32 = iota // waits for a request
	busy                // a request is being answered
	closed              // is being closed, or belongs to net/http
)

// conn is a connection. All of it but state and open belongs to the
// goroutine of serve.
type conn struct {
	s     *Server
	nc    *net.TCPConn
	raw   syscall.RawConn
	addr  string // of the client
	state atomic.Int32
	// open is the request under way, or nil.
	open atomic.Pointer[exchange]

	buf  []byte
	r, w int // what has been read and not yet used is buf[r:w]
	// template is copied for every request: only so can one be given a context
	// without a second copy.
	template *http.Request
}

// newConn makes a connection, or nil where it is of a kind that is not served here.
func newConn(s *Server, nc net.Conn) *conn {
	tcp, ok := nc.(*net.TCPConn)
	if !ok || !canPeek {
		return nil
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nil
	}
	c := &conn{s: s, nc: tcp, raw: raw, addr: tcp.RemoteAddr().String(), buf: make([]byte, bufferSize)}
	c.template = &http.Request{Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, RemoteAddr: c.addr}
	return c
}

// serve answers one request after the other until the connection ends, or is net/http's.
func (c *conn) serve() {
	wait := c.s.opts.HeaderTime // for the first byte of all
	for {
		n, err := c.readHead(wait)
		switch {
		case errors.Is(err, errNotPlain):
			c.handOver()
			return
		case err != nil:
			c.close()
			return
		}
		if !c.next(n) {
			return
		}
		wait = c.s.opts.IdleTime
	}
}

// next answers the request whose head is in the next n bytes. It reports false where the
// connection is not this loop's any more.
func (c *conn) next(n int) bool {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	req := c.template.WithContext(ctx)
	if !parseHead(c.buf[c.r:c.r+n], req) {
		c.handOver()
		return false
	}
	c.r += n
	if !c.state.CompareAndSwap(idle, busy) {
		return false // Shutdown was faster
	}
	if !c.answer(req, cancel) || !c.state.CompareAndSwap(busy, idle) || c.s.closing.Load() {
		c.close()
		return false
	}
	return true
}

// errNotPlain is a head that net/http should judge.
var errNotPlain = errors.New("http1: not plain")

// headEnd is the end of every head that is parsed here.
var headEnd = []byte("\r\n\r\n")

// readHead reads up to the end of a head and returns its length in buf[r:w]. wait is how
// long its first byte may take.
func (c *conn) readHead(wait time.Duration) (int, error) {
	if c.r == c.w {
		c.r, c.w = 0, 0
		if cap(c.buf) > bufferSize {
			c.buf = make([]byte, bufferSize)
		}
	}
	waited := c.r == c.w
	if waited {
		_ = c.nc.SetReadDeadline(time.Now().Add(wait)) // it fails where Read will
	}
	timed := false
	for seen := 0; ; {
		got := c.buf[c.r:c.w]
		if i := bytes.Index(got[seen:], headEnd); i >= 0 {
			return seen + i + len(headEnd), nil
		}
		seen = max(0, len(got)-len(headEnd)+1)
		if len(got) >= maxHead {
			return 0, errNotPlain
		}
		if len(got) > 0 && !timed {
			timed = true
			_ = c.nc.SetReadDeadline(time.Now().Add(c.s.opts.HeaderTime)) // as above
		}
		if err := c.fill(); err != nil {
			if len(got) > 0 && !errors.Is(err, net.ErrClosed) && !isTimeout(err) {
				return 0, errNotPlain // half a head: net/http says what there is to say
			}
			return 0, err
		}
	}
}

func isTimeout(err error) bool {
	var e net.Error
	return errors.As(err, &e) && e.Timeout()
}

// fill reads on, behind what is buffered. It makes room as it must.
func (c *conn) fill() error {
	if c.w == len(c.buf) && c.r > 0 {
		c.w = copy(c.buf, c.buf[c.r:c.w])
		c.r = 0
	}
	if c.w == len(c.buf) {
		c.buf = append(c.buf, make([]byte, len(c.buf))...)
	}
	n, err := c.nc.Read(c.buf[c.w:])
	c.w += n
	if n > 0 {
		return nil // an error comes again
	}
	return err
}

// answer lets the handler answer a request, and reports whether there may be another.
func (c *conn) answer(req *http.Request, cancel context.CancelFunc) (keep bool) {
	x := &exchange{began: c.s.clock.since(), cancel: cancel}
	x.body = body{c: c, left: req.ContentLength}
	req.Body = http.NoBody
	if x.body.left > 0 {
		req.Body = &x.body
	}
	w := &x.response
	*w = response{c: c, req: req, body: &x.body, length: unknown}
	c.open.Store(x)
	ok := c.call(w)
	c.open.Store(nil)
	return w.finish(ok) && ok && !w.closing
}

// exchange is all that is allocated for a request and its answer, but their headers.
type exchange struct {
	// began is when it began, by the Server's clock.
	began    int64
	cancel   context.CancelFunc
	body     body
	response response
}

// call runs the handler and reports whether it returned.
func (c *conn) call(w *response) (ok bool) {
	defer func() {
		if p := recover(); p != nil && p != http.ErrAbortHandler { //nolint:errorlint // a value, not an error
			c.s.opts.Logger.Error("panic in a handler", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
		}
	}()
	c.s.opts.Handler.ServeHTTP(w, w.req)
	return true
}

// close ends the connection, unless another has.
func (c *conn) close() {
	if c.state.Swap(closed) != closed {
		_ = c.nc.Close() // nothing is wanted of it any more
	}
}

// linger lets the client read the end of the answer while it may still be sending.
func (c *conn) linger() {
	if c.nc.CloseWrite() != nil {
		return
	}
	_ = c.nc.SetReadDeadline(time.Now().Add(lingering)) // it fails where Read will
	for {
		if _, err := c.nc.Read(c.buf[:cap(c.buf)]); err != nil {
			return
		}
	}
}

// handOver gives the connection to net/http, with what has been read of it.
func (c *conn) handOver() {
	if !c.state.CompareAndSwap(idle, closed) {
		return // Shutdown was faster
	}
	_ = c.nc.SetDeadline(time.Time{}) // it fails where everything else will
	c.s.rest.give(&resumed{TCPConn: c.nc, before: c.buf[c.r:c.w]})
}
