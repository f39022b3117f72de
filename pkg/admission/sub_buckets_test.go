package admission

import (
	"testing"
	"time"
)

func TestSubBucketsGiveBackNoDebt(t *testing.T) {
	t.Parallel()
	b := newSubBuckets(time.Minute)
	index := b.add(0, 5)
	b.owe(0, 10, 20)
	b.sub(index, 100)
	b.sub(index+1, 100)
	if b.sum != 10 || b.debt != 10 {
		t.Errorf("sum %d, debt %d; want 10 of debt", b.sum, b.debt)
	}
	b.owe(0, 100, 20)
	if b.sum != 20 || b.debt != 20 {
		t.Errorf("sum %d, debt %d; want the 20 that debt may be", b.sum, b.debt)
	}
}

func TestSubBucketsTakeBoundedMemory(t *testing.T) {
	t.Parallel()
	for _, window := range []time.Duration{
		time.Nanosecond, time.Second, time.Minute, time.Minute + 1, 61 * time.Second, 24 * time.Hour, maxWindow,
	} {
		b := newSubBuckets(window)
		step := int64(max(time.Millisecond, window/1000))
		most := 0
		for i := range int64(3000) {
			now := time.Hour.Nanoseconds() + i*step
			b.expire(now)
			b.add(now, 1)
			most = max(most, len(b.slots))
		}
		if most > subBucketsPerWindow+2 {
			t.Errorf("window %s: %d slots", window, most)
		}
	}
}

func TestAmountsDoNotWrapAround(t *testing.T) {
	t.Parallel()
	const huge = 1<<63 - 1
	for name, r := range map[string]Rule{
		"sliding": {Kind: SlidingWindow, Limit: huge, Window: time.Minute},
		"fixed":   {Kind: FixedWindow, Limit: huge, Window: time.Minute},
		"bucket":  {Kind: TokenBucket, Limit: huge, Burst: huge, Window: maxWindow},
		"budget":  {Kind: Budget, Limit: huge},
	} {
		m := newMeter(&r)
		now := int64(1e18)
		m.advance(now, &r)
		m.take(now, &r, huge)
		m.take(now, &r, huge)
		m.book(now, &r, huge)
		if used, held, _ := m.state(&r); used < 0 || held < 0 || max(used, held) < huge/2 {
			t.Errorf("%s: used %d, held %d", name, used, held)
		}
		if room := m.room(&r); room > 0 {
			t.Errorf("%s: room for %d", name, room)
		}
		if until, _ := m.wait(now, &r, 1); until < now {
			t.Errorf("%s: waits until %d", name, until)
		}
		m.advance(now+1, &r)
		if used, _, _ := m.state(&r); used < 0 {
			t.Errorf("%s: used %d a moment later", name, used)
		}
	}
}
