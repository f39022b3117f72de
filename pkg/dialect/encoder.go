package dialect

import "github.com/llmgw/llmgw/pkg/llm"

// NativeEncoder is the StreamEncoder of a dialect whose frames are lines of
// text/event-stream that pass as they are. Make it with all fields set.
type NativeEncoder struct {
	// Frontend encodes errors.
	Frontend Frontend
	// RequestID is the gateway's id of the call.
	RequestID string
	// Ping is the frame that means nothing.
	Ping string
	// FailureEvent stands before the data line of an error; it may be empty.
	FailureEvent string

	buf []byte
}

// ContentType implements StreamEncoder.
func (e *NativeEncoder) ContentType() string { return "text/event-stream; charset=utf-8" }

// Encode implements StreamEncoder.
func (e *NativeEncoder) Encode(ev llm.Event) []byte {
	if ev.Kind == llm.Failure && len(ev.Raw) == 0 {
		return e.Fail(ev.Err)
	}
	return ev.Raw
}

// KeepAlive implements StreamEncoder.
func (e *NativeEncoder) KeepAlive() []byte {
	e.buf = append(e.buf[:0], e.Ping...)
	return e.buf
}

// Fail implements StreamEncoder. A nil error is told as an internal one.
func (e *NativeEncoder) Fail(err *llm.Error) []byte {
	if err == nil {
		err = &llm.Error{Kind: llm.Internal, Message: "internal error"}
	}
	e.buf = append(e.buf[:0], e.FailureEvent...)
	e.buf = append(e.buf, "data: "...)
	_, e.buf = e.Frontend.AppendError(e.buf, err, e.RequestID)
	e.buf = append(e.buf, "\n\n"...)
	return e.buf
}
