package anthropic

import (
	"io"

	"github.com/llmgw/llmgw/pkg/dialect"
	"github.com/llmgw/llmgw/pkg/dialect/sse"
	"github.com/llmgw/llmgw/pkg/dialect/toplevel"
	"github.com/llmgw/llmgw/pkg/llm"
)

// NewStreamReader implements dialect.Backend. Until the message_delta has come,
// Meta has what message_start says, and its usage is not marked as reported:
// the output it names is only the beginning.
func (Backend) NewStreamReader(r io.ReadCloser, _ dialect.StreamOptions) llm.Stream {
	return sse.NewStream(r, &meter{})
}

// meter implements sse.Meter.
type meter struct {
	answer  answer
	read    llm.Meta // what answer says, as of the last event that said something
	failure *llm.Error
}

// Read implements sse.Meter. Nearly all frames are deltas of content, of which
// only the type is read.
func (m *meter) Read(f sse.Frame) sse.Verdict {
	switch string(eventType(f)) {
	case "message_start":
		m.answer.readMessage(toplevel.Find(f.Data, "message"))
		m.read = m.answer.meta()
	case "message_delta":
		return m.readDelta(f.Data)
	case "message_stop":
		return sse.Last
	case "error":
		m.failure = dialect.DecodeError(0, nil, f.Data)
		return sse.Failed
	}
	return sse.Pass
}

// Meta implements sse.Meter.
func (m *meter) Meta() *llm.Meta {
	return &m.read
}

// Failure implements sse.Meter.
func (m *meter) Failure() *llm.Error { return m.failure }

func (m *meter) readDelta(data []byte) sse.Verdict {
	for d := toplevel.Object(data); d.Next(); {
		switch string(d.Name()) {
		case "delta":
			if stop, ok := toplevel.String(toplevel.Find(d.Value(), "stop_reason")); ok {
				m.answer.stop = stop
			}
		case "usage":
			m.answer.readUsage(d.Value())
			m.answer.final = true
		}
	}
	m.read = m.answer.meta()
	if m.answer.stop == "" {
		return sse.Pass
	}
	return sse.Closing
}

// eventType is the type that the data names; the event field counts where the
// data has none. An error without any type is known by its member.
func eventType(f sse.Frame) []byte {
	var failed bool
	for d := toplevel.Object(f.Data); d.Next(); {
		switch string(d.Name()) {
		case "type":
			if v := d.Value(); toplevel.IsString(v) {
				return v[1 : len(v)-1]
			}
		case "error":
			failed = !toplevel.IsNull(d.Value())
		}
	}
	if failed {
		return []byte("error")
	}
	return f.Event
}

// NewStreamEncoder implements dialect.Frontend.
func (f Frontend) NewStreamEncoder(_ llm.Op, requestID string) dialect.StreamEncoder {
	return &dialect.NativeEncoder{
		Frontend:     f,
		RequestID:    requestID,
		Ping:         "event: ping\ndata: {\"type\": \"ping\"}\n\n",
		FailureEvent: "event: error\n",
	}
}
