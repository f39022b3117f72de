package gateway

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/llmgw/llmgw/pkg/llm"
)

// usageWait is how long a stream whose stop reason has passed is read on for its
// usage when the client has left.
const usageWait = 500 * time.Millisecond

// attempt is one request to a provider. Its context does not end with the
// client's: it ends when the attempt is over, or when it is not worth waiting for
// any longer.
type attempt struct {
	gateway *Gateway
	cancel  context.CancelFunc
	unwatch func() bool

	// stream says that the answer comes as one, strict that the call must not cost
	// more than it holds.
	stream, strict bool

	mu      sync.Mutex // guards what follows
	over    bool
	left    bool // the client has
	stopped bool // the stop reason has passed
	timer   *time.Timer
	place   bool // a place in gateway.abandoned is taken
}

// begin starts an attempt for a client.
func (g *Gateway) begin(client context.Context, c *Call) (context.Context, *attempt) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(client))
	a := &attempt{gateway: g, cancel: cancel, stream: c.head.Stream, strict: c.strict()}
	a.unwatch = context.AfterFunc(client, a.hungUp)
	return ctx, a
}

// hungUp decides how long a client's absence is outlasted: a stream ends at once,
// or soon after its stop reason; a whole answer is waited for, since it is paid
// for and nothing else tells what it cost. So is a stream that a hard budget pays:
// it would be booked at all that it holds, a hundred times what it costs as a rule,
// and a few clients who stop their agents would use the budget up.
func (a *attempt) hungUp() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.over || a.left {
		return
	}
	a.left = true
	switch {
	case a.stream && a.stopped:
		a.timer = time.AfterFunc(usageWait, a.cancel)
	case a.stream && !a.strict:
		a.cancel()
	default:
		select {
		case a.gateway.abandoned <- struct{}{}:
			a.place = true
			a.timer = time.AfterFunc(a.gateway.opts.DisconnectGrace, a.cancel)
		default:
			a.cancel()
		}
	}
}

// stop notes that the stop reason of a stream has passed.
func (a *attempt) stop() {
	a.mu.Lock()
	a.stopped = true
	a.mu.Unlock()
}

// end frees what the attempt holds. Only the first call does something.
func (a *attempt) end() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.over {
		return
	}
	a.over = true
	a.unwatch()
	if a.timer != nil {
		a.timer.Stop()
	}
	if a.place {
		<-a.gateway.abandoned
	}
	a.cancel()
}

// hangUp is the error of a call whose client left, or nil where it did not. Where
// the server failed, writeErr is its own *llm.Error.
func hangUp(client context.Context, writeErr error) error {
	if own, ok := errors.AsType[*llm.Error](writeErr); ok {
		return own
	}
	if client.Err() == nil && writeErr == nil {
		return nil
	}
	cause := writeErr
	if cause == nil {
		cause = context.Cause(client)
	}
	return &llm.Error{Kind: llm.Canceled, Message: "the client left before the answer was whole", Cause: cause}
}
