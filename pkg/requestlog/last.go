package requestlog

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
)

// Compressed is where a compressed file is read on: nowhere, nothing is added to it.
const Compressed = -1

// LastLines returns the last n lines of a log that keep holds for, oldest first and
// without their ends, and where the last whole line of the file ends: a Follower
// reads on there; Compressed for a file that is. A file that is not compressed is read from its end. Lines that are
// too long are no JSON when they come to keep.
func LastLines(path string, n int, keep func(line []byte) bool) (lines [][]byte, end int64, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	head := make([]byte, len(zstdMagic))
	if _, err := file.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, 0, err
	}
	if bytes.HasPrefix(head, gzipMagic) || bytes.Equal(head, zstdMagic) || isSkippable(head) {
		lines, err = LastOf(file, n, keep)
		return lines, Compressed, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, 0, err
	}
	return lastBefore(file, info.Size(), n, keep)
}

// LastOf is LastLines for what can only be read once, decompressed where it must be.
func LastOf(src io.Reader, n int, keep func(line []byte) bool) (lines [][]byte, err error) {
	r, err := Decompress(src)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	blocks := NewBlocks(r)
	var block Block
	for {
		block, err = blocks.Next(block.Data)
		if errors.Is(err, io.EOF) {
			return lines, nil
		}
		if err != nil {
			return nil, err
		}
		for line := range bytes.Lines(block.Data) {
			line = bytes.TrimRight(line, "\r\n")
			if n > 0 && len(line) > 0 && keep(line) {
				lines = append(lines, bytes.Clone(line))
			}
			if len(lines) > 2*n {
				lines = slices.Delete(lines, 0, len(lines)-n)
			}
		}
		lines = lines[max(len(lines)-n, 0):]
	}
}

// lastBefore reads backwards. What follows the last line end is a line only if it is
// whole: somebody may be writing it.
func lastBefore(file io.ReaderAt, size int64, n int, keep func(line []byte) bool) (lines [][]byte, end int64, err error) {
	end = -1
	for line, err := range backwards(file, size) {
		if err != nil {
			return nil, 0, err
		}
		if end < 0 {
			end = size
			if _, err := ParseLine(line); err != nil {
				end -= int64(len(line))
				continue
			}
		}
		if len(lines) == n {
			break
		}
		if line = bytes.TrimRight(line, "\r"); len(line) > 0 && keep(line) {
			lines = append(lines, line)
		}
	}
	slices.Reverse(lines)
	return lines, max(end, 0), nil
}

// backwards gives the lines of a file from the last to the first, beginning with what
// follows the last line end, be it nothing. Of a line that is too long it gives
// the end.
func backwards(file io.ReaderAt, size int64) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		var rest []byte // the end of a line whose beginning has not been read
		block := make([]byte, 256<<10)
		for at := size; at > 0; {
			n := min(at, int64(len(block)))
			at -= n
			if _, err := file.ReadAt(block[:n], at); err != nil {
				yield(nil, fmt.Errorf("read backwards: %w", err))
				return
			}
			text := block[:n]
			for i := bytes.LastIndexByte(text, '\n'); i >= 0; i = bytes.LastIndexByte(text, '\n') {
				if !yield(joined(text[i+1:], rest), nil) {
					return
				}
				text, rest = text[:i], nil
			}
			rest = joined(text, rest)
		}
		yield(slices.Clip(rest), nil)
	}
}

// joined is the beginning of a line and its end, or the end alone where the line is
// too long: that is no JSON.
func joined(text, rest []byte) []byte {
	if len(rest) > MaxLine {
		return rest
	}
	return slices.Concat(text, rest)
}
