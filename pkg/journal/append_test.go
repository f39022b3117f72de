package journal

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// faultyFile is a segment's file on a disk that can be made to fail.
type faultyFile struct {
	file
	disk *faultyDisk
}

// faultyDisk says what fails. Its fields are changed between appends.
type faultyDisk struct {
	// room is how many more bytes fit; negative for no bound.
	room atomic.Int64
	// stuck refuses to cut files, noSync to force them to disk.
	stuck, noSync atomic.Bool
	syncs         atomic.Int64
}

func newFaultyDisk() *faultyDisk {
	d := new(faultyDisk)
	d.room.Store(-1)
	return d
}

func (d *faultyDisk) create(path string) (file, error) {
	f, err := createFile(path)
	if err != nil {
		return nil, err
	}
	return &faultyFile{file: f, disk: d}, nil
}

func (f *faultyFile) WriteAt(b []byte, off int64) (int, error) {
	room := f.disk.room.Load()
	if room < 0 || int64(len(b)) <= room {
		f.disk.room.Store(max(room-int64(len(b)), min(room, 0)))
		return f.file.WriteAt(b, off)
	}
	n, err := f.file.WriteAt(b[:room], off)
	return n, errors.Join(err, syscall.ENOSPC)
}

func (f *faultyFile) Truncate(size int64) error {
	if f.disk.stuck.Load() {
		return syscall.EIO
	}
	return f.file.Truncate(size)
}

func (f *faultyFile) Sync() error {
	f.disk.syncs.Add(1)
	if f.disk.noSync.Load() {
		return syscall.EIO
	}
	return f.file.Sync()
}

func TestFullDisk(t *testing.T) {
	t.Parallel()
	record := strings.Repeat("r", 100)
	for _, room := range []int64{0, 1, 7, 8, 60, 107} {
		for _, stuck := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d bytes left, stuck %v", room, stuck), func(t *testing.T) {
				t.Parallel()
				dir, disk := t.TempDir(), newFaultyDisk()
				l := newLog(t, dir, Options{create: disk.create})
				appendAll(t, l, record)
				disk.room.Store(room)
				disk.stuck.Store(stuck)
				for range 3 {
					if s, err := l.Append([]byte(record)); s != 0 || err == nil {
						t.Fatalf("Append on a full disk = %d, %v", s, err)
					}
					disk.room.Store(room)
				}
				if got := replayed(t, l, 0); len(got) != 1 || l.Last() != 1 {
					t.Errorf("%d records, last %d", len(got), l.Last())
				}
				if size := l.active.end; !stuck {
					if info, err := os.Stat(segmentFiles(t, dir)[0]); err != nil || info.Size() != size {
						t.Errorf("the file has %d bytes, %v, want %d", info.Size(), err, size)
					}
				}
				disk.room.Store(-1)
				disk.stuck.Store(false)
				appendAll(t, l, "short") // shorter than what may be left of the others
				if err := l.Close(); err != nil {
					t.Fatal(err)
				}
				logger, out := newLogger()
				l = newLog(t, dir, Options{Logger: logger})
				if got := replayed(t, l, 1); len(got) != 1 || got[0] != "2:short" {
					t.Errorf("after the disk had room again: %v", got)
				}
				if out.String() != "" {
					t.Errorf("something was left to repair: %s", out)
				}
			})
		}
	}
}

func TestFullDiskAtANewSegment(t *testing.T) {
	t.Parallel()
	dir, disk := t.TempDir(), newFaultyDisk()
	l := newLog(t, dir, Options{create: disk.create, SegmentBytes: 100})
	appendAll(t, l, numbered(2, 20)...)
	disk.room.Store(10)
	if _, err := l.Append(make([]byte, 30)); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("Append = %v, want ENOSPC", err)
	}
	if n := len(segmentFiles(t, dir)); n != 1 {
		t.Errorf("%d segments, want the torn one removed", n)
	}
	disk.room.Store(-1)
	appendAll(t, l, strings.Repeat("s", 30))
	if got := replayed(t, l, 2); len(got) != 1 {
		t.Errorf("got %v", got)
	}
}

func TestRefusedSyncRefusesTheRecord(t *testing.T) {
	t.Parallel()
	dir, disk := t.TempDir(), newFaultyDisk()
	l := newLog(t, dir, Options{create: disk.create, Sync: SyncAlways})
	appendAll(t, l, "a")
	disk.noSync.Store(true)
	if _, err := l.Append([]byte("b")); !errors.Is(err, syscall.EIO) {
		t.Fatalf("Append = %v, want EIO", err)
	}
	disk.noSync.Store(false)
	appendAll(t, l, "c")
	if got := replayed(t, l, 1); len(got) != 1 || got[0] != "2:c" {
		t.Errorf("got %v", got)
	}
}

func TestSyncIntervalSyncsWithinASecond(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		disk := newFaultyDisk()
		logger, out := newLogger()
		l, err := Open(dir, Options{create: disk.create, Sync: SyncInterval, Logger: logger, SegmentBytes: 1000})
		if err != nil {
			t.Fatal(err)
		}
		before := disk.syncs.Load()
		appendAll(t, l, "a", "b")
		if n := disk.syncs.Load() - before; n != 0 {
			t.Errorf("%d syncs at once", n)
		}
		<-time.After(2 * syncInterval)
		if n := disk.syncs.Load() - before; n != 1 {
			t.Errorf("%d syncs after the interval, want 1 for both records", n)
		}
		disk.noSync.Store(true)
		appendAll(t, l, "c")
		<-time.After(2 * syncInterval)
		if !strings.Contains(out.String(), "not forced to disk") {
			t.Errorf("a failed sync was not told: %s", out)
		}
		disk.noSync.Store(false)
		appendAll(t, l, numbered(5, 400)...)
		if n := disk.syncs.Load() - before; n < 4 {
			t.Errorf("%d syncs: full segments were not forced to disk", n)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestManyAppendersReadersAndAcks(t *testing.T) {
	t.Parallel()
	const appenders, each = 64, 60
	dir := t.TempDir()
	l := newLog(t, dir, Options{SegmentBytes: 20_000, Consumers: []string{"c"}})
	var seen sync.Map
	var wg sync.WaitGroup
	for a := range appenders {
		wg.Go(func() {
			for i := range each {
				r := fmt.Sprintf("%d-%d-%s", a, i, bytes.Repeat([]byte("x"), (a*i)%200))
				s, err := l.Append([]byte(r))
				if err != nil {
					t.Errorf("Append: %v", err)
				}
				if _, twice := seen.LoadOrStore(s, r); twice {
					t.Errorf("number %d was given twice", s)
				}
			}
		})
	}
	wg.Go(func() {
		var after Seq
		for after < appenders*each {
			if err := l.Wait(t.Context(), after); err != nil {
				t.Errorf("Wait: %v", err)
				return
			}
			err := l.Replay(after, func(s Seq, b []byte) error {
				if s != after+1 {
					return fmt.Errorf("record %d after %d", s, after)
				}
				after = s
				if r, known := seen.Load(s); known && r != string(b) {
					return fmt.Errorf("record %d is %q, was %q", s, b, r)
				}
				return nil
			})
			if err != nil {
				t.Errorf("Replay: %v", err)
				return
			}
			if err := l.Ack("c", after); err != nil {
				t.Errorf("Ack: %v", err)
			}
		}
	})
	wg.Wait()
	if l.Last() != appenders*each {
		t.Errorf("Last() = %d, want %d", l.Last(), appenders*each)
	}
	if n := len(segmentFiles(t, dir)); n != 1 {
		t.Errorf("%d segments are left", n)
	}
}

func TestCloseAmongAppenders(t *testing.T) {
	t.Parallel()
	for range 20 {
		dir := t.TempDir()
		l := newLog(t, dir, Options{Sync: SyncInterval})
		var acknowledged atomic.Int64
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for {
					if _, err := l.Append([]byte("record")); err != nil {
						if !errors.Is(err, ErrClosed) {
							t.Errorf("Append: %v", err)
						}
						return
					}
					acknowledged.Add(1)
				}
			})
		}
		if err := l.Wait(t.Context(), 20); err != nil {
			t.Fatal(err)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		wg.Wait()
		l = newLog(t, dir, Options{})
		if got := len(replayed(t, l, 0)); int64(got) != acknowledged.Load() {
			t.Fatalf("%d records, %d were acknowledged", got, acknowledged.Load())
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	for _, size := range []int{100, 400, 4000} {
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			l := newLog(b, b.TempDir(), Options{})
			record := bytes.Repeat([]byte("r"), size)
			b.ReportAllocs()
			b.SetBytes(int64(size))
			for b.Loop() {
				if _, err := l.Append(record); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkAppendParallel64(b *testing.B) {
	l := newLog(b, b.TempDir(), Options{})
	record := bytes.Repeat([]byte("r"), 400)
	b.ReportAllocs()
	b.SetParallelism(32) // times GOMAXPROCS
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := l.Append(record); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

func BenchmarkAck(b *testing.B) {
	l := newLog(b, b.TempDir(), Options{})
	record := []byte("r")
	b.ReportAllocs()
	for b.Loop() {
		s, err := l.Append(record)
		if err != nil {
			b.Fatal(err)
		}
		if err := l.Ack("consumer", s); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkTail(b *testing.B) {
	l := newLog(b, b.TempDir(), Options{})
	record := bytes.Repeat([]byte("r"), 400)
	for range 20_000 {
		if _, err := l.Append(record); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		s, err := l.Append(record)
		if err != nil {
			b.Fatal(err)
		}
		if err := l.Replay(s-1, func(Seq, []byte) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
}
