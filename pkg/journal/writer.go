package journal

import (
	"errors"
	"fmt"
	"os"
)

// writer appends to one segment's file. Not safe for concurrent use.
type writer struct {
	segment *segment
	file    file
	// end is where the good records end and the next one goes.
	end int64
	// dirty says that there may be bytes after end: they must be cut before the
	// next write, lest a part of a refused write comes back to life behind it.
	dirty bool
}

// begin makes the segment that starts with first, and its writer.
func (l *Log) begin(first Seq) (*writer, error) {
	s := newSegment(l.dir, first)
	f, err := l.opts.create(s.path)
	if err != nil {
		return nil, err
	}
	w := &writer{segment: s, file: f}
	if err := w.append(newHeader(first, l.instance), l.opts.Sync); err != nil {
		return nil, errors.Join(err, f.Close(), os.Remove(s.path))
	}
	s.size = w.end
	if l.opts.Sync != SyncNever {
		err = syncDir(l.dir)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close(), os.Remove(s.path))
	}
	return w, nil
}

// append writes at the end of the file. After an error the file ends where it
// ended before, or is dirty.
func (w *writer) append(b []byte, policy SyncPolicy) error {
	if w.dirty {
		if err := w.cut(); err != nil {
			return err
		}
	}
	_, err := w.file.WriteAt(b, w.end)
	if err == nil && policy == SyncAlways {
		err = w.file.Sync()
	}
	if err != nil {
		w.dirty = true
		return errors.Join(err, w.cut())
	}
	w.end += int64(len(b))
	return nil
}

// cut removes what stands after the end.
func (w *writer) cut() error {
	if err := w.file.Truncate(w.end); err != nil {
		return fmt.Errorf("cut off a partial write: %w", err)
	}
	w.dirty = false
	return nil
}
