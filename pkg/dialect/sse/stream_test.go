package sse_test

import (
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/llmgw/llmgw/pkg/dialect"
	"github.com/llmgw/llmgw/pkg/dialect/sse"
	"github.com/llmgw/llmgw/pkg/llm"
)

// words is a meter whose verdict is the data's word.
type words struct{ n int64 }

func (w *words) Read(f sse.Frame) sse.Verdict {
	w.n++
	switch string(f.Data) {
	case "drop":
		return sse.Drop
	case "close":
		return sse.Closing
	case "last":
		return sse.Last
	case "fail":
		return sse.Failed
	default:
		return sse.Pass
	}
}

func (w *words) Meta() *llm.Meta { return &llm.Meta{Usage: llm.Usage{Output: w.n}} }

func (w *words) Failure() *llm.Error { return &llm.Error{Kind: llm.Overloaded, Message: "said so"} }

// step is an event, or the error in its place.
type step struct {
	Kind llm.EventKind
	Raw  string
	Err  string
}

func steps(s llm.Stream) []step {
	var all []step
	for {
		ev, err := s.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			return append(all, step{Err: err.Error()})
		}
		st := step{Kind: ev.Kind, Raw: string(ev.Raw)}
		if ev.Err != nil {
			st.Err = ev.Err.Message
		}
		all = append(all, st)
	}
}

// d makes frames of words.
func d(words ...string) string {
	var b strings.Builder
	for _, w := range words {
		b.WriteString("data: " + w + "\n\n")
	}
	return b.String()
}

// reads is a reader that gives one string per read.
type reads []string

func (r *reads) Read(dst []byte) (int, error) {
	if len(*r) == 0 {
		return 0, io.EOF
	}
	n := copy(dst, (*r)[0])
	if (*r)[0] = (*r)[0][n:]; (*r)[0] == "" {
		*r = (*r)[1:]
	}
	return n, nil
}

const stopped = "the provider's stream stopped before its end: unexpected EOF"

func TestStream(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		reads reads
		want  []step
	}{
		{"one read", reads{d("a", "b", "last")}, []step{{llm.Frames, d("a", "b"), ""}, {llm.End, d("last"), ""}}},
		{"one frame a read", reads{d("a"), d("b"), d("last")}, []step{
			{llm.Frames, d("a"), ""}, {llm.Frames, d("b"), ""}, {llm.End, d("last"), ""},
		}},
		{"part of a frame", reads{d("a") + "data:", " b\n\n" + d("last")}, []step{
			{llm.Frames, d("a"), ""}, {llm.Frames, d("b"), ""}, {llm.End, d("last"), ""},
		}},
		{"only the end", reads{d("last")}, []step{{llm.End, d("last"), ""}}},
		{"after the end", reads{d("a", "last", "c")}, []step{{llm.Frames, d("a"), ""}, {llm.End, d("last"), ""}}},
		{"end without a blank line", reads{d("a") + "data: last"}, []step{{llm.Frames, d("a"), ""}, {llm.End, "data: last", ""}}},
		{"cut", reads{d("a", "b")}, []step{{llm.Frames, d("a", "b"), ""}, {Err: stopped}}},
		{"cut in a frame", reads{d("a") + "data: b"}, []step{{llm.Frames, d("a"), ""}, {Err: stopped}}},
		{"nothing", reads{}, []step{{Err: stopped}}},
		{"closed by EOF", reads{d("a", "close")}, []step{{llm.Frames, d("a"), ""}, {llm.End, d("close"), ""}}},
		{"frame behind the stop reason", reads{d("a", "close"), d("b")}, []step{
			{llm.Frames, d("a"), ""}, {llm.Frames, d("close"), ""}, {llm.End, d("b"), ""},
		}},
		{"half a frame behind the stop reason", reads{d("close") + "data: b"}, []step{{llm.Frames, d("close"), ""}, {llm.End, "data: b", ""}}},
		{"stop reason, usage, end", reads{d("a", "close", "drop", "last")}, []step{
			{llm.Frames, d("a", "close"), ""}, {llm.End, d("last"), ""},
		}},
		{"stop reason, usage, EOF", reads{d("a"), d("close"), d("drop")}, []step{{llm.Frames, d("a"), ""}, {llm.End, d("close"), ""}}},
		{"drop between", reads{d("a", "drop", "b", "drop", "last")}, []step{{llm.Frames, d("a", "b"), ""}, {llm.End, d("last"), ""}}},
		{"failure", reads{d("a", "fail", "b")}, []step{{llm.Frames, d("a"), ""}, {llm.Failure, d("fail"), "said so"}}},
		{"failure behind the stop reason", reads{d("close", "fail")}, []step{
			{llm.Frames, d("close"), ""}, {llm.Failure, d("fail"), "said so"},
		}},
		{"plain error", reads{"\r\n {\"error\":{\"message\"", ":\"no\",\"type\":\"x\"}}\n\n"}, []step{{llm.Failure, "", "no"}}},
		{"web page", reads{"<html>no</html>"}, []step{{llm.Failure, "", "the provider reported an error in its stream"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := steps(sse.NewStream(io.NopCloser(&tt.reads), &words{}))
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestStreamErrorStays(t *testing.T) {
	t.Parallel()
	broken := errors.New("connection reset")
	s := sse.NewStream(io.NopCloser(io.MultiReader(strings.NewReader(d("a", "close")), iotest.ErrReader(broken))), &words{})
	if ev, err := s.Next(); err != nil || string(ev.Raw) != d("a") {
		t.Fatalf("first event %q, %v", ev.Raw, err)
	}
	for range 3 {
		if _, err := s.Next(); !errors.Is(err, broken) {
			t.Errorf("error = %v, want %v", err, broken)
		}
	}
	cut := sse.NewStream(io.NopCloser(strings.NewReader(d("a"))), &words{})
	_, _ = cut.Next() // the frame
	for range 2 {
		if _, err := cut.Next(); !errors.Is(err, llm.ErrUnexpectedEOF) {
			t.Errorf("error = %v, want %v", err, llm.ErrUnexpectedEOF)
		}
	}
}

func TestStreamFrameTooLong(t *testing.T) {
	t.Parallel()
	s := sse.NewStream(io.NopCloser(endless{}), &words{})
	if _, err := s.Next(); !errors.Is(err, sse.ErrFrameTooLong) {
		t.Errorf("error = %v, want %v", err, sse.ErrFrameTooLong)
	}
}

// endless is one frame without an end.
type endless struct{}

func (endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 'x'
	}
	return len(b), nil
}

// A Next that waits ends with Close, whichever goroutine that comes from.
func TestStreamCloseUnblocksNext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		s := sse.NewStream(r, &words{})
		go func() { _, _ = w.Write([]byte(d("a") + "data: b")) }()
		if ev, err := s.Next(); err != nil || string(ev.Raw) != d("a") {
			t.Fatalf("first event %q, %v", ev.Raw, err)
		}
		done := make(chan error)
		go func() {
			_, err := s.Next()
			done <- err
		}()
		synctest.Wait() // Next waits for the rest of the frame
		for range 2 {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
		if err := <-done; !errors.Is(err, sse.ErrClosed) {
			t.Errorf("error = %v, want %v", err, sse.ErrClosed)
		}
		if _, err := s.Next(); !errors.Is(err, sse.ErrClosed) {
			t.Errorf("error of a later Next = %v, want %v", err, sse.ErrClosed)
		}
	})
}

// Bytes of an event must not be overwritten by another stream, even if Close
// comes while they are being written to the client.
func TestStreamCloseKeepsEventsBytes(t *testing.T) {
	t.Parallel()
	for range 50 {
		s := sse.NewStream(io.NopCloser(strings.NewReader(d("mine"))), &words{})
		ev, err := s.Next()
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		other := sse.NewStream(io.NopCloser(strings.NewReader(d("his", "last"))), &words{})
		_ = steps(other)
		if got := string(ev.Raw); got != d("mine") {
			t.Fatalf("the bytes became %q", got)
		}
	}
}

func TestStreamConcurrentClose(t *testing.T) {
	t.Parallel()
	text := strings.Repeat(d("a"), 200) + d("last")
	for range 20 {
		s := sse.NewStream(io.NopCloser(iotest.OneByteReader(strings.NewReader(text))), &words{})
		var wg sync.WaitGroup
		wg.Go(func() { _ = steps(s) })
		wg.Go(func() { _ = s.Close() })
		wg.Wait()
	}
}

// counting counts what is read of an endless body.
type counting struct {
	io.Reader
	n int
}

func (c *counting) Read(b []byte) (int, error) {
	n, err := c.Reader.Read(b)
	c.n += n
	return n, err
}

// What is behind the end is read so that the connection can be used again, but
// not without bound.
func TestStreamDrains(t *testing.T) {
	t.Parallel()
	head := d("a", "last")
	short := &counting{Reader: &reads{head, "0\r\n", "\r\n"}}
	if got := steps(sse.NewStream(io.NopCloser(short), &words{})); len(got) != 2 || short.n != len(head)+5 {
		t.Errorf("%d bytes read of %d, events %v", short.n, len(head)+5, got)
	}
	long := &counting{Reader: io.MultiReader(&reads{head}, endless{})}
	s := sse.NewStream(io.NopCloser(long), &words{})
	_ = steps(s)
	for range 3 {
		if _, err := s.Next(); !errors.Is(err, io.EOF) {
			t.Errorf("error = %v, want EOF", err)
		}
	}
	if most := len(head) + 5<<10; long.n > most {
		t.Errorf("%d bytes read behind the end", long.n-len(head))
	}
}

func FuzzStream(f *testing.F) {
	f.Add([]byte(d("a", "close", "drop", "last")), []byte{3})
	f.Add([]byte(d("a", "fail", "b")), []byte{0, 9})
	f.Add([]byte("{\"error\":\"x\"}"), []byte{1})
	f.Add([]byte("data: close\r\n\r\ndata: last\r\n\r"), []byte{5})
	f.Fuzz(func(t *testing.T, text, sizes []byte) {
		s := sse.NewStream(io.NopCloser(&split{b: text, sizes: sizes}), &words{})
		var raw strings.Builder
		ends := 0
		for {
			ev, err := s.Next()
			if err != nil {
				break
			}
			raw.Write(ev.Raw)
			if ev.Kind != llm.Frames {
				ends++
			}
		}
		if ends > 1 {
			t.Fatalf("%d ends of %q", ends, text)
		}
		if !strings.Contains(string(text), "drop") && !strings.HasPrefix(string(text), raw.String()) {
			t.Fatalf("%q becomes %q", text, raw.String())
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

var _ llm.Stream = (*sse.Stream)(nil)

// The bound is the dialects', so that no vendor can make the gateway hold more.
func TestMaxFrame(t *testing.T) {
	t.Parallel()
	big := "data: " + strings.Repeat("x", dialect.MaxFrame/4) + "\n\n"
	got := steps(sse.NewStream(io.NopCloser(strings.NewReader(big+d("last"))), &words{}))
	if len(got) != 2 || got[0].Raw != big {
		t.Errorf("%d events for a frame below the bound", len(got))
	}
}
