package sse

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"github.com/llmgw/llmgw/pkg/dialect"
	"github.com/llmgw/llmgw/pkg/llm"
)

// Decoder reads the frames of one stream for translation. One goroutine uses it.
type Decoder interface {
	// Decode reads a frame, keeping nothing of its memory, and emits its events.
	// Drop means the same as Pass.
	Decode(f Frame, e *Emitter) Verdict
	// Finish emits what is still to be said before the End; the open part is ended
	// by the caller.
	Finish(e *Emitter)
	// Meta is what has been read so far, valid until the next Decode.
	Meta() *llm.Meta
	// Failure is what the frame with the verdict Failed says.
	Failure() *llm.Error
}

// EventStream reads a streamed answer as the events of a translated stream.
type EventStream struct {
	body    io.ReadCloser
	decoder Decoder
	closed  atomic.Bool

	mu      sync.Mutex // guards all below; held while Next runs
	scanner *Scanner
	emitter Emitter
	begun   bool
	closing bool
	final   Verdict
	failure *llm.Error // of an answer that was no event stream
	drained bool
	err     error
}

// NewEventStream returns the events that d makes of the event stream in body,
// which Close closes.
func NewEventStream(body io.ReadCloser, d Decoder) *EventStream {
	return &EventStream{body: body, decoder: d, scanner: NewScanner(body, dialect.MaxFrame)}
}

// Next implements llm.Stream.
func (s *EventStream) Next() (llm.Event, error) {
	s.mu.Lock()
	ev, err := s.next()
	s.mu.Unlock()
	if err != nil || s.closed.Load() {
		s.free()
	}
	return ev, err
}

// Close implements llm.Stream. It does not wait for a running Next.
func (s *EventStream) Close() error {
	if s.closed.Swap(true) {
		return nil
	}
	err := s.body.Close()
	s.free()
	return err
}

// free gives the buffer back, unless Next runs, which then does it at its end.
// Events do not refer to it.
func (s *EventStream) free() {
	if s.mu.TryLock() {
		defer s.mu.Unlock()
		s.scanner.Close()
	}
}

func (s *EventStream) next() (llm.Event, error) {
	if s.err == nil && s.closed.Load() {
		s.err = ErrClosed
	}
	for {
		if s.err != nil {
			s.drain()
			return llm.Event{}, s.err
		}
		if ev, ok := s.emitter.pop(); ok {
			if ev.Kind != llm.Begin {
				ev.Meta = s.decoder.Meta()
			}
			ev.More = ev.More || s.final != Pass
			return ev, nil
		}
		if s.final != Pass {
			return s.finish(), nil
		}
		if err := s.read(); err != nil {
			s.err = err
		}
	}
}

// read decodes all frames that are there, having waited for one, or for the end.
func (s *EventStream) read() error {
	if s.closed.Load() {
		return ErrClosed
	}
	for !s.scanner.Advance() {
		if err := s.fill(); err != nil || s.final != Pass {
			return err
		}
	}
	s.judge()
	for s.final == Pass && s.scanner.Advance() {
		s.judge()
	}
	return nil
}

func (s *EventStream) judge() {
	v := s.decoder.Decode(s.scanner.Frame(), &s.emitter)
	s.scanner.Release(len(s.scanner.Pending()))
	switch v {
	case Closing:
		s.closing = true
	case Last:
		s.end()
	case Failed:
		s.final = Failed
	case Pass, Drop:
	}
}

// end emits all that comes before End.
func (s *EventStream) end() {
	s.final = Last
	s.emitter.Begin(s.decoder.Meta())
	s.decoder.Finish(&s.emitter)
	s.emitter.Close()
}

func (s *EventStream) fill() error {
	err := s.scanner.Fill()
	switch {
	case err == nil && !s.begun:
		s.begin()
		return nil
	case err == nil:
		return nil
	case errors.Is(err, io.EOF):
		return s.eof()
	case s.closed.Load():
		return ErrClosed
	default:
		return fmt.Errorf("read event stream: %w", err)
	}
}

// begin recognises a plain error in place of frames.
func (s *EventStream) begin() {
	begun, plain := looksPlain(s.scanner)
	s.begun = begun
	if plain {
		s.failure = dialect.DecodeError(0, nil, s.scanner.Rest())
		s.final = Failed
	}
}

func (s *EventStream) eof() error {
	if s.scanner.Finish() {
		s.judge()
	}
	switch {
	case s.final != Pass:
	case s.closing:
		s.end()
	default:
		return fmt.Errorf("the provider's stream stopped before its end: %w", llm.ErrUnexpectedEOF)
	}
	return nil
}

// finish gives the last event; after it there is only io.EOF.
func (s *EventStream) finish() llm.Event {
	s.err = io.EOF
	ev := llm.Event{Kind: llm.End, Meta: s.decoder.Meta()}
	if s.final == Failed {
		ev.Kind, ev.Err = llm.Failure, s.failure
		if ev.Err == nil {
			ev.Err = s.decoder.Failure()
		}
	}
	return ev
}

// drain reads what is behind the end, once and not much of it, so that the
// connection can be used again.
func (s *EventStream) drain() {
	if s.drained || !errors.Is(s.err, io.EOF) || s.closed.Load() {
		return
	}
	s.drained = true
	// The answer is complete: whatever goes wrong now concerns the connection only.
	_, _ = io.CopyN(io.Discard, s.body, maxDrain)
}
