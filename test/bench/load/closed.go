package load

import (
	"context"
	"sync"
	"time"
)

// maxFailures ends a generator whose calls keep failing.
const maxFailures = 20

// Plan is what a generator does.
type Plan struct {
	Addr  string // host:port
	Call  *Call
	Conns int // kept connections, at least 1
	// For is how long new calls are begun.
	For time.Duration
}

// Result is what came of a closed loop.
type Result struct {
	Calls   int // right answers
	Elapsed time.Duration
	// Failed counts calls without a right answer, First is the first one's error.
	Failed int
	First  error
}

// Rate is right answers per second.
func (r Result) Rate() float64 {
	if r.Elapsed <= 0 {
		return 0
	}
	return float64(r.Calls) / r.Elapsed.Seconds()
}

// Closed keeps every connection busy with one call after the other, and returns
// when the last answer has come. A failed call costs its connection, which is
// dialled again. The calls end early with ctx, or after too many failures.
func Closed(ctx context.Context, p Plan) Result {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	t := &tally{cancel: cancel}
	start := time.Now()
	var busy sync.WaitGroup
	for range p.Conns {
		busy.Go(func() { t.add(loop(ctx, p, start.Add(p.For), t.fail)) })
	}
	busy.Wait()
	t.result.Elapsed = time.Since(start)
	return t.result
}

// loop makes calls until the deadline and returns how many went right.
func loop(ctx context.Context, p Plan, deadline time.Time, fail func(error)) int {
	calls := 0
	for ctx.Err() == nil && time.Now().Before(deadline) {
		n, err := keep(ctx, p, deadline)
		calls += n
		if err != nil && ctx.Err() == nil {
			fail(err)
		}
	}
	return calls
}

// keep makes calls over one connection until the deadline or the first failure.
func keep(ctx context.Context, p Plan, deadline time.Time) (calls int, err error) {
	c, release, err := dial(ctx, p.Addr, p.Call)
	if err != nil {
		return 0, err
	}
	defer release()
	if err := c.SetDeadline(deadline.Add(callTimeout)); err != nil {
		return 0, err
	}
	for time.Now().Before(deadline) {
		if err := c.exchange(); err != nil {
			return calls, err
		}
		calls++
	}
	return calls, nil
}

// tally gathers what the connections did.
type tally struct {
	cancel context.CancelFunc

	mu     sync.Mutex // guards result
	result Result
}

func (t *tally) add(calls int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.result.Calls += calls
}

func (t *tally) fail(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.result.First == nil {
		t.result.First = err
	}
	if t.result.Failed++; t.result.Failed >= maxFailures {
		t.cancel()
	}
}
