// Package ledger is the book of calls: it says in the journal's records when a
// call was opened and what it holds, how it went on, and how it was settled; and
// it is what follows from them. Totals of each account, the lines of the request
// log, and after a crash the settlement of calls that were cut: all are read from
// the journal, none can say what the journal does not.
//
// It decides nothing. Whether a call is admitted is package admission's business,
// what it costs the catalogue's, what its record says the gateway's. The gateway
// writes entries, app calls Recover before the first and keeps Run running.
package ledger

import (
	"errors"
	"log/slog"
	"maps"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/llmgw/llmgw/pkg/admission"
	"github.com/llmgw/llmgw/pkg/journal"
	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/requestlog"
)

// The consumers of the journal. Each acknowledges what it has no more need of:
// the open calls, the totals, the request log.
const (
	callsConsumer  = "calls"
	totalsConsumer = "totals"
	logConsumer    = "requestlog"
)

// Consumers are the names for which the journal must keep segments, those of flushes
// among them: journal.Options.Consumers.
func Consumers(flushes ...Flush) []string {
	names := []string{callsConsumer, totalsConsumer, logConsumer}
	for _, f := range flushes {
		names = append(names, f.consumer())
	}
	return names
}

// defaultCheckpoint is how often totals are written to their file.
const defaultCheckpoint = 10 * time.Second

var (
	// ErrNotOpen is returned for a call that was not opened, or is settled.
	ErrNotOpen = errors.New("call is not open")
	// ErrOpen is returned for opening a call that is open.
	ErrOpen = errors.New("call is open already")
	// ErrNotRecovered is returned for everything that comes before Recover.
	ErrNotRecovered = errors.New("ledger has not recovered yet")
	// ErrTooManyUnwritten is wrapped by Open where the journal refuses the call and
	// too many others wait for it.
	ErrTooManyUnwritten = errors.New("too many calls wait for the journal")
)

// Lines is where request log lines go: *requestlog.File.
type Lines interface {
	// Append writes whole lines, all or none.
	Append(lines []byte) error
	// TailIDs returns the request ids in about the last maxBytes.
	TailIDs(maxBytes int64) (map[string]struct{}, error)
}

var _ Lines = (*requestlog.File)(nil)

// Options are the parts of a Ledger. Journal, Log and Dir are required.
type Options struct {
	// Journal keeps segments for Consumers. It outlives the Ledger.
	Journal journal.Journal
	// Log gets a line for each settled call.
	Log Lines
	// Dir is where totals.json lies.
	Dir string
	// Price says what a cut call cost by what was seen of it; nil means nothing.
	Price func(r *requestlog.Record, u llm.Usage) llm.NanoUSD
	// Checkpoint is how often totals are written to their file; 0 means 10 s. What
	// a crash loses of the file is read from the journal again.
	Checkpoint time.Duration
	// Flushes carry sums elsewhere. The journal must keep segments for them.
	Flushes []Flush
	// Logger is told of failures that are retried; nil discards them.
	Logger *slog.Logger
}

// Ledger is the book. Make one with New, then call Recover; from then on it is
// safe for concurrent use.
type Ledger struct {
	opts     Options
	totals   totals
	encoders sync.Pool // of *encoder
	stats    counters
	// saved is the number that the file of totals goes up to. Only Recover and the
	// bookkeeper of Run use it, one after the other.
	saved journal.Seq

	mu        sync.Mutex // guards everything below
	recovered bool
	// last is the newest number that an entry of ours got.
	last journal.Seq
	open map[string]openCall
	// unwritten are entries that the journal refused, oldest first; Run tries them
	// again. trouble is why it refused the last one, nil where it took it.
	unwritten []*unwritten
	trouble   error
}

// openCall is what is remembered of a call between its opening and its settlement.
type openCall struct {
	// since is a number below which there is no entry of the call.
	since    journal.Seq
	admitted time.Time
	// settling says that a settlement was given, though it is not written yet.
	settling bool
	// unwritten is the opening while the journal does not have it; nil as a rule.
	unwritten *unwritten
}

// counters are Stats while they are counted.
type counters struct{ delivered, failures, dropped, unreadable atomic.Int64 }

// Stats are counts since the start.
type Stats struct {
	// Delivered are lines written to the request log.
	Delivered int64
	// Failures are refused writes to the request log or of totals; all are retried.
	Failures int64
	// Dropped are records of refused calls that were lost because the journal refused
	// too many.
	Dropped int64
	// Unreadable are entries of the journal that this version cannot read.
	Unreadable int64
	// Unwritten are calls that wait for the journal to take an entry of theirs.
	Unwritten int64
	// Open are calls that are not settled.
	Open int64
}

// New makes a Ledger that does nothing before Recover.
func New(opts Options) *Ledger {
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	if opts.Checkpoint <= 0 {
		opts.Checkpoint = defaultCheckpoint
	}
	if opts.Price == nil {
		opts.Price = func(*requestlog.Record, llm.Usage) llm.NanoUSD { return 0 }
	}
	return &Ledger{opts: opts, open: make(map[string]openCall)}
}

// Stats returns the counts as they are now.
func (l *Ledger) Stats() Stats {
	l.mu.Lock()
	defer l.mu.Unlock()
	return Stats{
		Delivered: l.stats.delivered.Load(), Failures: l.stats.failures.Load(),
		Dropped: l.stats.dropped.Load(), Unreadable: l.stats.unreadable.Load(),
		Unwritten: int64(len(l.unwritten)), Open: int64(len(l.open)),
	}
}

// Totals returns what an account has used, by unit and epoch. It follows
// settlements by some 50 ms while Run runs. Of each unit the newest 32 epochs
// are remembered.
func (l *Ledger) Totals(account string) []Total { return l.totals.of(account) }

// Opening is what is written down of a call that was admitted.
type Opening struct {
	// Ask is what was admitted, Money what each of its Money lines got.
	Ask   *admission.Ask
	Money int64
	Start time.Time
	// Record is what the log would say if the call were cut now.
	Record *requestlog.Record
}

// Growth is a change of what an open call holds, or of who serves it.
type Growth struct {
	ID string
	// Money is what each Money line got in addition; negative where some was given
	// back.
	Money int64
	// Record replaces the one of the opening; nil leaves it.
	Record *requestlog.Record
}

// Progress is how far an open call has come.
type Progress struct {
	ID string
	// Bytes and OutputTokens have been seen so far.
	Bytes, OutputTokens int64
	// Usage is what the provider has reported so far; zero where nothing.
	Usage llm.Usage
	// TTFT is when the first byte came, 0 while there is none.
	TTFT time.Duration
	// Record replaces the one before; nil leaves it.
	Record *requestlog.Record
}

// Settlement is the end of a call.
type Settlement struct {
	// ID is also the Record's.
	ID string
	// Lines and Actual say what is booked, by the rules of admission: each account
	// gets its requests, tokens and money once per epoch. A call that was refused
	// has none, a void one books none.
	Lines  []admission.Line
	Actual admission.Actual
	// Record is the line in the log.
	Record *requestlog.Record
}

// Open writes that a call was admitted. It returns ErrOpen for an id that is open.
//
// Where the journal refuses the entry, a call that a hard budget covers must not be
// made, since a crash would forget its hold: Open returns the error. Others are
// written down when there is room again, as long as there are not too many of them:
// then the error wraps ErrTooManyUnwritten.
func (l *Ledger) Open(o *Opening) error {
	id := o.Ask.ID
	l.mu.Lock()
	_, known := l.open[id]
	switch {
	case !l.recovered:
		l.mu.Unlock()
		return ErrNotRecovered
	case known:
		l.mu.Unlock()
		return ErrOpen
	}
	now := time.Now()
	l.open[id] = openCall{since: l.last + 1, admitted: now}
	l.mu.Unlock()

	e := l.encoder()
	defer l.release(e)
	e.opening(o)
	e.times(now, 0)
	if err := l.append(e.entry); err != nil {
		return l.postpone(o.Ask, e.entry, err)
	}
	return nil
}

// Grow writes that a call holds more. It returns ErrNotOpen for one that is not
// open. Of a call whose opening is not written yet nothing is.
func (l *Ledger) Grow(g *Growth) error {
	if written, err := l.checkOpen(g.ID); err != nil || !written {
		return err
	}
	e := l.encoder()
	defer l.release(e)
	e.growth(g)
	return l.append(e.entry)
}

// Progress writes how far a call has come. It returns ErrNotOpen for one that is
// not open.
func (l *Ledger) Progress(p *Progress) error {
	if written, err := l.checkOpen(p.ID); err != nil || !written {
		return err
	}
	e := l.encoder()
	defer l.release(e)
	e.progress(p)
	return l.append(e.entry)
}

// Settle writes the end of a call: when it returns nil, a crash changes neither
// its bookings nor its line in the log. A call that was never opened can be
// settled without bookings: it was refused. With bookings it returns ErrNotOpen,
// so that nothing is booked twice.
//
// Where the journal refuses the entry, it waits for Run to write it; until then a
// crash makes the call an interrupted one. The records of refused calls are dropped,
// and counted, where too many wait already.
func (l *Ledger) Settle(s *Settlement) error {
	l.mu.Lock()
	c, known := l.open[s.ID]
	switch {
	case !l.recovered:
		l.mu.Unlock()
		return ErrNotRecovered
	case c.settling, !known && !s.Actual.Void && len(s.Lines) > 0:
		l.mu.Unlock()
		return ErrNotOpen
	case known:
		c.settling = true
		l.open[s.ID] = c
	}
	l.mu.Unlock()

	e := l.encoder()
	defer l.release(e)
	e.settlement(s)
	e.times(c.admitted, time.Since(c.admitted))
	if c.unwritten != nil {
		l.supersede(s.ID, c.unwritten, e.entry)
		return nil
	}
	if err := l.append(e.entry); err != nil {
		l.keep(s.ID, e.entry)
		return nil
	}
	l.mu.Lock()
	delete(l.open, s.ID)
	l.mu.Unlock()
	return nil
}

// checkOpen returns an error unless the call is open, and whether its opening is
// written.
func (l *Ledger) checkOpen(id string) (written bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.recovered {
		return false, ErrNotRecovered
	}
	c, known := l.open[id]
	if !known || c.settling {
		return false, ErrNotOpen
	}
	return c.unwritten == nil, nil
}

// append writes an entry.
func (l *Ledger) append(entry []byte) error {
	s, err := l.opts.Journal.Append(entry)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last = max(l.last, s) // s is 0 beside an error
	l.trouble = err
	return err
}

// Trouble is why the journal refused the newest entry, "" where it took it: in a few
// words, without a path. While it lasts, calls under a hard budget are refused.
func (l *Ledger) Trouble() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var errno syscall.Errno
	switch {
	case l.trouble == nil:
		return ""
	case errors.As(l.trouble, &errno):
		return errno.Error()
	default:
		return l.trouble.Error()
	}
}

// settledUpTo is the number up to which no entry belongs to an open call.
func (l *Ledger) settledUpTo() journal.Seq {
	l.mu.Lock()
	defer l.mu.Unlock()
	first := l.last + 1
	for c := range maps.Values(l.open) {
		first = min(first, c.since)
	}
	return first - 1
}
