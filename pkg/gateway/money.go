package gateway

import (
	"context"
	"fmt"
	"math"
	"math/bits"
	"time"

	"github.com/llmgw/llmgw/pkg/admission"
	"github.com/llmgw/llmgw/pkg/dialect"
	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/llm/catalog"
	"github.com/llmgw/llmgw/pkg/router"
)

const (
	// leastUseful is the output that a call is never capped below, in tokens, while
	// nothing is known of what such calls use.
	leastUseful = 1024
	// unknownOutput is the output limit given to a call under a hard budget where
	// neither the client nor the catalogue names one.
	unknownOutput = 8192
	// unknownContext bounds the input of calls that refer elsewhere, where the
	// model's context window is not known: the largest that vendors sell (2026-11).
	unknownContext = 2_000_000
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
	return c.moneyLines(lines, want, floor), nil
}

// wants is what the call would like to hold for a candidate, and the least it
// can work with.
func (c *Call) wants(cand *router.Candidate, price *catalog.Price) (want, floor llm.NanoUSD) {
	want = c.worstCase(cand, price, c.outputLimit(cand))
	return want, min(want, c.worstCase(cand, price, c.leastOutput(cand)))
}

func (c *Call) moneyLines(lines []admission.Line, want, floor llm.NanoUSD) []admission.Line {
	for _, b := range c.Caller.Budgets {
		lines = append(lines, b.Line(c.Received, want, floor))
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
		if err := c.grow(ctx, want-free, max(0, floor-free)); err != nil {
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
	if !c.Caller.Hard {
		return nil
	}
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

// bound is how many tokens of input the call can be billed for at most: its bytes
// and those of configured defaults plus what the provider adds, or the context window where the body reaches
// beyond itself.
func (c *Call) bound(cand *router.Candidate) int64 {
	input := c.size + c.Snapshot.Budgets.Overhead
	for i := range cand.Defaults {
		input += int64(len(cand.Defaults[i].Value))
	}
	if c.asking.reach == (dialect.Reach{}) {
		return input
	}
	window := cand.Facts.ContextTokens
	if window == 0 {
		window = unknownContext
	}
	// Each use of a tool is another pass over the context.
	return max(input, times(window, 1+c.asking.reach.ServerTools))
}

// worstCase is what the call costs at most with that many tokens of output.
func (c *Call) worstCase(cand *router.Candidate, p *catalog.Price, output int64) llm.NanoUSD {
	return p.WorstCase(c.bound(cand), output) + c.fees(p)
}

// fees are what the uses of server tools cost beside their tokens.
func (c *Call) fees(p *catalog.Price) llm.NanoUSD {
	var fees llm.Bill
	fees.Add(c.asking.reach.ServerTools, p.Query)
	return fees.Total()
}

// outputLimit is how many tokens all answers of the call can have together.
func (c *Call) outputLimit(cand *router.Candidate) int64 {
	if c.Op == llm.OpEmbeddings {
		return 0
	}
	limit := c.head.MaxOutput
	if limit == 0 {
		limit = cand.Facts.MaxOutputTokens
	}
	if limit == 0 {
		limit = unknownOutput
	}
	return times(limit, c.head.Choices)
}

// times multiplies two counts. Clients choose them, so that the product of large
// ones must not come out small: it saturates.
func times(a, b int64) int64 {
	hi, lo := bits.Mul64(uint64(max(0, a)), uint64(max(0, b)))
	if hi != 0 || lo > math.MaxInt64 {
		return math.MaxInt64
	}
	return int64(lo)
}

// leastOutput is what the call's answers are never capped below: enough to be
// useful, more than its thinking, and no more than the client itself asked for.
func (c *Call) leastOutput(cand *router.Candidate) int64 {
	least := max(leastUseful, c.head.ThinkingBudget+1)
	return min(times(least, c.head.Choices), c.outputLimit(cand))
}

// cap is the output limit for one answer that the hold pays for, in tokens; 0
// where the call needs none.
func (c *Call) cap(cand *router.Candidate, price *catalog.Price, money llm.NanoUSD) int64 {
	if price == nil || c.Op == llm.OpEmbeddings {
		return 0
	}
	limit := c.outputLimit(cand)
	unlimited := c.head.MaxOutput == 0 && cand.Facts.MaxOutputTokens == 0
	if money >= c.worstCase(cand, price, limit) {
		if unlimited {
			return limit / c.head.Choices
		}
		return 0
	}
	return max(1, price.MaxOutputFor(money-c.fees(price), c.bound(cand))/c.head.Choices)
}
