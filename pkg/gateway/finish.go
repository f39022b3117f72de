package gateway

import (
	"context"
	"time"

	"github.com/llmgw/llmgw/pkg/admission"
	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/llm/catalog"
	"github.com/llmgw/llmgw/pkg/requestlog"
)

// statusClientClosed is logged where the client left before its answer: nginx's
// 499.
const statusClientClosed = 499

// finish settles the call and writes it down; err is why it failed, nil where it
// did not. It happens once, before the client can know that its call is over.
func (c *Call) finish(err error) {
	if c.done {
		return
	}
	c.done = true
	usage, cost := c.used(err)
	c.complete(err, usage, cost)
	actual := admission.Actual{Tokens: usage.Total(), Money: int64(cost), Void: !c.holding.written}
	admitted := c.holding.open
	c.gateway.settle(c.client, c, actual)
	c.remember(err, usage)
	werr := c.writeSettle(actual)
	if admitted {
		c.watchSettled(c.client, cost)
	}
	if werr != nil {
		c.gateway.opts.Logger.Error("a call could not be written to the journal", "request_id", c.ID, "err", werr)
		return
	}
	if err == nil {
		c.store(context.WithoutCancel(c.client))
	}
}

// complete fills in the rest of the record.
func (c *Call) complete(err error, usage llm.Usage, cost llm.NanoUSD) {
	r := &c.log
	r.Duration = time.Since(c.Received)
	r.Upstream = c.spent.upstream
	if c.spent.streaming {
		// While a stream lasts the gateway waits for the provider.
		r.Upstream = r.Duration - c.Facts.Overhead
	}
	r.Overhead = max(0, r.Duration-r.Upstream)
	r.Status = requestlog.StatusSuccess
	if e := llm.AsError(err); e != nil {
		r.Status, r.ErrorType, r.Error = requestlog.StatusError, e.Kind.String(), whatWentWrong(e)
		switch {
		case e.Kind == llm.Canceled:
			r.HTTPStatus = statusClientClosed
		case r.HTTPStatus == 0:
			// The server answers in the gateway's place: it failed.
			r.HTTPStatus, _ = c.Frontend.AppendError(nil, e, c.ID)
		}
	}
	if cand := c.spent.candidate; cand != nil {
		r.Deployment, r.Provider, r.UpstreamModel = cand.ID, cand.ProviderName, cand.Model
		r.PriceSource = c.priceSource()
	}
	r.Usage, r.Cost, r.Cache = usage, cost, c.Facts.Cache
	r.StopReason, r.UpstreamRequestID = c.spent.meta.StopReason, c.Facts.UpstreamRequestID
	c.Facts.Cost, c.Facts.CostKnown = cost, r.PriceSource != "" && r.PriceSource != sourceUnknown
}

// whatWentWrong is the text of an error for the log: its kind stands in a field of
// its own.
func whatWentWrong(e *llm.Error) string {
	if e.Cause == nil {
		return e.Message
	}
	return e.Message + ": " + e.Cause.Error()
}

// The price sources that no price list gives.
const (
	sourceUnknown = "unknown"
	sourceAssumed = "assumed"
)

func (c *Call) priceSource() string {
	cand := c.spent.candidate
	switch {
	case cand.Facts.Price != nil:
		return cand.Facts.PriceSource
	case c.holding.hard && cand.Facts.Assumed != nil:
		return sourceAssumed
	default:
		return sourceUnknown
	}
}

// used is what the call is booked at: what the provider reported, or what can be
// told without its word, and what failed attempts may have been billed.
func (c *Call) used(err error) (llm.Usage, llm.NanoUSD) {
	usage, cost := c.usedLast(err)
	usage.Input += c.spent.lost
	return usage, cost + c.spent.earlier
}

// usedLast is what the attempt that answered is booked at.
func (c *Call) usedLast(err error) (usage llm.Usage, cost llm.NanoUSD) {
	if c.spent.candidate == nil || !c.spent.sent || c.Op == llm.OpCountTokens {
		return usage, cost
	}
	usage = c.spent.meta.Usage
	whole := err == nil || c.spent.whole || (c.spent.meta.StopReason != "" && usage.Reported)
	if !usage.Reported || !whole {
		usage = c.seen()
	}
	price := c.bookedPrice()
	if price == nil {
		return usage, cost
	}
	cost = price.Cost(usage)
	if !whole && c.holding.hard {
		// The provider may have gone on after the last byte seen, and what it thought
		// in silence was never seen at all.
		cost = max(cost, c.holding.money-c.spent.earlier)
	}
	return usage, cost
}

// bookedPrice is what the candidate's tokens are booked at; nil where no price is
// known and no budget needs one.
func (c *Call) bookedPrice() *catalog.Price {
	cand := c.spent.candidate
	if cand.Facts.Price == nil && c.holding.hard {
		return cand.Facts.Assumed
	}
	return cand.Facts.Price
}
