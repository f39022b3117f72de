package gateway

import (
	"bytes"
	"math"
	"math/bits"
	"slices"
	"strings"

	"github.com/llmgw/llmgw/pkg/dialect"
	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/llm/catalog"
	"github.com/llmgw/llmgw/pkg/llm/tokens"
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
	// longContext is Claude's window for calls that ask for the long one in a header
	// field (docs.anthropic.com/en/docs/build-with-claude/context-windows, 2026-11).
	longContext, longContextBeta = 1_000_000, "context-1m"
)

// worstCase is what the call costs at most with that many tokens of output.
func (c *Call) worstCase(cand *router.Candidate, p *catalog.Price, output int64) llm.NanoUSD {
	return c.boundPrice(cand, p).WorstCase(c.bound(cand), output) + c.fees(p)
}

// fees are what the uses of server tools cost beside their tokens.
func (c *Call) fees(p *catalog.Price) llm.NanoUSD {
	var fees llm.Bill
	fees.Add(c.asking.reach.ServerTools, p.Query)
	return fees.Total()
}

// bound is how many tokens of input the call can be billed for at most: its bytes
// and those of configured defaults plus what the provider adds, or what a closer
// look has found; the context window where the body reaches beyond itself.
func (c *Call) bound(cand *router.Candidate) int64 {
	r := &c.asking.reach
	picture := int64(0)
	if r.SmallPictures > 0 || c.asking.media.pictures > 0 {
		picture = tokens.MostPicture(cand.Model)
	}
	input := c.size + times(r.SmallPictures, picture)
	if m := &c.asking.media; m.pictures > 0 {
		input = min(input, c.size-m.bytes+times(m.pictures, picture))
	}
	added := bytesOf(cand.Defaults)
	input += c.Snapshot.Budgets.Overhead + added
	if r.Elsewhere || r.Documents || r.ServerTools > 0 {
		// Each use of a tool is another pass over the context.
		input = max(input, times(c.window(cand), 1+r.ServerTools))
	}
	if n := c.asking.count; n.tokens > 0 && n.by == cand.Deployment && n.model == cand.Model {
		input = min(input, n.tokens+added)
	}
	return input
}

// bytesOf is how long the values of defaults are.
func bytesOf(defaults []llm.Default) (n int64) {
	for i := range defaults {
		n += int64(len(defaults[i].Value))
	}
	return n
}

// window is the most input that the candidate's model takes.
func (c *Call) window(cand *router.Candidate) int64 {
	window := cand.Facts.ContextTokens
	switch {
	case window == 0:
		return unknownContext
	case slices.ContainsFunc(c.Header["Anthropic-Beta"], func(v string) bool { return strings.Contains(v, longContextBeta) }):
		return max(window, longContext)
	default:
		return window
	}
}

// boundPrice is the price that the bound is taken at: the dearest that applies,
// and after a closer look that of writing to the cache only where it is asked for.
func (c *Call) boundPrice(cand *router.Candidate, p *catalog.Price) *catalog.Price {
	if c.asking.closeness == byBytes {
		return p
	}
	return closePrice(cand, p, c.asking.reach.CacheWrite)
}

// closePrice is the price without that of writes to the cache that nobody asks for:
// neither the body nor the configuration.
func closePrice(cand *router.Candidate, p *catalog.Price, asked dialect.CacheWrite) *catalog.Price {
	if !writesOnRequest(cand.Model) {
		return p
	}
	for i := range cand.Defaults {
		if d := &cand.Defaults[i]; d.Name == "cache_control" || bytes.Contains(d.Value, []byte("cache_control")) {
			return p
		}
	}
	return withoutWrites(p, asked)
}

// writesOnRequest reports whether the model's vendor keeps in its cache what it is
// asked to keep and nothing else: that is Anthropic's way, wherever Claude runs
// (docs.anthropic.com/en/docs/build-with-claude/prompt-caching, 2026-11). OpenAI,
// from GPT-5.6 on, bills writes that nobody has asked for.
func writesOnRequest(model string) bool { return strings.Contains(strings.ToLower(model), "claude") }

// withoutWrites is the price without that of writes to the cache that last longer
// than what was asked for.
func withoutWrites(p *catalog.Price, asked dialect.CacheWrite) *catalog.Price {
	if asked == dialect.LongCacheWrite {
		return p
	}
	q := *p
	q.CacheWrite1h = 0
	if asked == dialect.NoCacheWrite {
		q.CacheWrite5m = 0
	}
	q.Tiers = slices.Clone(p.Tiers)
	for i := range q.Tiers {
		q.Tiers[i].CacheWrite1h = 0
		if asked == dialect.NoCacheWrite {
			q.Tiers[i].CacheWrite5m = 0
		}
	}
	return &q
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

// leastOutput is what the call's answers are never capped below: what such calls
// use, more than its thinking, and no more than the client itself asked for.
func (c *Call) leastOutput(cand *router.Candidate) int64 {
	least := max(c.usualOutput(), c.head.ThinkingBudget+1)
	return min(times(least, c.head.Choices), c.outputLimit(cand))
}

// usualOutput is what 99 of 100 answers of the group's calls stay within.
func (c *Call) usualOutput() int64 {
	if n := c.gateway.histories.of(c.group.Name).mostOutput(); n > 0 {
		return n
	}
	return leastUseful
}

// cap is the output limit for one answer that the hold pays for, in tokens; 0
// where the call needs none.
func (c *Call) cap(cand *router.Candidate, price *catalog.Price, money llm.NanoUSD) int64 {
	if price == nil || c.Op == llm.OpEmbeddings || c.expects() {
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
	affordable := c.boundPrice(cand, price).MaxOutputFor(money-c.fees(price), c.bound(cand))
	return max(1, affordable/c.head.Choices)
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
