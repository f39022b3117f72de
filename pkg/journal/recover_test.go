package journal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
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

func TestCutBytesAreKeptWithinBounds(t *testing.T) {
	t.Parallel()
	dir := written(t, Options{}, "good")
	file := segmentFiles(t, dir)[0]
	junk := bytes.Repeat([]byte("junk"), maxCorruptBytes/2)
	for range maxCorruptFiles + 3 {
		edit(t, file, func(b []byte) []byte { return append(b, junk...) })
		l, err := Open(dir, Options{})
		if err != nil {
			t.Fatal(err)
		}
		appendAll(t, l, "one more, so that the offset differs")
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := filepath.Glob(filepath.Join(dir, "*"+corruptSuffix))
	if err != nil {
		t.Fatal(err)
	}
	if len(kept) != maxCorruptFiles {
		t.Errorf("%d damaged files are kept, want %d", len(kept), maxCorruptFiles)
	}
	b, err := os.ReadFile(kept[0])
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b, junk[:maxCorruptBytes]) {
		t.Errorf("%d bytes are kept, want the first %d that were cut", len(b), maxCorruptBytes)
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
		if _, err := os.Stat(files[2] + corruptSuffix); err != nil {
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
	const perSegment = 3
	tests := []struct {
		name string
		edit func([]byte) []byte
		lost int
	}{
		{name: "second record", edit: func(b []byte) []byte { b[headerSize+frameHead+20+frameHead] ^= 1; return b }, lost: 2},
		{name: "header", edit: func(b []byte) []byte { b[0] = 'L'; return b }, lost: 3},
		{name: "end is missing", edit: func(b []byte) []byte { return b[:len(b)-frameHead-20] }, lost: 1},
		{name: "empty file", edit: func([]byte) []byte { return nil }, lost: 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			opts := Options{SegmentBytes: headerSize + perSegment*(frameHead+20)}
			dir := written(t, opts, numbered(4*perSegment, 20)...)
			edit(t, segmentFiles(t, dir)[1], tt.edit)
			logger, out := newLogger()
			opts.Logger = logger
			l := newLog(t, dir, opts)
			for range 2 {
				if got := replayed(t, l, 0); len(got) != 4*perSegment-tt.lost {
					t.Errorf("%d records, want all but %d: %v", len(got), tt.lost, got)
				}
			}
			if n := strings.Count(out.String(), "damaged, the rest"); n != 1 {
				t.Errorf("the damage was told %d times: %s", n, out)
			}
		})
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
