package gatewaytest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// LogLine is one line of the request log, as far as tests look at it. It is
// declared apart from the product's own record on purpose: the field names are
// a promise to people who read the file, and a renamed one has to be noticed.
type LogLine struct {
	Timestamp        time.Time   `json:"timestamp"`
	RequestID        string      `json:"request_id"`
	Status           string      `json:"status"`
	HTTPStatus       int         `json:"http_status"`
	ErrorType        string      `json:"error_type"`
	Error            string      `json:"error"`
	Endpoint         string      `json:"endpoint"`
	Dialect          string      `json:"dialect"`
	Model            string      `json:"model"`
	Deployment       string      `json:"deployment"`
	Provider         string      `json:"provider"`
	UpstreamModel    string      `json:"upstream_model"`
	Stream           bool        `json:"stream"`
	KeyID            string      `json:"key_id"`
	SessionID        string      `json:"session_id"`
	UserAgent        string      `json:"user_agent"`
	InputTokens      int64       `json:"input_tokens"`
	OutputTokens     int64       `json:"output_tokens"`
	CacheReadTokens  int64       `json:"cache_read_tokens"`
	CacheWriteTokens int64       `json:"cache_write_tokens"`
	ReasoningTokens  int64       `json:"reasoning_tokens"`
	UsageEstimated   bool        `json:"usage_estimated"`
	Cost             json.Number `json:"cost"`
	StopReason       string      `json:"stop_reason"`
	Attempts         []Attempt   `json:"attempts"`
}

// Attempt is one try at one deployment in a LogLine.
type Attempt struct {
	Status int    `json:"status"`
	Error  string `json:"error"`
}

// Log stops the gateway and returns its request log, oldest line first. Lines
// reach the file behind the calls; after a clean stop all of them are there.
// A line that is not the JSON promised fails the test.
func (g *Gateway) Log() []LogLine {
	g.tb.Helper()
	g.Stop()
	return g.parse(g.readLog())
}

// LogSoFar returns the lines that have reached the request log, oldest first,
// while the gateway goes on. A last line that is not whole yet is left out.
func (g *Gateway) LogSoFar() []LogLine {
	g.tb.Helper()
	text := g.readLog()
	return g.parse(text[:bytes.LastIndexByte(text, '\n')+1])
}

// readLog reads the file of the request log; one that does not exist is empty.
func (g *Gateway) readLog() []byte {
	g.tb.Helper()
	text, err := os.ReadFile(filepath.Join(g.dataDir, "requests.jsonl"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		g.tb.Fatal(err)
	}
	return text
}

// parse reads the lines of a request log or fails the test.
func (g *Gateway) parse(text []byte) []LogLine {
	g.tb.Helper()
	lines, err := parseLog(text)
	if err != nil {
		g.tb.Fatal(err)
	}
	return lines
}

// parseLog reads the lines of a request log.
func parseLog(text []byte) ([]LogLine, error) {
	var lines []LogLine
	for raw := range bytes.Lines(text) {
		var l LogLine
		if err := json.Unmarshal(raw, &l); err != nil {
			return nil, fmt.Errorf("request log, line %d: %w: %s", len(lines)+1, err, raw)
		}
		lines = append(lines, l)
	}
	return lines, nil
}
