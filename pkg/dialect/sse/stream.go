package sse

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"github.com/llmgw/llmgw/pkg/dialect"
	"github.com/llmgw/llmgw/pkg/llm"
)

// Verdict is what a Meter makes of a frame.
type Verdict uint8

// The verdicts.
const (
	// Pass is a frame like any other.
	Pass Verdict = iota
	// Drop is a frame that must not reach the client.
	Drop
	// Closing is a frame with a stop reason. From it on the end of the stream is a
	// grammatical one, and each frame is held back until the next has come.
	Closing
	// Last is the dialect's terminal frame.
	Last
	// Failed is the provider's report, inside the stream, that the call failed.
	Failed
)

// Meter reads the frames of one stream as they pass. One goroutine uses it.
type Meter interface {
	// Read looks at a frame, keeping nothing of its memory.
	Read(f Frame) Verdict
	// Meta is what has been read so far, valid until the next Read.
	Meta() *llm.Meta
	// Failure is what the frame with the verdict Failed says.
	Failure() *llm.Error
}

// ErrClosed is what Next returns after Close.
var ErrClosed = errors.New("the stream is closed")

const (
	// maxDrain bounds what is read behind the end so that the connection can be
	// used again.
	maxDrain = 4 << 10
	// maxPlain bounds an error body that is no event stream.
	maxPlain = 64 << 10
)

// Stream reads a streamed answer as an llm.Stream. Each Frames event has all
// whole frames that had been read when Next was called or that one read brought.
type Stream struct {
	body   io.ReadCloser
	meter  Meter
	closed atomic.Bool

	mu      sync.Mutex // guards all below; held while Next runs
	scanner *Scanner
	begun   bool    // the first bytes have been looked at
	closing bool    // a stop reason has been seen
	ready   int     // bytes of Pending that may go out
	out     int     // bytes of Pending that the last event has
	final   Verdict // Last or Failed, once that has been seen
	lent    bool    // the last event refers to the buffer
	drained bool    // the rest behind the end has been read
	err     error   // what every further Next returns
}

// NewStream returns the events of the event stream in body, which Close closes.
func NewStream(body io.ReadCloser, m Meter) *Stream {
	return &Stream{body: body, meter: m, scanner: NewScanner(body, dialect.MaxFrame)}
}

// Next implements llm.Stream.
func (s *Stream) Next() (llm.Event, error) {
	s.mu.Lock()
	ev, err := s.next()
	s.lent = len(ev.Raw) > 0
	s.mu.Unlock()
	if err != nil || s.closed.Load() {
		s.free()
	}
	return ev, err
}

// Close implements llm.Stream. It does not wait for a running Next.
func (s *Stream) Close() error {
	if s.closed.Swap(true) {
		return nil
	}
	err := s.body.Close()
	s.free()
	return err
}

// free lets go of the buffer, unless Next runs, which then does it at its end. A
// buffer that the last event still refers to is left to the garbage collector:
// Close may come from another goroutine while that event is being written, and
// must not hand its bytes to another call.
func (s *Stream) free() {
	if !s.mu.TryLock() {
		return
	}
	defer s.mu.Unlock()
	if s.lent {
		s.scanner.pooled = nil
	}
	s.scanner.Close()
}

func (s *Stream) next() (llm.Event, error) {
	if s.err != nil {
		s.drain()
		return llm.Event{}, s.err
	}
	if s.closed.Load() {
		s.err = ErrClosed
		return llm.Event{}, s.err
	}
	s.scanner.Release(s.out)
	s.ready -= s.out
	s.out = 0
	for {
		s.advance()
		switch {
		case s.ready > 0:
			s.out = s.ready
			return llm.Event{Kind: llm.Frames, Raw: s.scanner.Pending()[:s.ready], Meta: s.meter.Meta()}, nil
		case s.final != Pass:
			return s.finish(), nil
		}
		if err := s.fill(); err != nil {
			s.err = err
			return llm.Event{}, err
		}
	}
}

// advance judges all frames that are there already.
func (s *Stream) advance() {
	for s.final == Pass && s.scanner.Advance() {
		s.judge()
	}
}

// judge asks the meter about the current frame and notes what may go out.
func (s *Stream) judge() {
	switch v := s.meter.Read(s.scanner.Frame()); v {
	case Drop:
		s.scanner.Drop()
		return
	case Closing:
		s.closing = true
	case Last, Failed:
		s.final = v
	case Pass:
	}
	s.ready = len(s.scanner.Pending())
	if s.closing || s.final != Pass {
		s.ready -= s.scanner.Size()
	}
}

// fill reads on. At the end of the bytes it decides what kind of end that is.
func (s *Stream) fill() error {
	err := s.scanner.Fill()
	if err == nil && !s.begun {
		s.begin()
	}
	switch {
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
func (s *Stream) begin() {
	begun, isPlain := looksPlain(s.scanner)
	s.begun = begun
	if isPlain {
		s.meter = plain{s.meter, dialect.DecodeError(0, nil, s.scanner.Rest())}
		s.final = Failed
	}
}

// looksPlain looks at the first bytes: a provider that fails before it begins to
// stream may send a plain error in place of frames. No line of an event stream
// begins like JSON or a web page. The whole of the error is then in Rest. begun
// says that no further look is needed.
func looksPlain(s *Scanner) (begun, isPlain bool) {
	rest := s.Rest()
	text := bytes.TrimLeft(rest, "\xef\xbb\xbf \r\n\t")
	if len(text) == 0 {
		// Nothing but white space so far. Where it goes on it is not looked at again
		// with each read: over a whole frame of it that would take many seconds.
		return len(rest) >= maxPlain, false
	}
	if text[0] != '{' && text[0] != '[' && text[0] != '<' {
		return true, false
	}
	for len(s.Rest()) < maxPlain && s.Fill() == nil {
		continue
	}
	return true, true
}

// plain is a meter behind which the answer was no event stream.
type plain struct {
	Meter
	err *llm.Error
}

func (p plain) Failure() *llm.Error { return p.err }

// eof handles the end of the bytes. What stands there without a blank line
// counts as a frame only if the stream may end; half a frame would garble what
// the client is told next.
func (s *Stream) eof() error {
	if s.scanner.Finish() {
		s.judge()
	}
	if s.final == Pass {
		if !s.closing {
			return fmt.Errorf("the provider's stream stopped before its end: %w", llm.ErrUnexpectedEOF)
		}
		s.final = Last
	}
	return nil
}

// finish gives the last event; after it there is only io.EOF.
func (s *Stream) finish() llm.Event {
	s.err = io.EOF
	ev := llm.Event{Kind: llm.End, Raw: s.scanner.Pending(), Meta: s.meter.Meta()}
	if s.final == Failed {
		ev.Kind, ev.Err = llm.Failure, s.meter.Failure()
	}
	return ev
}

// drain reads what is behind the end, once and not much of it, so that the
// connection can be used again.
func (s *Stream) drain() {
	if s.drained || !errors.Is(s.err, io.EOF) || s.closed.Load() {
		return
	}
	s.drained = true
	// The answer is complete: whatever goes wrong now concerns the connection only.
	_, _ = io.CopyN(io.Discard, s.body, maxDrain)
}
