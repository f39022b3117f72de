package ledger

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/llmgw/llmgw/pkg/admission"
	"github.com/llmgw/llmgw/pkg/journal"
	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/requestlog"
)

// What the record of a call that a crash cut says.
const (
	interruptedType    = "interrupted"
	interruptedMessage = "the gateway stopped during the call"
)

// State is what Recover finds.
type State struct {
	// Balances are what has been spent of money, and what requests and tokens were
	// used lately, cut calls included: the base of admission.
	Balances []admission.Balance
	// Cut are the calls that were open when the last run ended, oldest first. They
	// are settled now.
	Cut []Call
}

// Call is a call that was cut, and how it was settled.
type Call struct {
	ID, Owner string
	// Lines are what it held: a line's Want is that. Of rules only the kind is known,
	// and that only of windows and buckets.
	Lines  []admission.Line
	Actual admission.Actual
	Record requestlog.Record
}

// cutCall is a call as the entries since its opening tell it.
type cutCall struct {
	since        journal.Seq
	owner        string
	start        time.Time
	admitted     int64
	lines        []admission.Line
	record       []byte
	grown        int64
	outputTokens int64
	usage        llm.Usage
	ttft         time.Duration
}

// Recover reads the book to its end and settles the calls that are open in it: no
// process works on them any more. Their usage is what was seen, an estimate;
// their money is all they hold where a hard budget covers them, for they may have
// used it, else the price of what was seen. Recover must be called once, before
// anything else. It changes nothing where it returns an error before the first
// cut call is settled; calling it again goes on.
func (l *Ledger) Recover(ctx context.Context) (State, error) {
	if l.isRecovered() {
		return State{}, errors.New("recover the ledger: it has recovered already")
	}
	if err := l.loadTotals(); err != nil {
		return State{}, fmt.Errorf("recover the ledger: %w", err)
	}
	open, err := l.findOpen(ctx)
	if err != nil {
		return State{}, fmt.Errorf("recover the ledger: %w", err)
	}
	return l.settleAll(open)
}

// settleAll settles calls that were cut and ends the recovery.
func (l *Ledger) settleAll(open map[string]*cutCall) (State, error) {
	var state State
	byAge := func(a, b string) int { return cmp.Compare(open[a].since, open[b].since) }
	for _, id := range slices.SortedFunc(maps.Keys(open), byAge) {
		call, err := l.settleCut(id, open[id])
		if err != nil {
			return state, fmt.Errorf("settle call %s, which was cut: %w", id, err)
		}
		state.Cut = append(state.Cut, call)
	}
	if err := l.sumUp(); err != nil {
		return state, fmt.Errorf("recover the ledger: %w", err)
	}
	state.Balances = l.totals.balances()
	l.mu.Lock()
	l.recovered, l.last = true, l.opts.Journal.Last()
	l.mu.Unlock()
	return state, nil
}

func (l *Ledger) isRecovered() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.recovered
}

// findOpen returns the calls that the journal opens and does not settle.
func (l *Ledger) findOpen(ctx context.Context) (map[string]*cutCall, error) {
	open := make(map[string]*cutCall)
	var e entry
	err := l.opts.Journal.Replay(l.opts.Journal.Acked(callsConsumer), func(s journal.Seq, b []byte) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		l.read(&e, s, b)
		switch e.kind {
		case kindOpening:
			open[string(e.id)] = newCutCall(s, &e)
		case kindGrowth, kindProgress:
			if c := open[string(e.id)]; c != nil {
				c.amend(&e)
			}
		case kindSettlement:
			delete(open, string(e.id))
		case kindReset: // no call's
		}
		return nil
	})
	return open, err
}

// read decodes an entry. One that cannot be read is told, counted and then counts
// as empty: its bytes are as they were written, so trying again would not help.
func (l *Ledger) read(e *entry, s journal.Seq, b []byte) {
	if err := e.decode(b); err != nil {
		*e = entry{}
		l.stats.unreadable.Add(1)
		l.opts.Logger.Error("journal entry is skipped", "seq", uint64(s), "err", err)
	}
}

func newCutCall(s journal.Seq, e *entry) *cutCall {
	c := &cutCall{
		since: s, owner: string(e.owner), start: time.Unix(0, e.start), admitted: e.admitted, record: slices.Clone(e.record),
	}
	for _, l := range e.lines {
		c.lines = append(c.lines, admission.Line{
			Account: string(l.account), Epoch: l.epoch, Unit: l.unit, Want: l.amount, Floor: l.amount, Soft: l.soft,
			Rule: admission.Rule{Kind: l.kind},
		})
	}
	return c
}

// amend takes in what happened to the call after its opening.
func (c *cutCall) amend(e *entry) {
	if e.record != nil {
		c.record = slices.Clone(e.record)
	}
	if e.kind == kindGrowth {
		c.grown = addUp(c.grown, e.money)
		return
	}
	c.outputTokens = e.outputTokens
	c.usage = e.usage
	c.ttft = time.Duration(e.ttft)
}

// settleCut writes the settlement of a call that was cut.
func (l *Ledger) settleCut(id string, c *cutCall) (Call, error) {
	record := c.finalRecord(id)
	money := c.hardHold()
	if money < 0 {
		money = int64(l.opts.Price(&record, record.Usage))
	}
	record.Cost = llm.NanoUSD(money)
	call := Call{
		ID: id, Owner: c.owner, Lines: c.lines, Record: record,
		Actual: admission.Actual{Tokens: record.Usage.Total(), Money: money},
	}
	e := l.encoder()
	defer l.release(e)
	e.settlement(&Settlement{ID: id, Lines: c.lines, Actual: call.Actual, Record: &call.Record})
	if c.admitted != 0 {
		admitted := time.Unix(0, c.admitted)
		e.times(admitted, max(0, time.Since(admitted)))
	}
	_, err := l.opts.Journal.Append(e.entry)
	return call, err
}

// hardHold is the money that the call holds of hard budgets, -1 where none
// covers it.
func (c *cutCall) hardHold() int64 {
	hold := int64(-1)
	for i := range c.lines {
		if l := &c.lines[i]; l.Unit == llm.Money && !l.Soft {
			hold = max(hold, addUp(l.Want, c.grown), 0)
		}
	}
	return hold
}

// finalRecord is the log line of a call that was cut. How long it took is not
// known, and 0 is left out of reports.
func (c *cutCall) finalRecord(id string) requestlog.Record {
	r, err := requestlog.ParseRecord(c.record)
	if err != nil {
		r = requestlog.Record{} // there is none in the entry: a line with less is better than no line
	}
	if r.Timestamp.IsZero() {
		r.Timestamp = c.start
	}
	if c.usage != (llm.Usage{}) {
		r.Usage = c.usage
	}
	r.Usage.Output = max(r.Usage.Output, c.outputTokens)
	r.Usage.Reported = false
	r.RequestID = id
	r.Status, r.HTTPStatus = requestlog.StatusError, 0
	r.ErrorType, r.Error = interruptedType, interruptedMessage
	r.TTFT = max(r.TTFT, c.ttft)
	return r
}

// sumUp adds to the totals what the journal has beyond them.
func (l *Ledger) sumUp() error {
	var e entry
	err := l.opts.Journal.Replay(l.totals.position(), func(s journal.Seq, b []byte) error {
		l.read(&e, s, b)
		l.totals.fold(s, &e)
		return nil
	})
	if err != nil {
		return fmt.Errorf("sum up the journal: %w", err)
	}
	return nil
}
