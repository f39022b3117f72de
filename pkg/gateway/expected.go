package gateway

import (
	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/llm/catalog"
	"github.com/llmgw/llmgw/pkg/router"
)

// expects reports whether the call's hard budgets are held at what such calls use,
// and not at the worst case.
func (c *Call) expects() bool { return c.Caller.Hard && c.Snapshot.Budgets.Expected }

// kibibyte is what a history counts the input of calls by.
const kibibyte = 1024

// expected is what 99 of 100 calls of the group's would cost at most that are as
// long as this one. Before there is a history a byte is a token, and an answer has
// the least useful output.
func (c *Call) expected(cand *router.Candidate, p *catalog.Price) llm.NanoUSD {
	input := c.bound(cand)
	if most := c.gateway.histories.of(c.group.Name).mostInput(); most > 0 {
		input = min(input, times(most, c.size)/kibibyte+1)
	}
	output := min(times(c.usualOutput(), c.head.Choices), c.outputLimit(cand))
	return c.boundPrice(cand, p).WorstCase(input, output) + c.fees(p)
}

// remember takes the call into the history of its group: what it used, where the
// provider has said so.
func (c *Call) remember(err error, u llm.Usage) {
	if u.Output <= 0 && u.Input <= 0 || c.group == nil {
		return
	}
	h := c.gateway.histories.ensure(c.group.Name)
	if u.Output > 0 {
		h.addMean(u.Output)
	}
	if err != nil || !u.Reported || c.size == 0 || c.spent.lost > 0 {
		return
	}
	h.input.add((u.Input*kibibyte + c.size - 1) / c.size)
	if c.Op == llm.OpEmbeddings {
		return
	}
	answer := u.Output / max(1, c.head.Choices)
	if limit := c.Facts.Capped; limit > 0 && answer >= limit {
		// A budget has cut it. Were it taken for all that such a call needs, no call
		// would ever get more again.
		answer = 2 * limit
	}
	h.output.add(answer)
}
