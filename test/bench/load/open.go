package load

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Latencies are how long calls took, sorted. Each counts from the time at which
// the call was planned, so that a call that had to wait for a stalled subject
// counts its waiting (no coordinated omission).
type Latencies []time.Duration

// Quantile returns the latency that the share q (0 to 1) of the calls did not
// exceed, interpolated between neighbours; 0 of none.
func (l Latencies) Quantile(q float64) time.Duration {
	if len(l) == 0 {
		return 0
	}
	at := min(max(q, 0), 1) * float64(len(l)-1)
	i := int(at)
	if i+1 == len(l) {
		return l[i]
	}
	return l[i] + time.Duration((at-float64(i))*float64(l[i+1]-l[i]))
}

// Open begins calls at a constant rate, whatever becomes of the earlier ones,
// and returns when the last answer has come. Where all connections are busy a
// call waits, and its waiting counts. The first failure ends it, since nothing
// after it would be at the planned rate.
func Open(ctx context.Context, p Plan, perSecond int) (Latencies, error) {
	if perSecond < 1 || p.Conns < 1 {
		return nil, errors.New("a rate and connections are needed")
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	o := &openLoop{idle: make(chan *lane, p.Conns), fail: cancel}
	// The readers end when their connections are closed.
	defer o.readers.Wait()
	for range p.Conns {
		release, err := o.connect(ctx, p)
		if err != nil {
			return nil, err
		}
		defer release()
	}
	if err := o.run(ctx, p.For, perSecond); err != nil {
		return nil, err
	}
	return o.latencies(), nil
}

// openLoop hands planned calls to idle connections.
type openLoop struct {
	idle    chan *lane // holds every connection between two calls
	fail    context.CancelCauseFunc
	lanes   []*lane
	readers sync.WaitGroup
}

// lane is a connection with a reader of its own. The sender writes the request
// itself, so that no hand-over between goroutines stands between the planned
// time and the call.
type lane struct {
	*conn
	planned atomic.Int64 // of the call under way, nanoseconds after epoch
	epoch   time.Time
	took    []time.Duration // the reader's, until it has handed the lane back
}

// connect adds a connection; release closes it.
func (o *openLoop) connect(ctx context.Context, p Plan) (release func(), err error) {
	c, release, err := dial(ctx, p.Addr, p.Call)
	if err != nil {
		return nil, err
	}
	if err := c.SetDeadline(time.Now().Add(p.For + callTimeout)); err != nil {
		release()
		return nil, err
	}
	l := &lane{conn: c, epoch: time.Now()}
	o.lanes = append(o.lanes, l)
	o.idle <- l
	o.readers.Go(func() { o.read(l) })
	return release, nil
}

// read takes answers until the connection ends, which is a failure only where an
// answer was owed.
func (o *openLoop) read(l *lane) {
	for {
		err := l.answer()
		planned := l.planned.Swap(0)
		switch {
		case err != nil && planned != 0:
			o.fail(err)
			return
		case err != nil:
			return
		case planned == 0:
			o.fail(errors.New("answer without a call"))
			return
		}
		l.took = append(l.took, time.Since(l.epoch)-time.Duration(planned))
		o.idle <- l
	}
}

// run begins the calls and waits for their answers.
func (o *openLoop) run(ctx context.Context, length time.Duration, perSecond int) error {
	// A thread of its own is woken by the kernel's timer, not by a scheduler that
	// rounds to milliseconds.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	every := time.Second / time.Duration(perSecond)
	start := time.Now().Add(every)
	for planned := start; planned.Sub(start) < length; planned = planned.Add(every) {
		pauseUntil(planned)
		l, err := o.next(ctx)
		if err != nil {
			return err
		}
		l.planned.Store(int64(planned.Sub(l.epoch)))
		if _, err := l.Write(l.call.request); err != nil {
			// Another connection's failure closes this one too, and is the reason.
			return cmp.Or(context.Cause(ctx), fmt.Errorf("send request: %w", err))
		}
	}
	for range o.lanes {
		if _, err := o.next(ctx); err != nil {
			return err
		}
	}
	return nil
}

// next waits for an idle connection.
func (o *openLoop) next(ctx context.Context) (*lane, error) {
	select {
	case l := <-o.idle:
		return l, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// latencies gathers what the readers measured; all lanes must be idle.
func (o *openLoop) latencies() Latencies {
	var all Latencies
	for _, l := range o.lanes {
		all = append(all, l.took...)
	}
	slices.Sort(all)
	return all
}
