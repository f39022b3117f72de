package requestlog

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// readBlocks reads everything and returns the lines, with "…" for one that is too
// long.
func readBlocks(t testing.TB, r io.Reader) ([]string, error) {
	t.Helper()
	blocks := NewBlocks(r)
	var lines []string
	var b Block
	for {
		var err error
		if b, err = blocks.Next(b.Data); errors.Is(err, io.EOF) {
			return lines, nil
		} else if err != nil {
			return lines, err
		}
		switch {
		case b.TooLong:
			lines = append(lines, "…")
		case len(b.Data) == 0 || b.Data[len(b.Data)-1] != '\n' || cap(b.Data) < len(b.Data)+BlockPadding:
			t.Fatalf("a block of %d bytes, capacity %d, ends with %q", len(b.Data), cap(b.Data), b.Data[max(len(b.Data)-5, 0):])
		}
		for line := range bytes.Lines(b.Data) {
			lines = append(lines, string(line[:len(line)-1]))
		}
	}
}

func TestBlocks(t *testing.T) {
	t.Parallel()
	long := func(n int) string { return strings.Repeat("x", n) }
	many := strings.Repeat(long(100)+"\n", 30_000)
	for name, text := range map[string]string{
		"nothing": "", "one line": "a\n", "without its end": "a\nb", "empty lines": "\n\n\n", "many": many, "many, without the last end": many + "b",
		"as long as a block": long(blockSize-1) + "\n" + long(blockSize) + "\n" + long(blockSize+1) + "\nb\n",
		"the longest":        "a\n" + long(MaxLine) + "\nb\n", "the longest, first": long(MaxLine) + "\nb\n", "the longest, without its end": long(MaxLine),
	} {
		for reader, wrap := range map[string]func(io.Reader) io.Reader{
			"": func(r io.Reader) io.Reader { return r }, ", half at a time": iotest.HalfReader, ", with the end": iotest.DataErrReader,
		} {
			got, err := readBlocks(t, wrap(strings.NewReader(text)))
			want := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
			if text == "" {
				want = nil
			}
			if err != nil || strings.Join(got, "\n") != strings.Join(want, "\n") || len(got) != len(want) {
				t.Errorf("%s%s: %d lines, want %d, %v", name, reader, len(got), len(want), err)
			}
		}
	}
}

func TestLinesThatAreTooLong(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 3*MaxLine)
	for _, tt := range []struct{ text, want string }{
		{"a\n" + long + "\nb\n", "a…b"},
		{long, "…"},
		{long + "\n" + long + "\nb", "……b"},
		{strings.Repeat("x", MaxLine+1) + "\nb\n", "…b"},
		{strings.Repeat("a\n", blockSize) + long + "\n", strings.Repeat("a", blockSize) + "…"},
	} {
		got, err := readBlocks(t, strings.NewReader(tt.text))
		if err != nil || strings.Join(got, "") != tt.want {
			t.Errorf("%d lines, %v", len(got), err)
		}
	}
}

func TestBlocksOfWhatCannotBeRead(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"a\nb", strings.Repeat("x", 2*MaxLine)} {
		_, err := readBlocks(t, io.MultiReader(strings.NewReader(text), iotest.ErrReader(io.ErrUnexpectedEOF)))
		if !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("err = %v", err)
		}
	}
}

func FuzzBlocks(f *testing.F) {
	f.Add([]byte("a\nb\r\n\n"), uint8(3))
	f.Fuzz(func(t *testing.T, text []byte, times uint8) {
		text = bytes.Repeat(text, 1+int(times))
		got, err := readBlocks(t, bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		whole := strings.Join(got, "\n")
		if len(got) > 0 {
			whole += "\n"
		}
		if whole != string(text) && whole != string(text)+"\n" {
			t.Errorf("%q came back as %q", text, whole)
		}
	})
}
