package provider

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/llmgw/llmgw/pkg/llm"
)

func TestChunkStreamGivesEveryByteAndHoldsTheLast(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	readers := map[string]func(io.Reader) io.Reader{
		"as it is": func(r io.Reader) io.Reader { return r }, "byte by byte": iotest.OneByteReader,
		"in halves": iotest.HalfReader, "with the end": iotest.DataErrReader,
		"broken":              func(r io.Reader) io.Reader { return io.MultiReader(r, iotest.ErrReader(broken)) },
		"broken with the end": func(r io.Reader) io.Reader { return iotest.DataErrReader(io.MultiReader(r, iotest.ErrReader(broken))) },
		"with empty reads":    func(r io.Reader) io.Reader { return &hesitant{r: r} },
	}
	for name, wrap := range readers {
		for _, size := range []int{0, 1, 2, chunkSize - 1, chunkSize, chunkSize + 1, 3*chunkSize + 7} {
			body := strings.Repeat("abcdefg", size/7+1)[:size]
			s := newChunkStream(wrap(strings.NewReader(body)), io.NopCloser(nil))
			var got bytes.Buffer
			var last llm.Event
			ev, err := s.Next()
			for ; err == nil; ev, err = s.Next() {
				if last.Kind == llm.End {
					t.Fatalf("%s, %d bytes: an event after the End", name, size)
				}
				got.Write(ev.Raw)
				last = ev
			}
			want, kind := io.EOF, llm.End
			if strings.HasPrefix(name, "broken") {
				want, kind = broken, llm.Chunk
			}
			if got.String() != body || err != want || size > 0 && last.Kind != kind {
				t.Errorf("%s, %d bytes: got %d bytes, last kind %d, %v; want kind %d, %v", name, size, got.Len(), last.Kind, err, kind, want)
			}
		}
	}
}

// hesitant reads nothing every other time.
type hesitant struct {
	r    io.Reader
	idle bool
}

func (h *hesitant) Read(p []byte) (int, error) {
	if h.idle = !h.idle; h.idle {
		return 0, nil
	}
	return h.r.Read(p)
}

func TestReadWhole(t *testing.T) {
	t.Parallel()
	const limit = 10_000
	for _, announced := range []int64{-1, 0, 100, 9_999, 1 << 40} {
		for _, size := range []int{0, 1, 100, 4096, 4097, limit, limit + 1, 3 * limit} {
			body := strings.Repeat("x", size)
			got, whole, err := readWhole(strings.NewReader(body), announced, limit)
			if err != nil || whole != (size <= limit) || len(got) < min(size, limit) || !strings.HasPrefix(body, string(got)) {
				t.Errorf("%d bytes, %d announced: got %d, whole %v, %v", size, announced, len(got), whole, err)
			}
			if cap(got) > 4*limit {
				t.Errorf("%d bytes, %d announced: took %d bytes of memory", size, announced, cap(got))
			}
		}
	}
}
