package provider

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/llmgw/llmgw/pkg/llm"
)

var (
	errExpired = errors.New("time limit of the attempt reached")
	errEnded   = errors.New("attempt ended by the gateway")
)

// What is told of failures that are not the vendor's words. None names a host,
// an address or a credential.
const (
	msgTimeout  = "the provider did not answer in time"
	msgCanceled = "the call was canceled"
	msgNetwork  = "the connection to the provider failed"
)

// attempt is one request on its way: the means to end it, and its clock. There
// is one timer for all of its limits, re-armed as the attempt moves on.
type attempt struct {
	req    *http.Request
	cancel context.CancelCauseFunc
	timer  *time.Timer // nil where nothing is limited
	idle   time.Duration
}

// begin starts the clock of an attempt.
func (x *Exchange) begin(ctx context.Context, c *Call) *attempt {
	ctx, cancel := context.WithCancelCause(ctx)
	a := &attempt{cancel: cancel, idle: x.timeouts.Idle}
	a.req = (&http.Request{
		Method: http.MethodPost, URL: c.URL, Host: c.URL.Host, Header: c.Header,
		Body: c.Payload.body(), GetBody: c.Payload.reopen, ContentLength: int64(len(c.Payload.data)),
	}).WithContext(ctx)
	if !x.timeouts.none() {
		a.timer = time.AfterFunc(math.MaxInt64, a.expire)
		a.limit(x.timeouts.opening(c.Stream))
	}
	return a
}

func (a *attempt) expire() { a.cancel(errExpired) }

// limit starts the clock anew; 0 stops it.
func (a *attempt) limit(d time.Duration) {
	switch {
	case a.timer == nil:
	case d > 0:
		a.timer.Reset(d)
	default:
		a.timer.Stop()
	}
}

// end stops the clock and frees what the attempt still holds. Any goroutine may
// call it, any number of times.
func (a *attempt) end() {
	a.limit(0)
	a.cancel(errEnded)
}

// failure classes an error that is not the vendor's word, from what was being
// done: the attempt's own limit, its caller, or the network.
func (a *attempt) failure(doing string, err error) *llm.Error {
	reason := context.Cause(a.req.Context())
	cause := fmt.Errorf("%s %s: %w", doing, place(a.req.URL), redactError(err))
	if reason != nil && !errors.Is(err, reason) {
		cause = fmt.Errorf("%w (%w)", cause, reason)
	}
	switch {
	case errors.Is(reason, errExpired), errors.Is(reason, context.DeadlineExceeded):
		return &llm.Error{Kind: llm.Timeout, Message: msgTimeout, Cause: cause}
	case reason != nil:
		return &llm.Error{Kind: llm.Canceled, Message: msgCanceled, Cause: cause}
	case isTimeout(err):
		return &llm.Error{Kind: llm.Timeout, Message: msgTimeout, Cause: cause}
	default:
		return &llm.Error{Kind: llm.Upstream, Message: msgNetwork, Cause: cause}
	}
}

// isTimeout is for the limits of the transport: dialing, the TLS handshake.
func isTimeout(err error) bool {
	var e net.Error
	return errors.As(err, &e) && e.Timeout()
}

// redactError takes the query and the user out of an error that carries a URL.
func redactError(err error) error {
	if e := (*url.Error)(nil); errors.As(err, &e) {
		return fmt.Errorf("%s: %w", e.Op, e.Err)
	}
	return err
}

// place names a URL in the log, without its query: that may hold a credential.
func place(u *url.URL) string { return u.Scheme + "://" + u.Host + u.EscapedPath() }
