package ledger

// maxUnwritten is how many settlements wait for a journal that refuses them: a
// minute's worth of a busy gateway, some megabytes.
const maxUnwritten = 10_000

// unwritten is a settlement that the journal refused.
type unwritten struct {
	id    string
	entry []byte
}

// keep puts a refused settlement aside for Run. Where there are too many it is
// dropped: its call stays open, and is booked at the next start.
func (l *Ledger) keep(id string, entry []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.unwritten) >= maxUnwritten {
		l.stats.dropped.Add(1)
		return
	}
	l.unwritten = append(l.unwritten, unwritten{id: id, entry: entry})
}

// retryUnwritten writes refused settlements, until one is refused again. Only Run
// calls it, so what it looks at stays the first.
func (l *Ledger) retryUnwritten() error {
	for {
		l.mu.Lock()
		if len(l.unwritten) == 0 {
			l.unwritten = nil
			l.mu.Unlock()
			return nil
		}
		first := l.unwritten[0]
		l.mu.Unlock()
		if err := l.append(first.entry); err != nil {
			return err
		}
		l.mu.Lock()
		l.unwritten = l.unwritten[1:]
		delete(l.open, first.id)
		l.mu.Unlock()
	}
}
