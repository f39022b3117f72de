package journal

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// A segment begins with a header, all numbers little endian:
//
//	0  magic     8 bytes
//	8  version   uint32
//	12 checksum  uint32, CRC-32C of the header with this field zero
//	16 first     uint64, the number of the first record, as in the file's name
//	24 instance  16 bytes
const (
	magic         = "llmgwjnl"
	formatVersion = 1
	headerSize    = 40
	suffix        = ".seg"
)

// ErrVersion is what Open wraps when a segment was written in a newer format.
var ErrVersion = errors.New("written by a newer version")

// errForeign is what Open wraps when the directory has segments of two journals.
var errForeign = errors.New("two journals in one directory (move the segments of one of them away)")

// instanceID is the name of a journal.
type instanceID [16]byte

func (id instanceID) String() string { return hex.EncodeToString(id[:]) }

// file is what a segment being written needs of an *os.File.
type file interface {
	io.ReaderAt
	io.WriterAt
	Truncate(size int64) error
	Sync() error
	Close() error
}

// createFile makes an empty file that is ours alone.
func createFile(path string) (file, error) {
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
}

// mark says where a record stands in its segment.
type mark struct {
	seq Seq
	off int64
}

// markEvery is how far apart a segment's marks are: what a reader that follows
// the end reads again at most.
const markEvery = 256 << 10

// segment is one file of records with consecutive numbers. Log.mu guards all but
// path and first.
type segment struct {
	path  string
	first Seq
	// size is where the good records end; 0 where nobody has looked yet.
	size int64
	// marks are in order; the first is the first record.
	marks []mark
	// tail is where the last reader stopped: those who follow the end begin there.
	tail mark
	// reported says that damage to this segment has been told; precious, that no copy
	// of it could be made. gapTold says since Open that records are missing behind it.
	reported, precious, gapTold bool
}

func newSegment(dir string, first Seq) *segment {
	return &segment{
		path:  filepath.Join(dir, fmt.Sprintf("%020d%s", uint64(first), suffix)),
		first: first,
		marks: []mark{{seq: first, off: headerSize}},
	}
}

// addMark remembers a record's place if the last mark is far enough away.
func (s *segment) addMark(m mark) {
	if m.off-s.marks[len(s.marks)-1].off >= markEvery {
		s.marks = append(s.marks, m)
	}
}

// before returns the last mark that is not past the record.
func (s *segment) before(seq Seq) mark {
	i, found := slices.BinarySearchFunc(s.marks, seq, func(m mark, seq Seq) int {
		return int(min(max(int64(m.seq-seq), -1), 1))
	})
	if !found {
		i--
	}
	m := s.marks[max(i, 0)]
	if m.seq < s.tail.seq && s.tail.seq <= seq {
		return s.tail
	}
	return m
}

// newHeader makes the header of a segment.
func newHeader(first Seq, id instanceID) []byte {
	dst := []byte(magic)
	dst = binary.LittleEndian.AppendUint32(dst, formatVersion)
	dst = append(dst, 0, 0, 0, 0)
	dst = binary.LittleEndian.AppendUint64(dst, uint64(first))
	dst = append(dst, id[:]...)
	binary.LittleEndian.PutUint32(dst[12:], crc32.Checksum(dst, castagnoli))
	return dst
}

// readHeader checks the header of the segment that begins with first. It returns
// an error that wraps errDamaged for one that is torn or foreign, and one that
// wraps ErrVersion for one that is from the future.
func readHeader(r io.ReaderAt, first Seq) (instanceID, error) {
	var id instanceID
	header := make([]byte, headerSize)
	if _, err := r.ReadAt(header, 0); err != nil && !errors.Is(err, io.EOF) {
		return id, err
	}
	want := binary.LittleEndian.Uint32(header[12:])
	clear(header[12:16])
	switch {
	case string(header[:8]) != magic || crc32.Checksum(header, castagnoli) != want:
		return id, fmt.Errorf("%w: header", errDamaged)
	case binary.LittleEndian.Uint32(header[8:]) > formatVersion:
		return id, ErrVersion
	case Seq(binary.LittleEndian.Uint64(header[16:])) != first:
		return id, fmt.Errorf("%w: header belongs to another segment", errDamaged)
	}
	copy(id[:], header[24:])
	return id, nil
}

// listSegments returns the segments in a directory, oldest first. Files with
// other names are left alone.
func listSegments(dir string) ([]*segment, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var segments []*segment
	for _, e := range entries {
		digits, ok := strings.CutSuffix(e.Name(), suffix)
		first, err := strconv.ParseUint(digits, 10, 64)
		if !ok || err != nil || first == 0 || len(digits) != 20 || e.IsDir() {
			continue
		}
		segments = append(segments, newSegment(dir, Seq(first)))
	}
	return segments, nil
}

// syncDir makes the names in a directory survive a power loss. Windows has no
// such call for directories: there the names are in the file system's own log.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
