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

	// The events of a stream that is translated, in this order: Begin, then for
	// each part PartBegin, any number of PartDelta, PartEnd; parts do not overlap.
	// End or Failure is last. Raw is empty until the gateway has encoded them.

	// Begin is the answer's beginning: Meta has its id and model, and the usage of
	// the input as far as it is known by then.
	Begin
	// PartBegin begins the part Index.
	PartBegin
	// PartDelta adds Text to the part.
	PartDelta
	// PartSignature gives the signature of a thinking part: Text.
	PartSignature
	// PartEnd ends the part.
	PartEnd
)

// PartKind is what a streamed part is.
type PartKind uint8

// The kinds of streamed parts.
const (
	PartText PartKind = iota + 1
	// PartToolCall is a call: CallID and Name come with PartBegin, the deltas are
	// pieces of the JSON text of its arguments.
	PartToolCall
	PartThinking
	// PartRedacted is thinking that is not shown: one delta has all of it.
	PartRedacted
	PartRefusal
)

// Event is one step of a Stream.
type Event struct {
	Kind EventKind
	// Raw are the bytes as the provider sent them, valid until the next Next.
	Raw []byte
	// Meta is what has been read of the answer so far, valid until the next Next;
	// final with End. It is nil where nothing is read of an answer.
	Meta *Meta
	// Err is set with Failure.
	Err *Error
	// More says that another event of a translated answer is there already: Next
	// will not wait.
	More bool
	// Part is what an event of a translated answer is about, valid until the next
	// Next; nil on the native lane.
	Part *StreamPart
}

// StreamPart is the part of a translated answer that an event is about.
type StreamPart struct {
	// Index counts the answer's parts from 0.
	Index int
	Kind  PartKind
	// CallID and Name are set for PartToolCall.
	CallID, Name string
	// Text is what a delta adds; valid until the next Next. Pieces are cut anywhere
	// between characters.
	Text []byte
}
