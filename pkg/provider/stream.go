package provider

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"github.com/llmgw/llmgw/pkg/llm"
)

const msgBroken = "the provider's stream broke off"

var errStreamClosed = errors.New("stream is closed")

// stream is the answer of an attempt while it arrives. Frames come from inner;
// it adds what concerns the connection: it says why a stream broke, and leaves
// the connection in a state in which it can be used again.
type stream struct {
	inner  llm.Stream
	body   *answerBody
	ended  atomic.Bool // End or Failure has been returned
	closed atomic.Bool
	mu     sync.Mutex // held by whoever reads the body; guards err
	err    error      // what every further Next returns
}

// Next returns the next event.
func (s *stream) Next() (llm.Event, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil && s.ended.Load() {
		// The reader of the frames gives its memory back, now that nobody uses it.
		s.body.linger(func() { _, _ = s.inner.Next() })
		s.finish(io.EOF)
	}
	if s.err == nil && s.closed.Load() {
		s.err = &llm.Error{Kind: llm.Canceled, Message: msgCanceled, Cause: errStreamClosed}
	}
	if s.err != nil {
		return llm.Event{}, s.err
	}
	ev, err := s.inner.Next()
	if err != nil {
		s.finish(s.classify(err))
		return llm.Event{}, s.err
	}
	if ev.Kind == llm.End || ev.Kind == llm.Failure {
		s.ended.Store(true)
	}
	return ev, nil
}

// finish remembers how the stream ended and frees the attempt.
func (s *stream) finish(err error) {
	s.err = err
	s.body.attempt.end()
}

// classify says what an error in the middle of a stream means. Whatever cut it,
// a network error reads as ErrUnexpectedEOF: the stream is not whole.
func (s *stream) classify(err error) error {
	if errors.Is(err, io.EOF) {
		return err
	}
	e := s.body.attempt.failure("read stream of", err)
	if e.Kind != llm.Upstream {
		return e
	}
	e.Message = msgBroken
	if !errors.Is(err, llm.ErrUnexpectedEOF) {
		e.Cause = fmt.Errorf("%w: %w", llm.ErrUnexpectedEOF, e.Cause)
	}
	return e
}

// Close ends the stream and frees the connection. One whose stream has ended is
// read to its last byte first, unless Next is still at it, so that it can carry
// the next call.
func (s *stream) Close() error {
	if !s.closed.CompareAndSwap(false, true) {
		return nil
	}
	if s.ended.Load() && s.mu.TryLock() {
		if s.err == nil {
			// Not Next here: the End event may still be in use.
			s.body.linger(func() {})
		}
		s.mu.Unlock()
	}
	return s.inner.Close() // and with it the body
}
