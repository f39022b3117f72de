package e2e

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// rawTimeout bounds everything that is done on one raw connection.
const rawTimeout = 30 * time.Second

// raw is a connection on which every byte is the test's own.
type raw struct {
	*net.TCPConn
	reader *bufio.Reader
}

// dialRaw connects to a gateway's URL.
func dialRaw(url string) (*raw, error) {
	c, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		return nil, err
	}
	if err := c.SetDeadline(time.Now().Add(rawTimeout)); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return &raw{TCPConn: c.(*net.TCPConn), reader: bufio.NewReader(c)}, nil
}

// readUntil reads until the text has come, at most limit bytes. It returns
// whether it did.
func (c *raw) readUntil(text string, limit int) bool {
	var seen strings.Builder
	buf := make([]byte, 512)
	for seen.Len() < limit {
		n, err := c.reader.Read(buf)
		seen.Write(buf[:n])
		if strings.Contains(seen.String(), text) {
			return true
		}
		if err != nil {
			return false
		}
	}
	return false
}

// rawReply is an answer read from a raw connection.
type rawReply struct {
	status int
	header http.Header
	body   []byte
}

// readReply reads the next answer to a request of that method.
func (c *raw) readReply(method string) (*rawReply, error) {
	resp, err := http.ReadResponse(c.reader, &http.Request{Method: method})
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, fmt.Errorf("body of a %d: %w", resp.StatusCode, err)
	}
	return &rawReply{resp.StatusCode, resp.Header, body}, nil
}

// bytes is the question as it stands on the wire, and where its body begins.
func (q *question) bytes() (request []byte, body int) {
	content := q.body()
	head := fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\n"+
		"Session-Id: %s\r\nConnection: close\r\nContent-Length: %d\r\n\r\n", q.path(), q.key, q.order.ID, len(content))
	return append(head, content...), len(head)
}
