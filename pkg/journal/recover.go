package journal

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
)

// What is kept of damaged files, for whoever wants to look.
const (
	corruptSuffix   = ".corrupt"
	maxCorruptBytes = 1 << 20
	maxCorruptFiles = 8
)

// recoverSegments finds the last good record, cuts what follows it and makes the
// last segment the active one.
func (l *Log) recoverSegments() error {
	segments, err := listSegments(l.dir)
	if err != nil {
		return err
	}
	for len(segments) > 0 && l.active == nil {
		tail := segments[len(segments)-1]
		l.active, err = l.reopen(tail)
		switch {
		case errors.Is(err, errDamaged):
			segments = segments[:len(segments)-1]
			if err := l.quarantine(tail, err); err != nil {
				return err
			}
		case err != nil:
			return fmt.Errorf("segment %s: %w", tail.path, err)
		}
	}
	l.segments = segments
	return l.continueNumbers()
}

// continueNumbers begins a new segment where there is none, and where a consumer
// has acknowledged records that a loss of power took away: their numbers must
// not be given again.
func (l *Log) continueNumbers() error {
	var acked Seq
	for _, s := range l.acked {
		acked = max(acked, s)
	}
	if l.active == nil {
		if _, err := rand.Read(l.instance[:]); err != nil {
			return err
		}
	}
	if l.active != nil && l.last >= acked {
		return nil
	}
	next, err := l.begin(max(l.last, acked) + 1)
	if err != nil {
		return fmt.Errorf("begin a segment: %w", err)
	}
	if l.active != nil {
		l.opts.Logger.Warn("journal lost records that consumers have seen",
			"dir", l.dir, "last", uint64(l.last), "acked", uint64(acked))
		if err := l.active.file.Close(); err != nil {
			return errors.Join(err, next.file.Close())
		}
	}
	l.last = next.segment.first - 1
	l.active = next
	l.segments = append(l.segments, next.segment)
	return nil
}

// reopen reads a segment to its end, cuts off what is damaged and returns a
// writer that goes on there. It returns an error that wraps errDamaged where not
// even the header is good.
func (l *Log) reopen(s *segment) (*writer, error) {
	f, err := os.OpenFile(s.path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	id, err := readHeader(f, s.first)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if err := l.scan(s, f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	l.instance = id
	return &writer{segment: s, file: f, end: s.size}, nil
}

// scan finds a segment's end and marks, and sets the last number.
func (l *Log) scan(s *segment, f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	r := newFrameReader(f, s.marks[0], info.Size())
	for err == nil {
		s.addMark(mark{seq: r.seq, off: r.off})
		_, err = r.next()
	}
	s.size, l.last = r.off, r.seq-1
	if errors.Is(err, errDamaged) {
		return l.cutTail(s, f, info.Size()-r.off, err)
	}
	if !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

// cutTail cuts a file behind its last good record and keeps a copy.
func (l *Log) cutTail(s *segment, f *os.File, lost int64, reason error) error {
	kept := fmt.Sprintf("%s.%d%s", s.path, s.size, corruptSuffix)
	l.opts.Logger.Warn("journal segment has a bad end, which is cut off",
		"file", s.path, "offset", s.size, "bytes", lost, "kept", kept, "err", reason)
	if err := copyTail(kept, io.NewSectionReader(f, s.size, min(lost, maxCorruptBytes))); err != nil {
		l.opts.Logger.Warn("bad end is not kept", "file", kept, "err", err)
	}
	l.pruneCorrupt()
	return f.Truncate(s.size)
}

// copyTail writes what r gives to a new file.
func copyTail(path string, r io.Reader) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	return errors.Join(err, f.Close())
}

// quarantine puts a segment without a good header aside, whole: it is nothing
// but a torn header after a crash, and worth a look after anything else.
func (l *Log) quarantine(s *segment, reason error) error {
	l.opts.Logger.Warn("journal segment has a bad header and is put aside",
		"file", s.path, "kept", s.path+corruptSuffix, "err", reason)
	err := os.Rename(s.path, s.path+corruptSuffix)
	l.pruneCorrupt()
	return err
}

// pruneCorrupt keeps the newest few of the damaged files.
func (l *Log) pruneCorrupt() {
	// The pattern is constant but for the directory's name; a name that is no
	// pattern keeps its files, which does no harm.
	paths, _ := filepath.Glob(filepath.Join(l.dir, "*"+corruptSuffix))
	slices.Sort(paths)
	l.removeFiles(paths[:max(len(paths)-maxCorruptFiles, 0)])
}

// removeFiles removes files that are not needed any more. One that stays is tried
// again at the next Open.
func (l *Log) removeFiles(paths []string) {
	for _, p := range paths {
		if err := os.Remove(p); err != nil && !errors.Is(err, os.ErrNotExist) {
			l.opts.Logger.Warn("journal file is not removed", "file", p, "err", err)
		}
	}
}
