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

// spoken is a decoder that takes the data's word for a verdict, as words does, and
// whatever else it reads for text.
type spoken struct{ words }

func (s *spoken) Decode(f sse.Frame, e *sse.Emitter) sse.Verdict {
	v := s.Read(f)
	if v == sse.Pass && len(f.Data) > 0 {
		e.Begin(s.Meta())
		e.Text(llm.PartText, quoted(string(f.Data)))
	}
	return v
}

func (s *spoken) Finish(e *sse.Emitter) {
	if e.Kind() != 0 {
		e.Plain([]byte("."))
	}
}

func events(r io.Reader) *sse.EventStream { return sse.NewEventStream(io.NopCloser(r), &spoken{}) }

func TestEventStream(t *testing.T) {
	t.Parallel()
	a, b := []string{"begin ", "part 0 of 1", "delta 0 of 1: a"}, []string{"delta 0 of 1: b"}
	ended := []string{"delta 0 of 1: .", "end of part 0 of 1", "end "}
	join := func(parts ...[]string) []string {
		var all []string
		for _, p := range parts {
			all = append(all, p...)
		}
		return all
	}
	tests := []struct {
		name  string
		reads reads
		want  []string
	}{
		{"one read", reads{d("a", "b", "last")}, join(a, b, ended)},
		{"one frame a read", reads{d("a"), d("b"), d("last")}, join(a, b, ended)},
		{"part of a frame", reads{d("a") + "data:", " b\n\n" + d("last")}, join(a, b, ended)},
		{"only the end", reads{d("last")}, []string{"begin ", "end "}},
		{"after the end", reads{d("a", "last", "b")}, join(a, ended)},
		{"end without a blank line", reads{d("a") + "data: last"}, join(a, ended)},
		{"cut", reads{d("a", "b")}, join(a, b, []string{stopped})},
		{"cut in a frame", reads{d("a") + "data: b"}, join(a, []string{stopped})},
		{"nothing", reads{}, []string{stopped}},
		{"white space only", reads{"\r\n\n", "\n"}, []string{stopped}},
		{"closed by EOF", reads{d("a", "close")}, join(a, ended)},
		{"frame behind the stop reason", reads{d("a", "close"), d("b")}, join(a, b, ended)},
		{"half a frame behind the stop reason", reads{d("a", "close") + "data: b"}, join(a, b, ended)},
		{"stop reason, then the end", reads{d("a", "close", "drop", "last")}, join(a, ended)},
		{"drop between", reads{d("a", "drop", "b", "drop", "last")}, join(a, b, ended)},
		{"failure", reads{d("a", "fail", "b")}, join(a, []string{"failure: said so"})},
		{"failure first", reads{d("fail")}, []string{"failure: said so"}},
		{"failure behind the stop reason", reads{d("a", "close", "fail")}, join(a, []string{"failure: said so"})},
		{"failure without a blank line", reads{d("a") + "data: fail"}, join(a, []string{"failure: said so"})},
		{"plain error", reads{"\r\n {\"error\":{\"message\"", ":\"no\",\"type\":\"x\"}}\n\n"}, []string{"failure: no"}},
		{"plain list", reads{`[{"error":{"message":"no"}}]`}, []string{"failure: no"}},
		{"web page", reads{"<html>no</html>"}, []string{"failure: the provider reported an error in its stream"}},
		{"comments and a byte order mark", reads{"\xef\xbb\xbf: hello\n\n" + d("a", "last")}, join(a, ended)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, tell(t, events(&tt.reads))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Each event but Begin has what had been read by then; the last one has it all.
func TestEventStreamMeta(t *testing.T) {
	t.Parallel()
	s := events(&reads{d("a"), d("b", "last")})
	var got []int64
	for {
		ev, err := s.Next()
		if err != nil {
			break
		}
		got = append(got, ev.Meta.Usage.Output)
	}
	if diff := cmp.Diff([]int64{1, 1, 1, 3, 3, 3, 3}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// More says that Next will not wait: it is false only before a read, and behind
// the end.
func TestEventStreamMore(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		reads reads
		want  []bool
	}{
		{"in two reads", reads{d("a"), d("b", "last")}, []bool{true, true, false, true, true, true, false}},
		{"failure", reads{d("a", "fail")}, []bool{true, true, true, false}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := events(&tt.reads)
			var got []bool
			for {
				ev, err := s.Next()
				if err != nil {
					break
				}
				got = append(got, ev.More)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestEventStreamErrorStays(t *testing.T) {
	t.Parallel()
	broken := errors.New("connection reset")
	tests := []struct {
		name string
		body io.Reader
		want error
	}{
		{"the reader's", io.MultiReader(strings.NewReader(d("a", "close")), iotest.ErrReader(broken)), broken},
		{"cut", strings.NewReader(d("a")), llm.ErrUnexpectedEOF},
		{"the end", strings.NewReader(d("a", "last")), io.EOF},
		{"frame too long", io.MultiReader(strings.NewReader(d("a")), endless{}), sse.ErrFrameTooLong},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := events(tt.body)
			var err error
			for err == nil {
				_, err = s.Next()
			}
			for range 3 {
				if !errors.Is(err, tt.want) {
					t.Errorf("error = %v, want %v", err, tt.want)
				}
				_, err = s.Next()
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			if _, err := s.Next(); !errors.Is(err, tt.want) {
				t.Errorf("error after Close = %v, want %v", err, tt.want)
			}
		})
	}
}

// A Next that waits ends with Close, whichever goroutine that comes from, and no
// goroutine stays behind.
func TestEventStreamCloseUnblocksNext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		s := sse.NewEventStream(r, &spoken{})
		go func() { _, _ = w.Write([]byte(d("a") + "data: b")) }()
		for range 3 {
			if _, err := s.Next(); err != nil {
				t.Fatal(err)
			}
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

// Close ends the stream, also where events have been decoded already: an answer
// that was cut off must not end well.
func TestEventStreamCloseDropsEvents(t *testing.T) {
	t.Parallel()
	for taken := range 6 {
		s := events(strings.NewReader(d("a", "b", "last")))
		for range taken {
			if _, err := s.Next(); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if ev, err := s.Next(); !errors.Is(err, sse.ErrClosed) {
				t.Errorf("after %d events and Close: %s, %v, want %v", taken, line(ev), err, sse.ErrClosed)
			}
		}
	}
}

// The text of an event is its own until the next Next, even if Close comes while
// it is being written to the client.
func TestEventStreamCloseKeepsText(t *testing.T) {
	t.Parallel()
	for range 50 {
		s := events(strings.NewReader(d("mine")))
		var ev llm.Event
		for ev.Kind != llm.PartDelta {
			var err error
			if ev, err = s.Next(); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		_ = tell(t, events(strings.NewReader(d("his own", "last"))))
		if got := string(ev.Part.Text); got != "mine" {
			t.Fatalf("the text became %q", got)
		}
	}
}

func TestEventStreamConcurrentClose(t *testing.T) {
	t.Parallel()
	text := strings.Repeat(d("a"), 200) + d("last")
	for range 20 {
		s := events(iotest.OneByteReader(strings.NewReader(text)))
		var wg sync.WaitGroup
		wg.Go(func() { _ = tell(t, s) })
		wg.Go(func() { _ = s.Close() })
		wg.Go(func() { _ = s.Close() })
		wg.Wait()
	}
}

// failing is a body whose Close fails.
type failing struct{ io.Reader }

var errClose = errors.New("close failed")

func (failing) Close() error { return errClose }

func TestEventStreamCloseError(t *testing.T) {
	t.Parallel()
	s := sse.NewEventStream(failing{strings.NewReader("")}, &spoken{})
	if err := s.Close(); !errors.Is(err, errClose) {
		t.Errorf("error = %v, want %v", err, errClose)
	}
	if err := s.Close(); err != nil {
		t.Errorf("error of the second Close = %v", err)
	}
}

// What is behind the end is read so that the connection can be used again, but
// not without bound.
func TestEventStreamDrains(t *testing.T) {
	t.Parallel()
	head := d("a", "last")
	short := &counting{Reader: &reads{head, "0\r\n", "\r\n"}}
	if got := tell(t, events(short)); len(got) != 6 || short.n != len(head)+5 {
		t.Errorf("%d bytes read of %d, events %q", short.n, len(head)+5, got)
	}
	long := &counting{Reader: io.MultiReader(&reads{head}, endless{})}
	s := events(long)
	_ = tell(t, s)
	for range 3 {
		if _, err := s.Next(); !errors.Is(err, io.EOF) {
			t.Errorf("error = %v, want EOF", err)
		}
	}
	if most := len(head) + 5<<10; long.n > most {
		t.Errorf("%d bytes read behind the end", long.n-len(head))
	}
}

func TestEventStreamMaxFrame(t *testing.T) {
	t.Parallel()
	big := strings.Repeat("x", dialect.MaxFrame/4)
	s := events(strings.NewReader(d(big, "last")))
	for {
		ev, err := s.Next()
		if err != nil {
			t.Fatal(err)
		}
		if ev.Kind == llm.PartDelta {
			if string(ev.Part.Text) != big {
				t.Errorf("%d bytes of text, want %d", len(ev.Part.Text), len(big))
			}
			return
		}
	}
}

// grammar checks the order of the events of one stream.
type grammar struct {
	begun, ended bool
	open         llm.PartKind
	parts        int
}

func (g *grammar) check(ev llm.Event) string {
	switch {
	case g.ended:
		return "behind the end"
	case ev.Kind != llm.Begin && ev.Kind != llm.Failure && !g.begun:
		return "before the beginning"
	}
	switch ev.Kind {
	case llm.Begin:
		if g.begun {
			return "a second beginning"
		}
		g.begun = true
	case llm.PartBegin:
		if g.open != 0 || ev.Part.Index != g.parts || ev.Part.Kind == 0 {
			return "a part within a part, or miscounted"
		}
		g.open = ev.Part.Kind
		g.parts++
	case llm.PartDelta, llm.PartSignature, llm.PartEnd:
		if g.open == 0 || ev.Part.Kind != g.open || ev.Part.Index != g.parts-1 {
			return "outside of its part"
		}
		if ev.Kind == llm.PartEnd {
			g.open = 0
		}
	case llm.End:
		if g.open != 0 {
			return "the end within a part"
		}
		g.ended = true
	case llm.Failure:
		g.ended = true
	default:
		return "an event of the native lane"
	}
	return ""
}

// FuzzEventStream: whatever the bytes are and however they come, the events keep
// their grammar, and the same bytes have the same text.
func FuzzEventStream(f *testing.F) {
	f.Add([]byte(d("a", "close", "drop", "last")), []byte{3})
	f.Add([]byte(d("a", "fail", "b")), []byte{0, 9})
	f.Add([]byte("{\"error\":\"x\"}"), []byte{1})
	f.Add([]byte("data: close\r\n\r\ndata: last\r\n\r"), []byte{5})
	f.Add([]byte(d("a", "b", "close")+"data: half"), []byte{2, 7})
	f.Fuzz(func(t *testing.T, text, sizes []byte) {
		said := func(r io.Reader) (string, string) {
			s := events(r)
			var words strings.Builder
			var g grammar
			for {
				ev, err := s.Next()
				if err != nil {
					if (err == io.EOF) != g.ended {
						t.Fatalf("%q ends with %v", text, err)
					}
					_ = s.Close()
					return words.String(), err.Error()
				}
				if wrong := g.check(ev); wrong != "" {
					t.Fatalf("%q: %s: %s", text, line(ev), wrong)
				}
				if ev.Kind == llm.PartDelta {
					words.Write(ev.Part.Text)
				}
			}
		}
		whole, end := said(strings.NewReader(string(text)))
		pieces, otherEnd := said(&split{b: text, sizes: sizes})
		if whole != pieces || end != otherEnd {
			t.Fatalf("%q says %q (%s) in one piece, %q (%s) in several", text, whole, end, pieces, otherEnd)
		}
	})
}

var _ llm.Stream = (*sse.EventStream)(nil)
