package gateway

import (
	"context"
	"errors"
	"io"
	"net"
	"time"

	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/requestlog"
	"github.com/llmgw/llmgw/pkg/router"
)

const (
	// backoff is the pause before the same deployment is tried again; it doubles.
	backoff = 500 * time.Millisecond
	// maxBackoff bounds the pause. A provider that asks for more is not waited for:
	// the client is told instead.
	maxBackoff = 5 * time.Second
)

// errUntranslated is a fault of a provider's code.
var errUntranslated = errors.New("the answer of a translated call has not been decoded")

// dispatch tries the candidates one after the other until one answers. Nothing
// has reached the client before it returns, so every failure may be followed by
// the next candidate.
func (g *Gateway) dispatch(Handler) Handler {
	return func(ctx context.Context, c *Call) (*llm.Answer, error) {
		var last *llm.Error
		for i := range c.plan {
			cand := &c.plan[i]
			if last != nil && !c.another(ctx, cand, last, i) {
				continue
			}
			if left := hangUp(ctx, nil); left != nil {
				return nil, left
			}
			limit, err := c.cover(ctx, cand)
			if err != nil {
				// This says nothing about the deployment, and the next one may be cheaper.
				last = llm.AsError(err)
				continue
			}
			a, err := g.attempt(ctx, c, cand, limit)
			if err == nil {
				cand.Health.OK()
				// No further attempt can follow: a stream may last long, and its prompt need
				// not stay in memory for it.
				c.raw, c.asked = nil, nil
				c.Body.Release()
				return a, nil
			}
			last = llm.AsError(err)
			switch {
			case ctx.Err() != nil:
				return nil, last
			case untranslatable(last):
				// Another model may have a place for what this one has none for.
			case !passesOn(last):
				return nil, last
			default:
				cand.Health.Fail(time.Now(), last)
			}
		}
		return nil, last
	}
}

// untranslatable reports whether the call was refused before it was sent: it asks
// for what the candidate's dialect cannot say.
func untranslatable(e *llm.Error) bool { return e.Kind == llm.InvalidRequest && e.Upstream == nil }

// passesOn reports whether another deployment may do better.
func passesOn(e *llm.Error) bool {
	switch e.Kind {
	case llm.Upstream, llm.UpstreamAuth, llm.Timeout, llm.Overloaded, llm.RateLimited, llm.NotFound, llm.Conflict:
		return true
	default:
		return false
	}
}

// repeats reports whether the same deployment may do better: what the SDKs try
// again as well (408, 409, 429, 5xx and broken connections).
func repeats(e *llm.Error) bool {
	return passesOn(e) && !e.NoRetry && e.Kind != llm.UpstreamAuth && e.Kind != llm.NotFound
}

// another reports whether the candidate is to be tried after the failure, having
// waited where that is due.
func (c *Call) another(ctx context.Context, cand *router.Candidate, last *llm.Error, n int) bool {
	if !cand.Again {
		return true
	}
	pause := max(last.RetryAfter, min(backoff<<min(n-1, 4), maxBackoff))
	if !repeats(last) || pause > maxBackoff {
		return false
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// attempt sends the call to one candidate and waits for its answer, or for the
// first event of its stream. limit is the output limit that the hold pays for, 0
// where the call needs none.
func (g *Gateway) attempt(ctx context.Context, c *Call, cand *router.Candidate, limit int64) (*llm.Answer, error) {
	actx, a := g.begin(ctx, c)
	answered := false
	defer func() {
		if !answered {
			a.end() // also where the provider panics
		}
	}()
	start := time.Now()
	if c.Facts.Attempts == 0 {
		c.Facts.Overhead = start.Sub(c.Received)
	}
	c.Facts.Attempts++
	c.spent.candidate, c.spent.attempt = cand, a
	way := c.route(cand)
	answer, err := c.sendTo(actx, cand, way, limit)
	if err == nil {
		answer, err = c.take(answer, a)
	}
	took := time.Since(start)
	c.spent.upstream += took
	c.note(cand, answer, err, took)
	if err != nil {
		c.failed(err)
		return nil, err
	}
	answered = true
	if way.lane != native {
		c.encode(answer)
	}
	c.Facts.Deployment, c.Facts.Capped, c.Facts.Dropped = cand.ID, limit, answer.Dropped
	c.Facts.UpstreamRequestID = answer.UpstreamRequestID
	return answer, nil
}

// sendTo sends the call to the candidate.
func (c *Call) sendTo(ctx context.Context, cand *router.Candidate, way route, limit int64) (*llm.Answer, error) {
	if way.lane == local {
		return c.countHere(cand)
	}
	req, err := c.request(cand, way, limit)
	if err != nil {
		return nil, err
	}
	c.spent.sent = true
	answer, err := cand.Provider.Do(ctx, req)
	if e := llm.AsError(err); e != nil {
		c.tellOverflow(cand, e)
		return nil, e
	}
	if way.lane == translated && answer.Response == nil && answer.Stream == nil {
		return nil, &llm.Error{Kind: llm.Internal, Message: "internal error", Cause: errUntranslated}
	}
	return answer, nil
}

// take reads what tells a good answer from a bad one: all of a whole answer, the
// first event of a stream.
func (c *Call) take(answer *llm.Answer, a *attempt) (*llm.Answer, error) {
	if answer.Stream == nil {
		a.end()
		c.spent.meta, c.spent.whole = answer.Meta, true
		c.spent.bytes = int64(len(answer.Body))
		return answer, nil
	}
	first, err := answer.Stream.Next()
	if err == nil && first.Kind == llm.Failure {
		// The provider has answered, if only to say no: that is free.
		c.spent.sent = false
		err = failure(first.Err)
	}
	if err != nil {
		// The stream has failed already; there is nothing more to learn from closing it.
		_ = answer.Stream.Close()
		return nil, streamError(err)
	}
	c.spent.streaming = true
	answer.Stream = &begun{Stream: answer.Stream, attempt: a, first: first, pending: true}
	return answer, nil
}

// begun is a stream whose first event has been read.
type begun struct {
	llm.Stream
	attempt *attempt
	first   llm.Event
	pending bool
	ended   bool
}

// Next gives the first event, then those of the stream. After its End the stream
// is read to EOF, so that the connection can be used again, but not for long.
func (b *begun) Next() (llm.Event, error) {
	if b.ended {
		give := time.AfterFunc(usageWait, b.attempt.cancel)
		defer give.Stop()
		return b.Stream.Next()
	}
	ev, err := b.first, error(nil)
	if b.pending {
		b.pending, b.first = false, llm.Event{}
	} else {
		ev, err = b.Stream.Next()
	}
	if ev.Meta != nil && ev.Meta.StopReason != "" {
		b.attempt.stop()
	}
	b.ended = ev.Kind == llm.End || ev.Kind == llm.Failure
	return ev, err
}

// Close ends the attempt with the stream.
func (b *begun) Close() error {
	err := b.Stream.Close()
	b.attempt.end()
	return err
}

// streamError puts the failure of a stream into the gateway's words.
func streamError(err error) *llm.Error {
	var known *llm.Error
	switch {
	case errors.As(err, &known):
		return known
	case errors.Is(err, context.Canceled):
		return &llm.Error{Kind: llm.Canceled, Message: "the call was given up", Cause: err}
	case errors.Is(err, llm.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return &llm.Error{Kind: llm.Upstream, Message: "the provider ended its stream before the answer was whole", Cause: err}
	default:
		return &llm.Error{Kind: llm.Upstream, Message: "the connection to the provider broke during the answer", Cause: err}
	}
}

// note adds the attempt to the log's trail.
func (c *Call) note(cand *router.Candidate, a *llm.Answer, err error, took time.Duration) {
	entry := requestlog.Attempt{Deployment: cand.ID, Duration: took}
	if a != nil {
		entry.Status = a.Status
	}
	if e := llm.AsError(err); e != nil {
		entry.Error = whatWentWrong(e)
		if e.Upstream != nil {
			entry.Status = e.Upstream.Status
		}
	}
	c.log.Attempts = append(c.log.Attempts, entry)
}

// failed books what a failed attempt may have been billed: nothing where the
// provider answered with an error or was never reached; all that is held where a
// hard budget pays and nobody waited for the answer; else its input.
func (c *Call) failed(err error) {
	e := llm.AsError(err)
	sent := c.spent.sent && e.Upstream == nil && !neverSent(e)
	c.spent.sent = false
	if !sent {
		return
	}
	input, price := c.estimateInput(), c.bookedPrice()
	if c.strict() {
		input = c.bound(c.spent.candidate)
	}
	c.spent.lost += input
	switch {
	case c.holding.hard && e.Kind == llm.Canceled:
		c.spent.earlier = max(c.spent.earlier, c.holding.money)
	case price == nil:
	case c.strict():
		c.spent.earlier += closePrice(c.spent.candidate, price, c.asking.reach.CacheWrite).WorstCase(input, 0)
	default:
		c.spent.earlier += price.Cost(llm.Usage{Input: input})
	}
}

// neverSent reports whether the provider cannot have seen the request: there was
// no connection, or the gateway itself refused to make the attempt.
func neverSent(e *llm.Error) bool {
	switch e.Kind {
	case llm.Timeout, llm.Canceled, llm.Upstream:
		var op *net.OpError
		return errors.As(e, &op) && op.Op == "dial"
	default:
		return true
	}
}
