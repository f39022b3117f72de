// Command generate packs a vocabulary of tiktoken for package tokens:
//
//	go run ./pkg/llm/tokens/internal/generate -in o200k_base.tiktoken -out pkg/llm/tokens/o200k_base.zst
//
// The input is OpenAI's file: a line for each token, base64 and rank, ranks
// from 0 without a gap. The output holds the tokens' lengths, one byte each,
// then 0, then the tokens, compressed with zstd: a quarter of the file's size.
// It runs by hand when there is a new vocabulary; no build depends on it.
package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/klauspost/compress/zstd"
)

func main() {
	in := flag.String("in", "", "vocabulary to read")
	out := flag.String("out", "", "data file to write")
	flag.Parse()
	if err := run(*in, *out); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func run(in, out string) error {
	f, err := os.Open(in)
	if err != nil {
		return fmt.Errorf("read vocabulary: %w", err)
	}
	defer func() { _ = f.Close() }() // it was only read
	plain, err := pack(f)
	if err != nil {
		return fmt.Errorf("%s: %w", in, err)
	}
	w, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithWindowSize(8<<20))
	if err != nil {
		return fmt.Errorf("compress vocabulary: %w", err)
	}
	if err := os.WriteFile(out, w.EncodeAll(plain, nil), 0o644); err != nil {
		return fmt.Errorf("write data file: %w", err)
	}
	return nil
}

// pack puts the lengths before the tokens: alike bytes beside each other
// compress better.
func pack(r io.Reader) ([]byte, error) {
	var lengths, tokens []byte
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		text, rank, ok := bytes.Cut(lines.Bytes(), []byte{' '})
		n, err := strconv.Atoi(string(rank))
		if !ok || err != nil || n != len(lengths) {
			return nil, fmt.Errorf("line %d: want a token, a space and rank %d", len(lengths)+1, len(lengths))
		}
		token, err := base64.StdEncoding.AppendDecode(nil, text)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n+1, err)
		}
		if len(token) == 0 || len(token) > 255 {
			return nil, fmt.Errorf("line %d: a token of %d bytes", n+1, len(token))
		}
		lengths, tokens = append(lengths, byte(len(token))), append(tokens, token...)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read vocabulary: %w", err)
	}
	return append(append(lengths, 0), tokens...), nil
}
