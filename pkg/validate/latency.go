package validate

import (
	"math"
	"time"

	"github.com/montanaflynn/stats"
)

// Latency is how long calls took.
type Latency struct {
	P50, P95, P99 time.Duration
	// FirstToken is the same of the time to the first token; nil where no answer was
	// a stream.
	FirstToken *Latency

	samples []float64
}

// newLatency works out the percentiles of durations, with linear interpolation
// between the two nearest; nil where there is none.
func newLatency(samples []float64) *Latency {
	if len(samples) == 0 {
		return nil
	}
	at := func(percent float64) time.Duration {
		v, err := stats.Percentile(samples, percent)
		if err != nil {
			return 0 // only for no samples, or percentiles out of range
		}
		return time.Duration(math.Round(v))
	}
	const median, high, highest = 50, 95, 99
	return &Latency{P50: at(median), P95: at(high), P99: at(highest), samples: samples}
}

// joinLatencies works out the percentiles over all samples; nil where there is none.
func joinLatencies(parts []Latency) *Latency {
	var all, first []float64
	for i := range parts {
		all = append(all, parts[i].samples...)
		if f := parts[i].FirstToken; f != nil {
			first = append(first, f.samples...)
		}
	}
	l := newLatency(all)
	if l != nil {
		l.FirstToken = newLatency(first)
	}
	return l
}
