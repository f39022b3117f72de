package llm

import "io"

// Stream is an answer while it arrives: a sequence of events that ends with one
// End and then io.EOF.
//
//	defer s.Close()
//	for {
//		ev, err := s.Next()
//		if err == io.EOF { break }
//		...
//	}
type Stream interface {
	// Next returns the next event, waiting for it. Only one goroutine may call
	// it. Event.Raw is valid until the next call of Next or Close.
	//
	// The last event before io.EOF is of kind End, with the final usage and stop
	// reason; where the wire has no terminal frame the reader makes one. A stream
	// in which the provider reports an error ends with Failure instead of End.
	// Where the provider hangs up before a grammatical end, Next returns an error
	// that wraps ErrUnexpectedEOF. After an error Next returns it again.
	Next() (Event, error)
	// Close ends the stream, unblocks Next and frees the connection to the
	// provider. Any goroutine may call it, any number of times.
	Close() error
}

// ErrUnexpectedEOF is what a Stream's Next reports when the provider's stream
// stops before its grammatical end: its dialect's terminal frame, or EOF after
// a stop reason.
var ErrUnexpectedEOF = io.ErrUnexpectedEOF

// EventKind says what an Event is.
type EventKind uint8

// The kinds of events.
const (
	// Frames is one or more whole frames of the answer's dialect, to be passed on
	// as they are.
	Frames EventKind = iota + 1
	// Chunk is a piece of a body that has no frames: a large or binary answer.
	Chunk
	// End is the last event: Raw is the terminal frame (it may be empty), Meta is
	// final.
	End
	// Failure is the provider's own report, inside the stream, that the call
	// failed. Raw is that frame, Err says what it means. No End follows.
	Failure
)

// Event is one step of a Stream.
type Event struct {
	Kind EventKind
	// Raw are the bytes as the provider sent them, valid until the next Next.
	Raw []byte
	// Meta is what has been read of the answer so far; final with End.
	Meta Meta
	// Err is set with Failure.
	Err *Error
}
