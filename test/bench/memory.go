package main

import (
	"context"
	"fmt"
	"time"

	"github.com/llmgw/llmgw/test/bench/load"
	"github.com/llmgw/llmgw/test/bench/report"
	"github.com/llmgw/llmgw/test/bench/subject"
	"github.com/llmgw/llmgw/test/bench/traffic"
)

const (
	heldBodies   = 256  // large bodies in flight at a time
	slowStreams  = 1000 // open at a time
	megabyte     = 1e6
	kibibyte     = 1 << 10
	keepBodies   = 130 // MB
	reachBodies  = 90
	keepStreams  = 60 // KiB each
	reachStreams = 45
)

const (
	// openWithin bounds how long all slow streams take to begin; none may end
	// before the last has begun.
	openWithin = 6 * time.Second
	// watchFor is how long memory is watched with all streams open, every
	// watchEvery.
	watchFor   = 2 * time.Second
	watchEvery = 100 * time.Millisecond
)

// measureBodies finds the peak memory with large bodies in flight, in fresh
// processes: what calls before it have left behind is not its subject.
func (l *lab) measureBodies(ctx context.Context) error {
	const name = "memory/bodies"
	if !l.wanted(name) {
		return nil
	}
	call := newCall(traffic.Request{Dialect: traffic.OpenAI, Pace: traffic.Held, Size: largeBody})
	return l.withSubjects(ctx, func(proxies []*subject.Process) error {
		for _, p := range proxies {
			got := load.Closed(ctx, load.Plan{Addr: p.Addr, Call: call, Conns: heldBodies, For: seconds(l.report.Settings.Seconds)})
			if got.Failed > 0 {
				l.report.Fail(name, p.Name, fmt.Errorf("%d of %d calls: %w", got.Failed, got.Failed+got.Calls, got.First))
			}
			m, err := l.processes.Memory(p.PID())
			if err != nil {
				return err
			}
			l.addMemory(name, p.Name, "MB at most", float64(m.Peak)/megabyte, report.Goal{Keep: keepBodies, Reach: reachBodies})
		}
		return nil
	})
}

// measureStreams finds what an open stream occupies, in fresh processes.
func (l *lab) measureStreams(ctx context.Context) error {
	const name = "memory/streams"
	if !l.wanted(name) {
		return nil
	}
	return l.withSubjects(ctx, func(proxies []*subject.Process) error {
		for _, p := range proxies {
			each, err := l.perStream(ctx, p)
			if err != nil {
				l.report.Fail(name, p.Name, err)
				continue
			}
			l.addMemory(name, p.Name, "KiB each", each/kibibyte, report.Goal{Keep: keepStreams, Reach: reachStreams})
		}
		return nil
	})
}

// perStream is how many bytes a subject grows by for each of many slow streams.
func (l *lab) perStream(ctx context.Context, p *subject.Process) (float64, error) {
	// One call first: connections and tables that any use brings are no stream's.
	if _, err := load.Fetch(ctx, p.Addr, newCall(traffic.Request{Dialect: traffic.OpenAI, Size: smallBody, Stream: true})); err != nil {
		return 0, err
	}
	if _, err := l.settledCPU(ctx, p.PID()); err != nil {
		return 0, err
	}
	idle, err := l.processes.Memory(p.PID())
	if err != nil {
		return 0, err
	}
	open, err := load.OpenStreams(ctx, load.Plan{
		Addr: p.Addr, Conns: slowStreams, For: openWithin,
		Call: newCall(traffic.Request{Dialect: traffic.OpenAI, Pace: traffic.Paced, Size: smallBody, Stream: true}),
	})
	if err != nil {
		return 0, err
	}
	most, watchErr := l.watchMemory(ctx, p.PID())
	if err := open.Close(); err != nil {
		return 0, err
	}
	return float64(most-idle.Now) / slowStreams, watchErr
}

// watchMemory returns the most memory that a process tree has at any time of
// watchFor.
func (l *lab) watchMemory(ctx context.Context, pid int) (int64, error) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	var most int64
	for end := time.Now().Add(watchFor); time.Now().Before(end); {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
		m, err := l.processes.Memory(pid)
		if err != nil {
			return 0, err
		}
		most = max(most, m.Now)
	}
	return most, nil
}

func (l *lab) addMemory(name, subject, unit string, value float64, goal report.Goal) {
	f := report.Figure{Name: name, Subject: subject, Unit: unit, Samples: []float64{value}}
	if subject == llmgw {
		goal.Value, goal.What = value, unit
		f.Goal = &goal
	}
	l.report.Add(f)
}
