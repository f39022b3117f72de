package gateway

import (
	"math"

	"github.com/llmgw/llmgw/pkg/llm"
)

// bytesPerToken is what a token of chat traffic takes, as a rule.
const bytesPerToken = 4

// estimate is how many tokens the call is likely to use: its input by its length,
// plus what the group's calls have had as output lately. The client's output
// limit says nothing: agents ask for 64,000 and use 800.
func (c *Call) estimate() int64 {
	return c.estimateInput() + c.gateway.histories.of(c.group.Name).meanOutput()
}

func (c *Call) estimateInput() int64 { return tokensIn(c.size) }

// tokensIn estimates how many tokens some bytes are, rounding up.
func tokensIn(bytes int64) int64 { return (bytes + bytesPerToken - 1) / bytesPerToken }

// seen makes a usage out of what passed, where the provider reported none: input
// by the body's length, output by the answer's.
func (c *Call) seen() llm.Usage {
	u := c.spent.meta.Usage
	u.Input = max(u.Input, c.estimateInput())
	u.Output = max(u.Output, min(tokensIn(c.spent.bytes), c.mostOutput()))
	u.Reported = false
	return u
}

// mostOutput is how many tokens the call's answers can have had together: without
// it the bytes around each word of a stream would pass for words.
func (c *Call) mostOutput() int64 {
	switch cand := c.spent.candidate; {
	case c.Facts.Capped > 0:
		return times(c.Facts.Capped, c.head.Choices)
	case c.head.MaxOutput == 0 && cand.Facts.MaxOutputTokens == 0:
		return math.MaxInt64
	default:
		return c.outputLimit(cand)
	}
}
