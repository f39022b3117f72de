package llm

import (
	"bytes"
	"context"
	"io"
)

// Body is what a client sent. It stays readable, any number of times, until
// Release: every attempt of a call reads it anew.
type Body interface {
	// Bytes returns the whole body. The slice belongs to the Body, must not be
	// written to, and is valid until Release.
	Bytes(ctx context.Context) ([]byte, error)
	// Open returns a reader over the whole body, from its start.
	Open() (io.ReadCloser, error)
	// Size is the body's length in bytes.
	Size() int64
	// Release gives the memory back. Only the first call does something.
	// Nothing obtained from the Body may be used afterwards.
	Release()
}

// BytesBody is a Body over a slice in memory that needs no release.
type BytesBody []byte

// Bytes returns the slice itself.
func (b BytesBody) Bytes(context.Context) ([]byte, error) { return b, nil }

// Open returns a reader over the slice.
func (b BytesBody) Open() (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader(b)), nil
}

// Size is the length of the slice.
func (b BytesBody) Size() int64 { return int64(len(b)) }

// Release does nothing: the slice is left to the garbage collector.
func (b BytesBody) Release() {}
