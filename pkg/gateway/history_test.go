package gateway

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestPlacesRoundUpByLittle(t *testing.T) {
	t.Parallel()
	for _, n := range []int64{-5, 0, 1, 15, 16, 17, 31, 32, 33, 63, 64, 800, 1024, 1025, 64_000, 1 << 20, largest - 1, largest, largest + 1, math.MaxInt64} {
		i := place(n)
		if i < 0 || i > places {
			t.Fatalf("place of %d is %d, want at most %d", n, i, places)
		}
		known := min(max(n, 0), largest)
		if up := upper(i); up < known || up > known+known/steps+1 {
			t.Errorf("%d is told as %d, want at most a sixteenth more", n, up)
		}
		if i > 0 && upper(i-1) >= known {
			t.Errorf("%d would have fitted into the place before, which goes up to %d", n, upper(i-1))
		}
	}
}

func TestPercentileNeedsAHistory(t *testing.T) {
	t.Parallel()
	var p percentile
	for range enough - 1 {
		p.add(800)
	}
	if n := p.p99.Load(); n != 0 {
		t.Fatalf("p99 of %d numbers = %d, want 0: no history yet", enough-1, n)
	}
	p.add(800)
	if n := p.p99.Load(); n < 800 || n > 850 {
		t.Errorf("p99 = %d, want 800 within a sixteenth", n)
	}
}

func TestPercentileLeavesOneOfAHundredAbove(t *testing.T) {
	t.Parallel()
	var p percentile
	for range 99 {
		p.add(100)
	}
	p.add(1_000_000)
	if n := p.p99.Load(); n < 100 || n > 107 {
		t.Errorf("p99 with one outlier of 100 = %d, want some 100", n)
	}
	p.add(1_000_000)
	if n := p.p99.Load(); n < 1_000_000 {
		t.Errorf("p99 with two outliers of 101 = %d, want at least 1000000", n)
	}
}

// What calls use now counts more than what they used.
func TestPercentileForgets(t *testing.T) {
	t.Parallel()
	var p percentile
	for range 3 * remembered {
		p.add(50_000)
	}
	for range 10 * remembered {
		p.add(500)
	}
	if n := p.p99.Load(); n > 540 {
		t.Errorf("p99 = %d, want some 500: the old numbers are long past", n)
	}
}

func TestPercentileAgreesWithSorting(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	var p percentile
	var all []int64
	for range 4_000 {
		n := int64(math.Exp(r.NormFloat64()*1.5 + 6))
		all = append(all, n)
		p.add(n)
	}
	slices.Sort(all)
	want := all[len(all)*99/100]
	if got := p.p99.Load(); float64(got) < 0.93*float64(want) || float64(got) > 1.15*float64(want) {
		t.Errorf("p99 = %d, want about %d", got, want)
	}
}

func TestAHistoryThatIsNot(t *testing.T) {
	t.Parallel()
	var h histories
	if known := h.of("m"); known.meanOutput() != firstMean || known.mostOutput() != 0 || known.mostInput() != 0 {
		t.Error("a group without calls has a history")
	}
	if first, again := h.ensure("m"), h.ensure("m"); first != again || h.of("m") == nil {
		t.Error("a group has two histories")
	}
}

func BenchmarkPercentile(b *testing.B) {
	b.ReportAllocs()
	var p percentile
	for i := 0; b.Loop(); i++ {
		p.add(int64(i % 5_000))
	}
}
