package metrics

import (
	"strings"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
)

const (
	// maxSeries is how many label sets an instrument has. A histogram's label set
	// counts as one.
	maxSeries = 10_000
	// maxLabel is how many bytes of a name are shown: models served by a wildcard
	// are named by clients.
	maxLabel = 200
	// other is what all labels say once an instrument is full.
	other = "other"
)

// bounded is an instrument that makes at most maxSeries label sets. Not safe for
// concurrent use.
type bounded[T any] struct {
	vec   prometheus.Collector
	child func(labels ...string) T
	made  int
}

func newCounters(name, help string, labels []string) *bounded[prometheus.Counter] {
	vec := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	return &bounded[prometheus.Counter]{vec: vec, child: vec.WithLabelValues}
}

func newHistograms(opts prometheus.HistogramOpts, labels []string) *bounded[prometheus.Observer] {
	vec := prometheus.NewHistogramVec(opts, labels)
	return &bounded[prometheus.Observer]{vec: vec, child: vec.WithLabelValues}
}

// with makes the child for labels and extra. Callers keep it and ask once for
// each set. Extra labels are few and keep their values in a full instrument.
func (b *bounded[T]) with(labels []string, extra ...string) T {
	values := make([]string, 0, len(labels)+len(extra))
	if b.made < maxSeries {
		b.made++
		values = append(values, labels...)
	} else {
		for range labels {
			values = append(values, other)
		}
	}
	return b.child(append(values, extra...)...)
}

// gauges is one gauge for each name of something, of which there are at most
// maxSeries; more are not shown, for a sum of ratios means nothing.
type gauges struct {
	vec   *prometheus.GaugeVec
	mu    sync.Mutex // guards named
	named map[string]prometheus.Gauge
}

func newGauges(opts prometheus.GaugeOpts, label string) *gauges {
	return &gauges{vec: prometheus.NewGaugeVec(opts, []string{label}), named: make(map[string]prometheus.Gauge)}
}

func (g *gauges) set(name string, value float64) {
	name = clean(name)
	g.mu.Lock()
	defer g.mu.Unlock()
	gauge, ok := g.named[name]
	if !ok {
		if len(g.named) >= maxSeries {
			return
		}
		gauge = g.vec.WithLabelValues(name)
		g.named[name] = gauge
	}
	gauge.Set(value)
}

func (g *gauges) forget(name string) {
	name = clean(name)
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.named, name)
	g.vec.DeleteLabelValues(name)
}

// clean makes a label's value of any text: valid UTF-8, not too long, and a copy
// that keeps nothing else in memory.
func clean(s string) string {
	return strings.Clone(strings.ToValidUTF8(short(s), "\uFFFD"))
}

func short(s string) string { return s[:min(len(s), maxLabel)] }

// add leaves out what a counter must not be given: it panics on negative values.
func add(c prometheus.Counter, v float64) {
	if v > 0 {
		c.Add(v)
	}
}
