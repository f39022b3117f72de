package requestlog

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/llmgw/llmgw/pkg/llm"
)

// payloadText is what LiteLLM logs of a call that went well.
const payloadText = `{"id":"chatcmpl-1","trace_id":"t1","call_type":"anthropic_messages","stream":true,"status":"success","custom_llm_provider":"anthropic",
"model":"claude-sonnet-4-5","model_group":"sonnet","model_id":"d1","api_base":"https://api.anthropic.com","startTime":1772600767.089,"endTime":1772600768.5,
"completionStartTime":1772600767.339,"response_time":1.234567891,"prompt_tokens":1000,"completion_tokens":200,"total_tokens":1200,"response_cost":3.15e-05,
"cache_hit":false,"cache_key":null,"request_tags":["a"],"end_user":"","requester_ip_address":"192.0.2.1","messages":[{"role":"user","content":"\"timestamp\""}],
"metadata":{"user_api_key_hash":"hash","user_api_key_alias":"ci","user_api_key_team_id":"team-1","user_api_key_team_alias":"platform","user_agent":"cli",
"usage_object":{"prompt_tokens_details":{"cached_tokens":300},"cache_creation_input_tokens":100,"completion_tokens_details":{"reasoning_tokens":7}}},
"error_str":null,"error_information":{"error_code":"","error_class":"","llm_provider":""},"hidden_params":{"response_cost":1}}`

func TestParseLiteLLM(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 4, 5, 6, 7, 89_000_000, time.UTC)
	full := Record{
		Timestamp: at, RequestID: "chatcmpl-1", Status: StatusSuccess, HTTPStatus: 200, Endpoint: "anthropic_messages", Model: "sonnet", Deployment: "d1",
		Provider: "anthropic", UpstreamModel: "claude-sonnet-4-5", Stream: true, KeyID: "hash", KeyName: "ci", Team: "platform", SessionID: "t1",
		UserAgent: "cli", ClientIP: "192.0.2.1", Duration: 1_234_567_891, TTFT: 250 * time.Millisecond,
		Usage: llm.Usage{Input: 1000, Output: 200, CacheRead: 300, CacheWrite5m: 100, Reasoning: 7, Reported: true},
		Cost:  31_500, PriceSource: "litellm", Cache: "miss",
	}
	none := llm.Usage{Reported: true}
	for _, tt := range []struct {
		name, text string
		want       Record
	}{
		{"everything", strings.ReplaceAll(payloadText, "\n", ""), full},
		{
			"a failure", `{"startTime":"2026-03-04T05:06:07.089000","endTime":"2026-03-04 05:06:08.089","status":"failure","model":"m","model_group":null,` +
				`"error_str":"too many","error_information":{"error_code":"429","error_class":"RateLimitError","llm_provider":"openai"},"response_cost":null,"cache_hit":null}`,
			Record{
				Timestamp: at, Status: StatusError, HTTPStatus: 429, ErrorType: "RateLimitError", Error: "too many", Model: "m", UpstreamModel: "m", Provider: "openai",
				Duration: time.Second, Usage: none,
			},
		},
		{
			"other spellings", `{"startTime":"2026-03-04T07:06:07.089+02:00","status":"success","prompt_tokens":5.0,"cache_hit":"True","end_user":7,` +
				`"error_information":null,"metadata":null,"model_group":["x"],"response_time":null,"endTime":null}`,
			Record{Timestamp: at, Status: StatusSuccess, HTTPStatus: 200, Usage: llm.Usage{Input: 5, Reported: true}, Cache: "hit"},
		},
		{
			"ends before it began", `{"startTime":1772600767.089,"endTime":1,"completionStartTime":2,"stream":true,"status":"success"}`,
			Record{Timestamp: at, Status: StatusSuccess, HTTPStatus: 200, Stream: true, Usage: none},
		},
		{"no time", `{"startTime":null,"status":"success"}`, Record{Status: StatusSuccess, HTTPStatus: 200, Usage: none}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := ParseLiteLLM([]byte(tt.text))
			if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
				t.Errorf("%v, -want +got:\n%s", err, diff)
			}
		})
	}
}

func TestParseLineKnowsItsKind(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"status":"success","model":"m"}`: "m",
		`{"status":"success","model":"up","model_group":"m","startTime":1,"messages":"\"timestamp\""}`:   "m",
		`{"timestamp":"2026-01-01T00:00:00Z","startTime":1,"status":"success","model":"m"}`:              "m",
		`{"timestamp":"2026-01-01T00:00:00Z","status":"success","model":"m","error":"\"startTime\": 1"}`: "m",
	} {
		if r, err := ParseLine([]byte(text)); err != nil || r.Model != want {
			t.Errorf("%s: %q, %v", text, r.Model, err)
		}
	}
	for _, text := range []string{
		``, `{}`, `null`, `{"model":"m"}`, `{"startTime":1}`, `{"status":1}`, `{"startTime":"soon","status":"success"}`, `{"startTime":1e99,"status":"success"}`,
		`{"startTime":1,"status":"success","prompt_tokens":"many"}`, `{"startTime":1,"status":"success","prompt_tokens":-1}`,
		`{"startTime":1,"status":"success","response_time":"fast"}`, `{"startTime":1,"status":"success","response_time":-1}`,
		`{"startTime":1,"status":"success","response_cost":"1"}`, `{"startTime":1,"status":"success","prompt_tokens":1.5}`, `{"startTime":1,"status":"success"`,
	} {
		if r, err := ParseLine([]byte(text)); !errors.Is(err, ErrRecord) {
			t.Errorf("%s: %+v, %v", text, r, err)
		}
	}
}

func FuzzParseLine(f *testing.F) {
	f.Add([]byte(strings.ReplaceAll(payloadText, "\n", "")))
	f.Add([]byte(`{"startTime":"2026-03-04T05:06:07","status":"failure","error_information":{"error_code":429}}`))
	f.Add(lines(1, 1))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := ParseLine(text)
		if err != nil {
			if !errors.Is(err, ErrRecord) {
				t.Errorf("%v", err)
			}
			return
		}
		if r.Status == "" || r.Duration < 0 || r.TTFT < 0 || r.Usage.Input < 0 || r.Usage.CacheRead < 0 {
			t.Errorf("%q was read as %+v", text, r)
		}
	})
}
