package report

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/requestlog"
)

// writer writes a line of a log, without its end, for a call.
type writer func(r *rand.Rand, rec *requestlog.Record) []byte

// ours is a line as a gateway writes it.
func ours(_ *rand.Rand, rec *requestlog.Record) []byte { return rec.AppendJSON(nil) }

// others is a line of ours as other programs would write it: with members in another
// order, with spaces, with members that nobody knows, without those that are not
// needed, with numbers in other spellings.
func others(r *rand.Rand, rec *requestlog.Record) []byte {
	var m map[string]json.RawMessage
	if err := json.Unmarshal(rec.AppendJSON(nil), &m); err != nil {
		panic(err)
	}
	for range r.IntN(6) {
		optional := []string{"http_status", "endpoint", "stream", "ttft", "key_name", "cost", "attempts", "overhead_ms", "duration", "timestamp"}
		delete(m, optional[r.IntN(len(optional))])
	}
	m["metadata"] = json.RawMessage(`{"a":[1,-2.5e3,null,true,{"b":"\u00e9\\"}],"c":{}}`)
	if _, ok := m["cost"]; ok && r.IntN(2) == 0 {
		m["cost"] = fmt.Appendf(nil, "%.9e", float64(rec.Cost)/1e9)
	}
	b, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	if r.IntN(2) == 0 {
		b = []byte(strings.NewReplacer(`":`, `": `, `,"`, `, "`).Replace(string(b)))
	}
	return b
}

// litellm is a line as LiteLLM writes it.
func litellm(r *rand.Rand, rec *requestlog.Record) []byte {
	start := float64(rec.Timestamp.UnixMilli()) / 1000
	p := map[string]any{
		"id": rec.RequestID, "trace_id": rec.SessionID, "call_type": "acompletion", "stream": rec.Stream, "status": "success",
		"custom_llm_provider": rec.Provider, "model": rec.UpstreamModel, "model_group": rec.Model, "model_id": rec.Deployment,
		"startTime": start, "endTime": start + rec.Duration.Seconds(), "completionStartTime": start + 0.25,
		"response_time": rec.Duration.Seconds(), "prompt_tokens": rec.Usage.Input, "completion_tokens": rec.Usage.Output,
		"total_tokens": rec.Usage.Input + rec.Usage.Output, "response_cost": json.Number(rec.Cost.String()),
		"cache_hit": nil, "request_tags": []string{"a"}, "messages": []any{map[string]any{"role": "user", "content": "Hi \n\u2028"}},
		"error_str": nil, "error_information": nil, "hidden_params": map[string]any{"model_id": "x"},
		"metadata": map[string]any{
			"user_api_key_hash": rec.KeyID, "user_api_key_alias": rec.KeyName, "user_api_key_team_id": nil, "user_api_key_team_alias": rec.Team,
			"usage_object": map[string]any{
				"prompt_tokens_details":     map[string]any{"cached_tokens": rec.Usage.CacheRead},
				"completion_tokens_details": map[string]any{"reasoning_tokens": rec.Usage.Reasoning}, "cache_creation_input_tokens": rec.Usage.CacheWrite(),
			},
		},
	}
	if rec.Cache == "hit" {
		p["cache_hit"] = true
	}
	if r.IntN(2) == 0 {
		p["startTime"] = rec.Timestamp.Format("2006-01-02T15:04:05.000000")
	}
	if rec.Status == requestlog.StatusError {
		p["status"], p["error_str"] = "failure", rec.Error
		p["error_information"] = map[string]any{"error_code": strconv.Itoa(rec.HTTPStatus), "error_class": "RateLimitError", "llm_provider": rec.Provider}
	}
	b, err := json.Marshal(p)
	if err != nil {
		panic(err)
	}
	return b
}

// mixed is a line of any kind.
func mixed(r *rand.Rand, rec *requestlog.Record) []byte {
	return []writer{ours, others, litellm}[r.IntN(3)](r, rec)
}

// spoiled is a line that is broken in one of several ways.
func spoiled(r *rand.Rand, line []byte, kind int) []byte {
	text := string(line)
	switch kind % 10 {
	case 0: // truncated
		return line[:1+r.IntN(len(line)-1)]
	case 1: // binary
		b := make([]byte, 200)
		for i := range b {
			if b[i] = byte(r.IntN(256)); b[i] == '\n' {
				b[i] = 0
			}
		}
		return b
	case 2: // of wrong types, in both forms
		return []byte(strings.NewReplacer(`"input_tokens":`, `"input_tokens":"many","x":`, `"prompt_tokens":`, `"prompt_tokens":"many","x":`,
			`"input_tokens" :`, `"input_tokens":"many","x":`).Replace(`{"status":"success","input_tokens":1.5}` + text))
	case 3: // of wrong types
		return []byte(`{"timestamp":"2026-03-01T00:00:00Z","status":"success","duration":"fast"}`)
	case 4:
		return nil
	case 5: // without a status: a line of a process
		return []byte(`{"timestamp":"2026-03-01T00:00:00Z","level":"info","message":"listening"}`)
	case 6:
		return []byte(`127.0.0.1 - - [01/Mar/2026:00:00:00 +0000] "GET / HTTP/1.1" 200`)
	case 7: // out of range
		return []byte(`{"timestamp":"2026-03-01T00:00:00Z","status":"success","output_tokens":-1}`)
	case 8: // no time
		return []byte(`{"timestamp":"2026-13-01T00:00:00Z","status":"success"}`)
	default: // two lines in one
		return append(append([]byte{}, line...), line...)
	}
}

// randomRecord is a call as a gateway logs them.
func randomRecord(r *rand.Rand, i int) requestlog.Record {
	pick := func(words ...string) string { return words[r.IntN(len(words))] }
	rec := requestlog.Record{
		Timestamp: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(i) * 1337 * time.Millisecond),
		RequestID: fmt.Sprintf("req_%08d", i), Status: requestlog.StatusSuccess, HTTPStatus: 200,
		Endpoint: "/v1/messages", Dialect: llm.Anthropic, Model: pick("claude-sonnet", "claude-opus", "größe/模型", `we"ird`),
		Stream: r.IntN(2) == 0, KeyID: "key_1", KeyName: pick("ci", "", "people"), Team: pick("platform", ""),
		SessionID: "3f0c4c8e-4b43-4d58-8b0e-5a8e6f4f0d0a", UserAgent: "claude-cli/2.0.14 (external, cli)", ClientIP: "192.0.2.1",
		Duration: time.Duration(r.Int64N(9_000_000)) * time.Microsecond, Overhead: 567 * time.Microsecond,
		Usage: llm.Usage{
			Input: r.Int64N(100_000), Output: r.Int64N(4000), CacheRead: r.Int64N(50_000), CacheWrite5m: r.Int64N(1000),
			Reasoning: r.Int64N(100), Reported: r.IntN(20) > 0,
		},
		Cost: llm.NanoUSD(r.Int64N(1e9)), PriceSource: "catalog", Cache: pick("hit", "miss", "bypass"), StopReason: "end_turn",
		Provider: "anthropic", Deployment: "claude-1", UpstreamModel: "claude-sonnet-4-5", UpstreamRequestID: "req_upstream_011",
		Attempts: []requestlog.Attempt{{Deployment: "claude-1", Status: 200, Duration: time.Second}},
	}
	if rec.Stream {
		rec.TTFT = time.Duration(r.Int64N(1e6)) * time.Microsecond
	}
	rec.Upstream = rec.Duration - rec.Overhead
	switch r.IntN(25) {
	case 0:
		rec.Status, rec.HTTPStatus, rec.ErrorType, rec.Error = requestlog.StatusError, 529, "upstream", `the provider said "overloaded"`
	case 1:
		rec.Status, rec.HTTPStatus, rec.ErrorType, rec.Error = requestlog.StatusError, 429, "rate_limited", "60 requests a minute"
		rec.Attempts, rec.Usage, rec.Cost, rec.Duration, rec.Deployment, rec.Provider = nil, llm.Usage{}, 0, 0, "", ""
	}
	return rec
}

// generate is a log of n lines, one in a thousand of them broken, and how many are.
func generate(n int, write writer) (log []byte, broken int64) {
	r := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		rec := randomRecord(r, i)
		line := write(r, &rec)
		if i%1000 == 500 {
			line = spoiled(r, line, int(broken))
			broken++
		}
		log = append(append(log, line...), '\n')
	}
	return log, broken
}
