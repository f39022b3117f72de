package requestlog

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
)

// idsOf are the request ids of lines.
func idsOf(t testing.TB, list [][]byte) string {
	t.Helper()
	var ids []string
	for _, line := range list {
		r, err := ParseRecord(line)
		if err != nil {
			t.Fatalf("%v: %q", err, line)
		}
		ids = append(ids, r.RequestID)
	}
	return strings.Join(ids, " ")
}

// calls are n lines with a status: r1 to rn.
func calls(from, to int) []byte {
	return bytes.ReplaceAll(lines(from, to), []byte(`"stream"`), []byte(`"status":"success","stream"`))
}

func everything([]byte) bool { return true }

func even(line []byte) bool {
	r, err := ParseRecord(line)
	return err == nil && strings.HasSuffix(r.RequestID, "0")
}

func TestLastLines(t *testing.T) {
	t.Parallel()
	many := calls(1, 5000) // more than two blocks, read backwards
	for _, tt := range []struct {
		name string
		text []byte
		n    int
		keep func([]byte) bool
		want string
		end  int
	}{
		{"the last three", many, 3, everything, "r4998 r4999 r5000", len(many)},
		{"of those that are kept", many, 2, even, "r4990 r5000", len(many)},
		{"from the beginning", calls(1, 3), 5, everything, "r1 r2 r3", len(calls(1, 3))},
		{"none", many, 0, everything, "", len(many)},
		{"an empty file", nil, 3, everything, "", 0},
		{"one that is being written", append(calls(1, 2), `{"status":"succ`...), 5, everything, "r1 r2", len(calls(1, 2))},
		{"without its end", bytes.TrimSuffix(calls(1, 2), []byte("\n")), 5, everything, "r1 r2", len(calls(1, 2)) - 1},
		{"with empty lines", append(calls(1, 2), "\n\r\n"...), 5, everything, "r1 r2", len(calls(1, 2)) + 3},
		{"no line end at all", []byte("text"), 5, everything, "", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "log")
			if err := os.WriteFile(path, tt.text, 0o600); err != nil {
				t.Fatal(err)
			}
			got, end, err := LastLines(path, tt.n, tt.keep)
			if err != nil || idsOf(t, got) != tt.want || end != int64(tt.end) {
				t.Errorf("%q to %d, %v, want %q to %d", idsOf(t, got), end, err, tt.want, tt.end)
			}
		})
	}
}

func TestLastLinesOfACompressedFile(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(calls(1, 5000)); errors.Join(err, w.Close()) != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	for n, want := range map[int]string{0: "", 2: "r4990 r5000"} {
		got, end, err := LastLines(path, n, even)
		if err != nil || idsOf(t, got) != want || end != Compressed {
			t.Errorf("%q to %d, %v", idsOf(t, got), end, err)
		}
	}
	if _, _, err := LastLines(filepath.Join(t.TempDir(), "no"), 3, everything); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("err = %v", err)
	}
	if _, _, err := LastLines(t.TempDir(), 3, everything); err == nil {
		t.Error("a folder was read")
	}
}

func TestLastLinesPassesOverWhatIsTooLong(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "log")
	text := append(calls(1, 2), strings.Repeat("x", 3*MaxLine)+"\n"...)
	if err := os.WriteFile(path, append(text, calls(3, 3)...), 0o600); err != nil {
		t.Fatal(err)
	}
	parses := func(line []byte) bool { _, err := ParseLine(line); return err == nil }
	if got, _, err := LastLines(path, 3, parses); err != nil || idsOf(t, got) != "r1 r2 r3" {
		t.Errorf("%d lines, %v", len(got), err)
	}
}

func TestFollow(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "log")
	write := func(name string, flag int, text []byte) {
		t.Helper()
		file, err := os.OpenFile(filepath.Join(dir, name), os.O_WRONLY|os.O_CREATE|flag, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		_, err = file.Write(text)
		if err := errors.Join(err, file.Close()); err != nil {
			t.Fatal(err)
		}
	}
	f, err := Follow(path, 0)
	if err != nil {
		t.Fatal(err)
	}
	next := func(want string) {
		t.Helper()
		var got [][]byte
		for range 4 { // a rotation is seen in a step of its own
			text, err := f.Next()
			if err != nil {
				t.Fatal(err)
			}
			for line := range bytes.Lines(text) {
				got = append(got, bytes.Clone(line))
			}
		}
		if ids := idsOf(t, got); ids != want {
			t.Errorf("%q, want %q", ids, want)
		}
	}
	next("") // it is not there yet
	write("log", os.O_APPEND, calls(1, 2))
	next("r1 r2")
	three := calls(3, 3)
	write("log", os.O_APPEND, three[:20])
	next("")
	write("log", os.O_APPEND, append(three[20:], calls(4, 4)...))
	next("r3 r4")
	// Rotated, and written to until the new file is there.
	if err := os.Rename(path, filepath.Join(dir, "old")); err != nil {
		t.Fatal(err)
	}
	write("old", os.O_APPEND, calls(5, 5))
	next("r5")
	write("log", os.O_APPEND, calls(6, 7))
	next("r6 r7")
	// Truncated.
	write("log", os.O_TRUNC, nil)
	next("")
	write("log", os.O_APPEND, calls(8, 8))
	next("r8")
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}

func TestFollowFromAnOffset(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(path, calls(1, 3), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := Follow(path, int64(len(calls(1, 2))))
	if err != nil {
		t.Fatal(err)
	}
	if text, err := f.Next(); err != nil || !bytes.Equal(text, calls(3, 3)) {
		t.Errorf("%q, %v", text, err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	var log []byte
	for i := range 2000 {
		r := Record{
			RequestID: fmt.Sprintf("req_%d", i), Status: StatusSuccess, ClientRequestID: fmt.Sprintf("client-%d", i/2), UpstreamRequestID: fmt.Sprintf("up_%d", i),
			Error: strings.Repeat("e", 1000),
		}
		log = append(r.AppendJSON(log), '\n')
	}
	log = append(log, "req_7 is no line\n"...)
	for id, want := range map[string]struct {
		first string
		match Match
		calls int // that are as good a match
	}{
		"req_7": {"req_7", MatchID, 1}, "req_1999": {"req_1999", MatchID, 1}, "up_1234": {"req_1234", MatchOther, 1}, "client-5": {"req_10", MatchOther, 2},
		"client-999": {"req_1998", MatchOther, 2}, "req_199": {"req_199", MatchID, 1}, "client-": {"req_0", MatchPrefix, 50}, "up_123": {"req_123", MatchOther, 1},
		"req_19": {"req_19", MatchID, 1}, "eeee": {}, "up_": {}, "nobody": {}, "": {},
	} {
		got, err := Find(bytes.NewReader(log), id)
		if err != nil {
			t.Fatal(err)
		}
		slices.SortStableFunc(got, func(a, b Found) int { return int(a.Match) - int(b.Match) })
		first, calls := Found{}, 0
		for i := range got {
			if got[i].Match == got[0].Match {
				first, calls = got[0], calls+1
			}
		}
		if first.Record.RequestID != want.first || first.Match != want.match || calls != want.calls {
			t.Errorf("%q: %d calls, first %q (%d)", id, calls, first.Record.RequestID, first.Match)
		}
	}
}
