package gateway

import (
	"math"
	"sync"
	"sync/atomic"

	"github.com/llmgw/llmgw/pkg/llm"
)

const (
	// bytesPerToken is what a token of chat traffic takes, as a rule.
	bytesPerToken = 4
	// firstMean is the output that a group's calls are thought to have before any
	// was seen.
	firstMean = 256
	// meanWeight is the share of the newest call in the mean: 1/meanWeight.
	meanWeight = 16
)

// estimate is how many tokens the call is likely to use: its input by its length,
// plus what the group's calls have had as output lately. The client's output
// limit says nothing: agents ask for 64,000 and use 800.
func (c *Call) estimate() int64 {
	return c.estimateInput() + c.gateway.outputs.of(c.group.Name)
}

func (c *Call) estimateInput() int64 { return tokensIn(c.size) }

// tokensIn estimates how many tokens some bytes are, rounding up.
func tokensIn(bytes int64) int64 { return (bytes + bytesPerToken - 1) / bytesPerToken }

// means keeps the recent mean output of each group. The zero value is ready;
// safe for concurrent use. Groups come from the configuration, so it is bounded.
type means struct{ byGroup sync.Map } // string -> *atomic.Int64

// of is the group's mean output in tokens.
func (m *means) of(group string) int64 {
	if v, ok := m.byGroup.Load(group); ok {
		return v.(*atomic.Int64).Load() / meanWeight
	}
	return firstMean
}

// add takes one more call into the group's mean. Concurrent calls may lose each
// other's share: it is an estimate.
func (m *means) add(group string, output int64) {
	v, ok := m.byGroup.Load(group)
	if !ok {
		first := new(atomic.Int64)
		first.Store(firstMean * meanWeight)
		v, _ = m.byGroup.LoadOrStore(group, first)
	}
	sum := v.(*atomic.Int64)
	old := sum.Load()
	sum.Store(old - old/meanWeight + output)
}

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
