package journal

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/gofrs/flock"
)

// DefaultSegmentBytes is the size at which a segment is followed by the next.
const DefaultSegmentBytes = 64 << 20

// SyncPolicy says when records are forced to disk. Whatever it says, a record
// survives the death of the process; it is about the loss of power.
type SyncPolicy uint8

// The policies.
const (
	// SyncNever leaves it to the operating system.
	SyncNever SyncPolicy = iota
	// SyncInterval forces records to disk at most a second after their Append.
	SyncInterval
	// SyncAlways forces them to disk before Append returns.
	SyncAlways
)

// syncInterval is the second of SyncInterval.
const syncInterval = time.Second

var (
	// ErrClosed is returned by a journal after its Close.
	ErrClosed = errors.New("journal is closed")
	// ErrLocked is what Open wraps when another process has the directory.
	ErrLocked = errors.New("in use by another process")
)

// Options are the settings of a Log. The zero value is usable.
type Options struct {
	// SegmentBytes is when a new segment is begun; 0 means DefaultSegmentBytes. A
	// segment is larger where a single write is.
	SegmentBytes int64
	// Sync is SyncNever by default.
	Sync SyncPolicy
	// Consumers are those for whom segments are kept from the start, also before
	// their first Ack. Where nobody is named and nobody acks, all segments stay.
	Consumers []string
	// Logger is told of damage and repairs; nil discards them.
	Logger *slog.Logger

	// create makes a segment's file; nil means createFile. Tests inject faults here.
	create func(path string) (file, error)
}

// Log is a Journal in a directory. Make one with Open.
type Log struct {
	dir      string
	opts     Options
	lock     *flock.Flock
	instance instanceID
	acks     *ackFile
	// turn passes the right to write to the leader of the next batch.
	turn chan struct{}
	// active is the segment being written, used and replaced only by whoever has
	// the right to write; replacing also takes mu.
	active *writer
	// syncs are the interval's timers that have not run to their end.
	syncs sync.WaitGroup

	mu sync.Mutex // guards everything below
	// segments are in order, the last is the active one. Never empty.
	segments []*segment
	last     Seq
	// writing says that somebody has the right to write.
	writing bool
	// filling gathers the records of the next write; spare is an idle batch.
	filling, spare *batch
	// grown is closed at the next record; nil where nobody waits.
	grown chan struct{}
	// done is closed by Close.
	done   chan struct{}
	closed bool
	// quiet is closed, after Close began, when the last write has ended.
	quiet     chan struct{}
	syncTimer *time.Timer
	// acked is how far each consumer has come; holders are those that segments
	// are kept for.
	acked   map[string]Seq
	holders map[string]struct{}
}

var _ Journal = (*Log)(nil)

// Open opens the journal in a directory, which it makes if it must, and locks it
// for this process. A damaged end is cut behind the last good record, and a segment
// without a good header put aside: the log is told loudly what and how much, and a
// copy stays as *.damaged. Numbers go on after the last good record, and never below
// what a consumer has acknowledged. It returns an error that wraps ErrLocked when
// another process has the directory.
func Open(dir string, opts Options) (*Log, error) {
	if opts.SegmentBytes <= 0 {
		opts.SegmentBytes = DefaultSegmentBytes
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	if opts.create == nil {
		opts.create = createFile
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	lock, err := lockDir(dir)
	if err != nil {
		return nil, fmt.Errorf("open journal %s: %w", dir, err)
	}
	l := &Log{
		dir: dir, opts: opts, lock: lock,
		turn: make(chan struct{}, 1), filling: new(batch), done: make(chan struct{}),
		holders: make(map[string]struct{}),
	}
	if err := l.load(); err != nil {
		return nil, errors.Join(fmt.Errorf("open journal %s: %w", dir, err), lock.Close())
	}
	return l, nil
}

// lockDir takes the directory for this process.
func lockDir(dir string) (*flock.Flock, error) {
	lock := flock.New(filepath.Join(dir, "lock"), flock.SetPermissions(0o600))
	locked, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	if !locked {
		return nil, fmt.Errorf("%w (stop it, or give this one a data directory of its own)", ErrLocked)
	}
	return lock, nil
}

// load reads what is in the directory.
func (l *Log) load() error {
	var err error
	if l.acks, l.acked, err = openAcks(filepath.Join(l.dir, ackFileName)); err != nil {
		return err
	}
	for _, c := range l.opts.Consumers {
		l.holders[c] = struct{}{}
	}
	if err := l.recoverSegments(); err != nil {
		return errors.Join(err, l.acks.close())
	}
	l.removeSegments(l.takePassed())
	return nil
}

// Last implements Journal.
func (l *Log) Last() Seq {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last
}

// Instance implements Journal.
func (l *Log) Instance() string { return l.instance.String() }

// Close waits for appends under way, forces what was written to disk unless the
// policy is SyncNever, and gives the directory free. Afterwards every method
// fails with ErrClosed. A second Close does nothing.
func (l *Log) Close() error {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return nil
	}
	l.closed = true
	close(l.done)
	if l.syncTimer != nil && l.syncTimer.Stop() {
		l.syncs.Done()
	}
	if l.writing {
		l.quiet = make(chan struct{})
	}
	quiet := l.quiet
	l.mu.Unlock()
	if quiet != nil {
		<-quiet
	}
	l.syncs.Wait()
	var err error
	if l.opts.Sync != SyncNever {
		err = l.active.file.Sync()
	}
	if err = errors.Join(err, l.active.file.Close(), l.acks.close(), l.lock.Close()); err != nil {
		return fmt.Errorf("close journal %s: %w", l.dir, err)
	}
	return nil
}
