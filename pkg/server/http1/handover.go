package http1

import (
	"net"
	"sync"
)

// handover is a listener that gives out the connections which others have accepted.
type handover struct {
	addr   net.Addr
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once // closes closed
}

func newHandover() *handover {
	return &handover{conns: make(chan net.Conn), closed: make(chan struct{})}
}

// give waits until the connection is taken; after Close it closes it.
func (h *handover) give(c net.Conn) {
	select {
	case h.conns <- c:
	case <-h.closed:
		_ = c.Close() // nobody is there to use it
	}
}

// Accept implements net.Listener.
func (h *handover) Accept() (net.Conn, error) {
	select {
	case c := <-h.conns:
		return c, nil
	case <-h.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (h *handover) Close() error {
	h.once.Do(func() { close(h.closed) })
	return nil
}

// Addr implements net.Listener.
func (h *handover) Addr() net.Addr { return h.addr }

// resumed is a connection of which something has been read already.
type resumed struct {
	*net.TCPConn

	before []byte
}

// Read implements net.Conn.
func (r *resumed) Read(p []byte) (int, error) {
	if len(r.before) == 0 {
		return r.TCPConn.Read(p)
	}
	n := copy(p, r.before)
	if r.before = r.before[n:]; len(r.before) == 0 {
		r.before = nil // the buffer behind it goes
	}
	return n, nil
}
