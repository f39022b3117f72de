package admission

import "time"

// retryParallel is how long a caller is told to wait for one of its own open
// calls to end: nobody knows when that will be.
const retryParallel = time.Second

// concurrency is the meter of Concurrency: a balance that is only ever held.
type concurrency struct{ balance }

func (c *concurrency) wait(now int64, r *Rule, n int64) (until int64, held bool) {
	return now + int64(retryParallel), n <= r.capacity()
}

func (c *concurrency) state(*Rule) (used, held, reset int64) { return 0, c.held, 0 }
