package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
)

// newLog opens a journal that is closed with the test.
func newLog(t testing.TB, dir string, opts Options) *Log {
	t.Helper()
	l, err := Open(dir, opts)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return l
}

// appendAll appends records and fails the test if one is refused.
func appendAll(t testing.TB, l *Log, records ...string) {
	t.Helper()
	for _, r := range records {
		if _, err := l.Append([]byte(r)); err != nil {
			t.Fatalf("Append(%.20q): %v", r, err)
		}
	}
}

// replayed returns everything after a number as "seq:record".
func replayed(t testing.TB, l *Log, after Seq) []string {
	t.Helper()
	var got []string
	err := l.Replay(after, func(s Seq, b []byte) error {
		got = append(got, fmt.Sprintf("%d:%s", s, b))
		return nil
	})
	if err != nil {
		t.Fatalf("Replay(%d): %v", after, err)
	}
	return got
}

// numbered returns n records of the given size, all different.
func numbered(n, size int) []string {
	records := make([]string, n)
	for i := range records {
		records[i] = fmt.Sprintf("%0*d", size, i+1)
	}
	return records
}

// segmentFiles returns the names of the segments in a directory.
func segmentFiles(t testing.TB, dir string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*"+suffix))
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

// syncBuffer collects log output from several goroutines.
type syncBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

func newLogger() (*slog.Logger, *syncBuffer) {
	b := new(syncBuffer)
	return slog.New(slog.NewTextHandler(b, nil)), b
}

func TestRecordsComeBackInOrderAcrossRestarts(t *testing.T) {
	t.Parallel()
	for _, policy := range []SyncPolicy{SyncNever, SyncInterval, SyncAlways} {
		t.Run(fmt.Sprint(policy), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			opts := Options{SegmentBytes: 200, Sync: policy}
			var want []string
			var instance string
			for run := range 4 {
				l, err := Open(dir, opts)
				if err != nil {
					t.Fatal(err)
				}
				if run == 0 {
					instance = l.Instance()
				}
				if l.Instance() != instance || len(instance) != 32 {
					t.Errorf("run %d: instance %q, want %q", run, l.Instance(), instance)
				}
				for i := range 10 {
					r := strings.Repeat("x", i*7+1)
					s, err := l.Append([]byte(r))
					if err != nil {
						t.Fatal(err)
					}
					want = append(want, fmt.Sprintf("%d:%s", s, r))
				}
				if got := replayed(t, l, 0); !slices.Equal(got, want) {
					t.Fatalf("run %d: got %v, want %v", run, got, want)
				}
				for after := range want {
					if got := replayed(t, l, Seq(after)); !slices.Equal(got, want[after:]) {
						t.Fatalf("run %d after %d: got %v", run, after, got)
					}
				}
				if l.Last() != Seq(len(want)) {
					t.Errorf("Last() = %d, want %d", l.Last(), len(want))
				}
				if err := l.Close(); err != nil {
					t.Fatal(err)
				}
			}
			if n := len(segmentFiles(t, dir)); n < 5 {
				t.Errorf("%d segments: the test did not roll", n)
			}
		})
	}
}

func TestRecordSizes(t *testing.T) {
	t.Parallel()
	l := newLog(t, t.TempDir(), Options{})
	if _, err := l.Append(nil); err == nil {
		t.Error("an empty record was taken")
	}
	if _, err := l.Append(make([]byte, MaxRecord+1)); err == nil {
		t.Error("a record over the limit was taken")
	}
	big := bytes.Repeat([]byte("b"), MaxRecord)
	if s, err := l.Append(big); err != nil || s != 1 {
		t.Fatalf("Append of the largest record = %d, %v", s, err)
	}
	err := l.Replay(0, func(_ Seq, b []byte) error {
		if !bytes.Equal(b, big) {
			t.Error("the largest record came back changed")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAppendCopiesTheRecord(t *testing.T) {
	t.Parallel()
	l := newLog(t, t.TempDir(), Options{})
	r := []byte("before")
	if _, err := l.Append(r); err != nil {
		t.Fatal(err)
	}
	copy(r, "after!")
	if got := replayed(t, l, 0); !slices.Equal(got, []string{"1:before"}) {
		t.Errorf("got %v", got)
	}
}

func TestReplayReturnsTheCallersError(t *testing.T) {
	t.Parallel()
	l := newLog(t, t.TempDir(), Options{})
	appendAll(t, l, "a", "b", "c")
	stop := errors.New("stop")
	calls := 0
	err := l.Replay(0, func(Seq, []byte) error { calls++; return stop })
	if !errors.Is(err, stop) || calls != 1 {
		t.Errorf("Replay = %v after %d calls", err, calls)
	}
}

func TestReplayMayAppendAndAck(t *testing.T) {
	t.Parallel()
	l := newLog(t, t.TempDir(), Options{Consumers: []string{"c"}, SegmentBytes: 100})
	appendAll(t, l, numbered(20, 30)...)
	calls := 0
	err := l.Replay(0, func(s Seq, _ []byte) error {
		calls++
		if _, err := l.Append([]byte("more")); err != nil {
			return err
		}
		return l.Ack("c", s)
	})
	if err != nil || calls != 20 {
		t.Errorf("Replay = %v after %d calls, want the 20 records there were", err, calls)
	}
}

func TestSecondOpenerIsTurnedAway(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := newLog(t, dir, Options{})
	_, err := Open(dir, Options{})
	if !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), dir) {
		t.Errorf("second Open = %v, want ErrLocked that names %s", err, dir)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	newLog(t, dir, Options{})
}

func TestClosedJournal(t *testing.T) {
	t.Parallel()
	l := newLog(t, t.TempDir(), Options{})
	appendAll(t, l, "a")
	for range 2 {
		if err := l.Close(); err != nil {
			t.Fatalf("Close: %v", err)
		}
	}
	_, appendErr := l.Append([]byte("b"))
	for name, err := range map[string]error{
		"Append": appendErr,
		"Wait":   l.Wait(t.Context(), 0),
		"Ack":    l.Ack("c", 1),
		"Replay": l.Replay(0, func(Seq, []byte) error { return nil }),
	} {
		if !errors.Is(err, ErrClosed) {
			t.Errorf("%s after Close = %v, want ErrClosed", name, err)
		}
	}
}

func TestWaitWakesForARecordForTheContextAndForClose(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		l, err := Open(dir, Options{})
		if err != nil {
			t.Fatal(err)
		}
		wait := func(ctx context.Context, after Seq) chan error {
			done := make(chan error, 1)
			go func() { done <- l.Wait(ctx, after) }()
			synctest.Wait()
			return done
		}
		first := wait(t.Context(), 0)
		second := wait(t.Context(), 1)
		appendAll(t, l, "a")
		if err := <-first; err != nil {
			t.Errorf("Wait(0) = %v", err)
		}
		synctest.Wait()
		if len(second) != 0 {
			t.Error("Wait(1) returned before the second record")
		}
		appendAll(t, l, "b")
		if err := <-second; err != nil {
			t.Errorf("Wait(1) = %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		canceled := wait(ctx, 2)
		cancel()
		if err := <-canceled; !errors.Is(err, context.Canceled) {
			t.Errorf("Wait with a canceled context = %v", err)
		}
		if err := l.Wait(ctx, 0); err != nil {
			t.Errorf("Wait for a record that is there = %v, even with a canceled context", err)
		}
		closed := wait(t.Context(), 2)
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		if err := <-closed; !errors.Is(err, ErrClosed) {
			t.Errorf("Wait across Close = %v", err)
		}
	})
}

func TestReplayBeginsCloseToItsRecord(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := newLog(t, dir, Options{})
	records := numbered(40, 64<<10)
	appendAll(t, l, records...)
	if n := len(l.segments[0].marks); n < 8 {
		t.Errorf("%d marks after 2.5 MiB of appends", n)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = newLog(t, dir, Options{})
	if n := len(l.segments[0].marks); n < 8 {
		t.Errorf("%d marks after reopening", n)
	}
	for after := range records {
		s := l.segments[0]
		if m := s.before(Seq(after) + 1); m.seq > Seq(after)+1 || Seq(after)+1-m.seq > 5 {
			t.Errorf("record %d is sought from record %d", after+1, m.seq)
		}
		if got := replayed(t, l, Seq(after)); len(got) != len(records)-after || !strings.HasSuffix(got[0], records[after]) {
			t.Fatalf("after %d: %d records, first %.20s", after, len(got), got[0])
		}
	}
}

func TestSealedSegmentsLearnMarks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := newLog(t, dir, Options{SegmentBytes: 2 << 20})
	appendAll(t, l, numbered(60, 64<<10)...)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = newLog(t, dir, Options{SegmentBytes: 2 << 20})
	if n := len(l.segments[0].marks); n != 1 {
		t.Errorf("%d marks before the first look, want 1: Open read more than it must", n)
	}
	replayed(t, l, 0)
	if n := len(l.segments[0].marks); n < 5 {
		t.Errorf("%d marks after a replay", n)
	}
	if got := replayed(t, l, 25); len(got) != 35 {
		t.Errorf("%d records after 25, want 35", len(got))
	}
}

func TestFilesArePrivate(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "journal")
	l := newLog(t, dir, Options{})
	appendAll(t, l, "a")
	if err := l.Ack("c", 1); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", e.Name(), info.Mode())
		}
	}
}
