package admission

import (
	"cmp"
	"slices"

	"github.com/llmgw/llmgw/pkg/llm"
)

// place names the balance that a queue stands before.
type place struct {
	account string
	epoch   int64
}

func placeOf(l *Line) place { return place{l.Account, l.Epoch} }

// waiter is one call that waits. It stands in one queue at a time.
type waiter struct {
	ask *Ask
	// ticket is smaller for those who came earlier.
	ticket uint64
	// at is guarded by Queue.mu.
	at place
	// wake has room for one signal: many that come at once are one.
	wake chan struct{}
	// refused is the store's last answer; empty before the first try. It belongs
	// to the waiter's goroutine.
	refused Grant
}

func (w *waiter) signal() {
	select {
	case w.wake <- struct{}{}:
	default: // it is to look anyway
	}
}

// ahead returns a balance of the Ask that others wait for.
func (q *Queue) ahead(a *Ask) (at place, found bool) {
	if q.waiting.Load() == 0 {
		return place{}, false
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.before(a, q.tickets+1)
}

// before returns a balance that the Ask needs and that someone with a smaller
// ticket waits for. mu is held.
func (q *Queue) before(a *Ask, ticket uint64) (at place, found bool) {
	for i := range a.Lines {
		l := &a.Lines[i]
		if l.Unit != llm.Money || l.Soft {
			continue
		}
		if line := q.queues[placeOf(l)]; len(line) > 0 && line[0].ticket < ticket {
			return placeOf(l), true
		}
	}
	return place{}, false
}

// join puts a new waiter at the end of a queue; nil where that is full.
func (q *Queue) join(a *Ask, at place, most int) *waiter {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.queues[at]) >= most {
		return nil
	}
	q.tickets++
	w := &waiter{ask: a, ticket: q.tickets, wake: make(chan struct{}, 1)}
	q.insert(w, at)
	q.waiting.Add(1)
	return w
}

// leave takes the waiter out, whatever became of it, and lets the next one look.
func (q *Queue) leave(w *waiter) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.remove(w)
	q.waiting.Add(-1)
}

// isTurn reports whether w may try: nobody who came earlier waits for any of its
// balances. Otherwise w stands behind that one.
func (q *Queue) isTurn(w *waiter) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	at, found := q.before(w.ask, w.ticket)
	if !found {
		return true
	}
	q.transfer(w, at)
	return false
}

// move puts w into the queue of the balance that refused it.
func (q *Queue) move(w *waiter, to place) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.transfer(w, to)
}

// transfer is move with mu held.
func (q *Queue) transfer(w *waiter, to place) {
	if w.at == to {
		return
	}
	q.remove(w)
	q.insert(w, to)
	// A signal for the head of this queue may just have missed w.
	w.signal()
}

func (q *Queue) placeOf(w *waiter) place {
	q.mu.Lock()
	defer q.mu.Unlock()
	return w.at
}

// insert puts w where its ticket belongs. mu is held.
func (q *Queue) insert(w *waiter, at place) {
	w.at = at
	i, _ := slices.BinarySearchFunc(q.queues[at], w.ticket, byTicket)
	q.queues[at] = slices.Insert(q.queues[at], i, w)
}

// remove takes w out of its queue and signals whoever is at its head then. mu is
// held.
func (q *Queue) remove(w *waiter) {
	line := q.queues[w.at]
	i, _ := slices.BinarySearchFunc(line, w.ticket, byTicket)
	line = slices.Delete(line, i, i+1)
	if len(line) == 0 {
		delete(q.queues, w.at)
		return
	}
	q.queues[w.at] = line
	line[0].signal()
}

func byTicket(w *waiter, ticket uint64) int { return cmp.Compare(w.ticket, ticket) }

// wakeHeads lets the first of every queue look whether it has room now: what was
// freed is not told, and those who have none go on waiting.
func (q *Queue) wakeHeads() {
	if q.waiting.Load() == 0 {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, line := range q.queues {
		line[0].signal()
	}
}
