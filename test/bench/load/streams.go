package load

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Streams are answers that are being read, all at once.
type Streams struct {
	close   context.CancelCauseFunc
	started chan struct{} // one for each stream that has begun
	dialing chan struct{} // bounds connections being made
	readers sync.WaitGroup

	mu    sync.Mutex // guards first
	first error
}

// maxDialing keeps a crowd of new connections within a listener's backlog.
const maxDialing = 64

// errClosed ends streams that their owner has closed.
var errClosed = errors.New("streams closed")

// OpenStreams begins p.Conns calls and returns once every one of them has got
// the first bytes of its body, which is to take no longer than p.For. The
// streams are read until Close, or until ctx ends.
func OpenStreams(ctx context.Context, p Plan) (*Streams, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	s := &Streams{close: cancel, started: make(chan struct{}, p.Conns), dialing: make(chan struct{}, maxDialing)}
	for range p.Conns {
		s.readers.Go(func() {
			if err := s.read(ctx, p); err != nil && context.Cause(ctx) == nil {
				s.fail(err)
			}
		})
	}
	if err := s.begun(ctx, p); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// begun waits for the first bytes of every stream.
func (s *Streams) begun(ctx context.Context, p Plan) error {
	late := time.NewTimer(p.For)
	defer late.Stop()
	for i := range p.Conns {
		select {
		case <-s.started:
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-late.C:
			return fmt.Errorf("%d of %d streams have begun after %v", i, p.Conns, p.For)
		}
	}
	return nil
}

// Close ends the streams and waits for their readers. It returns the first
// failure that any stream had before: one that was cut, refused or not as
// wanted.
func (s *Streams) Close() error {
	s.close(errClosed)
	s.readers.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.first
}

func (s *Streams) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.first == nil {
		s.first = err
		s.close(err)
	}
}

// read makes one call and reports its first bytes.
func (s *Streams) read(ctx context.Context, p Plan) error {
	s.dialing <- struct{}{}
	c, release, err := dial(ctx, p.Addr, p.Call)
	<-s.dialing
	if err != nil {
		return err
	}
	defer release()
	if _, err := c.Write(p.Call.request); err != nil {
		return err
	}
	h, err := c.reader.Response()
	if err != nil {
		return fmt.Errorf("read response: %w", err)
	}
	begun := false
	err = c.reader.Body(h, func(piece []byte) {
		if c.take(piece); !begun && h.Status == c.call.status {
			begun = true
			s.started <- struct{}{}
		}
	})
	if err != nil {
		return fmt.Errorf("read stream after %d bytes: %w", c.length, err)
	}
	return c.verdict(h.Status)
}
