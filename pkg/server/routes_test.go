package server_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/llmgw/llmgw/pkg/llm"
)

func TestEverySpellingOfARoute(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	chat := []string{"/v1", "", "/openai/v1", "/openai/deployments/plain", "/openai/deployments/echo%2Fhello", "/engines/plain"}
	type call struct{ path, body, part string }
	var calls []call
	for _, base := range []string{"/v1", "/v1/v1", "/anthropic/v1", "/anthropic/v1/v1"} {
		calls = append(calls,
			call{base + "/messages", message, `"type":"message"`},
			call{base + "/messages?beta=true", message, `"type":"message"`},
			call{base + "/messages/count_tokens", message, `"input_tokens":`})
	}
	for _, base := range chat {
		calls = append(calls,
			call{base + "/chat/completions", message, `"object":"chat.completion"`},
			call{base + "/chat/completions?api-version=2026-01-01", message, `"object":"chat.completion"`},
			call{base + "/completions", completion, `"object":"text_completion"`},
			call{base + "/embeddings", embedding, `"object":"list"`})
	}
	for _, c := range calls {
		t.Run(c.path, func(t *testing.T) {
			t.Parallel()
			s.post(c.path, c.body).want(t, 200, c.part)
		})
	}
}

func TestTheModelInThePathIsTheOneThatIsCalled(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	for _, body := range []string{`{"messages":[{"role":"user","content":"Hi"}]}`, strings.Replace(message, "echo/hello", "echo/error-500", 1)} {
		s.post("/openai/deployments/echo%2Fhello/chat/completions", body).want(t, 200, "Hello!")
		if r := s.seen.last(); r.Model != "echo/hello" || r.UpstreamModel != "hello" {
			t.Errorf("record: model %q, upstream %q", r.Model, r.UpstreamModel)
		}
	}
}

func TestWhatIsNotServed(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	for _, tt := range []struct{ method, path, part string }{
		{"GET", "/v1/messages", "not_found_error"},
		{"POST", "/v1/nothing", `"type":"invalid_request_error"`},
		{"POST", "/anthropic/v1/nothing", "not_found_error"},
		{"DELETE", "/v1/models", "does not serve DELETE /v1/models"},
		{"GET", "/" + strings.Repeat("x", 1000), "xxx…"},
	} {
		req := s.request(tt.method, tt.path, "")
		a := s.do(req)
		a.want(t, 404, tt.part)
		if a.header.Get("X-Should-Retry") != "false" || a.header.Get("X-Request-Id") == "" {
			t.Errorf("%s %s: header %v", tt.method, tt.path, a.header)
		}
	}
	if s.seen.count() != 0 {
		t.Error("unknown paths are in the log")
	}
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	for _, tt := range []struct {
		name   string
		fields []string
		status int
	}{
		{"Authorization", []string{"Authorization: Bearer " + key}, 200},
		{"Authorization in another case", []string{"authorization: bEARER   " + key}, 200},
		{"Authorization, bare", []string{"Authorization: " + key}, 200},
		{"x-api-key", []string{"X-Api-Key: " + key}, 200},
		{"x-api-key with a scheme", []string{"X-Api-Key: Bearer " + key}, 200},
		{"api-key", []string{"Api-Key: " + key}, 200},
		{"x-goog-api-key", []string{"X-Goog-Api-Key: " + key}, 200},
		{"x-litellm-api-key", []string{"X-Litellm-Api-Key: Bearer " + key}, 200},
		{"two equal ones", []string{"Authorization: Bearer " + key, "X-Api-Key: " + key}, 200},
		{"two different ones", []string{"Authorization: Bearer " + key, "X-Api-Key: " + adminKey}, 401},
		{"none", nil, 401},
		{"an empty one", []string{"Authorization: Bearer "}, 401},
		{"an unknown one", []string{"Authorization: Bearer sk-unknown-to-all"}, 401},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, path := range []string{"/v1/messages", "/v1/models", "/health"} {
				req := s.request(http.MethodPost, path, message)
				if path != "/v1/messages" {
					req = s.request(http.MethodGet, path, "")
				}
				req.Header.Del("X-Api-Key")
				for _, f := range tt.fields {
					name, value, _ := strings.Cut(f, ": ")
					req.Header.Set(name, value)
				}
				a := s.do(req)
				if a.status != tt.status {
					t.Errorf("%s: status = %d, want %d: %s", path, a.status, tt.status, a.body)
				}
				if tt.status == 401 && a.header.Get("X-Should-Retry") != "false" {
					t.Errorf("%s: x-should-retry is not false", path)
				}
			}
		})
	}
}

// Two values of one field are two credentials.
func TestTwoCredentialsInOneField(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	req := s.request(http.MethodPost, "/v1/messages", message)
	req.Header["X-Api-Key"] = []string{key, adminKey}
	s.do(req).want(t, 401, "two different API keys")
}

func TestModelLists(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	for _, path := range []string{"/v1/models", "/openai/v1/models", "/models"} {
		var list struct {
			Object string
			Data   []struct {
				ID, Object string
				Created    int64
				OwnedBy    string `json:"owned_by"`
			}
		}
		a := s.get(path)
		decode(t, a.body, &list)
		if list.Object != "list" || len(list.Data) != 2 || list.Data[0].ID != "echo/hello" || list.Data[0].Object != "model" ||
			list.Data[0].Created == 0 || list.Data[0].OwnedBy == "" {
			t.Errorf("%s: %s", path, a.body)
		}
	}
	for _, path := range []string{"/v1/models", "/anthropic/v1/models"} {
		var list struct {
			Data []struct {
				Type, ID    string
				DisplayName string    `json:"display_name"`
				CreatedAt   time.Time `json:"created_at"`
			}
			HasMore bool   `json:"has_more"`
			FirstID string `json:"first_id"`
			LastID  string `json:"last_id"`
		}
		a := s.get(path, "Anthropic-Version: 2023-06-01")
		decode(t, a.body, &list)
		if len(list.Data) != 2 || list.Data[0].Type != "model" || list.FirstID != "echo/hello" || list.LastID != "plain" || list.HasMore {
			t.Errorf("%s: %s", path, a.body)
		}
	}
	if a := s.get("/v1/models", as(narrowKey)); !strings.Contains(a.body, "echo/hello") || strings.Contains(a.body, "plain") {
		t.Errorf("a narrow key sees %s", a.body)
	}
}

func TestOneModel(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	for _, tt := range []struct {
		path, secret string
		status       int
		part         string
	}{
		{"/v1/models/plain", key, 200, `"object":"model"`},
		{"/v1/models/echo/hello", key, 200, `"id":"echo/hello"`},
		{"/v1/models/echo%2Fhello", key, 200, `"id":"echo/hello"`},
		{"/v1/models/echo/anything", key, 200, `"id":"echo/anything"`},
		{"/v1/models/nothing", key, 404, "model_not_found"},
		{"/v1/models/plain", narrowKey, 404, "model_not_found"},
		{"/anthropic/v1/models/plain", key, 200, `"type":"model"`},
	} {
		s.get(tt.path, as(tt.secret)).want(t, tt.status, tt.part)
	}
}

func decode(t *testing.T, text string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
}

func TestProbes(t *testing.T) {
	t.Parallel()
	reason := ""
	s := newSite(t, func(o *options) { o.ready = func() string { return reason } })
	none := as("")
	s.get("/health/liveness", none).want(t, 200, "alive")
	s.get("/health/liveliness", none).want(t, 200, "alive")
	s.get("/health/readiness", none).want(t, 200, `"status":"healthy"`)
	s.get("/", none).want(t, 200, `"version":"1.2.3"`)
	if a := s.do(s.request(http.MethodHead, "/", "", none)); a.status != 200 || a.body != "" {
		t.Errorf("HEAD / = %d %q", a.status, a.body)
	}
	reason = "the database is down"
	s.get("/health/readiness", none).want(t, 503, "the database is down")
	s.get("/health/liveness", none).want(t, 200, "")
	reason = ""
	s.server.Drain()
	s.get("/health/readiness", none).want(t, 503, "shutting down")
	s.post("/v1/messages", message).want(t, 200, "") // calls are still served
	if s.seen.count() != 1 {
		t.Errorf("%d records, want that of the call alone", s.seen.count())
	}
}

func TestHealth(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	type report struct {
		Status    string
		Healthy   []struct{ Model, Error string } `json:"healthy_endpoints"`
		Unhealthy []struct{ Model, Error string } `json:"unhealthy_endpoints"`
	}
	var r report
	a := s.get("/health")
	decode(t, a.body, &r)
	if a.status != 200 || r.Status != "healthy" || len(r.Healthy) != 3 || r.Unhealthy == nil {
		t.Errorf("at first: %d %s", a.status, a.body)
	}
	s.post("/v1/messages", strings.Replace(message, "echo/hello", "echo/auth", 1)).want(t, 502, "")
	a = s.get("/health")
	decode(t, a.body, &r)
	if a.status != 503 || r.Status != "unhealthy" || len(r.Unhealthy) != 1 || r.Unhealthy[0].Error != "upstream_auth" {
		t.Errorf("after a refused credential: %d %s", a.status, a.body)
	}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "a_metric 1") })
	s := newSite(t, func(o *options) { o.metrics = page })
	s.get("/metrics", as(adminKey)).want(t, 200, "a_metric 1")
	s.get("/metrics").want(t, 403, "needs the master key")
	s.get("/metrics", as("")).want(t, 401, "")
	s = newSite(t, nil)
	s.get("/metrics", as(adminKey)).want(t, 404, "switched off")
}

// Every error, as each dialect tells it.
func TestErrorTable(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.post("/v1/messages", message, as(slowKey)).want(t, 200, "")
	model := func(name string) string { return strings.Replace(message, "echo/hello", name, 1) }
	for _, tt := range []struct {
		name, body, secret string
		status             int // and Anthropic's, where it differs
		anthropicStatus    int
		anthropic          string
		openai             string // type and code
		retryAfter, retry  string
	}{
		{"no key", message, "", 401, 401, "authentication_error", "invalid_request_error invalid_api_key", "", "false"},
		{"not JSON", `{`, key, 400, 400, "invalid_request_error", "invalid_request_error ", "", ""},
		{"not allowed", model("plain"), narrowKey, 403, 403, "permission_error", "permission_error permission_denied", "", "false"},
		{"unknown model", model("nothing"), key, 404, 404, "not_found_error", "invalid_request_error model_not_found", "", "false"},
		{"rate limit", message, slowKey, 429, 429, "rate_limit_error", "rate_limit_error rate_limit_exceeded", "some", ""},
		{"budget", message, poorKey, 429, 429, "billing_error", "billing_error budget_exceeded", "", "false"},
		{"too large", `{"model":"` + strings.Repeat("x", 2<<20), key, 413, 413, "request_too_large", "invalid_request_error request_too_large", "", "false"},
		{"the gateway's credential", model("echo/auth"), key, 502, 502, "api_error", "api_error upstream_auth", "", "false"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var ours struct {
				Type      string
				RequestID string `json:"request_id"`
				Error     struct{ Type, Message string }
			}
			a := s.post("/v1/messages", tt.body, as(tt.secret))
			decode(t, a.body, &ours)
			id := a.header.Get("Request-Id")
			if a.status != tt.anthropicStatus || ours.Type != "error" || ours.Error.Type != tt.anthropic || ours.Error.Message == "" ||
				id == "" || ours.RequestID != id || a.header.Get("X-Request-Id") != id {
				t.Errorf("Anthropic: %d %s, request-id %q", a.status, a.body, id)
			}
			checkRetry(t, a, tt.retryAfter, tt.retry)

			var theirs struct {
				Error struct{ Type, Code, Message string }
			}
			a = s.post("/v1/chat/completions", tt.body, as(tt.secret))
			decode(t, a.body, &theirs)
			if a.status != tt.status || theirs.Error.Type+" "+theirs.Error.Code != tt.openai || theirs.Error.Message == "" ||
				a.header.Get("X-Request-Id") == "" || a.header.Get("Request-Id") != "" {
				t.Errorf("OpenAI: %d %s %v", a.status, a.body, a.header)
			}
			checkRetry(t, a, tt.retryAfter, tt.retry)
		})
	}
}

// checkRetry compares the fields about trying again. retry-after is up to the
// second in which the test runs where after is "some".
func checkRetry(t *testing.T, a answer, after, should string) {
	t.Helper()
	got := a.header.Get("Retry-After")
	if seconds, err := strconv.Atoi(got); after == "some" && err == nil && seconds > 50 && seconds <= 61 {
		got = after
	}
	if got != after {
		t.Errorf("retry-after = %q, want %q", got, after)
	}
	if got := a.header.Get("X-Should-Retry"); got != should {
		t.Errorf("x-should-retry = %q, want %q", got, should)
	}
	if got := a.header.Get("Content-Type"); !strings.HasPrefix(got, "application/json") {
		t.Errorf("content-type = %q", got)
	}
}

// On the native lane a provider's own words and header fields reach the client,
// under our request id.
func TestAProvidersErrorIsPassedOn(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	a := s.post("/v1/messages", strings.Replace(message, "echo/hello", "echo/error-429", 1))
	a.want(t, 429, "refused with status 429, as asked")
	if a.header.Get("Retry-After") != "1" || !strings.HasPrefix(a.header.Get("Request-Id"), "req_test") {
		t.Errorf("header = %v", a.header)
	}
}

func TestWhatAnAnswerTellsAboutItsCall(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	a := s.post("/v1/messages", message, "X-Request-Id: theirs")
	a.want(t, 200, "Hello! You said: Hi")
	for name, want := range map[string]string{
		"X-Llmgw-Model-Id": "hello-1", "X-Llmgw-Attempts": "1", "X-Llmgw-Cache": "bypass", "X-Llmgw-Upstream-Request-Id": "req_echo",
		"Anthropic-Ratelimit-Requests-Limit": "1000", "Content-Type": "application/json", "Age": "", "X-Llmgw-Max-Tokens-Capped": "",
	} {
		if got := a.header.Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	for _, name := range []string{"X-Llmgw-Overhead-Ms", "X-Llmgw-Response-Cost"} {
		if a.header.Get(name) == "" {
			t.Errorf("%s is missing", name)
		}
	}
	id := a.header.Get("X-Request-Id")
	if r := s.seen.last(); !strings.HasPrefix(id, "req_test") || r.RequestID != id || r.ClientRequestID != "theirs" {
		t.Errorf("ids: header %q, record %q, client's %q", id, r.RequestID, r.ClientRequestID)
	}
	if b := s.post("/v1/chat/completions", message); b.header.Get("X-Request-Id") == id || b.header.Get("X-Ratelimit-Limit-Requests") != "1000" {
		t.Errorf("OpenAI's header = %v", b.header)
	}
}

func TestTrustedProxies(t *testing.T) {
	t.Parallel()
	trust := func(nets ...string) []string { return nets }
	for _, tt := range []struct {
		name      string
		trusted   []string
		peer, xff string
		want      string
	}{
		{"nobody is trusted", nil, "192.0.2.1:5", "203.0.113.9", "192.0.2.1"},
		{"another one is trusted", trust("10.0.0.0/8"), "192.0.2.1:5", "203.0.113.9", "192.0.2.1"},
		{"the peer is trusted", trust("192.0.2.0/24"), "192.0.2.1:5", "203.0.113.9", "203.0.113.9"},
		{"a forged chain", trust("192.0.2.0/24"), "192.0.2.1:5", "1.1.1.1, 203.0.113.9", "203.0.113.9"},
		{"two trusted hops", trust("192.0.2.0/24"), "192.0.2.1:5", "203.0.113.9, 192.0.2.7", "203.0.113.9"},
		{"nonsense", trust("192.0.2.0/24"), "192.0.2.1:5", "who?", "192.0.2.1"},
		{"nothing said", trust("192.0.2.0/24"), "192.0.2.1:5", "", "192.0.2.1"},
		{"version 6", trust("2001:db8::/32"), "[2001:db8::1]:5", "2001:db9::1", "2001:db9::1"},
		{"version 4 in 6", trust("192.0.2.0/24"), "[::ffff:192.0.2.1]:5", "203.0.113.9", "203.0.113.9"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, func(o *options) { o.proxies = prefixes(t, tt.trusted) })
			req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v1/messages", strings.NewReader(message))
			req.RemoteAddr = tt.peer
			req.Header.Set("X-Api-Key", key)
			if tt.xff != "" {
				req.Header.Set("X-Forwarded-For", tt.xff)
			}
			s.server.Handler().ServeHTTP(httptest.NewRecorder(), req)
			if got := s.seen.last().ClientIP; got != tt.want {
				t.Errorf("client ip = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestStreamsOfBothDialects(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	text := strings.Replace(message, `"max_tokens"`, `"stream":true,"max_tokens"`, 1)
	for path, end := range map[string]string{"/v1/messages": "message_stop", "/v1/chat/completions": "data: [DONE]"} {
		a := s.post(path, text)
		a.want(t, 200, end)
		if a.header.Get("Content-Type") != "text/event-stream; charset=utf-8" || a.header.Get("Cache-Control") != "no-cache" ||
			a.header.Get("X-Accel-Buffering") != "no" || a.header.Get("X-Llmgw-Response-Cost") != "" {
			t.Errorf("%s: header = %v", path, a.header)
		}
		if strings.Contains(a.body, `"choices":[]`) {
			t.Errorf("%s: the usage chunk that the client did not ask for is in %s", path, a.body)
		}
	}
}

// A stream that breaks ends with an error in the client's dialect, never with a
// clean end.
func TestAStreamThatBreaksSaysSo(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	text := strings.Replace(strings.Replace(message, `"max_tokens"`, `"stream":true,"max_tokens"`, 1), "echo/hello", "echo/cut-3", 1)
	a := s.post("/v1/messages", text)
	a.want(t, 200, "event: error\ndata: {\"type\":\"error\"")
	if strings.Contains(a.body, "message_stop") {
		t.Errorf("the stream has a clean end: %s", a.body)
	}
	a = s.post("/v1/chat/completions", text)
	a.want(t, 200, `data: {"error":{"message":`)
	if strings.Contains(a.body, "[DONE]") {
		t.Errorf("the stream has a clean end: %s", a.body)
	}
	if r := s.seen.last(); r.Status != "error" || r.ErrorType != llm.Upstream.String() || r.HTTPStatus != 200 {
		t.Errorf("record = %s %s %d", r.Status, r.ErrorType, r.HTTPStatus)
	}
}
