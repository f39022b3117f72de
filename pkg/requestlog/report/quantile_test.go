package report

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/montanaflynn/stats"
)

// The percentiles are those of a library that sorts, and calculates in floats.
func TestPercentile(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 8))
	shapes := map[string]func(i int) int64{
		"random": func(int) int64 { return r.Int64N(1e9) }, "few values": func(int) int64 { return r.Int64N(3) + 1 },
		"rising": func(i int) int64 { return int64(i) * 7 }, "falling": func(i int) int64 { return int64(10_000 - i) }, "one value": func(int) int64 { return 5 },
		"long tail": func(i int) int64 { return 1 << (i % 40) },
	}
	for name, shape := range shapes {
		for _, n := range []int{1, 2, 3, 20, 21, 100, 101, 5000} {
			list, floats := make([]time.Duration, n), make([]float64, n)
			for i := range list {
				list[i] = time.Duration(shape(i))
				floats[i] = float64(list[i])
			}
			for _, p := range []int{1, 50, 95, 99, 100} {
				want, err := stats.Percentile(floats, float64(p))
				if got := percentile(list, p); err != nil || float64(got)-want > 0.51 || want-float64(got) > 0.51 {
					t.Errorf("%s, %d of them: p%d = %d, want %f (%v)", name, n, p, got, want, err)
				}
			}
			want, err := stats.Mean(floats)
			if got := mean(list); err != nil || float64(got)-want > 0.51 || want-float64(got) > 0.51 {
				t.Errorf("%s, %d of them: mean %d, want %f (%v)", name, n, got, want, err)
			}
		}
	}
	if percentile(nil, 50) != 0 || mean(nil) != 0 || (spread(nil) != Spread{}) {
		t.Error("of nothing there is something")
	}
}

func TestPercentileIsExact(t *testing.T) {
	t.Parallel()
	// numpy.percentile([1, 2, 3, 4, 10], [50, 95, 99]) is 3, 8.8, 9.76: in floats the
	// second one is 8.799999999999999.
	list := []time.Duration{10_000_000, 2_000_000, 4_000_000, 1_000_000, 3_000_000}
	if got, want := spread(list), (Spread{
		Average: 4_000_000, Min: 1_000_000, Max: 10_000_000, P50: 3_000_000, P95: 8_800_000, P99: 9_760_000,
	}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := percentile([]time.Duration{0, maxDuration}, 99); got != maxDuration/100*99 {
		t.Errorf("%d", got)
	}
}

func FuzzNth(f *testing.F) {
	f.Add([]byte{3, 1, 2}, uint8(1))
	f.Add(slices.Repeat([]byte{1, 2, 3, 4, 5, 6, 7, 8, 9}, 30), uint8(200))
	f.Fuzz(func(t *testing.T, text []byte, rank uint8) {
		if len(text) == 0 {
			return
		}
		list := make([]time.Duration, len(text))
		for i, b := range text {
			list[i] = time.Duration(b)
		}
		n := int(rank) % len(list)
		got := nth(list, n)
		if slices.Sort(text); got != time.Duration(text[n]) || slices.Max(list[:n+1]) != got || slices.Min(list[n:]) != got {
			t.Errorf("nth(%d) = %d of %v", n, got, text)
		}
	})
}
