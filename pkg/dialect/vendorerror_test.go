package dialect_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/llmgw/llmgw/pkg/dialect"
	"github.com/llmgw/llmgw/pkg/llm"
)

func TestDecodeError(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body string
		status     int
		want       llm.Error
	}{
		{
			"OpenAI", `{"error":{"message":"bad","type":"invalid_request_error","param":"n","code":"invalid_value"}}`, 400,
			llm.Error{Kind: llm.InvalidRequest, Message: "bad", Param: "n", Code: "invalid_value"},
		},
		{
			"OpenAI model", `{"error":{"message":"no model","type":"invalid_request_error","param":null,"code":"model_not_found"}}`, 404,
			llm.Error{Kind: llm.NotFound, Message: "no model", Code: "model_not_found"},
		},
		{
			"OpenAI quota", `{"error":{"message":"pay","type":"insufficient_quota","code":"insufficient_quota"}}`, 429,
			llm.Error{Kind: llm.RateLimited, Message: "pay", Code: "insufficient_quota", NoRetry: true},
		},
		{
			"Anthropic", `{"type":"error","error":{"type":"rate_limit_error","message":"slow"},"request_id":"r"}`, 429,
			llm.Error{Kind: llm.RateLimited, Message: "slow"},
		},
		{"Anthropic overload", `{"type":"error","error":{"type":"overloaded_error","message":"full"}}`, 529, llm.Error{Kind: llm.Overloaded, Message: "full"}},
		{"overload as 500", `{"type":"error","error":{"type":"overloaded_error","message":"full"}}`, 500, llm.Error{Kind: llm.Overloaded, Message: "full"}},
		{"number as code", `{"error":{"message":"ctx","code":400}}`, 400, llm.Error{Kind: llm.InvalidRequest, Message: "ctx", Code: "400"}},
		{"text", `{"error":"text"}`, 500, llm.Error{Kind: llm.Upstream, Message: "text"}},
		{"xAI", `{"code":"c","error":"text"}`, 422, llm.Error{Kind: llm.InvalidRequest, Message: "text", Code: "c"}},
		{"detail", `{"detail":"text"}`, 400, llm.Error{Kind: llm.InvalidRequest, Message: "text"}},
		{"details", `{"detail":[{"loc":["body"],"msg":"missing"}]}`, 422, llm.Error{Kind: llm.InvalidRequest, Message: "missing"}},
		{
			"message", `{"object":"error","message":"m","type":"invalid_model","param":null,"code":"1500","raw_status_code":400}`, 400,
			llm.Error{Kind: llm.InvalidRequest, Message: "m", Code: "1500"},
		},
		{"list", `[{"error":{"code":503,"message":"busy","status":"UNAVAILABLE"}}]`, 503, llm.Error{Kind: llm.Overloaded, Message: "busy", Code: "503"}},
		{"web page", `<html>gateway</html>`, 502, llm.Error{Kind: llm.Upstream, Message: "the provider answered with status 502"}},
		{"nothing", ``, 504, llm.Error{Kind: llm.Timeout, Message: "the provider answered with status 504"}},
		{"no money", `{"error":{"message":"Insufficient Balance"}}`, 402, llm.Error{Kind: llm.Upstream, Message: "Insufficient Balance", NoRetry: true}},
		{"408", `{}`, 408, llm.Error{Kind: llm.Timeout, Message: "the provider answered with status 408"}},
		{"409", `{"message":"x"}`, 409, llm.Error{Kind: llm.Conflict, Message: "x"}},
		{"413", `{"message":"x"}`, 413, llm.Error{Kind: llm.TooLarge, Message: "x"}},
		{"418", `{"message":"x"}`, 418, llm.Error{Kind: llm.InvalidRequest, Message: "x"}},
		{"in a stream", `{"type":"error","error":{"type":"invalid_request_error","message":"x"}}`, 0, llm.Error{Kind: llm.InvalidRequest, Message: "x"}},
		{"in a stream, by code", `{"error":{"code":429,"message":"x"}}`, 200, llm.Error{Kind: llm.RateLimited, Message: "x", Code: "429"}},
		{"in a stream, unknown", `{"error":{"message":"x"}}`, 200, llm.Error{Kind: llm.Upstream, Message: "x"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := dialect.DecodeError(tt.status, nil, []byte(tt.body))
			got.Cause = nil
			if *got != tt.want {
				t.Errorf("%+v, want %+v", *got, tt.want)
			}
		})
	}
}

// Whatever a vendor says of the gateway's own credential is kept from clients.
func TestDecodeErrorHidesCredentials(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		status int
		body   string
	}{
		{401, `{"error":{"message":"Incorrect API key provided: sk-secret","code":"invalid_api_key","param":"sk-secret"}}`},
		{403, `{"error":{"message":"sk-secret may not"}}`},
		{400, `{"code":"sk-secret","error":"Incorrect API key provided: sk-secret"}`},
		{400, `[{"error":{"code":400,"message":"API key not valid. sk-secret","status":"INVALID_ARGUMENT"}}]`},
		{0, `{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key sk-secret"}}`},
		{401, `<html>sk-secret</html>`},
	} {
		e := dialect.DecodeError(tt.status, nil, []byte(tt.body))
		if e.Kind != llm.UpstreamAuth || !e.NoRetry {
			t.Errorf("%s: kind %v, NoRetry %v", tt.body, e.Kind, e.NoRetry)
		}
		if strings.Contains(e.Message+e.Code+e.Param, "sk-secret") || strings.Contains(e.Message, "API") {
			t.Errorf("%s tells %+v", tt.body, e)
		}
		if e.Cause == nil || !strings.Contains(e.Cause.Error(), "sk-secret") {
			t.Errorf("%s: the log gets %v", tt.body, e.Cause)
		}
	}
}

func TestDecodeErrorBoundsMessage(t *testing.T) {
	t.Parallel()
	e := dialect.DecodeError(400, nil, []byte(`{"error":"`+strings.Repeat("é", 5000)+`"}`))
	if n := utf8.RuneCountInString(e.Message); n != 2000 || !utf8.ValidString(e.Message) {
		t.Errorf("%d characters, want 2000", n)
	}
	page := dialect.DecodeError(502, nil, []byte(strings.Repeat("x", 5000)))
	if n := len(page.Cause.Error()); n > 600 {
		t.Errorf("%d bytes of a web page for the log", n)
	}
}

func TestDecodeErrorRetryAfter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		date := func(d time.Duration) string { return time.Now().Add(d).UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT") }
		tests := []struct {
			header llm.Header
			want   time.Duration
		}{
			{llm.Header{}, 0},
			{llm.Header{"Retry-After": {"20"}}, 20 * time.Second},
			{llm.Header{"Retry-After": {"1.5"}}, 1500 * time.Millisecond},
			{llm.Header{"Retry-After": {"20"}, "Retry-After-Ms": {"250"}}, 250 * time.Millisecond},
			{llm.Header{"Retry-After": {"1"}, "Retry-After-Ms": {"0"}}, time.Second},
			{llm.Header{"Retry-After": {date(90 * time.Second)}}, 90 * time.Second},
			{llm.Header{"Retry-After": {date(-time.Hour)}}, 0},
			{llm.Header{"Retry-After": {"-5"}}, 0},
			{llm.Header{"Retry-After": {"NaN"}}, 0},
			{llm.Header{"Retry-After": {"soon"}}, 0},
			{llm.Header{"Retry-After": {"1e300"}}, 366 * 24 * time.Hour},
		}
		for _, tt := range tests {
			if got := dialect.DecodeError(429, tt.header, nil).RetryAfter; got != tt.want {
				t.Errorf("%v: %v, want %v", tt.header, got, tt.want)
			}
		}
	})
	if !dialect.DecodeError(500, llm.Header{"X-Should-Retry": {"false"}}, nil).NoRetry {
		t.Error("x-should-retry: false is not heeded")
	}
}

func TestReplayErrors(t *testing.T) {
	t.Parallel()
	n := 0
	for _, x := range native(t) {
		if x.Status < 400 {
			continue
		}
		n++
		e := dialect.DecodeError(x.Status, nil, []byte(x.ResponseBody))
		auth := x.Status == 401 || x.Status == 403
		if auth != (e.Kind == llm.UpstreamAuth) {
			t.Errorf("%s: status %d is %v", x.name(), x.Status, e.Kind)
		}
		if strings.HasPrefix(e.Message, "the provider answered with status") {
			t.Errorf("%s: no message in %.300s", x.name(), x.ResponseBody)
		}
	}
	if n < 30 {
		t.Errorf("%d errors, want 30 at least", n)
	}
}

func FuzzDecodeError(f *testing.F) {
	for _, s := range []string{`{"error":{"message":"m","code":5}}`, `[{"detail":[{"msg":"x"}]}]`, `<html>`, `{"error":"\ud800"}`} {
		f.Add(400, []byte(s))
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		e := dialect.DecodeError(status, nil, body)
		if e.Kind == 0 || e.Message == "" || utf8.RuneCountInString(e.Message) > 2000 {
			t.Fatalf("%+v of %q", e, body)
		}
	})
}

func TestTightest(t *testing.T) {
	t.Parallel()
	states := []llm.LimitState{
		{Account: "roomy", Unit: llm.Tokens, Limit: 100, Used: 50},
		{Account: "tight", Unit: llm.Tokens, Limit: 1000, Used: 700, Held: 100},
		{Account: "none", Unit: llm.Tokens},
		{Account: "other", Unit: llm.Requests, Limit: 5, Used: 5},
	}
	if got := dialect.Tightest(states, llm.Tokens); got == nil || got.Account != "tight" {
		t.Errorf("tightest is %+v", got)
	}
	if got := dialect.Tightest(states[2:3], llm.Tokens); got != nil {
		t.Errorf("tightest of none is %+v", got)
	}
}
