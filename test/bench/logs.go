package main

import (
	"bufio"
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/llmgw/llmgw/test/bench/report"
)

// What "logs analyze" is held against: the time that DuckDB needs for the same sums,
// percentiles and groups of the same file, without its start, where it is told the
// columns. Left to find them itself it needs longer: that is shown, too.
const (
	logsFigure   = "logs/analyze"
	duckdb       = "duckdb"
	duckdbGiven  = "duckdb, columns given"
	keepLogs     = 1
	reachLogs    = 0.5
	logLines     = 200_000
	duckdbModule = "@duckdb/node-api"
)

//go:embed duckdb.mjs
var duckdbScript []byte

// compareLogs measures how long "logs analyze" takes for a log, beside DuckDB. What
// DuckDB needs is optional: without it the comparison says how to get it.
func (l *lab) compareLogs(ctx context.Context) error {
	if l.gwPath == "" || !l.wanted(logsFigure) {
		return nil
	}
	dir, err := l.newDir("logs")
	if err != nil {
		return err
	}
	log := filepath.Join(dir, "requests.jsonl")
	if err := os.WriteFile(log, makeLog(logLines), 0o600); err != nil {
		return err
	}
	duck, err := startDuckDB(ctx, dir, log)
	if err != nil {
		_, _ = fmt.Fprintf(l.progress, "logs/analyze is NOT compared with DuckDB: %v (it needs node and npm: apt-get install nodejs npm, "+
			"and a registry to install %s from)\n", err, duckdbModule)
	}
	c := &logComparison{gateway: l.gwPath, log: log, duck: duck}
	err = c.rounds(ctx, max(l.report.Settings.Rounds, 3))
	if duck != nil {
		err = errors.Join(err, duck.stop())
	}
	if err != nil {
		l.report.Fail(logsFigure, llmgw, err)
		return ctx.Err()
	}
	c.add(l.report)
	return nil
}

// logComparison holds the milliseconds of each round.
type logComparison struct {
	gateway, log       string
	duck               *duckDB
	ours, theirs, told []float64
}

// rounds lets both take turns. A first round, which warms up, does not count.
func (c *logComparison) rounds(ctx context.Context, n int) error {
	for round := range n + 1 {
		ms, want, err := c.analyze(ctx)
		if err != nil {
			return err
		}
		samples := []float64{ms}
		for _, columns := range []string{"found", "given"} {
			if c.duck == nil {
				continue
			}
			ms, got, err := c.duck.ask(columns)
			if err != nil {
				return err
			}
			if err := same(want, got); err != nil {
				return err
			}
			samples = append(samples, ms)
		}
		if round == 0 {
			continue
		}
		for i, list := range []*[]float64{&c.ours, &c.theirs, &c.told}[:len(samples)] {
			*list = append(*list, samples[i])
		}
	}
	return nil
}

// add adds the figures to the report.
func (c *logComparison) add(r *report.Report) {
	info, err := os.Stat(c.log)
	if err != nil {
		r.Fail(logsFigure, llmgw, err)
		return
	}
	seconds := report.Median(c.ours) / 1000
	unit := fmt.Sprintf("ms for %d lines (%.0f MB/s)", logLines, float64(info.Size())/1e6/seconds)
	ours := report.Figure{Name: logsFigure, Subject: llmgw, Unit: unit, Samples: c.ours}
	if c.duck != nil {
		ratios := make([]float64, len(c.ours))
		for i := range ratios {
			ratios[i] = c.ours[i] / c.told[i]
		}
		ours.Goal = &report.Goal{What: "× " + duckdbGiven, Value: report.Median(ratios), Keep: keepLogs, Reach: reachLogs}
		r.Add(report.Figure{Name: logsFigure, Subject: duckdb, Unit: "ms", Samples: c.theirs})
		r.Add(report.Figure{Name: logsFigure, Subject: duckdbGiven, Unit: "ms", Samples: c.told})
	}
	r.Add(ours)
}

// modelSum is what a log amounts to for one model.
type modelSum struct {
	Model    string      `json:"model"`
	Requests int64       `json:"requests"`
	Failed   int64       `json:"failed"`
	Cost     json.Number `json:"cost"`
	Input    json.Number `json:"input"`
	Output   json.Number `json:"output"`
	P50      float64     `json:"p50"`
	P95      float64     `json:"p95"`
	P99      float64     `json:"p99"`
}

// analyze runs the command, from its start to its end.
func (c *logComparison) analyze(ctx context.Context) (ms float64, sums []modelSum, err error) {
	cmd := exec.CommandContext(ctx, c.gateway, "logs", "analyze", c.log, "--by", "model", "--sort", "name", "-o", "json")
	cmd.Env = gatewayEnv()
	var out, told bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &told
	begin := time.Now()
	if err := cmd.Run(); err != nil {
		return 0, nil, fmt.Errorf("logs analyze: %w: %s", err, told.String())
	}
	ms = float64(time.Since(begin)) / float64(time.Millisecond)
	var result struct {
		Groups []struct {
			Model    string      `json:"model"`
			Requests int64       `json:"total_requests"`
			Failed   int64       `json:"failed_requests"`
			Cost     json.Number `json:"total_cost"`
			Input    json.Number `json:"input_tokens"`
			Output   json.Number `json:"output_tokens"`
			P50      float64     `json:"p50_latency"`
			P95      float64     `json:"p95_latency"`
			P99      float64     `json:"p99_latency"`
		} `json:"groups"`
	}
	if err := json.Unmarshal(out.Bytes(), &result); err != nil {
		return 0, nil, fmt.Errorf("logs analyze: %w", err)
	}
	for _, g := range result.Groups {
		sums = append(sums, modelSum(g))
	}
	return ms, sums, nil
}

// same reports where two computations differ: nothing must be fast because it is
// wrong.
func same(ours, duck []modelSum) error {
	if len(ours) != len(duck) {
		return fmt.Errorf("%d models, DuckDB finds %d", len(ours), len(duck))
	}
	for i, a := range ours {
		b := duck[i]
		near := func(x, y float64) bool { return math.Abs(x-y) < 1e-9*math.Abs(y) }
		// DuckDB sums money in floats where it finds the columns itself.
		cost, err := a.Cost.Float64()
		theirs, err2 := b.Cost.Float64()
		if err := errors.Join(err, err2); err != nil {
			return err
		}
		if a.Model != b.Model || a.Requests != b.Requests || a.Failed != b.Failed || !near(cost, theirs) ||
			a.Input != b.Input || a.Output != b.Output || !near(a.P50, b.P50) || !near(a.P95, b.P95) || !near(a.P99, b.P99) {
			return fmt.Errorf("%+v, DuckDB finds %+v", a, b)
		}
	}
	return nil
}

// duckDB is DuckDB, in a process that waits for questions.
type duckDB struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	answers *bufio.Scanner
}

// startDuckDB installs DuckDB into a folder and starts it.
func startDuckDB(ctx context.Context, dir, log string) (*duckDB, error) {
	for _, tool := range []string{"node", "npm"} {
		if _, err := exec.LookPath(tool); err != nil {
			return nil, err
		}
	}
	script := filepath.Join(dir, "duckdb.mjs")
	if err := os.WriteFile(script, duckdbScript, 0o600); err != nil {
		return nil, err
	}
	install := exec.CommandContext(ctx, "npm", "install", "--no-audit", "--no-fund", "--prefix", dir, duckdbModule)
	if out, err := install.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("npm install %s: %w: %.300s", duckdbModule, err, out)
	}
	d := &duckDB{cmd: exec.CommandContext(ctx, "node", script, log)}
	d.cmd.Dir = dir
	var err error
	if d.in, err = d.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := d.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	d.answers = bufio.NewScanner(out)
	d.answers.Buffer(nil, 1<<20)
	return d, d.cmd.Start()
}

// ask lets DuckDB compute.
func (d *duckDB) ask(columns string) (ms float64, sums []modelSum, err error) {
	if _, err := io.WriteString(d.in, columns+"\n"); err != nil {
		return 0, nil, fmt.Errorf("duckdb: %w", err)
	}
	if !d.answers.Scan() {
		return 0, nil, fmt.Errorf("duckdb gives no answer: %w", errors.Join(d.answers.Err(), io.ErrUnexpectedEOF))
	}
	var answer struct {
		MS     float64    `json:"ms"`
		Groups []modelSum `json:"groups"`
	}
	if err := json.Unmarshal(d.answers.Bytes(), &answer); err != nil {
		return 0, nil, fmt.Errorf("duckdb: %w", err)
	}
	return answer.MS, answer.Groups, nil
}

// stop ends it.
func (d *duckDB) stop() error { return errors.Join(d.in.Close(), d.cmd.Wait()) }

// makeLog makes the request log of a gateway, always the same one; one line in a
// thousand is torn.
func makeLog(lines int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	begin := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	models := []string{"claude-haiku-4-5", "claude-opus-4-5", "claude-sonnet-4-5", "gpt-4o", "gpt-4o-mini"}
	log := make([]byte, 0, lines*1000)
	for i := range lines {
		from := len(log)
		status, code, wrong := "success", 200, ""
		if r.IntN(25) == 0 {
			status, code, wrong = "error", 529, `"error_type":"upstream","error":"the provider said \"overloaded\"",`
		}
		model, ms := models[r.IntN(len(models))], float64(1000+r.IntN(9_000_000))/1000
		log = fmt.Appendf(log, `{"timestamp":"%s","request_id":"req_2c9f1a04k%06d","status":"%s","http_status":%d,%s"endpoint":"/v1/messages",`+
			`"dialect":"anthropic","model":"%s","deployment":"%s-1","provider":"anthropic","upstream_model":"%s-20251101","stream":%t,`+
			`"key_id":"key_7f3a19c2%02d","key_name":"team-%02d","team":"platform","session_id":"3f0c4c8e-4b43-4d58-8b0e-5a8e6f4f%04d",`+
			`"user_agent":"claude-cli/2.0.14 (external, cli)","client_ip":"192.0.2.%d","duration":%g,"ttft":%g,"upstream_ms":%g,"overhead_ms":0.567,`,
			begin.Add(time.Duration(i)*1337*time.Millisecond).Format("2006-01-02T15:04:05.000Z"), i, status, code, wrong,
			model, model, model, r.IntN(2) == 0, i%50, i%50, i%1000, i%250, ms, float64(50+r.IntN(900)), ms-0.567)
		log = fmt.Appendf(log, `"input_tokens":%d,"output_tokens":%d,"cache_read_tokens":%d,"cache_write_tokens":%d,"reasoning_tokens":0,`+
			`"usage_estimated":%t,"cost":%d.%09d,"price_source":"catalog","cache":"bypass","stop_reason":"end_turn","upstream_request_id":"req_011CU%018d",`+
			`"attempts":[{"deployment":"%s-1","status":%d,"ms":%g}]}`,
			r.IntN(100_000), r.IntN(4000), r.IntN(50_000), r.IntN(1000), r.IntN(50) == 0, r.IntN(2), 1+r.IntN(999_999_999), i, model, code, ms-1)
		if i%1000 == 500 {
			// Torn behind a member: where a text is torn DuckDB (1.5.6) may lose the next
			// line with it.
			log = log[:from+bytes.LastIndexByte(log[from:from+1+r.IntN(len(log)-from-1)], ',')+1]
		}
		log = append(log, '\n')
	}
	return log
}
