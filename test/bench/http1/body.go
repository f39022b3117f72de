package http1

import (
	"bytes"
	"fmt"
	"strconv"
)

// framing says how a body ends.
type framing struct {
	kind   framingKind
	length int64 // of a sized body
}

type framingKind uint8

const (
	unframed framingKind = iota
	sized
	chunked
)

// fields reads header fields up to the empty line and keeps the framing.
func (r *Reader) fields() (framing, error) {
	var f framing
	for size := 0; ; {
		line, err := r.line()
		if err != nil {
			return framing{}, err
		}
		if len(line) == 0 {
			return f, nil
		}
		if size += len(line); size > maxHead {
			return framing{}, fmt.Errorf("%w: head over %d bytes", ErrMalformed, maxHead)
		}
		if err := f.field(line); err != nil {
			return framing{}, err
		}
	}
}

// field takes note of one header field. A second framing field is refused: a
// reader that picks one of two is how messages are smuggled, and how a
// benchmark counts half of them.
func (f *framing) field(line []byte) error {
	name, value, _ := bytes.Cut(line, []byte(":"))
	value = bytes.Trim(value, " \t")
	switch {
	case bytes.EqualFold(name, []byte("Content-Length")):
		n, ok := digits(value)
		if !ok || f.kind != unframed {
			return fmt.Errorf("%w: content-length %.40q", ErrMalformed, value)
		}
		f.kind, f.length = sized, n
	case bytes.EqualFold(name, []byte("Transfer-Encoding")):
		if !bytes.EqualFold(value, []byte("chunked")) || f.kind != unframed {
			return fmt.Errorf("%w: transfer-encoding %.40q", ErrMalformed, value)
		}
		f.kind = chunked
	}
	return nil
}

// Body reads the body that belongs to h and hands it to visit piece by piece, as
// it arrives and without chunk framing. A piece is valid during the call.
// Returns nil at the end of the body, io.ErrUnexpectedEOF where the connection
// ends before it.
func (r *Reader) Body(h Head, visit func(piece []byte)) error {
	switch h.framing.kind {
	case sized:
		return r.pass(h.framing.length, visit)
	case chunked:
		return r.chunks(visit)
	default:
		return nil
	}
}

// chunks passes chunk after chunk, and the trailers.
func (r *Reader) chunks(visit func([]byte)) error {
	for {
		line, err := r.line()
		if err != nil {
			return err
		}
		digits, _, _ := bytes.Cut(line, []byte(";"))
		n, err := strconv.ParseUint(string(bytes.TrimRight(digits, " \t")), 16, 32)
		if err != nil || n > maxChunk {
			return fmt.Errorf("%w: chunk size %.40q", ErrMalformed, line)
		}
		if n == 0 {
			_, err := r.fields()
			return err
		}
		if err := r.pass(int64(n), visit); err != nil {
			return err
		}
		if err := r.chunkEnd(); err != nil {
			return err
		}
	}
}

// chunkEnd reads the line break behind a chunk's data.
func (r *Reader) chunkEnd() error {
	rest, err := r.line()
	if err != nil {
		return err
	}
	if len(rest) != 0 {
		return fmt.Errorf("%w: chunk longer than its size", ErrMalformed)
	}
	return nil
}

// pass hands the next n bytes to visit, in the pieces in which they arrive.
func (r *Reader) pass(n int64, visit func([]byte)) error {
	for n > 0 {
		if _, err := r.br.Peek(1); err != nil {
			return unexpected(err)
		}
		piece, err := r.br.Peek(int(min(n, int64(r.br.Buffered()))))
		if err != nil {
			return err
		}
		visit(piece)
		if _, err := r.br.Discard(len(piece)); err != nil {
			return err
		}
		n -= int64(len(piece))
	}
	return nil
}
