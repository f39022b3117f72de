package gateway

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/llmgw/llmgw/pkg/admission"
	"github.com/llmgw/llmgw/pkg/budget"
	"github.com/llmgw/llmgw/pkg/keys"
	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/ratelimit"
)

// admit holds everything the call may use, in one step, and writes that down
// before anything is sent. Only where a budget has no room for the worst case is
// the call looked at more closely, and asked for again.
func (g *Gateway) admit(next Handler) Handler {
	return func(ctx context.Context, c *Call) (*llm.Answer, error) {
		if !c.Caller.Hard || c.expects() {
			// Nothing depends on how close the bound is.
			c.asking.closeness = counted
		}
		for {
			if err := c.ask(); err != nil {
				return nil, err
			}
			refused, err := g.admitAsk(ctx, c)
			if err != nil {
				return nil, err
			}
			if refused == nil {
				return next(ctx, c)
			}
			if !c.closer(ctx, refused) {
				return nil, c.refusal(refused)
			}
		}
	}
}

// usualLines is how many lines a call has beside its budgets: four limits, and
// what its key and the gateway use in all.
const usualLines = 10

// ask fills in the lines of the call's admission.
func (c *Call) ask() error {
	c.asking.ask = admission.Ask{ID: c.ID, Owner: c.gateway.opts.Owner}
	c.asking.at = time.Now()
	lines := slices.Grow(c.asking.lines[:0], usualLines+len(c.Caller.Budgets))
	account := c.Caller.Account
	if c.Op == llm.OpCountTokens {
		// Apart from everything else: it is free, and clients fire dozens at once.
		if c.Caller.Role != keys.Admin {
			lines = c.Snapshot.Limits.AppendCountLines(lines, c.Caller.CountAccount)
		}
		c.asking.lines = lines
		return nil
	}
	c.asking.estimate = c.estimate()
	if err := c.refuseOversize(); err != nil {
		return err
	}
	lines = c.Snapshot.Limits.AppendLines(lines, account, c.Caller.Limits, c.asking.estimate)
	lines, err := c.askMoney(lines)
	c.asking.lines = lines
	return err
}

// refuseOversize refuses, where that is wanted, a call that needs more tokens than its
// whole limit: also where it could pass alone.
func (c *Call) refuseOversize() error {
	limit := c.Caller.Limits.TPM
	if !c.Snapshot.RefuseOversize || limit == 0 || c.asking.estimate <= limit {
		return nil
	}
	return &llm.Error{
		Kind: llm.InvalidRequest, NoRetry: true,
		Message: fmt.Sprintf("the call needs about %d tokens, more than the limit of %d tokens per minute of this key (shorten it, or ask for a higher limit)",
			c.asking.estimate, limit),
	}
}

// admitHit admits the one request that a cached answer costs.
func (g *Gateway) admitHit(ctx context.Context, c *Call) error {
	c.asking.ask = admission.Ask{ID: c.ID, Owner: g.opts.Owner}
	limits := ratelimit.Limits{RPM: c.Caller.Limits.RPM, RPD: c.Caller.Limits.RPD}
	c.asking.lines = c.Snapshot.Limits.AppendLines(c.asking.lines[:0], c.Caller.Account, limits, 0)
	refused, err := g.admitAsk(ctx, c)
	if refused != nil {
		return c.refusal(refused)
	}
	return err
}

// admitAsk puts the ask to the store and writes the open entry. It gives the
// refusal where there is no room.
func (g *Gateway) admitAsk(ctx context.Context, c *Call) (*admission.Refusal, error) {
	c.asking.ask.Lines = c.asking.lines
	grant, err := g.opts.Admission.Await(ctx, &c.asking.ask, admission.QueueOptions{Wait: c.patience()})
	if err != nil {
		if left := hangUp(ctx, nil); left != nil {
			return nil, left
		}
		return nil, &llm.Error{Kind: llm.Overloaded, Message: "limits and budgets cannot be checked right now", RetryAfter: time.Second, Cause: err}
	}
	c.Limits = append(c.Limits[:0], grant.States...)
	if grant.Refused != nil {
		return grant.Refused, nil
	}
	c.holding = holding{open: true, money: llm.NanoUSD(grant.Money), hard: hardMoney(c.asking.lines)}
	c.watchAdmitted(ctx, grant.States)
	if err := c.writeOpen(grant.Money); err != nil {
		g.settle(ctx, c, admission.Actual{Void: true})
		return nil, unwritable(err)
	}
	c.holding.written = true
	return nil, nil //nolint:nilnil // neither refused nor failed: admitted
}

// patience is how long the call waits for money that open calls hold: not at all
// while a closer look may find that it needs less, and not longer than until one
// of its budgets begins anew.
func (c *Call) patience() time.Duration {
	if c.asking.closeness != counted {
		return 0
	}
	wait := c.Snapshot.Budgets.HoldWait
	for i := range c.asking.lines {
		l := &c.asking.lines[i]
		if l.Unit == llm.Money && !l.Soft && !l.Rule.Resets.IsZero() {
			wait = min(wait, l.Rule.Resets.Sub(c.asking.at))
		}
	}
	return max(0, wait)
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
		return ratelimit.Error(r, now)
	}
	for _, b := range c.Caller.Budgets {
		if b.Account == r.Line.Account {
			return budget.Error(b, r, now)
		}
	}
	return &llm.Error{Kind: llm.BudgetExceeded, NoRetry: true, Message: "a budget is spent"}
}
