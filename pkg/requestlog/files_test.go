package requestlog

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestFilesAreNamedOldestFirst(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{
		"requests.jsonl", "requests-20260301T000000.000Z.jsonl.zst", "requests-20260301T000000.000Z.jsonl", "requests-20260228T000000.000Z.jsonl.gz",
		"requests-20260302T000000.000Z.jsonl", "requests-20260302T000000.001Z.jsonl.zst.tmp", "requests-old.jsonl", "other.jsonl",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := Files(filepath.Join(dir, "requests.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range got {
		got[i] = filepath.Base(got[i])
	}
	if want := []string{
		"requests-20260228T000000.000Z.jsonl.gz", "requests-20260301T000000.000Z.jsonl.zst", "requests-20260302T000000.000Z.jsonl", "requests.jsonl",
	}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	for _, path := range []string{filepath.Join(dir, "nothing.jsonl"), filepath.Join(dir, "no", "folder", "requests.jsonl")} {
		if got, err := Files(path); len(got) > 0 || err != nil {
			t.Errorf("%s: %q, %v", path, got, err)
		}
	}
}

func TestOpenDecompresses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := lines(1, 100)
	for _, c := range []Compression{Plain, Gzip, Zstd} {
		var b bytes.Buffer
		if w, err := newCompressor(&b, c); c == Plain {
			b.Write(text)
		} else if _, writeErr := w.Write(text); errors.Join(err, writeErr, w.Close()) != nil {
			t.Fatal(err, writeErr)
		}
		// The name says nothing; a file that was compressed meanwhile is found.
		path := filepath.Join(dir, "log"+strings.Repeat("x", int(c)))
		if err := os.WriteFile(path+c.suffix(), b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{path, path + c.suffix()} {
			r, err := Open(name)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(r)
			if err := errors.Join(err, r.Close()); err != nil || !bytes.Equal(got, text) {
				t.Errorf("%s: %d bytes, %v", name, len(got), err)
			}
		}
	}
	if _, err := Open(filepath.Join(dir, "nothing")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("err = %v", err)
	}
}

func TestDecompressKnowsWhatItReads(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"": "", "a": "a", "{}\n": "{}\n", "(\xb5/": "(\xb5/", "PPPP": "PPPP"} {
		r, err := Decompress(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(r); string(got) != want || err != nil {
			t.Errorf("%q came as %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"\x1f\x8b", "\x1f\x8bxxxx", "(\xb5/\xfd"} {
		r, err := Decompress(strings.NewReader(text))
		if err == nil {
			_, err = io.ReadAll(r)
		}
		if err == nil {
			t.Errorf("%q was read", text)
		}
	}
	// A zstd file may begin with a frame that is to be skipped.
	skipped := "\x50\x2a\x4d\x18\x02\x00\x00\x00hi"
	var b bytes.Buffer
	w, err := newCompressor(&b, Zstd)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("text")); errors.Join(err, w.Close()) != nil {
		t.Fatal(err)
	}
	r, err := Decompress(strings.NewReader(skipped + b.String()))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); string(got) != "text" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}
