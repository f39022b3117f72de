package server

import (
	"net/http"
	"sync"
	"time"

	"github.com/llmgw/llmgw/pkg/dialect"
	"github.com/llmgw/llmgw/pkg/llm"
)

// streamWriter writes frames to a client, each flushed at once, and a keep-alive
// between two of them where the provider is silent for long. The timer runs on
// its own goroutine, so that a mutex keeps frames whole.
type streamWriter struct {
	w       http.ResponseWriter
	control *http.ResponseController
	enc     dialect.StreamEncoder
	limits  Limits

	mu       sync.Mutex // guards what follows, and the order of writes
	last     time.Time  // of the last write
	deadline time.Time  // of the connection, as last set
	timer    *time.Timer
	err      error
	closed   bool
}

// newStreamWriter makes the writer of one stream. The keep-alives begin with the
// first write: before it a retry is still possible, and a ping would be a first
// byte.
func newStreamWriter(w http.ResponseWriter, enc dialect.StreamEncoder, l Limits) *streamWriter {
	return &streamWriter{w: w, control: http.NewResponseController(w), enc: enc, limits: l}
}

// write sends one or more whole frames. Its error is that of the connection; it
// stays.
func (s *streamWriter) write(frames []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.send(frames)
}

// send writes and flushes. The caller holds mu.
func (s *streamWriter) send(frames []byte) error {
	if s.err != nil || len(frames) == 0 {
		return s.err
	}
	now := time.Now()
	s.last = now
	s.keepDeadline(now)
	if _, s.err = s.w.Write(frames); s.err == nil {
		s.err = s.control.Flush()
	}
	if s.timer == nil && s.limits.Silence > 0 {
		s.timer = time.AfterFunc(s.limits.Silence, s.keepAlive)
	}
	return s.err
}

// keepDeadline moves the write deadline, but not for every event: a system call
// each would cost more than the event.
func (s *streamWriter) keepDeadline(now time.Time) {
	if s.deadline.Sub(now) > s.limits.WriteTime/2 {
		return
	}
	s.deadline = now.Add(s.limits.WriteTime)
	// It fails only where the writer has no connection: in tests.
	_ = s.control.SetWriteDeadline(s.deadline)
}

// keepAlive runs on the timer: it breaks a silence that has lasted long enough
// and sets the timer for the next.
func (s *streamWriter) keepAlive() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.err != nil {
		return
	}
	silent := time.Since(s.last)
	if silent >= s.limits.Silence {
		// Its error is found by the next event's write.
		_ = s.send(s.enc.KeepAlive())
		silent = 0
	}
	s.timer.Reset(s.limits.Silence - silent)
}

// fail tells the client inside the stream that it broke, and returns the error
// to settle the call with.
func (s *streamWriter) fail(e *llm.Error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.send(s.enc.Fail(e)); err != nil {
		return err
	}
	return e
}

// close ends the keep-alives; nothing is written afterwards.
func (s *streamWriter) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if s.timer != nil {
		s.timer.Stop()
	}
}
