package requestlog

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// TailIDs returns the request ids of the log's last lines: about the last
// maxBytes of the file, and of the file that was rotated last where the present
// one is shorter. Who delivers lines again after a crash asks it what has arrived
// already. Lines that are no records are skipped.
func (f *File) TailIDs(maxBytes int64) (map[string]struct{}, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil, ErrClosed
	}
	f.tidying.Wait() // no rotated file may change its name now
	ids := make(map[string]struct{})
	left, err := addTail(ids, f.path, maxBytes)
	if err != nil {
		return nil, fmt.Errorf("read the end of the request log: %w", err)
	}
	files, _, err := f.rotated()
	if err != nil {
		return nil, fmt.Errorf("read the end of the request log: %w", err)
	}
	if left > 0 && len(files) > 0 {
		if _, err := addTail(ids, files[len(files)-1], left); err != nil {
			return nil, fmt.Errorf("read the end of the last request log: %w", err)
		}
	}
	return ids, nil
}

// addTail adds the ids of a file's last bytes, and returns how many of the bytes
// asked for it did not have.
func addTail(ids map[string]struct{}, path string, n int64) (int64, error) {
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return n, nil
	}
	if err != nil {
		return 0, err
	}
	tail, err := readTail(file, n)
	if err := errors.Join(err, file.Close()); err != nil {
		return 0, err
	}
	// The first line may be the end of one: that is no JSON.
	for row := range bytes.Lines(tail) {
		var r struct {
			RequestID string `json:"request_id"`
		}
		if json.Unmarshal(row, &r) == nil && r.RequestID != "" {
			ids[r.RequestID] = struct{}{}
		}
	}
	return n - int64(len(tail)), nil
}

// readTail returns the last n bytes of a file, decompressed.
func readTail(file *os.File, n int64) ([]byte, error) {
	switch filepath.Ext(file.Name()) {
	case Zstd.suffix():
		r, err := zstd.NewReader(file, zstd.WithDecoderConcurrency(1))
		if err != nil {
			return nil, err
		}
		defer r.Close()
		return lastBytes(r, n)
	case Gzip.suffix():
		r, err := gzip.NewReader(file)
		if err != nil {
			return nil, err
		}
		return lastBytes(r, n)
	}
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	skip := max(info.Size()-n, 0)
	if _, err := file.Seek(skip, io.SeekStart); err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(file, n))
}

// lastBytes reads r to its end and returns its last n bytes, holding little more
// than twice as many.
func lastBytes(r io.Reader, n int64) ([]byte, error) {
	var tail []byte
	for {
		read, err := io.CopyN(appender{&tail}, r, max(n, 1))
		if over := int64(len(tail)) - n; over > 0 {
			tail = append(tail[:0], tail[over:]...)
		}
		if errors.Is(err, io.EOF) {
			return tail, nil
		}
		if err != nil || read == 0 {
			return nil, err
		}
	}
}

// appender is an io.Writer on a slice.
type appender struct{ dst *[]byte }

func (a appender) Write(p []byte) (int, error) {
	*a.dst = append(*a.dst, p...)
	return len(p), nil
}
