// Package load makes calls and checks every byte that comes back: as fast as the
// answers come ([Closed]), at a constant rate whose latencies count from the
// planned time ([Open]), or as many streams held open at once ([OpenStreams]).
//
// It runs in the benchmark's own process, whose CPU nobody counts. It knows
// HTTP/1.1 over plain TCP and nothing of models; what to send and what to expect
// is the caller's.
package load

import (
	"context"
	"fmt"
	"hash/crc32"
	"net"
	"time"

	"github.com/llmgw/llmgw/test/bench/http1"
)

// callTimeout bounds how long a generator waits for answers once it sends no
// more calls.
const callTimeout = 30 * time.Second

// Call is one request, and the answer it must get.
type Call struct {
	request []byte
	status  int
	length  int64
	sum     uint32
}

// NewCall returns the call that sends request, whole with its head, and wants a
// 200 with exactly the given body.
func NewCall(request, wantBody []byte) *Call {
	return &Call{
		request: request,
		status:  200,
		length:  int64(len(wantBody)),
		sum:     crc32.Checksum(wantBody, castagnoli()),
	}
}

// castagnoli is the checksum that processors have an instruction for. MakeTable
// keeps this table itself.
func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

// conn is a connection that makes one call at a time. Not safe for concurrent
// use.
type conn struct {
	net.Conn
	reader *http1.Reader
	call   *Call
	table  *crc32.Table

	length int64  // of the body being read
	sum    uint32 // of the body being read
	sample []byte // start of the body being read, for error messages
}

// maxSample bounds what an error message shows of a wrong answer.
const maxSample = 300

// dial connects to addr. The connection breaks when ctx ends; release undoes
// that and closes it.
func dial(ctx context.Context, addr string, call *Call) (c *conn, release func(), err error) {
	d := net.Dialer{Timeout: callTimeout}
	nc, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = nc.Close() })
	c = &conn{Conn: nc, reader: http1.NewReader(nc), call: call, table: castagnoli()}
	return c, func() { stop(); _ = nc.Close() }, nil
}

// exchange makes one call.
func (c *conn) exchange() error {
	if _, err := c.Write(c.call.request); err != nil {
		return err
	}
	return c.answer()
}

// answer reads one answer and compares it with what the call wants.
func (c *conn) answer() error {
	h, err := c.reader.Response()
	if err != nil {
		return fmt.Errorf("read response: %w", err)
	}
	c.length, c.sum, c.sample = 0, 0, c.sample[:0]
	if err := c.reader.Body(h, c.take); err != nil {
		return fmt.Errorf("read body after %d bytes: %w", c.length, err)
	}
	return c.verdict(h.Status)
}

// take counts a piece of the body.
func (c *conn) take(piece []byte) {
	c.length += int64(len(piece))
	c.sum = crc32.Update(c.sum, c.table, piece)
	if room := maxSample - len(c.sample); room > 0 {
		c.sample = append(c.sample, piece[:min(room, len(piece))]...)
	}
}

// verdict says what is wrong with the answer that was read.
func (c *conn) verdict(status int) error {
	switch {
	case status != c.call.status:
		return fmt.Errorf("status %d, want %d: %s", status, c.call.status, c.sample)
	case c.length != c.call.length:
		return fmt.Errorf("body of %d bytes, want %d: %s", c.length, c.call.length, c.sample)
	case c.sum != c.call.sum:
		return fmt.Errorf("body of %d bytes differs from the provider's: %s", c.length, c.sample)
	}
	return nil
}
