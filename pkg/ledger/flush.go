package ledger

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/llmgw/llmgw/pkg/journal"
)

const (
	// defaultFlush is the Every of a Flush that leaves it at 0, lastFlush what the
	// last one of a run may take.
	defaultFlush = time.Minute
	lastFlush    = 10 * time.Second
	// maxRows is how many rows a batch has at most, if not by an entry more.
	maxRows = 20_000
)

// Sink is where the sums of what calls used go, beside the totals: a file, a database.
// It is used by one Flush, from one goroutine at a time.
type Sink interface {
	// Flush adds the rows of a batch to what there is, all or none, and keeps
	// Instance and Seq with them: Position gives them afterwards.
	Flush(ctx context.Context, b *Batch) error
	// Position is the Seq of the newest batch of a journal, 0 where there is none of
	// that one.
	Position(ctx context.Context, instance string) (journal.Seq, error)
}

// Batch is what the entries of a journal book, from the batch before on.
type Batch struct {
	// Instance names the journal, Seq its newest entry that is in the batch.
	Instance string
	Seq      journal.Seq
	// Time is when the batch was made.
	Time time.Time
	// Rows are in the order of account, unit, epoch; no two have the same.
	Rows []Row
}

// Row is what an account has used more.
type Row struct {
	Account string
	Total
}

// UnitName is the row's unit as files and databases have it: requests, tokens or
// nano_usd.
func (r *Row) UnitName() string { return unitName(r.Unit).text() }

// Flush carries sums to a Sink at intervals, and when the ledger's run ends: every
// entry of the journal is in one batch, whatever crashes in between.
type Flush struct {
	// Name tells it from others, and is forever: a new one begins with the oldest
	// segment of the journal.
	Name string
	Sink Sink
	// Every is the time between batches; 0 means a minute.
	Every time.Duration
}

func (f *Flush) consumer() string { return "flush:" + f.Name }

// flusher is a Flush at work.
type flusher struct {
	Flush
	ledger *Ledger
	// position is the entry up to which the sink has everything; found says that it
	// has been asked since the last failure.
	position journal.Seq
	found    bool
	sums     map[rowKey]int64
}

type rowKey struct {
	account string
	total   Total // without the amount
}

func (l *Ledger) newFlusher(f Flush) *flusher {
	f.Every = cmp.Or(f.Every, defaultFlush)
	return &flusher{Flush: f, ledger: l, sums: make(map[rowKey]int64)}
}

// run flushes at intervals until ctx ends; what failed is tried again sooner.
func (f *flusher) run(ctx context.Context) {
	var trouble trouble
	wait := f.Every
	for {
		pause(ctx, wait)
		if ctx.Err() != nil {
			return
		}
		err := f.pass(ctx)
		if ctx.Err() != nil {
			return // the last pass is Run's
		}
		trouble.note(f.ledger, "flush "+f.Name, err)
		if wait = f.Every; err != nil {
			wait = min(wait, maxBackoff)
		}
	}
}

// pass carries what the journal has beyond the position.
func (f *flusher) pass(ctx context.Context) error {
	if err := f.find(ctx); err != nil {
		return err
	}
	clear(f.sums)
	reached := f.position
	var e entry
	err := f.ledger.opts.Journal.Replay(f.position, func(s journal.Seq, b []byte) error {
		f.ledger.read(&e, s, b)
		f.add(&e)
		reached = s
		if len(f.sums) >= maxRows {
			return f.flush(ctx, reached)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return f.flush(ctx, reached)
}

// find asks the sink how far it has come: it may have more than the journal was told
// of, but never more than the journal has now.
func (f *flusher) find(ctx context.Context) error {
	if f.found {
		return nil
	}
	j := f.ledger.opts.Journal
	at, err := f.Sink.Position(ctx, j.Instance())
	if err != nil {
		return err
	}
	f.position, f.found = min(max(at, j.Acked(f.consumer())), j.Last()), true
	return nil
}

// add sums up what an entry books.
func (f *flusher) add(e *entry) {
	if e.kind != kindSettlement {
		return
	}
	for i := range e.lines {
		l := &e.lines[i]
		if l.amount == 0 || unitName(l.unit).text() == "" {
			continue
		}
		k := rowKey{string(l.account), Total{Epoch: l.epoch, Unit: l.unit}}
		f.sums[k] = addUp(f.sums[k], l.amount)
	}
}

// flush gives the sums to the sink and moves the position.
func (f *flusher) flush(ctx context.Context, reached journal.Seq) error {
	if reached == f.position {
		return nil
	}
	j := f.ledger.opts.Journal
	if len(f.sums) > 0 {
		b := &Batch{Instance: j.Instance(), Seq: reached, Time: time.Now(), Rows: f.rows()}
		if err := f.Sink.Flush(ctx, b); err != nil {
			f.found = false // whether it has the batch now, only the sink can tell
			return err
		}
	}
	f.position = reached
	clear(f.sums)
	return j.Ack(f.consumer(), reached)
}

func (f *flusher) rows() []Row {
	rows := make([]Row, 0, len(f.sums))
	for k, amount := range f.sums {
		r := Row{Account: k.account, Total: k.total}
		r.Amount = amount
		rows = append(rows, r)
	}
	slices.SortFunc(rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Unit, b.Unit), cmp.Compare(a.Epoch, b.Epoch))
	})
	return rows
}
