package journal

import (
	"errors"
	"fmt"
	"os"
	"time"
)

// keepBuffer is the largest buffer that is kept for the next batch.
const keepBuffer = 1 << 20

// batch is the records that share one write. Who puts the first one in is its
// leader and writes it; the others wait. Log.mu guards it until it is taken for
// writing; then it is the leader's until done is closed.
type batch struct {
	frames  []byte
	records int
	// done is closed when first and err are set; nil where nobody can have joined.
	done  chan struct{}
	first Seq
	err   error
}

// add puts a record in and returns its place in the batch.
func (b *batch) add(record []byte) int {
	b.frames = appendFrame(b.frames, record)
	b.records++
	return b.records - 1
}

// result is what Append returns for the record at a place.
func (b *batch) result(place int) (Seq, error) {
	if b.err != nil {
		return 0, b.err
	}
	return b.first + Seq(place), nil
}

// Append implements Journal. Records have 1 to MaxRecord bytes. After an error
// nothing of the record is left in the journal, and the next Append is tried as
// if it had not been.
func (l *Log) Append(record []byte) (Seq, error) {
	if len(record) == 0 || len(record) > MaxRecord {
		return 0, fmt.Errorf("append to journal: a record has 1 to %d bytes, not %d", MaxRecord, len(record))
	}
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return 0, ErrClosed
	}
	b := l.filling
	place := b.add(record)
	if place > 0 {
		l.mu.Unlock()
		<-b.done
		return b.result(place)
	}
	if l.writing {
		b.done = make(chan struct{})
		l.mu.Unlock()
		<-l.turn
		l.mu.Lock()
	}
	l.writing = true
	l.filling = l.takeSpare()
	l.mu.Unlock()

	first, err := l.write(b)
	b.first, b.err = first, err
	l.finish(b)
	return first, err
}

// takeSpare returns an empty batch. The caller holds mu.
func (l *Log) takeSpare() *batch {
	b := l.spare
	l.spare = nil
	if b == nil {
		b = new(batch)
	}
	return b
}

// write writes a batch with one call and returns its first record's number. Only
// for the leader, who has the right to write.
func (l *Log) write(b *batch) (Seq, error) {
	first := l.last + 1
	if err := l.roll(first, len(b.frames)); err != nil {
		return 0, fmt.Errorf("append to journal %s: %w", l.dir, err)
	}
	sealFrames(b.frames, first)
	if err := l.active.append(b.frames, l.opts.Sync); err != nil {
		return 0, fmt.Errorf("append to journal %s: %w", l.dir, err)
	}
	return first, nil
}

// roll begins the segment that starts with first if the active one is full.
func (l *Log) roll(first Seq, size int) error {
	a := l.active
	if a.end == headerSize || a.end+int64(size) <= l.opts.SegmentBytes {
		return nil
	}
	if l.opts.Sync == SyncInterval {
		if err := a.file.Sync(); err != nil {
			return err
		}
	}
	next, err := l.begin(first)
	if err != nil {
		return err
	}
	l.mu.Lock()
	l.active = next
	l.segments = append(l.segments, next.segment)
	l.mu.Unlock()
	if err := a.file.Close(); err != nil {
		l.opts.Logger.Warn("journal segment did not close", "file", a.segment.path, "err", err)
	}
	return nil
}

// finish makes a batch visible, passes the right to write on and wakes whoever
// waits. The batch must not be used afterwards.
func (l *Log) finish(b *batch) {
	done := b.done
	l.mu.Lock()
	if b.err == nil {
		l.publish(b)
	}
	followed := l.filling.records > 0
	l.writing = followed
	if !followed && l.quiet != nil {
		close(l.quiet)
		l.quiet = nil
	}
	l.recycle(b)
	l.mu.Unlock()
	if followed {
		l.turn <- struct{}{}
	}
	if done != nil {
		close(done)
	}
}

// publish tells readers of a batch that was written. The caller holds mu.
func (l *Log) publish(b *batch) {
	s := l.active.segment
	s.addMark(mark{seq: b.first, off: s.size})
	s.size = l.active.end
	l.last = b.first + Seq(b.records) - 1
	if l.grown != nil {
		close(l.grown)
		l.grown = nil
	}
	if l.opts.Sync == SyncInterval && l.syncTimer == nil && !l.closed {
		l.syncs.Add(1)
		l.syncTimer = time.AfterFunc(syncInterval, l.syncActive)
	}
}

// recycle keeps a batch for a later write; of one whose result others have still
// to read, the buffer. The caller holds mu.
func (l *Log) recycle(b *batch) {
	if l.spare != nil || cap(b.frames) > keepBuffer {
		return
	}
	frames := b.frames[:0]
	if b.done != nil {
		b.frames = nil
		b = new(batch)
	}
	*b = batch{frames: frames}
	l.spare = b
}

// syncActive is the timer of SyncInterval.
func (l *Log) syncActive() {
	defer l.syncs.Done()
	l.mu.Lock()
	l.syncTimer = nil
	f, path := l.active.file, l.active.segment.path
	l.mu.Unlock()
	// A segment that was followed by another in the meantime is closed, and was
	// forced to disk before.
	if err := f.Sync(); err != nil && !errors.Is(err, os.ErrClosed) {
		l.opts.Logger.Error("journal is not forced to disk", "file", path, "err", err)
	}
}
