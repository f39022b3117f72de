package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/llmgw/llmgw/test/bench/report"
	"github.com/llmgw/llmgw/test/bench/subject"
	"github.com/llmgw/llmgw/test/bench/traffic"
)

// checkBooks proves that the gateway did the work that its calls are compared
// with: it has counted and priced every one of them, logged them and applied the
// key's limits. A gateway that leaves this out is fast for nothing. calls is how
// many it has answered.
func (l *lab) checkBooks(ctx context.Context, p *subject.Process, calls int) {
	const name = "books"
	if !l.wanted(name) {
		return
	}
	counted, err := countedCalls(ctx, p.Addr)
	err = errors.Join(err, checkLimits(ctx, p.Addr))
	// The call just made has its line once the gateway is at rest, also in a log
	// that has been rotated since the others.
	_, restless := l.settledCPU(ctx, p.PID())
	err = errors.Join(err, restless, checkLog(filepath.Join(p.Dir, "data", "requests.jsonl")))
	missing := float64(calls) - counted
	if missing != 0 {
		err = errors.Join(err, fmt.Errorf("%d calls made, %.0f in its metrics", calls, counted))
	}
	if err != nil {
		l.report.Fail(name, p.Name, err)
	}
	l.report.Add(report.Figure{
		Name: name, Subject: p.Name, Unit: "calls not counted", Samples: []float64{missing},
		Goal: &report.Goal{What: "not counted", Value: missing},
	})
}

// countedCalls returns the calls in the gateway's metrics.
func countedCalls(ctx context.Context, addr string) (float64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/metrics", http.NoBody)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Authorization", "Bearer "+subject.MasterKey)
	_, text, err := send(req)
	if err != nil {
		return 0, fmt.Errorf("metrics: %w", err)
	}
	counted, err := sumMetric(text, "litellm_request_count")
	cost, err2 := sumMetric(text, "litellm_cost_total")
	if cost <= 0 && counted > 0 {
		err2 = errors.Join(err2, errors.New("metrics: the calls have cost nothing"))
	}
	return counted, errors.Join(err, err2)
}

// sumMetric adds up the series of a metric in Prometheus's text format; 0 of
// none.
func sumMetric(text []byte, name string) (float64, error) {
	var sum float64
	for line := range bytes.Lines(text) {
		series, value, _ := strings.Cut(strings.TrimSpace(string(line)), " ")
		if i := strings.LastIndexByte(string(line), '}'); i >= 0 { // label values may hold blanks
			series, value = string(line[:i]), strings.TrimSpace(string(line[i+1:]))
		}
		if metric, _, _ := strings.Cut(series, "{"); metric != name {
			continue
		}
		v, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return 0, fmt.Errorf("metric %s: %w", name, err)
		}
		sum += v
	}
	return sum, nil
}

// checkLog looks whether the last line of a request log is a priced call.
func checkLog(path string) error {
	b, err := readEnd(path)
	if err != nil {
		return fmt.Errorf("request log: %w", err)
	}
	b = bytes.TrimSpace(b)
	var last struct {
		Status string  `json:"status"`
		Cost   float64 `json:"cost"`
	}
	if err := json.Unmarshal(b[bytes.LastIndexByte(b, '\n')+1:], &last); err != nil {
		return fmt.Errorf("request log: last line: %w", err)
	}
	if last.Status != "success" || last.Cost <= 0 {
		return fmt.Errorf("request log: last call has status %q and cost %v", last.Status, last.Cost)
	}
	return nil
}

// maxLine bounds a line of a request log.
const maxLine = 64 << 10

// readEnd returns the last maxLine bytes of a file, which may be large.
func readEnd(path string) (b []byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.NewSectionReader(f, max(0, info.Size()-maxLine), maxLine))
}

// checkLimits makes a call and looks whether its answer tells the key's limit.
func checkLimits(ctx context.Context, addr string) error {
	r := traffic.Request{Dialect: traffic.OpenAI, Size: smallBody}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+addr+r.Dialect.Path(), bytes.NewReader(r.Body()))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+subject.Key)
	header, _, err := send(req)
	if err != nil {
		return fmt.Errorf("limits: %w", err)
	}
	if got := header.Get("X-Ratelimit-Limit-Requests"); got != strconv.Itoa(subject.KeyRPM) {
		return fmt.Errorf("limits: the answer tells a limit of %q requests, the key's is %d", got, subject.KeyRPM)
	}
	return nil
}

// maxBody bounds what is read of an answer.
const maxBody = 16 << 20

// send makes one request over a connection of its own and wants a 200.
func send(req *http.Request) (http.Header, []byte, error) {
	res, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
	if err != nil {
		return nil, nil, err
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxBody))
	if err := cmp.Or(err, res.Body.Close()); err != nil {
		return nil, nil, err
	}
	if res.StatusCode != http.StatusOK {
		return nil, nil, fmt.Errorf("status %d: %.300s", res.StatusCode, body)
	}
	return res.Header, body, nil
}
