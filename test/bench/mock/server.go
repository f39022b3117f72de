// Package mock is a provider that answers at once and always the same: OpenAI's
// chat completions and Anthropic's messages, unary and streamed, at the pace
// that the model's name asks for (see package traffic).
//
// It does not look at credentials, and at no more of a body than it needs, since
// it runs beside what is measured and takes CPU from it. The benchmark runs it
// as a process of its own; tests run it within theirs.
package mock

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"github.com/llmgw/llmgw/test/bench/http1"
)

const (
	// HoldFor is how long a Held answer takes.
	HoldFor = time.Second
	// PaceEvery is the time between two events of a Paced stream.
	PaceEvery = 200 * time.Millisecond

	// maxBody bounds a request body.
	maxBody = 8 << 20
)

// Server is the provider. Safe for concurrent use.
type Server struct {
	replies replies
}

// New returns a provider with its answers made ready.
func New() *Server { return &Server{replies: newReplies()} }

// Serve answers on ln until ctx ends, and returns when every connection is
// closed. It closes ln.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	defer context.AfterFunc(ctx, func() { _ = ln.Close() })() // nothing to do about a listener that is closed already
	var open sync.WaitGroup
	defer open.Wait()
	for {
		c, err := ln.Accept()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		open.Go(func() { s.connection(ctx, c) })
	}
}

// connection answers one request after the other. Its errors are the peer's
// business, who sees the connection close.
func (s *Server) connection(ctx context.Context, c net.Conn) {
	defer c.Close()
	defer context.AfterFunc(ctx, func() { _ = c.Close() })()
	r := http1.NewReader(c)
	var body []byte
	for {
		h, err := r.Request()
		if err != nil {
			return
		}
		body, err = readBody(r, h, body[:0])
		if err != nil {
			return
		}
		if s.replies.choose(h.Target, body).write(ctx, c) != nil {
			return
		}
	}
}

// readBody appends the body of h to b.
func readBody(r *http1.Reader, h http1.Head, b []byte) ([]byte, error) {
	tooLarge := false
	err := r.Body(h, func(piece []byte) {
		if tooLarge = tooLarge || len(b)+len(piece) > maxBody; !tooLarge {
			b = append(b, piece...)
		}
	})
	if tooLarge {
		return nil, errors.New("request body too large")
	}
	return b, err
}

// write sends the reply: the head with the first part, then each part by itself,
// as a provider flushes event by event.
func (r *reply) write(ctx context.Context, w io.Writer) error {
	if err := pause(ctx, r.hold); err != nil {
		return err
	}
	for i, part := range r.parts {
		if i > 0 {
			if err := pause(ctx, r.every); err != nil {
				return err
			}
		}
		if _, err := w.Write(part); err != nil {
			return err
		}
	}
	return nil
}

// pause waits for d, or until ctx ends and returns its error. 0 costs nothing.
func pause(ctx context.Context, d time.Duration) error {
	if d == 0 {
		return nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
