package http1

import (
	"net"
	"os"
	"sync"
	"syscall"
)

// certainRoom is what the send buffer of a connection without a request under way
// takes at once on every platform (Linux is the smallest: net.ipv4.tcp_wmem is
// "4096 16384 4194304" by default, kernel documentation ip-sysctl, 2026-11).
const certainRoom = 16 << 10

// errWouldBlock must be a net.Error that is Temporary: crypto/tls takes any other
// one for the end of the connection.
var errWouldBlock = os.ErrDeadlineExceeded

// socket is a connection below TLS, with two things that net.Conn cannot do: to
// read or write only as much as is possible without waiting.
//
// All methods but Read, Write and Close are for the goroutine that owns the
// connection, while nobody else uses it.
type socket struct {
	net.Conn
	raw     syscall.RawConn // nil where there is no such thing
	probing bool            // Read does not wait
	gather  *[]byte         // where Write puts what it is given, or nil
	writing sync.Mutex      // held by whoever writes to Conn while Read may be called

	// What the functions below work on. They are made once, since a closure for
	// every call would cost memory.
	p         []byte
	n         int
	err       error
	readOnce  func(uintptr) bool
	writeOnce func(uintptr) bool
}

func newSocket(c net.Conn) *socket {
	s := &socket{Conn: c}
	if sc, ok := c.(syscall.Conn); ok && canTry {
		// A connection that gives no access is one that cannot be tried.
		s.raw, _ = sc.SyscallConn()
	}
	s.readOnce = func(fd uintptr) bool {
		s.n, s.err = readFD(fd, s.p)
		return true
	}
	s.writeOnce = func(fd uintptr) bool {
		s.n, s.err = writeFD(fd, s.p)
		return true
	}
	return s
}

// Read reads, and waits for something to read unless the socket is probing.
func (s *socket) Read(p []byte) (int, error) {
	switch {
	case !s.probing:
		return s.Conn.Read(p)
	case s.raw == nil:
		return 0, errWouldBlock
	}
	s.p, s.n, s.err = p, 0, nil
	err := s.raw.Read(s.readOnce)
	s.p = nil
	if err != nil {
		return 0, err
	}
	return s.n, s.err
}

// Write writes all of p, or keeps it while the socket gathers.
func (s *socket) Write(p []byte) (int, error) {
	if s.gather != nil {
		*s.gather = append(*s.gather, p...)
		return len(p), nil
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	return s.Conn.Write(p)
}

// try writes what can be written without waiting. Where that cannot be told, it
// writes what any socket has room for, or nothing.
func (s *socket) try(p []byte) (int, error) {
	if s.raw == nil {
		if len(p) > certainRoom {
			return 0, nil
		}
		return s.Conn.Write(p)
	}
	s.p, s.n, s.err = p, 0, nil
	err := s.raw.Write(s.writeOnce)
	s.p = nil
	if err != nil {
		return 0, err
	}
	return s.n, s.err
}
