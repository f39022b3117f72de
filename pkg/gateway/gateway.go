// Package gateway is the way of a call: one list of stages, from the credential
// to the provider and back. A stage may answer, refuse, or hand on to the next.
//
// HTTP is the server's business, wire formats the dialects', vendors the
// providers', counters the admission's. The gateway puts them in order and keeps
// the promises that need all of them: everything a call may use is held before
// it is sent, what it used is written down before the client sees its end, and
// no second answer follows a first byte.
//
// The server is its caller; app builds it and swaps its [Snapshot].
package gateway

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/llmgw/llmgw/pkg/admission"
	"github.com/llmgw/llmgw/pkg/budget"
	"github.com/llmgw/llmgw/pkg/cache"
	"github.com/llmgw/llmgw/pkg/ledger"
	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/requestlog"
)

// Handler answers a call. An error is an *llm.Error or will be told as internal.
type Handler func(ctx context.Context, c *Call) (*llm.Answer, error)

// Stage wraps the stages below it.
type Stage func(next Handler) Handler

// Observer is told of each call when it comes and when it is over: metrics,
// alerts. It runs on the call's goroutine.
type Observer interface {
	// CallStarted comes once for each call, before anything is known of it.
	CallStarted()
	// Observe comes once for each call, when it is over. It must not keep the Record.
	Observe(r *requestlog.Record)
}

// Options are the parts of a Gateway. Cache, BudgetEvent and Cut may be left out.
type Options struct {
	Admission *admission.Queue
	Ledger    *ledger.Ledger
	// Cache is nil where no snapshot uses it.
	Cache     cache.Store
	Observers []Observer
	Logger    *slog.Logger
	// Owner names this replica in holds.
	Owner string
	// DisconnectGrace is how long a whole answer is read on when its client has
	// left, to learn what it cost; and a stream that a hard budget pays.
	DisconnectGrace time.Duration
	// BudgetEvent is told when a budget passes a mark, on the goroutine of a call; nil
	// for nobody. The log has a line for each in any case.
	BudgetEvent func(budget.Event)
	// Cut are the calls that the last run has left, and that were settled since.
	Cut []ledger.Call
}

// maxAbandoned bounds how many calls are read on for clients that have left.
const maxAbandoned = 256

// Gateway answers calls. Safe for concurrent use.
type Gateway struct {
	opts      Options
	handle    Handler
	snapshot  atomic.Pointer[Snapshot]
	calls     sync.Pool // of *Call
	open      atomic.Int64
	abandoned chan struct{} // a place for each call that is read on
	histories histories
	alarms    alarms
	countless countless
}

// New makes a gateway that serves by the given snapshot.
func New(opts Options, s *Snapshot) *Gateway {
	g := &Gateway{opts: opts, abandoned: make(chan struct{}, maxAbandoned)}
	g.alarms.cut = bookedAtRecovery(opts.Cut)
	g.snapshot.Store(s)
	g.handle = chain(
		g.observe,
		g.authenticate,
		g.decode,
		g.authorize,
		g.plan,
		g.cache,
		g.admit,
		g.dispatch,
	)
	return g
}

// chain puts the stages around each other, the first one outermost.
func chain(stages ...Stage) Handler {
	h := Handler(nil)
	for _, stage := range slices.Backward(stages) {
		h = stage(h)
	}
	return h
}

// Snapshot is what calls that begin now are served by.
func (g *Gateway) Snapshot() *Snapshot { return g.snapshot.Load() }

// Swap makes calls that begin from now on be served by s. Calls under way finish
// on what they began with.
func (g *Gateway) Swap(s *Snapshot) { g.snapshot.Store(s) }

// Open is how many calls are under way.
func (g *Gateway) Open() int64 { return g.open.Load() }

// NewCall gives an empty call. The caller fills it, hands it to Handle once, and
// ends it with Release.
func (g *Gateway) NewCall() *Call {
	c, _ := g.calls.Get().(*Call)
	if c == nil {
		c = new(Call)
	}
	c.gateway = g
	c.Received = time.Now()
	g.open.Add(1)
	for _, o := range g.opts.Observers {
		o.CallStarted()
	}
	return c
}

// Handle answers the call: always with an answer, in the client's dialect, also
// for errors. Where it has a Stream the caller reads it to its end or its error
// and closes it. ctx ends when the client leaves. The caller then calls
// c.Release, exactly once, whatever happened.
func (g *Gateway) Handle(ctx context.Context, c *Call) *llm.Answer {
	c.Snapshot = g.snapshot.Load()
	// The outermost stage turns every error into an answer.
	a, _ := g.handle(ctx, c)
	return a
}
