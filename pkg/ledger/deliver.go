package ledger

import (
	"context"
	"errors"
	"time"

	"github.com/llmgw/llmgw/pkg/journal"
)

const (
	// maxBatch is how many bytes of lines are written at a time, if not by a line
	// more.
	maxBatch = 1 << 20
	// tailBytes is how far back the log is searched for lines of the last run: more
	// than a batch, since only the last one can be there without the journal
	// knowing.
	tailBytes = 4 << 20

	minBackoff = 100 * time.Millisecond
	maxBackoff = 5 * time.Second
)

// delivery carries the records of settlements to the request log, each once: what
// a crash kept from being acknowledged is recognised by its id.
type delivery struct {
	ledger *Ledger
	// position is the entry up to which everything is in the log.
	position journal.Seq
	// earlier is where the journal ended at the start. Up to there a record may be
	// in the log already: then its id is among known, nil before that is read.
	earlier journal.Seq
	known   map[string]struct{}

	batch   []byte
	records int64
	reached journal.Seq
}

func (l *Ledger) newDelivery() *delivery {
	return &delivery{ledger: l, position: l.opts.Journal.Acked(logConsumer), earlier: l.opts.Journal.Last()}
}

// run brings the request log up to date until ctx ends.
func (d *delivery) run(ctx context.Context) {
	var trouble trouble
	backoff := minBackoff
	for ctx.Err() == nil {
		if err := d.ledger.opts.Journal.Wait(ctx, d.position); errors.Is(err, journal.ErrClosed) {
			return
		}
		err := d.pass()
		trouble.note(d.ledger, "request log", err)
		if err == nil {
			backoff = minBackoff
			pause(ctx, pace)
			continue
		}
		pause(ctx, backoff)
		backoff = min(2*backoff, maxBackoff)
	}
}

// pass delivers what the journal has beyond the position.
func (d *delivery) pass() error {
	// Where the acknowledgement of the last batch failed, it comes before the next
	// one: a restart looks back for one batch only.
	if err := d.ledger.opts.Journal.Ack(logConsumer, d.position); err != nil {
		return err
	}
	if err := d.recall(); err != nil {
		return err
	}
	d.batch, d.records, d.reached = d.batch[:0], 0, d.position
	var e entry
	err := d.ledger.opts.Journal.Replay(d.position, func(s journal.Seq, b []byte) error {
		d.reached = s
		d.ledger.read(&e, s, b)
		if e.kind == kindSettlement && len(e.record) > 0 && !d.isKnown(s, e.id) {
			d.batch = append(append(d.batch, e.record...), '\n')
			d.records++
		}
		if len(d.batch) >= maxBatch {
			return d.flush()
		}
		return nil
	})
	if err != nil {
		return err
	}
	return d.flush()
}

// recall reads the ids at the end of the log while records of the last run are
// to come, and forgets them afterwards.
func (d *delivery) recall() error {
	if d.position >= d.earlier {
		d.known = nil
		return nil
	}
	if d.known != nil {
		return nil
	}
	known, err := d.ledger.opts.Log.TailIDs(tailBytes)
	if err != nil {
		return err
	}
	d.known = known
	return nil
}

func (d *delivery) isKnown(s journal.Seq, id []byte) bool {
	if s > d.earlier {
		return false
	}
	_, known := d.known[string(id)]
	return known
}

// flush writes the batch and moves the position.
func (d *delivery) flush() error {
	if d.reached <= d.position {
		return nil
	}
	if len(d.batch) > 0 {
		if err := d.ledger.opts.Log.Append(d.batch); err != nil {
			return err
		}
		d.ledger.stats.delivered.Add(d.records)
	}
	d.position = d.reached
	d.batch, d.records = d.batch[:0], 0
	return d.ledger.opts.Journal.Ack(logConsumer, d.position)
}
