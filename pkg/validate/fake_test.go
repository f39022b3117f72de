package validate

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/llmgw/llmgw/pkg/client"
	"github.com/llmgw/llmgw/pkg/secret"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// A gateway's cache ends when the garbage collector takes it.
		goleak.IgnoreAnyFunction("github.com/maypok86/otter/v2.periodicCleanUp[...]"))
}

// The answers of a server that does everything right.
const (
	goodList     = `{"object":"list","data":[{"id":"m","object":"model"}]}`
	goodMessage  = `{"id":"msg_1","type":"message","role":"assistant","content":[{"type":"text","text":"Hi"}],"stop_reason":"end_turn","usage":{"input_tokens":8,"output_tokens":1}}`
	goodChat     = `{"choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":8,"completion_tokens":1}}`
	goodChatTool = `{"choices":[{"index":0,"message":{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"get_weather","arguments":"{\"city\":\"Paris\"}"}}]},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":8,"completion_tokens":1}}`
	goodTool     = `{"id":"msg_1","type":"message","role":"assistant","content":[{"type":"tool_use","id":"t","name":"get_weather","input":{"city":"Paris"}}],"stop_reason":"tool_use","usage":{"input_tokens":8,"output_tokens":1}}`
	goodText     = `{"choices":[{"text":"Hi","finish_reason":"stop"}],"usage":{"prompt_tokens":8,"completion_tokens":1}}`
	goodVector   = `{"data":[{"embedding":[0.5,1]}],"usage":{"prompt_tokens":8}}`

	goodChunks = `data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}

data: {"choices":[{"index":0,"delta":{"content":"Hi"}}]}

data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

data: {"choices":[],"usage":{"prompt_tokens":8,"completion_tokens":1}}

data: [DONE]

`
	goodToolChunks = `data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c","type":"function","function":{"name":"get_weather","arguments":""}}]}}]}

data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"city\":"}}]}}]}

data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"\"Paris\"}"}}]},"finish_reason":"tool_calls"}]}

data: {"choices":[],"usage":{"prompt_tokens":8,"completion_tokens":1}}

data: [DONE]

`
	goodEvents = `event: message_start
data: {"type":"message_start","message":{"usage":{"input_tokens":8,"output_tokens":1}}}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

event: ping
data: {"type":"ping"}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}}

event: content_block_stop
data: {"type":"content_block_stop","index":0}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":1}}

event: message_stop
data: {"type":"message_stop"}

`
	goodToolEvents = `event: message_start
data: {"type":"message_start","message":{"usage":{"input_tokens":8,"output_tokens":1}}}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"get_weather","input":{}}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":""}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"city\": \"Paris\"}"}}

event: content_block_stop
data: {"type":"content_block_stop","index":0}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":9}}

event: message_stop
data: {"type":"message_stop"}

`
)

// fake is a server; its answers are by "METHOD path", with " stream" and " tools"
// behind it where the request has these.
type fake map[string]http.HandlerFunc

func jsonAnswer(text string) http.HandlerFunc { return answerWith(200, "application/json", text) }

func streamAnswer(text string) http.HandlerFunc { return answerWith(200, "text/event-stream", text) }

func answerWith(status int, media, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", media)
		w.WriteHeader(status)
		io.WriteString(w, text)
	}
}

// likeOpenAI is a server with OpenAI's API.
func likeOpenAI() fake {
	return fake{
		"GET /v1/models":                         jsonAnswer(goodList),
		"POST /v1/chat/completions":              jsonAnswer(goodChat),
		"POST /v1/chat/completions stream":       streamAnswer(goodChunks),
		"POST /v1/chat/completions tools":        jsonAnswer(goodChatTool),
		"POST /v1/chat/completions stream tools": streamAnswer(goodToolChunks),
		"POST /v1/completions":                   jsonAnswer(goodText),
		"POST /v1/embeddings":                    jsonAnswer(goodVector),
	}
}

// likeAnthropic is one with Anthropic's, too, whose models are Claude.
func likeAnthropic() fake {
	f := likeOpenAI()
	f["GET /v1/models"] = jsonAnswer(`{"data":[{"type":"model","id":"claude-m"}],"has_more":false}`)
	f["GET /health"] = jsonAnswer(`{"status":"healthy","healthy_endpoints":[{"model":"anthropic/claude-m","model_id":"d1","model_name":"claude-m","provider":"anthropic"}],"unhealthy_endpoints":[]}`)
	f["POST /v1/messages"] = jsonAnswer(goodMessage)
	f["POST /v1/messages stream"] = streamAnswer(goodEvents)
	f["POST /v1/messages tools"] = jsonAnswer(goodTool)
	f["POST /v1/messages stream tools"] = streamAnswer(goodToolEvents)
	f["POST /v1/messages/count_tokens"] = jsonAnswer(`{"input_tokens":8}`)
	return f
}

// with replaces an answer.
func (f fake) with(what string, h http.HandlerFunc) fake {
	f[what] = h
	return f
}

func (f fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	what := r.Method + " " + r.URL.Path
	if strings.Contains(string(body), `"stream":true`) {
		what += " stream"
	}
	if strings.Contains(string(body), `"tools":`) {
		what += " tools"
	}
	h, ok := f[what]
	if !ok {
		answerWith(404, "application/json", `{"detail":"Not Found"}`)(w, r)
		return
	}
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	h(w, r)
}

const testKey = "sk-validate-test-of-the-key"

// serve runs the server until the end of the test and gives a client of it.
func serve(t *testing.T, h http.Handler) *client.Client {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return newClient(t, s.URL, transport)
}

func newClient(t *testing.T, url string, transport http.RoundTripper) *client.Client {
	t.Helper()
	c, err := client.New(client.Options{URL: url, Key: secret.New(testKey), Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// found writes the findings of a report, one a line.
func found(r *Report) string {
	var b strings.Builder
	for i := range r.Findings {
		f := &r.Findings[i]
		fmt.Fprintf(&b, "%s %s %s [%s]\n", f.Severity, f.Subject, f.Code, strings.Join(f.Probes, " "))
	}
	return b.String()
}

// messages joins what the findings say.
func messages(r *Report) string {
	var b strings.Builder
	for i := range r.Findings {
		b.WriteString(r.Findings[i].Message + " | " + r.Findings[i].Hint + "\n")
	}
	return b.String()
}

// readAll reads the body of a request, which stays there.
func readAll(r *http.Request) string {
	body, _ := io.ReadAll(r.Body) // it is in memory
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	return string(body)
}
