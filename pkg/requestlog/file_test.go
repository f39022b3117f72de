package requestlog

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// newFile opens a log in a new directory, closed with the test.
func newFile(t testing.TB, opts FileOptions) *File {
	t.Helper()
	return openPath(t, filepath.Join(t.TempDir(), "logs", "requests.jsonl"), opts)
}

func openPath(t testing.TB, path string, opts FileOptions) *File {
	t.Helper()
	f, err := OpenFile(path, opts)
	if err != nil {
		t.Fatalf("OpenFile: %v", err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return f
}

// lines returns the lines of the requests from..to.
func lines(from, to int) []byte {
	var b []byte
	for i := from; i <= to; i++ {
		r := Record{RequestID: fmt.Sprint("r", i), Error: strings.Repeat("e", 100)}
		b = append(r.AppendJSON(b), '\n')
	}
	return b
}

func write(t testing.TB, f *File, from, to int) {
	t.Helper()
	if err := f.Append(lines(from, to)); err != nil {
		t.Fatalf("Append: %v", err)
	}
}

// content returns what is in a file, decompressed.
func content(t testing.TB, path string) []byte {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var r io.Reader = file
	switch filepath.Ext(path) {
	case ".zst":
		r, err = zstd.NewReader(file)
	case ".gz":
		r, err = gzip.NewReader(file)
	}
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestRotationKeepsEveryLine(t *testing.T) {
	t.Parallel()
	for _, c := range []Compression{Zstd, Gzip, Plain} {
		t.Run("compressed as "+c.suffix(), func(t *testing.T) {
			t.Parallel()
			f := newFile(t, FileOptions{MaxBytes: 2000, Compress: c})
			for i := 1; i <= 60; i += 2 {
				write(t, f, i, i+1)
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			f = openPath(t, f.path, FileOptions{MaxBytes: 2000, Compress: c})
			// What was rotated during the last tidying is done after the next rotation.
			write(t, f, 61, 75)
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			files, leftovers, err := f.rotated()
			if err != nil || len(leftovers) != 0 || len(files) < 5 {
				t.Fatalf("rotated: %v, %v, %v", files, leftovers, err)
			}
			var got []byte
			for _, path := range files {
				if !strings.HasSuffix(path, ".jsonl"+c.suffix()) {
					t.Errorf("%s is not compressed", path)
				}
				b := content(t, path)
				if len(b) > 2000 {
					t.Errorf("%s has %d bytes", path, len(b))
				}
				got = append(got, b...)
			}
			got = append(got, content(t, f.path)...)
			if !bytes.Equal(got, lines(1, 75)) {
				t.Errorf("the files together are not what was appended: %d bytes", len(got))
			}
		})
	}
}

func TestRotationKeepsSomeFilesAndLeavesOthersAlone(t *testing.T) {
	t.Parallel()
	f := newFile(t, FileOptions{MaxBytes: 300, Keep: 3})
	dir := filepath.Dir(f.path)
	mine := []string{"requests-old.jsonl", "requests-20260101T000000Z.jsonl", "other-20260101T000000.000Z.jsonl", "requests-20260101T000000.000Z.txt"}
	for _, name := range mine {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	leftover := filepath.Join(dir, "requests-20250101T000000.000Z.jsonl.zst.tmp")
	if err := os.WriteFile(leftover, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	for i := range 10 {
		write(t, f, i, i)
		f.tidying.Wait()
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if files, _, err := f.rotated(); err != nil || len(files) != 3 {
		t.Errorf("rotated files: %v, %v", files, err)
	}
	for _, name := range mine {
		if string(content(t, filepath.Join(dir, name))) != "mine" {
			t.Errorf("%s was touched", name)
		}
	}
	if _, err := os.Stat(leftover); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a half compressed file stays: %v", err)
	}
}

func TestFailedRotationLosesNoLine(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&out, nil))
	// The name is as long as a name can be: there is no room for a time in it.
	path := filepath.Join(t.TempDir(), strings.Repeat("n", 245)+".jsonl")
	f := openPath(t, path, FileOptions{MaxBytes: 300, Logger: logger})
	for i := range 5 {
		write(t, f, i, i)
	}
	if got := content(t, path); !bytes.Equal(got, lines(0, 4)) {
		t.Errorf("got %q", got)
	}
	if n := strings.Count(out.String(), "not rotated"); n != 1 {
		t.Errorf("the failure was told %d times: %s", n, &out)
	}
}

func TestRotatedNamesAreNeverTaken(t *testing.T) {
	t.Parallel()
	f := newFile(t, FileOptions{})
	now := time.Now().UTC()
	for ms, c := range []Compression{Plain, Zstd, Gzip} {
		name := f.rotatedName(now.Add(time.Duration(ms)*time.Millisecond)) + c.suffix()
		if err := os.WriteFile(name, []byte("earlier"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(t, f, 1, 1)
	if err := f.putAside(now); err != nil {
		t.Fatal(err)
	}
	if got := content(t, f.rotatedName(now.Add(3*time.Millisecond))); !bytes.Equal(got, lines(1, 1)) {
		t.Errorf("got %q", got)
	}
}

func TestOpenCutsATornLine(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 200_000)
	tests := []struct {
		name, before, after string
	}{
		{name: "empty", before: "", after: ""},
		{name: "whole", before: "a\nb\n", after: "a\nb\n"},
		{name: "torn", before: "a\nb", after: "a\n"},
		{name: "nothing but torn", before: "ab", after: ""},
		{name: "only an end", before: "\n", after: "\n"},
		{name: "torn and long", before: "a\n" + long, after: "a\n"},
		{name: "nothing but torn and long", before: long, after: ""},
		{name: "end at a block's edge", before: strings.Repeat("y", 999) + "\n" + strings.Repeat("x", 64<<10), after: strings.Repeat("y", 999) + "\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "requests.jsonl")
			if err := os.WriteFile(path, []byte(tt.before), 0o600); err != nil {
				t.Fatal(err)
			}
			f := openPath(t, path, FileOptions{})
			if got := string(content(t, path)); got != tt.after {
				t.Errorf("%d bytes %.20q, want %d", len(got), got, len(tt.after))
			}
			write(t, f, 1, 1)
			if got := string(content(t, path)); got != tt.after+string(lines(1, 1)) {
				t.Errorf("after an append %.40q", got)
			}
		})
	}
}

func TestOpenRefusesWhatIsNoLog(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "requests.jsonl")
	if err := os.WriteFile(path, make([]byte, maxTorn+1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenFile(path, FileOptions{}); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("OpenFile = %v", err)
	}
	if _, err := OpenFile(filepath.Dir(path), FileOptions{}); err == nil {
		t.Error("a directory was opened as a log")
	}
}

func TestAppendWantsWholeLines(t *testing.T) {
	t.Parallel()
	f := newFile(t, FileOptions{})
	if err := f.Append([]byte("torn")); err == nil {
		t.Error("a torn line was taken")
	}
	if err := f.Append(nil); err != nil {
		t.Errorf("Append(nil) = %v", err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Append(lines(1, 1)); !errors.Is(err, ErrClosed) {
		t.Errorf("Append after Close = %v", err)
	}
	if _, err := f.TailIDs(1); !errors.Is(err, ErrClosed) {
		t.Errorf("TailIDs after Close = %v", err)
	}
}

func TestFileFollowsOutsideRotation(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("Windows does not rename open files")
	}
	f := newFile(t, FileOptions{})
	write(t, f, 1, 1)
	if err := os.Rename(f.path, f.path+".1"); err != nil {
		t.Fatal(err)
	}
	write(t, f, 2, 2)
	if err := os.Rename(f.path, f.path+".2"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(f.path, []byte("made by logrotate\ntorn"), 0o600); err != nil {
		t.Fatal(err)
	}
	write(t, f, 3, 3)
	if err := os.Truncate(f.path, 0); err != nil { // copytruncate
		t.Fatal(err)
	}
	write(t, f, 4, 4)
	for suffix, want := range map[string][]byte{".1": lines(1, 1), ".2": lines(2, 2), "": lines(4, 4)} {
		if got := content(t, f.path+suffix); !bytes.Equal(got, want) {
			t.Errorf("requests.jsonl%s: %q", suffix, got)
		}
	}
	if err := os.RemoveAll(filepath.Dir(f.path)); err != nil {
		t.Fatal(err)
	}
	if err := f.Append(lines(5, 5)); err == nil {
		t.Error("Append into a directory that is gone: no error")
	}
	if err := os.Mkdir(filepath.Dir(f.path), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, f, 6, 6)
}

func TestFullDiskLeavesWholeLines(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("needs /dev/full, which this system does not have")
	}
	path := filepath.Join(t.TempDir(), "requests.jsonl")
	if err := os.Symlink("/dev/full", path); err != nil {
		t.Fatal(err)
	}
	f := openPath(t, path, FileOptions{})
	for range 3 {
		if err := f.Append(lines(1, 1)); err == nil {
			t.Fatal("a full disk took lines")
		}
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	write(t, f, 2, 2)
	if got := content(t, path); !bytes.Equal(got, lines(2, 2)) {
		t.Errorf("got %q", got)
	}
}

func TestPartialWriteIsCutBeforeTheNext(t *testing.T) {
	t.Parallel()
	f := newFile(t, FileOptions{})
	write(t, f, 1, 1)
	// A write that stopped in the middle and could not be cut at once.
	f.good, f.dirty = int64(len(lines(1, 1))), true
	if _, err := f.file.WriteString(`{"half`); err != nil {
		t.Fatal(err)
	}
	write(t, f, 2, 2)
	if got := content(t, f.path); !bytes.Equal(got, lines(1, 2)) {
		t.Errorf("got %q", got)
	}
}

func TestTailIDs(t *testing.T) {
	t.Parallel()
	one := int64(len(lines(1, 1)))
	tests := []struct {
		name     string
		compress Compression
		max      int64
		want     []string
	}{
		{name: "nothing", max: 0, want: nil},
		{name: "less than a line", max: one - 1, want: nil},
		{name: "one line and a bit", max: one + 5, want: []string{"r9"}},
		{name: "the whole file", max: 3 * one, want: []string{"r7", "r8", "r9"}},
		{name: "into the rotated file", max: 4*one + 5, want: []string{"r6", "r7", "r8", "r9"}},
		{name: "into gzip", compress: Gzip, max: 5*one + 5, want: []string{"r5", "r6", "r7", "r8", "r9"}},
		{name: "into a plain one", compress: Plain, max: 4*one + 5, want: []string{"r6", "r7", "r8", "r9"}},
		{name: "not into an older one", max: 100 * one, want: []string{"r4", "r5", "r6", "r7", "r8", "r9"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newFile(t, FileOptions{MaxBytes: 3*one + 10, Compress: tt.compress})
			for i := 1; i <= 9; i += 3 {
				write(t, f, i, i+2)
				f.tidying.Wait()
			}
			ids, err := f.TailIDs(tt.max)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for id := range ids {
				got = append(got, id)
			}
			slices.Sort(got)
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestTailIDsSkipsWhatIsNoRecord(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "requests.jsonl")
	text := "junk\n{\"request_id\":7}\n" + string(lines(1, 1)) + "{}\n{\"error\":\"\\\"request_id\\\":\\\"no\\\"\"}\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	f := openPath(t, path, FileOptions{})
	ids, err := f.TailIDs(1 << 20)
	if err != nil || len(ids) != 1 {
		t.Fatalf("TailIDs = %v, %v", ids, err)
	}
	if _, ok := ids["r1"]; !ok {
		t.Errorf("TailIDs = %v", ids)
	}
}

func TestFileAmongGoroutines(t *testing.T) {
	t.Parallel()
	f := newFile(t, FileOptions{MaxBytes: 5000})
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 50 {
				if err := f.Append(lines(g*50+i, g*50+i)); err != nil {
					t.Errorf("Append: %v", err)
				}
			}
		})
	}
	wg.Go(func() {
		for range 10 {
			if _, err := f.TailIDs(10_000); err != nil {
				t.Errorf("TailIDs: %v", err)
			}
		}
	})
	wg.Wait()
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	files, _, err := f.rotated()
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[string]int)
	for _, path := range append(files, f.path) {
		for row := range bytes.Lines(content(t, path)) {
			r, err := ParseRecord(row)
			if err != nil {
				t.Fatal(err)
			}
			seen[r.RequestID]++
		}
	}
	if len(seen) != 400 {
		t.Errorf("%d requests, want 400", len(seen))
	}
	for id, n := range seen {
		if n != 1 {
			t.Errorf("%s is there %d times", id, n)
		}
	}
}

func TestFileIsPrivate(t *testing.T) {
	t.Parallel()
	f := newFile(t, FileOptions{MaxBytes: 100})
	write(t, f, 1, 1)
	write(t, f, 2, 2)
	f.tidying.Wait()
	files, _, err := f.rotated()
	if err != nil || len(files) != 1 {
		t.Fatalf("rotated: %v, %v", files, err)
	}
	for _, path := range append(files, f.path) {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
	}
}
