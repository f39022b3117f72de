package http1

import "time"

// glance is how often the connections with a request under way are looked at. A
// request that is answered within one is never looked at.
const glance = 100 * time.Millisecond

// watch ends the contexts of requests whose clients have hung up, until done.
func (s *Server) watch(done <-chan struct{}) {
	tick := time.NewTicker(glance)
	defer tick.Stop()
	var waiting []*conn
	for {
		select {
		case <-done:
			return
		case <-tick.C:
		}
		waiting = s.waiting(waiting[:0])
		for i, c := range waiting {
			if c.gone() {
				c.hangUp()
			}
			waiting[i] = nil
		}
	}
}

// waiting appends the connections whose request has been under way for a glance.
func (s *Server) waiting(list []*conn) []*conn {
	limit := s.clock.since() - int64(glance)
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		if x := c.open.Load(); x != nil && x.began <= limit {
			list = append(list, c)
		}
	}
	return list
}

// hangUp ends the context of the request under way.
func (c *conn) hangUp() {
	if x := c.open.Load(); x != nil {
		x.cancel()
	}
}

// gone reports whether the client has closed its side, without taking a byte.
func (c *conn) gone() bool {
	gone := false
	// It fails where the connection is closed on this side.
	_ = c.raw.Control(func(fd uintptr) { gone = peekEnd(fd) })
	return gone
}
