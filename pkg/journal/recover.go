package journal

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
)

// damagedSuffix ends the names of files with what was cut off or put aside. They are
// for people, who may remove them; the journal never does.
const damagedSuffix = ".damaged"

// maxAtOnePlace is how many files are kept of what was damaged at one place, each time
// anew.
const maxAtOnePlace = 1000

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
			if err := l.putAside(tail, err); err != nil {
				return err
			}
		case err != nil:
			return fmt.Errorf("segment %s: %w", tail.path, err)
		}
	}
	if l.segments, err = l.checkOlder(segments); err != nil {
		return err
	}
	return l.continueNumbers()
}

// checkOlder looks at the headers of the segments before the active one. What is
// none of this journal's must not hide the records of others behind its name: a file
// with a bad header is put aside, and one of another journal is an error.
func (l *Log) checkOlder(segments []*segment) ([]*segment, error) {
	var good []*segment
	for i, s := range segments {
		id, err := l.instance, error(nil)
		if i < len(segments)-1 {
			id, err = openHeader(s)
		}
		switch {
		case errors.Is(err, errDamaged):
			if err := l.putAside(s, err); err != nil {
				return nil, err
			}
			if len(good) > 0 {
				good[len(good)-1].gapTold = true
			}
		case err != nil:
			return nil, fmt.Errorf("segment %s: %w", s.path, err)
		case id != l.instance:
			return nil, fmt.Errorf("segment %s is of the journal %s, the newest is of %s: %w", s.path, id, l.instance, errForeign)
		default:
			good = append(good, s)
		}
	}
	return good, nil
}

// openHeader reads the header of a segment.
func openHeader(s *segment) (instanceID, error) {
	f, err := os.Open(s.path)
	if err != nil {
		return instanceID{}, err
	}
	id, err := readHeader(f, s.first)
	return id, errors.Join(err, f.Close())
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
		l.opts.Logger.Error("journal lost records that consumers have seen",
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

// cutTail cuts a file behind its last good record, once it has kept a copy.
func (l *Log) cutTail(s *segment, f *os.File, lost int64, reason error) error {
	kept, err := keepPart(f, s, s.size, lost)
	if err != nil {
		return fmt.Errorf("keep the %d damaged bytes from offset %d on: %w", lost, s.size, err)
	}
	l.opts.Logger.Error("journal segment has a bad end, which is cut off behind the last good record",
		"file", s.path, "offset", s.size, "bytes", lost, "kept", kept, "last", uint64(l.last), "err", reason)
	return f.Truncate(s.size)
}

// putAside gives a segment without a good header another name, whole: it is nothing
// but a torn header after a crash, and worth a look after anything else.
func (l *Log) putAside(s *segment, reason error) error {
	info, err := os.Stat(s.path)
	if err != nil {
		return err
	}
	kept, err := freeName(s.path)
	if err != nil {
		return err
	}
	l.opts.Logger.Error("journal segment has a bad header and is put aside",
		"file", s.path, "offset", 0, "bytes", info.Size(), "kept", kept, "first", uint64(s.first), "err", reason)
	return os.Rename(s.path, kept)
}

// keepPart copies a part of a segment to a file of its own and returns its path.
func keepPart(f io.ReaderAt, s *segment, off, n int64) (string, error) {
	kept, err := freeName(partName(s, off))
	if err != nil {
		return "", err
	}
	dst, err := os.OpenFile(kept, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", err
	}
	_, err = io.Copy(dst, io.NewSectionReader(f, off, n))
	if err == nil {
		err = dst.Sync()
	}
	if err = errors.Join(err, dst.Close()); err != nil {
		return "", errors.Join(err, os.Remove(kept))
	}
	return kept, nil
}

// partName is the name of the damaged part that begins there, without its suffix.
func partName(s *segment, off int64) string { return fmt.Sprintf("%s.%d", s.path, off) }

// freeName appends the suffix, and a number where the name is taken: what was put
// aside earlier stays.
func freeName(path string) (string, error) {
	name := path + damagedSuffix
	for n := 2; n <= maxAtOnePlace; n++ {
		_, err := os.Lstat(name)
		if errors.Is(err, os.ErrNotExist) {
			return name, nil
		}
		if err != nil {
			return "", err
		}
		name = fmt.Sprintf("%s.%d%s", path, n, damagedSuffix)
	}
	return "", fmt.Errorf("too many damaged files like %s (move them away)", name)
}

// removeSegments removes segments that are not needed any more. One that stays is
// tried again at the next Open. Damage that could not be copied stays as well. mu is
// not held.
func (l *Log) removeSegments(segments []*segment) {
	for _, s := range segments {
		l.mu.Lock()
		precious := s.precious
		l.mu.Unlock()
		remove := os.Remove
		if precious {
			remove = func(path string) error { return os.Rename(path, path+damagedSuffix) }
		}
		if err := remove(s.path); err != nil && !errors.Is(err, os.ErrNotExist) {
			l.opts.Logger.Warn("journal file is not removed", "file", s.path, "err", err)
		}
	}
}
