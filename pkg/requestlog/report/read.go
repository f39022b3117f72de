package report

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"sync"

	"github.com/llmgw/llmgw/pkg/requestlog"
)

// blockPlace is where a block stands: the number of its source, and of the block in it.
type blockPlace struct{ source, block int }

// blockFault is a fault whose line is counted from its block's beginning.
type blockFault struct {
	place blockPlace
	line  int64
	err   error
}

// queue hands out the blocks of all sources, in order, to whoever asks next. What is
// read is bounded by what the workers hold.
type queue struct {
	ctx     context.Context //nolint:containedctx // of the one Analyze that it belongs to
	sources []Source

	mu     sync.Mutex // guards what follows, also while a block is read: they come in order
	open   io.ReadCloser
	blocks *requestlog.Blocks
	place  blockPlace
	err    error
	// lines is how many lines each block of each source has: where faults stand.
	lines [][]int64
}

// next reads the next block into buf.
func (q *queue) next(buf []byte) (requestlog.Block, blockPlace, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.err == nil {
		if q.err = q.ctx.Err(); q.err != nil {
			break
		}
		if q.open == nil {
			q.begin()
			continue
		}
		b, err := q.blocks.Next(buf)
		if err == nil {
			place := q.place
			q.place.block++
			q.lines[place.source] = append(q.lines[place.source], 0)
			return b, place, nil
		}
		q.end(err)
	}
	return requestlog.Block{}, blockPlace{}, q.err
}

// begin opens the next source.
func (q *queue) begin() {
	n := len(q.lines)
	if n == len(q.sources) {
		q.err = io.EOF
		return
	}
	q.open, q.err = q.sources[n].Open()
	if q.err != nil {
		return
	}
	q.blocks, q.place = requestlog.NewBlocks(q.open), blockPlace{source: n}
	q.lines = append(q.lines, nil)
}

// end closes a source that has been read, or could not be.
func (q *queue) end(err error) {
	if errors.Is(err, io.EOF) {
		err = nil
	}
	if err := errors.Join(err, q.open.Close()); err != nil {
		q.err = fmt.Errorf("read %s: %w", q.sources[q.place.source].Name, err)
	}
	q.open = nil
}

// fail ends the reading, if nothing else has.
func (q *queue) fail(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.err == nil || errors.Is(q.err, io.EOF) {
		q.err = err
	}
}

// count notes how many lines a block has.
func (q *queue) count(p blockPlace, lines int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.lines[p.source][p.block] = lines
}

// readAll reads all sources with n workers, and returns one that has seen everything,
// with the first faults.
func readAll(ctx context.Context, sources []Source, n int, newWorker func() *worker) (*worker, []Fault, error) {
	q := &queue{ctx: ctx, sources: sources}
	if n <= 0 {
		n = runtime.GOMAXPROCS(0)
	}
	all := make([]*worker, n)
	var running sync.WaitGroup
	for i := range all {
		all[i] = newWorker()
		running.Go(func() { q.work(all[i]) })
	}
	running.Wait()
	if !errors.Is(q.err, io.EOF) {
		return nil, nil, errors.Join(q.err, q.close())
	}
	for _, w := range all[1:] {
		if err := all[0].merge(w); err != nil {
			return nil, nil, err
		}
	}
	return all[0], q.faults(all[0].faults), nil
}

// close closes a source that was not read to its end.
func (q *queue) close() error {
	if q.open == nil {
		return nil
	}
	err := q.open.Close()
	q.open = nil
	return err
}

// work reads blocks until there are none.
func (q *queue) work(w *worker) {
	var buf []byte
	for {
		b, place, err := q.next(buf)
		if err != nil {
			return
		}
		lines, err := w.block(b, place)
		if err != nil {
			q.fail(err)
			return
		}
		q.count(place, lines)
		if b.Data != nil {
			buf = b.Data
		}
	}
}

// faults are the first faults of the log, with their places in it.
func (q *queue) faults(found []blockFault) []Fault {
	slices.SortFunc(found, func(a, b blockFault) int {
		return cmp.Or(cmp.Compare(a.place.source, b.place.source), cmp.Compare(a.place.block, b.place.block), cmp.Compare(a.line, b.line))
	})
	faults := make([]Fault, 0, maxFaults)
	for _, f := range found[:min(len(found), maxFaults)] {
		line := f.line + 1
		for _, n := range q.lines[f.place.source][:f.place.block] {
			line += n
		}
		faults = append(faults, Fault{Source: q.sources[f.place.source].Name, Line: line, Err: f.err})
	}
	return faults
}
