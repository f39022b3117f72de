package gateway

import (
	"context"
	"errors"
	"math"
	"strconv"
	"time"

	"github.com/llmgw/llmgw/pkg/llm"
)

// observe is the outermost stage: it opens the call's record, turns errors into
// answers, and sees to it that what the call used is settled before its end is
// returned.
func (g *Gateway) observe(next Handler) Handler {
	return func(ctx context.Context, c *Call) (*llm.Answer, error) {
		c.open(ctx)
		a, err := c.answer(ctx, next)
		if err != nil {
			a = c.errorAnswer(err)
			c.log.HTTPStatus = a.Status
			c.finish(err)
			return a, nil
		}
		c.log.HTTPStatus = a.Status
		c.stored.head = a.Header
		if a.Stream != nil {
			a.Stream = &metered{Stream: a.Stream, call: c}
			return a, nil
		}
		c.stored.collect(a.Body)
		c.finish(hangUp(ctx, nil))
		return a, nil
	}
}

// answer runs the stages, unless the server has refused the call already.
func (c *Call) answer(ctx context.Context, next Handler) (*llm.Answer, error) {
	if c.Refused != nil {
		return nil, c.Refused
	}
	return next(ctx, c)
}

// open begins the record with what is known before the first stage.
func (c *Call) open(ctx context.Context) {
	c.client = ctx
	c.Facts.Age = -1
	c.log.Timestamp, c.log.RequestID, c.log.Endpoint = c.Received, c.ID, c.Endpoint
	c.log.Dialect, c.log.Model, c.log.ClientIP = c.Frontend.Dialect(), c.Model, c.ClientIP
	c.log.UserAgent = c.Header.Get("User-Agent")
	c.log.ClientRequestID = c.Header.Get("X-Request-Id")
	// Claude Code's and Codex's names for it (read 2026-08).
	c.log.SessionID = c.Header.Get("X-Claude-Code-Session-Id")
	if c.log.SessionID == "" {
		c.log.SessionID = c.Header.Get("Session-Id")
	}
}

// errorAnswer is what the client is told: the provider's own words where it
// speaks the client's dialect and the failure is the call's, else ours.
func (c *Call) errorAnswer(err error) *llm.Answer {
	e := llm.AsError(err)
	if up := e.Upstream; up != nil && up.Dialect == c.Frontend.Dialect() && e.Kind != llm.UpstreamAuth {
		return up
	}
	status, body := c.Frontend.AppendError(nil, e, c.ID)
	h := llm.Header{"Content-Type": {"application/json"}}
	if e.RetryAfter > 0 {
		h["Retry-After"] = []string{strconv.FormatInt(int64(math.Ceil(e.RetryAfter.Seconds())), 10)}
	}
	if e.NoRetry {
		h["X-Should-Retry"] = []string{"false"}
	}
	return &llm.Answer{Status: status, Header: h, Dialect: c.Frontend.Dialect(), Body: body}
}

// progressEvery is how often a stream's progress is written down.
const progressEvery = time.Second

// metered is the stream a client reads: it counts what passes, and settles the
// call before it gives the last event away.
type metered struct {
	llm.Stream
	call     *Call
	progress time.Time
	// left says that the client has, before the stop reason.
	left bool
}

// Next implements llm.Stream.
func (m *metered) Next() (llm.Event, error) {
	ev, err := m.Stream.Next()
	c := m.call
	if err != nil {
		if !c.done {
			c.cut(err)
		}
		return ev, err
	}
	now := time.Now()
	if m.progress.IsZero() {
		c.log.TTFT = now.Sub(c.Received)
	}
	c.spent.bytes += int64(len(ev.Raw))
	if ev.Meta != nil {
		c.spent.meta = *ev.Meta
	}
	switch ev.Kind {
	case llm.End:
		c.stored.collect(ev.Raw)
		c.finish(m.absence())
	case llm.Failure:
		c.finish(failure(ev.Err))
	default:
		c.stored.collect(ev.Raw)
		if now.Sub(m.progress) >= progressEvery {
			m.progress = now
			c.writeProgress()
		}
	}
	return ev, nil
}

// Close ends the stream. Where the client left after the stop reason, the
// provider's usage is a moment away: it is worth reading, since nothing else
// tells what the call cost. Under a hard budget it is worth waiting for longer.
func (m *metered) Close() error {
	c := m.call
	stopped := c.spent.meta.StopReason != ""
	if a := c.spent.attempt; a != nil && !c.done && (stopped || c.strict()) {
		m.left = !stopped
		a.hungUp() // it says for how long
		m.drain()
	}
	return m.Stream.Close()
}

// drain reads on until the call is over, or the attempt is given up.
func (m *metered) drain() {
	for !m.call.done {
		if _, err := m.Next(); err != nil {
			return
		}
	}
}

// absence is the error of a call whose client is not there any more.
func (m *metered) absence() error {
	if !m.left {
		return nil
	}
	return hangUp(m.call.client, errLeft)
}

// errLeft is why a stream was closed before its end.
var errLeft = errors.New("the stream was closed")

// failure is the error of a call whose provider said inside the stream that it
// failed.
func failure(e *llm.Error) error {
	if e == nil {
		e = &llm.Error{Kind: llm.Upstream, Message: "the provider reported an error inside its stream"}
	}
	return e
}

// cut ends a call whose stream broke: because the client left, or because the
// provider did.
func (c *Call) cut(err error) {
	if left := hangUp(c.client, nil); left != nil {
		c.finish(left)
		return
	}
	c.finish(streamError(err))
}
