package journal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// written returns a directory whose journal holds records, closed.
func written(t *testing.T, opts Options, records ...string) string {
	t.Helper()
	dir := t.TempDir()
	l := newLog(t, dir, opts)
	appendAll(t, l, records...)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// edit changes a file.
func edit(t *testing.T, path string, f func([]byte) []byte) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, f(b), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestOpenCutsABadEnd(t *testing.T) {
	t.Parallel()
	const frame = frameHead + 10
	tests := []struct {
		name string
		edit func([]byte) []byte
		want int // good records of 5
	}{
		{name: "half a head", edit: func(b []byte) []byte { return append(b, 1, 2, 3) }, want: 5},
		{name: "zeroes", edit: func(b []byte) []byte { return append(b, make([]byte, 4096)...) }, want: 5},
		{name: "garbage", edit: func(b []byte) []byte { return append(b, bytes.Repeat([]byte{0xa5}, 99)...) }, want: 5},
		{name: "the last record again", edit: func(b []byte) []byte { return append(b, b[len(b)-frame:]...) }, want: 5},
		{name: "the first record again", edit: func(b []byte) []byte {
			return append(b, b[headerSize:headerSize+frame]...)
		}, want: 5},
		{name: "a flipped bit in the last record", edit: func(b []byte) []byte { b[len(b)-1] ^= 4; return b }, want: 4},
		{name: "a flipped bit in a length", edit: func(b []byte) []byte { b[headerSize+4] ^= 1; return b }, want: 0},
		{name: "a zeroed block", edit: func(b []byte) []byte {
			clear(b[headerSize+2*frame:])
			return b
		}, want: 2},
		{name: "a record lost in the middle", edit: func(b []byte) []byte {
			return slices.Delete(b, headerSize+frame, headerSize+2*frame)
		}, want: 1},
		{name: "a huge length", edit: func(b []byte) []byte {
			return append(b, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 1)
		}, want: 5},
		{name: "only the header", edit: func(b []byte) []byte { return b[:headerSize] }, want: 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			records := numbered(5, 10)
			dir := written(t, Options{}, records...)
			file := segmentFiles(t, dir)[0]
			edit(t, file, tt.edit)
			logger, out := newLogger()
			l := newLog(t, dir, Options{Logger: logger})
			if got := replayed(t, l, 0); len(got) != tt.want || l.Last() != Seq(tt.want) {
				t.Fatalf("got %d records, last %d, want %d", len(got), l.Last(), tt.want)
			}
			if tt.name != "only the header" && !strings.Contains(out.String(), "bad end") {
				t.Errorf("the cut was not told: %s", out)
			}
			appendAll(t, l, "after")
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			l = newLog(t, dir, Options{})
			if got := replayed(t, l, Seq(tt.want)); len(got) != 1 || !strings.HasSuffix(got[0], ":after") {
				t.Errorf("after the repair: %v", got)
			}
		})
	}
}

func TestOpenCutsAtEveryByte(t *testing.T) {
	t.Parallel()
	dir := written(t, Options{}, "first", "second")
	file := segmentFiles(t, dir)[0]
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	ends := []int{headerSize + frameHead + 5, len(whole)}
	for n := range whole {
		if err := os.WriteFile(file, whole[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		l, err := Open(dir, Options{})
		if err != nil {
			t.Fatalf("%d bytes: %v", n, err)
		}
		want := 0
		for _, e := range ends {
			if n >= e {
				want++
			}
		}
		if got := replayed(t, l, 0); len(got) != want {
			t.Errorf("%d bytes: %v, want %d records", n, got, want)
		}
		appendAll(t, l, "next")
		if got := replayed(t, l, Seq(want)); len(got) != 1 {
			t.Errorf("%d bytes: after an append %v", n, got)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestDamagedBytesAreKept: whatever is cut off stays, under a name that the log
// tells, however often it happens at one place.
func TestDamagedBytesAreKept(t *testing.T) {
	t.Parallel()
	dir := written(t, Options{}, "good")
	file := segmentFiles(t, dir)[0]
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	for round := range 12 {
		junk := bytes.Repeat([]byte{byte(round + 1)}, 1000+round)
		edit(t, file, func(b []byte) []byte { return append(b, junk...) })
		logger, out := newLogger()
		l, err := Open(dir, Options{Logger: logger})
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		kept := keptFiles(t, dir)
		if len(kept) != round+1 {
			t.Fatalf("round %d: %d files are kept", round, len(kept))
		}
		told := out.String()
		for _, want := range []string{
			"level=ERROR", "file=" + file, fmt.Sprintf("offset=%d", info.Size()), fmt.Sprintf("bytes=%d", len(junk)), "last=1",
		} {
			if !strings.Contains(told, want) {
				t.Errorf("round %d: the log lacks %q: %s", round, want, told)
			}
		}
		if n := strings.Count(told, "\n"); n != 1 {
			t.Errorf("round %d: %d lines: %s", round, n, told)
		}
		_, name, _ := strings.Cut(told, "kept=")
		name, _, _ = strings.Cut(name, " ")
		if b, err := os.ReadFile(name); err != nil || !bytes.Equal(b, junk) {
			t.Errorf("round %d: %d bytes are kept in %s, %v", round, len(b), name, err)
		}
	}
}

// keptFiles are the files with what was cut off or put aside.
func keptFiles(t *testing.T, dir string) []string {
	t.Helper()
	kept, err := filepath.Glob(filepath.Join(dir, "*"+damagedSuffix))
	if err != nil {
		t.Fatal(err)
	}
	return kept
}

func TestWithoutACopyNothingIsCut(t *testing.T) {
	t.Parallel()
	if os.Getuid() == 0 {
		t.Skip("root may write everywhere")
	}
	dir := written(t, Options{}, "good")
	file := segmentFiles(t, dir)[0]
	edit(t, file, func(b []byte) []byte { return append(b, "junk"...) })
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	_, openErr := Open(dir, Options{})
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if openErr == nil || !strings.Contains(openErr.Error(), "keep the 4 damaged bytes") {
		t.Errorf("Open = %v", openErr)
	}
	if after, err := os.ReadFile(file); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the segment was changed: %v", err)
	}
}

func TestBadHeaderPutsTheSegmentAside(t *testing.T) {
	t.Parallel()
	for _, keep := range []int{0, 1, headerSize - 1} {
		dir := written(t, Options{SegmentBytes: 100}, numbered(3, 40)...)
		files := segmentFiles(t, dir)
		edit(t, files[2], func(b []byte) []byte { return b[:keep] })
		logger, out := newLogger()
		l := newLog(t, dir, Options{Logger: logger, SegmentBytes: 100})
		if got := replayed(t, l, 0); len(got) != 2 || !strings.Contains(out.String(), "bad header") {
			t.Errorf("%d bytes: %v, log %s", keep, got, out)
		}
		appendAll(t, l, "again")
		if got := replayed(t, l, 2); !slices.Equal(got, []string{"3:again"}) {
			t.Errorf("%d bytes: %v", keep, got)
		}
		if _, err := os.Stat(files[2] + damagedSuffix); err != nil {
			t.Error(err)
		}
	}
}

func TestNewerFormatIsRefusedAndLeftAlone(t *testing.T) {
	t.Parallel()
	dir := written(t, Options{}, "a")
	file := segmentFiles(t, dir)[0]
	edit(t, file, func(b []byte) []byte {
		b[8]++
		clear(b[12:16])
		binary.LittleEndian.PutUint32(b[12:], crc32.Checksum(b[:headerSize], castagnoli))
		return b
	})
	if _, err := Open(dir, Options{}); !errors.Is(err, ErrVersion) {
		t.Fatalf("Open = %v, want ErrVersion", err)
	}
	if _, err := os.Stat(file); err != nil {
		t.Error(err)
	}
}

func TestDamageInAnOlderSegmentSkipsToTheNext(t *testing.T) {
	t.Parallel()
	const perSegment, frame = 3, frameHead + 20
	tests := []struct {
		name string
		edit func([]byte) []byte
		lost int // records
		off  int // where the damage begins
		kept int // bytes
	}{
		{name: "a flipped bit in the second record", edit: func(b []byte) []byte { b[headerSize+frame+frameHead+3] ^= 1; return b }, lost: 2, off: headerSize + frame, kept: 2 * frame},
		{name: "a flipped bit in a checksum", edit: func(b []byte) []byte { b[headerSize+2*frame] ^= 0x80; return b }, lost: 1, off: headerSize + 2*frame, kept: frame},
		{name: "a zeroed tail", edit: func(b []byte) []byte { clear(b[headerSize+frame+5:]); return b }, lost: 2, off: headerSize + frame, kept: 2 * frame},
		{name: "half a record at the end", edit: func(b []byte) []byte { return b[:len(b)-7] }, lost: 1, off: headerSize + 2*frame, kept: frame - 7},
		{name: "the last record is missing", edit: func(b []byte) []byte { return b[:len(b)-frame] }, lost: 1, off: headerSize + 2*frame},
		{name: "a flipped bit in the header", edit: func(b []byte) []byte { b[25] ^= 2; return b }, lost: 3, kept: headerSize + 3*frame},
		{name: "another magic", edit: func(b []byte) []byte { b[0] = 'L'; return b }, lost: 3, kept: headerSize + 3*frame},
		{name: "a zeroed file", edit: func(b []byte) []byte { clear(b); return b }, lost: 3, kept: headerSize + 3*frame},
		{name: "an empty file", edit: func([]byte) []byte { return nil }, lost: 3, kept: -1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			opts := Options{SegmentBytes: headerSize + perSegment*frame, Consumers: []string{"c"}}
			dir := written(t, opts, numbered(4*perSegment, 20)...)
			damaged := segmentFiles(t, dir)[1]
			edit(t, damaged, tt.edit)
			logger, out := newLogger()
			opts.Logger = logger
			l := newLog(t, dir, opts)
			for range 2 {
				if got := replayed(t, l, 0); len(got) != 4*perSegment-tt.lost {
					t.Errorf("%d records, want all but %d: %v", len(got), tt.lost, got)
				}
			}
			told := out.String()
			if n := strings.Count(told, "\n"); n != 1 {
				t.Errorf("%d lines tell of it: %s", n, told)
			}
			for _, want := range []string{"level=ERROR", "file=" + damaged, fmt.Sprintf("offset=%d ", tt.off), fmt.Sprintf("bytes=%d ", max(tt.kept, 0))} {
				if !strings.Contains(told, want) {
					t.Errorf("the log lacks %q: %s", want, told)
				}
			}
			// It stays when the segment goes.
			if err := l.Ack("c", 4*perSegment); err != nil {
				t.Fatal(err)
			}
			wantKept(t, dir, tt.kept)
		})
	}
}

// wantKept wants one damaged file of that many bytes; 0 for none, -1 for an empty one.
func wantKept(t *testing.T, dir string, n int) {
	t.Helper()
	kept := keptFiles(t, dir)
	if n == 0 {
		if len(kept) != 0 {
			t.Errorf("kept: %v, want nothing", kept)
		}
		return
	}
	if len(kept) != 1 {
		t.Fatalf("kept: %v, want one file", kept)
	}
	if info, err := os.Stat(kept[0]); err != nil || info.Size() != int64(max(n, 0)) {
		t.Errorf("%s has %d bytes, %v, want %d", kept[0], info.Size(), err, n)
	}
}

func TestAnEarlierProcessHasKeptTheDamage(t *testing.T) {
	t.Parallel()
	opts := Options{SegmentBytes: headerSize + 3*(frameHead+20)}
	dir := written(t, opts, numbered(9, 20)...)
	edit(t, segmentFiles(t, dir)[1], func(b []byte) []byte { b[len(b)-1] ^= 1; return b })
	for range 3 {
		l, err := Open(dir, opts)
		if err != nil {
			t.Fatal(err)
		}
		if got := replayed(t, l, 0); len(got) != 8 {
			t.Errorf("%d records", len(got))
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	wantKept(t, dir, frameHead+20)
}

func TestAMissingSegmentIsTold(t *testing.T) {
	t.Parallel()
	opts := Options{SegmentBytes: headerSize + 3*(frameHead+20)}
	dir := written(t, opts, numbered(12, 20)...)
	files := segmentFiles(t, dir)
	if err := os.Remove(files[1]); err != nil {
		t.Fatal(err)
	}
	logger, out := newLogger()
	opts.Logger = logger
	l := newLog(t, dir, opts)
	for range 2 {
		if got := replayed(t, l, 0); len(got) != 9 {
			t.Errorf("%d records, want all but 3: %v", len(got), got)
		}
		// Who has come as far as the gap goes on behind it.
		if got := replayed(t, l, 4); len(got) != 6 {
			t.Errorf("after 4: %v", got)
		}
	}
	told := out.String()
	if strings.Count(told, "\n") != 1 || !strings.Contains(told, "record 4 and later") || !strings.Contains(told, "until=6") || !strings.Contains(told, files[0]) {
		t.Errorf("the gap was told as: %s", told)
	}
}

func TestAForeignFileHidesNoRecords(t *testing.T) {
	t.Parallel()
	opts := Options{SegmentBytes: headerSize + 10*(frameHead+20), Consumers: []string{"c"}}
	dir := written(t, opts, numbered(25, 20)...)
	// By their names these stand between good segments, and behind them.
	for _, first := range []Seq{5, 15, 900} {
		if err := os.WriteFile(newSegment(dir, first).path, []byte("a shopping list"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	l := newLog(t, dir, opts)
	for _, after := range []Seq{0, 4, 7, 16, 24} {
		if got := replayed(t, l, after); len(got) != 25-int(after) {
			t.Errorf("after %d: %d records: %v", after, len(got), got)
		}
	}
	if kept := keptFiles(t, dir); len(kept) != 3 {
		t.Errorf("kept: %v", kept)
	}
}

func TestTwoJournalsInOneDirectory(t *testing.T) {
	t.Parallel()
	opts := Options{SegmentBytes: headerSize + 3*(frameHead+20)}
	dir := written(t, opts, numbered(9, 20)...)
	other := written(t, opts, numbered(9, 20)...)
	theirs, err := os.ReadFile(segmentFiles(t, other)[1])
	if err != nil {
		t.Fatal(err)
	}
	path := segmentFiles(t, dir)[1]
	edit(t, path, func([]byte) []byte { return theirs })
	if _, err := Open(dir, opts); !errors.Is(err, errForeign) || !strings.Contains(err.Error(), path) {
		t.Errorf("Open = %v, want an error that names the file", err)
	}
}

func TestDamageInTheActiveSegmentIsNoEndlessError(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	logger, out := newLogger()
	l := newLog(t, dir, Options{Logger: logger})
	appendAll(t, l, "a", "b", "c")
	edit(t, segmentFiles(t, dir)[0], func(b []byte) []byte { b[len(b)-1] ^= 1; return b })
	if got := replayed(t, l, 0); len(got) != 2 {
		t.Errorf("got %v, want a and b", got)
	}
	if !strings.Contains(out.String(), "damaged") {
		t.Errorf("the damage was not told: %s", out)
	}
}

func TestNumbersNeverGoBelowWhatWasAcknowledged(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := newLog(t, dir, Options{Consumers: []string{"c"}})
	appendAll(t, l, numbered(10, 20)...)
	if err := l.Ack("c", 10); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	// A loss of power took the last records, the acknowledgement was on disk.
	file := segmentFiles(t, dir)[0]
	edit(t, file, func(b []byte) []byte { return b[:headerSize+4*(frameHead+20)] })
	logger, out := newLogger()
	for range 2 {
		l = newLog(t, dir, Options{Consumers: []string{"c"}, Logger: logger})
		if l.Last() < 10 {
			t.Fatalf("Last() = %d, want at least 10", l.Last())
		}
		s, err := l.Append([]byte("new"))
		if err != nil || s != l.Last() || s <= 10 {
			t.Fatalf("Append = %d, %v", s, err)
		}
		if got := replayed(t, l, 10); len(got) != int(s-10) {
			t.Errorf("after 10: %v", got)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if n := strings.Count(out.String(), "lost records"); n != 1 {
		t.Errorf("the loss was told %d times: %s", n, out)
	}
}

func TestForeignFilesAreLeftAlone(t *testing.T) {
	t.Parallel()
	dir := written(t, Options{}, "a")
	for _, name := range []string{"notes.txt", "1.seg", "0000000000000000000x.seg", "00000000000000000000.seg", "99999999999999999999.seg"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	l := newLog(t, dir, Options{Consumers: []string{"c"}})
	if got := replayed(t, l, 0); !slices.Equal(got, []string{"1:a"}) {
		t.Errorf("got %v", got)
	}
}

// TestAnyDamageLeavesGoodRecords damages journals at random: what is given back is
// what was appended, in order, and the journal goes on.
func TestAnyDamageLeavesGoodRecords(t *testing.T) {
	t.Parallel()
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 0))
		opts := Options{SegmentBytes: 400, Consumers: []string{"c"}}
		records := numbered(40, 10+r.IntN(50))
		dir := written(t, opts, records...)
		for range 1 + r.IntN(4) {
			damage(t, r, segmentFiles(t, dir))
		}
		l := newLog(t, dir, opts)
		last := Seq(0)
		if err := l.Replay(0, func(s Seq, b []byte) error {
			if s <= last || string(b) != records[s-1] {
				t.Errorf("seed %d: record %d after %d is %q", seed, s, last, b)
			}
			last = s
			return nil
		}); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		s, err := l.Append([]byte("new"))
		if err != nil || s <= last {
			t.Fatalf("seed %d: Append = %d, %v after %d", seed, s, err, last)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		l = newLog(t, dir, opts)
		if got := replayed(t, l, s-1); !slices.Equal(got, []string{fmt.Sprintf("%d:new", s)}) {
			t.Errorf("seed %d: after another start: %v", seed, got)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// damage does to one of the files what disks and crashes do.
func damage(t *testing.T, r *rand.Rand, files []string) {
	t.Helper()
	if len(files) == 0 {
		return
	}
	file := files[r.IntN(len(files))]
	if r.IntN(6) == 0 {
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		return
	}
	edit(t, file, func(b []byte) []byte {
		if len(b) == 0 {
			return b
		}
		at := r.IntN(len(b))
		switch r.IntN(5) {
		case 0:
			return b[:at]
		case 1:
			clear(b[at:])
		case 2:
			clear(b[at:min(len(b), at+16)])
		case 3:
			return append(b, make([]byte, r.IntN(100))...)
		default:
			b[at] ^= 1 << r.IntN(8)
		}
		return b
	})
}

func TestDamageThatCannotBeCopiedStays(t *testing.T) {
	t.Parallel()
	opts := Options{SegmentBytes: headerSize + 3*(frameHead+20), Consumers: []string{"c"}}
	dir := written(t, opts, numbered(9, 20)...)
	file := segmentFiles(t, dir)[0]
	edit(t, file, func(b []byte) []byte { b[len(b)-1] ^= 1; return b })
	damaged, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	logger, out := newLogger()
	opts.Logger = logger
	l := newLog(t, dir, opts)
	// The name of the copy is taken by something that is none, and no other is left.
	part := partName(l.segments[0], int64(len(damaged)-frameHead-20))
	if err := os.Symlink(filepath.Join(dir, "nowhere", "at", "all"), part+damagedSuffix); err != nil {
		t.Fatal(err)
	}
	for n := 2; n <= maxAtOnePlace; n++ {
		if err := os.WriteFile(fmt.Sprintf("%s.%d%s", part, n, damagedSuffix), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got := replayed(t, l, 0); len(got) != 8 {
		t.Errorf("%d records", len(got))
	}
	if !strings.Contains(out.String(), "no copy of it could be made") {
		t.Errorf("told: %s", out)
	}
	if err := l.Ack("c", 9); err != nil {
		t.Fatal(err)
	}
	if kept, err := os.ReadFile(file + damagedSuffix); err != nil || !bytes.Equal(kept, damaged) {
		t.Errorf("the whole segment is not kept: %d bytes, %v", len(kept), err)
	}
}
