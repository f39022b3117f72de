package ledger

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/llmgw/llmgw/pkg/journal"
)

const (
	// pace is how long a consumer pauses between two looks at the journal, so that
	// what comes in the meantime is handled together.
	pace = 50 * time.Millisecond
	// tick is how often the bookkeeper looks up without news.
	tick = time.Second
)

// Run carries what is settled into the request log and the totals until ctx ends;
// then it does what is left to do and returns. Failures are retried, told once
// and counted. It returns an error where something could not be finished: the
// next run finishes it. It needs Recover before, and must run once at a time.
func (l *Ledger) Run(ctx context.Context) error {
	if !l.isRecovered() {
		return ErrNotRecovered
	}
	d := l.newDelivery()
	var wg sync.WaitGroup
	wg.Go(func() { l.keepBooks(ctx) })
	wg.Go(func() { d.run(ctx) })
	var flushers []*flusher
	for _, f := range l.opts.Flushes {
		flushers = append(flushers, l.newFlusher(f))
	}
	for _, f := range flushers {
		wg.Go(func() { f.run(ctx) })
	}
	wg.Wait()
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastFlush)
	defer cancel()
	errs := []error{l.bookkeep(), d.pass(), l.checkpoint()}
	for _, f := range flushers {
		errs = append(errs, f.pass(last))
	}
	return errors.Join(errs...)
}

// keepBooks sums up, and now and then makes a checkpoint, until ctx ends.
func (l *Ledger) keepBooks(ctx context.Context) {
	var journaled, books, file trouble
	saved := time.Now()
	for ctx.Err() == nil {
		if err := l.waitTick(ctx); errors.Is(err, journal.ErrClosed) {
			return
		}
		journaled.note(l, "journal", l.retryUnwritten())
		books.note(l, "totals", l.sumUp())
		if time.Since(saved) >= l.opts.Checkpoint {
			saved = time.Now()
			file.note(l, "totals file", l.checkpoint())
		}
		pause(ctx, pace)
	}
}

// waitTick waits for entries beyond the totals, a tick at most.
func (l *Ledger) waitTick(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, tick)
	defer cancel()
	return l.opts.Journal.Wait(ctx, l.totals.position())
}

// bookkeep writes what was refused earlier and brings the totals up to date.
func (l *Ledger) bookkeep() error { return errors.Join(l.retryUnwritten(), l.sumUp()) }

// checkpoint writes the totals to their file and tells the journal which segments
// open calls still need.
func (l *Ledger) checkpoint() error {
	return errors.Join(l.saveTotals(), l.opts.Journal.Ack(callsConsumer, l.settledUpTo()))
}

// pause waits, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// trouble tells a failure that repeats once, and its end.
type trouble struct{ failing bool }

// note takes in how a round went.
func (t *trouble) note(l *Ledger, what string, err error) {
	if err != nil {
		l.stats.failures.Add(1)
	}
	switch failing := err != nil; {
	case failing && !t.failing:
		l.opts.Logger.Error("ledger fails and tries again", "what", what, "err", err)
	case !failing && t.failing:
		l.opts.Logger.Info("ledger works again", "what", what)
	}
	t.failing = err != nil
}
