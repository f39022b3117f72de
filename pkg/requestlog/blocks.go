package requestlog

import (
	"bytes"
	"errors"
	"io"
)

// MaxLine is the longest line that is read, without its end. What is longer is no
// line of a log.
const MaxLine = 4 << 20

// BlockPadding is how many bytes of a block's capacity lie behind its end at least:
// who scans it eight bytes at a time needs not look where it ends.
const BlockPadding = 16

// blockSize is about how much is read at a time.
const blockSize = 1 << 20

// Blocks reads a log in blocks of whole lines. It holds little more than one line
// beside the block. Not safe for concurrent use.
type Blocks struct {
	src io.Reader
	// rest is the beginning of a line whose end has not been read.
	rest []byte
	err  error
}

// NewBlocks reads from r.
func NewBlocks(r io.Reader) *Blocks { return &Blocks{src: r} }

// Block are lines, each with its end; the last line of a log gets one where it has
// none.
type Block struct {
	Data []byte
	// TooLong says that a line longer than MaxLine stands here, in place of Data.
	TooLong bool
}

// Next reads the next block, into buf where that is large enough. It returns io.EOF
// behind the last block, and what the reader returned where it cannot read on.
func (b *Blocks) Next(buf []byte) (Block, error) {
	buf = append(buf[:0], b.rest...)
	b.rest = b.rest[:0]
	for size := blockSize; ; size = min(2*size, MaxLine+1) {
		known := len(buf)
		buf = b.fill(buf, max(size, min(known+blockSize/2, MaxLine+1)))
		if end := known + bytes.LastIndexByte(buf[known:], '\n') + 1; end > known {
			b.rest = append(b.rest, buf[end:]...)
			return Block{Data: buf[:end]}, nil
		}
		switch {
		case len(buf) > MaxLine:
			return b.pass(buf)
		case b.err == nil:
		case errors.Is(b.err, io.EOF) && len(buf) > 0:
			return Block{Data: append(buf, '\n')}, nil
		default:
			return Block{}, b.err
		}
	}
}

// fill reads until buf has size bytes, or there are none left: that stands in err.
func (b *Blocks) fill(buf []byte, size int) []byte {
	if room := size + 1 + BlockPadding; cap(buf) < room { // 1: the end of the last line
		buf = append(make([]byte, 0, room), buf...)
	}
	for len(buf) < size && b.err == nil {
		var n int
		n, b.err = b.src.Read(buf[len(buf):size])
		buf = buf[:len(buf)+n]
	}
	return buf
}

// pass reads to the end of a line that is too long.
func (b *Blocks) pass(buf []byte) (Block, error) {
	for b.err == nil {
		buf = b.fill(buf[:0], blockSize)
		if end := bytes.IndexByte(buf, '\n') + 1; end > 0 {
			b.rest = append(b.rest[:0], buf[end:]...)
			break
		}
	}
	if b.err != nil && !errors.Is(b.err, io.EOF) {
		return Block{}, b.err
	}
	return Block{TooLong: true}, nil
}
