package load

import (
	"context"
	"fmt"
	"time"
)

// Fetch makes one call and returns the body of its answer, whatever the call
// wants of it. A status that it does not want is an error.
func Fetch(ctx context.Context, addr string, call *Call) ([]byte, error) {
	c, release, err := dial(ctx, addr, call)
	if err != nil {
		return nil, err
	}
	defer release()
	if err := c.SetDeadline(time.Now().Add(callTimeout)); err != nil {
		return nil, err
	}
	if _, err := c.Write(call.request); err != nil {
		return nil, err
	}
	h, err := c.reader.Response()
	if err != nil {
		return nil, fmt.Errorf("read response: %w", err)
	}
	var body []byte
	if err := c.reader.Body(h, func(piece []byte) { body = append(body, piece...) }); err != nil {
		return nil, fmt.Errorf("read body after %d bytes: %w", len(body), err)
	}
	if h.Status != call.status {
		return nil, fmt.Errorf("status %d, want %d: %.*s", h.Status, call.status, maxSample, body)
	}
	return body, nil
}
