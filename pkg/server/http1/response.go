package http1

import (
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"
)

const (
	// unknown is the length of an answer that is sent in chunks.
	unknown = -1
	// maxGathered is how much of an answer is brought together before it is sent; a
	// larger piece is sent from where it lies.
	maxGathered = 8 << 10
)

// response is an answer. As any http.ResponseWriter it is one goroutine's at a time.
type response struct {
	c      *conn
	req    *http.Request
	body   *body
	header http.Header
	status int // 0 until there is one

	out     *[]byte // what is to be sent next; from Server.outs, nil before the head
	framed  bool    // the head is whole
	chunked bool
	bare    bool  // no body is sent, whatever is written
	length  int64 // announced, or unknown
	written int64
	closing bool // the connection ends with this answer
	err     error
}

// Header implements http.ResponseWriter.
func (w *response) Header() http.Header {
	if w.header == nil {
		w.header = make(http.Header, 16)
	}
	return w.header
}

// SetReadDeadline is for http.ResponseController.
func (w *response) SetReadDeadline(t time.Time) error { return w.c.nc.SetReadDeadline(t) }

// SetWriteDeadline is for http.ResponseController.
func (w *response) SetWriteDeadline(t time.Time) error { return w.c.nc.SetWriteDeadline(t) }

// WriteHeader implements http.ResponseWriter. The header is taken as it is now. An
// informational status is not sent: nobody asks for one here.
func (w *response) WriteHeader(status int) {
	if status < 100 || status > 999 {
		panic(fmt.Sprintf("invalid WriteHeader code %v", status))
	}
	if w.status != 0 || status < http.StatusOK {
		return
	}
	w.status = status
	w.bare = w.req.Method == http.MethodHead || !hasBody(status)
	w.settleConnection()
	w.out = w.c.s.outs.Get().(*[]byte) //nolint:forcetypeassert // nothing else is in the pool
	*w.out = w.appendHead((*w.out)[:0])
}

// hasBody reports whether an answer of that status has a body (RFC 9110 6.4.1).
func hasBody(status int) bool {
	return status >= http.StatusOK && status != http.StatusNoContent && status != http.StatusNotModified
}

// settleConnection decides whether the connection goes on after the answer.
func (w *response) settleConnection() {
	w.closing = w.req.Close || w.c.s.closing.Load() || httpguts.HeaderValuesContainsToken(w.header["Connection"], "close")
	if !w.closing && !w.body.discard() {
		w.closing = true
	}
}

// appendHead appends the status line and all fields but those of framing.
func (w *response) appendHead(dst []byte) []byte {
	dst = append(dst, "HTTP/1.1 "...)
	dst = strconv.AppendInt(dst, int64(w.status), 10)
	dst = append(dst, ' ')
	dst = append(dst, http.StatusText(w.status)...)
	dst = append(dst, "\r\n"...)
	w.length = parseLength(w.header["Content-Length"])
	var few [manyFields]string
	for _, name := range w.names(few[:0]) {
		for _, v := range w.header[name] {
			dst = appendField(dst, name, v)
		}
	}
	if _, given := w.header["Date"]; !given {
		dst = appendField(dst, "Date", w.c.s.clock.date())
	}
	if w.closing {
		dst = append(dst, "Connection: close\r\n"...)
	}
	return dst
}

// manyFields is how many fields an answer has at most without asking for memory.
const manyFields = 32

// names are the names of the fields to be sent, in order: an answer should look the same
// each time.
func (w *response) names(names []string) []string {
	for name := range w.header {
		switch name {
		case "Connection", "Transfer-Encoding", "Content-Length":
			continue // these are said by whoever does it
		}
		if httpguts.ValidHeaderFieldName(name) { // else it is left out, as by net/http
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func parseLength(values []string) int64 {
	if len(values) == 0 {
		return unknown
	}
	n, err := strconv.ParseUint(values[0], 10, 63)
	if err != nil {
		return unknown
	}
	return int64(n)
}

func appendField(dst []byte, name, value string) []byte {
	dst = append(dst, name...)
	dst = append(dst, ": "...)
	begin := len(dst)
	dst = append(dst, strings.Trim(value, " \t")...)
	for i := begin; i < len(dst); i++ {
		if dst[i] == '\r' || dst[i] == '\n' {
			dst[i] = ' ' // what follows would be a field of its own
		}
	}
	return append(dst, "\r\n"...)
}

// frame ends the head. first is the beginning of the body, whole says that it is all of it.
func (w *response) frame(first []byte, whole bool) {
	w.framed = true
	dst := *w.out
	if _, given := w.header["Content-Type"]; !given && len(first) > 0 && !w.bare && len(w.header["Content-Encoding"]) == 0 {
		dst = appendField(dst, "Content-Type", http.DetectContentType(first))
	}
	switch {
	case !hasBody(w.status):
	case w.length >= 0:
		dst = appendLength(dst, w.length)
	case whole && w.req.Method != http.MethodHead:
		w.length = int64(len(first))
		dst = appendLength(dst, w.length)
	case w.req.Method == http.MethodHead:
	default:
		w.chunked = true
		dst = append(dst, "Transfer-Encoding: chunked\r\n"...)
	}
	*w.out = append(dst, "\r\n"...)
}

func appendLength(dst []byte, n int64) []byte {
	dst = append(dst, "Content-Length: "...)
	dst = strconv.AppendInt(dst, n, 10)
	return append(dst, "\r\n"...)
}

// Write implements io.Writer.
func (w *response) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	if !w.framed {
		w.frame(p, false)
	}
	switch {
	case w.err != nil:
		return 0, w.err
	case !hasBody(w.status):
		return 0, http.ErrBodyNotAllowed
	case w.bare || len(p) == 0:
		return len(p), nil
	case !w.chunked && w.written+int64(len(p)) > w.length:
		return 0, http.ErrContentLength
	}
	w.written += int64(len(p))
	if w.chunked {
		*w.out = strconv.AppendInt(*w.out, int64(len(p)), 16)
		*w.out = append(*w.out, "\r\n"...)
	}
	if len(*w.out)+len(p) <= maxGathered {
		*w.out = append(*w.out, p...)
	} else if w.sendWith(p); w.err != nil {
		return 0, w.err
	}
	if w.chunked {
		*w.out = append(*w.out, "\r\n"...)
	}
	return len(p), nil
}

// FlushError is for http.ResponseController: what has been written goes out.
func (w *response) FlushError() error {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	if !w.framed {
		w.frame(nil, false)
	}
	w.send()
	return w.err
}

// Flush implements http.Flusher.
func (w *response) Flush() { _ = w.FlushError() } // the error comes with the next Write

// send sends what has been brought together.
func (w *response) send() {
	if w.err != nil || len(*w.out) == 0 {
		return
	}
	_, w.err = w.c.nc.Write(*w.out)
	*w.out = (*w.out)[:0]
}

// sendWith sends what has been brought together, and p behind it.
func (w *response) sendWith(p []byte) {
	if w.err != nil {
		return
	}
	pieces := net.Buffers{*w.out, p}
	_, w.err = pieces.WriteTo(w.c.nc)
	*w.out = (*w.out)[:0]
}

// finish ends the answer and reports whether the client has it whole. ok says that the
// handler returned: where it did not, the client must not take what it has for whole.
func (w *response) finish(ok bool) bool {
	if ok {
		w.end()
	}
	if w.out != nil {
		*w.out = (*w.out)[:0]
		w.c.s.outs.Put(w.out)
		w.out = nil
	}
	if !ok || w.err != nil {
		return false
	}
	if w.closing {
		w.c.linger()
	}
	return true
}

// end writes what is still missing of the answer.
func (w *response) end() {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	if !w.framed {
		w.frame(nil, true)
	}
	if w.chunked && !w.bare {
		*w.out = append(*w.out, "0\r\n\r\n"...)
	}
	w.send()
	if !w.bare && !w.chunked && w.length >= 0 && w.written != w.length {
		w.err = http.ErrContentLength // the connection ends: the client waits for more
	}
}
