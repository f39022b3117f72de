package gateway

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/llmgw/llmgw/pkg/admission"
	"github.com/llmgw/llmgw/pkg/budget"
	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/ratelimit"
)

// admit holds everything the call may use, in one step, and writes that down
// before anything is sent.
func (g *Gateway) admit(next Handler) Handler {
	return func(ctx context.Context, c *Call) (*llm.Answer, error) {
		if err := c.ask(); err != nil {
			return nil, err
		}
		if err := g.admitAsk(ctx, c); err != nil {
			return nil, err
		}
		return next(ctx, c)
	}
}

// usualLines is how many lines a call has beside its budgets: four limits, and
// what its key and the gateway use in all.
const usualLines = 10

// ask fills in the lines of the call's admission.
func (c *Call) ask() error {
	c.asking.ask = admission.Ask{ID: c.ID, Owner: c.gateway.opts.Owner}
	lines := slices.Grow(c.asking.lines[:0], usualLines+len(c.Caller.Budgets))
	account := c.Caller.Account
	if c.Op == llm.OpCountTokens {
		// Apart from everything else: it is free, and clients fire dozens at once.
		c.asking.lines = c.Snapshot.Limits.AppendLines(lines, c.Caller.CountAccount, ratelimit.CountTokens, 0)
		return nil
	}
	c.asking.estimate = c.estimate()
	lines = c.Snapshot.Limits.AppendLines(lines, account, c.Caller.Limits, c.asking.estimate)
	lines, err := c.askMoney(lines)
	c.asking.lines = lines
	return err
}

// admitHit admits the one request that a cached answer costs.
func (g *Gateway) admitHit(ctx context.Context, c *Call) error {
	c.asking.ask = admission.Ask{ID: c.ID, Owner: g.opts.Owner}
	limits := ratelimit.Limits{RPM: c.Caller.Limits.RPM, RPD: c.Caller.Limits.RPD}
	c.asking.lines = c.Snapshot.Limits.AppendLines(c.asking.lines[:0], c.Caller.Account, limits, 0)
	return g.admitAsk(ctx, c)
}

// admitAsk puts the ask to the store and writes the open entry.
func (g *Gateway) admitAsk(ctx context.Context, c *Call) error {
	c.asking.ask.Lines = c.asking.lines
	grant, err := g.opts.Admission.Await(ctx, &c.asking.ask, admission.QueueOptions{Wait: c.Snapshot.Budgets.HoldWait})
	if err != nil {
		if left := hangUp(ctx, nil); left != nil {
			return left
		}
		return &llm.Error{Kind: llm.Overloaded, Message: "limits and budgets cannot be checked right now", RetryAfter: time.Second, Cause: err}
	}
	c.Limits = append(c.Limits[:0], grant.States...)
	if grant.Refused != nil {
		return c.refusal(grant.Refused)
	}
	c.holding = holding{open: true, money: llm.NanoUSD(grant.Money), hard: hardMoney(c.asking.lines)}
	if err := c.writeOpen(grant.Money); err != nil {
		g.settle(ctx, c, admission.Actual{Void: true})
		return &llm.Error{Kind: llm.Overloaded, Message: "the gateway cannot write its journal", RetryAfter: time.Second, Cause: err}
	}
	c.holding.written = true
	return nil
}

// hardMoney reports whether a budget that refuses is among the lines.
func hardMoney(lines []admission.Line) bool {
	return slices.ContainsFunc(lines, func(l admission.Line) bool { return l.Unit == llm.Money && !l.Soft })
}

// settle gives the hold back for what was used. The store's failure is logged
// here because nobody above could do more about it: the journal has the truth.
func (g *Gateway) settle(ctx context.Context, c *Call, actual admission.Actual) {
	if !c.holding.open {
		return
	}
	c.holding.open = false
	if err := g.opts.Admission.Settle(context.WithoutCancel(ctx), c.ID, actual); err != nil {
		g.opts.Logger.Error("a call could not be settled", "request_id", c.ID, "err", err)
	}
}

// refusal puts a refused line into words.
func (c *Call) refusal(r *admission.Refusal) error {
	now := time.Now()
	if r.Line.Unit != llm.Money {
		if r.Oversize && c.Snapshot.RefuseOversize {
			return &llm.Error{
				Kind: llm.InvalidRequest, NoRetry: true,
				Message: fmt.Sprintf("the call needs about %d tokens, more than the limit of %d tokens per minute of this key", r.Line.Want, r.Line.Rule.Limit),
			}
		}
		return ratelimit.Error(r, now)
	}
	for _, b := range c.Caller.Budgets {
		if b.Account == r.Line.Account {
			return budget.Error(b, r, now)
		}
	}
	return &llm.Error{Kind: llm.BudgetExceeded, NoRetry: true, Message: "a budget is spent"}
}
