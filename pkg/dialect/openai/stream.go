package openai

import (
	"bytes"
	"io"

	"github.com/llmgw/llmgw/pkg/dialect"
	"github.com/llmgw/llmgw/pkg/dialect/sse"
	"github.com/llmgw/llmgw/pkg/llm"
)

// NewStreamReader implements dialect.Backend. The stream ends with [DONE], or,
// with vendors that do not send it, behind a stop reason.
func (Backend) NewStreamReader(r io.ReadCloser, opts dialect.StreamOptions) llm.Stream {
	return sse.NewStream(r, &meter{dropUsage: opts.DropUsageChunk})
}

// meter implements sse.Meter.
type meter struct {
	answer    answer
	dropUsage bool
	failure   *llm.Error
}

// Read implements sse.Meter.
func (m *meter) Read(f sse.Frame) sse.Verdict {
	if bytes.HasPrefix(f.Data, []byte("[DONE]")) {
		return sse.Last
	}
	if len(f.Data) == 0 {
		return sse.Pass
	}
	m.answer.read(f.Data)
	switch chunk := m.answer.chunk; {
	case chunk.failed || string(f.Event) == "error":
		m.failure = dialect.DecodeError(0, nil, f.Data)
		return sse.Failed
	case m.dropUsage && chunk.noChoices && chunk.usage:
		return sse.Drop
	case m.answer.meta.StopReason != "":
		return sse.Closing
	default:
		return sse.Pass
	}
}

// Meta implements sse.Meter.
func (m *meter) Meta() *llm.Meta { return &m.answer.meta }

// Failure implements sse.Meter.
func (m *meter) Failure() *llm.Error { return m.failure }

// NewStreamEncoder implements dialect.Frontend. A comment is the only frame that
// means nothing to all clients of this dialect.
func (f Frontend) NewStreamEncoder(_ llm.Op, requestID string) dialect.StreamEncoder {
	return &dialect.NativeEncoder{Frontend: f, RequestID: requestID, Ping: ": keep-alive\n\n"}
}
