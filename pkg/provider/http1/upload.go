package http1

import (
	"slices"
	"time"
)

// upload is the rest of a request that is written while the answer is waited
// for; nil is one that has ended.
type upload struct{ done chan struct{} }

// soon is for how long a connection whose answer is complete waits for the end of
// the request. The last byte has most likely been written, and its goroutine not
// yet got to say so.
const soon = 50 * time.Millisecond

// ended reports whether nothing of the request is read or written any more.
func (u *upload) ended() bool {
	if u == nil {
		return true
	}
	select {
	case <-u.done:
		return true
	default:
		return false
	}
}

// endsSoon is ended, with some patience.
func (u *upload) endsSoon() bool {
	if u.ended() {
		return true
	}
	timer := time.NewTimer(soon)
	defer timer.Stop()
	select {
	case <-u.done:
		return true
	case <-timer.C:
		return false
	}
}

// wait waits for the end. It is near where the connection is closed: bodies that
// make a reader wait are not sent over it.
func (u *upload) wait() {
	if u != nil {
		<-u.done
	}
}

// send writes m: the whole, or what the socket takes at once, with a goroutine
// that writes the rest. So a server that answers before it has read the request,
// and reads no more of it, is heard all the same.
//
// With true m is taken care of. It is false where the connection took nothing:
// then m can be sent over another one, and there may still be an answer on this.
func (c *conn) send(m *message) bool {
	c.watch(m.req.Context())
	wire, err := c.encrypt(m)
	sent := 0
	if err == nil {
		sent, err = c.socket.try(wire)
	}
	switch {
	case err != nil:
		c.hurry(err)
		if sent > 0 {
			m.end()
		}
		return sent > 0
	case sent == len(wire) && m.left == 0:
		m.end()
		return true
	}
	u := &upload{done: make(chan struct{})}
	c.upload = u
	// Held before anybody reads: what TLS may say to what it reads goes behind.
	c.socket.writing.Lock()
	go func() {
		defer close(u.done)
		defer m.end()
		if err := c.sendRest(m, wire[sent:]); err != nil {
			c.hurry(err)
		}
	}()
	return true
}

// encrypt makes of m what goes over the socket, in one piece.
func (c *conn) encrypt(m *message) ([]byte, error) {
	if c.tls == nil {
		return m.data, nil
	}
	if m.cipher == nil {
		m.cipher = m.t.borrow()
	}
	// Records of 16 KiB, each with less than 64 bytes around it.
	*m.cipher = slices.Grow((*m.cipher)[:0], len(m.data)+len(m.data)>>8+64)
	c.socket.gather = m.cipher
	defer func() { c.socket.gather = nil }()
	_, err := c.stream.Write(m.data)
	return *m.cipher, err
}

// sendRest writes wire and what m has not read of its body yet. It unlocks the
// socket for writing.
func (c *conn) sendRest(m *message, wire []byte) error {
	_, err := c.socket.Conn.Write(wire)
	c.socket.writing.Unlock()
	for err == nil && m.left > 0 {
		piece := m.data[:min(m.left, pieceSize)] // gathered, and written
		if err = m.read(piece); err == nil {
			_, err = c.stream.Write(piece)
		}
		if err == nil && m.left == 0 {
			err = m.checkEnd()
		}
	}
	return err
}

// hurry notes why no more of the request can be written. An answer may be there,
// but it is not waited for much longer.
func (c *conn) hurry(err error) {
	c.failed = err
	// Where this fails the connection is closed, and nothing is waited for.
	_ = c.socket.SetReadDeadline(time.Now().Add(lateAnswer))
}
