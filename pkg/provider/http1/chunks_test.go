package http1

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
)

// decodeAll decodes src in pieces, into room for a few bytes at a time.
func decodeAll(src []byte, piece, room int) (string, error) {
	var d chunks
	var out []byte
	buf := make([]byte, room)
	for from := 0; from < len(src); {
		end := min(from+piece, len(src))
		for {
			n, used, err := d.decode(buf, src[from:end])
			out = append(out, buf[:n]...)
			from += used
			if err != nil {
				return string(out), err
			}
			if d.state == ended {
				return string(out), nil
			}
			if n == 0 {
				break
			}
		}
	}
	return string(out), io.ErrUnexpectedEOF
}

func TestChunksDoNotAllocate(t *testing.T) {
	src := []byte(strings.Repeat("5;x\r\nhello\r\n", 100) + "0\r\nA: b\r\n\r\n")
	dst := make([]byte, 64)
	allocs := testing.AllocsPerRun(100, func() {
		var d chunks
		for rest := src; d.state != ended; {
			_, used, err := d.decode(dst, rest)
			if err != nil {
				t.Fatal(err)
			}
			rest = rest[used:]
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

// FuzzChunks compares with net/http: the same body, or two errors, however the
// bytes are split.
func FuzzChunks(f *testing.F) {
	for _, body := range []string{
		"0\r\n\r\n", "5\r\nhello\r\n0\r\n\r\n", "5\r\nhello\r\n6\r\n world\r\n0\r\nA: b\r\nC: d\r\n\r\n",
		"a;x=y\r\n0123456789\r\n00 \t\r\n\r\n", "1\r\na\r\n1\nb\r\n0\r\n\r\n", "ffffffffffffffff\r\n", "5\r\nhell", "-1\r\n\r\n",
		"1;" + strings.Repeat("x", 5000) + "\r\na\r\n0\r\n\r\n", strings.Repeat("1;"+strings.Repeat("x", 500)+"\r\na\r\n", 50) + "0\r\n\r\n",
		"0\r\nbad trailer\r\n\r\n", "0\r\n: x\r\n\r\n", "1\r\nab\r\n0\r\n\r\n",
		"0\r\n: x\r\n\r\n0\r\n\r\n",
	} {
		f.Add([]byte(body), uint8(1), uint8(1))
		f.Add([]byte(body), uint8(255), uint8(7))
	}
	f.Fuzz(func(t *testing.T, src []byte, piece, room uint8) {
		got, err := decodeAll(src, 1+int(piece), 1+int(room))
		again, errAgain := decodeAll(src, len(src)+1, len(src)+1)
		if got != again || !errors.Is(errAgain, err) && (err == nil) != (errAgain == nil) {
			t.Fatalf("in pieces %q, %v; whole %q, %v", got, err, again, errAgain)
		}
		want, wantErr := netHTTPChunks(src)
		if err == nil && (wantErr != nil || got != want) {
			t.Fatalf("got %q, net/http %q, %v", got, want, wantErr)
		}
		if err != nil && wantErr == nil && !stricter(src) {
			t.Fatalf("got %q, %v, net/http %q", got, err, want)
		}
	})
}

// stricter reports whether what makes src an error is what only net/http reads:
// names, blanks and folded lines in a trailer that its own parser for headers
// forgives, and sizes of 16 digits.
func stricter(src []byte) bool {
	var d chunks
	_, _, err := d.decode(make([]byte, len(src)+1), src)
	return d.state >= atTrailer || err != nil && d.digits == 15
}

func netHTTPChunks(src []byte) (string, error) {
	head := "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	resp, err := http.ReadResponse(bufio.NewReader(io.MultiReader(strings.NewReader(head), bytes.NewReader(src))), nil)
	if err != nil {
		return "", err
	}
	body, err := io.ReadAll(resp.Body)
	return string(body), err
}
