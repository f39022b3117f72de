package provider

import (
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"
)

// maxBody is the largest answer that is read whole, in bytes. Larger ones, like
// bodies without frames, pass by in pieces.
const maxBody = 4 << 20

// firstRead is the room for an answer whose length is not announced.
const firstRead = 4 << 10

// A stream that has ended grammatically may still have a few bytes to come: the
// end of a chunked body, a comment. They are read, within these bounds, because
// only a connection that was read to its end can be used again.
const (
	lingerBytes = 8 << 10
	lingerTime  = 250 * time.Millisecond
)

var errEncoding = errors.New("content encoding that was not asked for")

// answerBody is the body of an answer as the attempt reads it: decoded, and with
// the limit on silence. Read is for one goroutine; Close may be called by any,
// any number of times, and unblocks Read.
type answerBody struct {
	attempt *attempt
	src     io.ReadCloser
	r       io.Reader // src, or its decoder
	idle    time.Duration
	size    int64 // in bytes, -1 where it is not known
	eof     bool
}

// openBody prepares the body of resp. Vendors are asked not to compress; gzip is
// undone all the same, since proxies in between add it. In any other encoding the
// body is as good as empty, and the error says so.
func (a *attempt) openBody(resp *http.Response) (*answerBody, error) {
	b := &answerBody{attempt: a, src: resp.Body, r: resp.Body, size: resp.ContentLength}
	switch encoding := resp.Header.Get("Content-Encoding"); {
	case encoding == "", strings.EqualFold(encoding, "identity"):
		return b, nil
	case strings.EqualFold(encoding, "gzip"), strings.EqualFold(encoding, "x-gzip"):
		b.r, b.size = &gunzip{src: resp.Body}, -1
		return b, nil
	default:
		b.r, b.size = http.NoBody, 0
		return b, errEncoding
	}
}

// Read reads on, for as long as the vendor is not silent for too long.
func (b *answerBody) Read(p []byte) (int, error) {
	if b.idle > 0 {
		b.attempt.limit(b.idle)
		defer b.attempt.limit(0)
	}
	n, err := b.r.Read(p)
	b.eof = b.eof || err == io.EOF
	return n, err
}

// Close ends the attempt and frees the connection.
func (b *answerBody) Close() error {
	b.attempt.end()
	return b.src.Close()
}

// linger lets reader do what it does after the end of the answer, and reads on
// behind it, for lingerTime altogether.
func (b *answerBody) linger(reader func()) {
	if b.eof {
		reader()
		return
	}
	b.idle = 0
	timer := time.AfterFunc(lingerTime, b.attempt.expire)
	defer timer.Stop()
	reader()
	var scratch [512]byte
	for left := lingerBytes; left > 0 && !b.eof; {
		n, err := b.Read(scratch[:])
		if err != nil {
			return
		}
		left -= n
	}
}

// readWhole reads r to its end if it is not longer than limit; else whole is
// false and b is what was read so far. size is the length announced, or -1.
func readWhole(r io.Reader, size int64, limit int) (b []byte, whole bool, err error) {
	room := int64(firstRead)
	if size >= 0 {
		room = min(size, int64(limit)) + 1 // one more, to see the end without growing
	}
	b = make([]byte, 0, room)
	for len(b) <= limit {
		if len(b) == cap(b) {
			b = append(b, 0)[:len(b)]
		}
		n, err := r.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		if err == io.EOF {
			return b, len(b) <= limit, nil
		}
		if err != nil {
			return b, false, err
		}
	}
	return b, false, nil
}

// gunzip is a gzip.Reader that reads the stream's header with the first Read,
// not before: a stream's answer must not wait for its first event.
type gunzip struct {
	src io.Reader
	z   *gzip.Reader
}

// Read decodes the next bytes.
func (g *gunzip) Read(p []byte) (int, error) {
	if g.z == nil {
		z, err := gzip.NewReader(g.src)
		if err != nil {
			return 0, err
		}
		g.z = z
	}
	return g.z.Read(p)
}
