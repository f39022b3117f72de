package requestlog

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
)

// DefaultMaxBytes is the size at which the log file is rotated.
const DefaultMaxBytes = 100 << 20

// maxTorn is the longest torn end that is taken for one: far above any line.
const maxTorn = 16 << 20

// ErrClosed is returned by a File after its Close.
var ErrClosed = errors.New("request log is closed")

// Compression says how rotated files are kept.
type Compression uint8

// The compressions.
const (
	// Zstd is the default.
	Zstd Compression = iota
	// Gzip is for tools that know no zstd.
	Gzip
	// Plain leaves rotated files as they are.
	Plain
)

// FileOptions are the settings of a File. The zero value is usable.
type FileOptions struct {
	// MaxBytes is when the file is rotated; 0 means DefaultMaxBytes. A file is
	// larger where a single Append is.
	MaxBytes int64
	// Keep is how many rotated files stay; 0 means all.
	Keep     int
	Compress Compression
	// Logger is told when rotated files cannot be tidied up; nil discards it.
	Logger *slog.Logger
}

// File is the log on disk: lines are appended to one file, which is rotated by
// size to name-<time>.jsonl and compressed there. Somebody else may rotate it
// too, by renaming or by truncating it. Safe for concurrent use; one process at
// a time.
type File struct {
	path string
	opts FileOptions
	// tidying is the goroutine that compresses and removes rotated files; tidies
	// says that it runs.
	tidying sync.WaitGroup
	tidies  atomic.Bool

	// mu guards everything below, also during I/O: it is what gives batches their
	// order, and nobody takes it but who reads or writes the file.
	mu   sync.Mutex
	file *os.File
	// good is where the file's whole lines end while dirty: a refused write has to
	// be cut off before the next one.
	good  int64
	dirty bool
	// stuck says that rotating has failed, and was told.
	stuck  bool
	closed bool
}

// OpenFile opens the log file, which it makes if it must, readable only by its
// owner. A last line without its end was torn by a crash and is cut off.
func OpenFile(path string, opts FileOptions) (*File, error) {
	if opts.MaxBytes <= 0 {
		opts.MaxBytes = DefaultMaxBytes
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	f := &File{path: path, opts: opts}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("open request log: %w", err)
	}
	if err := f.open(); err != nil {
		return nil, fmt.Errorf("open request log: %w", err)
	}
	return f, nil
}

// Append writes whole lines, each with its end, with one write. After an error
// nothing of them is in the file, or it is cut off before the next Append writes.
func (f *File) Append(lines []byte) error {
	if len(lines) == 0 {
		return nil
	}
	if lines[len(lines)-1] != '\n' {
		return errors.New("append to request log: the last line has no end")
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return ErrClosed
	}
	if err := f.append(lines); err != nil {
		return fmt.Errorf("append to request log: %w", err)
	}
	return nil
}

func (f *File) append(lines []byte) error {
	if err := f.follow(); err != nil {
		return err
	}
	if err := f.cut(); err != nil {
		return err
	}
	size, err := f.size()
	if err != nil {
		return err
	}
	if size > 0 && size+int64(len(lines)) > f.opts.MaxBytes {
		if size, err = f.rotate(); err != nil {
			return err
		}
	}
	if _, err := f.file.Write(lines); err != nil {
		f.good, f.dirty = size, true
		return errors.Join(err, f.cut())
	}
	return nil
}

// follow opens the file anew where its name belongs to another one by now, or to
// none: an outside program has rotated it.
func (f *File) follow() error {
	if f.file != nil {
		named, err := os.Stat(f.path)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		ours, oursErr := f.file.Stat()
		if err == nil && oursErr == nil && os.SameFile(named, ours) {
			return nil
		}
	}
	if err := f.closeFile(); err != nil {
		return err
	}
	return f.open()
}

// cut removes what a refused write may have left.
func (f *File) cut() error {
	if !f.dirty {
		return nil
	}
	if err := f.file.Truncate(f.good); err != nil {
		return fmt.Errorf("cut off a partial write: %w", err)
	}
	f.dirty = false
	return nil
}

// size asks the file: an outside program may have truncated it.
func (f *File) size() (int64, error) {
	info, err := f.file.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// open opens the file for appending and cuts off a torn last line.
func (f *File) open() error {
	file, err := os.OpenFile(f.path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	if err := cutTorn(file); err != nil {
		return errors.Join(err, file.Close())
	}
	f.file, f.dirty = file, false
	return nil
}

// cutTorn cuts what follows a file's last line end.
func cutTorn(file *os.File) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	end, size := info.Size(), info.Size()
	block := make([]byte, 64<<10)
	for end > 0 && size-end < maxTorn {
		n := min(end, int64(len(block)))
		if _, err := file.ReadAt(block[:n], end-n); err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if i := bytes.LastIndexByte(block[:n], '\n'); i >= 0 {
			return truncate(file, size, end-n+int64(i)+1)
		}
		end -= n
	}
	if end > 0 {
		return fmt.Errorf("%s ends with %d bytes without a line end, which is no request log (move it away)", file.Name(), size-end)
	}
	return truncate(file, size, 0)
}

// truncate cuts a file if it is longer.
func truncate(file *os.File, size, end int64) error {
	if size == end {
		return nil
	}
	return file.Truncate(end)
}

// rotate puts the full file aside and begins a new one, whose size it returns.
// Where that fails the old one grows on: no line is lost for want of a rotation.
func (f *File) rotate() (int64, error) {
	if err := f.closeFile(); err != nil {
		return 0, err
	}
	err := f.putAside(time.Now().UTC())
	if err != nil && !f.stuck {
		f.opts.Logger.Error("request log is not rotated", "file", f.path, "err", err)
	}
	f.stuck = err != nil
	if err := f.open(); err != nil {
		return 0, err
	}
	f.startTidying()
	return f.size()
}

// putAside gives the file its rotated name: a time that no other has.
func (f *File) putAside(now time.Time) error {
	for range 1000 {
		name := f.rotatedName(now)
		taken, err := f.isTaken(name)
		if err != nil {
			return err
		}
		if !taken {
			return os.Rename(f.path, name)
		}
		now = now.Add(time.Millisecond)
	}
	return errors.New("too many rotated files at one time")
}

// Close waits until rotated files are tidied up and closes the file. A second
// Close does nothing.
func (f *File) Close() error {
	f.mu.Lock()
	f.closed = true
	err := f.closeFile()
	f.mu.Unlock()
	f.tidying.Wait()
	if err != nil {
		return fmt.Errorf("close request log: %w", err)
	}
	return nil
}

func (f *File) closeFile() error {
	if f.file == nil {
		return nil
	}
	err := f.file.Close()
	f.file = nil
	return err
}
