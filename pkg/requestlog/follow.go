package requestlog

import (
	"bytes"
	"errors"
	"io"
	"os"
)

// Follower reads the lines that are added to a log file, also after it was rotated,
// by this gateway or by an outside program that renames or truncates it. The file
// need not be there yet. Not safe for concurrent use.
type Follower struct {
	path string
	file *os.File
	at   int64
	// rest is the beginning of a line whose end has not been written.
	rest []byte
}

// Follow reads a file from an offset on. Close the Follower.
func Follow(path string, offset int64) (*Follower, error) {
	file, err := os.Open(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	return &Follower{path: path, file: file, at: offset}, nil
}

// Close closes the file.
func (f *Follower) Close() error {
	if f.file == nil {
		return nil
	}
	return f.file.Close()
}

// followAtOnce is how much is read in one step.
const followAtOnce = 1 << 20

// Next returns the whole lines that have been written since the last Next, each with
// its end; none where nothing has. They are valid until the next Next. It never
// waits: ask again after a moment.
func (f *Follower) Next() ([]byte, error) {
	if f.file == nil {
		file, err := os.Open(f.path)
		if errors.Is(err, os.ErrNotExist) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		f.file, f.at = file, 0
	}
	moved, err := f.isMoved()
	if err != nil {
		return nil, err
	}
	// The old file is read to its end after its name is known to be another's: nothing
	// is written to it any more.
	lines, n, err := f.read()
	if err != nil || n > 0 || !moved {
		return lines, err
	}
	err = f.file.Close()
	f.file, f.at, f.rest = nil, 0, nil
	return nil, err
}

// isMoved reports whether the name belongs to another file by now, or to none. A file
// that was truncated is read from its beginning.
func (f *Follower) isMoved() (bool, error) {
	ours, err := f.file.Stat()
	if err != nil {
		return false, err
	}
	if ours.Size() < f.at {
		f.at, f.rest = 0, nil
	}
	named, err := os.Stat(f.path)
	if errors.Is(err, os.ErrNotExist) {
		return true, nil
	}
	return err == nil && !os.SameFile(named, ours), err
}

// read reads what is new, and returns the whole lines of it and how much it was.
func (f *Follower) read() (lines []byte, n int, err error) {
	buf := make([]byte, followAtOnce)
	n, err = f.file.ReadAt(buf, f.at)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, n, err
	}
	f.at += int64(n)
	text := append(f.rest, buf[:n]...)
	end := bytes.LastIndexByte(text, '\n') + 1
	lines, f.rest = text[:end], bytes.Clone(text[end:])
	if len(f.rest) > MaxLine {
		f.rest = f.rest[:MaxLine] // no line; its end will come, and is none either
	}
	return lines, n, nil
}
