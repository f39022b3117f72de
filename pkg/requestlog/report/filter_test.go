package report

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/llmgw/llmgw/pkg/requestlog"
)

const fullLine = `{"timestamp":"2026-03-04T05:06:07.089Z","request_id":"req_1","status":"error","http_status":529,"error_type":"upstream","error":"it said \"no\"",` +
	`"endpoint":"/v1/messages","dialect":"anthropic","model":"claude","deployment":"claude-1","provider":"anthropic","upstream_model":"claude-sonnet-4-5",` +
	`"stream":true,"key_id":"key_1","key_name":"ci","team":"platform","session_id":"s1","user_agent":"cli","client_ip":"192.0.2.1","client_request_id":"theirs",` +
	`"duration":1234.567,"ttft":250,"upstream_ms":1234,"overhead_ms":0.567,"input_tokens":1000,"output_tokens":200,"cache_read_tokens":300,"cache_write_tokens":100,` +
	`"cache_write_1h_tokens":60,"reasoning_tokens":7,"queries":2,"usage_estimated":true,"cost":0.0315,"price_source":"catalog","cache":"miss","stop_reason":"end_turn",` +
	`"upstream_request_id":"req_up","attempts":[{"deployment":"claude-0","status":529,"error":"overloaded","ms":1.5}]}`

func TestFilter(t *testing.T) {
	t.Parallel()
	const bare = `{"status":"success"}`
	for _, tt := range []struct {
		expression string
		full, bare bool
	}{
		{`status == "error" && model startsWith "claude"`, true, false},
		{`request_id == "req_1" and error == 'it said "no"' and error_type in ["upstream", "internal"]`, true, false},
		{`endpoint == "/v1/messages" && dialect == "anthropic" && deployment == "claude-1" && provider == "anthropic"`, true, false},
		{`upstream_model matches "sonnet-[0-9]" && key_id == "key_1" && key_name == "ci" && key == "ci" && team == "platform"`, true, false},
		{`session_id == "s1" && user_agent == "cli" && client_ip == "192.0.2.1" && client_request_id == "theirs"`, true, false},
		{`price_source == "catalog" && cache == "miss" && stop_reason == "end_turn" && upstream_request_id == "req_up"`, true, false},
		{`duration == 1234.567 && ttft == 250 && upstream_ms == 1234 && overhead_ms == 0.567`, true, false},
		{`input_tokens + output_tokens == 1200 && cache_read_tokens == 300 && cache_write_tokens == 100 && cache_write_1h_tokens == 60`, true, false},
		{`reasoning_tokens == 7 && queries == 2 && usage_estimated && cost > 0.0314 && cost < 0.0316 && stream && http_status >= 500`, true, false},
		{`len(attempts) > 0 && attempts[0].deployment == "claude-0" && any(attempts, .status == 529 && .ms > 1 && .error != "")`, true, false},
		{`timestamp.Hour() == 6 && timestamp > date("2026-03-04") && timestamp.Weekday().String() == "Wednesday"`, true, false},
		{`status != "error" && len(attempts) == 0 && duration == 0 && key == ""`, false, true},
		{`$env["model"] == "claude"`, true, false},
		{`true`, true, true},
	} {
		f, err := NewFilter(tt.expression, time.FixedZone("", 3600))
		if err != nil {
			t.Errorf("%s: %v", tt.expression, err)
			continue
		}
		for line, want := range map[string]bool{fullLine: tt.full, bare: tt.bare} {
			if got, err := f.Match([]byte(line)); got != want || err != nil {
				t.Errorf("%s of %.30s is %v, %v", tt.expression, line, got, err)
			}
			if got := analyze(t, Options{Where: f}, []byte(line+"\n")); (got.Total == 1) != want {
				t.Errorf("%s in a report: %d", tt.expression, got.Total)
			}
		}
	}
}

// Every field of a line can be used, by its name.
func TestFilterKnowsAllFields(t *testing.T) {
	t.Parallel()
	for _, f := range fields {
		if _, err := NewFilter(f.name+" == "+f.name, nil); err != nil && f.kind != kindAttempts {
			t.Errorf("%s: %v", f.name, err)
		}
	}
}

func TestExpressionsThatAreWrong(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`colour == "red"`:                        "unknown name colour (1:1)",
		`status == `:                             "(1:10)",
		`status`:                                 "bool",
		`input_tokens == "many"`:                 "mismatched types",
		`model matches "("`:                      "missing closing",
		strings.Repeat("!", 1_000):               "", // it is only long
		strings.Repeat("true||", 2_000) + "true": "node",
	} {
		if _, err := NewFilter(text, nil); want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%.30s: %v, want %s", text, err, want)
		}
	}
}

func TestMatchFails(t *testing.T) {
	t.Parallel()
	if _, err := mustFilter(t, "true").Match([]byte("no line")); !errors.Is(err, requestlog.ErrRecord) {
		t.Errorf("err = %v", err)
	}
	_, err := mustFilter(t, "attempts[3].status == 1").Match([]byte(fullLine))
	if bad, ok := errors.AsType[*ExpressionError](err); !ok || !strings.Contains(bad.Error(), "out of range") || errors.Unwrap(bad) == nil {
		t.Errorf("err = %v", err)
	}
	// Memory is bounded.
	_, err = mustFilter(t, "len(map(1..100000, 1..100000)) > 0").Match([]byte(fullLine))
	if err == nil || !strings.Contains(err.Error(), "memory budget") {
		t.Errorf("err = %v", err)
	}
}
