// Package sse reads text/event-stream without changing a byte of it. [Scanner]
// cuts the bytes into whole frames; [Stream] turns the frames into the events of
// an llm.Stream, by the verdicts of a [Meter] that knows the dialect.
//
// It does not write streams, and knows neither JSON nor a vendor. The dialects'
// stream readers are built on it.
package sse

import (
	"bytes"
	"errors"
	"io"
	"sync"
)

// ErrFrameTooLong is what Fill returns when a frame does not end within the
// bound.
var ErrFrameTooLong = errors.New("a frame of the event stream is too long")

// Frame is what a frame says. The slices are valid until the next Advance, Drop,
// Fill or Close of the Scanner.
type Frame struct {
	// Event is the value of the last event field, or empty.
	Event []byte
	// Data is the payload: the values of all data fields, joined by line feeds.
	Data []byte
}

// Scanner cuts a text/event-stream into frames: lines up to and with a blank
// line. Lines end with LF, CRLF or CR; a byte order mark at the start belongs to
// the first frame. It keeps the bytes of all frames from Advance to Release, so
// that several go out in one piece. Not safe for concurrent use.
type Scanner struct {
	r        io.Reader
	maxFrame int
	pooled   *[bufferSize]byte // where buf came from; nil for a bigger one
	buf      []byte
	// base ≤ next ≤ line ≤ seen ≤ end are offsets in buf: what is not released
	// begins at base, the unfinished frame at next, its unfinished line at line; up
	// to seen there is no further line end.
	base, next, line, seen, end int
	first                       bool // no frame has been cut yet
	crlf                        bool // the last line ended with CRLF
	skipLF                      bool // an LF at seen belongs to the CR before it
	frame                       Frame
	size                        int // of the current frame in bytes
	joined                      []byte
	err                         error // of the reader, to be reported by the next Fill
}

// bufferSize is the size of a pooled buffer: a few typical frames. Each open stream
// holds one.
const bufferSize = 4 << 10

var buffers = sync.Pool{New: func() any { return new([bufferSize]byte) }}

// NewScanner returns a Scanner over r that takes frames of up to maxFrame bytes.
// Close gives its buffer back.
func NewScanner(r io.Reader, maxFrame int) *Scanner {
	s := &Scanner{r: r, maxFrame: maxFrame, first: true}
	s.pooled, _ = buffers.Get().(*[bufferSize]byte)
	s.buf = s.pooled[:]
	return s
}

// Advance goes to the next frame whose bytes have all been read; false where
// Fill has to read more. It never reads.
func (s *Scanner) Advance() bool {
	for {
		text, after, ok := s.lineEnd()
		if !ok {
			return false
		}
		blank := text == s.line
		s.line, s.seen = after, after
		if blank {
			s.cut(after)
			return true
		}
	}
}

// Finish makes a frame of what is left at the end of the stream without a blank
// line; false where nothing is.
func (s *Scanner) Finish() bool {
	if s.next == s.end {
		return false
	}
	s.line, s.seen = s.end, s.end
	s.cut(s.end)
	return true
}

// Frame is the current frame.
func (s *Scanner) Frame() Frame { return s.frame }

// Size is the number of bytes of the current frame.
func (s *Scanner) Size() int { return s.size }

// Pending are the bytes of all frames that have been advanced over and not been
// released; valid until the next Drop, Release, Fill or Close.
func (s *Scanner) Pending() []byte { return s.buf[s.base:s.next] }

// Rest are the bytes behind the last frame that have been read.
func (s *Scanner) Rest() []byte { return s.buf[s.next:s.end] }

// Release lets go of the first n bytes of Pending.
func (s *Scanner) Release(n int) { s.base += n }

// Drop takes the current frame out of Pending.
func (s *Scanner) Drop() {
	copy(s.buf[s.base+s.size:], s.buf[s.base:s.next-s.size])
	s.base += s.size
	s.size = 0
}

// Fill reads once, waiting for at least one byte. It returns io.EOF at the end,
// ErrFrameTooLong, or the reader's error.
func (s *Scanner) Fill() error {
	if s.err != nil {
		return s.err
	}
	if s.end-s.next >= s.maxFrame {
		return ErrFrameTooLong
	}
	s.makeRoom()
	const patience = 100 // empty reads before the reader counts as broken
	for range patience {
		n, err := s.r.Read(s.buf[s.end:])
		s.end += n
		if err != nil {
			s.err = err
		}
		if n > 0 {
			return nil
		}
		if err != nil {
			return err
		}
	}
	s.err = io.ErrNoProgress
	return s.err
}

// Close gives the buffer back; all slices become invalid. It does not close the
// reader. Nothing but Close may be called afterwards.
func (s *Scanner) Close() {
	if s.pooled != nil {
		buffers.Put(s.pooled)
	}
	s.pooled, s.buf, s.frame, s.joined = nil, nil, Frame{}, nil
	s.base, s.next, s.line, s.seen, s.end = 0, 0, 0, 0, 0
}

// makeRoom makes sure that a fair part of the buffer is free.
func (s *Scanner) makeRoom() {
	if s.base > 0 && (s.base == s.end || len(s.buf)-s.end < len(s.buf)/4) {
		s.shift()
	}
	if len(s.buf)-s.end >= len(s.buf)/4 {
		return
	}
	bigger := make([]byte, 2*len(s.buf))
	copy(bigger, s.buf[:s.end])
	if s.pooled != nil {
		buffers.Put(s.pooled)
		s.pooled = nil
	}
	s.buf = bigger
}

// shift moves what is kept to the front of the buffer.
func (s *Scanner) shift() {
	n := s.base
	copy(s.buf, s.buf[n:s.end])
	s.base, s.next, s.line, s.seen, s.end = 0, s.next-n, s.line-n, s.seen-n, s.end-n
}

// lineEnd looks for the end of the line: its text ends at text, the next line
// begins at after.
func (s *Scanner) lineEnd() (text, after int, ok bool) {
	if s.skipLF && s.seen < s.end {
		s.skipLF = false
		if s.buf[s.seen] == '\n' {
			s.crlf = true
			s.line, s.seen = s.line+1, s.seen+1
		}
	}
	b := s.buf[s.seen:s.end]
	lf := bytes.IndexByte(b, '\n')
	head := b
	if lf >= 0 {
		head = b[:lf]
	}
	cr := bytes.IndexByte(head, '\r')
	switch {
	case cr < 0 && lf < 0:
		s.seen = s.end
		return 0, 0, false
	case cr < 0:
		s.crlf = false
		return s.seen + lf, s.seen + lf + 1, true
	case cr == lf-1:
		s.crlf = true
		return s.seen + cr, s.seen + lf + 1, true
	case cr < len(b)-1:
		s.crlf = false
		return s.seen + cr, s.seen + cr + 1, true
	}
	return s.lastCR(s.seen + cr)
}

// lastCR judges a CR that is the last byte read. Where lines have ended with
// CRLF so far, its LF is waited for; else the line ends here, without a wait
// that could last, and an LF that should follow is counted to it later.
func (s *Scanner) lastCR(cr int) (text, after int, ok bool) {
	s.seen = cr
	if s.crlf {
		return 0, 0, false
	}
	s.skipLF = true
	return cr, cr + 1, true
}

// cut makes the bytes up to end the current frame.
func (s *Scanner) cut(end int) {
	raw := s.buf[s.next:end]
	s.size = len(raw)
	s.next = end
	if s.first {
		s.first = false
		raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	}
	s.parse(raw)
}
