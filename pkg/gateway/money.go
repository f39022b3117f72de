package gateway

import (
	"context"
	"fmt"
	"time"

	"github.com/llmgw/llmgw/pkg/admission"
	"github.com/llmgw/llmgw/pkg/dialect"
	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/llm/catalog"
	"github.com/llmgw/llmgw/pkg/router"
)

// askMoney appends a line for each budget the call falls under.
func (c *Call) askMoney(lines []admission.Line) ([]admission.Line, error) {
	if len(c.Caller.Budgets) == 0 {
		return lines, nil
	}
	cand := &c.plan[0]
	price, err := c.priceOf(cand)
	if err != nil {
		return lines, err
	}
	if err := c.reachOf(); err != nil {
		return lines, err
	}
	if price == nil {
		return lines, nil
	}
	want, floor := c.wants(cand, price)
	if c.asking.closeness == byBytes {
		// Before anything is taken from the call, its cost is looked at more closely.
		floor = want
	}
	return c.moneyLines(lines, want, floor), nil
}

// wants is what the call would like to hold for a candidate, and the least it
// can work with.
func (c *Call) wants(cand *router.Candidate, price *catalog.Price) (want, floor llm.NanoUSD) {
	if c.expects() {
		want = c.expected(cand, price)
		return want, want
	}
	want = c.worstCase(cand, price, c.outputLimit(cand))
	return want, min(want, c.worstCase(cand, price, c.leastOutput(cand)))
}

func (c *Call) moneyLines(lines []admission.Line, want, floor llm.NanoUSD) []admission.Line {
	for _, b := range c.Caller.Budgets {
		lines = append(lines, b.Line(c.asking.at, want, floor))
	}
	return lines
}

// cover sees to it that the hold pays for an attempt at the candidate beside what
// earlier attempts may have been billed. It gives the output limit that the
// attempt needs for that, 0 for none.
func (c *Call) cover(ctx context.Context, cand *router.Candidate) (limit int64, err error) {
	if !c.holding.hard {
		return 0, nil
	}
	price, err := c.priceOf(cand)
	if err != nil {
		return 0, err
	}
	want, floor := c.wants(cand, price)
	free := c.holding.money - c.spent.earlier
	if c.Facts.Attempts > 0 && free < want {
		err := c.grow(ctx, want-free, max(0, floor-free))
		if err != nil && c.asking.closeness == byBytes {
			c.asking.closeness, c.asking.media = closely, c.pictures()
			want, floor = c.wants(cand, price)
			err = c.grow(ctx, max(0, want-free), max(0, floor-free))
		}
		if err != nil {
			return 0, err
		}
		free = c.holding.money - c.spent.earlier
	}
	return c.cap(cand, price, free), nil
}

// grow adds to the call's hold on money. It never waits: a call that waited while
// it holds could wait for itself.
func (c *Call) grow(ctx context.Context, want, floor llm.NanoUSD) error {
	grant, err := c.gateway.opts.Admission.Grow(ctx, c.ID, c.moneyLines(nil, want, floor))
	if err != nil {
		return &llm.Error{Kind: llm.Overloaded, Message: "budgets cannot be checked right now", RetryAfter: time.Second, Cause: err}
	}
	if grant.Refused != nil {
		return c.refusal(grant.Refused)
	}
	c.holding.money += llm.NanoUSD(grant.Money)
	return c.writeGrow(grant.Money)
}

// priceOf is what the candidate costs: its price, or the one that is assumed
// where it has none. It is nil where nothing can be assumed either.
func (c *Call) priceOf(cand *router.Candidate) (*catalog.Price, error) {
	if cand.Facts.Price != nil {
		return cand.Facts.Price, nil
	}
	if !c.Caller.Hard {
		return nil, nil //nolint:nilnil // no price and no budget that would need one
	}
	if c.Snapshot.Budgets.BlockUnknown || cand.Facts.Assumed == nil {
		return nil, &llm.Error{
			Kind: llm.Permission, Code: "model_unpriced", Param: "model", NoRetry: true,
			Message: fmt.Sprintf("the price of the model %q is not known, and this key has a hard budget (the operator can set input_cost_per_token and output_cost_per_token)", c.head.Model),
		}
	}
	return cand.Facts.Assumed, nil
}

// reachOf looks, under a hard budget, for what makes the call's input larger than
// its bytes.
func (c *Call) reachOf() error {
	if !c.Caller.Hard || c.asking.reached {
		return nil
	}
	c.asking.reached = true
	c.asking.reach = c.Frontend.Reach(c.Op, c.raw)
	if c.asking.reach.ServerTools != dialect.Unbounded {
		return nil
	}
	if !c.Snapshot.Budgets.AllowUnbounded {
		return &llm.Error{
			Kind: llm.InvalidRequest, Param: "tools", NoRetry: true,
			Message: "this key has a hard budget, and the call uses a tool that runs at the provider without a limit (set max_uses on it, or let the operator set budget_settings.allow_unbounded)",
		}
	}
	c.asking.reach.ServerTools = 0
	return nil
}
