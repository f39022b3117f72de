package report

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"github.com/llmgw/llmgw/pkg/requestlog"
)

// separator ends each value of a group's key: no UTF-8 has this byte.
const separator = "\xff"

// errTooLong is the error of a line that is not read.
var errTooLong = fmt.Errorf("%w: it is longer than %d bytes", requestlog.ErrRecord, requestlog.MaxLine)

// worker reads blocks and adds up their calls. One goroutine.
type worker struct {
	by           []dimension
	clocks       []clock
	where        *matcher
	since, until int64
	timed        bool

	call   call
	key    []byte
	groups map[string]*tally
	// alone is the only group where there are no dimensions.
	alone         *tally
	lines, broken int64
	faults        []blockFault
}

func newWorker(o *Options, by []dimension, zone *time.Location) *worker {
	w := &worker{by: by, groups: make(map[string]*tally), until: 1<<63 - 1, since: -1 << 63}
	for range by {
		w.clocks = append(w.clocks, clock{zone: zone})
	}
	if o.Where != nil {
		w.where = o.Where.matcher()
	}
	if !o.Since.IsZero() {
		w.since, w.timed = o.Since.Add(time.Microsecond-time.Nanosecond).UnixMicro(), true
	}
	if !o.Until.IsZero() {
		w.until, w.timed = o.Until.UnixMicro(), true
	}
	if len(by) == 0 {
		w.alone = newTally()
		w.groups[""] = w.alone
	}
	return w
}

// block reads the lines of a block and returns how many there are.
func (w *worker) block(b requestlog.Block, place blockPlace) (int64, error) {
	if b.TooLong {
		w.fault(place, 0, errTooLong)
		w.lines++
		return 1, nil
	}
	padded := b.Data[:len(b.Data)+requestlog.BlockPadding]
	var n int64
	for p := 0; p < len(b.Data); n++ {
		next := w.call.scan(padded, p)
		var err error
		if next < 0 {
			next = p + bytes.IndexByte(b.Data[p:], '\n') + 1
			err = w.call.read(bytes.TrimSuffix(b.Data[p:next-1], []byte("\r")))
		}
		if err == nil {
			err = w.add()
		}
		if err != nil {
			if !errors.Is(err, requestlog.ErrRecord) {
				return n, err
			}
			w.fault(place, n, err)
		}
		p = next
	}
	w.lines += n
	return n, nil
}

// add adds the call that was just read, if it is one of those looked for.
func (w *worker) add() error {
	c := &w.call
	if w.timed {
		us := c.number(fieldTimestamp)
		if !c.has(fieldTimestamp) || us < w.since || us > w.until {
			return nil
		}
	}
	if w.where != nil {
		if holds, err := w.where.match(c); err != nil || !holds {
			return err
		}
	}
	if w.alone != nil {
		w.alone.add(c)
		return nil
	}
	w.key = w.key[:0]
	for i := range w.by {
		w.key = append(w.by[i].append(w.key, c, &w.clocks[i]), separator...)
	}
	t := w.groups[string(w.key)]
	if t == nil {
		if len(w.groups) == maxGroups {
			return ErrGroups
		}
		t = newTally()
		w.groups[string(w.key)] = t
	}
	t.add(c)
	return nil
}

// fault notes a line that cannot be read, unless enough are known: a worker gets its
// blocks in the order of the log.
func (w *worker) fault(place blockPlace, line int64, err error) {
	w.broken++
	if len(w.faults) < maxFaults {
		w.faults = append(w.faults, blockFault{place, line, err})
	}
}

// merge adds what another worker has seen.
func (w *worker) merge(o *worker) error {
	w.lines += o.lines
	w.broken += o.broken
	w.faults = append(w.faults, o.faults...)
	for key, t := range o.groups {
		if known := w.groups[key]; known != nil {
			known.merge(t)
			continue
		}
		if len(w.groups) == maxGroups {
			return ErrGroups
		}
		w.groups[key] = t
	}
	return nil
}
