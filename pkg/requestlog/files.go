package requestlog

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// Files returns the paths of a log: its rotated files, oldest first, and then the
// file itself, where they exist. While a rotated file is being compressed it is
// there twice; it is named once.
func Files(path string) ([]string, error) {
	files, _, err := rotatedOf(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("look for request logs: %w", err)
	}
	files = slices.DeleteFunc(files, func(file string) bool {
		return slices.Contains(files, file+Zstd.suffix()) || slices.Contains(files, file+Gzip.suffix())
	})
	_, err = os.Stat(path)
	switch {
	case err == nil:
		files = append(files, path)
	case !errors.Is(err, os.ErrNotExist):
		return nil, fmt.Errorf("look for request logs: %w", err)
	}
	return files, nil
}

// Open opens a log file for reading, decompressed. A file that was compressed since
// it was looked for is found under its new name.
func Open(path string) (io.ReadCloser, error) {
	file, err := os.Open(path)
	for _, c := range []Compression{Zstd, Gzip} {
		if !errors.Is(err, os.ErrNotExist) {
			break
		}
		if compressed, otherErr := os.Open(path + c.suffix()); otherErr == nil {
			file, err = compressed, nil
		}
	}
	if err != nil {
		return nil, err
	}
	r, err := Decompress(file)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("read %s: %w", path, err), file.Close())
	}
	return &opened{r, file}, nil
}

// opened is a file and what decompresses it.
type opened struct {
	io.ReadCloser

	file *os.File
}

// Close implements io.Closer.
func (o *opened) Close() error { return errors.Join(o.ReadCloser.Close(), o.file.Close()) }

// The first bytes of compressed files: RFC 1952 and RFC 8878, with its frames that
// are to be skipped.
var (
	gzipMagic = []byte{0x1f, 0x8b}
	zstdMagic = []byte{0x28, 0xb5, 0x2f, 0xfd}
)

// maxWindow is how much memory a zstd file may ask for: what zstd takes without
// being told to take more.
const maxWindow = 128 << 20

// Decompress reads gzip and zstd, which it knows by their first bytes, and anything
// else as it is. Close it; the reader below stays open.
func Decompress(r io.Reader) (io.ReadCloser, error) {
	b := bufio.NewReaderSize(r, 64<<10)
	head, err := b.Peek(len(zstdMagic))
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(head, gzipMagic):
		return gzip.NewReader(b)
	case bytes.Equal(head, zstdMagic) || isSkippable(head):
		z, err := zstd.NewReader(b, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, err
		}
		return z.IOReadCloser(), nil
	default:
		return io.NopCloser(b), nil
	}
}

// isSkippable reports whether a zstd file begins with a frame that holds no data.
func isSkippable(head []byte) bool {
	return len(head) == len(zstdMagic) && head[0]&0xf0 == 0x50 && bytes.Equal(head[1:], []byte{0x2a, 0x4d, 0x18})
}
