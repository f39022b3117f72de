package sse_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/llmgw/llmgw/pkg/dialect/sse"
)

// frame is a frame with its bytes.
type frame struct{ Raw, Event, Data string }

// scanAll reads all frames and checks that nothing is lost between them.
func scanAll(t *testing.T, r io.Reader) []frame {
	t.Helper()
	s := sse.NewScanner(r, 1<<20)
	defer s.Close()
	var all []frame
	take := func() {
		f := s.Frame()
		all = append(all, frame{string(s.Pending()), string(f.Event), string(f.Data)})
		s.Release(len(s.Pending()))
	}
	for {
		for s.Advance() {
			take()
		}
		if err := s.Fill(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if s.Finish() {
		take()
	}
	return all
}

func TestScanner(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		want       []frame
	}{
		{"nothing", "", nil},
		{"LF", "data: a\n\ndata: b\n\n", []frame{{"data: a\n\n", "", "a"}, {"data: b\n\n", "", "b"}}},
		{"CRLF", "event: e\r\ndata: a\r\n\r\ndata: b\r\n\r\n", []frame{
			{"event: e\r\ndata: a\r\n\r\n", "e", "a"}, {"data: b\r\n\r\n", "", "b"},
		}},
		{"CR", "data: a\r\rdata: b\r\r", []frame{{"data: a\r\r", "", "a"}, {"data: b\r\r", "", "b"}}},
		{"mixed", "data: a\r\ndata: b\rdata: c\n\n", []frame{{"data: a\r\ndata: b\rdata: c\n\n", "", "a\nb\nc"}}},
		{"byte order mark", "\xef\xbb\xbfdata: a\n\n", []frame{{"\xef\xbb\xbfdata: a\n\n", "", "a"}}},
		{"comment", ": hello\n\n:\n\ndata: a\n: b\n\n", []frame{
			{": hello\n\n", "", ""}, {":\n\n", "", ""}, {"data: a\n: b\n\n", "", "a"},
		}},
		{"no space", "event:e\ndata:a\n\n", []frame{{"event:e\ndata:a\n\n", "e", "a"}}},
		{"two spaces", "data:  a\n\n", []frame{{"data:  a\n\n", "", " a"}}},
		{"fields without a value", "data\ndata:\nevent\n\n", []frame{{"data\ndata:\nevent\n\n", "", "\n"}}},
		{"other fields", "id: 1\nretry: 5\ndatax: b\nxdata: c\ndata: a\n\n", []frame{
			{"id: 1\nretry: 5\ndatax: b\nxdata: c\ndata: a\n\n", "", "a"},
		}},
		{"many blank lines", "\n\ndata: a\n\n\n", []frame{{"\n", "", ""}, {"\n", "", ""}, {"data: a\n\n", "", "a"}, {"\n", "", ""}}},
		{"no blank line at the end", "data: a\n\ndata: b", []frame{{"data: a\n\n", "", "a"}, {"data: b", "", "b"}}},
		{"one line end at the end", "data: a\r\n", []frame{{"data: a\r\n", "", "a"}}},
		{"big", "data: " + strings.Repeat("x", 100_000) + "\n\n", []frame{
			{"data: " + strings.Repeat("x", 100_000) + "\n\n", "", strings.Repeat("x", 100_000)},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			readers := map[string]io.Reader{
				"whole": strings.NewReader(tt.text),
				"bytes": iotest.OneByteReader(strings.NewReader(tt.text)),
				"half":  iotest.HalfReader(strings.NewReader(tt.text)),
			}
			for way, r := range readers {
				if diff := cmp.Diff(tt.want, scanAll(t, r)); diff != "" {
					t.Errorf("%s (-want +got):\n%s", way, diff)
				}
			}
		})
	}
}

// A frame whose lines end with CR is complete at once: nothing says when the next
// byte comes. An LF that follows belongs to the CR.
func TestScannerDoesNotWaitForLF(t *testing.T) {
	t.Parallel()
	r, w := io.Pipe()
	s := sse.NewScanner(r, 1<<10)
	defer s.Close()
	go func() {
		_, _ = w.Write([]byte("data: a\r\r"))
		_, _ = w.Write([]byte("\ndata: b\r\n\r\n"))
		_ = w.Close()
	}()
	if err := s.Fill(); err != nil || !s.Advance() || string(s.Frame().Data) != "a" {
		t.Fatalf("no frame after two CRs (%v)", err)
	}
	s.Release(len(s.Pending()))
	if err := s.Fill(); err != nil || !s.Advance() || string(s.Frame().Data) != "b" {
		t.Fatalf("no second frame (%v)", err)
	}
	if got, want := string(s.Pending()), "\ndata: b\r\n\r\n"; got != want {
		t.Errorf("second frame is %q, want %q", got, want)
	}
}

func TestScannerDrop(t *testing.T) {
	t.Parallel()
	s := sse.NewScanner(strings.NewReader("data: a\n\ndata: bcd\n\ndata: e\n\n"), 1<<10)
	defer s.Close()
	if err := s.Fill(); err != nil {
		t.Fatal(err)
	}
	for _, drop := range []bool{false, true, false} {
		if !s.Advance() {
			t.Fatal("a frame is missing")
		}
		if drop {
			s.Drop()
		}
	}
	if got, want := string(s.Pending()), "data: a\n\ndata: e\n\n"; got != want {
		t.Errorf("pending %q, want %q", got, want)
	}
}

func TestScannerBounds(t *testing.T) {
	t.Parallel()
	const bound = 20_000
	s := sse.NewScanner(strings.NewReader("data: "+strings.Repeat("x", 10*bound)), bound)
	defer s.Close()
	var err error
	for range 100 {
		if err = s.Fill(); err != nil {
			break
		}
		if s.Advance() {
			t.Fatal("a frame without an end")
		}
	}
	if !errors.Is(err, sse.ErrFrameTooLong) {
		t.Errorf("error = %v, want %v", err, sse.ErrFrameTooLong)
	}
	if n := len(s.Rest()); n > 4*bound {
		t.Errorf("%d bytes were read for a bound of %d", n, bound)
	}
}

// stuck reads nothing, without an error.
type stuck struct{}

func (stuck) Read([]byte) (int, error) { return 0, nil }

func TestScannerReaderErrors(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	tests := []struct {
		name string
		r    io.Reader
		want error
	}{
		{"no progress", stuck{}, io.ErrNoProgress},
		{"error", iotest.ErrReader(broken), broken},
		{"end", bytes.NewReader(nil), io.EOF},
	}
	for _, tt := range tests {
		s := sse.NewScanner(tt.r, 1<<10)
		for range 2 {
			if err := s.Fill(); !errors.Is(err, tt.want) {
				t.Errorf("%s: error = %v, want %v", tt.name, err, tt.want)
			}
		}
		s.Close()
		s.Close()
	}
}

// split is a reader that gives back b in pieces whose sizes are the bytes of
// sizes, over and over.
type split struct {
	b, sizes []byte
	n        int
}

func (s *split) Read(dst []byte) (int, error) {
	if len(s.b) == 0 {
		return 0, io.EOF
	}
	size := len(s.b)
	if len(s.sizes) > 0 {
		size = 1 + int(s.sizes[s.n%len(s.sizes)])%32
		s.n++
	}
	n := copy(dst, s.b[:min(size, len(s.b))])
	s.b = s.b[n:]
	return n, nil
}

func FuzzSSE(f *testing.F) {
	for _, s := range []string{
		"data: a\n\n", "event: e\r\ndata: a\r\n\r\n", "data: a\r\rdata: b\r\r", "\xef\xbb\xbf: x\n\ndata\n\n", "data: a\r\n\r", "{\"error\":1}",
		"data: a\n\r\ndata: b\r\n\n\r\r\n",
	} {
		f.Add([]byte(s), []byte{0})
		f.Add([]byte(s), []byte{2, 0, 5})
	}
	f.Fuzz(func(t *testing.T, text, sizes []byte) {
		whole := scanAll(t, &split{b: text})
		cut := scanAll(t, &split{b: text, sizes: sizes})
		if got := joinRaw(whole); got != string(text) {
			t.Fatalf("%q becomes %q", text, got)
		}
		if got := joinRaw(cut); got != string(text) {
			t.Fatalf("%q becomes %q", text, got)
		}
		if diff := cmp.Diff(said(whole), said(cut)); diff != "" {
			t.Fatalf("%q in pieces (-whole +pieces):\n%s", text, diff)
		}
	})
}

func joinRaw(frames []frame) string {
	var b strings.Builder
	for _, f := range frames {
		b.WriteString(f.Raw)
	}
	return b.String()
}

// said is what frames say; those that say nothing may be cut differently.
func said(frames []frame) []frame {
	var all []frame
	for _, f := range frames {
		if f.Event != "" || f.Data != "" {
			all = append(all, frame{"", f.Event, f.Data})
		}
	}
	return all
}
