package provider

import (
	"errors"
	"io"

	"github.com/llmgw/llmgw/pkg/llm"
)

// chunkSize is the largest piece of a body without frames, in bytes.
const chunkSize = 32 << 10

// chunkStream passes a body by in pieces. The last piece is held back until the
// body's end is seen, and comes as the End event: nobody holds the whole answer
// before the call is settled. What it used is not known.
type chunkStream struct {
	r     io.Reader
	c     io.Closer
	held  []byte // read, not yet returned; empty before the first Next only
	spare []byte // the buffer of the piece that was returned last
	err   error  // why reading stopped
	done  bool   // the last piece has been returned
}

func newChunkStream(r io.Reader, c io.Closer) *chunkStream {
	return &chunkStream{r: r, c: c, held: make([]byte, 0, chunkSize), spare: make([]byte, 0, chunkSize)}
}

// Next returns the piece that is held, and holds the one after it. A body that
// breaks off gives its last piece as a Chunk, then the error.
func (s *chunkStream) Next() (llm.Event, error) {
	if s.done {
		return llm.Event{}, s.err
	}
	if len(s.held) == 0 {
		s.held = s.read(s.held)
	}
	out := s.held
	s.held, s.spare = s.read(s.spare), out
	if len(s.held) > 0 {
		return llm.Event{Kind: llm.Chunk, Raw: out}, nil
	}
	s.done = true
	switch {
	case errors.Is(s.err, io.EOF):
		return llm.Event{Kind: llm.End, Raw: out}, nil
	case len(out) > 0:
		return llm.Event{Kind: llm.Chunk, Raw: out}, nil
	default:
		return llm.Event{}, s.err
	}
}

// read fills buf with what comes next: nothing only where reading has stopped.
func (s *chunkStream) read(buf []byte) []byte {
	buf = buf[:0]
	for len(buf) == 0 && s.err == nil {
		var n int
		n, s.err = s.r.Read(buf[:cap(buf)])
		buf = buf[:n]
	}
	return buf
}

// Close ends reading.
func (s *chunkStream) Close() error { return s.c.Close() }
