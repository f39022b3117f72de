package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/llmgw/llmgw/test/bench/report"
	"github.com/llmgw/llmgw/test/bench/subject"
)

const (
	starts, quickStarts     = 10, 3
	keepStartup, reachStart = 60, 30 // ms
)

// measureStartup finds how long a gateway takes from its start, with nothing set
// up, to the first answer. It does not compare with nginx, which has no state to
// open.
func (l *lab) measureStartup(ctx context.Context) error {
	const name = "startup"
	if l.gwPath == "" || !l.wanted(name) {
		return nil
	}
	n := starts
	if l.report.Settings.Quick {
		n = quickStarts
	}
	f := report.Figure{Name: name, Subject: llmgw, Unit: "ms to first 200"}
	for range n {
		took, err := l.startOnce(ctx)
		if err != nil {
			l.report.Fail(name, llmgw, err)
			return nil
		}
		f.Samples = append(f.Samples, float64(took)/float64(time.Millisecond))
	}
	f.Goal = &report.Goal{What: "ms", Value: f.Median(), Keep: keepStartup, Reach: reachStart}
	l.report.Add(f)
	return nil
}

// startOnce starts a gateway, makes a call and ends it.
func (l *lab) startOnce(ctx context.Context) (took time.Duration, err error) {
	gw, err := l.newGateway()
	if err != nil {
		return 0, err
	}
	start := time.Now()
	p, err := gw.StartBare(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, p.Stop()) }()
	if err := sayHello(ctx, p.Addr); err != nil {
		return 0, err
	}
	return time.Since(start), nil
}

// sayHello makes the first call that anybody makes: the built-in model needs no
// provider.
func sayHello(ctx context.Context, addr string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+addr+"/v1/chat/completions",
		strings.NewReader(`{"model":"echo/hello","messages":[{"role":"user","content":"hello"}]}`))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+subject.MasterKey)
	req.Header.Set("Content-Type", "application/json")
	if _, _, err := send(req); err != nil {
		return fmt.Errorf("first call: %w", err)
	}
	return nil
}
