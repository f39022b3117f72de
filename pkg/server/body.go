package server

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/llmgw/llmgw/pkg/llm"
)

const (
	// firstBuffer is what is read into where the length is not known.
	firstBuffer = 8 << 10
	// smallestClass and largestClass are the sizes of pooled buffers, as powers of
	// two: 1 KiB to 1 MiB. Larger ones are left to the garbage collector.
	smallestClass = 10
	largestClass  = 20
)

// bodies reads what clients send, within bounds on each and on all together.
// Safe for concurrent use.
type bodies struct {
	max, room int64
	held      atomic.Int64
	pools     [largestClass - smallestClass + 1]sync.Pool // of *[]byte
}

// body is a client's body in memory.
type body struct {
	from    *bodies
	buf     *[]byte // from a pool, or nil
	data    []byte
	charged int64
}

// Bytes implements llm.Body.
func (b *body) Bytes(context.Context) ([]byte, error) { return b.data, nil }

// Open implements llm.Body.
func (b *body) Open() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b.data)), nil }

// Size implements llm.Body.
func (b *body) Size() int64 { return int64(len(b.data)) }

// Release implements llm.Body.
func (b *body) Release() {
	if b.from == nil {
		return
	}
	b.from.held.Add(-b.charged)
	b.from.put(b.buf)
	*b = body{}
}

// read reads the request's body whole. Its errors are *llm.Error.
func (p *bodies) read(r *http.Request) (llm.Body, error) {
	if r.ContentLength > p.max {
		return nil, p.tooLarge()
	}
	src := io.Reader(r.Body)
	size := r.ContentLength
	switch enc := strings.ToLower(r.Header.Get("Content-Encoding")); enc {
	case "", "identity":
	case "gzip", "x-gzip":
		z, err := gzip.NewReader(r.Body)
		if err != nil {
			return nil, readError(fmt.Errorf("gzip: %w", err))
		}
		src, size = z, -1
	default:
		return nil, &llm.Error{
			Kind: llm.InvalidRequest, NoRetry: true,
			Message: fmt.Sprintf("Content-Encoding %q is not understood (use gzip, or send the body as it is)", enc),
		}
	}
	b := &body{from: p}
	if err := b.fill(src, size); err != nil {
		b.Release()
		return nil, err
	}
	return b, nil
}

// fill reads src to its end into a buffer that grows; size is -1 where it is not
// known.
func (b *body) fill(src io.Reader, size int64) error {
	p := b.from
	// One byte more than announced, so that the end is seen without growing.
	want := size + 1
	if size < 0 {
		want = firstBuffer
	}
	if err := b.grow(want); err != nil {
		return err
	}
	for {
		free := (*b.buf)[len(b.data):]
		if len(free) == 0 {
			if err := b.grow(min(2*int64(len(*b.buf)), p.max+1)); err != nil {
				return err
			}
			continue
		}
		n, err := src.Read(free)
		b.data = (*b.buf)[:len(b.data)+n]
		if int64(len(b.data)) > p.max {
			return p.tooLarge()
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return readError(err)
		}
	}
}

// grow gives the body a buffer of at least size bytes, within what all bodies
// may hold.
func (b *body) grow(size int64) error {
	p := b.from
	buf := p.get(size)
	if more := int64(len(*buf)) - b.charged; p.held.Add(more) > p.room {
		p.held.Add(-more)
		p.put(buf)
		return &llm.Error{Kind: llm.Overloaded, RetryAfter: time.Second, Message: "the gateway holds as many request bodies as it may; try again"}
	}
	b.charged = int64(len(*buf))
	b.data = append((*buf)[:0], b.data...)
	p.put(b.buf)
	b.buf = buf
	return nil
}

// get takes a buffer of at least size bytes.
func (p *bodies) get(size int64) *[]byte {
	if class := classOf(size); class <= largestClass {
		if buf, ok := p.pools[class-smallestClass].Get().(*[]byte); ok {
			return buf
		}
	}
	buf := make([]byte, bufferSize(size))
	return &buf
}

// classOf is the class of the smallest pooled buffer that holds size bytes; one
// above largestClass is not pooled.
func classOf(size int64) int {
	return max(bits.Len64(uint64(max(size, 1)-1)), smallestClass)
}

// bufferSize is how large the buffer for size bytes is.
func bufferSize(size int64) int64 {
	if class := classOf(size); class <= largestClass {
		return 1 << class
	}
	return size
}

// put gives a buffer back, if it has a pool.
func (p *bodies) put(buf *[]byte) {
	if buf == nil {
		return
	}
	if class := bits.Len(uint(len(*buf))) - 1; class <= largestClass && len(*buf) == 1<<class {
		p.pools[class-smallestClass].Put(buf)
	}
}

func (p *bodies) tooLarge() error {
	return &llm.Error{
		Kind: llm.TooLarge, NoRetry: true,
		Message: fmt.Sprintf("the request body is larger than %d bytes (general_settings.max_body_bytes)", p.max),
	}
}

// readError tells a client why its body could not be read.
func readError(err error) error {
	e := &llm.Error{Kind: llm.InvalidRequest, NoRetry: true, Message: "the request body could not be read whole", Cause: err}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		e.Message = "the request body did not arrive in time"
		e.Code = "request_timeout"
	}
	return e
}
