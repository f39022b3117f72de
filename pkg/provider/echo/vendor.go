package echo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"iter"
	"net/http"
	"strings"
	"time"
)

// vendor is the other end of the line: an http.RoundTripper that answers by
// itself. It has no state.
type vendor struct{}

// route is how requests to one path are answered.
type route struct {
	read   func(body []byte) (*ask, error)
	whole  func(*ask, *reply) []byte
	frames func(*ask, *reply) iter.Seq[[]byte] // nil where there are no streams
	fault  string                              // the frame for a failed stream
	refuse func(status int, message string) []byte
}

// routeOf returns the route of a path; ok is false for a path that no endpoint has.
func routeOf(path string) (r route, ok bool) {
	switch path {
	case pathMessages:
		return route{readMessages, wholeMessage, messageFrames, anthropicFault, anthropicError}, true
	case pathCountTokens:
		return route{readMessages, wholeCount, nil, "", anthropicError}, true
	case pathChat:
		return route{readChat, wholeChat, chatFrames, openAIFault, openAIError}, true
	case pathCompletions:
		return route{readCompletion, wholeCompletion, completionFrames, openAIFault, openAIError}, true
	case pathEmbeddings:
		return route{readEmbeddings, wholeEmbeddings, nil, "", openAIError}, true
	default:
		return route{}, false
	}
}

// RoundTrip answers a request as its model's name says.
func (vendor) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	if err := errors.Join(err, req.Body.Close()); err != nil {
		return nil, fmt.Errorf("read request: %w", err)
	}
	rt, ok := routeOf(req.URL.Path)
	if !ok {
		return respond(req, http.StatusNotFound, "text/plain", strings.NewReader("no such path")), nil
	}
	a, err := rt.read(body)
	if err != nil {
		return refused(req, rt, http.StatusBadRequest, err.Error()), nil
	}
	if a.script, err = parseScript(a.model); err != nil {
		return refused(req, rt, http.StatusNotFound, fmt.Sprintf("model %q does not exist: %v (features: %s)",
			a.model, err, strings.Join(Features(), ", "))), nil
	}
	a.seed = seedOf(body)
	return a.answer(req, rt)
}

// answer plays the script.
func (a *ask) answer(req *http.Request, rt route) (*http.Response, error) {
	if err := a.script.wait(req.Context()); err != nil {
		return nil, err
	}
	streams := a.stream && rt.frames != nil
	switch {
	case a.script.status != 0:
		return refused(req, rt, a.script.status, fmt.Sprintf("refused with status %d, as asked", a.script.status)), nil
	case a.script.streamError && !streams:
		return refused(req, rt, http.StatusServiceUnavailable, "failed, as asked"), nil
	case streams:
		return respond(req, http.StatusOK, "text/event-stream; charset=utf-8", newFrameReader(req, a, rt)), nil
	}
	whole := rt.whole(a, compose(a))
	if a.script.cut != noCut {
		cut := io.MultiReader(bytes.NewReader(whole[:len(whole)/2]), brokenLine{})
		return respond(req, http.StatusOK, "application/json", cut), nil
	}
	return respond(req, http.StatusOK, "application/json", bytes.NewReader(whole)), nil
}

// wait passes the time before the first byte: for ever, where the script stalls.
func (s *script) wait(ctx context.Context) error {
	if s.stall {
		<-ctx.Done()
		return ctx.Err()
	}
	return sleep(ctx, s.delay)
}

// sleep waits for d, or until ctx ends.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// seedOf makes ids from a body.
func seedOf(body []byte) uint64 {
	h := fnv.New64a()
	_, _ = h.Write(body) // a hash never fails
	return h.Sum64()
}

// respond makes a response. Its id depends on the path alone.
func respond(req *http.Request, status int, media string, body io.Reader) *http.Response {
	closer, ok := body.(io.ReadCloser)
	if !ok {
		closer = io.NopCloser(body)
	}
	length := int64(-1)
	if r, ok := body.(interface{ Len() int }); ok {
		length = int64(r.Len())
	}
	return &http.Response{
		StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: req, ContentLength: length,
		Header: http.Header{"Content-Type": {media}, "Request-Id": {"req_echo"}}, Body: closer,
	}
}

// refused makes the response of a failed call.
func refused(req *http.Request, rt route, status int, message string) *http.Response {
	resp := respond(req, status, "application/json", bytes.NewReader(rt.refuse(status, message)))
	switch status {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable, statusOverloaded:
		resp.Header["Retry-After"] = []string{"1"}
	}
	return resp
}

// brokenLine is a connection that stops in the middle.
type brokenLine struct{}

// Read reports that the line is gone.
func (brokenLine) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
