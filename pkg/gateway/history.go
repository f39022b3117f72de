package gateway

import (
	"math/bits"
	"sync"
	"sync/atomic"
)

const (
	// firstMean is the output that a group's calls are thought to have before any
	// was seen.
	firstMean = 256
	// meanWeight is the share of the newest call in the mean: 1/meanWeight.
	meanWeight = 16
	// enough is how many calls make a history: a 99th percentile needs a hundred.
	enough = 100
)

// histories keep what the calls of each group have used. The zero value is ready;
// safe for concurrent use. Groups come from the configuration, so it is bounded.
type histories struct{ byGroup sync.Map } // string -> *history

// history is what the calls of one group have used lately.
type history struct {
	mean atomic.Int64 // of the output, times meanWeight
	// output is one answer in tokens, input what was billed for each KiB of a body.
	output, input percentile
}

// of is the group's history, nil where there is none.
func (h *histories) of(group string) *history {
	v, _ := h.byGroup.Load(group)
	known, _ := v.(*history)
	return known
}

// ensure is the group's history, made where there is none.
func (h *histories) ensure(group string) *history {
	if known := h.of(group); known != nil {
		return known
	}
	first := new(history)
	first.mean.Store(firstMean * meanWeight)
	v, _ := h.byGroup.LoadOrStore(group, first)
	known, _ := v.(*history)
	return known
}

// meanOutput is the recent mean output in tokens.
func (h *history) meanOutput() int64 {
	if h == nil {
		return firstMean
	}
	return h.mean.Load() / meanWeight
}

// mostOutput is what 99 of 100 answers stayed within; 0 before there is a history.
func (h *history) mostOutput() int64 {
	if h == nil {
		return 0
	}
	return h.output.p99.Load()
}

// mostInput is what 99 of 100 calls were billed for each KiB of their body; 0
// before there is a history.
func (h *history) mostInput() int64 {
	if h == nil {
		return 0
	}
	return h.input.p99.Load()
}

// addMean takes one more call into the mean. Concurrent calls may lose each
// other's share: it is an estimate.
func (h *history) addMean(output int64) {
	old := h.mean.Load()
	h.mean.Store(old - old/meanWeight + output)
}

const (
	// steps is into how many parts each doubling is cut: numbers are told within a
	// sixteenth, rounded up.
	steps = 16
	// largest is what all larger numbers count as.
	largest = 1 << 32
	// places is the number of places for numbers up to largest.
	places = (33 - 4) * steps
	// remembered is how many numbers count before older ones lose half their weight.
	remembered = 4096
	// rarely is how often the percentile is worked out once many are in.
	rarely = 16
)

// percentile estimates the 99th percentile of numbers, newer ones weighing more.
// The zero value is empty; safe for concurrent use.
type percentile struct {
	// p99 is 0 while fewer than enough numbers are in.
	p99 atomic.Int64

	mu     sync.Mutex // guards what follows
	total  uint32
	counts [places + 1]uint32
}

// add takes a number in.
func (p *percentile) add(n int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.total >= remembered {
		p.total = 0
		for i := range p.counts {
			p.counts[i] /= 2
			p.total += p.counts[i]
		}
	}
	p.counts[place(n)]++
	p.total++
	if p.total >= enough && (p.total < 2*enough || p.total%rarely == 0) {
		p.p99.Store(p.find())
	}
}

// find is the smallest number that 99 of 100 stay within. The caller holds mu.
func (p *percentile) find() int64 {
	const hundred = 100
	above := p.total / hundred // may be larger
	for i := len(p.counts) - 1; i > 0; i-- {
		if p.counts[i] > above {
			return upper(i)
		}
		above -= p.counts[i]
	}
	return upper(0)
}

// place is where a number counts: each below steps has a place of its own, then
// each doubling has as many places as there are steps.
func place(n int64) int {
	n = min(max(0, n), largest)
	if n < steps {
		return int(n)
	}
	shift := bits.Len64(uint64(n)) - bits.Len(steps)
	return shift*steps + int(n>>shift)
}

// upper is the largest number of a place.
func upper(i int) int64 {
	if i < 2*steps {
		return int64(i)
	}
	shift := i/steps - 1
	return int64(i%steps+steps+1)<<shift - 1
}
