package validate

import (
	"errors"
	"io"

	"github.com/llmgw/llmgw/pkg/dialect/sse"
)

// The bounds of a stream that answers a small question, in bytes.
const (
	maxFrame  = 1 << 20
	maxStream = 16 << 20
)

// streamReader puts a reply together from the frames of a stream.
type streamReader interface {
	// frame takes a frame. content says that it brought a piece of the answer. After
	// an issue nothing more is read.
	frame(event, data []byte) (content bool, bad *issue)
	// end gives what was read, when the stream has ended by itself.
	end() (reply, *issue)
}

var errLong = errors.New("the stream does not end")

// drain reads a stream to its end. The error is that of the reader, or errLong;
// content is called for each piece of the answer.
func drain(body io.Reader, r streamReader, content func()) (*issue, error) {
	s := sse.NewScanner(io.LimitReader(body, maxStream), maxFrame)
	defer s.Close()
	total := 0
	take := func() *issue {
		f := s.Frame()
		total += s.Size()
		s.Release(s.Size())
		if len(f.Data) == 0 {
			return nil // a comment
		}
		brought, bad := r.frame(f.Event, f.Data)
		if brought {
			content()
		}
		return bad
	}
	for {
		for s.Advance() {
			if bad := take(); bad != nil {
				return bad, nil
			}
		}
		switch err := s.Fill(); {
		case errors.Is(err, sse.ErrFrameTooLong):
			return nil, errLong
		case errors.Is(err, io.EOF):
			if total+len(s.Rest()) >= maxStream {
				return nil, errLong
			}
			if !s.Finish() {
				return nil, nil //nolint:nilnil // the end, and nothing is wrong
			}
			bad := take()
			if bad != nil && bad.code == CodeGrammar {
				bad = streamCut() // half an event
			}
			return bad, nil
		case err != nil:
			return nil, err
		}
	}
}
