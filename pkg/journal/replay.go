package journal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
)

// view is what one Replay may read of a segment: from a mark to an offset, where
// the record until stands last.
type view struct {
	segment *segment
	from    mark
	size    int64
	until   Seq
}

// Replay implements Journal. f may call every method of the journal. Where a
// segment is damaged in its middle, the rest of it is skipped, copied to a file that
// stays, and told once; it is not an error of Replay.
func (l *Log) Replay(after Seq, f func(Seq, []byte) error) error {
	views, err := l.views(after)
	if err != nil {
		return err
	}
	for _, v := range views {
		if err := l.replay(v, after, f); err != nil {
			return err
		}
	}
	return nil
}

// views returns the segments that hold records after the given one, as they are
// now.
func (l *Log) views(after Seq) ([]view, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, ErrClosed
	}
	var views []view
	for i, s := range l.segments {
		v := view{segment: s, size: s.size, until: l.last}
		if i < len(l.segments)-1 {
			v.until = l.segments[i+1].first - 1
		}
		if v.until <= after || v.until < s.first {
			continue
		}
		v.from = s.before(max(after+1, s.first))
		views = append(views, v)
	}
	return views, nil
}

// replay calls f for the records of one segment.
func (l *Log) replay(v view, after Seq, f func(Seq, []byte) error) error {
	file, err := os.Open(v.segment.path)
	if errors.Is(err, os.ErrNotExist) && l.isGone(v.segment) {
		return nil // every consumer has passed it while this one read
	}
	if err != nil {
		return fmt.Errorf("replay journal: %w", err)
	}
	err = l.readSegment(file, v, func(s Seq, record []byte) error {
		if s <= after {
			return nil
		}
		return f(s, record)
	})
	return errors.Join(err, file.Close())
}

// readSegment calls f for the records of an open segment and remembers marks on
// the way, so that the next reader can begin closer.
func (l *Log) readSegment(file *os.File, v view, f func(Seq, []byte) error) error {
	r, err := l.openView(file, v)
	for err == nil {
		var record []byte
		if record, err = r.next(); err != nil {
			break
		}
		if err := f(r.seq-1, record); err != nil {
			return err
		}
		if r.off-v.from.off >= markEvery {
			v.from = mark{seq: r.seq, off: r.off}
			l.learnMark(v.segment, v.from)
		}
	}
	switch {
	case errors.Is(err, io.EOF) && r.seq > v.until:
		l.learnTail(v.segment, mark{seq: r.seq, off: r.off})
		return nil
	case errors.Is(err, io.EOF) && v.segment.gapTold:
		return nil
	case errors.Is(err, io.EOF):
		err = fmt.Errorf("%w: record %d and later ones are missing", errDamaged, r.seq)
	case !errors.Is(err, errDamaged):
		return fmt.Errorf("replay journal: %w", err)
	}
	var off int64
	if r != nil {
		off = r.off
	}
	l.reportDamage(file, v, off, err)
	return nil
}

// openView returns a reader over a view. Segments from before this process
// began are looked at here for the first time.
func (l *Log) openView(file *os.File, v view) (*frameReader, error) {
	if v.size == 0 {
		info, err := file.Stat()
		if err != nil {
			return nil, err
		}
		v.size = info.Size()
	}
	if v.from.off == headerSize {
		if _, err := readHeader(file, v.segment.first); err != nil {
			return nil, err
		}
	}
	return newFrameReader(file, v.from, v.size), nil
}

// learnMark remembers a record's place.
func (l *Log) learnMark(s *segment, m mark) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s.addMark(m)
}

// learnTail remembers where a reader found the end.
func (l *Log) learnTail(s *segment, m mark) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s.tail = m
}

// isGone reports whether a segment has been removed from the journal.
func (l *Log) isGone(s *segment) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return s.first < l.segments[0].first
}

// reportDamage logs, once for a segment, that its records from an offset on are lost,
// and keeps a copy: the segment goes when all have passed it.
func (l *Log) reportDamage(file *os.File, v view, off int64, reason error) {
	l.mu.Lock()
	told := v.segment.reported
	v.segment.reported = true
	l.mu.Unlock()
	if told {
		return
	}
	kept, lost, err := l.keepRest(file, v, off)
	if err != nil {
		l.mu.Lock()
		v.segment.precious = true
		l.mu.Unlock()
		kept, reason = "", errors.Join(reason, fmt.Errorf("no copy of it could be made: %w", err))
	}
	l.opts.Logger.Error("journal segment is damaged, the rest of it is skipped",
		"file", v.segment.path, "offset", off, "bytes", lost, "kept", kept, "until", uint64(v.until), "err", reason)
}

// keepRest copies what a view has from an offset on, unless an earlier process has
// done so. It returns the copy's path, "" where there is nothing to copy.
func (l *Log) keepRest(file *os.File, v view, off int64) (kept string, lost int64, err error) {
	size := v.size
	if size == 0 {
		info, err := file.Stat()
		if err != nil {
			return "", 0, err
		}
		size = info.Size()
	}
	if lost = max(0, size-off); lost == 0 {
		return "", 0, nil
	}
	kept = partName(v.segment, off) + damagedSuffix
	if info, err := os.Stat(kept); err == nil && info.Size() == lost {
		return kept, lost, nil
	}
	kept, err = keepPart(file, v.segment, off, lost)
	return kept, lost, err
}

// Wait implements Journal. A record whose segment is damaged counts as there
// although Replay does not find it: who waits in a loop should pause in between.
func (l *Log) Wait(ctx context.Context, after Seq) error {
	for {
		l.mu.Lock()
		if l.closed {
			l.mu.Unlock()
			return ErrClosed
		}
		if l.last > after {
			l.mu.Unlock()
			return nil
		}
		if l.grown == nil {
			l.grown = make(chan struct{})
		}
		grown := l.grown
		l.mu.Unlock()
		select {
		case <-grown:
		case <-l.done:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
