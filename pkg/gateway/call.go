package gateway

import (
	"context"
	"time"

	"github.com/llmgw/llmgw/pkg/admission"
	"github.com/llmgw/llmgw/pkg/cache"
	"github.com/llmgw/llmgw/pkg/dialect"
	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/requestlog"
	"github.com/llmgw/llmgw/pkg/router"
)

// Call is one request on its way through the stages. It belongs to one
// goroutine, the server's handler, and is reused after Release.
type Call struct {
	// What the server fills in.

	// ID is the request id: ours, never the client's.
	ID string
	// Endpoint is the route, for the log.
	Endpoint string
	// Received is when the call came in.
	Received time.Time
	// Credential is the client's secret, "" where it sent none. Conflict says that
	// it sent two different ones.
	Credential string
	Conflict   bool
	Header     llm.Header
	Query      string
	Body       llm.Body
	Frontend   dialect.Frontend
	Op         llm.Op
	// Model is the model's name where the path has it; else "".
	Model    string
	ClientIP string
	// Refused is set where the server itself refuses the call (a body that is too
	// large): it is logged like any other.
	Refused *llm.Error

	// What the stages fill in.

	// Snapshot is what the call is served by, taken once.
	Snapshot *Snapshot
	Caller   *Caller
	// Facts are what the answer's header fields tell.
	Facts Facts
	// Limits are the limits the call counted against, as they stand after it was
	// admitted.
	Limits []llm.LimitState

	gateway *Gateway
	client  context.Context //nolint:containedctx // one call, one context: the hang-up of its client is asked for in Release
	raw     []byte
	size    int64 // of raw: it outlives it
	head    llm.Head
	// asked is the body in the vocabulary; nil as long as no attempt needed it.
	asked   *llm.Translation
	group   *router.Group
	rest    string
	plan    []router.Candidate
	asking  asking
	holding holding
	spent   spent
	log     requestlog.Record
	stored  storing
	done    bool
}

// Facts are what a client is told about its call in header fields.
type Facts struct {
	// Deployment is the id of the deployment that answered.
	Deployment string
	Attempts   int
	// Cache is hit, miss or bypass; "" where the call never came so far.
	Cache string
	// Age is how old a cached answer is; negative where there is none.
	Age time.Duration
	// Cost is what the call cost, once it is known: not for streams.
	Cost      llm.NanoUSD
	CostKnown bool
	// Capped is the output limit that a budget lowered the call's to, in tokens.
	Capped int64
	// Dropped are the parameters that the model has no place for, in the client's
	// words.
	Dropped []string
	// Overhead is the time spent in the gateway before the answer's first byte.
	Overhead time.Duration
	// UpstreamRequestID is the provider's id of the call.
	UpstreamRequestID string
}

// asking is what the admit stage asks for.
type asking struct {
	ask   admission.Ask
	lines []admission.Line
	// at is when: budgets are asked for the period that it falls into.
	at time.Time
	// reach is how far the body reaches beyond itself; only looked for under a hard
	// budget. reached says that it has been.
	reach   dialect.Reach
	reached bool
	// closeness is how closely the input has been looked at, media and count are what
	// was found.
	closeness closeness
	media     media
	count     count
	// estimate is how many tokens the call is thought to use.
	estimate int64
}

// holding is what the store holds for the call.
type holding struct {
	// open says that the store holds, written that the ledger knows of it.
	open, written bool
	// money is what every money line holds.
	money llm.NanoUSD
	// hard says that a budget that refuses is among them.
	hard bool
}

// strict reports whether the call must not cost more than it holds.
func (c *Call) strict() bool { return c.holding.hard && !c.expects() }

// spent is what the call has used so far.
type spent struct {
	candidate *router.Candidate
	// attempt is the last one.
	attempt *attempt
	// earlier is what attempts that failed may have been billed, lost the input that
	// they were billed for.
	earlier llm.NanoUSD
	lost    int64
	// sent says that the request of the last attempt may have reached the provider.
	sent bool
	meta llm.Meta
	// whole says that the answer has come to its end: meta is final.
	whole bool
	// bytes counts the answer's bytes seen.
	bytes int64
	// upstream is the time spent waiting for providers, up to the first event of a
	// stream.
	upstream  time.Duration
	streaming bool
}

// storing is what the cache stage collects.
type storing struct {
	key  cache.Key
	want bool
	body []byte
	head llm.Header
}

// Release ends the call: it writes down what has not been written down yet, and
// gives everything back. writeErr is why the answer did not reach the client
// whole, or nil. Nothing of the call or its answer may be used afterwards.
func (c *Call) Release(writeErr error) {
	g := c.gateway
	if c.client == nil {
		// It never came to Handle: there is no call to write down, only one to count.
		c.done = true
		c.log.Status, c.log.ErrorType = requestlog.StatusError, llm.Internal.String()
	}
	if !c.done {
		c.finish(hangUp(c.client, writeErr))
	}
	for _, o := range g.opts.Observers {
		o.Observe(&c.log)
	}
	if c.Body != nil {
		c.Body.Release()
	}
	c.reset()
	g.open.Add(-1)
	g.calls.Put(c)
}

// reset empties the call, keeping the memory of its slices.
func (c *Call) reset() {
	c.head.Reset()
	clear(c.plan)
	clear(c.asking.lines)
	*c = Call{
		head: c.head, plan: c.plan[:0], Limits: c.Limits[:0],
		asking: asking{lines: c.asking.lines[:0]},
		log:    requestlog.Record{Attempts: c.log.Attempts[:0]},
	}
}
