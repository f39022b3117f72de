package validate

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/llmgw/llmgw/pkg/secret"
)

func TestServersThatDoEverythingRight(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		server fake
		probes string
		found  string
	}{
		"OpenAI's API": {likeOpenAI(), "chat chat-stream tools tools-stream completions", "info gateway health-missing [health]\n"},
		"both":         {likeAnthropic(), "messages messages-stream tools tools-stream completions count-tokens", ""},
		"no completions": {
			fakeWithout("POST /v1/completions"), "chat chat-stream tools tools-stream completions",
			"info gateway health-missing [health]\ninfo m path-missing [completions]\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := Run(t.Context(), Options{Client: serve(t, tt.server)})
			if got := found(r); got != tt.found || r.Bad() || r.Outcome != Finished || !r.Models[0].ok() {
				t.Errorf("found:\n%swant:\n%s%+v", got, tt.found, r.Models)
			}
			if got := names(&r.Models[0]); got != tt.probes {
				t.Errorf("probes %s, want %s", got, tt.probes)
			}
			if c := r.Connection; c == nil || c.Status != Passed || c.Message != "Connection successful" {
				t.Errorf("connection %+v", c)
			}
			if s := r.Summary(); s.Spent.Input == 0 || s.Spent.Output == 0 || s.Spent.Costed || s.Total != s.Passed+s.Skipped {
				t.Errorf("summary %+v", s)
			}
		})
	}
}

func fakeWithout(what string) fake {
	f := likeOpenAI()
	delete(f, what)
	return f
}

func (m *Model) ok() bool { return m.Status == Passed && m.Message == "Model "+m.Name+" accessible" }

func names(m *Model) string {
	var list []string
	for i := range m.Probes {
		list = append(list, m.Probes[i].Name)
	}
	return strings.Join(list, " ")
}

// Each server does one thing wrong. What is found is that, and nothing else.
func TestServersThatDoOneThingWrong(t *testing.T) {
	t.Parallel()
	const (
		chat   = "POST /v1/chat/completions"
		stream = "POST /v1/chat/completions stream"
		tools  = "POST /v1/chat/completions tools"
		events = "POST /v1/messages stream"
	)
	replace := func(in, old, text string) string {
		if !strings.Contains(in, old) {
			t.Fatalf("%q is not in %q", old, in)
		}
		return strings.ReplaceAll(in, old, text)
	}
	for name, tt := range map[string]struct {
		server    fake
		want      string // of the error, without its subject
		says      string
		modelSays string
	}{
		"500": {
			likeOpenAI().with(chat, answerWith(500, "application/json", `{"error":{"message":"out of cheese"}}`)),
			"error call-failed [chat]", "answered 500 Internal Server Error: out of cheese", "Model access failed: 500",
		},
		"502 with a web page": {
			likeOpenAI().with(chat, answerWith(502, "text/html", "<html>nginx</html>")),
			"error call-failed [chat]", "answered 502 Bad Gateway: a web page", "Model access failed: 502",
		},
		"wrong credential": {
			likeOpenAI().with(chat, answerWith(502, "application/json", `{"error":{"message":"no","code":"upstream_auth"}}`)),
			"error credential-refused [chat]", "litellm_params.api_key", "Model access failed: 502",
		},
		"401 for a model": {
			likeOpenAI().with(chat, answerWith(401, "application/json", `{"error":{"message":"bad key `+testKey+`"}}`)),
			"error credential-refused [chat]", "bad key [redacted]", "Model access failed: 401",
		},
		"403": {
			likeOpenAI().with(chat, answerWith(403, "application/json", `{"error":"not for you"}`)),
			"error model-forbidden [chat]", "not for you", "Model access failed: 403",
		},
		"404 of the model": {
			likeOpenAI().with(chat, answerWith(404, "application/json", `{"error":{"message":"the model is gone","code":"model_not_found"}}`)),
			"error model-unknown [chat]", "the model is gone", "Model access failed: 404",
		},
		"404 of the path": {
			fakeWithout(chat), "error path-missing [chat]", "does not have /v1/chat/completions", "Model access failed: 404",
		},
		"400": {
			likeOpenAI().with(chat, answerWith(400, "application/json", `{"message":"bad \u001b[31mparameter"}`)),
			"error request-refused [chat]", "answered 400 Bad Request: bad [31mparameter", "Model access failed: 400",
		},
		"budget": {
			likeOpenAI().with(chat, answerWith(429, "application/json", `{"error":{"message":"spent","code":"budget_exceeded"}}`)),
			"error budget-exhausted [chat]", "spent", "Model access failed: 429",
		},
		"redirect": {
			likeOpenAI().with(chat, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", "https://elsewhere.example.com/v1")
				w.WriteHeader(http.StatusMovedPermanently)
			}),
			"error redirected [chat]", "https://elsewhere.example.com/v1", "Model access failed: 301",
		},
		"a web page": {
			likeOpenAI().with(chat, answerWith(200, "text/html; charset=utf-8", "<html>")),
			"error wrong-content-type [chat]", "web page", "Model access error: chat: the answer is a web page",
		},
		"wrong type": {
			likeOpenAI().with(chat, answerWith(200, "text/plain", goodChat)),
			"error wrong-content-type [chat]", "text/plain", "Model access error: chat: ",
		},
		"no JSON": {
			likeOpenAI().with(chat, jsonAnswer(`{"choices":`)), "error malformed-answer [chat]", "cannot be read", "Model access error: chat: ",
		},
		"the key in an answer": {
			likeOpenAI().with(chat, jsonAnswer(`{"choices":[],"key":"`+testKey+`"}`)), "error malformed-answer [chat]", "[redacted]", "",
		},
		"no choices": {
			likeOpenAI().with(chat, jsonAnswer(`{}`)), "error malformed-answer [chat]", "no choices", "",
		},
		"an error with 200": {
			likeOpenAI().with(chat, jsonAnswer(`{"error":{"message":"surprise"}}`)), "error call-failed [chat]", "surprise", "",
		},
		"empty": {
			likeOpenAI().with(chat, jsonAnswer(replace(goodChat, `"Hi"`, `""`))), "error empty-answer [chat]", "empty", "",
		},
		"no stop reason": {
			likeOpenAI().with(chat, jsonAnswer(replace(goodChat, `"stop"`, `null`))), "error no-stop-reason [chat]", "why it ended", "",
		},
		"no usage": {
			likeOpenAI().with(chat, jsonAnswer(replace(goodChat, `"usage"`, `"used"`))), "error no-usage [chat]", "no usage", "",
		},
		"usage of nothing": {
			likeOpenAI().with(chat, jsonAnswer(replace(goodChat, `"completion_tokens":1`, `"completion_tokens":0`))),
			"error no-usage [chat]", "no output tokens", "",
		},
		"huge": {
			likeOpenAI().with(chat, jsonAnswer(strings.Repeat(" ", maxAnswer+1))), "error answer-too-large [chat]", "4 MiB", "",
		},
		"cut answer": {
			likeOpenAI().with(chat, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				w.Header().Set("Content-Length", "1000")
				w.Write([]byte("{"))
			}),
			"error connection-error [chat]", "in the middle of the answer", "Model access error: chat: connection error",
		},
		"stream without usage": {
			likeOpenAI().with(stream, streamAnswer(replace(goodChunks, `data: {"choices":[],"usage":{"prompt_tokens":8,"completion_tokens":1}}`+"\n\n", ""))),
			"error no-usage [chat-stream]", "no usage", "Model access error: chat-stream: ",
		},
		"stream without its end": {
			likeOpenAI().with(stream, streamAnswer(replace(goodChunks, "data: [DONE]\n\n", ""))), "error stream-cut [chat-stream]", "without [DONE]", "",
		},
		"cut stream": {
			likeOpenAI().with(stream, streamAnswer(goodChunks[:120])), "error stream-cut [chat-stream]", "cut", "",
		},
		"broken chunk": {
			likeOpenAI().with(stream, streamAnswer("data: {\n\n")), "error stream-malformed [chat-stream]", "cannot be read", "",
		},
		"failing stream": {
			likeOpenAI().with(stream, streamAnswer(`data: {"error":{"message":"oh no"}}`+"\n\n")), "error stream-failed [chat-stream]", "oh no", "",
		},
		"more after the end": {
			likeOpenAI().with(stream, streamAnswer(goodChunks+goodChunks)), "error stream-malformed [chat-stream]", "after [DONE]", "",
		},
		"whole where a stream was asked": {
			likeOpenAI().with(stream, jsonAnswer(goodChat)), "error wrong-content-type [chat-stream]", "text/event-stream", "",
		},
		"endless stream": {
			likeOpenAI().with(stream, streamAnswer(strings.Repeat(goodChunks[:60]+"\n\n", maxStream/60))),
			"error stream-malformed [chat-stream]", "", "",
		},
		"endless comments": {
			likeOpenAI().with(stream, streamAnswer(strings.Repeat(": still here, and nothing to say\n\n", maxStream/30))),
			"error answer-too-large [chat-stream]", "16 MiB", "",
		},
		"endless frame": {
			likeOpenAI().with(stream, streamAnswer("data: "+strings.Repeat("x", 3*maxFrame))), "error answer-too-large [chat-stream]", "", "",
		},
		"no tool call": {
			likeOpenAI().with(tools, jsonAnswer(goodChat)), "warning no-tool-call [tools]", "with text", "",
		},
		"tools refused": {
			likeOpenAI().with(tools, answerWith(400, "application/json", `{"error":{"message":"no tools here"}}`)), "warning tools-refused [tools]", "no tools here", "",
		},
		"broken arguments": {
			likeOpenAI().with(tools, jsonAnswer(replace(goodChatTool, `\"Paris\"}`, `\"Par`))), "error tool-arguments [tools]", "no JSON: {\"city\":\"Par", "",
		},
		"arguments that do not fit": {
			likeOpenAI().with(tools, jsonAnswer(replace(goodChatTool, `city`, `town`))), "error tool-arguments [tools]", "city is to be a string", "",
		},
		"arguments as an object": {
			likeOpenAI().with(tools, jsonAnswer(replace(goodChatTool, `"{\"city\":\"Paris\"}"`, `{"city":"Paris"}`))), "error tool-arguments [tools]", "not a text", "",
		},
		"another tool": {
			likeOpenAI().with(tools, jsonAnswer(replace(goodChatTool, `get_weather`, `rm`))), "error tool-arguments [tools]", `"rm"`, "",
		},
		"arguments that are null": {
			likeOpenAI().with(tools, jsonAnswer(replace(goodChatTool, `{\"city\":\"Paris\"}`, `null`))), "error tool-arguments [tools]", "no object: null", "",
		},
		"Anthropic: cut": {
			likeAnthropic().with(events, streamAnswer(goodEvents[:200])), "error stream-cut [messages-stream]", "", "",
		},
		"Anthropic: no names": {
			likeAnthropic().with(events, streamAnswer(replace(goodEvents, "event: message_delta\n", ""))), "error stream-malformed [messages-stream]", "skip", "",
		},
		"Anthropic: no input usage": {
			likeAnthropic().with(events, streamAnswer(replace(goodEvents, `"input_tokens":8,`, ""))), "error no-usage [messages-stream]", "no input tokens", "",
		},
		"Anthropic: error": {
			likeAnthropic().with(events, streamAnswer(goodEvents[:strings.Index(goodEvents, "event: content")]+"event: error\ndata: {\"type\":\"error\",\"error\":{\"message\":\"Overloaded\"}}\n\n")),
			"error stream-failed [messages-stream]", "Overloaded", "",
		},
		"Anthropic: empty input": {
			likeAnthropic().with("POST /v1/messages stream tools", streamAnswer(replace(goodToolEvents, `{\"city\": \"Paris\"}`, ""))),
			"error tool-arguments [tools-stream]", "city is to be a string): {}", "",
		},
		"Anthropic: no message": {
			likeAnthropic().with("POST /v1/messages", jsonAnswer(goodChat)), "error malformed-answer [messages]", "no message", "",
		},
		"Anthropic: counts nothing": {
			likeAnthropic().with("POST /v1/messages/count_tokens", jsonAnswer("{}")), "error empty-answer [count-tokens]", "", "",
		},
		"Anthropic: wrong credential": {
			likeAnthropic().with("POST /v1/messages", func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("X-Should-Retry", "false")
				answerWith(502, "application/json", `{"type":"error","error":{"type":"api_error","message":"the provider did not accept the gateway's credential"}}`)(w, r)
			}),
			"error credential-refused [messages]", "", "",
		},
		"another deployment": {
			likeAnthropic().with("POST /v1/messages", func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("X-Llmgw-Model-Id", "other")
				jsonAnswer(goodMessage)(w, r)
			}),
			"warning answered-by-fallback [messages]", "other", "",
		},
		"the cache": {
			likeAnthropic().with("POST /v1/messages", func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Cache-Control") != "no-cache" {
					return
				}
				w.Header().Set("X-Llmgw-Cache", "hit")
				jsonAnswer(goodMessage)(w, r)
			}),
			"warning answered-from-cache [messages]", "", "",
		},
		"completions": {
			likeOpenAI().with("POST /v1/completions", answerWith(500, "text/plain", "no")), "error call-failed [completions]", "answered 500 Internal Server Error: no", "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := Run(t.Context(), Options{Client: serve(t, tt.server), Secrets: []secret.Text{secret.New(testKey)}, Parallel: 1})
			model := r.Models[0].Name
			severity, rest, _ := strings.Cut(tt.want, " ")
			want := severity + " " + model + " " + rest + "\n"
			got := strings.ReplaceAll(found(r), "info gateway health-missing [health]\n", "")
			if got != want || !strings.Contains(messages(r), tt.says) || !strings.HasPrefix(r.Models[0].Message, tt.modelSays) {
				t.Errorf("found:\n%s%swant:\n%s%s\nmodel: %s", got, messages(r), want, tt.says, r.Models[0].Message)
			}
			if strings.Contains(fmt.Sprint(r), testKey) || r.Bad() != (severity == "error") {
				t.Errorf("bad %v, or the key is shown: %v", r.Bad(), r)
			}
		})
	}
}

func TestModelsThatTakeOtherRequests(t *testing.T) {
	t.Parallel()
	refuse := func(word, text string, otherwise http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if strings.Contains(readAll(r), word) {
				answerWith(400, "application/json", `{"error":{"message":"`+text+`"}}`)(w, r)
				return
			}
			otherwise(w, r)
		}
	}
	const limit = `"Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."`
	for name, f := range map[string]fake{
		"max_completion_tokens": likeOpenAI().with("POST /v1/chat/completions", refuse(`"max_tokens"`, strings.Trim(limit, `"`), jsonAnswer(goodChat))),
		"no forced tool":        likeOpenAI().with("POST /v1/chat/completions tools", refuse(`"tool_choice":{`, "tool_choice must be auto", jsonAnswer(goodChatTool))),
		"a model that thinks first": likeOpenAI().with("POST /v1/chat/completions", func(w http.ResponseWriter, r *http.Request) {
			if strings.Contains(readAll(r), `"max_tokens":16`) {
				jsonAnswer(`{"choices":[{"message":{"content":""},"finish_reason":"length"}],"usage":{"prompt_tokens":8,"completion_tokens":16}}`)(w, r)
				return
			}
			jsonAnswer(goodChat)(w, r)
		}),
		"a model that thinks for ever": likeOpenAI().with("POST /v1/chat/completions",
			jsonAnswer(`{"choices":[{"message":{"content":"","reasoning_content":"hm"},"finish_reason":"length"}],"usage":{"prompt_tokens":8,"completion_tokens":16}}`)),
		"a model that embeds": likeOpenAI().with("POST /v1/chat/completions",
			answerWith(400, "application/json", `{"error":{"message":"the model does not take chat calls, only embeddings"}}`)),
		"base64": likeOpenAI().with("GET /v1/models", jsonAnswer(`{"data":[{"id":"text-embedding-3-small"}]}`)).
			with("POST /v1/embeddings", jsonAnswer(`{"data":[{"embedding":"AAAAAAAAAAA="}],"usage":{"prompt_tokens":1}}`)),
		"a busy server": likeOpenAI().with("POST /v1/chat/completions", once(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", "1")
			answerWith(429, "application/json", `{"error":{"message":"slow down"}}`)(w, r)
		}, jsonAnswer(goodChat))),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := Run(t.Context(), Options{Client: serve(t, f)})
			if r.Bad() || !r.Models[0].ok() {
				t.Errorf("%s%+v", found(r), r.Models[0])
			}
		})
	}
}

// once answers the first request in one way, and all others in another.
func once(first, then http.HandlerFunc) http.HandlerFunc {
	var n atomic.Int64
	return func(w http.ResponseWriter, r *http.Request) {
		if n.Add(1) == 1 {
			first(w, r)
			return
		}
		then(w, r)
	}
}

func TestGatewaysAsAWhole(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		server     fake
		outcome    Outcome
		found      string
		connection string
		says       string
	}{
		"unhealthy": {
			likeOpenAI().with("GET /health", answerWith(503, "application/json", `{"status":"unhealthy","unhealthy_endpoints":[{"model_name":"m","model_id":"m-1","error":"timeout"}]}`)),
			Finished, "error gateway health-failed [health]\n", "Health check failed: 503", "m (m-1) is unhealthy (timeout)",
		},
		"one of several is unhealthy": {
			likeOpenAI().with("GET /health", jsonAnswer(`{"healthy_endpoints":[{"model":"x/y"}],"unhealthy_endpoints":[{"model":"openai/m","error":{"a":1}}]}`)),
			Finished, "warning openai/m unhealthy-deployment [health]\n", "Connection successful", `{"a":1}`,
		},
		"key refused by health": {
			likeOpenAI().with("GET /health", answerWith(401, "application/json", `{"error":{"message":"who are you"}}`)),
			KeyRefused, "error gateway key-refused [health]\n", "Health check failed: 401", "who are you",
		},
		"key refused by the list": {
			likeOpenAI().with("GET /v1/models", answerWith(403, "application/json", `{"error":"no"}`)),
			KeyRefused, "error gateway key-refused [models]\ninfo gateway health-missing [health]\n", "Health check failed: 404", "no",
		},
		"redirect": {
			likeOpenAI().with("GET /health", func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, "https://x.example.com/health", http.StatusPermanentRedirect)
			}),
			Finished, "error gateway health-failed [health]\n", "Health check failed: 308", "https://x.example.com/health",
		},
		"no models": {
			likeAnthropic().with("GET /v1/models", jsonAnswer(`{"object":"list","data":null}`)),
			Finished, "error gateway no-models [models]\n", "Connection successful", "no model",
		},
		"a web page": {
			fake{"GET /health": answerWith(200, "text/html", "<html>"), "GET /v1/models": answerWith(200, "text/html", "<html>")},
			Finished, "error gateway models-failed [models]\n", "Connection successful", "does not look like a gateway",
		},
		"nothing": {
			fake{}, Finished, "error gateway models-failed [models]\ninfo gateway health-missing [health]\n", "Health check failed: 404", "404",
		},
		"patterns only": {
			likeAnthropic().with("GET /v1/models", jsonAnswer(`{"data":[{"id":"a/*"}]}`)),
			Finished, "warning gateway no-models []\ninfo a/* pattern-not-probed []\n", "Connection successful", "no model to probe",
		},
		"a list that fails": {
			likeAnthropic().with("GET /v1/models", answerWith(500, "text/plain", "x")),
			Finished, "error gateway models-failed [models]\n", "Connection successful", "500",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := Run(t.Context(), Options{Client: serve(t, tt.server)})
			if got := found(r); got != tt.found || r.Outcome != tt.outcome || !strings.Contains(messages(r), tt.says) {
				t.Errorf("outcome %d, found:\n%s%s\nwant %d:\n%s%s", r.Outcome, got, messages(r), tt.outcome, tt.found, tt.says)
			}
			if r.Connection.Message != tt.connection || (r.Connection.Status != Failed) != (tt.connection == connected) {
				t.Errorf("connection %+v, want %s", r.Connection, tt.connection)
			}
		})
	}
}

func TestNoGateway(t *testing.T) {
	t.Parallel()
	transport := &http.Transport{}
	r := Run(t.Context(), Options{Client: newClient(t, "http://127.0.0.1:1", transport)})
	if r.Outcome != Unreachable || found(r) != "error gateway gateway-unreachable [health]\n" || r.Connection.Message != "Connection error" {
		t.Errorf("%d, %s%+v", r.Outcome, found(r), r.Connection)
	}
	r = Run(t.Context(), Options{Client: newClient(t, "http://127.0.0.1:1", transport), Probes: []string{ProbeChat}})
	if r.Outcome != Unreachable || r.Connection.Message != "Connection error" {
		t.Errorf("%d, %s%+v", r.Outcome, found(r), r.Connection)
	}
}

func TestWhatIsChosen(t *testing.T) {
	t.Parallel()
	list := likeAnthropic().with("GET /v1/models", jsonAnswer(`{"data":[{"id":"a"},{"id":"b/x"},{"id":"b/y"},{"id":"p/*"},{"id":"a"},{"id":"\u001b[0m"}]}`))
	for name, tt := range map[string]struct {
		models, probes []string
		want, found    string
	}{
		"all":             {nil, nil, "a b/x b/y", "info p/* pattern-not-probed []\n"},
		"a name":          {[]string{"b/y"}, nil, "b/y", ""},
		"a pattern":       {[]string{"b/*", "a"}, nil, "b/x b/y a", ""},
		"everything":      {[]string{"*"}, []string{ProbeChat}, "a b/x b/y", "info p/* pattern-not-probed []\n"},
		"not listed":      {[]string{"p/q"}, nil, "p/q", ""},
		"no match":        {[]string{"z*"}, nil, "", "error z* pattern-unmatched []\n"},
		"health only":     {nil, []string{ProbeHealth}, "", ""},
		"health and list": {nil, []string{ProbeHealth, ProbeModels}, "", ""},
		"only a pattern":  {[]string{"p/*"}, nil, "", "info p/* pattern-not-probed []\n"},
		"two probes":      {[]string{"a"}, []string{ProbeTools, ProbeCountTokens}, "a", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := Run(t.Context(), Options{Client: serve(t, list), Models: tt.models, Probes: tt.probes})
			var got []string
			for i := range r.Models {
				got = append(got, r.Models[i].Name)
				if len(tt.probes) > 0 && names(&r.Models[i]) != strings.Join(tt.probes, " ") {
					t.Errorf("probes %s, want %s", names(&r.Models[i]), tt.probes)
				}
			}
			if strings.Join(got, " ") != tt.want || found(r) != tt.found {
				t.Errorf("%v, %s, want %s, %s", got, found(r), tt.want, tt.found)
			}
			if checked := len(r.Checks) > 0 && r.Checks[0].Name == ProbeHealth; checked != (len(tt.probes) == 0 || tt.probes[0] == ProbeHealth) {
				t.Errorf("checks: %+v", r.Checks)
			}
		})
	}
}

func TestManyModels(t *testing.T) {
	t.Parallel()
	var list strings.Builder
	for i := range MaxModels + 2 {
		fmt.Fprintf(&list, `,{"id":"m%d"}`, i)
	}
	var now, most atomic.Int64
	chat := func(w http.ResponseWriter, r *http.Request) {
		n := now.Add(1)
		defer now.Add(-1)
		for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
		}
		jsonAnswer(goodChat)(w, r)
	}
	f := likeOpenAI().with("GET /v1/models", jsonAnswer(`{"data":[`+list.String()[1:]+`]}`)).with("POST /v1/chat/completions", chat)
	var order []string
	done := 0
	r := Run(t.Context(), Options{
		Client: serve(t, f), Probes: []string{ProbeChat}, Parallel: 5,
		OnModel:    func(m *Model) { order = append(order, m.Name) },
		OnProgress: func(n, _ int) { done = n },
	})
	if len(r.Models) != MaxModels || found(r) != "warning gateway too-many-models []\n" || most.Load() > 5 || done != MaxModels {
		t.Errorf("%d models, %s at most %d at one time, %d done", len(r.Models), found(r), most.Load(), done)
	}
	if !slices.EqualFunc(order, r.Models, func(name string, m Model) bool { return name == m.Name }) {
		t.Errorf("told in the order %v", order)
	}
}

func TestRepeat(t *testing.T) {
	t.Parallel()
	f := likeOpenAI().with("POST /v1/chat/completions stream", once(streamAnswer(goodChunks[:90]), streamAnswer(goodChunks)))
	r := Run(t.Context(), Options{Client: serve(t, f), Repeat: 4, Probes: []string{ProbeChat, ProbeChatStream}})
	chat, stream := r.Models[0].Probes[0], r.Models[0].Probes[1]
	if chat.Runs != 4 || chat.FailedRuns != 0 || chat.Latency.P50 <= 0 || chat.Latency.P99 < chat.Latency.P50 || chat.Latency.FirstToken != nil {
		t.Errorf("chat %+v, %+v", chat, chat.Latency)
	}
	if stream.Runs != 4 || stream.FailedRuns != 1 || !strings.HasPrefix(stream.Message, "1 of 4 runs: the stream was cut") || stream.Latency.FirstToken == nil {
		t.Errorf("stream %+v, %+v", stream, stream.Latency)
	}
	if s := r.Summary(); s.Latency == nil || s.Latency.FirstToken == nil || len(s.Latency.samples) != 7 || s.Spent.Input != 7*8 {
		t.Errorf("summary %+v", s)
	}
}

func TestInterruptedRunsReportWhatIsThere(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	f := likeOpenAI().with("GET /v1/models", jsonAnswer(`{"data":[{"id":"a"},{"id":"b"}]}`)).
		with("POST /v1/chat/completions stream", func(_ http.ResponseWriter, r *http.Request) {
			cancel()
			<-r.Context().Done()
		})
	r := Run(ctx, Options{Client: serve(t, f), Parallel: 1, Timeout: time.Hour})
	if r.Outcome != Interrupted || len(r.Models) != 2 {
		t.Fatalf("%+v", r)
	}
	a, b := &r.Models[0], &r.Models[1]
	if a.Probes[0].Status != Passed || a.Probes[1].Status != Skipped || a.Probes[1].Message != "interrupted" || b.Status != Skipped || b.Message != "interrupted" {
		t.Errorf("%+v\n%+v", a, b)
	}
	if s := r.Summary(); s.Failed != 0 || s.Passed != 3 {
		t.Errorf("%+v, %s", s, found(r))
	}
}

func TestCosts(t *testing.T) {
	t.Parallel()
	f := likeOpenAI().with("POST /v1/chat/completions", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Llmgw-Response-Cost", "0.0315")
		jsonAnswer(goodChat)(w, r)
	})
	r := Run(t.Context(), Options{Client: serve(t, f), Repeat: 2})
	if s := r.Summary().Spent; !s.Costed || s.Cost.String() != "0.063" {
		t.Errorf("%+v", s)
	}
}
