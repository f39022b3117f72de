package http1

import (
	"errors"

	"github.com/llmgw/llmgw/pkg/httpfield"
)

const (
	// maxLine bounds the line before a chunk, in bytes.
	maxLine = 4 << 10
	// maxTrailer bounds what comes behind the last chunk, in bytes.
	maxTrailer = 4 << 10
	// maxWaste bounds what is not data: each chunk may waste wasteFree bytes and
	// twice its data, and all together maxWaste more. These are the bounds of
	// net/http, so that what one reads the other does.
	maxWaste  = 16 << 10
	wasteFree = 16
)

var (
	errChunk = errors.New("malformed chunk")
	errWaste = errors.New("chunked body has hardly any data in it")
)

// chunkState is what a chunked body goes on with (RFC 9112 7.1).
type chunkState uint8

const (
	inSize      chunkState = iota // the size's digits; digits counts them
	inBlank                       // blanks behind the size, at the line's end
	inExtension                   // what is behind a semicolon, which is ignored
	atSizeLF                      // the line feed behind size and extension
	inData                        // left bytes of data
	atDataCR                      // the end of the data
	atDataLF
	atTrailer      // the beginning of a line behind the last chunk
	inTrailerName  // up to the colon
	inTrailerValue // behind it
	atTrailerLF
	atEndLF // the line feed of the empty line at the very end
	ended
)

// chunks decodes a chunked body as it comes in: any split of the bytes gives the
// same data. The zero value is at the beginning of a body. Line ends must be CRLF:
// a bare line feed may hide a second message.
type chunks struct {
	state  chunkState
	digits int
	line   int    // bytes of the line that is being read, or of the trailer
	left   uint64 // of the chunk's data
	waste  int64
}

// decode reads from src into dst. It stops where either is used up, where the
// body has ended, and at the first error. It returns how much of each it used.
func (d *chunks) decode(dst, src []byte) (written, used int, err error) {
	for used < len(src) && d.state != ended {
		if d.state == inData {
			n := int(min(d.left, uint64(min(len(dst)-written, len(src)-used))))
			if n == 0 {
				break // dst is full
			}
			copy(dst[written:], src[used:used+n])
			written, used = written+n, used+n
			d.took(n)
			continue
		}
		if err := d.step(src[used]); err != nil {
			return written, used, err
		}
		used++
	}
	return written, used, nil
}

// took notes that n bytes of data were read.
func (d *chunks) took(n int) {
	d.left -= uint64(n)
	if d.left == 0 {
		d.state = atDataCR
	}
}

// step reads one byte that is not data.
func (d *chunks) step(b byte) error {
	switch d.state {
	case inSize, inBlank, inExtension, atSizeLF:
		return d.stepSize(b)
	case atDataCR:
		return d.expect(b, '\r', atDataLF)
	case atDataLF:
		return d.expect(b, '\n', inSize)
	default:
		return d.stepTrailer(b)
	}
}

// stepSize reads a byte of the line before a chunk.
func (d *chunks) stepSize(b byte) error {
	if d.line++; d.line > maxLine {
		return errChunk
	}
	switch {
	case d.state == atSizeLF:
		return d.beginChunk(b)
	case b == '\n':
		return errChunk
	case b == '\r':
		if d.digits == 0 {
			return errChunk
		}
		d.state = atSizeLF
	case d.state == inExtension:
	case b == ';':
		if d.state != inSize || d.digits == 0 {
			return errChunk
		}
		d.state = inExtension
	case httpfield.IsBlank(b):
		if d.digits == 0 {
			return errChunk
		}
		d.state = inBlank
	default:
		return d.digit(b)
	}
	return nil
}

// digit reads a digit of a size.
func (d *chunks) digit(b byte) error {
	const most = 15 // more could not be counted in an int64, nor sent in a lifetime
	var v byte
	switch {
	case '0' <= b && b <= '9':
		v = b - '0'
	case 'a' <= b|0x20 && b|0x20 <= 'f':
		v = b | 0x20 - 'a' + 10
	default:
		return errChunk
	}
	if d.state != inSize || d.digits == most {
		return errChunk
	}
	d.digits++
	d.left = d.left<<4 | uint64(v)
	return nil
}

// beginChunk reads the end of the line before a chunk.
func (d *chunks) beginChunk(b byte) error {
	if b != '\n' {
		return errChunk
	}
	d.waste = max(0, d.waste+int64(d.line)-wasteFree-2*int64(d.left))
	if d.waste > maxWaste {
		return errWaste
	}
	d.digits, d.line, d.state = 0, 0, inData
	if d.left == 0 {
		d.state = atTrailer
	}
	return nil
}

// stepTrailer reads a byte behind the last chunk. The fields are dropped, but
// they must be fields.
func (d *chunks) stepTrailer(b byte) error {
	if d.line++; d.line > maxTrailer {
		return errChunk
	}
	switch d.state {
	case atTrailer:
		if b == '\r' {
			d.state = atEndLF
			return nil
		}
		d.state = inTrailerName
		return d.trailerName(b)
	case inTrailerName:
		if b == ':' {
			d.state = inTrailerValue
			return nil
		}
		return d.trailerName(b)
	case inTrailerValue:
		switch {
		case b == '\r':
			d.state = atTrailerLF
		case httpfield.IsControl(b):
			return errChunk
		}
		return nil
	case atTrailerLF:
		return d.expect(b, '\n', atTrailer)
	default:
		return d.expect(b, '\n', ended)
	}
}

func (d *chunks) trailerName(b byte) error {
	if !httpfield.IsToken(b) {
		return errChunk
	}
	return nil
}

func (d *chunks) expect(b, want byte, then chunkState) error {
	if b != want {
		return errChunk
	}
	d.state = then
	return nil
}
