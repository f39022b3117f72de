package ledger

import (
	"errors"
	"slices"

	"github.com/llmgw/llmgw/pkg/admission"
	"github.com/llmgw/llmgw/pkg/llm"
)

// maxUnwritten is how many calls may wait for a journal that refuses them before no
// further one is made: a minute's worth of a busy gateway, some 30 MB.
const maxUnwritten = 50_000

// unwritten is an entry that the journal refused: a settlement, or an opening that
// becomes one when the call ends. Ledger.mu guards it.
type unwritten struct {
	id    string
	entry []byte
	// opening says that the entry is one.
	opening bool
}

// postpone lets a call be made whose opening the journal refused, where it may, and
// returns why where it may not.
func (l *Ledger) postpone(a *admission.Ask, entry []byte, reason error) error {
	hard := slices.ContainsFunc(a.Lines, func(l admission.Line) bool { return l.Unit == llm.Money && !l.Soft })
	l.mu.Lock()
	defer l.mu.Unlock()
	full := len(l.unwritten) >= maxUnwritten
	if hard || full {
		delete(l.open, a.ID)
		if !hard {
			return errors.Join(ErrTooManyUnwritten, reason)
		}
		return reason
	}
	u := &unwritten{id: a.ID, entry: slices.Clone(entry), opening: true}
	c := l.open[a.ID]
	c.unwritten = u
	l.open[a.ID] = c
	l.unwritten = append(l.unwritten, u)
	return nil
}

// supersede puts a settlement in the place of the call's opening. Only Run writes
// either, so that the opening cannot come after it.
func (l *Ledger) supersede(id string, u *unwritten, settlement []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if c := l.open[id]; c.unwritten == nil {
		// The opening was written in the meantime: the settlement stands in line alone.
		u = &unwritten{id: id}
		l.unwritten = append(l.unwritten, u)
	}
	u.entry, u.opening = slices.Clone(settlement), false
}

// keep puts a refused settlement aside for Run. That of a call which is open has its
// place whatever happens; of one that was refused only the record is lost.
func (l *Ledger) keep(id string, entry []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, known := l.open[id]; !known && len(l.unwritten) >= maxUnwritten {
		l.stats.dropped.Add(1)
		return
	}
	l.unwritten = append(l.unwritten, &unwritten{id: id, entry: slices.Clone(entry)})
}

// retryUnwritten writes refused entries in their order, until one is refused again.
// Only Run calls it, so what it looks at stays the first.
func (l *Ledger) retryUnwritten() error {
	for {
		l.mu.Lock()
		if len(l.unwritten) == 0 {
			l.unwritten = nil
			l.mu.Unlock()
			return nil
		}
		first := l.unwritten[0]
		entry, opening := first.entry, first.opening
		l.mu.Unlock()
		if err := l.append(entry); err != nil {
			return err
		}
		l.mu.Lock()
		if opening == first.opening {
			l.written(first)
		}
		l.mu.Unlock()
	}
}

// written takes the first entry out. Where it was an opening and the call has ended
// while it was being written, it stays, for it is the settlement now. The caller
// holds mu.
func (l *Ledger) written(first *unwritten) {
	l.unwritten = l.unwritten[1:]
	c, known := l.open[first.id]
	switch {
	case !known:
	case first.opening:
		c.unwritten = nil
		l.open[first.id] = c
	default:
		delete(l.open, first.id)
	}
}
