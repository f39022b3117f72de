package admission

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/llmgw/llmgw/pkg/llm"
)

// QueueOptions say how one call waits.
type QueueOptions struct {
	// Wait is the longest wait; 0 does not wait.
	Wait time.Duration
	// MaxWaiters is how many may wait for one account already; 0 means 100.
	MaxWaiters int
}

// defaultMaxWaiters is the MaxWaiters of QueueOptions that leave it at 0.
const defaultMaxWaiters = 100

func (o QueueOptions) maxWaiters() int {
	if o.MaxWaiters == 0 {
		return defaultMaxWaiters
	}
	return o.MaxWaiters
}

// Queue is a Store whose budgets can be waited for: where a budget has no room
// only because open calls hold it, Await waits for them to end. Calls that wait
// for an account get it in the order in which they came, and nobody who comes
// later passes them, by Admit neither. That holds within this process.
//
// Only the account that has no room is waited for: who waits for its own budget
// is in nobody's way at the budget of the whole gateway.
type Queue struct {
	Store

	poll time.Duration
	// waiting counts the waiters, so that calls pass without the lock where there
	// are none.
	waiting atomic.Int64

	mu      sync.Mutex // guards tickets and queues
	tickets uint64
	// queues hold the waiters of each balance, by ticket. None is empty.
	queues map[place][]*waiter
}

var _ Store = (*Queue)(nil)

// NewQueue returns a queue before s. Where others settle in the same store, the
// head of each line looks again every poll; 0 does not look: what this Queue
// settles wakes the waiters at once anyway.
func NewQueue(s Store, poll time.Duration) *Queue {
	return &Queue{Store: s, poll: poll, queues: make(map[place][]*waiter)}
}

// Admit implements Store. It does not wait; a call that would have to pass
// waiting ones is refused as Held.
func (q *Queue) Admit(ctx context.Context, a *Ask) (Grant, error) {
	return q.Await(ctx, a, QueueOptions{})
}

// Await is Admit that waits while open calls, and nothing else, keep a Money
// line from passing. It returns the refusal when the wait is over, or too many
// wait already, and the cause of ctx's end when that comes first. The Ask must
// not change until it returns.
func (q *Queue) Await(ctx context.Context, a *Ask, o QueueOptions) (Grant, error) {
	at, blocked := q.ahead(a)
	var refused Grant
	if !blocked {
		g, err := q.Store.Admit(ctx, a)
		if err != nil || !waits(&g) {
			return g, err
		}
		at, refused = placeOf(&g.Refused.Line), g
	}
	if o.Wait > 0 {
		if w := q.join(a, at, o.maxWaiters()); w != nil {
			defer q.leave(w)
			w.refused = refused
			return q.wait(ctx, w, o.Wait)
		}
	}
	return q.refuse(ctx, a, at, refused)
}

// Grow implements Store. What it gives back wakes waiters.
func (q *Queue) Grow(ctx context.Context, id string, add []Line) (Grant, error) {
	g, err := q.Store.Grow(ctx, id, add)
	for i := range add {
		if add[i].Want < 0 {
			q.wakeHeads()
			break
		}
	}
	return g, err
}

// Settle implements Store and wakes waiters.
func (q *Queue) Settle(ctx context.Context, id string, actual Actual) error {
	err := q.Store.Settle(ctx, id, actual)
	q.wakeHeads()
	return err
}

// Reset implements Store and wakes waiters.
func (q *Queue) Reset(ctx context.Context, account string, epoch, amount int64) error {
	err := q.Store.Reset(ctx, account, epoch, amount)
	q.wakeHeads()
	return err
}

// waits reports whether a grant is a refusal that can be waited out.
func waits(g *Grant) bool {
	return g.Refused != nil && g.Refused.Held && g.Refused.Line.Unit == llm.Money
}

// wait tries whenever it is w's turn, until w is admitted or refused for another
// reason, its time is over or ctx ends.
func (q *Queue) wait(ctx context.Context, w *waiter, longest time.Duration) (Grant, error) {
	over := time.NewTimer(longest)
	defer over.Stop()
	var poll <-chan time.Time // nil never fires
	if q.poll > 0 {
		t := time.NewTicker(q.poll)
		defer t.Stop()
		poll = t.C
	}
	for {
		// The first try comes after w has joined: what was settled before it is seen
		// by it, and what is settled later wakes w.
		if q.isTurn(w) {
			g, err := q.Store.Admit(ctx, w.ask)
			if err != nil || !waits(&g) {
				return g, err
			}
			w.refused = g
			q.move(w, placeOf(&g.Refused.Line))
		}
		select {
		case <-w.wake:
		case <-poll:
		case <-over.C:
			return q.refuse(ctx, w.ask, q.placeOf(w), w.refused)
		case <-ctx.Done():
			return Grant{}, context.Cause(ctx)
		}
	}
}

// refuse answers a call that does not wait, or not any longer, for a place: with
// the store's own refusal where there is one, else with one that says the same.
func (q *Queue) refuse(ctx context.Context, a *Ask, at place, refused Grant) (Grant, error) {
	if refused.Refused != nil {
		return refused, nil
	}
	states, err := q.States(ctx, a.Lines)
	if err != nil {
		return Grant{}, err
	}
	g := Grant{ID: a.ID, States: states}
	for i := range a.Lines {
		if l := &a.Lines[i]; placeOf(l) == at && l.Unit == llm.Money {
			g.Refused = &Refusal{Line: *l, State: states[i], Held: true}
		}
	}
	return g, nil
}
