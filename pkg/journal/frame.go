package journal

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// MaxRecord is the most bytes a record may have.
const MaxRecord = 16 << 20

// A frame is a record as it stands in a file: the checksum, the length (both
// uint32, little endian) and the bytes. The checksum covers length and bytes and
// is seeded with the record's number, so that a frame which is whole but stands
// in the wrong place (a stale block, a shifted copy) does not pass either. No
// record is empty: a zeroed block is never a frame.
const frameHead = 8

// readBuffer bounds what one reader takes from a file at a time.
const readBuffer = 256 << 10

// errDamaged is what frameReader reports for bytes that are no frame.
var errDamaged = errors.New("damaged")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksum is the checksum of the frame of record number s, of which sealed is
// all but the checksum itself.
func checksum(s Seq, sealed []byte) uint32 {
	return crc32.Update(uint32(s)^uint32(s>>32), castagnoli, sealed)
}

// appendFrame appends the frame of a record, its checksum still open: which
// number the record gets is known only when it is written.
func appendFrame(dst, record []byte) []byte {
	dst = append(dst, 0, 0, 0, 0)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(record)))
	return append(dst, record...)
}

// sealFrames fills in the checksums of whole frames, numbered from first.
func sealFrames(frames []byte, first Seq) {
	for s := first; len(frames) > 0; s++ {
		end := frameHead + int(binary.LittleEndian.Uint32(frames[4:]))
		binary.LittleEndian.PutUint32(frames, checksum(s, frames[4:end]))
		frames = frames[end:]
	}
}

// frameReader reads frames one after the other. Not safe for concurrent use.
type frameReader struct {
	r   *bufio.Reader
	buf []byte
	// seq is the number that the next frame has, off where it stands, end where
	// the readable bytes end.
	seq      Seq
	off, end int64
}

// newFrameReader reads the frames of r between two offsets; the first of them
// has the number that start says.
func newFrameReader(r io.ReaderAt, start mark, end int64) *frameReader {
	n := max(end-start.off, 0)
	section := io.NewSectionReader(r, start.off, n)
	return &frameReader{
		r:   bufio.NewReaderSize(section, int(min(n, readBuffer))),
		seq: start.seq, off: start.off, end: end,
	}
}

// next returns the next record; the bytes are valid until the next call. It
// returns io.EOF at the end, an error that wraps errDamaged where the bytes up to
// the end are no frame, and the file's error. After an error it must not be
// called again.
func (f *frameReader) next() ([]byte, error) {
	left := f.end - f.off
	if left <= 0 {
		return nil, io.EOF
	}
	if left < frameHead {
		return nil, fmt.Errorf("%w: %d bytes are no record", errDamaged, left)
	}
	if err := f.read(0, frameHead); err != nil {
		return nil, err
	}
	n := int64(binary.LittleEndian.Uint32(f.buf[4:]))
	if n == 0 || n > MaxRecord || n > left-frameHead {
		return nil, fmt.Errorf("%w: length %d with %d bytes left", errDamaged, n, left-frameHead)
	}
	if err := f.read(frameHead, int(n)); err != nil {
		return nil, err
	}
	if binary.LittleEndian.Uint32(f.buf) != checksum(f.seq, f.buf[4:]) {
		return nil, fmt.Errorf("%w: checksum of record %d", errDamaged, f.seq)
	}
	f.seq++
	f.off += frameHead + n
	return f.buf[frameHead:], nil
}

// read fills the n bytes of the buffer after the first at.
func (f *frameReader) read(at, n int) error {
	if cap(f.buf) < at+n {
		f.buf = append(make([]byte, 0, at+n), f.buf[:at]...)
	}
	f.buf = f.buf[:at+n]
	_, err := io.ReadFull(f.r, f.buf[at:])
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		// The file is shorter than it was: somebody else cut it.
		return fmt.Errorf("%w: file ends early", errDamaged)
	}
	return err
}
