package provider

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/llmgw/llmgw/pkg/dialect"
	"github.com/llmgw/llmgw/pkg/llm"
)

// keptPayload is the largest buffer that returns to the pool. A rare huge body
// must not stay in memory for the small ones that follow.
const keptPayload = 1 << 20

// patchRoom is spare room for what Patch adds, so that it need not grow the
// buffer: a model's name, an output limit, stream options, a few defaults.
const patchRoom = 1 << 10

var (
	errPayloadGone   = errors.New("request body was given back")
	errPayloadClosed = errors.New("request body is closed")
)

// Payload is the body of one attempt, in memory borrowed from its Exchange. It
// counts its readers: an http.Transport may read a request's body even after the
// answer has come, so the memory goes back only when the last reader is closed,
// which the Transport promises to do.
//
// A Payload is used for one attempt and never again; its buffer is what is
// reused. So a reader that comes too late finds an error, never the body of
// somebody else's call.
type Payload struct {
	data []byte
	// translated says that the answer is to be translated too, dropped what of the
	// request had no place in the vendor's dialect.
	translated bool
	dropped    []string
	buf        *[]byte // the pool's handle on data's memory
	pool       *sync.Pool
	refs       atomic.Int32
	// first is the reader that every attempt needs; further ones are for
	// connections that turn out to be stale.
	first payloadReader
}

// Payload makes the body of an attempt at req: what the client sent with the
// edits made by b, or on the translated lane what b makes of req.Translate.
// Whoever gets it hands it to Do, or calls Release.
func (x *Exchange) Payload(ctx context.Context, req *llm.Request, b dialect.Backend) (*Payload, error) {
	buf, ok := x.buffers.Get().(*[]byte)
	if !ok {
		buf = new([]byte)
	}
	p := &Payload{buf: buf, data: (*buf)[:0], pool: &x.buffers}
	p.refs.Store(1)
	var err error
	if req.Translate != nil {
		err = p.translate(req, b)
	} else {
		err = p.patch(ctx, req, b)
	}
	if err != nil {
		p.Release()
		return nil, bodyError(err)
	}
	return p, nil
}

func (p *Payload) patch(ctx context.Context, req *llm.Request, b dialect.Backend) error {
	raw, err := req.Body.Bytes(ctx)
	if err != nil {
		return err
	}
	data, err := b.Patch(slices.Grow(p.data, len(raw)+patchRoom), raw, req.Op, req.Edits)
	p.data = data
	return err
}

func (p *Payload) translate(req *llm.Request, b dialect.Backend) error {
	t := req.Translate
	losses := dialect.Losses{Drop: t.DropParams, Spell: t.ParamName}
	data, err := b.AppendRequest(p.data, req, &losses)
	if err != nil {
		return err
	}
	p.data, p.translated, p.dropped = data, true, losses.Dropped
	return nil
}

// bodyError keeps the error of a Body that says itself what is wrong.
func bodyError(err error) *llm.Error {
	if e := (*llm.Error)(nil); errors.As(err, &e) {
		return e
	}
	return &llm.Error{Kind: llm.Internal, Message: "internal error", Cause: err}
}

// Bytes is the body, to be signed for instance. It must not be written to, and
// is valid until the Payload is handed to Do or released.
func (p *Payload) Bytes() []byte { return p.data }

// Release gives up the reference that Exchange.Payload gave. It is called once.
func (p *Payload) Release() {
	if p.refs.Add(-1) > 0 {
		return
	}
	if cap(p.data) <= keptPayload {
		*p.buf = p.data[:0]
		p.pool.Put(p.buf)
	}
	p.data, p.buf = nil, nil
}

// acquire takes one more reference, unless the last one is gone already.
func (p *Payload) acquire() bool {
	for {
		n := p.refs.Load()
		if n <= 0 {
			return false
		}
		if p.refs.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// body returns the first reader. It is called once, by the holder of the first
// reference.
func (p *Payload) body() io.ReadCloser {
	p.refs.Add(1)
	p.first.p = p
	return &p.first
}

// reopen returns a further reader: http.Request.GetBody.
func (p *Payload) reopen() (io.ReadCloser, error) {
	if !p.acquire() {
		return nil, errPayloadGone
	}
	return &payloadReader{p: p}, nil
}

// payloadReader reads a Payload from its start. The lock makes Close wait for a
// Read that is copying, and stops every later one, whichever goroutine of a
// transport calls them.
type payloadReader struct {
	mu  sync.Mutex // guards p and off
	p   *Payload   // nil once closed
	off int
}

// Read copies from the payload; after Close it fails.
func (r *payloadReader) Read(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.p == nil {
		return 0, errPayloadClosed
	}
	if r.off == len(r.p.data) {
		return 0, io.EOF
	}
	n := copy(b, r.p.data[r.off:])
	r.off += n
	return n, nil
}

// Close gives up the reader's reference; only the first call does something.
func (r *payloadReader) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.p != nil {
		r.p.Release()
		r.p = nil
	}
	return nil
}
