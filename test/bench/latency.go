package main

import (
	"context"
	"slices"
	"time"

	"github.com/llmgw/llmgw/test/bench/load"
	"github.com/llmgw/llmgw/test/bench/report"
	"github.com/llmgw/llmgw/test/bench/subject"
	"github.com/llmgw/llmgw/test/bench/traffic"
)

const (
	// rate is how many calls a second latencies are measured at: few enough that
	// none waits for another.
	rate = 1000

	// keepAdded is what the gateway may add to the median, in ms, and reachAdded
	// what it is to come to beyond nginx.
	keepAdded, reachAdded = 0.45, 0.1
)

// The figures of one measurement.
const (
	latencyP50 = "latency/p50"
	latencyP99 = "latency/p99"
)

// measureLatency finds how long a small call takes at a constant rate.
func (l *lab) measureLatency(ctx context.Context, proxies []*subject.Process) {
	if !l.wanted("latency") {
		return
	}
	targets := []target{{direct, l.mock.Addr}}
	for _, p := range proxies {
		targets = append(targets, target{p.Name, p.Addr})
	}
	var p50, p99 samples
	call := newCall(traffic.Request{Dialect: traffic.OpenAI, Size: smallBody})
	for range l.report.Settings.Rounds {
		for _, t := range targets {
			took, err := load.Open(ctx, load.Plan{
				Addr: t.addr, Call: call, Conns: connections, For: seconds(l.report.Settings.Seconds),
			}, rate)
			if err != nil {
				l.report.Fail("latency", t.name, err)
				continue
			}
			l.answered[t.name] += len(took)
			p50.add(t.name, took.Quantile(0.5))
			p99.add(t.name, took.Quantile(0.99))
		}
	}
	l.addLatency(latencyP50, targets, p50)
	l.addLatency(latencyP99, targets, p99)
	l.judgeLatency()
}

// target is where calls can be sent.
type target struct{ name, addr string }

// samples are milliseconds by subject.
type samples struct{ of map[string][]float64 }

func (s *samples) add(name string, d time.Duration) {
	if s.of == nil {
		s.of = map[string][]float64{}
	}
	s.of[name] = append(s.of[name], float64(d)/float64(time.Millisecond))
}

func (l *lab) addLatency(name string, targets []target, s samples) {
	for _, t := range targets {
		l.report.Add(report.Figure{Name: name, Subject: t.name, Unit: "ms", Samples: s.of[t.name]})
	}
}

// judgeLatency holds what the gateway adds to the median against what nginx
// adds, each by its quietest round: whatever else a machine does only ever makes
// a call slower, and by far more than what is judged here.
func (l *lab) judgeLatency() {
	g, base, n := l.report.Find(latencyP50, llmgw), l.report.Find(latencyP50, direct), l.report.Find(latencyP50, nginx)
	if g == nil || min(len(g.Samples), len(base.Samples), len(n.Samples)) == 0 {
		return
	}
	floor := slices.Min(base.Samples)
	g.Goal = &report.Goal{
		What:  "ms over direct",
		Value: slices.Min(g.Samples) - floor,
		Keep:  keepAdded,
		Reach: slices.Min(n.Samples) - floor + reachAdded,
	}
}
