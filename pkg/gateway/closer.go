package gateway

import (
	"bytes"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/llmgw/llmgw/pkg/admission"
	"github.com/llmgw/llmgw/pkg/dialect"
	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/llm/tokens"
	"github.com/llmgw/llmgw/pkg/router"
)

// closeness is how closely the call's input has been looked at for its bound.
type closeness uint8

const (
	// byBytes: a byte is a token. It costs nothing, and as long as a budget has room
	// for that nothing else is needed.
	byBytes closeness = iota
	// closely: pictures apart, and nothing is taken to be kept in the provider's cache
	// that the body does not ask to keep.
	closely
	// counted: by the provider, where it counts for free.
	counted
)

const (
	// countTime bounds how long a provider may count.
	countTime = 5 * time.Second
	// countDoubt and countSlack are added to a provider's count, which Anthropic calls
	// an estimate that may differ by a small amount
	// (docs.anthropic.com/en/docs/build-with-claude/token-counting, 2026-11): a
	// sixteenth, and 64 tokens.
	countDoubt, countSlack = 16, 64
)

// media is what the body holds of pictures.
type media struct{ pictures, bytes int64 }

// count is what a provider has counted, with what is added for doubt; 0 for nothing.
type count struct {
	tokens int64
	by     *router.Deployment
	model  string
}

// closer looks at the call more closely where a budget had no room for it. It
// reports whether it is worth asking again.
func (c *Call) closer(ctx context.Context, r *admission.Refusal) bool {
	if r.Line.Unit != llm.Money {
		return false
	}
	cand := &c.plan[0]
	switch c.asking.closeness {
	case byBytes:
		c.asking.closeness, c.asking.media = closely, c.pictures()
		if !c.countable(cand) {
			c.asking.closeness = counted
		}
		return true
	case closely:
		c.asking.closeness = counted
		if !c.worthCounting(cand, r) {
			return true
		}
		if n := c.countAt(ctx, cand); n > 0 {
			c.asking.count = count{tokens: n, by: cand.Deployment, model: cand.Model}
		}
		return true
	default:
		// It was waited for until the budget began anew.
		resets := r.Line.Rule.Resets
		return !resets.IsZero() && !time.Now().Before(resets)
	}
}

// bytesOfLongToken is the length of tokens that no text is made of on average: a call
// has more of them than its bytes over this.
const bytesOfLongToken = 16

// worthCounting reports whether the call could fit if it were counted. Of a budget
// that is spent the provider is not asked again and again.
func (c *Call) worthCounting(cand *router.Candidate, r *admission.Refusal) bool {
	price, err := c.priceOf(cand)
	if err != nil || price == nil {
		return false
	}
	least := c.boundPrice(cand, price).WorstCase((c.size-c.asking.media.bytes)/bytesOfLongToken, c.leastOutput(cand))
	return llm.NanoUSD(r.State.Limit-r.State.Used) >= least
}

// pictures finds the pictures that stand in the body. A body that cannot be
// decoded has none: then its bytes count.
func (c *Call) pictures() (m media) {
	// In both dialects the word is there: the body is only decoded for a reason.
	if c.Op != llm.OpChat || !bytes.Contains(c.raw, []byte("base64")) {
		return m
	}
	t, err := c.conversation()
	if err != nil || t.Conversation == nil {
		return m
	}
	for i := range t.Conversation.Messages {
		m.add(t.Conversation.Messages[i].Parts)
	}
	return m
}

func (m *media) add(parts []llm.Part) {
	for _, p := range parts {
		switch p := p.(type) {
		case llm.Media:
			if p.Kind == llm.Image && p.Data != "" {
				m.pictures++
				m.bytes += int64(len(p.Data))
			}
		case llm.ToolResult:
			m.add(p.Parts)
		}
	}
}

// countable reports whether the candidate's provider can count all of the call's
// input: what is fetched from elsewhere may be more by the time of the call.
func (c *Call) countable(cand *router.Candidate) bool {
	r := &c.asking.reach
	if c.Op != llm.OpChat || r.Elsewhere || r.ServerTools > 0 {
		return false
	}
	if c.gateway.countless.has(cand.ID) {
		return false
	}
	way := c.route(cand)
	_, counter := c.Frontend.(dialect.Counter)
	return slices.Contains(cand.Provider.Dialects(llm.OpCountTokens), way.dialect) && (way.lane == translated || counter)
}

// countAt lets the candidate's provider count the call's input and adds what its
// count may be off by. It is 0 where that fails, or where the count cannot be: some
// servers that are like Anthropic's only pretend to count.
func (c *Call) countAt(ctx context.Context, cand *router.Candidate) int64 {
	req, err := c.countRequest(cand)
	if err != nil {
		return 0
	}
	ctx, cancel := context.WithTimeout(ctx, countTime)
	defer cancel()
	a, err := cand.Provider.Do(ctx, req)
	if err != nil {
		if llm.AsError(err).Kind == llm.NotFound {
			c.gateway.countless.add(cand.ID)
		}
		c.gateway.opts.Logger.Debug("a provider did not count a call's input", "request_id", c.ID, "deployment", cand.ID, "err", err)
		return 0
	}
	if a.Stream != nil {
		_ = a.Stream.Close() // it is no count, and nobody waits for what it is
		return 0
	}
	n := int64(0)
	if a.Response != nil {
		n = a.Response.Count
	} else if counter, ok := c.Frontend.(dialect.Counter); ok {
		n = counter.ReadCount(a.Body)
	}
	t, err := c.conversation()
	if err != nil || n <= 0 || 2*n < tokens.Count(cand.Model, t.Conversation) {
		return 0
	}
	return n + n/countDoubt + countSlack
}

// countRequest asks how many tokens the call's input has.
func (c *Call) countRequest(cand *router.Candidate) (*llm.Request, error) {
	way := c.route(cand)
	req := &llm.Request{Op: llm.OpCountTokens, Dialect: way.dialect, Model: cand.Model, Header: c.Header, Body: c.Body}
	if way.lane == translated {
		t, err := c.translation(cand)
		req.Translate = t
		return req, err
	}
	counter, _ := c.Frontend.(dialect.Counter)
	body := counter.AppendCount(make([]byte, 0, len(c.raw)), c.raw)
	head := new(llm.Head)
	if err := c.Frontend.Inspect(llm.OpCountTokens, body, head); err != nil {
		return nil, err
	}
	req.Body, req.Query = llm.BytesBody(body), c.Query
	req.Edits = llm.Edits{Head: head, Model: cand.Model}
	return req, nil
}

// countless are the deployments that have no way to count, though their dialect has:
// servers that are like Anthropic's. The zero value is ready; safe for concurrent
// use. Deployments come from the configuration, so it is bounded.
type countless struct{ until sync.Map } // string -> time.Time

// askAgain is after what time a deployment is asked again.
const askAgain = 10 * time.Minute

func (l *countless) add(deployment string) { l.until.Store(deployment, time.Now().Add(askAgain)) }

func (l *countless) has(deployment string) bool {
	v, _ := l.until.Load(deployment)
	until, ok := v.(time.Time)
	return ok && time.Now().Before(until)
}
