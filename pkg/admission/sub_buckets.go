package admission

import (
	"cmp"
	"slices"
	"time"
)

const (
	// subBucketWidth is the granularity of windows of up to a minute.
	subBucketWidth = 500 * time.Millisecond
	// subBucketsPerWindow is that of longer ones, and what a minute comes to.
	subBucketsPerWindow = 120
)

// subBuckets adds up amounts over the last window. Each counts until the last of its
// sub-bucket is a window ago: never too short, and too long by less than one width.
// Nothing counts for longer than a window after the last amount: Claude Code gives up
// where it is told to wait for 61 s, and waits 60 (measured with 2.1.330, 2026-11).
// Only sub-buckets in use take memory, at most 122.
type subBuckets struct {
	window, width int64
	// slots are ordered by index.
	slots []slot
	// sum is of all slots; debt is the part of it that was booked as debt.
	sum, debt int64
}

// slot is one sub-bucket: index is its start in widths, amount includes debt, last is
// when something was added to it last.
type slot struct{ index, amount, debt, last int64 }

func newSubBuckets(window time.Duration) subBuckets {
	return subBuckets{
		window: int64(window),
		width:  int64(max(subBucketWidth, window/subBucketsPerWindow)),
	}
}

// end is the instant from which the slot counts no more.
func (b *subBuckets) end(s *slot) int64 { return s.last + b.window }

// expire drops what is older than a window.
func (b *subBuckets) expire(now int64) {
	n := len(b.slots)
	if n == 0 {
		return
	}
	over := 0
	for over < n && b.end(&b.slots[over]) <= now {
		over++
	}
	if b.slots[n-1].index*b.width-now > b.window {
		over = n // the clock stepped back by more than a window
	}
	for _, s := range b.slots[:over] {
		b.sum -= s.amount
		b.debt -= s.debt
	}
	b.slots = slices.Delete(b.slots, 0, over)
}

// current is the slot of now, made where it is missing. What is added to it counts
// from now on.
func (b *subBuckets) current(now int64) *slot {
	index := now / b.width
	if n := len(b.slots); n == 0 || b.slots[n-1].index < index {
		b.slots = append(b.slots, slot{index: index})
	}
	s := &b.slots[len(b.slots)-1]
	s.last = max(s.last, now)
	return s
}

// add counts n from now on and returns the index of its slot.
func (b *subBuckets) add(now, n int64) (index int64) {
	if n <= 0 {
		return now / b.width
	}
	s := b.current(now)
	before := b.sum
	b.sum = addUp(b.sum, n)
	s.amount += b.sum - before
	return s.index
}

// owe counts n as debt from now on, as long as all debt stays within most.
func (b *subBuckets) owe(now, n, most int64) {
	n = min(n, most-b.debt)
	if n <= 0 {
		return
	}
	b.add(now, n)
	b.current(now).debt += n
	b.debt += n
}

// sub takes n back out of a slot, where it is still there.
func (b *subBuckets) sub(index, n int64) {
	i, found := b.find(index)
	if !found {
		return
	}
	s := &b.slots[i]
	n = min(n, s.amount-s.debt)
	s.amount -= n
	b.sum -= n
}

func (b *subBuckets) find(index int64) (i int, found bool) {
	return slices.BinarySearchFunc(b.slots, index, func(s slot, index int64) int {
		return cmp.Compare(s.index, index)
	})
}

// fallsTo is the first instant, now or later, at which the sum is at most target.
func (b *subBuckets) fallsTo(now, target int64) int64 {
	left := b.sum
	if left <= target {
		return now
	}
	for i := range b.slots {
		left -= b.slots[i].amount
		if left <= target {
			return b.end(&b.slots[i])
		}
	}
	return never
}

// emptyAt is the instant at which the sum is 0; 0 where it is already.
func (b *subBuckets) emptyAt() int64 {
	for i := range slices.Backward(b.slots) {
		if b.slots[i].amount != 0 {
			return b.end(&b.slots[i])
		}
	}
	return 0
}
