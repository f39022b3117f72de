package http1

import (
	"errors"
	"fmt"
	"io"
	"net/http"
)

const (
	// maxGathered is how much of a request is brought together in memory, to be
	// written at once. It is given back as soon as it is written.
	maxGathered = 256 << 10
	// firstRoom fits the header and a short body.
	firstRoom = 4 << 10
	// pieceSize is how much of the rest of a longer one is read at a time.
	pieceSize = 32 << 10
)

var errLength = errors.New("request body is not as long as its Content-Length")

// message is a request on its way out: the header and the beginning of the body,
// or all of it, in borrowed memory.
type message struct {
	t    *Transport
	req  *http.Request
	data []byte
	left int64 // of the body, not yet read
	// plain and cipher are the handles on the memory, of data and of what TLS
	// makes of it; nil where there is none.
	plain, cipher *[]byte
}

// newMessage reads as much of req as is gathered. Nothing that is wrong with req
// remains to be found after that, but a body that breaks off behind it.
func (t *Transport) newMessage(req *http.Request) (*message, error) {
	m := &message{t: t, req: req, plain: t.borrow()}
	head, err := appendHead((*m.plain)[:0], req)
	*m.plain, m.data = head, head
	if err == nil && hasBody(req) {
		m.left = req.ContentLength
		err = m.gather()
	}
	if err != nil {
		m.free()
		return nil, err
	}
	return m, nil
}

// gather reads the body up to maxGathered.
func (m *message) gather() error {
	n := int(min(m.left, max(0, int64(maxGathered-len(m.data)))))
	from := len(m.data)
	if cap(m.data) < from+n {
		m.data = append(make([]byte, 0, from+n), m.data...)
	}
	m.data = m.data[:from+n]
	*m.plain = m.data
	if err := m.read(m.data[from:]); err != nil {
		return err
	}
	return m.checkEnd()
}

// read fills p from the body.
func (m *message) read(p []byte) error {
	n, err := io.ReadFull(m.req.Body, p)
	m.left -= int64(n)
	switch {
	case err == io.EOF && len(p) == 0:
		return nil
	case err == io.EOF, errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("http1: %w: %d bytes are missing", errLength, m.left)
	case err != nil:
		return fmt.Errorf("read request body: %w", err)
	}
	return nil
}

// checkEnd makes sure that nothing is behind the announced length.
func (m *message) checkEnd() error {
	if m.left > 0 {
		return nil
	}
	var extra [1]byte
	if n, _ := m.req.Body.Read(extra[:]); n > 0 {
		return fmt.Errorf("http1: %w: it goes on", errLength)
	}
	return nil
}

// end is for a message that has been sent, or cannot be: its body is closed.
func (m *message) end() {
	m.free()
	closeBody(m.req)
}

// free gives the memory back.
func (m *message) free() {
	m.t.giveBack(m.plain)
	m.t.giveBack(m.cipher)
	m.plain, m.cipher, m.data = nil, nil, nil
}

func (t *Transport) borrow() *[]byte {
	if b, ok := t.buffers.Get().(*[]byte); ok {
		return b
	}
	b := make([]byte, 0, firstRoom)
	return &b
}

func (t *Transport) giveBack(b *[]byte) {
	// TLS adds a little to what is gathered.
	if b != nil && cap(*b) <= 2*maxGathered {
		t.buffers.Put(b)
	}
}
